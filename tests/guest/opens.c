/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FAT driver's corners (UEFI 2.10 13.5): which names and modes open what, what attributes and dates changes leave
 * in a file and in the folders above it, and what SetInfo() and Delete() do through handles of each kind.
 */
#include "test.h"

#define WRITE  (FILE_READ | FILE_WRITE)
#define CREATE (WRITE | FILE_CREATE)

static struct file *root;
static uint64_t room[128];
static struct file_info *const info = (void *)room;

static efi_status try_in(struct file *dir, const char16 *name, uint64_t mode, uint64_t attributes)
{
	struct file *f = NULL;
	efi_status status = dir->open(dir, &f, name, mode, attributes);

	bs->set_mem(room, sizeof(room), 0);
	if (status == EFI_SUCCESS) {
		uint64_t size = sizeof(room);

		f->get_info(f, &guid_file_info, &size, room);
		f->close(f);
	}
	return status;
}

static efi_status try(const char16 *name, uint64_t mode)
{
	return try_in(root, name, mode, 0);
}

/* Opens what has another name of its own. */
static void finds(struct file *dir, const char16 *name, const char16 *found, const char *line)
{
	is(try_in(dir, name, FILE_READ, 0), EFI_SUCCESS, line);
	is_string(info->name, found, "it is that");
}

static struct file *open(const char16 *name, uint64_t mode, uint64_t attributes)
{
	struct file *f = NULL;

	is(root->open(root, &f, name, mode, attributes), EFI_SUCCESS, "opened");
	return f;
}

static void read_info(struct file *f)
{
	uint64_t size = sizeof(room);

	bs->set_mem(room, size, 0);
	is(f->get_info(f, &guid_file_info, &size, room), EFI_SUCCESS, "its info");
}

static uint64_t attribute_of(const char16 *name)
{
	return try(name, FILE_READ) == EFI_SUCCESS ? info->attribute : ~0ull;
}

static efi_status set(struct file *f)
{
	return f->set_info(f, &guid_file_info, sizeof(room), room);
}

static void rename_to(const char16 *name)
{
	bs->copy_mem(info->name, (void *)name, length16(name) * 2 + 2);
	info->size = 80 + length16(name) * 2 + 2;
}

static void test_backslashes(void)
{
	struct file *dir = open(STR16("\\EFI\\TEST"), FILE_READ, 0);

	is(try(STR16(""), FILE_READ), EFI_INVALID_PARAMETER, "empty");
	is(try(STR16(""), CREATE), EFI_INVALID_PARAMETER, "empty, to make");
	is(try_in(dir, STR16(""), FILE_READ, 0), EFI_INVALID_PARAMETER, "empty, from a folder");
	finds(root, STR16("\\EFI\\TEST\\"), STR16("TEST"), "a folder and a backslash");
	finds(root, STR16("\\EFI\\TEST\\\\\\"), STR16("TEST"), "a folder and three");
	finds(root, STR16("EFI\\\\\\TEST"), STR16("TEST"), "three between");
	finds(root, STR16("\\\\EFI\\TEST"), STR16(""), "two before: the root");
	finds(dir, STR16("\\\\TEST"), STR16(""), "two before, from a folder: the root");
	finds(dir, STR16("\\"), STR16(""), "one alone: the root");
	is(try(STR16("\\\\NONE\\NONE"), CREATE), EFI_SUCCESS, "two before, what isn't there");
	is(try(STR16("\\EFI\\TEST\\HELLO.TXT\\"), FILE_READ), EFI_NOT_FOUND,
		"a file and a backslash");
	is(try(STR16("\\EFI\\TEST\\lines.txt\\"), CREATE), EFI_NOT_FOUND,
		"a file and a backslash, to make");
	is(try(STR16("\\EFI\\TEST\\none\\"), FILE_READ), EFI_INVALID_PARAMETER,
		"not there, and a backslash");
	is(try(STR16("\\EFI\\TEST\\none\\"), CREATE), EFI_INVALID_PARAMETER,
		"a file to make, and a backslash");
	is(try_in(root, STR16("\\EFI\\TEST\\made\\"), CREATE, FILE_DIRECTORY), EFI_SUCCESS,
		"a folder to make, and a backslash");
	is_string(info->name, STR16("made"), "is without it");
	is(try_in(root, STR16("\\EFI\\TEST\\none\\"), FILE_READ, FILE_DIRECTORY), EFI_NOT_FOUND,
		"a folder that is not there, and a backslash");
	is(try(STR16("\\EFI\\NO\\none\\"), FILE_READ), EFI_NOT_FOUND, "in none, and a backslash");
	dir->close(dir);
}

static void test_dots(void)
{
	struct file *f = open(STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0), *dir;

	finds(f, STR16("."), STR16("HELLO.TXT"), "a dot, from a file: itself");
	finds(f, STR16(".\\."), STR16("HELLO.TXT"), "two, from a file: itself");
	finds(f, STR16(".."), STR16("TEST"), "above a file: its folder");
	finds(f, STR16("..\\lines.txt"), STR16("lines.txt"), "beside a file");
	finds(f, STR16("\\EFI"), STR16("EFI"), "from the root, from a file");
	is(try_in(f, STR16(".\\"), FILE_READ, 0), EFI_NOT_FOUND, "a file as a folder");
	is(try_in(f, STR16("x"), FILE_READ, 0), EFI_NOT_FOUND, "below a file");
	is(try_in(f, STR16("x"), CREATE, 0), EFI_NOT_FOUND, "below a file, to make");
	is(try_in(f, STR16("."), WRITE, 0), EFI_ACCESS_DENIED, "itself, which is read-only");
	finds(root, STR16("\\EFI\\TEST\\HELLO.TXT\\..\\lines.txt"), STR16("lines.txt"),
		"through a file and up");
	f->close(f);
	finds(root, STR16("."), STR16(""), "a dot, from the root");
	finds(root, STR16("\\EFI\\.."), STR16(""), "above EFI: the root");
	is(try(STR16(".."), FILE_READ), EFI_INVALID_PARAMETER, "above the root");
	is(try(STR16("\\EFI\\..\\.."), FILE_READ), EFI_INVALID_PARAMETER, "above the root, later");
	dir = open(STR16("\\EFI\\TEST"), FILE_READ, 0);
	finds(dir, STR16(".\\..\\BOOT\\"), STR16("BOOT"), "a folder beside");
	dir->close(dir);
}

static void test_names(void)
{
	static char16 longest[320];

	finds(root, STR16("\\EFI\\TEST\\lines.txt . ."), STR16("lines.txt"),
		"dots and spaces behind");
	finds(root, STR16("\\EFI\\TEST\\  lines.txt"), STR16("lines.txt"), "spaces before");
	finds(root, STR16("\\EFI.\\TEST. \\lines.txt"), STR16("lines.txt"), "dots behind folders");
	is(try(STR16("\\EFI\\TEST\\..."), FILE_READ), EFI_INVALID_PARAMETER, "dots alone");
	is(try(STR16("\\EFI\\TEST\\ "), FILE_READ), EFI_INVALID_PARAMETER, "a space alone");
	is(try(STR16("\\EFI\\TEST\\. "), CREATE), EFI_INVALID_PARAMETER, "a dot and a space");
	is(try(STR16("\\EFI\\TEST\\... \\x"), FILE_READ), EFI_INVALID_PARAMETER,
		"dots as a folder");
	is(try(STR16("EFI/TEST"), FILE_READ), EFI_INVALID_PARAMETER, "a slash");
	is(try(STR16("\\EFI\\TEST\\HELL?.TXT"), FILE_READ), EFI_INVALID_PARAMETER,
		"a question mark");
	is(try(STR16("\\E*\\TEST"), FILE_READ), EFI_INVALID_PARAMETER, "a star in a folder");
	is(try(STR16("\\NO\\a:b"), FILE_READ), EFI_NOT_FOUND, "a colon where there is no folder");
	is(try(STR16("\\EFI\\TEST\\HELLO.TXT\\a:b"), FILE_READ), EFI_INVALID_PARAMETER,
		"a colon below a file");
	is(try(STR16("\\EFI\\TEST\\ Trimmed. "), CREATE), EFI_SUCCESS, "a name to trim");
	is_string(info->name, STR16("Trimmed"), "is trimmed");
	is(try(u"\\EFI\\TEST\\\u00dcber.txt", CREATE), EFI_SUCCESS, "a name of Latin-1");
	is(try(u"\\EFI\\TEST\\\u00fcBER.TXT", FILE_READ), EFI_SUCCESS, "in another case");
	is(try(u"\\EFI\\TEST\\\u0416.txt", CREATE), EFI_SUCCESS, "a name of Cyrillic");
	is(try(u"\\EFI\\TEST\\\u0436.txt", FILE_READ), EFI_NOT_FOUND, "not in another case");

	for (unsigned i = 0; i < 300; i++)
		longest[i] = i % 2 ? '.' : '\\';
	longest[256] = 0;
	is(try(longest, FILE_READ), EFI_SUCCESS, "a path of 256");
	longest[256] = '\\';
	longest[257] = 0;
	is(try(longest, FILE_READ), EFI_SUCCESS, "a path of 257");
	longest[257] = '.';
	longest[258] = 0;
	is(try(longest, FILE_READ), EFI_INVALID_PARAMETER, "a path of 258");
}

/* From a folder whose own path counts. */
static void test_lengths(void)
{
	static char16 name[300];
	struct file *dir = open(STR16("\\EFI\\TEST"), FILE_READ, 0);

	for (unsigned i = 0; i < 247; i++)
		name[i] = 'x';
	is(try_in(dir, name, FILE_READ, 0), EFI_NOT_FOUND, "a path of 256, from a folder");
	name[247] = 'x';
	is(try_in(dir, name, FILE_READ, 0), EFI_INVALID_PARAMETER, "a path of 257, from a folder");
	dir->close(dir);
}

static void test_modes(void)
{
	struct file *f = NULL;
	uint64_t n = 1;

	is(try_in(root, STR16("\\EFI\\TEST\\lines.txt"), CREATE, FILE_DIRECTORY), EFI_SUCCESS,
		"a file that is there, as a folder");
	is(info->attribute & FILE_DIRECTORY, 0, "stays a file");
	is(try(STR16("\\EFI\\TEST\\EMPTY"), CREATE), EFI_SUCCESS, "a folder, as a file");
	is(info->attribute & FILE_DIRECTORY, FILE_DIRECTORY, "stays a folder");
	is(try_in(root, STR16("\\EFI\\TEST\\lines.txt"), CREATE, FILE_READ_ONLY),
		EFI_INVALID_PARAMETER, "to make read-only");
	is(try_in(root, STR16("\\EFI\\TEST\\lines.txt"), WRITE, ~0ull), EFI_SUCCESS,
		"attributes count for what is made alone");
	is(try_in(root, STR16("\\EFI\\TEST\\lines.txt"), FILE_READ, 0x80), EFI_SUCCESS,
		"nor when it is read");
	is(root->flush(root), EFI_SUCCESS, "the root can be flushed");
	is(root->write(root, &n, room), EFI_UNSUPPORTED, "but not written");
	f = open(STR16("\\"), FILE_READ, 0);
	is(f->flush(f), EFI_ACCESS_DENIED, "opened to read: no flush");
	is(f->delete (f), EFI_WARN_DELETE_FAILURE, "opened to read: no delete");
}

#define NEW STR16("\\EFI\\TEST\\EMPTY\\new.txt")

/* A write marks the file, and each folder above it, whose entries changed. */
static void test_archive(void)
{
	struct file *f;
	uint64_t n = 3;

	is(attribute_of(STR16("\\EFI\\BOOT")), 0x10, "a folder that nothing happened to");
	is(try(NEW, CREATE), EFI_SUCCESS, "made");
	is(info->attribute, 0, "made with no attributes");
	is(info->created.second & 1, 0, "made in a second that FAT has");
	is(info->accessed.hour | info->accessed.minute | info->accessed.second, 0,
		"looked at on a day");
	is(attribute_of(NEW), 0, "closed without a change: none");
	is(attribute_of(STR16("\\EFI\\TEST\\EMPTY")), 0x30, "its folder is changed");
	is(attribute_of(STR16("\\EFI\\TEST")), 0x30, "and the one above");
	is(attribute_of(STR16("\\EFI")), 0x30, "and that above");
	is(attribute_of(STR16("\\")), 0x30, "and the root");
	f = open(STR16("\\EFI\\TEST\\EMPTY"), FILE_READ, 0);
	n = sizeof(room);
	is(f->read(f, &n, room), EFI_SUCCESS, "its own entry");
	is(info->attribute, 0x10, "is as it was");
	f->close(f);
	is(attribute_of(STR16("\\EFI\\BOOT")), 0x10, "but not one beside");

	f = open(NEW, WRITE, 0);
	n = 0;
	is(f->write(f, &n, "abc"), EFI_SUCCESS, "nothing is written");
	f->close(f);
	is(attribute_of(NEW), 0, "that is no change");
	f = open(NEW, WRITE, 0);
	n = 3;
	is(f->write(f, &n, "abc"), EFI_SUCCESS, "written");
	f->close(f);
	is(attribute_of(NEW), 0x20, "closed: changed");
	f = open(NEW, WRITE, 0);
	read_info(f);
	info->attribute = 0;
	is(set(f), EFI_SUCCESS, "taken away");
	f->close(f);
	is(attribute_of(NEW), 0, "is taken away");
	f = open(NEW, WRITE, 0);
	read_info(f);
	info->file_size = 1;
	is(set(f), EFI_SUCCESS, "cut");
	f->close(f);
	is(attribute_of(NEW), 0, "cut: not marked");
	f = open(NEW, WRITE, 0);
	read_info(f);
	info->file_size = 10;
	is(set(f), EFI_SUCCESS, "grown");
	f->close(f);
	is(attribute_of(NEW), 0x20, "grown: marked");
	is(try_in(root, STR16("\\EFI\\TEST\\sub"), CREATE, FILE_DIRECTORY | FILE_HIDDEN),
		EFI_SUCCESS, "a folder that is made");
	is(attribute_of(STR16("\\EFI\\TEST\\sub")), 0x32, "is marked");
}

static void test_positions(void)
{
	struct file *f = open(NEW, WRITE, 0), *dir;
	uint64_t n = 1, at = 0;

	is(f->set_position(f, ~0ull), EFI_SUCCESS, "to the end");
	f->get_position(f, &at);
	is(at, 10, "is there");
	is(f->set_position(f, ~0ull - 1), EFI_SUCCESS, "before -1");
	f->get_position(f, &at);
	is(at, ~0ull - 1, "is there");
	is(f->read(f, &n, room), EFI_DEVICE_ERROR, "nothing to read");
	is(n, 1, "so much was asked");
	f->close(f);

	f = open(NEW, WRITE, 0);
	f->set_position(f, 0xffffffff);
	n = 1;
	is(f->write(f, &n, "x"), EFI_UNSUPPORTED, "beyond what FAT has");
	is(n, 0, "nothing was written");
	read_info(f);
	is(info->file_size, 10, "it has not grown");
	info->file_size = 1ull << 32;
	is(set(f), EFI_UNSUPPORTED, "nor can it be made to");
	f->set_position(f, 0x40000000);
	n = 1;
	is(f->write(f, &n, "x"), EFI_VOLUME_FULL, "more than there is room for");
	is(n, 0, "nothing was written");
	read_info(f);
	is(info->file_size, 10, "it has not grown");
	f->set_position(f, 700);
	n = 0;
	is(f->write(f, &n, "x"), EFI_SUCCESS, "nothing, beyond the end");
	read_info(f);
	is(info->file_size, 700, "makes it grow");
	f->close(f);

	dir = open(STR16("\\EFI\\TEST\\EMPTY"), FILE_READ, 0);
	is(dir->set_position(dir, ~0ull), EFI_UNSUPPORTED, "a folder has no end");
	for (unsigned i = 0; i < 4; i++) {
		n = sizeof(room);
		is(dir->read(dir, &n, room), EFI_SUCCESS, "an entry");
	}
	is(n, 0, "the end");
	n = sizeof(room);
	is(dir->read(dir, &n, room), EFI_SUCCESS, "the end again");
	is(n, 0, "is the end");
	is(try(STR16("\\EFI\\TEST\\EMPTY\\later"), CREATE), EFI_SUCCESS, "a file is made");
	n = sizeof(room);
	is(dir->read(dir, &n, room), EFI_SUCCESS, "is found");
	is_string(info->name, STR16("later"), "behind the end");
	is(dir->set_position(dir, 0), EFI_SUCCESS, "to the begin");
	n = 80;
	is(dir->read(dir, &n, room), EFI_BUFFER_TOO_SMALL, "too little");
	is(n, 84, "how much is told");
	is(dir->read(dir, &n, room), EFI_SUCCESS, "just enough");
	is_string(info->name, STR16("."), "is the first");
	is(dir->read(dir, &n, room), EFI_BUFFER_TOO_SMALL, "the next needs more");
	is(n, 86, "how much is told");
	dir->close(dir);
}

static efi_status set_from(struct file *f, uint64_t size)
{
	return f->set_info(f, &guid_file_info, size, room);
}

static void test_set_info(void)
{
	struct file *f, *g, *dir;

	read_info(root);
	is(set_from(root, 10), EFI_ACCESS_DENIED, "the root, whatever is wrong");
	f = open(NEW, WRITE, 0);
	read_info(f);
	is(set_from(f, 81), EFI_BAD_BUFFER_SIZE, "too short");
	is(set_from(f, info->size - 1), EFI_BAD_BUFFER_SIZE, "shorter than it says");
	info->size = 0;
	is(set(f), EFI_SUCCESS, "it says no size");
	read_info(f);
	info->size = 80;
	is(set(f), EFI_SUCCESS, "it says the size without the name");
	read_info(f);
	info->attribute |= 8;
	is(set(f), EFI_INVALID_PARAMETER, "an attribute that is none");
	read_info(f);
	rename_to(STR16(""));
	is(set(f), EFI_INVALID_PARAMETER, "no name");
	rename_to(STR16("x\\"));
	is(set(f), EFI_INVALID_PARAMETER, "a file's name and a backslash");
	rename_to(STR16("NEW.TXT"));
	is(set(f), EFI_SUCCESS, "its name in another case");
	read_info(f);
	is_string(info->name, STR16("new.txt"), "which stays");
	rename_to(STR16("..\\NO\\x"));
	is(set(f), EFI_NOT_FOUND, "to where there is no folder");

	read_info(f);
	info->modified.month = 0;
	is(set(f), EFI_INVALID_PARAMETER, "a month that is none");
	read_info(f);
	info->created.month = 2;
	info->created.day = 30;
	is(set(f), EFI_INVALID_PARAMETER, "a day that is none");
	read_info(f);
	info->created.year = 1979;
	is(set(f), EFI_INVALID_PARAMETER, "a year before FAT");
	read_info(f);
	bs->set_mem(&info->accessed, sizeof(info->accessed), 0xff);
	is(set(f), EFI_SUCCESS, "when it was looked at is not asked");
	read_info(f);
	info->modified.year = 2001;
	info->modified.second = 31;
	info->created.year = 2002;
	is(set(f), EFI_SUCCESS, "other times");
	read_info(f);
	is(info->modified.year, 2001, "are kept");
	is(info->modified.second, 30, "as FAT can");
	is(info->created.year, 2002, "both of them");
	bs->set_mem(&info->created, 3 * sizeof(info->created), 0);
	is(set(f), EFI_SUCCESS, "no times");
	read_info(f);
	is(info->created.year, 2002, "leave it");
	ok(info->modified.year > 2001, "but it was changed now");
	f->close(f);

	/* Opened to read: attributes are set, all else is refused or passed over. */
	f = open(NEW, FILE_READ, 0);
	read_info(f);
	info->attribute = FILE_HIDDEN;
	info->modified.year = 2003;
	is(set(f), EFI_SUCCESS, "to read: attributes and times");
	read_info(f);
	is(info->attribute, FILE_HIDDEN, "the attributes are set");
	ok(info->modified.year != 2003, "the times are not");
	info->file_size = 5;
	is(set(f), EFI_ACCESS_DENIED, "to read: a size");
	read_info(f);
	info->attribute = 0x24;
	rename_to(STR16("other"));
	is(set(f), EFI_ACCESS_DENIED, "to read: a name");
	read_info(f);
	is(info->attribute, 0x24, "attributes are set first");
	rename_to(STR16("later"));
	is(set(f), EFI_ACCESS_DENIED, "a name that is taken");

	/* Read-only, through a handle that may write. */
	g = open(NEW, WRITE, 0);
	read_info(g);
	info->attribute = FILE_READ_ONLY;
	is(set(g), EFI_SUCCESS, "read-only");
	read_info(g);
	info->file_size = 5;
	info->attribute = 0;
	is(set(g), EFI_ACCESS_DENIED, "a size, with that taken away");
	read_info(g);
	is(info->attribute, 0, "it is taken away");
	is(info->file_size, 700, "but nothing else");
	info->file_size = 5;
	is(set(g), EFI_SUCCESS, "a size, then");
	g->close(g);
	f->close(f);

	dir = open(STR16("\\EFI\\TEST\\EMPTY"), WRITE, 0);
	read_info(dir);
	info->file_size += 512;
	is(set(dir), EFI_ACCESS_DENIED, "a folder's size");
	read_info(dir);
	is(info->file_size, 512, "is as it was");
	info->file_size = 0;
	info->attribute |= FILE_READ_ONLY;
	is(set(dir), EFI_ACCESS_DENIED, "nor can it be none");
	read_info(dir);
	is(info->attribute & FILE_READ_ONLY, FILE_READ_ONLY, "but it is read-only");
	dir->close(dir);
	is(try(STR16("\\EFI\\TEST\\EMPTY"), WRITE), EFI_SUCCESS, "it is opened to write, though");
	is(try(STR16("\\EFI\\TEST\\EMPTY\\more"), CREATE), EFI_SUCCESS, "and files are made in it");
}

static void test_renames(void)
{
	struct file *f, *dir;
	uint64_t n;

	dir = open(STR16("\\EFI\\TEST\\sub"), WRITE, 0);
	is(dir->open(dir, &f, STR16("in"), CREATE, 0), EFI_SUCCESS, "a file in it");
	is(try_in(dir, STR16("behind"), CREATE, 0), EFI_SUCCESS, "and one behind");
	read_info(dir);
	rename_to(STR16("moved"));
	is(set(dir), EFI_ACCESS_DENIED, "a folder with open files");
	rename_to(STR16("sub\\in\\x"));
	read_info(f);
	rename_to(STR16("at the end"));
	is(set(f), EFI_SUCCESS, "a file");
	f->close(f);
	for (unsigned i = 0; i < 4; i++) {
		n = sizeof(room);
		is(dir->read(dir, &n, room), EFI_SUCCESS, "an entry");
	}
	is_string(info->name, STR16("at the end"), "what was renamed is last");
	read_info(dir);
	rename_to(STR16("sub\\inside"));
	is(set(dir), EFI_ACCESS_DENIED, "a folder into itself");
	rename_to(STR16("moved\\"));
	is(set(dir), EFI_SUCCESS, "a folder's name and a backslash");
	read_info(dir);
	is_string(info->name, STR16("moved"), "is without it");
	dir->close(dir);
	is(try(STR16("\\EFI\\TEST\\moved\\behind"), FILE_READ), EFI_SUCCESS, "its files are there");
}

static void test_delete(void)
{
	struct file *f, *g, *dir, *none;
	uint64_t n = 1;

	dir = open(STR16("\\EFI\\TEST\\gone"), CREATE, FILE_DIRECTORY);
	g = open(STR16("\\EFI\\TEST\\gone"), FILE_READ, 0);
	is(dir->open(dir, &f, STR16("in"), CREATE, 0), EFI_SUCCESS, "a file in it");
	is(dir->delete (dir), EFI_WARN_DELETE_FAILURE, "a folder that is not empty");
	is(f->delete (f), EFI_SUCCESS, "its file");
	dir = open(STR16("\\EFI\\TEST\\gone"), WRITE, 0);
	is(dir->delete (dir), EFI_SUCCESS, "now that it is empty");
	is(g->open(g, &none, STR16("in"), CREATE, 0), EFI_NOT_FOUND, "open: in what is gone");
	is(g->read(g, &n, room), EFI_DEVICE_ERROR, "read: what is gone");
	is(g->set_position(g, 0), EFI_DEVICE_ERROR, "position: of what is gone");
	is(g->delete (g), EFI_WARN_DELETE_FAILURE, "delete: opened to read");

	f = open(STR16("\\EFI\\TEST\\gone"), CREATE, 0);
	g = open(STR16("\\EFI\\TEST\\gone"), WRITE, 0);
	is(f->delete (f), EFI_SUCCESS, "a file that is open twice");
	is(g->write(g, &n, "x"), EFI_DEVICE_ERROR, "write: what is gone");
	is(g->flush(g), EFI_NOT_FOUND, "flush: what is gone");
	n = sizeof(room);
	is(g->get_info(g, &guid_file_info, &n, room), EFI_DEVICE_ERROR, "info: of what is gone");
	is(g->set_info(g, &guid_file_info, n, room), EFI_DEVICE_ERROR, "set: what is gone");
	is(g->open(g, &none, STR16("."), FILE_READ, 0), EFI_NOT_FOUND, "open: from what is gone");
	is(try(STR16("\\EFI\\TEST\\gone"), CREATE), EFI_SUCCESS, "another takes its name");
	is(g->delete (g), EFI_SUCCESS, "delete: what is gone");
	is(try(STR16("\\EFI\\TEST\\gone"), FILE_READ), EFI_SUCCESS, "the other stays");
}

static void test_label(void)
{
	struct file_system_info *system = (void *)room;
	uint64_t size = 10;

	is(root->get_info(root, &guid_volume_label, &size, room), EFI_SUCCESS, "the label");
	is(size, 8, "how much it is");
	size = 7;
	is(root->get_info(root, &guid_volume_label, &size, room), EFI_BUFFER_TOO_SMALL,
		"the label: too little");
	is(size, 8, "how much is told");
	size = 43;
	is(root->get_info(root, &guid_file_system_info, &size, room), EFI_BUFFER_TOO_SMALL,
		"volume: too little");
	is(size, 44, "how much is told");
	is(root->get_info(root, &guid_file_system_info, &size, room), EFI_SUCCESS, "just enough");
	is(root->set_info(root, &guid_file_system_info, 43, room), EFI_BAD_BUFFER_SIZE,
		"set: less");
	is(root->set_info(root, &guid_file_system_info, 37, room), EFI_BAD_BUFFER_SIZE,
		"too short");
	system->size = 0;
	is(root->set_info(root, &guid_file_system_info, 44, room), EFI_SUCCESS, "it says no size");
	is(root->set_info(root, &guid_volume_label, 1, room), EFI_BAD_BUFFER_SIZE, "a short label");
	is(root->set_info(root, &guid_volume_label, 12, (void *)u"a.b c"), EFI_SUCCESS, "a label");
	size = sizeof(room);
	root->get_info(root, &guid_volume_label, &size, room);
	is_string((void *)room, STR16("ABC"), "as FAT has it");
	is(root->set_info(root, &guid_volume_label, 8, (void *)u"a+b"), EFI_UNSUPPORTED,
		"a label that FAT has not");
	is(root->set_info(root, &guid_volume_label, 28, (void *)u"twelve chars!"), EFI_SUCCESS,
		"a long label");
	size = sizeof(room);
	root->get_info(root, &guid_volume_label, &size, room);
	is_string((void *)room, STR16("TWELVECHARS"), "is cut");
}

void subject(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);

	is(fs->open_volume(fs, &root), EFI_SUCCESS, "volume: opened");
	test_backslashes();
	test_dots();
	test_names();
	test_lengths();
	test_modes();
	test_archive();
	test_positions();
	test_set_info();
	test_renames();
	test_delete();
	test_label();
}
