/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees of btrfs: addresses, blocks, searching. A block must say what the one above it says of it (its
 * address, level and generation), so that no damage leads round in a circle, and no old block is taken for the
 * one that replaced it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "rootfs/btrfs.h"

/* struct btrfs_header */
#define HDR_FSID       32
#define HDR_BYTENR     48
#define HDR_GENERATION 80
#define HDR_NRITEMS    96
#define HDR_LEVEL      100
#define HDR_SIZE       101
#define ITEM_BYTES     25 /* key, offset, size */
#define PTR_BYTES      33 /* key, block, generation */

/* struct btrfs_chunk */
#define CH_LENGTH       0
#define CH_TYPE         24
#define CH_FIRST_STRIPE BTRFS_CHUNK_BYTES(0)
#define STRIPE_DEVICE   0
#define STRIPE_OFFSET   8
#define STRIPE_BYTES    32
#define CH_STEP         16
#define CH_SUB_STRIPES  46
/* RAID0 and RAID10: parts of the content on each device; and with parity. */
#define CH_IN_TURN      0x48u
#define CH_PARITY       0x180u

#define CHUNKS_MAX 65536

struct btrfs_key btrfs_key_at(const uint8_t *p)
{
	return (struct btrfs_key){ le64(p), p[8], le64(p + 9) };
}

static int key_compare(struct btrfs_key a, struct btrfs_key b)
{
	if (a.object != b.object)
		return a.object < b.object ? -1 : 1;
	if (a.type != b.type)
		return a.type < b.type ? -1 : 1;
	return a.offset < b.offset ? -1 : a.offset > b.offset;
}

struct btrfs_key btrfs_key_after(struct btrfs_key key)
{
	if (++key.offset == 0 && ++key.type == 0)
		key.object++;
	return key;
}

static bool find_stripe(const struct btrfs *b, const uint8_t *stripe, uint64_t *physical)
{
	for (unsigned i = 0; i < b->n_devices; i++)
		if (le64(stripe + STRIPE_DEVICE) == b->devices[i].id)
			return checked_add(
				b->devices[i].base, le64(stripe + STRIPE_OFFSET), physical);
	return false;
}

/* The chunk's copies that are on these devices. */
static int find_copies(const struct btrfs *b, const uint8_t *stripe, size_t n,
	struct btrfs_chunk *chunk, struct err *err)
{
	for (; n > 0 && chunk->copies < BTRFS_STRIPES; n--, stripe += STRIPE_BYTES)
		if (find_stripe(b, stripe, &chunk->physical[chunk->copies]))
			chunk->copies++;
	return chunk->copies ? 0
			     : err_set(err, ENOTSUP, "a part of this btrfs is on another device");
}

/* Of a chunk in pieces every stripe is needed. */
static int find_pieces(const struct btrfs *b, const uint8_t *item, size_t n,
	struct btrfs_chunk *chunk, struct err *err)
{
	const uint8_t *stripe = item + CH_FIRST_STRIPE;

	chunk->step = le64(item + CH_STEP);
	chunk->copies = le16(item + CH_SUB_STRIPES);
	if (n > BTRFS_STRIPES)
		return err_set(err, ENOTSUP, "a btrfs that is striped over %zu devices", n);
	if (chunk->step < b->node_size || chunk->copies == 0 || n % chunk->copies)
		return err_set(err, EUCLEAN, "a chunk in pieces contradicts itself");
	for (; chunk->stripes < n; chunk->stripes++, stripe += STRIPE_BYTES)
		if (!find_stripe(b, stripe, &chunk->physical[chunk->stripes]))
			return err_set(err, ENOTSUP, "a part of this btrfs is on another device");
	return 0;
}

int btrfs_chunk_add(const struct btrfs *b, struct btrfs_chunks *to, uint64_t logical,
	const uint8_t *item, size_t len, struct err *err)
{
	struct btrfs_chunk chunk = { .logical = logical };
	size_t stripes;
	uint64_t end;
	int r;

	if (len < CH_FIRST_STRIPE + STRIPE_BYTES)
		return err_set(err, EUCLEAN, "a chunk item of %zu bytes", len);
	chunk.length = le64(item + CH_LENGTH);
	stripes = le16(item + BTRFS_CHUNK_STRIPES);
	if (stripes == 0 || stripes > (len - CH_FIRST_STRIPE) / STRIPE_BYTES || chunk.length == 0 ||
		!checked_add(logical, chunk.length, &end))
		return err_set(err, EUCLEAN, "chunk %" PRIu64 " contradicts itself", logical);
	if (stripes > 1 && le64(item + CH_TYPE) & CH_PARITY)
		return err_set(err, ENOTSUP, "a btrfs that is striped, with parity");
	r = stripes > 1 && le64(item + CH_TYPE) & CH_IN_TURN
		    ? find_pieces(b, item, stripes, &chunk, err)
		    : find_copies(b, item + CH_FIRST_STRIPE, stripes, &chunk, err);
	if (r < 0)
		return r;
	if (to->n == CHUNKS_MAX)
		return err_set(err, EFBIG, "over %d chunks", CHUNKS_MAX);
	if (to->n == to->cap) {
		to->cap = to->cap ? 2 * to->cap : 16;
		to->v = xreallocarray(to->v, to->cap, sizeof(*to->v));
	}
	to->v[to->n++] = chunk;
	return 0;
}

/* The piece that holds the byte at `in` of the chunk. */
static const struct btrfs_chunk *piece_of(struct btrfs *b, const struct btrfs_chunk *c, uint64_t in)
{
	uint64_t nr = in / c->step, in_turn = c->stripes / c->copies;
	struct btrfs_chunk *p = &b->piece;

	*p = (struct btrfs_chunk){ .logical = c->logical + nr * c->step,
		.length = c->length - nr * c->step,
		.copies = c->copies };
	if (p->length > c->step)
		p->length = c->step;
	for (unsigned i = 0; i < c->copies; i++)
		p->physical[i] = c->physical[nr % in_turn * c->copies + i] + nr / in_turn * c->step;
	return p;
}

int btrfs_chunk_of(struct btrfs *b, uint64_t logical, const struct btrfs_chunk **chunk,
	uint64_t *len, struct err *err)
{
	for (size_t i = 0; i < b->chunks.n; i++) {
		const struct btrfs_chunk *c = &b->chunks.v[i];
		uint64_t in = logical - c->logical;

		if (logical < c->logical || in >= c->length)
			continue;
		if (c->step) {
			c = piece_of(b, c, in);
			in = logical - c->logical;
		}
		if (*len > c->length - in)
			*len = c->length - in;
		*chunk = c;
		return 0;
	}
	return err_set(err, EUCLEAN, "no chunk holds address %" PRIu64, logical);
}

static bool is_node(const struct btrfs *b, const uint8_t *p, uint64_t logical, uint64_t generation,
	unsigned level)
{
	size_t room = b->node_size - HDR_SIZE;

	return le64(p + HDR_BYTENR) == logical && le64(p + HDR_GENERATION) == generation &&
	       p[HDR_LEVEL] == level &&
	       memcmp(p + HDR_FSID, b->header_uuid, BTRFS_UUID_SIZE) == 0 &&
	       le32(p + HDR_NRITEMS) <= room / (level ? PTR_BYTES : ITEM_BYTES);
}

/* Of several copies one that is whole is enough. */
static int read_node(struct btrfs *b, uint64_t logical, uint64_t generation, unsigned level,
	const uint8_t **node, struct err *err)
{
	const struct btrfs_chunk *chunk;
	uint64_t len = b->node_size, physical;
	int r = btrfs_chunk_of(b, logical, &chunk, &len, err);

	if (r == 0 && len < b->node_size)
		r = err_set(err, EUCLEAN, "a tree block across chunks");
	if (r < 0)
		return r;
	for (unsigned i = 0; i < chunk->copies; i++) {
		if (!checked_add(chunk->physical[i], logical - chunk->logical, &physical))
			continue;
		r = inode_fs_block(&b->fs, physical, b->node_size, &b->sum, node, err);
		if (r == 0 && is_node(b, *node, logical, generation, level)) {
			err_clear(err);
			return 0;
		}
	}
	return r < 0 ? r
		     : err_set(err, EUCLEAN, "the tree block at %" PRIu64 " is damaged", logical);
}

/* How many keys are less than key. */
static unsigned keys_below(
	const uint8_t *node, unsigned n, size_t entry_bytes, struct btrfs_key key)
{
	unsigned low = 0, high = n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (key_compare(btrfs_key_at(node + HDR_SIZE + middle * entry_bytes), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int set_item(
	const struct btrfs *b, const uint8_t *leaf, unsigned slot, struct btrfs_item *item)
{
	const uint8_t *p = leaf + HDR_SIZE + (size_t)slot * ITEM_BYTES;
	uint32_t off = le32(p + BTRFS_KEY_BYTES), len = le32(p + BTRFS_KEY_BYTES + 4);

	*item = (struct btrfs_item){ .key = btrfs_key_at(p), .leaf = leaf, .slot = slot };
	if (!range_within(off, len, b->node_size - HDR_SIZE))
		return -EUCLEAN;
	item->bytes = leaf + HDR_SIZE + off;
	item->len = len;
	return 0;
}

bool btrfs_next_in_leaf(const struct btrfs *b, struct btrfs_item *item)
{
	unsigned slot = item->slot + 1;

	return slot < le32(item->leaf + HDR_NRITEMS) && set_item(b, item->leaf, slot, item) == 0;
}

/* Which of n keys is the last one that is not greater; n when all are. */
static unsigned last_key(const uint8_t *node, unsigned n, size_t entry_bytes, struct btrfs_key key)
{
	unsigned above = keys_below(node, n, entry_bytes, btrfs_key_after(key));

	return above ? above - 1 : n;
}

/* The leaf in which key is, or would be; *next: what the leaf behind it begins with, if there is *more. */
static int descend(struct btrfs *b, struct btrfs_root root, struct btrfs_key key,
	const uint8_t **leaf, bool *more, struct btrfs_key *next, struct err *err)
{
	uint64_t at = root.at, generation = root.generation;

	*more = false;
	for (unsigned level = root.level;; level--) {
		const uint8_t *node = NULL;
		unsigned n, slot;
		int r = read_node(b, at, generation, level, &node, err);

		if (r < 0)
			return r;
		n = le32(node + HDR_NRITEMS);
		*leaf = node;
		if (level == 0)
			return 0;
		if (n == 0)
			return err_set(err, EUCLEAN, "an empty tree block at %" PRIu64, at);
		slot = last_key(node, n, PTR_BYTES, key);
		if (slot == n)
			slot = 0;
		if (slot + 1 < n) {
			*more = true;
			*next = btrfs_key_at(node + HDR_SIZE + (slot + 1) * PTR_BYTES);
		}
		at = le64(node + HDR_SIZE + slot * PTR_BYTES + BTRFS_KEY_BYTES);
		generation = le64(node + HDR_SIZE + slot * PTR_BYTES + BTRFS_KEY_BYTES + 8);
	}
}

static int found(const struct btrfs *b, const uint8_t *leaf, unsigned slot, struct btrfs_item *item,
	struct err *err)
{
	*item = (struct btrfs_item){ 0 };
	if (slot < le32(leaf + HDR_NRITEMS) && set_item(b, leaf, slot, item) < 0)
		return err_set(err, EUCLEAN, "the tree block at %" PRIu64 " is damaged",
			le64(leaf + HDR_BYTENR));
	return 0;
}

int btrfs_search(struct btrfs *b, struct btrfs_root root, struct btrfs_key key,
	struct btrfs_item *item, struct err *err)
{
	for (;;) {
		struct btrfs_key next;
		const uint8_t *leaf;
		unsigned slot, n;
		bool more;
		int r = descend(b, root, key, &leaf, &more, &next, err);

		if (r < 0)
			return r;
		n = le32(leaf + HDR_NRITEMS);
		slot = keys_below(leaf, n, ITEM_BYTES, key);
		if (slot < n || !more)
			return found(b, leaf, slot, item, err);
		/* Keys grow from leaf to leaf: else the walk would not end. */
		if (key_compare(next, key) <= 0)
			return err_set(err, EUCLEAN, "keys of a tree are out of order");
		key = next;
	}
}

int btrfs_search_back(struct btrfs *b, struct btrfs_root root, struct btrfs_key key,
	struct btrfs_item *item, struct err *err)
{
	struct btrfs_key next;
	const uint8_t *leaf;
	bool more;
	int r = descend(b, root, key, &leaf, &more, &next, err);

	return r < 0 ? r
		     : found(b, leaf, last_key(leaf, le32(leaf + HDR_NRITEMS), ITEM_BYTES, key),
			       item, err);
}
