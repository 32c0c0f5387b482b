/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dm-verity's superblock, and the root hash of its tree: see verity.h.
 */
#include "part/verity.h"

#include <errno.h>
#include <inttypes.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"

#define SECTOR      512u
#define BLOCK_MAX   (512u << 10)
#define DATA_BLOCKS (UINT64_C(1) << 48)

enum {
	SB_VERSION = 8,
	SB_TYPE = 12,
	SB_ALGORITHM = 32,
	SB_DATA_BLOCK = 64,
	SB_HASH_BLOCK = 68,
	SB_DATA_BLOCKS = 72,
	SB_SALT_LEN = 80,
	SB_SALT = 88,
	SB_BYTES = 512,
};

static bool is_block_size(uint32_t size)
{
	return size >= SECTOR && size <= BLOCK_MAX && !(size & (size - 1));
}

static int parse(const uint8_t *sb, struct verity *out, struct err *err)
{
	static const uint8_t magic[8] = "verity\0";
	uint32_t type = le32(sb + SB_TYPE);

	if (memcmp(sb, magic, sizeof(magic)) != 0)
		return err_set(err, EUCLEAN, "it has no superblock of dm-verity");
	if (le32(sb + SB_VERSION) != 1 || type > 1)
		return err_set(err, EUCLEAN,
			"its superblock is of version %" PRIu32 ", type %" PRIu32
			", which is not known",
			le32(sb + SB_VERSION), type);
	*out = (struct verity){ .salt_first = type == 1,
		.data_block = le32(sb + SB_DATA_BLOCK),
		.hash_block = le32(sb + SB_HASH_BLOCK),
		.data_blocks = le64(sb + SB_DATA_BLOCKS),
		.salt_len = le16(sb + SB_SALT_LEN) };
	if (!is_block_size(out->data_block) || !is_block_size(out->hash_block))
		return err_set(err, EUCLEAN, "its superblock has a block size that is none");
	if (out->salt_len > VERITY_SALT_MAX)
		return err_set(err, EUCLEAN, "its superblock has a salt that is too long");
	memcpy(out->salt, sb + SB_SALT, out->salt_len);
	memcpy(out->algorithm, sb + SB_ALGORITHM, sizeof(out->algorithm) - 1);
	return 0;
}

int verity_read(struct disk *hashes, uint64_t at, struct verity *out, struct err *err)
{
	uint8_t sb[SB_BYTES];
	int ret;

	if (at % SECTOR || !range_within(at, SB_BYTES, disk_size(hashes)))
		return err_set(
			err, EUCLEAN, "it has no room for a superblock at byte %" PRIu64, at);
	ret = disk_read(hashes, at, sb, sizeof(sb), err);
	if (ret == 0)
		ret = parse(sb, out, err);
	if (ret < 0)
		return ret;
	if (!checked_align(at + SB_BYTES, out->hash_block, &out->tree))
		return err_set(err, EUCLEAN, "its tree of hashes begins behind its end");
	return 0;
}

/* ---- the root hash ---- */

/* A context that fits each of them. */
union context {
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
};

static const struct nettle_hash *find_hash(const char *name)
{
	static const struct nettle_hash *const known[] = { &nettle_sha1, &nettle_sha224,
		&nettle_sha256, &nettle_sha384, &nettle_sha512 };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i]->name, name) == 0)
			return known[i];
	return NULL;
}

/* How many blocks the tree has; *levels: 0 where the root hash is that of the data. */
static uint64_t tree_blocks(const struct verity *v, size_t digest_len, unsigned *levels)
{
	uint64_t n = v->data_blocks, all = 0, per_block = 1;

	/* As many as fit, of a power of two. */
	while (per_block * 2 * digest_len <= v->hash_block)
		per_block *= 2;
	for (*levels = 0; n > 1; ++*levels) {
		n = (n + per_block - 1) / per_block;
		all += n;
	}
	return all;
}

static int too_small(const char *what, struct err *err)
{
	return err_set(err, EUCLEAN, "its superblock asks for more %s than there are", what);
}

int verity_root(const struct verity *v, struct disk *hashes, struct disk *data,
	char hex[VERITY_HEX], struct err *err)
{
	const struct nettle_hash *hash = find_hash(v->algorithm);
	CLEANUP(xfree) uint8_t *block = NULL;
	uint8_t digest[SHA512_DIGEST_SIZE];
	union context context;
	unsigned levels;
	size_t len;
	int ret;

	if (!hash || !v->data_blocks || v->data_blocks > DATA_BLOCKS)
		return err_set(err, ENOTSUP,
			"its root hash (%s, of %" PRIu64 " blocks) is not computed here",
			v->algorithm, v->data_blocks);
	if (!range_within(0, v->data_blocks * v->data_block, disk_size(data)))
		return too_small("blocks of data", err);
	if (!range_within(v->tree, tree_blocks(v, hash->digest_size, &levels) * v->hash_block,
		    disk_size(hashes)))
		return too_small("hashes", err);
	len = levels ? v->hash_block : v->data_block;
	block = xmalloc(len);
	ret = disk_read(levels ? hashes : data, levels ? v->tree : 0, block, len, err);
	if (ret < 0)
		return ret;
	hash->init(&context);
	if (v->salt_first)
		hash->update(&context, v->salt_len, v->salt);
	hash->update(&context, len, block);
	if (!v->salt_first)
		hash->update(&context, v->salt_len, v->salt);
	hash->digest(&context, hash->digest_size, digest);
	for (size_t i = 0; i < hash->digest_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return 0;
}
