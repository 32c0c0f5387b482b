/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dm-crypt's sectors: AES in XTS or CBC mode by nettle, with the initial vectors plain, plain64 and
 * essiv. See cipher.h.
 */
#include "disk/cipher.h"

#include <errno.h>
#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/xts.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define UNIT       512u /* what vectors count in */
#define SECTOR_MAX 4096u
/* Bytes that are worked on at a time: whole sectors of any size. */
#define PIECE      ((size_t)64 << 10)
#define BLOCK      AES_BLOCK_SIZE

struct ciphered;
typedef void sector_fn(struct ciphered *c, const uint8_t iv[BLOCK], uint8_t *bytes, size_t len);

/* A key in both directions. */
union schedule {
	struct xts_aes128_key xts128;
	struct xts_aes256_key xts256;
	struct aes128_ctx aes128;
	struct aes256_ctx aes256;
};

struct mode {
	const char *cipher;
	size_t key_len;
	bool essiv, narrow; /* narrow: the vector has 32 bits of the sector's number */
	void (*set_key)(struct ciphered *c, const uint8_t *key);
	sector_fn *decrypt, *encrypt;
};

struct ciphered {
	struct disk disk;
	struct disk *parent;
	uint64_t start, first_sector;
	unsigned sector;
	const struct mode *mode;
	union schedule to_plain, to_cipher;
	struct aes256_ctx essiv;
	uint8_t piece[PIECE];
};

/* ---- modes ---- */

#define XTS(bits)                                                                                  \
	static void xts##bits##_set(struct ciphered *c, const uint8_t *key)                        \
	{                                                                                          \
		xts_aes##bits##_set_decrypt_key(&c->to_plain.xts##bits, key);                      \
		xts_aes##bits##_set_encrypt_key(&c->to_cipher.xts##bits, key);                     \
	}                                                                                          \
	static void xts##bits##_decrypt(                                                           \
		struct ciphered *c, const uint8_t iv[BLOCK], uint8_t *bytes, size_t len)           \
	{                                                                                          \
		xts_aes##bits##_decrypt_message(&c->to_plain.xts##bits, iv, len, bytes, bytes);    \
	}                                                                                          \
	static void xts##bits##_encrypt(                                                           \
		struct ciphered *c, const uint8_t iv[BLOCK], uint8_t *bytes, size_t len)           \
	{                                                                                          \
		xts_aes##bits##_encrypt_message(&c->to_cipher.xts##bits, iv, len, bytes, bytes);   \
	}

#define CBC(bits)                                                                                  \
	static void cbc##bits##_set(struct ciphered *c, const uint8_t *key)                        \
	{                                                                                          \
		aes##bits##_set_decrypt_key(&c->to_plain.aes##bits, key);                          \
		aes##bits##_set_encrypt_key(&c->to_cipher.aes##bits, key);                         \
	}                                                                                          \
	static void cbc##bits##_decrypt(                                                           \
		struct ciphered *c, const uint8_t iv[BLOCK], uint8_t *bytes, size_t len)           \
	{                                                                                          \
		uint8_t vector[BLOCK];                                                             \
                                                                                                   \
		memcpy(vector, iv, BLOCK);                                                         \
		cbc_decrypt(&c->to_plain.aes##bits, (nettle_cipher_func *)aes##bits##_decrypt,     \
			BLOCK, vector, len, bytes, bytes);                                         \
	}                                                                                          \
	static void cbc##bits##_encrypt(                                                           \
		struct ciphered *c, const uint8_t iv[BLOCK], uint8_t *bytes, size_t len)           \
	{                                                                                          \
		uint8_t vector[BLOCK];                                                             \
                                                                                                   \
		memcpy(vector, iv, BLOCK);                                                         \
		cbc_encrypt(&c->to_cipher.aes##bits, (nettle_cipher_func *)aes##bits##_encrypt,    \
			BLOCK, vector, len, bytes, bytes);                                         \
	}

XTS(128)
XTS(256)
CBC(128)
CBC(256)

#define MODE(name, len, essiv, narrow, kind)                                                       \
	{                                                                                          \
		name, len, essiv, narrow, kind##_set, kind##_decrypt, kind##_encrypt               \
	}

static const struct mode modes[] = {
	MODE("aes-xts-plain64", 32, false, false, xts128),
	MODE("aes-xts-plain64", 64, false, false, xts256),
	MODE("aes-xts-plain", 32, false, true, xts128),
	MODE("aes-xts-plain", 64, false, true, xts256),
	MODE("aes-cbc-plain64", 16, false, false, cbc128),
	MODE("aes-cbc-plain64", 32, false, false, cbc256),
	MODE("aes-cbc-plain", 16, false, true, cbc128),
	MODE("aes-cbc-plain", 32, false, true, cbc256),
	MODE("aes-cbc-essiv:sha256", 16, true, false, cbc128),
	MODE("aes-cbc-essiv:sha256", 32, true, false, cbc256),
};

/* ---- sectors ---- */

/* Whole sectors, the first of which begins at off. */
static void each_sector(struct ciphered *c, sector_fn *fn, uint64_t off, uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += c->sector) {
		uint64_t number = c->first_sector + (off + at) / UNIT;
		uint8_t iv[BLOCK] = { 0 };

		put_le64(iv, c->mode->narrow ? number & UINT32_MAX : number);
		if (c->mode->essiv)
			aes256_encrypt(&c->essiv, BLOCK, iv, iv);
		fn(c, iv, bytes + at, c->sector);
	}
}

/* The whole sectors that some bytes, or as many of them as fit, lie in. */
struct span {
	uint64_t from;
	size_t whole;   /* bytes of these sectors */
	size_t skip, n; /* where in them the bytes are, and how many */
};

static struct span span_at(const struct ciphered *c, uint64_t off, size_t len)
{
	struct span s = { .skip = (size_t)(off % c->sector) };

	s.from = off - s.skip;
	s.n = len < PIECE - s.skip ? len : PIECE - s.skip;
	s.whole = (s.skip + s.n + c->sector - 1) / c->sector * c->sector;
	return s;
}

static int load(struct ciphered *c, const struct span *s, struct err *err)
{
	int ret = disk_read(c->parent, c->start + s->from, c->piece, s->whole, err);

	if (ret == 0)
		each_sector(c, c->mode->decrypt, s->from, c->piece, s->whole);
	return ret;
}

static int ciphered_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	struct ciphered *c = (struct ciphered *)d;
	uint8_t *to = buf;

	while (len) {
		struct span s = span_at(c, off, len);
		int ret = load(c, &s, err);

		if (ret < 0)
			return ret;
		memcpy(to, c->piece + s.skip, s.n);
		to += s.n;
		off += s.n;
		len -= s.n;
	}
	return 0;
}

static int ciphered_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	struct ciphered *c = (struct ciphered *)d;
	const uint8_t *what = bytes;

	while (len) {
		struct span s = span_at(c, off, len);
		int ret = load(c, &s, err);

		if (ret < 0)
			return ret;
		memcpy(c->piece + s.skip, what, s.n);
		each_sector(c, c->mode->encrypt, s.from, c->piece, s.whole);
		ret = disk_write(c->parent, c->start + s.from, c->piece, s.whole, err);
		if (ret < 0)
			return ret;
		what += s.n;
		off += s.n;
		len -= s.n;
	}
	return 0;
}

static void ciphered_close(struct disk *d)
{
	struct ciphered *c = (struct ciphered *)d;

	explicit_bzero(c, sizeof(*c));
	free(c);
}

/* Where nothing is stored below, there are bytes all the same. */
static const struct disk_ops ciphered_ops = {
	.read = ciphered_read,
	.write = ciphered_write,
	.close = ciphered_close,
};

static const struct mode *find_mode(const struct cipher_spec *spec)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].cipher, spec->cipher) == 0 && modes[i].key_len == spec->key_len)
			return &modes[i];
	return NULL;
}

int disk_cipher(struct disk *parent, uint64_t off, uint64_t len, const struct cipher_spec *spec,
	struct disk **out, struct err *err)
{
	const struct mode *mode = find_mode(spec);
	uint8_t salt[SHA256_DIGEST_SIZE];
	struct ciphered *c;

	if (!mode)
		return err_set(err, ENOTSUP, "%s with a key of %zu bits is not decrypted here",
			spec->cipher, 8 * spec->key_len);
	if (spec->sector_size < UNIT || spec->sector_size > SECTOR_MAX ||
		(spec->sector_size & (spec->sector_size - 1)))
		return err_set(err, ENOTSUP, "encrypted sectors of %u bytes", spec->sector_size);
	if (len == 0 || len % spec->sector_size || !range_within(off, len, disk_size(parent)))
		return err_set(err, ERANGE, "%s: what is encrypted lies beyond the end",
			disk_name(parent));
	c = xcalloc(1, sizeof(*c));
	disk_init(&c->disk, &ciphered_ops, len, disk_name(parent));
	c->disk.sector_size = spec->sector_size > disk_sector_size(parent)
				      ? spec->sector_size
				      : disk_sector_size(parent);
	c->parent = parent;
	c->start = off;
	c->sector = spec->sector_size;
	c->first_sector = spec->first_sector;
	c->mode = mode;
	mode->set_key(c, spec->key);
	sha256_of(spec->key, spec->key_len, salt);
	aes256_set_encrypt_key(&c->essiv, salt);
	*out = &c->disk;
	return 0;
}
