/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What folders say of themselves, and of what is in them (UEFI 2.10 13.5), as a shell's `ls` shows it;
 * and requests with a token that fail (13.5.6 to 13.5.9).
 */
#include "test.h"

static struct file *root;
static union {
	struct file_info info;
	uint8_t room[512];
} u;

#define MADE 0x7e70b000eu /* 2023-11-14, when the image's files were made */
#define NONE 0x7bc000000u /* a date of zeroes */

static uint64_t date(const struct time *t)
{
	return (uint64_t)t->year << 24 | (uint64_t)t->month << 16 | t->day;
}

static void check(const struct file_info *info, uint64_t size, uint64_t attribute, uint64_t made)
{
	is(info->file_size, size, "its size");
	is(info->physical_size, (size + 511) & ~511ull, "what it takes");
	is(info->attribute, attribute, "its attributes");
	is(date(&info->created), made, "when it was made");
	is(date(&info->modified), made, "when it was changed");
	is(date(&info->accessed), made, "when it was looked at");
}

static const struct file_info *info_of(const char16 *name, const char *line)
{
	uint64_t size = sizeof(u);
	struct file *f;

	is(root->open(root, &f, name, FILE_READ, 0), EFI_SUCCESS, line);
	is(f->get_info(f, &guid_file_info, &size, &u), EFI_SUCCESS, "its info");
	f->close(f);
	return &u.info;
}

struct entry {
	const char16 *name;
	uint64_t size, attribute;
};

/* The entries of a folder, in their order, up to one without name. */
static void test_entries(const char16 *name, const struct entry *want, const char *line)
{
	struct file *f;
	uint64_t size;

	is(root->open(root, &f, name, FILE_READ, 0), EFI_SUCCESS, line);
	for (; want->name; want++) {
		size = sizeof(u);
		is(f->read(f, &size, &u), EFI_SUCCESS, "an entry");
		is_string(u.info.name, want->name, "its name");
		check(&u.info, want->size, want->attribute, MADE);
	}
	size = sizeof(u);
	is(f->read(f, &size, &u), EFI_SUCCESS, "no more");
	is(size, 0, "it says");
	f->close(f);
}

static void test_many(void)
{
	char16 name[] = u"\\EFI\\TEST\\EMPTY\\A rather long name 00.TXT";
	struct file *f;

	for (unsigned i = 0; i < 24; i++) {
		name[33] = (char16)('0' + i / 10);
		name[34] = (char16)('0' + i % 10);
		is(root->open(root, &f, name, FILE_READ | FILE_WRITE | FILE_CREATE, 0), EFI_SUCCESS,
			"a file is made");
		f->close(f);
	}
	is(info_of(STR16("\\EFI\\TEST\\EMPTY"), "a folder that grew")->file_size, 2560,
		"it takes five clusters");
}

static struct file_token token;

/* What fails at once leaves the token alone. */
static void fails(efi_status status, efi_status want, const char *name)
{
	is(status, want, name);
	is(token.status, 0x77, "the token's status is left");
	is(bs->check_event(token.event), EFI_NOT_READY, "nothing is signalled");
}

static void succeeds(efi_status status, const char *name)
{
	uint64_t index;

	is(status, EFI_SUCCESS, name);
	is(bs->wait_for_event(1, &token.event, &index), EFI_SUCCESS, "the event comes");
	is(token.status, EFI_SUCCESS, "with success");
	token.status = 0x77;
}

static void test_tokens(void)
{
	struct file *f;
	uint8_t buffer[64];

	bs->create_event(0, 0, NULL, NULL, &token.event);
	token.status = 0x77;
	token.buffer = buffer;
	token.size = 4;
	root->open(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ, 0);
	fails(f->write_ex(f, &token), EFI_ACCESS_DENIED, "write: opened to read");
	fails(f->flush_ex(f, &token), EFI_ACCESS_DENIED, "flush: opened to read");
	f->set_position(f, 100);
	fails(f->read_ex(f, &token), EFI_DEVICE_ERROR, "read: beyond the end");
	is(token.size, 4, "how much was wanted is left");
	f->close(f);
	root->open(root, &f, STR16("\\EFI\\TEST"), FILE_READ, 0);
	fails(f->read_ex(f, &token), EFI_BUFFER_TOO_SMALL, "read: a folder, too little room");
	ok(token.size > 80, "but how much is needed is told");
	token.size = 4;
	fails(f->write_ex(f, &token), EFI_UNSUPPORTED, "write: a folder");
	f->close(f);
	root->open(
		root, &f, STR16("\\EFI\\TEST\\NEW.TXT"), FILE_READ | FILE_WRITE | FILE_CREATE, 0);
	succeeds(f->write_ex(f, &token), "write: a file");
	is(token.size, 4, "so much was written");
	succeeds(f->flush_ex(f, &token), "flush: a file");
	f->delete (f);
	fails(root->open_ex(
		      root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), FILE_READ | FILE_WRITE, 0, &token),
		EFI_ACCESS_DENIED, "open: a read-only file to write");
	fails(root->open_ex(root, &f, STR16("\\EFI\\TEST\\HELLO.TXT"), 77, 0, &token),
		EFI_INVALID_PARAMETER, "open: a mode that is none");
}

void subject(void)
{
	static const struct entry in_root[] = { { u"EFI", 512, 0x10 }, { NULL, 0, 0 } };
	static const struct entry in_efi[] = { { u".", 512, 0x10 }, { u"..", 0, 0x10 },
		{ u"BOOT", 512, 0x10 }, { u"TEST", 512, 0x10 }, { NULL, 0, 0 } };
	static const struct entry in_empty[] = { { u".", 512, 0x10 }, { u"..", 512, 0x10 },
		{ NULL, 0, 0 } };
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);

	is(fs->open_volume(fs, &root), EFI_SUCCESS, "the volume");
	check(info_of(STR16("\\"), "root"), 0, 0x10, NONE);
	check(info_of(STR16("\\EFI"), "EFI"), 512, 0x10, MADE);
	check(info_of(STR16("\\EFI\\TEST\\HELLO.TXT"), "a file"), 13, 0x21, MADE);
	check(info_of(STR16("\\EFI\\TEST\\.."), "above"), 512, 0x10, MADE);
	check(info_of(STR16("\\EFI\\.."), "above it the root"), 0, 0x10, NONE);
	test_entries(STR16("\\"), in_root, "in the root");
	test_entries(STR16("\\EFI"), in_efi, "in EFI");
	test_entries(STR16("\\EFI\\TEST\\EMPTY"), in_empty, "in an empty folder");
	test_many();
	test_tokens();
}
