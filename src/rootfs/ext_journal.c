/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of ext3 and ext4, replayed into a layer over the disk as a mount does: every block of each
 * transaction that was committed, but for those that a later one revoked. Offsets are those of the kernel's
 * jbd2.h; all is big-endian. Refuses a journal on another device, and fast commits, which say what was done
 * instead of what it came to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "rootfs/crc32c.h"
#include "rootfs/ext.h"

#define MAGIC        0xc03b3998
#define HEADER_BYTES 12
#define H_TYPE       4
#define H_SEQUENCE   8
#define DESCRIPTOR   1
#define COMMIT       2
#define REVOKE       5

/* struct journal_superblock_s */
#define JS_BLOCK_SIZE  12
#define JS_BLOCKS      16
#define JS_FIRST       20
#define JS_SEQUENCE    24
#define JS_START       28
#define JS_ERROR       32
#define JS_INCOMPAT    40
#define JS_UUID        48
#define JS_FAST_BLOCKS 84
#define JS_BYTES       1024
#define FAST_BLOCKS    256 /* when the superblock says 0 */
#define INCOMPAT_64BIT 2
#define INCOMPAT_ASYNC 4 /* a commit that is not whole is none */
#define INCOMPAT_V2    8
#define INCOMPAT_V3    16
#define INCOMPAT_FAST  32
#define INCOMPAT_KNOWN 63u

#define COMMIT_SUM  16
#define REVOKE_LEN  12
#define REVOKE_LIST 16
#define TAG_ESCAPED 1 /* the block begins with the magic number, and has 0 there in the journal */
#define TAG_SAME    2 /* no UUID follows */
#define TAG_LAST    8
/* struct ext4_fc_head behind its tag */
#define FAST_TAG    9
#define FAST_TID    8

#define REVOKED_MAX 1000000

struct revoked {
	uint64_t block;
	uint32_t sequence;
};

struct journal {
	struct ext_fs *e;
	struct disk *to;
	uint32_t block_size, first, last, start, sequence, incompat;
	uint32_t end; /* the first transaction that was not committed */
	uint32_t seed;
	bool sums;
	struct revoked *revoked;
	size_t n, cap;
};

enum pass {
	SCAN,
	REVOCATIONS,
	BLOCKS,
};

static int wrong_sum(struct err *err)
{
	return err_set(err, EUCLEAN, "a block of the journal has a wrong checksum");
}

static int read_block(struct journal *j, uint32_t number, uint8_t *block, struct err *err)
{
	size_t got;
	int r = ext_map_read(
		j->e, (uint64_t)number * j->block_size, block, j->block_size, &got, err);

	return r == 0 && got < j->block_size ? err_set(err, EUCLEAN, "the journal is cut off") : r;
}

static uint32_t next(const struct journal *j, uint32_t number)
{
	return number + 1 < j->last ? number + 1 : j->first;
}

/* A block whose sum stands in it at that place. */
static bool sum_ok(const struct journal *j, const uint8_t *block, size_t at)
{
	static const uint8_t none[4];
	uint32_t sum;

	if (!j->sums)
		return true;
	sum = crc32c(j->seed, block, at);
	sum = crc32c(sum, none, sizeof(none));
	sum = crc32c(sum, block + at + 4, j->block_size - at - 4);
	return FUZZING || sum == be32(block + at);
}

static int by_block(const void *a, const void *b)
{
	const struct revoked *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return (int32_t)(x->sequence - y->sequence) < 0 ? -1 : x->sequence != y->sequence;
}

/* Whether that transaction, or a later one, revoked the block. */
static bool is_revoked(const struct journal *j, uint64_t block, uint32_t sequence)
{
	const struct revoked key = { block, sequence };
	size_t low = 0, high = j->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_block(&j->revoked[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->n && j->revoked[low].block == block;
}

static int add_revoked(struct journal *j, const uint8_t *block, uint32_t sequence, struct err *err)
{
	size_t step = j->incompat & INCOMPAT_64BIT ? 8 : 4, end = be32(block + REVOKE_LEN);

	if (end > j->block_size || j->n > REVOKED_MAX)
		return err_set(err, EUCLEAN, "the journal revokes more than it can");
	for (size_t at = REVOKE_LIST; at + step <= end; at += step) {
		if (j->n == j->cap) {
			j->cap = j->cap ? 2 * j->cap : 64;
			j->revoked = xreallocarray(j->revoked, j->cap, sizeof(*j->revoked));
		}
		j->revoked[j->n++] = (struct revoked){
			step == 8 ? be64(block + at) : be32(block + at), sequence
		};
	}
	return 0;
}

struct tag {
	uint64_t block;
	uint32_t flags, sum;
};

static size_t tag_bytes(const struct journal *j)
{
	if (j->incompat & INCOMPAT_V3)
		return 16;
	return 8 + (j->incompat & INCOMPAT_64BIT ? 4u : 0u) + (j->incompat & INCOMPAT_V2 ? 2u : 0u);
}

static struct tag tag_at(const struct journal *j, const uint8_t *p)
{
	struct tag tag = { .block = be32(p) };

	if (j->incompat & INCOMPAT_64BIT)
		tag.block |= (uint64_t)be32(p + 8) << 32;
	tag.flags = j->incompat & INCOMPAT_V3 ? be32(p + 4) : be16(p + 6);
	tag.sum = j->incompat & INCOMPAT_V3 ? be32(p + 12) : be16(p + 4);
	return tag;
}

static int put_block(struct journal *j, const struct tag *tag, uint32_t number,
	const uint8_t *sequence, struct err *err)
{
	CLEANUP(xfree) uint8_t *block = xmalloc(j->block_size);
	uint32_t sum;
	uint64_t at;
	int r;

	if (is_revoked(j, tag->block, be32(sequence)))
		return 0;
	r = read_block(j, number, block, err);
	if (r < 0)
		return r;
	sum = crc32c(crc32c(j->seed, sequence, 4), block, j->block_size);
	if (j->sums && !FUZZING && tag->sum != (j->incompat & INCOMPAT_V3 ? sum : sum & 0xffff))
		return wrong_sum(err);
	if (tag->flags & TAG_ESCAPED)
		memcpy(block, (const uint8_t[]){ 0xc0, 0x3b, 0x39, 0x98 }, 4);
	if (!checked_mul(tag->block, j->block_size, &at))
		return err_set(err, EUCLEAN, "the journal has a block beyond the end");
	return disk_write(j->to, at, block, j->block_size, err);
}

/* The blocks of a descriptor follow it; *number goes on behind them, *left counts them. */
static int walk_tags(struct journal *j, const uint8_t *block, uint32_t *number, uint32_t *left,
	enum pass pass, struct err *err)
{
	size_t end = j->block_size - (j->sums ? 4 : 0), bytes = tag_bytes(j);

	for (size_t at = HEADER_BYTES; at + bytes <= end && *left > 0; --*left) {
		struct tag tag = tag_at(j, block + at);
		int r;

		*number = next(j, *number);
		r = pass == BLOCKS ? put_block(j, &tag, *number, block + H_SEQUENCE, err) : 0;
		if (r < 0)
			return r;
		at += bytes + (tag.flags & TAG_SAME ? 0 : 16);
		if (tag.flags & TAG_LAST)
			break;
	}
	return 0;
}

/* One pass over the transactions; the first, which sets j->end, ends where something does not fit. */
static int walk(struct journal *j, enum pass pass, struct err *err)
{
	CLEANUP(xfree) uint8_t *block = xmalloc(j->block_size);
	uint32_t number = j->start, sequence = j->sequence;
	int r = 0;

	for (uint32_t left = j->last; r == 0 && left > 0; left--) {
		uint32_t type;
		size_t sum_at = j->block_size - 4;

		if (pass != SCAN && sequence == j->end)
			break;
		r = read_block(j, number, block, err);
		if (r < 0 || be32(block) != MAGIC || be32(block + H_SEQUENCE) != sequence)
			break;
		type = be32(block + H_TYPE);
		if (!sum_ok(j, block, type == COMMIT ? COMMIT_SUM : sum_at)) {
			if (type != COMMIT || !(j->incompat & INCOMPAT_ASYNC))
				r = wrong_sum(err);
			break;
		}
		if (type == DESCRIPTOR)
			r = walk_tags(j, block, &number, &left, pass, err);
		else if (type == REVOKE && pass == REVOCATIONS)
			r = add_revoked(j, block, sequence, err);
		else if (type == COMMIT)
			sequence++;
		else if (type != REVOKE)
			break;
		if (left == 0)
			break;
		number = next(j, number);
	}
	if (pass == SCAN)
		j->end = sequence;
	return r;
}

/* Fast commits are of the transaction behind the last whole one, and begin behind an unused block. */
static int check_fast(struct journal *j, struct err *err)
{
	CLEANUP(xfree) uint8_t *block = xmalloc(j->block_size);
	int r;

	if (!(j->incompat & INCOMPAT_FAST))
		return 0;
	r = read_block(j, j->last + 1, block, err);
	if (r == 0 && le16(block) == FAST_TAG && le32(block + FAST_TID) == j->end)
		r = err_set(err, ENOTSUP, "the journal has fast commits");
	return r;
}

static int read_superblock(struct journal *j, struct err *err)
{
	uint8_t sb[JS_BYTES];
	uint32_t fast;
	size_t got;
	int r = ext_map_read(j->e, 0, sb, sizeof(sb), &got, err);

	if (r < 0)
		return r;
	if (got < sizeof(sb) || be32(sb) != MAGIC)
		return err_set(err, EUCLEAN, "the file system has no journal where it says");
	j->incompat = be32(sb + H_TYPE) == 4 ? be32(sb + JS_INCOMPAT) : 0;
	if (j->incompat & ~INCOMPAT_KNOWN)
		return err_set(err, ENOTSUP, "a journal with unknown features (0x%x)", j->incompat);
	j->sums = j->incompat & (INCOMPAT_V2 | INCOMPAT_V3);
	j->seed = crc32c(~0u, sb + JS_UUID, 16);
	j->first = be32(sb + JS_FIRST);
	j->last = be32(sb + JS_BLOCKS);
	j->start = be32(sb + JS_START);
	j->sequence = be32(sb + JS_SEQUENCE);
	j->e->base.facts.errors |= be32(sb + JS_ERROR) != 0;
	fast = be32(sb + JS_FAST_BLOCKS) ? be32(sb + JS_FAST_BLOCKS) : FAST_BLOCKS;
	if (j->incompat & INCOMPAT_FAST)
		j->last = j->last > fast ? j->last - fast : 0;
	if (be32(sb + JS_BLOCK_SIZE) != j->block_size || j->first == 0 || j->first >= j->last ||
		(j->start && (j->start < j->first || j->start >= j->last)))
		return err_set(err, EUCLEAN, "the journal's superblock contradicts itself");
	return 0;
}

int ext_journal_replay(struct ext_fs *e, struct disk *to, struct err *err)
{
	struct journal j = { .e = e, .to = to, .block_size = e->fs->blocksize };
	int r;

	if (e->fs->super->s_journal_inum == 0)
		return err_set(err, ENXIO, "its journal is on another device");
	ext_io_begin(&e->io, UINT32_MAX);
	r = ext_map_load(e, e->fs->super->s_journal_inum, err);
	if (r == 0)
		r = read_superblock(&j, err);
	/* 0: all is in its place. */
	if (r == 0 && j.start)
		r = walk(&j, SCAN, err);
	if (r == 0 && j.start)
		r = check_fast(&j, err);
	if (r == 0 && j.start)
		r = walk(&j, REVOCATIONS, err);
	if (r == 0 && j.n)
		qsort(j.revoked, j.n, sizeof(*j.revoked), by_block);
	if (r == 0 && j.start)
		r = walk(&j, BLOCKS, err);
	free(j.revoked);
	ext_map_forget(e);
	return r < 0 ? err_push(err, "replaying the journal") : 0;
}
