/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests that machines share. See digests.h.
 */
#include <nettle/umac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/sha256.h"
#include "base/xalloc.h"
#include "firmware/mem/digests.h"
#include "firmware/mem/grant.h"

/* Fewer bytes are hashed as quickly as they are looked for. */
#define SHARED_MIN (64u << 10)
#define KNOWN_MAX  64u

struct known {
	uint32_t ready; /* atomic */
	uint64_t len;
	uint8_t fingerprint[FINGERPRINT_BYTES], sha256[SHA256_BYTES];
};

struct shared {
	uint32_t n; /* that were begun; atomic */
	struct known v[KNOWN_MAX];
};

struct digests {
	struct umac128_ctx umac;
	struct shared *shared;
};

int digests_open(struct digests **out, struct err *err)
{
	uint8_t key[UMAC_KEY_SIZE];
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_sys(err, "sharing among processes");
	*out = xcalloc(1, sizeof(**out));
	(*out)->shared = p;
	umac128_set_key(&(*out)->umac, key);
	return 0;
}

void digests_close(struct digests *d)
{
	if (!d)
		return;
	munmap(d->shared, sizeof(*d->shared));
	free(d);
}

void digests_fingerprint(
	struct digests *d, const void *bytes, size_t len, uint8_t out[FINGERPRINT_BYTES])
{
	/* Always the same: nobody sees fingerprints who could learn from that. */
	static const uint8_t nonce[UMAC_MIN_NONCE_SIZE];

	umac128_set_nonce(&d->umac, sizeof(nonce), nonce);
	umac128_update(&d->umac, len, bytes);
	umac128_digest(&d->umac, FINGERPRINT_BYTES, out);
}

static bool is_zero(const uint8_t *part)
{
	return part[0] == 0 && memcmp(part, part + 1, PART_BYTES - 1) == 0;
}

bool digests_part(
	struct digests *d, struct guest_ram *ram, uint64_t part, uint8_t out[FINGERPRINT_BYTES])
{
	const uint8_t *bytes = ram->host + part * PART_BYTES;

	grant_add(ram, gaddr(RAM_BASE + part * PART_BYTES), PART_BYTES);
	if (is_zero(bytes))
		return false;
	digests_fingerprint(d, bytes, PART_BYTES, out);
	return true;
}

static const struct known *find(const struct shared *s, const struct known *wanted)
{
	uint32_t n = __atomic_load_n(&s->n, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n && i < KNOWN_MAX; i++) {
		const struct known *k = &s->v[i];

		if (__atomic_load_n(&k->ready, __ATOMIC_ACQUIRE) && k->len == wanted->len &&
			memcmp(k->fingerprint, wanted->fingerprint, FINGERPRINT_BYTES) == 0)
			return k;
	}
	return NULL;
}

static void add(struct shared *s, const struct known *k)
{
	uint32_t i = __atomic_fetch_add(&s->n, 1, __ATOMIC_ACQ_REL);

	if (i >= KNOWN_MAX)
		return;
	s->v[i] = *k;
	__atomic_store_n(&s->v[i].ready, 1, __ATOMIC_RELEASE);
}

void digests_sha256(struct digests *d, const void *bytes, size_t len, uint8_t out[SHA256_BYTES])
{
	struct known k = { .len = len };
	const struct known *found = NULL;

	if (d && len >= SHARED_MIN) {
		digests_fingerprint(d, bytes, len, k.fingerprint);
		found = find(d->shared, &k);
	}
	if (found) {
		memcpy(out, found->sha256, SHA256_BYTES);
		return;
	}
	sha256_of(bytes, len, out);
	if (!d || len < SHARED_MIN)
		return;
	memcpy(k.sha256, out, SHA256_BYTES);
	add(d->shared, &k);
}
