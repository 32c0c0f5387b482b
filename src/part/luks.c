/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS1's header, and what both versions have in common: opening a slot with a passphrase, and the
 * payload with the key. See luks.h.
 */
#include "part/luks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/cipher.h"
#include "disk/disk.h"

#define SECTOR      512u
#define STRIPES_MAX 16384u
#define HEADER      592 /* bytes of LUKS1's */

/* Offsets in LUKS1's header. */
enum {
	HDR_VERSION = 6,
	HDR_CIPHER = 8,
	HDR_MODE = 40,
	HDR_HASH = 72,
	HDR_PAYLOAD = 104,
	HDR_KEY_BYTES = 108,
	HDR_DIGEST = 112,
	HDR_DIGEST_SALT = 132,
	HDR_DIGEST_ITERATIONS = 164,
	HDR_UUID = 168,
	HDR_SLOTS = 208,
	SLOT_ITERATIONS = 4,
	SLOT_SALT = 8,
	SLOT_MATERIAL = 40,
	SLOT_STRIPES = 44,
	SLOT_SIZE = 48,
	SLOTS = 8,
	NAME = 32,
	SALT = 32,
	DIGEST = 20,
	UUID = 40,
};

#define SLOT_ENABLED UINT32_C(0x00ac71f3)

static const uint8_t magic[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe };

/* ---- version 1 ---- */

static void take_slot(struct luks *l, const uint8_t *h, const uint8_t *slot)
{
	struct luks_slot *s = &l->slots[l->n++];

	snprintf(s->cipher, sizeof(s->cipher), "%s", l->cipher);
	snprintf(s->hash, sizeof(s->hash), "%.*s", NAME - 1, (const char *)h + HDR_HASH);
	s->area_key_len = l->key_len;
	s->off = (uint64_t)be32(slot + SLOT_MATERIAL) * SECTOR;
	s->stripes = be32(slot + SLOT_STRIPES);
	s->derivation = (struct luks_derivation){
		.kdf = LUKS_PBKDF2, .passes = be32(slot + SLOT_ITERATIONS), .salt_len = SALT
	};
	memcpy(s->derivation.hash, s->hash, sizeof(s->hash));
	memcpy(s->derivation.salt, slot + SLOT_SALT, SALT);
}

static int read_first(struct disk *d, const uint8_t *h, struct luks *l, struct err *err)
{
	char cipher[2 * NAME];
	int n = snprintf(cipher, sizeof(cipher), "%.*s-%.*s", NAME - 1,
		(const char *)h + HDR_CIPHER, NAME - 1, (const char *)h + HDR_MODE);

	l->key_len = be32(h + HDR_KEY_BYTES);
	l->off = (uint64_t)be32(h + HDR_PAYLOAD) * SECTOR;
	if (l->key_len > LUKS_KEY_MAX || l->off < SECTOR || l->off >= disk_size(d))
		return err_set(err, EUCLEAN, "its LUKS header makes no sense");
	l->len = (disk_size(d) - l->off) / SECTOR * SECTOR;
	l->sector_size = SECTOR;
	snprintf(l->uuid, sizeof(l->uuid), "%.*s", UUID, (const char *)h + HDR_UUID);
	if (n >= LUKS_NAME_MAX)
		return err_set(err, ENOTSUP, "%s is not decrypted here", cipher);
	memcpy(l->cipher, cipher, (size_t)n + 1);
	l->digest_of = (struct luks_derivation){
		.kdf = LUKS_PBKDF2, .passes = be32(h + HDR_DIGEST_ITERATIONS), .salt_len = SALT
	};
	snprintf(l->digest_of.hash, sizeof(l->digest_of.hash), "%.*s", NAME - 1,
		(const char *)h + HDR_HASH);
	memcpy(l->digest_of.salt, h + HDR_DIGEST_SALT, SALT);
	memcpy(l->digest, h + HDR_DIGEST, DIGEST);
	l->digest_len = DIGEST;
	for (const uint8_t *slot = h + HDR_SLOTS; slot < h + HDR_SLOTS + SLOTS * SLOT_SIZE;
		slot += SLOT_SIZE)
		if (be32(slot) == SLOT_ENABLED)
			take_slot(l, h, slot);
	return 0;
}

int luks_read(struct disk *d, struct luks *out, struct err *err)
{
	uint8_t h[HEADER];
	unsigned version;
	int ret;

	*out = (struct luks){ 0 };
	if (disk_size(d) < sizeof(h))
		return err_set(err, EUCLEAN, "its LUKS header is cut off");
	ret = disk_read(d, 0, h, sizeof(h), err);
	if (ret < 0)
		return ret;
	/* LUKS2 has a second header for when the first is lost. */
	version = memcmp(h, magic, sizeof(magic)) == 0 ? be16(h + HDR_VERSION) : 2;
	out->version = version;
	if (version == 1)
		return read_first(d, h, out, err);
	if (version == 2)
		return luks2_read(d, out, err);
	return err_set(err, ENOTSUP, "LUKS of version %u is not read here", version);
}

/* ---- both ---- */

static bool fits(const struct luks *l, const struct luks_key *key, uint64_t *cost, struct err *err)
{
	uint8_t digest[LUKS_DIGEST_MAX];

	return key->len == l->key_len &&
	       luks_derive(&l->digest_of, key->bytes, key->len, digest, l->digest_len, cost, err) ==
		       0 &&
	       memcmp(digest, l->digest, l->digest_len) == 0;
}

bool luks_fits(const struct luks *l, const struct luks_key *key)
{
	uint64_t cost = 0;

	return fits(l, key, &cost, NULL);
}

static int read_area(struct disk *d, const struct luks *l, const struct luks_slot *s,
	const uint8_t *area_key, uint8_t **material, struct err *err)
{
	const struct cipher_spec spec = {
		.cipher = s->cipher,
		.key = area_key,
		.key_len = s->area_key_len,
		.sector_size = SECTOR,
	};
	CLEANUP(disk_close) struct disk *area = NULL;
	uint64_t len = ((uint64_t)s->stripes * l->key_len + SECTOR - 1) / SECTOR * SECTOR;
	int ret = disk_cipher(d, s->off, len, &spec, &area, err);

	if (ret < 0)
		return ret;
	*material = xmalloc((size_t)len);
	return disk_read(area, 0, *material, (size_t)len, err);
}

/* -ENOKEY: the passphrase is another's. */
static int open_slot(struct disk *d, const struct luks *l, const struct luks_slot *s,
	const void *secret, size_t len, struct luks_key *key, uint64_t *cost, struct err *err)
{
	uint8_t area_key[LUKS_KEY_MAX];
	CLEANUP(xfree) uint8_t *material = NULL;
	struct err why = { 0 };
	int ret;

	if (!s->stripes || s->stripes > STRIPES_MAX)
		return err_set(err, EUCLEAN, "a key slot of its LUKS header makes no sense");
	ret = luks_derive(&s->derivation, secret, len, area_key, s->area_key_len, cost, err);
	if (ret == 0)
		ret = read_area(d, l, s, area_key, &material, err);
	if (ret == 0)
		ret = luks_merge(s->hash, material, l->key_len, s->stripes, key->bytes, err);
	explicit_bzero(area_key, sizeof(area_key));
	if (ret < 0)
		return ret;
	key->len = l->key_len;
	if (fits(l, key, cost, &why))
		return 0;
	explicit_bzero(key, sizeof(*key));
	return why.code ? err_set(err, why.code, "%s", why.text)
			: err_set(err, ENOKEY, "it does not open this slot");
}

int luks_unlock(struct disk *d, const struct luks *l, const void *secret, size_t len,
	struct luks_key *key, struct err *err)
{
	struct err why = { 0 };
	uint64_t cost = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct err slot = { 0 };
		int ret = open_slot(d, l, &l->slots[i], secret, len, key, &cost, &slot);

		if (ret == 0)
			return 0;
		/* It may be for the one that could not be tried. */
		if (ret != -ENOKEY && !why.code)
			why = slot;
	}
	if (why.code)
		return err_set(err, why.code, "%s", why.text);
	return err_set(err, ENOKEY, "the key that was given opens none of its %zu key slots", l->n);
}

int luks_open(struct disk *d, const struct luks *l, const struct luks_key *key, struct disk **out,
	struct err *err)
{
	const struct cipher_spec spec = {
		.cipher = l->cipher,
		.key = key->bytes,
		.key_len = key->len,
		.sector_size = l->sector_size,
		.first_sector = l->first_sector,
	};

	return disk_cipher(d, l->off, l->len, &spec, out, err);
}
