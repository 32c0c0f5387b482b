/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io_manager for libext2fs: see ext_io.h. Leaves out discard and zeroout,
 * for which libext2fs has its own ways, and write_byte, without which it
 * writes superblocks whole.
 */
#include "rootfs/ext_io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"

#define READS_IN_ALL 4000000

void ext_io_init(struct ext_io *io, struct disk *disk)
{
	*io = (struct ext_io){ .disk = disk, .total = READS_IN_ALL };
	io->pieces = xmalloc(EXT_IO_PIECES * EXT_IO_PIECE);
}

void ext_io_release(struct ext_io *io)
{
	free(io->pieces);
	io->pieces = NULL;
}

void ext_io_begin(struct ext_io *io, uint32_t budget)
{
	io->budget = budget;
	err_clear(&io->err);
}

/* Finds piece number no in the cache, reading it when needed. */
static int piece_get(struct ext_io *io, uint64_t no, const uint8_t **piece, size_t *len)
{
	uint64_t off = no * EXT_IO_PIECE, size = disk_size(io->disk);
	size_t slot = (size_t)(no % EXT_IO_PIECES);
	uint8_t *p = io->pieces + slot * EXT_IO_PIECE;

	*piece = p;
	*len = size - off < EXT_IO_PIECE ? (size_t)(size - off) : EXT_IO_PIECE;
	if (io->piece_no[slot] == no + 1)
		return 0;
	io->piece_no[slot] = 0;
	int r = disk_read(io->disk, off, p, *len, &io->err);
	if (r < 0)
		return r;
	io->piece_no[slot] = no + 1;
	return 0;
}

int ext_io_read(struct ext_io *io, uint64_t off, void *bytes, size_t len)
{
	uint8_t *out = bytes;

	if (!range_within(off, len, disk_size(io->disk)))
		return err_set(&io->err, EUCLEAN, "a block at %" PRIu64 ", beyond the end", off);
	if (io->budget == 0 || io->total == 0)
		return err_set(&io->err, EUCLEAN, "structures without an end");
	io->budget--;
	io->total--;
	while (len > 0) {
		const uint8_t *piece;
		size_t have, skip = (size_t)(off % EXT_IO_PIECE), n;
		int r = piece_get(io, off / EXT_IO_PIECE, &piece, &have);

		if (r < 0)
			return r;
		n = have - skip < len ? have - skip : len;
		memcpy(out, piece + skip, n);
		out += n;
		off += n;
		len -= n;
	}
	return 0;
}

static struct ext_io *io_of(io_channel channel)
{
	return channel->private_data;
}

void ext_io_name(const struct ext_io *io, char name[EXT_IO_NAME])
{
	snprintf(name, EXT_IO_NAME, "disk:%" PRIxPTR, (uintptr_t)io);
}

static errcode_t io_open(const char *name, int flags, io_channel *out)
{
	uintptr_t address;
	io_channel channel;

	(void)flags;
	if (sscanf(name, "disk:%" SCNxPTR, &address) != 1)
		return EXT2_ET_BAD_DEVICE_NAME;
	channel = xcalloc(1, sizeof(*channel));
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &ext_io_manager;
	channel->name = xstrdup(name);
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = (void *)address;
	*out = channel;
	return 0;
}

static errcode_t io_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t io_set_blksize(io_channel channel, int blksize)
{
	channel->block_size = blksize;
	return 0;
}

/* A negative count is one of bytes, and otherwise one of blocks. */
static bool io_range(
	io_channel channel, unsigned long long block, int count, uint64_t *off, size_t *len)
{
	*len = count < 0 ? (size_t) - (int64_t)count : (size_t)count * (size_t)channel->block_size;
	return checked_mul(block, (uint64_t)channel->block_size, off);
}

static errcode_t io_read64(io_channel channel, unsigned long long block, int count, void *data)
{
	uint64_t off;
	size_t len;

	if (!io_range(channel, block, count, &off, &len))
		return EUCLEAN;
	return -ext_io_read(io_of(channel), off, data, len);
}

static errcode_t io_read(io_channel channel, unsigned long block, int count, void *data)
{
	return io_read64(channel, block, count, data);
}

static errcode_t io_write64(
	io_channel channel, unsigned long long block, int count, const void *data)
{
	struct ext_io *io = io_of(channel);
	uint64_t off;
	size_t len;
	int r;

	if (!io_range(channel, block, count, &off, &len))
		return EUCLEAN;
	r = disk_write(io->disk, off, data, len, &io->err);
	/* What the cache holds of this range is stale now. */
	for (uint64_t no = off / EXT_IO_PIECE; len && no <= (off + len - 1) / EXT_IO_PIECE; no++)
		if (io->piece_no[no % EXT_IO_PIECES] == no + 1)
			io->piece_no[no % EXT_IO_PIECES] = 0;
	return -r;
}

static errcode_t io_write(io_channel channel, unsigned long block, int count, const void *data)
{
	return io_write64(channel, block, count, data);
}

static errcode_t io_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

struct struct_io_manager ext_io_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "struct disk",
	.open = io_open,
	.close = io_close,
	.set_blksize = io_set_blksize,
	.read_blk = io_read,
	.write_blk = io_write,
	.flush = io_flush,
	.read_blk64 = io_read64,
	.write_blk64 = io_write64,
};
