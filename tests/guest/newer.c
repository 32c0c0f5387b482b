/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came later: block and disk I/O with tokens (UEFI 2.10 13.10, 13.8), files with tokens
 * (13.5.7 on), and images that a program offers by LoadFile and LoadFile2
 * (13.1, 13.2), as kernels' stubs and loaders do with an initrd.
 */
#include "test.h"

static uint8_t buffer[4096];

static void test_blocks(void)
{
	struct block_io2 *io = protocol_of(own_volume(), &guid_block_io2);
	struct io_token token = { NULL, EFI_NOT_READY };
	uint64_t index = 9;

	ok(io != NULL, "blocks: there");
	if (!io)
		return;
	is(io->media->block_size, 512, "blocks: block size");
	is(io->read(io, io->media->id, 0, NULL, 512, buffer), EFI_SUCCESS, "blocks: no token");
	ok(same(buffer + 82, "FAT32", 5), "blocks: read");
	bs->set_mem(buffer, sizeof(buffer), 0);
	is(io->read(io, io->media->id, 0, &token, 512, buffer), EFI_SUCCESS,
		"blocks: a token without event");
	ok(same(buffer + 82, "FAT32", 5), "blocks: read at once");
	bs->set_mem(buffer, sizeof(buffer), 0);
	bs->create_event(0, 0, NULL, NULL, &token.event);
	token.status = EFI_NOT_READY;
	is(io->read(io, io->media->id, 0, &token, 512, buffer), EFI_SUCCESS, "blocks: an event");
	is(bs->wait_for_event(1, &token.event, &index), EFI_SUCCESS, "blocks: which comes");
	is(token.status, EFI_SUCCESS, "blocks: with success");
	ok(same(buffer + 82, "FAT32", 5), "blocks: read by then");
	is(io->read(io, io->media->id, 0, NULL, 100, buffer), EFI_BAD_BUFFER_SIZE,
		"blocks: no multiple of a block");
	is(io->read(io, io->media->id, io->media->last + 1, NULL, 512, buffer),
		EFI_INVALID_PARAMETER, "blocks: beyond the end");
	is(io->flush(io, NULL), EFI_SUCCESS, "blocks: flush");
	bs->close_event(token.event);
}

static const struct guid guid_disk_io2 = { 0x151c8eae, 0x7f2c, 0x472c,
	{ 0x9e, 0x54, 0x98, 0x28, 0x19, 0x4f, 0x6a, 0x88 } };

/* The request ends by the event, and what the token says. */
static void comes(struct io_token *token, const char *name)
{
	uint64_t index = 9;

	is(bs->wait_for_event(1, &token->event, &index), EFI_SUCCESS, name);
	is(token->status, EFI_SUCCESS, "with success");
	token->status = EFI_NOT_READY;
}

/* The event is not signalled, and the token is as it was. */
static void refused(struct io_token *token, efi_status got, efi_status want, const char *name)
{
	is(got, want, name);
	is(token->status, EFI_NOT_READY, "its token is left");
	is(bs->check_event(token->event), EFI_NOT_READY, "nothing is signalled");
}

static void test_bytes(void)
{
	struct disk_io2 *io = protocol_of(own_volume(), &guid_disk_io2);
	struct block_media *m =
		((struct block_io *)protocol_of(own_volume(), &guid_block_io))->media;
	struct io_token token = { NULL, EFI_NOT_READY };
	uint64_t end = (m->last + 1) * 512;

	ok(io != NULL, "bytes: there");
	if (!io)
		return;
	is(io->revision, 0x20000, "bytes: revision 2");
	is(io->read(io, m->id, 82, NULL, 5, buffer), EFI_SUCCESS, "bytes: no token");
	ok(same(buffer, "FAT32", 5), "bytes: read");
	bs->set_mem(buffer, sizeof(buffer), 0);
	is(io->read(io, m->id, 510, &token, 3, buffer), EFI_SUCCESS, "bytes: no event");
	ok(buffer[0] == 0x55 && buffer[1] == 0xaa, "bytes: read at once");
	is(token.status, EFI_NOT_READY, "bytes: a token without event is left");
	bs->create_event(0, 0, NULL, NULL, &token.event);
	bs->set_mem(buffer, sizeof(buffer), 0);
	is(io->read(io, m->id, 82, &token, 1000, buffer), EFI_SUCCESS, "bytes: an event");
	comes(&token, "bytes: which comes");
	ok(same(buffer, "FAT32", 5), "bytes: read by then");
	is(io->write(io, m->id, end - 7, &token, 5, "bytes"), EFI_SUCCESS, "bytes: written");
	comes(&token, "bytes: when it is");
	is(io->read(io, m->id, end - 8, NULL, 7, buffer), EFI_SUCCESS, "bytes: read again");
	ok(same(buffer, "\0bytes", 7), "bytes: five of them");
	is(io->flush(io, NULL), EFI_SUCCESS, "bytes: flush");
	is(io->flush(io, &token), EFI_SUCCESS, "bytes: flush, an event");
	comes(&token, "bytes: flushed");
	refused(&token, io->read(io, m->id + 1, 0, &token, 5, buffer), EFI_MEDIA_CHANGED,
		"bytes: another medium's");
	refused(&token, io->read(io, m->id, end - 1, &token, 2, buffer), EFI_INVALID_PARAMETER,
		"bytes: over the end");
	refused(&token, io->write(io, m->id + 1, 0, &token, 5, buffer), EFI_MEDIA_CHANGED,
		"bytes: written to another medium");
	refused(&token, io->write(io, m->id, end, &token, 1, buffer), EFI_INVALID_PARAMETER,
		"bytes: written beyond the end");
	is(io->cancel(io), EFI_SUCCESS, "bytes: cancel");
	is(bs->check_event(token.event), EFI_NOT_READY, "bytes: nothing to cancel");
	bs->close_event(token.event);
}

static void test_files(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	struct file_token token = { NULL, EFI_NOT_READY, 0, NULL };
	struct file *root = NULL, *file = NULL;
	uint64_t index = 9;

	fs->open_volume(fs, &root);
	is(root->revision, 0x20000, "files: revision 2");
	if (root->revision < 0x20000)
		return;
	is(root->open_ex(root, &file, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0, &token),
		EFI_SUCCESS, "files: open, no event");
	token.size = 5;
	token.buffer = buffer;
	is(file->read_ex(file, &token), EFI_SUCCESS, "files: read, no event");
	ok(token.size == 5 && same(buffer, "hello", 5), "files: is read");
	bs->create_event(0, 0, NULL, NULL, &token.event);
	token.size = 100;
	token.status = EFI_NOT_READY;
	is(file->read_ex(file, &token), EFI_SUCCESS, "files: read with an event");
	is(bs->wait_for_event(1, &token.event, &index), EFI_SUCCESS, "files: which comes");
	is(token.status, EFI_SUCCESS, "files: with success");
	ok(token.size == 8 && same(buffer, ", world\n", 8), "files: is read by then");
	file->close(file);
	is(root->open_ex(root, &file, STR16("\\NONE"), FILE_READ, 0, &token), EFI_NOT_FOUND,
		"files: none of that name, with an event");
	token.event = NULL;
	is(root->open_ex(root, &file, STR16("\\NONE"), FILE_READ, 0, &token), EFI_NOT_FOUND,
		"files: open what is not there");
	root->close(root);
}

static uint8_t *child;
static uint64_t child_size;
static unsigned calls, sized, policies;
static bool right_path;

static efi_status load(struct load_file *this, const struct device_path *path, bool boot_policy,
	uint64_t *size, void *out)
{
	(void)this;
	calls++;
	policies += boot_policy;
	right_path = path_is_end(path);
	if (!out || *size < child_size) {
		sized++;
		*size = child_size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = child_size;
	bs->copy_mem(out, child, child_size);
	return EFI_SUCCESS;
}

static efi_status refuse(struct load_file *this, const struct device_path *path, bool boot_policy,
	uint64_t *size, void *out)
{
	(void)this;
	(void)path;
	(void)boot_policy;
	(void)size;
	(void)out;
	calls++;
	return EFI_NOT_FOUND;
}

static void read_child(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	struct file *root = NULL, *file = NULL;

	child_size = 65536;
	child = pool(child_size);
	fs->open_volume(fs, &root);
	root->open(root, &file, STR16("\\EFI\\TEST\\CHILD.EFI"), FILE_READ, 0);
	is(file->read(file, &child_size, child), EFI_SUCCESS, "load: the program read");
	file->close(file);
	root->close(root);
}

static void test_load(void)
{
	static struct load_file loads = { load }, refuses = { refuse };
	struct path_from_text *from_text = NULL;
	struct device_path *path, *at;
	struct loaded_image *info;
	efi_handle h = NULL, image = NULL;

	bs->locate_protocol(&guid_path_from_text, NULL, (void **)&from_text);
	path = from_text->path(STR16("VenHw(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)"));
	is(bs->install_multiple(&h, &guid_device_path, path, &guid_load_file2, &loads, NULL),
		EFI_SUCCESS, "load: offered by LoadFile2");
	at = path;
	is(bs->locate_device_path(&guid_load_file2, &at, &image), EFI_SUCCESS, "load: is found");
	ok(image == h && path_is_end(at), "load: at its handle");
	image = NULL;
	is(bs->load_image(false, self, path, NULL, 0, &image), EFI_SUCCESS, "load: by LoadFile2");
	is(calls, 2, "load: asked twice");
	is(sized, 1, "load: first for the size");
	is(policies, 0, "load: it is not to boot");
	ok(right_path, "load: told the rest of the path");
	info = protocol_of(image, &guid_loaded_image);
	ok(info && info->device == h, "load: came from that handle");
	ok(info && path_is_end(info->path), "load: by an empty path");
	info->options = (void *)STR16("s");
	info->options_size = 4;
	is(bs->start_image(image, NULL, NULL), EFI_SUCCESS, "load: it runs");

	is(bs->load_image(true, self, path, NULL, 0, &image), EFI_NOT_FOUND,
		"load: LoadFile2 is not for booting");
	bs->reinstall_protocol(h, &guid_load_file2, &loads, &refuses);
	calls = 0;
	is(bs->load_image(false, self, path, NULL, 0, &image), EFI_NOT_FOUND,
		"load: it has nothing");
	is(calls, 1, "load: asked once");
	bs->uninstall_protocol(h, &guid_load_file2, &refuses);
	bs->install_protocol(&h, &guid_load_file, 0, &loads);
	calls = 0;
	is(bs->load_image(true, self, path, NULL, 0, &image), EFI_SUCCESS, "load: by LoadFile");
	is(policies, 2, "load: it is to boot");
	is(bs->unload_image(image), EFI_SUCCESS, "load: unloaded");
	is(bs->uninstall_multiple(h, &guid_load_file, &loads, &guid_device_path, path, NULL),
		EFI_SUCCESS, "load: no longer offered");
	is(bs->load_image(false, self, path, NULL, 0, &image), EFI_NOT_FOUND,
		"load: so it is not found");
}

void subject(void)
{
	test_blocks();
	test_bytes();
	test_files();
	read_child();
	test_load();
}
