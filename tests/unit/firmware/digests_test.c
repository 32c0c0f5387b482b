/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests that workers share: the right ones, whoever computed them. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "firmware/mem/digests.h"
#include "tap.h"

#define BYTES (256u << 10)

static uint8_t *some(uint8_t seed)
{
	uint8_t *p = xmalloc(BYTES);

	for (size_t i = 0; i < BYTES; i++)
		p[i] = (uint8_t)(i * 7 + i / 251 + seed);
	return p;
}

static bool right(struct digests *d, const uint8_t *bytes, size_t len)
{
	uint8_t got[SHA256_BYTES], want[SHA256_BYTES];

	digests_sha256(d, bytes, len, got);
	digests_sha256(NULL, bytes, len, want);
	return memcmp(got, want, SHA256_BYTES) == 0;
}

int main(void)
{
	CLEANUP(xfree) uint8_t *a = some(1), *b = some(2);
	uint8_t x[FINGERPRINT_BYTES], y[FINGERPRINT_BYTES];
	struct digests *d = NULL, *e = NULL;
	struct err err = { 0 };
	int status = -1;

	if (digests_open(&d, &err) < 0 || digests_open(&e, &err) < 0)
		return 1;
	ok(right(d, a, BYTES), "what nobody knows is computed");
	ok(right(d, a, BYTES), "what is known is the same");
	ok(right(d, b, BYTES) && right(d, a, BYTES - 1), "other bytes, and fewer, have their own");
	ok(right(d, a, 100), "few bytes, too");
	if (fork() == 0)
		_exit(right(d, b, BYTES) && right(d, a + 1, BYTES - 1) ? 0 : 1);
	wait(&status);
	is_int(status, 0, "in another process as well");
	ok(right(d, a + 1, BYTES - 1), "and what that one found");
	digests_fingerprint(d, a, 1024, x);
	digests_fingerprint(d, a, 1024, y);
	ok(memcmp(x, y, sizeof(x)) == 0, "the same bytes have the same fingerprint");
	digests_fingerprint(d, b, 1024, y);
	ok(memcmp(x, y, sizeof(x)) != 0, "others have another one");
	digests_fingerprint(e, a, 1024, y);
	ok(memcmp(x, y, sizeof(x)) != 0, "which nobody can foresee");
	digests_close(d);
	digests_close(e);
	return tap_done();
}
