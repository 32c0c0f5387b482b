/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Content of btrfs files: inline, in extents, compressed (zlib, LZO, zstd) in
 * pieces of at most 128 KiB. Each sector of an extent has a checksum in a tree of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <lzo/lzo1x.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/btrfs.h"

/* struct btrfs_file_extent_item */
#define FE_RAM_BYTES   8
#define FE_COMPRESSION 16
#define FE_ENCRYPTION  17
#define FE_ENCODING    18
#define FE_TYPE        20
#define FE_INLINE      21
#define FE_LOGICAL     21
#define FE_STORED      29
#define FE_OFFSET      37
#define FE_LENGTH      45
#define FE_SIZE        53
#define TYPE_INLINE    0
#define TYPE_REGULAR   1

enum compression {
	PLAIN,
	ZLIB,
	LZO,
	ZSTD,
};

/* The part of a file that one item describes. */
struct extent {
	uint64_t from, to; /* bytes of the file */
	uint64_t logical;  /* 0: a hole */
	uint64_t stored, unpacked, offset;
	unsigned type, compression;
	bool summed;
	const uint8_t *inlined;
	uint32_t inlined_len;
};

/* Both return how many bytes came out, or -EUCLEAN. */
static int64_t unpack_zlib(const uint8_t *from, size_t n, uint8_t *to, size_t room)
{
	z_stream z = { .next_in = (uint8_t *)from,
		.avail_in = (uInt)n,
		.next_out = to,
		.avail_out = (uInt)room };
	int r;

	if (inflateInit(&z) != Z_OK)
		abort();
	r = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	/* What was asked for may be less than the stream holds. */
	if (r != Z_STREAM_END && !(r == Z_BUF_ERROR && z.avail_out == 0))
		return -EUCLEAN;
	return (int64_t)(room - z.avail_out);
}

static int64_t unpack_zstd(const uint8_t *from, size_t n, uint8_t *to, size_t room)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	ZSTD_inBuffer in = { from, n, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t left = 1;

	if (!d)
		abort();
	/* The stream may be followed by what fills its last sector. */
	while (left && !ZSTD_isError(left) && in.pos < in.size && out.pos < out.size)
		left = ZSTD_decompressStream(d, &out, &in);
	ZSTD_freeDCtx(d);
	return ZSTD_isError(left) || (left && out.pos < out.size) ? -EUCLEAN : (int64_t)out.pos;
}

/*
 * Pieces of one sector each, with their stored length before them, which never lies across sectors;
 * the length of all stands in front.
 */
static int64_t unpack_lzo(
	const uint8_t *from, size_t n, uint8_t *to, size_t room, uint32_t sector, bool framed)
{
	size_t at = 4, end, done = 0;

	if (n < 8 || le32(from) > n)
		return -EUCLEAN;
	end = le32(from);
	while (at < end && done < room) {
		lzo_uint got = room - done;
		size_t len, left = sector - at % sector;

		if (framed && left < 4)
			at += left;
		if (end < 4 || at > end - 4)
			return -EUCLEAN;
		len = le32(from + at);
		at += 4;
		if (len > end - at)
			return -EUCLEAN;
		if (lzo1x_decompress_safe(from + at, len, to + done, &got, NULL) != LZO_E_OK)
			return -EUCLEAN;
		at += len;
		done += got;
	}
	return (int64_t)done;
}

static int unpack(const struct btrfs *b, const struct extent *e, const uint8_t *from, size_t n,
	uint8_t *to, size_t room, struct err *err)
{
	int64_t got;

	switch (e->compression) {
	case ZLIB:
		got = unpack_zlib(from, n, to, room);
		break;
	case LZO:
		got = unpack_lzo(from, n, to, room, b->sector_size, e->type != TYPE_INLINE);
		break;
	case ZSTD:
		got = unpack_zstd(from, n, to, room);
		break;
	default:
		return err_set(
			err, ENOTSUP, "a compression that is not known (%u)", e->compression);
	}
	if (got < 0)
		return err_set(err, EUCLEAN, "a compressed extent is damaged");
	memset(to + got, 0, room - (size_t)got);
	return 0;
}

/* Copies the sums of n sectors from logical on, or of fewer that one item has; *n says of how many. */
static int find_sums(struct btrfs *b, uint64_t logical, size_t *n, uint8_t *sums, struct err *err)
{
	const size_t size = btrfs_sum_size(b->sum_type);
	struct btrfs_key key = { BTRFS_SUMS, BTRFS_EXTENT_SUM, logical };
	struct btrfs_item item;
	uint64_t index;
	int r = 0;

	if (!b->sums.at)
		r = btrfs_root_of(b, BTRFS_TREE_SUMS, &b->sums, err);
	if (r == 0)
		r = btrfs_search_back(b, b->sums, key, &item, err);
	if (r < 0)
		return err_push(err, "the tree of checksums");
	index = item.bytes ? (logical - item.key.offset) / b->sector_size : 0;
	if (!item.bytes || item.key.object != key.object || item.key.type != key.type ||
		index >= item.len / size)
		return err_set(err, EIO, "a part of a file has no checksum");
	if (*n > item.len / size - index)
		*n = (size_t)(item.len / size - index);
	memcpy(sums, item.bytes + index * size, *n * size);
	return 0;
}

/* One sector, of whose copies one with the right sum is enough. */
static int read_sector(struct btrfs *b, const struct btrfs_chunk *chunk, uint64_t logical,
	const uint8_t *sum, uint8_t *sector, struct err *err)
{
	for (unsigned i = 0; i < chunk->copies; i++) {
		uint64_t at;

		if (checked_add(chunk->physical[i], logical - chunk->logical, &at) &&
			disk_read(b->fs.disk, at, sector, b->sector_size, err) == 0 &&
			btrfs_sum_ok(b->sum_type, sum, sector, b->sector_size)) {
			err_clear(err);
			return 0;
		}
	}
	return err_set(err, EIO, "a part of a file has a wrong checksum: it is damaged");
}

#define SUMS_AT_ONCE 64

/* Whole sectors. */
static int read_summed(struct btrfs *b, uint64_t logical, uint8_t *to, size_t n, struct err *err)
{
	uint8_t sums[SUMS_AT_ONCE * BTRFS_SUM_MAX];
	size_t known = n;
	int r = find_sums(b, logical, &known, sums, err);

	if (FUZZING && r < 0) {
		err_clear(err);
		known = n;
		r = 0;
	}
	for (size_t i = 0; r == 0 && i < known; i++, logical += b->sector_size) {
		const struct btrfs_chunk *chunk;
		uint64_t len = b->sector_size;

		r = btrfs_chunk_of(b, logical, &chunk, &len, err);
		if (r == 0)
			r = read_sector(b, chunk, logical, sums + i * btrfs_sum_size(b->sum_type),
				to + i * b->sector_size, err);
	}
	return r < 0 ? r : (int)known;
}

/* Of sectors that are wanted in part, the whole is read. */
static int read_pieces(
	struct btrfs *b, uint64_t logical, uint8_t *to, uint64_t len, struct err *err)
{
	CLEANUP(xfree) uint8_t *sectors = xmalloc((size_t)SUMS_AT_ONCE * b->sector_size);

	while (len > 0) {
		uint64_t in = logical % b->sector_size;
		uint64_t n = (in + len + b->sector_size - 1) / b->sector_size, got;
		int r = read_summed(
			b, logical - in, sectors, n < SUMS_AT_ONCE ? (size_t)n : SUMS_AT_ONCE, err);

		if (r < 0)
			return r;
		got = (uint64_t)r * b->sector_size - in;
		got = got < len ? got : len;
		memcpy(to, sectors + in, (size_t)got);
		logical += got;
		to += got;
		len -= got;
	}
	return 0;
}

static int read_logical(
	struct btrfs *b, uint64_t logical, uint8_t *to, uint64_t len, bool summed, struct err *err)
{
	uint64_t end;

	if (!checked_add(logical, len, &end) || end > UINT64_MAX - b->sector_size)
		return err_set(err, EUCLEAN, "an extent that contradicts itself");
	if (summed)
		return read_pieces(b, logical, to, len, err);
	while (len > 0) {
		const struct btrfs_chunk *chunk;
		uint64_t piece = len, at;
		int r = btrfs_chunk_of(b, logical, &chunk, &piece, err);

		if (r == 0 && !checked_add(chunk->physical[0], logical - chunk->logical, &at))
			r = err_set(err, EUCLEAN, "a chunk that contradicts itself");
		if (r == 0)
			r = disk_read(b->fs.disk, at, to, (size_t)piece, err);
		if (r < 0)
			return r;
		logical += piece;
		to += piece;
		len -= piece;
	}
	return 0;
}

static int load_unpacked(struct btrfs *b, const struct extent *e, struct err *err)
{
	uint8_t *packed;
	int r;

	if (b->unpacked.logical == e->logical && b->unpacked.len == e->unpacked)
		return 0;
	if (e->stored > BTRFS_EXTENT_MAX || e->unpacked > BTRFS_EXTENT_MAX)
		return err_set(
			err, EUCLEAN, "a compressed extent of %" PRIu64 " bytes", e->unpacked);
	b->unpacked.logical = 0;
	if (!b->unpacked.bytes)
		b->unpacked.bytes = xmalloc(BTRFS_EXTENT_MAX);
	packed = xmalloc(e->stored + 1);
	r = read_logical(b, e->logical, packed, e->stored, e->summed, err);
	if (r == 0)
		r = unpack(b, e, packed, (size_t)e->stored, b->unpacked.bytes, (size_t)e->unpacked,
			err);
	free(packed);
	if (r == 0) {
		b->unpacked.logical = e->logical;
		b->unpacked.len = (uint32_t)e->unpacked;
	}
	return r;
}

static int read_inlined(struct btrfs *b, const struct extent *e, uint64_t off, uint8_t *to,
	size_t len, struct err *err)
{
	uint8_t *room;
	int r = 0;

	/* Inline extents are smaller than a block; a file with one has nothing else. */
	if (e->unpacked > b->node_size + BTRFS_EXTENT_MAX)
		return err_set(err, EUCLEAN, "an inline extent of %" PRIu64 " bytes", e->unpacked);
	room = xcalloc(1, (size_t)e->unpacked + 1);
	if (e->compression != PLAIN)
		r = unpack(b, e, e->inlined, e->inlined_len, room, (size_t)e->unpacked, err);
	else
		memcpy(room, e->inlined,
			e->inlined_len < e->unpacked ? e->inlined_len : (size_t)e->unpacked);
	if (r == 0)
		memcpy(to, room + off, len);
	free(room);
	return r;
}

static int read_extent(struct btrfs *b, const struct extent *e, uint64_t off, uint8_t *to,
	size_t len, struct err *err)
{
	uint64_t in = off - e->from, at;
	int r;

	if (e->type == TYPE_INLINE)
		return read_inlined(b, e, in, to, len, err);
	if (e->type != TYPE_REGULAR || e->logical == 0) {
		memset(to, 0, len);
		return 0;
	}
	if (!checked_add(in, e->offset, &at))
		return err_set(err, EUCLEAN, "an extent that contradicts itself");
	if (e->compression == PLAIN)
		return range_within(at, len, e->stored)
			       ? read_logical(b, e->logical + at, to, len, e->summed, err)
			       : err_set(err, EUCLEAN, "an extent that contradicts itself");
	r = load_unpacked(b, e, err);
	if (r == 0 && !range_within(at, len, b->unpacked.len))
		r = err_set(err, EUCLEAN, "an extent that contradicts itself");
	if (r == 0)
		memcpy(to, b->unpacked.bytes + at, len);
	return r;
}

static int decode(const struct btrfs_item *item, struct extent *e, struct err *err)
{
	const uint8_t *p = item->bytes;

	if (item->len < FE_INLINE)
		return err_set(err, EUCLEAN, "an extent item of %u bytes", item->len);
	*e = (struct extent){
		.from = item->key.offset,
		.unpacked = le64(p + FE_RAM_BYTES),
		.type = p[FE_TYPE],
		.compression = p[FE_COMPRESSION],
	};
	if (p[FE_ENCRYPTION] || le16(p + FE_ENCODING))
		return err_set(err, ENOTSUP, "an encrypted extent");
	if (e->type == TYPE_INLINE) {
		e->inlined = p + FE_INLINE;
		e->inlined_len = item->len - FE_INLINE;
		if (!checked_add(e->from, e->unpacked, &e->to))
			return err_set(err, EUCLEAN, "an extent without an end");
		return 0;
	}
	if (item->len < FE_SIZE)
		return err_set(err, EUCLEAN, "an extent item of %u bytes", item->len);
	e->logical = le64(p + FE_LOGICAL);
	e->stored = le64(p + FE_STORED);
	e->offset = le64(p + FE_OFFSET);
	if (!checked_add(e->from, le64(p + FE_LENGTH), &e->to))
		return err_set(err, EUCLEAN, "an extent without an end");
	return 0;
}

/* The extent that holds off, or a hole up to the next one. */
static int find_extent(struct btrfs *b, struct btrfs_root root, uint64_t inode, uint64_t off,
	struct extent *e, struct err *err)
{
	struct btrfs_key key = { inode, BTRFS_EXTENT_DATA, off };
	struct btrfs_item item;
	int r;

	*e = (struct extent){ .from = off, .to = UINT64_MAX, .type = TYPE_REGULAR };
	r = btrfs_search_back(b, root, key, &item, err);

	if (r < 0)
		return r;
	if (item.bytes && item.key.object == inode && item.key.type == BTRFS_EXTENT_DATA) {
		r = decode(&item, e, err);
		if (r < 0 || off < e->to)
			return r;
	}
	*e = (struct extent){ .from = off, .to = UINT64_MAX, .type = TYPE_REGULAR };
	r = btrfs_search(b, root, key, &item, err);
	if (r == 0 && item.bytes && item.key.object == inode && item.key.type == BTRFS_EXTENT_DATA)
		e->to = item.key.offset;
	return r;
}

int btrfs_data_read(struct btrfs *b, struct btrfs_root root, uint64_t inode, bool summed,
	uint64_t off, uint8_t *to, size_t len, struct err *err)
{
	while (len > 0) {
		struct extent e;
		size_t piece = len;
		int r = find_extent(b, root, inode, off, &e, err);

		e.summed = summed;
		if (r == 0 && e.to - off < piece)
			piece = (size_t)(e.to - off);
		if (r == 0 && piece == 0)
			r = err_set(err, EUCLEAN, "an extent without a length");
		if (r == 0)
			r = read_extent(b, &e, off, to, piece, err);
		if (r < 0)
			return r;
		off += piece;
		to += piece;
		len -= piece;
	}
	return 0;
}
