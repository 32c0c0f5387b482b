/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block I/O and disk I/O of the disk and of the ESP (UEFI 2.10 13.9, 13.7). */
#include "test.h"

static uint8_t *buffer;

/* The handle of the disk that the partition is on. */
static efi_handle disk_of(efi_handle partition)
{
	struct device_path *path = protocol_of(partition, &guid_device_path), *copy, *node;
	efi_handle disk = NULL;

	copy = pool(path_size(path));
	bs->copy_mem(copy, path, path_size(path));
	for (node = copy; !path_is_end(path_next(node));)
		node = (void *)path_next(node);
	is(node->type, 4, "path: the partition's last node is of a medium");
	is(node->subtype, 1, "path: which is a hard disk's partition");
	is(((uint8_t *)node)[4], 1, "path: number 1");
	is(*(uint64_t *)((uint8_t *)node + 8), 2048, "path: where it starts");
	is(*(uint64_t *)((uint8_t *)node + 16), 36 * 2048, "path: how long it is");
	is(((uint8_t *)node)[40], 2, "path: of a GPT");
	is(((uint8_t *)node)[41], 2, "path: known by its GUID");
	is(*(uint32_t *)((uint8_t *)node + 24), 0x5a3ab1e0, "path: its GUID");
	node->type = 0x7f;
	node->subtype = 0xff;
	node->length[0] = 4;
	is(bs->locate_device_path(&guid_block_io, &copy, &disk), EFI_SUCCESS, "path: the disk's");
	ok(path_is_end(copy), "path: nothing remains of it");
	return disk;
}

static void test_disk(struct block_io *io)
{
	struct block_media *m = io->media;

	ok(io->revision >= 0x10000, "disk: revision");
	ok(!m->removable, "disk: fixed");
	ok(m->present, "disk: there");
	ok(!m->partition, "disk: is no partition");
	ok(!m->read_only, "disk: can be written");
	is(m->block_size, 512, "disk: block size");
	is(m->last, 40 * 2048 - 1, "disk: last LBA");
	is(m->io_align & (m->io_align - 1), 0, "disk: alignment is a power of two");
	is(io->read(io, m->id, 0, 512, buffer), EFI_SUCCESS, "disk: LBA 0");
	ok(buffer[510] == 0x55 && buffer[511] == 0xaa, "disk: is an MBR");
	is(buffer[446 + 4], 0xee, "disk: that protects");
	is(io->read(io, m->id, 1, 1024, buffer), EFI_SUCCESS, "disk: two blocks");
	ok(same(buffer, "EFI PART", 8), "disk: the first is a GPT header");
	is(buffer[512], 0x28, "disk: the second has the ESP's type");
	is(io->read(io, m->id, m->last, 512, buffer), EFI_SUCCESS, "disk: the last");
	ok(same(buffer, "EFI PART", 8), "disk: is the backup");
	is(io->read(io, m->id, m->last + 1, 512, buffer), EFI_INVALID_PARAMETER,
		"disk: beyond the last");
	is(io->read(io, m->id, m->last, 1024, buffer), EFI_INVALID_PARAMETER, "disk: over the end");
	is(io->read(io, m->id, ~0ull, 512, buffer), EFI_INVALID_PARAMETER, "disk: far beyond");
	is(io->read(io, m->id, 0, 100, buffer), EFI_BAD_BUFFER_SIZE,
		"disk: no multiple of a block");
	is(io->read(io, m->id, 0, 0, buffer), EFI_SUCCESS, "disk: nothing");
	value("disk: another medium's", io->read(io, m->id + 1, 0, 512, buffer));
	is(io->flush(io), EFI_SUCCESS, "disk: flush");
	is(io->reset(io, false), EFI_SUCCESS, "disk: reset");
}

static void test_partition(struct block_io *io, struct block_io *disk)
{
	struct block_media *m = io->media;
	uint8_t *other = pool(4096);
	bool equal;

	ok(m->partition, "partition: is one");
	is(m->last, 36 * 2048 - 1, "partition: last LBA");
	is(m->block_size, 512, "partition: block size");
	is(m->logical_per_physical, 0, "partition: nothing of physical blocks");
	is(io->read(io, m->id, 0, 512, buffer), EFI_SUCCESS, "partition: LBA 0");
	ok(same(buffer + 82, "FAT32", 5), "partition: is FAT");
	disk->read(disk, disk->media->id, 2048, 512, other);
	ok(same(buffer, other, 512), "partition: is at its place of the disk");
	is(io->read(io, m->id, m->last + 1, 512, buffer), EFI_INVALID_PARAMETER,
		"partition: beyond its end");
	is(io->read(io, m->id, m->last, 1024, buffer), EFI_INVALID_PARAMETER,
		"partition: over its end");

	bs->set_mem(other, 1024, 0xa5);
	is(io->write(io, m->id, m->last - 1, 1024, other), EFI_SUCCESS, "write: two blocks");
	is(io->read(io, m->id, m->last - 1, 1024, buffer), EFI_SUCCESS, "write: read again");
	equal = same(buffer, other, 1024);
	ok(equal, "write: that is it");
	disk->read(disk, disk->media->id, 2048 + m->last, 512, buffer);
	ok(same(buffer, other, 512), "write: seen through the disk");
	is(io->write(io, m->id, m->last, 1024, other), EFI_INVALID_PARAMETER,
		"write: over the end");
	is(io->write(io, m->id, 0, 100, other), EFI_BAD_BUFFER_SIZE,
		"write: no multiple of a block");
	bs->free_pool(other);
}

static void test_disk_io(struct disk_io *io, struct block_io *block)
{
	uint32_t id = block->media->id;
	uint64_t end = (block->media->last + 1) * 512;

	ok(io != NULL, "bytes: there");
	is(io->read(io, id, 510, 2, buffer), EFI_SUCCESS, "bytes: two");
	ok(buffer[0] == 0x55 && buffer[1] == 0xaa, "bytes: the signature");
	is(io->read(io, id, 511, 5, buffer), EFI_SUCCESS, "bytes: over a block's end");
	ok(buffer[0] == 0xaa && same(buffer + 1, "EFI ", 4), "bytes: from both");
	is(io->read(io, id, 3, 4000, buffer), EFI_SUCCESS, "bytes: many");
	ok(same(buffer + 509, "EFI PART", 8), "bytes: at their place");
	is(io->read(io, id, end - 1, 2, buffer), EFI_INVALID_PARAMETER, "bytes: over the end");
	is(io->read(io, id, 0, 0, buffer), EFI_SUCCESS, "bytes: none");
	is(io->write(io, id, 1024 * 1024 - 3, 3, "xyz"), EFI_SUCCESS, "bytes: written");
	io->read(io, id, 1024 * 1024 - 4, 4, buffer);
	ok(same(buffer, "\0xyz", 4), "bytes: three of them");
}

static const struct guid guid_partition_info = { 0x8cf2f62c, 0xbc9b, 0x4821,
	{ 0x80, 0x8d, 0xec, 0x9e, 0xc4, 0x21, 0xa1, 0xa0 } };

/* What the partition table says of this program's partition (UEFI 2.10 13.18). */
static void test_partition_info(const uint8_t *info)
{
	static const struct guid type = { 0xc12a7328, 0xf81f, 0x11d2,
		{ 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b } };
	static const struct guid unique = { 0x5a3ab1e0, 0x0000, 0x4000,
		{ 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb1 } };
	uint32_t head[2];
	uint64_t ends[2];

	ok(info != NULL, "table: it is told of");
	if (!info)
		return;
	bs->copy_mem(head, info, sizeof(head));
	bs->copy_mem(ends, info + 48, sizeof(ends));
	is(head[0], 0x1000, "table: revision");
	is(head[1], 2, "table: a GPT");
	is(info[8], 1, "table: a system partition");
	ok(same(info + 16, &type, 16), "table: its type");
	ok(same(info + 32, &unique, 16), "table: its GUID");
	is(ends[0], 2048, "table: its start");
	is(ends[1], 2048 + 36 * 2048 - 1, "table: its end");
	ok(same(info + 72, u"ESP", 8), "table: its name");
}

void subject(void)
{
	efi_handle partition = own_volume(), disk = disk_of(partition);
	struct block_io *io = protocol_of(partition, &guid_block_io);
	struct block_io *whole = protocol_of(disk, &guid_block_io);

	buffer = pool(8192);
	ok(io != NULL && whole != NULL, "both have block I/O");
	test_partition_info(protocol_of(partition, &guid_partition_info));
	ok(protocol_of(disk, &guid_partition_info) == NULL, "table: no partition, no entry");
	test_disk(whole);
	test_partition(io, whole);
	test_disk_io(protocol_of(disk, &guid_disk_io), whole);
}
