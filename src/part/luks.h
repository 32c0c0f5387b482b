/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS: what the header of an encrypted volume says, versions 1 and 2 of the on-disk format (as
 * cryptsetup's docs/ have them), and the volume key that a passphrase opens it with. Nothing is activated,
 * and no right is needed. The payload itself is disk/cipher.h's.
 */
#ifndef ARMVM_PART_LUKS_H
#define ARMVM_PART_LUKS_H

#include "base/err.h"

struct disk;

#define LUKS_SLOTS_MAX  32
#define LUKS_KEY_MAX    64 /* bytes of a key */
#define LUKS_SALT_MAX   64
#define LUKS_DIGEST_MAX 64
#define LUKS_NAME_MAX   32 /* of a cipher or a hash, with NUL */

enum luks_kdf {
	LUKS_PBKDF2,
	LUKS_ARGON2I,
	LUKS_ARGON2ID,
};

/* How a key is made of a passphrase, or a digest of a key. */
struct luks_derivation {
	enum luks_kdf kdf;
	char hash[LUKS_NAME_MAX]; /* of PBKDF2 */
	uint32_t passes;          /* iterations, or argon2's time */
	uint32_t memory, lanes;   /* of argon2: KiB */
	uint8_t salt[LUKS_SALT_MAX];
	size_t salt_len;
};

struct luks_slot {
	struct luks_derivation derivation;
	char cipher[LUKS_NAME_MAX]; /* of its area, "aes-xts-plain64" */
	char hash[LUKS_NAME_MAX];   /* that spreads the key over it */
	size_t area_key_len;        /* bytes */
	uint64_t off;               /* of the area */
	uint32_t stripes;
};

struct luks {
	unsigned version;
	char uuid[41];
	char cipher[LUKS_NAME_MAX]; /* of the payload */
	size_t key_len;             /* bytes of the volume key */
	uint64_t off, len;          /* the payload's bytes */
	unsigned sector_size;       /* bytes */
	uint64_t first_sector;      /* struct cipher_spec's */
	struct luks_slot slots[LUKS_SLOTS_MAX];
	size_t n;
	struct luks_derivation digest_of; /* the volume key */
	uint8_t digest[LUKS_DIGEST_MAX];
	size_t digest_len;
};

struct luks_key {
	uint8_t bytes[LUKS_KEY_MAX];
	size_t len;
};

/*
 * Reads the header. -EUCLEAN: damaged, or it contradicts itself; -ENOTSUP: something that is not read
 * here, such as a volume whose encryption is under way.
 */
int luks_read(struct disk *d, struct luks *out, struct err *err);

/*
 * The volume key, by a passphrase. -ENOKEY: it opens none of the slots; -ENOTSUP: one that it may be for
 * asks for a function that is not known here, or for more time and memory than LUKS_MEMORY_MAX and what
 * goes with it.
 */
#define LUKS_MEMORY_MAX (UINT32_C(1) << 20) /* KiB, cryptsetup's own limit when it makes one */
int luks_unlock(struct disk *d, const struct luks *luks, const void *secret, size_t len,
	struct luks_key *key, struct err *err);

/* Whether it is this volume's key. */
bool luks_fits(const struct luks *luks, const struct luks_key *key);

/* The payload, decrypted, and encrypted again when it is written; d must outlive it. */
int luks_open(struct disk *d, const struct luks *luks, const struct luks_key *key,
	struct disk **out, struct err *err);

/* ---- luks2.c ---- */

/* The same as luks_read() for a header whose version is 2. */
int luks2_read(struct disk *d, struct luks *out, struct err *err);

/* ---- luks_kdf.c ---- */

/* Whether a hash of that name is known. */
bool luks_knows_hash(const char *name);
/* -ENOTSUP: an unknown hash, or too much is asked for; what was spent is added to *cost. */
int luks_derive(const struct luks_derivation *d, const void *secret, size_t secret_len,
	uint8_t *out, size_t len, uint64_t *cost, struct err *err);
/* Brings a key together that is spread over stripes of len bytes. */
int luks_merge(const char *hash, const uint8_t *material, size_t len, uint32_t stripes,
	uint8_t *key, struct err *err);

#endif
