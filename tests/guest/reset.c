/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left after a reset (UEFI 2.10 8.3, 8.5.1, 8.5.2): all that was written to the
 * disk, be it by files or by blocks, the clock as it was set, and the count's high
 * half. The program is started twice.
 */
#include "test.h"

#define LBA 1000 /* between the partition table and the first partition */

static struct block_io *disk(void)
{
	struct device_path *path = protocol_of(own_volume(), &guid_device_path);
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

/* Sets the clock; returns the count's high half. */
static uint32_t set_clock(void)
{
	struct time t = { .year = 2031,
		.month = 2,
		.day = 3,
		.hour = 4,
		.minute = 5,
		.zone = 60,
		.daylight = 1 };
	uint64_t count = 0;
	uint32_t high = 0;

	is(rt->set_time(&t), EFI_SUCCESS, "before: the clock is set");
	is(rt->get_next_high_monotonic_count(&high), EFI_SUCCESS, "before: the high count");
	is(bs->get_next_monotonic_count(&count), EFI_SUCCESS, "before: the count");
	is(count >> 32, high, "before: its high half is the same");
	return high;
}

static void test_clock(uint32_t before)
{
	struct time t;
	uint64_t count = 0;
	uint32_t high = 0;

	is(rt->get_time(&t, NULL), EFI_SUCCESS, "after: the clock");
	ok(t.year == 2031 && t.month == 2 && t.day == 3 && t.hour == 4 && t.minute >= 5 &&
			t.minute < 15,
		"after: it goes on from what it was set to");
	is((uint16_t)t.zone, 60, "after: its zone");
	is(t.daylight, 1, "after: and daylight saving");
	is(bs->get_next_monotonic_count(&count), EFI_SUCCESS, "after: the count");
	ok(count >> 32 > before, "after: its high half has grown");
	is(rt->get_next_high_monotonic_count(&high), EFI_SUCCESS, "after: the high count");
	is(high, (count >> 32) + 1, "after: it grows when it is asked for");
}

struct reset_notification {
	efi_status (*register_notify)(struct reset_notification *this, void *function);
	efi_status (*unregister_notify)(struct reset_notification *this, void *function);
};

static const struct guid guid_reset_notification = { 0x9da34ae0, 0xeaf9, 0x4bbf,
	{ 0x8e, 0xc3, 0xfd, 0x60, 0x22, 0x6c, 0x44, 0xbe } };

static void notified(unsigned type, efi_status status, uint64_t size, const void *data)
{
	is(type, RESET_COLD, "notified: the kind");
	is(status, EFI_ABORTED, "notified: the status");
	ok(size == 12 && same16(data, STR16("words")), "notified: the data");
}

static void notified_second(unsigned type, efi_status status, uint64_t size, const void *data)
{
	(void)type;
	(void)status;
	(void)size;
	(void)data;
	say("ok notified: in their order");
}

static void not_notified(unsigned type, efi_status status, uint64_t size, const void *data)
{
	(void)type;
	(void)status;
	(void)size;
	(void)data;
	say("not ok notified: who does not want to be");
}

static void ask_for_notice(void)
{
	struct reset_notification *n = NULL;
	void *at = NULL;

	is(bs->locate_protocol(&guid_reset_notification, NULL, &at), EFI_SUCCESS, "notify: there");
	n = at;
	is(n->register_notify(n, NULL), EFI_INVALID_PARAMETER, "notify: nobody");
	is(n->register_notify(n, (void *)notified), EFI_SUCCESS, "notify: one");
	is(n->register_notify(n, (void *)notified), EFI_ALREADY_STARTED, "notify: the same one");
	is(n->register_notify(n, (void *)not_notified), EFI_SUCCESS, "notify: another");
	is(n->register_notify(n, (void *)notified_second), EFI_SUCCESS, "notify: a third");
	is(n->unregister_notify(n, (void *)not_notified), EFI_SUCCESS, "notify: no more");
	is(n->unregister_notify(n, (void *)not_notified), EFI_INVALID_PARAMETER,
		"notify: who did not ask");
	is(n->unregister_notify(n, NULL), EFI_INVALID_PARAMETER, "notify: nobody is no more");
}

static void first(struct file *root, struct block_io *io)
{
	uint8_t *block = pool(512);
	uint64_t size = 5;
	uint32_t high = set_clock();
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
	bs->copy_mem(block + 8, &high, sizeof(high));
	is(io->write(io, io->media->id, LBA, 512, block), EFI_SUCCESS,
		"before: a block is written");
	is(io->flush(io), EFI_SUCCESS, "before: and flushed");
	ask_for_notice();
	rt->reset_system(RESET_COLD, EFI_ABORTED, 12, u"words");
}

static void second(struct file *root, struct file *left, struct block_io *io)
{
	uint8_t *block = pool(512);
	uint64_t size = 512;
	uint32_t high = 0;
	struct file *f;

	is(left->read(left, &size, block), EFI_SUCCESS, "after: the file is read");
	ok(size == 5 && same(block, "words", 5), "after: it is as it was left");
	is(root->open(root, &f, STR16("\\EFI\\TEST\\EMPTY"), FILE_READ, 0), EFI_NOT_FOUND,
		"after: the folder is gone");
	is(io->read(io, io->media->id, LBA, 512, block), EFI_SUCCESS, "after: the block is read");
	ok(same(block, "block", 5), "after: it is as it was left");
	bs->copy_mem(&high, block + 8, sizeof(high));
	test_clock(high);
}

void subject(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	struct block_io *io = disk();
	struct file *root = NULL, *left;

	ok(io && fs && fs->open_volume(fs, &root) == EFI_SUCCESS, "the disk and the volume");
	if (root->open(root, &left, STR16("\\EFI\\TEST\\LEFT.TXT"), FILE_READ, 0) == EFI_SUCCESS)
		second(root, left, io);
	else
		first(root, io);
}
