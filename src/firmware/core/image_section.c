/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections of images that are loaded, by the headers that were loaded with them. See image.h. */
#include "firmware/core/image.h"
#include "firmware/machine/machine.h"
#include "pe/pe.h"

bool image_section(struct machine *m, uint64_t addr, struct gaddr *start, uint64_t *size)
{
	struct pe_memory memory = { 0 };
	struct pe_source source;
	CLEANUP(pe_release) struct pe pe = { 0 };
	struct gaddr base;

	if (!image_range(m, addr, &base, &memory.len))
		return false;
	memory.bytes = guest_in(m->ram, base, memory.len);
	source = pe_source_memory(&memory);
	if (!memory.bytes || pe_read(&pe, &source, NULL) < 0)
		return false;
	for (size_t i = 0; i < pe.n_sections; i++) {
		const struct pe_section *s = &pe.sections[i];

		*start = gaddr_add(base, s->va);
		*size = s->vsize < s->raw_size ? s->vsize : s->raw_size;
		if (addr >= start->v && addr - start->v < *size)
			return true;
	}
	return false;
}
