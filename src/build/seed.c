/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unique numbers, random or repeatable. See seed.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/sha256.h"
#include "build/seed.h"

#define KEY_LEN 32 /* of SHA-256 */

int seed_init(struct seed *s, const char *text, const char *about, struct err *err)
{
	struct text input CLEANUP(text_release) = TEXT_INIT;

	if (!text) {
		if (getrandom(s->key, sizeof(s->key), 0) == sizeof(s->key))
			return 0;
		return err_sys(err, "getrandom");
	}
	/* The lengths keep ("a", "bc") and ("ab", "c") apart. */
	text_printf(
		&input, "armvm-image seed %zu %zu %s%s", strlen(text), strlen(about), text, about);
	sha256_of((const uint8_t *)text_str(&input), input.len, s->key);
	return 0;
}

static void derive(const struct seed *s, const char *name, uint8_t out[KEY_LEN])
{
	struct buf input CLEANUP(buf_release) = BUF_INIT;

	buf_add(&input, s->key, sizeof(s->key));
	buf_add_text(&input, name);
	sha256_of(buf_bytes(&input), input.len, out);
}

struct guid seed_guid(const struct seed *s, const char *name)
{
	uint8_t bytes[KEY_LEN];

	derive(s, name, bytes);
	return guid_from_bytes(bytes);
}

uint32_t seed_serial(const struct seed *s, const char *name)
{
	uint8_t bytes[KEY_LEN];
	uint32_t serial;

	derive(s, name, bytes);
	serial = le32(bytes);
	return serial ? serial : 1;
}
