/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and folders of the FAT volume that the program came from (UEFI 2.10 13.4, 13.5). */
#include "test.h"

static struct file *root;
static uint8_t buffer[8192];

static struct file *open(const char16 *name, uint64_t mode, uint64_t attributes)
{
	struct file *f = NULL;

	return root->open(root, &f, name, mode, attributes) == EFI_SUCCESS ? f : NULL;
}

static struct file_info *info_of(struct file *f)
{
	static uint64_t room[80];
	uint64_t size = sizeof(room);

	bs->set_mem(room, sizeof(room), 0);
	if (f->get_info(f, &guid_file_info, &size, room) != EFI_SUCCESS)
		ok(false, "info: for the test itself");
	return (void *)room;
}

static efi_status read(struct file *f, uint64_t size)
{
	uint64_t n = size;
	efi_status status = f->read(f, &n, buffer);

	if (status == EFI_SUCCESS)
		buffer[n] = 0;
	return status;
}

static void test_open(void)
{
	struct file *f = NULL, *dir;

	is(root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0), EFI_SUCCESS,
		"open: a file");
	f->close(f);
	is(root->open(root, &f, STR16("EFI\\TEST\\HELLO.TXT"), FILE_READ, 0), EFI_SUCCESS,
		"open: without the first backslash");
	f->close(f);
	is(root->open(root, &f, STR16("\\efi\\Test\\hello.txt"), FILE_READ, 0), EFI_SUCCESS,
		"open: in another case");
	f->close(f);
	is(root->open(root, &f, STR16("\\EFI\\TEST\\a RATHER long NAME, with a comma.TEXT"),
		   FILE_READ, 0),
		EFI_SUCCESS, "open: a long name in another case");
	f->close(f);
	is(root->open(root, &f, STR16("\\EFI\\.\\TEST\\..\\TEST\\HELLO.TXT"), FILE_READ, 0),
		EFI_SUCCESS, "open: with dots in the path");
	f->close(f);
	is(root->open(root, &f, STR16("\\EFI\\TEST\\NONE.TXT"), FILE_READ, 0), EFI_NOT_FOUND,
		"open: not there");
	is(root->open(root, &f, STR16("\\NONE\\HELLO.TXT"), FILE_READ, 0), EFI_NOT_FOUND,
		"open: no such folder");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT\\X"), FILE_READ, 0), EFI_NOT_FOUND,
		"open: below a file");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), 0, 0), EFI_INVALID_PARAMETER,
		"open: no mode");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_WRITE, 0),
		EFI_INVALID_PARAMETER, "open: to write only");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\NEW.TXT"), FILE_READ | FILE_CREATE, 0),
		EFI_INVALID_PARAMETER, "open: create but not write");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ | FILE_WRITE, 0),
		EFI_ACCESS_DENIED, "open: to write what is read-only");

	dir = open(STR16("\\EFI\\TEST"), FILE_READ, 0);
	ok(dir != NULL, "open: a folder");
	is(dir->open(dir, &f, STR16("HELLO.TXT"), FILE_READ, 0), EFI_SUCCESS,
		"open: from that folder");
	f->close(f);
	is(dir->open(dir, &f, STR16("..\\BOOT\\BOOTAA64.EFI"), FILE_READ, 0), EFI_SUCCESS,
		"open: from its parent");
	f->close(f);
	is(dir->open(dir, &f, STR16("\\EFI\\BOOT\\BOOTAA64.EFI"), FILE_READ, 0), EFI_SUCCESS,
		"open: from the root, anyway");
	f->close(f);
	is(dir->open(dir, &f, STR16("."), FILE_READ, 0), EFI_SUCCESS, "open: itself");
	is_string(info_of(f)->name, STR16("TEST"), "open: which has its name");
	f->close(f);
	dir->close(dir);
	is(root->open(root, &f, STR16("\\"), FILE_READ, 0), EFI_SUCCESS, "open: the root");
	is_string(info_of(f)->name, STR16(""), "open: which has no name");
	f->close(f);
}

static void test_read(void)
{
	struct file *f = open(STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0);
	uint64_t n = 100, at = 99;

	is(f->read(f, &n, buffer), EFI_SUCCESS, "read: all");
	is(n, 13, "read: so much");
	ok(same(buffer, "hello, world\n", 13), "read: that");
	is(f->get_position(f, &at), EFI_SUCCESS, "position: told");
	is(at, 13, "position: at the end");
	n = 100;
	is(f->read(f, &n, buffer), EFI_SUCCESS, "read: at the end");
	is(n, 0, "read: nothing");
	is(f->set_position(f, 7), EFI_SUCCESS, "position: set");
	n = 3;
	f->read(f, &n, buffer);
	ok(n == 3 && same(buffer, "wor", 3), "read: from there");
	f->get_position(f, &at);
	is(at, 10, "position: after that");
	is(f->set_position(f, ~0ull), EFI_SUCCESS, "position: the end");
	f->get_position(f, &at);
	is(at, 13, "position: which is there");
	is(f->set_position(f, 100), EFI_SUCCESS, "position: beyond the end");
	n = 5;
	is(f->read(f, &n, buffer), EFI_DEVICE_ERROR, "read: beyond the end");
	n = 5;
	is(f->write(f, &n, buffer), EFI_ACCESS_DENIED, "write: to what is open to read");
	f->close(f);

	f = open(STR16("\\EFI\\TEST\\lines.txt"), FILE_READ, 0);
	n = 8191;
	is(f->read(f, &n, buffer), EFI_SUCCESS, "read: over many clusters");
	is(n, 8191, "read: all of it");
	ok(same(buffer, "line 00001\nline 00002", 21), "read: its begin");
	ok(same(buffer + 744 * 11, "line 0074", 7), "read: its end");
	f->set_position(f, 513);
	read(f, 3);
	ok(same(buffer, "047", 3), "read: over a sector's end");
	f->close(f);
}

static void test_info(void)
{
	struct file *f = open(STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0);
	struct file_info *info = info_of(f);
	static uint64_t room[80];
	struct file_system_info *system = (void *)room;
	uint64_t size = 10;

	is(f->get_info(f, &guid_file_info, &size, room), EFI_BUFFER_TOO_SMALL, "info: too small");
	is(size, 80 + 20, "info: told how much");
	is(info->size, 80 + 20, "info: its own size");
	is(info->file_size, 13, "info: file's size");
	is(info->physical_size, 512, "info: size on the volume");
	is(info->attribute & (FILE_READ_ONLY | FILE_DIRECTORY), FILE_READ_ONLY, "info: read-only");
	is_string(info->name, STR16("HELLO.TXT"), "info: name");
	is(info->modified.year, 2023, "info: year");
	is(f->get_info(f, &guid_nobody, &size, room), EFI_UNSUPPORTED,
		"info: of a kind that is none");
	f->close(f);

	f = open(STR16("\\EFI\\TEST"), FILE_READ, 0);
	info = info_of(f);
	is(info->attribute & FILE_DIRECTORY, FILE_DIRECTORY, "info: a folder");
	f->close(f);

	size = sizeof(room);
	is(root->get_info(root, &guid_file_system_info, &size, room), EFI_SUCCESS, "volume: info");
	is(system->size, size, "volume: its size");
	ok(!system->read_only, "volume: can be written");
	is(system->block_size, 512, "volume: block size");
	is_string(system->label, STR16("ESP"), "volume: label");
	ok(system->free_space < system->volume_size, "volume: free");
	value("volume: size", system->volume_size);
	size = sizeof(room);
	is(root->get_info(root, &guid_volume_label, &size, room), EFI_SUCCESS,
		"volume: label only");
	is_string((void *)room, STR16("ESP"), "volume: label");
	is(size, 8, "volume: its size");
}

static void test_list(void)
{
	struct file *dir = open(STR16("\\EFI\\TEST"), FILE_READ, 0);
	static uint64_t room[80];
	struct file_info *info = (void *)room;
	uint64_t n = 10, at = 0;
	unsigned count = 0;

	is(dir->read(dir, &n, room), EFI_BUFFER_TOO_SMALL, "list: too small");
	ok(n >= 80 && n < 100, "list: told how much");
	for (;;) {
		n = sizeof(room);
		if (dir->read(dir, &n, room) != EFI_SUCCESS || n == 0 || count > 20)
			break;
		count++;
		value_string("list", info->name);
		if (!(info->attribute & FILE_DIRECTORY))
			value("list: size", info->file_size);
	}
	is(n, 0, "list: comes to an end");
	is(dir->get_position(dir, &at), EFI_UNSUPPORTED, "list: has no position");
	is(dir->set_position(dir, 5), EFI_UNSUPPORTED, "list: cannot be set anywhere");
	is(dir->set_position(dir, 0), EFI_SUCCESS, "list: but to the begin");
	n = sizeof(room);
	dir->read(dir, &n, room);
	is_string(info->name, STR16("."), "list: begins anew");
	n = 5;
	is(dir->write(dir, &n, room), EFI_UNSUPPORTED, "list: cannot be written");
	dir->close(dir);
}

static void test_write(void)
{
	static const char16 *const name = u"\\EFI\\TEST\\A new file with a long name.txt";
	struct file *f = NULL, *g;
	struct file_info *info;
	uint64_t n = 5, at = 0;
	bool zero = true;

	is(root->open(root, &f, name, FILE_READ | FILE_WRITE | FILE_CREATE, 0), EFI_SUCCESS,
		"create: a file");
	is(info_of(f)->file_size, 0, "create: it is empty");
	is(f->write(f, &n, "hello"), EFI_SUCCESS, "write: some");
	is(n, 5, "write: all of it");
	f->get_position(f, &at);
	is(at, 5, "write: moves on");
	f->set_position(f, 1);
	n = 1;
	f->write(f, &n, "a");
	f->set_position(f, 0);
	n = 100;
	f->read(f, &n, buffer);
	ok(n == 5 && same(buffer, "hallo", 5), "write: over what is there");
	is(f->flush(f), EFI_SUCCESS, "flush: done");
	f->set_position(f, 2000);
	n = 3;
	is(f->write(f, &n, "end"), EFI_SUCCESS, "write: beyond the end");
	is(info_of(f)->file_size, 2003, "write: it grows");
	f->set_position(f, 5);
	n = 1998;
	f->read(f, &n, buffer);
	for (unsigned i = 0; i < 1995; i++)
		zero &= buffer[i] == 0;
	ok(n == 1998 && zero, "write: zeros between");
	ok(same(buffer + 1995, "end", 3), "write: the end");
	is(f->close(f), EFI_SUCCESS, "close: done");

	f = open(name, FILE_READ | FILE_WRITE, 0);
	ok(f != NULL, "write: it is there");
	info = info_of(f);
	is(info->file_size, 2003, "write: with its size");
	info->file_size = 700;
	is(f->set_info(f, &guid_file_info, info->size, info), EFI_SUCCESS, "set info: cut");
	is(info_of(f)->file_size, 700, "set info: is cut");
	info = info_of(f);
	bs->copy_mem(info->name, u"Renamed.txt", 24);
	info->size = 80 + 24;
	is(f->set_info(f, &guid_file_info, info->size, info), EFI_SUCCESS, "set info: rename");
	is_string(info_of(f)->name, STR16("Renamed.txt"), "set info: is renamed");
	is(root->open(root, &g, name, FILE_READ, 0), EFI_NOT_FOUND, "set info: not the old name");
	info = info_of(f);
	info->attribute |= FILE_DIRECTORY;
	is(f->set_info(f, &guid_file_info, info->size, info), EFI_ACCESS_DENIED,
		"set info: no folder of a file");
	info = info_of(f);
	bs->copy_mem(info->name, u"lines.txt", 20);
	info->size = 80 + 20;
	is(f->set_info(f, &guid_file_info, info->size, info), EFI_ACCESS_DENIED,
		"set info: a name that is taken");
	is(f->delete (f), EFI_SUCCESS, "delete: a file");
	is(root->open(root, &g, STR16("\\EFI\\TEST\\Renamed.txt"), FILE_READ, 0), EFI_NOT_FOUND,
		"delete: is gone");
	f = open(STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0);
	is(f->delete (f), EFI_WARN_DELETE_FAILURE, "delete: what is open to read");
	ok(open(STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0) != NULL, "delete: so it is there");
}

static void test_folders(void)
{
	const uint64_t create = FILE_READ | FILE_WRITE | FILE_CREATE;
	struct file *dir = NULL, *f, *g;
	uint64_t n = 3;

	is(root->open(root, &dir, STR16("\\EFI\\TEST\\A new folder"), create, FILE_DIRECTORY),
		EFI_SUCCESS, "folder: new");
	is(info_of(dir)->attribute & FILE_DIRECTORY, FILE_DIRECTORY, "folder: is one");
	is(dir->open(dir, &f, STR16("file"), create, 0), EFI_SUCCESS, "folder: with a file");
	f->write(f, &n, "abc");
	f->close(f);
	is(dir->delete (dir), EFI_WARN_DELETE_FAILURE, "folder: not deleted when full");
	is(root->open(
		   root, &f, STR16("\\EFI\\TEST\\A NEW FOLDER\\FILE"), FILE_READ | FILE_WRITE, 0),
		EFI_SUCCESS, "folder: its file is there");
	is(f->delete (f), EFI_SUCCESS, "folder: which is deleted");
	dir = open(STR16("\\EFI\\TEST\\A new folder"), FILE_READ | FILE_WRITE, 0);
	is(dir->delete (dir), EFI_SUCCESS, "folder: deleted when empty");
	is(root->open(root, &g, STR16("\\EFI\\TEST\\A new folder"), FILE_READ, 0), EFI_NOT_FOUND,
		"folder: is gone");
	is(root->open(root, &g, STR16("\\EFI\\NO\\FILE"), create, 0), EFI_NOT_FOUND,
		"create: where there is no folder");
	is(root->open(root, &g, STR16("\\EFI\\TEST"), create, FILE_DIRECTORY), EFI_SUCCESS,
		"create: a folder that is there");
	g->close(g);
	value("create: a file where a folder is",
		root->open(root, &g, STR16("\\EFI\\TEST"), create, 0));
	is(root->open(root, &g, STR16("\\EFI\\TEST\\x"), create, 0x80), EFI_INVALID_PARAMETER,
		"create: with attributes that are none");
}

/* The mode in which it is open counts, and not what its attributes became meanwhile. */
static void test_delete_read_only(void)
{
	struct file_info *info = pool(512);
	uint64_t size = 512;
	struct file *f;

	is(root->open(
		   root, &f, STR16("\\EFI\\TEST\\RO.TXT"), FILE_READ | FILE_WRITE | FILE_CREATE, 0),
		EFI_SUCCESS, "delete: a file is made");
	f->get_info(f, &guid_file_info, &size, info);
	info->attribute |= FILE_READ_ONLY;
	is(f->set_info(f, &guid_file_info, size, info), EFI_SUCCESS, "delete: made read-only");
	is(f->delete (f), EFI_SUCCESS, "delete: by its own handle");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\RO.TXT"), FILE_READ, 0), EFI_NOT_FOUND,
		"delete: it is gone");
	bs->free_pool(info);
}

void subject(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);

	ok(fs != NULL, "volume: there");
	is(fs->revision, 0x10000, "volume: revision");
	is(fs->open_volume(fs, &root), EFI_SUCCESS, "volume: opened");
	ok(root->revision >= 0x10000, "volume: revision of a file");
	test_open();
	test_read();
	test_info();
	test_list();
	test_write();
	test_folders();
	test_delete_read_only();
	is(root->close(root), EFI_SUCCESS, "close: the root");
}
