/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every room may ask of the machine. See machine.h.
 */
#include <stdlib.h>
#include <string.h>

#include "firmware/machine/machine.h"

int64_t machine_time(const struct machine *m)
{
	return MACHINE_EPOCH + m->time_offset + (int64_t)(m->now / 1000000000);
}

efi_status machine_unimplemented(struct machine *m, const char *what)
{
	size_t len = strlen(what);

	/* Once each: a loader may ask without end. */
	for (const char *p = buf_str(&m->unimplemented); *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, what, len) == 0 && p[len] == '\n')
			return EFI_UNSUPPORTED;
	buf_printf(&m->unimplemented, "%s\n", what);
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
