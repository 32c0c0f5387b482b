/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that is stored encrypted, sector by sector, as Linux's dm-crypt does it. Reading decrypts;
 * writing, where the disk below can be written, encrypts.
 */
#ifndef ARMVM_DISK_CIPHER_H
#define ARMVM_DISK_CIPHER_H

#include "disk/disk.h"

struct cipher_spec {
	const char *cipher; /* as dm-crypt names it: "aes-xts-plain64", "aes-cbc-essiv:sha256" */
	const uint8_t *key;
	size_t key_len;
	unsigned sector_size;  /* bytes: 512 to 4096 */
	uint64_t first_sector; /* what the first one counts as, in units of 512 bytes */
};

/*
 * What [off, off + len) of parent, which must outlive it, holds. -ENOTSUP: a cipher that is not known
 * here, or a key that does not fit it; -ERANGE: beyond parent's end, or no whole number of sectors.
 */
int disk_cipher(struct disk *parent, uint64_t off, uint64_t len, const struct cipher_spec *spec,
	struct disk **out, struct err *err);

#endif
