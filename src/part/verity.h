/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dm-verity: what the superblock in front of a tree of hashes says (cryptsetup's docs/on-disk-format, DMVerity), and
 * the root hash that the top of that tree has. What is below the top is not looked at.
 */
#ifndef ARMVM_PART_VERITY_H
#define ARMVM_PART_VERITY_H

#include "base/err.h"

struct disk;

#define VERITY_SALT_MAX 256
#define VERITY_HEX      129 /* a root hash in hexadecimal, with NUL */

struct verity {
	bool salt_first; /* of what is hashed; false: the salt is behind the block, as ChromeOS has it */
	char algorithm[33];              /* "sha256" */
	uint32_t data_block, hash_block; /* bytes */
	uint64_t data_blocks;
	uint8_t salt[VERITY_SALT_MAX];
	size_t salt_len;
	uint64_t tree; /* where the tree begins: bytes */
};

/* Reads the superblock at a place of the disk. -EUCLEAN: libcryptsetup takes it for none. */
int verity_read(struct disk *hashes, uint64_t at, struct verity *out, struct err *err);

/*
 * The root hash: of the block at the top of the tree, or of the only block of data, in lower case. -EUCLEAN: data or hashes
 * are not all there, and the kernel makes no device of them; -ENOTSUP: by an algorithm that is not computed here.
 */
int verity_root(const struct verity *v, struct disk *hashes, struct disk *data,
	char hex[VERITY_HEX], struct err *err);

#endif
