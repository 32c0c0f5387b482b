/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants of guest memory, as poison of the address sanitizer. See grant.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/mem/grant.h"

#if UNDER_ASAN
#include <sanitizer/asan_interface.h>

#define SCRAMBLED     0x5a
#define SCRAMBLED_MAX (64u << 10) /* enough to be found out */

void grant_begin(struct guest_ram *ram)
{
	ASAN_POISON_MEMORY_REGION(ram->host, ram->size);
}

void grant_end(struct guest_ram *ram)
{
	ASAN_UNPOISON_MEMORY_REGION(ram->host, ram->size);
	free(ram->grants);
}

void grant_add(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	struct guest_span *last = ram->n_grants ? &ram->grants[ram->n_grants - 1] : NULL;
	uint64_t at = a.v - RAM_BASE;

	ASAN_UNPOISON_MEMORY_REGION(ram->host + at, len);
	/* Who goes from field to field, or looks again, is granted one range. */
	if (last && at >= last->at && at <= last->at + last->len) {
		if (at + len > last->at + last->len)
			last->len = at + len - last->at;
		return;
	}
	if (ram->n_grants == ram->cap_grants) {
		ram->cap_grants = ram->cap_grants ? 2 * ram->cap_grants : 64;
		ram->grants = xreallocarray(ram->grants, ram->cap_grants, sizeof(*ram->grants));
	}
	ram->grants[ram->n_grants++] = (struct guest_span){ at, len };
}

void grant_scramble(uint8_t *p, uint64_t len)
{
	memset(p, SCRAMBLED, len < SCRAMBLED_MAX ? len : SCRAMBLED_MAX);
}

void grant_revoke(struct guest_ram *ram)
{
	for (size_t i = 0; i < ram->n_grants; i++)
		ASAN_POISON_MEMORY_REGION(ram->host + ram->grants[i].at, ram->grants[i].len);
	ram->n_grants = 0;
}

#endif
