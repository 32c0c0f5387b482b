/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left after a reset (UEFI 2.10 8.5.1): all that was written to the
 * disk, be it by files or by blocks. The program is started twice.
 */
#include "test.h"

#define LBA 1000 /* between the partition table and the first partition */

static struct block_io *disk(void)
{
	struct device_path *path = protocol_of(own_image()->device, &guid_device_path);
	uint64_t size = path_size(path);
	struct device_path *copy = pool(size), *node = copy;
	efi_handle handle = NULL;

	/* The disk's path is the partition's without its last node. */
	bs->copy_mem(copy, path, size);
	while (!path_is_end(path_next(node)))
		node = (struct device_path *)path_next(node);
	bs->copy_mem(node, path_next(node), 4);
	bs->locate_device_path(&guid_block_io, &copy, &handle);
	return protocol_of(handle, &guid_block_io);
}

static void first(struct file *root, struct block_io *io)
{
	uint8_t *block = pool(512);
	uint64_t size = 5;
	struct file *f;

	is(root->open(root, &f, STR16("\\EFI\\TEST\\LEFT.TXT"),
		   FILE_READ | FILE_WRITE | FILE_CREATE, 0),
		EFI_SUCCESS, "before: a file is made");
	is(f->write(f, &size, "words"), EFI_SUCCESS, "before: it is written");
	is(f->close(f), EFI_SUCCESS, "before: it is closed");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\EMPTY"), FILE_READ | FILE_WRITE, 0),
		EFI_SUCCESS, "before: a folder");
	is(f->delete (f), EFI_SUCCESS, "before: it is deleted");
	bs->copy_mem(block, "block", 5);
	is(io->write(io, io->media->id, LBA, 512, block), EFI_SUCCESS,
		"before: a block is written");
	is(io->flush(io), EFI_SUCCESS, "before: and flushed");
	rt->reset_system(RESET_COLD, EFI_SUCCESS, 0, NULL);
}

static void second(struct file *root, struct file *left, struct block_io *io)
{
	uint8_t *block = pool(512);
	uint64_t size = 512;
	struct file *f;

	is(left->read(left, &size, block), EFI_SUCCESS, "after: the file is read");
	ok(size == 5 && same(block, "words", 5), "after: it is as it was left");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\EMPTY"), FILE_READ, 0), EFI_NOT_FOUND,
		"after: the folder is gone");
	is(io->read(io, io->media->id, LBA, 512, block), EFI_SUCCESS, "after: the block is read");
	ok(same(block, "block", 5), "after: it is as it was left");
}

void subject(void)
{
	struct file_system *fs = protocol_of(own_image()->device, &guid_file_system);
	struct block_io *io = disk();
	struct file *root = NULL, *left;

	ok(io && fs && fs->open_volume(fs, &root) == EFI_SUCCESS, "the disk and the volume");
	if (root->open(root, &left, STR16("\\EFI\\TEST\\LEFT.TXT"), FILE_READ, 0) == EFI_SUCCESS)
		second(root, left, io);
	else
		first(root, io);
}
