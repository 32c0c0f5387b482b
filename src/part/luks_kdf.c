/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that LUKS makes keys with: PBKDF2 by nettle, argon2 by libargon2, and the splitter that
 * spreads a key over many sectors. What a header asks for is a stranger's: it is bounded.
 */
#include <argon2.h>
#include <errno.h>
#include <inttypes.h>
#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>
#include <nettle/pbkdf2.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "part/luks.h"

/*
 * What may be spent on one volume, in iterations of PBKDF2, or KiB that argon2 writes: a minute or so.
 * cryptsetup chooses two seconds for each slot.
 */
#define COST_MAX    (WHEN_FUZZING(UINT64_C(1) << 10, UINT64_C(64) << 20))
#define CONTEXT_MAX 256
#define LANES_MAX   4

static const struct nettle_hash *find_hash(const char *name)
{
	static const char *const known[] = { "sha1", "sha224", "sha256", "sha384", "sha512",
		"ripemd160" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], name) == 0)
			return nettle_lookup_hash(name);
	return NULL;
}

bool luks_knows_hash(const char *name)
{
	return find_hash(name) != NULL;
}

static int unknown_hash(const char *name, struct err *err)
{
	return err_set(err, ENOTSUP, "its key needs the hash %s, which is not known here", name);
}

static int spend(uint64_t *cost, uint64_t more, struct err *err)
{
	if (more > COST_MAX - *cost)
		return err_set(err, ENOTSUP, "its key slots ask for more work than is done here");
	*cost += more;
	return 0;
}

/* ---- PBKDF2 ---- */

/* HMAC with any hash, as nettle's pbkdf2() wants it. */
struct mac {
	const struct nettle_hash *hash;
	uint64_t outer[CONTEXT_MAX / 8], inner[CONTEXT_MAX / 8], state[CONTEXT_MAX / 8];
};

static void mac_update(void *ctx, size_t len, const uint8_t *bytes)
{
	struct mac *m = ctx;

	hmac_update(m->state, m->hash, len, bytes);
}

static void mac_digest(void *ctx, size_t len, uint8_t *out)
{
	struct mac *m = ctx;

	hmac_digest(m->outer, m->inner, m->state, m->hash, len, out);
}

static int derive_pbkdf2(const struct luks_derivation *d, const void *secret, size_t secret_len,
	uint8_t *out, size_t len, uint64_t *cost, struct err *err)
{
	struct mac m = { .hash = find_hash(d->hash) };
	size_t blocks;

	if (!m.hash || m.hash->context_size > CONTEXT_MAX)
		return unknown_hash(d->hash, err);
	blocks = (len + m.hash->digest_size - 1) / m.hash->digest_size;
	if (!d->passes)
		return err_set(err, EUCLEAN, "a key slot without iterations");
	if (spend(cost, (uint64_t)d->passes * blocks, err) < 0)
		return -ENOTSUP;
	hmac_set_key(m.outer, m.inner, m.state, m.hash, secret_len, secret);
	pbkdf2(&m, mac_update, mac_digest, m.hash->digest_size, d->passes, d->salt_len, d->salt,
		len, out);
	explicit_bzero(&m, sizeof(m));
	return 0;
}

/* ---- argon2 ---- */

static int derive_argon2(const struct luks_derivation *d, const void *secret, size_t secret_len,
	uint8_t *out, size_t len, uint64_t *cost, struct err *err)
{
	CLEANUP(xfree) void *copied = xmemdup(secret, secret_len);
	struct luks_derivation copy = *d;
	argon2_context ctx = {
		.out = out,
		.outlen = (uint32_t)len,
		.pwd = copied,
		.pwdlen = (uint32_t)secret_len,
		.salt = copy.salt,
		.saltlen = (uint32_t)copy.salt_len,
		.t_cost = d->passes,
		.m_cost = d->memory,
		.lanes = d->lanes,
		.threads = d->lanes,
		.version = ARGON2_VERSION_13,
	};
	argon2_type type = d->kdf == LUKS_ARGON2I ? Argon2_i : Argon2_id;
	int ret;

	if (d->memory > LUKS_MEMORY_MAX || d->lanes > LANES_MAX)
		return err_set(err, ENOTSUP,
			"its key slot asks for %" PRIu32 " MiB of memory and %" PRIu32
			" processors, more than are used here",
			d->memory >> 10, d->lanes);
	if (spend(cost, (uint64_t)d->passes * d->memory, err) < 0)
		return -ENOTSUP;
	ret = argon2_ctx(&ctx, type);
	if (ret == ARGON2_THREAD_FAIL) {
		ctx.threads = 1;
		ret = argon2_ctx(&ctx, type);
	}
	explicit_bzero(copied, secret_len);
	if (ret == ARGON2_MEMORY_ALLOCATION_ERROR)
		return err_set(err, ENOMEM, "its key slot asks for %" PRIu32 " MiB of memory",
			d->memory >> 10);
	if (ret != ARGON2_OK)
		return err_set(err, EUCLEAN, "its key slot: %s", argon2_error_message(ret));
	return 0;
}

int luks_derive(const struct luks_derivation *d, const void *secret, size_t secret_len,
	uint8_t *out, size_t len, uint64_t *cost, struct err *err)
{
	return (d->kdf == LUKS_PBKDF2 ? derive_pbkdf2 : derive_argon2)(
		d, secret, secret_len, out, len, cost, err);
}

/* ---- the splitter ---- */

/* Each block of a digest's size becomes the digest of its number and its bytes. */
static void diffuse(const struct nettle_hash *hash, uint8_t *bytes, size_t len)
{
	uint64_t ctx[CONTEXT_MAX / 8];
	uint8_t number[4];

	for (size_t at = 0, i = 0; at < len; at += hash->digest_size, i++) {
		size_t n = len - at < hash->digest_size ? len - at : hash->digest_size;

		put_be32(number, (uint32_t)i);
		hash->init(ctx);
		hash->update(ctx, sizeof(number), number);
		hash->update(ctx, n, bytes + at);
		hash->digest(ctx, n, bytes + at);
	}
}

int luks_merge(const char *hash, const uint8_t *material, size_t len, uint32_t stripes,
	uint8_t *key, struct err *err)
{
	const struct nettle_hash *h = find_hash(hash);

	if (!h || h->context_size > CONTEXT_MAX)
		return unknown_hash(hash, err);
	memset(key, 0, len);
	for (uint32_t s = 0; s < stripes; s++) {
		for (size_t i = 0; i < len; i++)
			key[i] ^= material[(size_t)s * len + i];
		if (s + 1 < stripes)
			diffuse(h, key, len);
	}
	return 0;
}
