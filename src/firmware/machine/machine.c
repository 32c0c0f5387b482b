/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every room may ask of the machine. See machine.h.
 */
#include <stdlib.h>
#include <string.h>

#include "firmware/machine/machine.h"

struct kept_time machine_kept_time(const struct machine *m)
{
	struct kept_time t = m->kept;

	if (t.set)
		t.offset += (int64_t)(m->now / 1000000000);
	if (t.counted)
		t.count = ((t.count >> 32) + 1) << 32;
	t.counted = false;
	return t;
}

bool kept_time_same(const struct kept_time *a, const struct kept_time *b)
{
	return a->offset == b->offset && a->zone == b->zone && a->daylight == b->daylight &&
	       a->set == b->set && a->counted == b->counted && a->count == b->count;
}

int64_t machine_time(const struct machine *m)
{
	return MACHINE_EPOCH + m->kept.offset + (int64_t)(m->now / 1000000000);
}

efi_status machine_unimplemented(struct machine *m, const char *what)
{
	size_t len = strlen(what);

	/* Once each: a loader may ask without end. */
	for (const char *p = text_str(&m->unimplemented); *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, what, len) == 0 && p[len] == '\n')
			return EFI_UNSUPPORTED;
	text_printf(&m->unimplemented, "%s\n", what);
	trace_begin(&m->trace, "unimplemented");
	trace_text(&m->trace, "service", what);
	trace_end(&m->trace);
	return EFI_UNSUPPORTED;
}

struct gaddr machine_data(struct machine *m, uint32_t type, size_t size)
{
	struct gaddr a;

	if (pool_allocate(m->pool, type, size, &a) != EFI_SUCCESS ||
		!guest_fill(m->ram, a, 0, size))
		abort();
	return a;
}
