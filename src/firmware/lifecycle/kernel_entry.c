/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel that was entered. See kernel_entry.h. Its file's digest was taken when
 * it was loaded; the initrd is where the device tree says that it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/image.h"
#include "firmware/mem/digests.h"
#include "firmware/lifecycle/kernel_entry.h"
#include "firmware/hw/chosen.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/config_table.h"
#include "firmware/services/held_file.h"
#include "uefi/protocols.h"

static void emit_digest(struct machine *m, const char *key, const uint8_t digest[32])
{
	char text[65];

	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	trace_text(&m->trace, key, text);
}

/*
 * The stub of Linux 5.7 and later leaves what it got by LoadFile2 in a
 * configuration table, base and size; a loader may name it in the tree instead.
 */
static void find_initrd(struct machine *m, const struct chosen *c, uint64_t *start, uint64_t *size)
{
	struct gaddr table = config_table_find(m, &uefi_linux_initrd_media);

	*start = *size = 0;
	if (table.v && guest_read64(m->ram, table, start) &&
		guest_read64(m->ram, gaddr_add(table, 8), size))
		return;
	if (c->initrd_end <= c->initrd_start)
		return;
	*start = c->initrd_start;
	*size = c->initrd_end - c->initrd_start;
}

static void emit_initrd(struct machine *m, const struct chosen *c)
{
	uint64_t start, size;
	const uint8_t *p;
	uint8_t digest[32];

	find_initrd(m, c, &start, &size);
	if (!size)
		return;
	p = guest_in(m->ram, gaddr(start), size);
	trace_u64(&m->trace, "initrd_size", size);
	if (!p)
		return;
	digests_sha256(m->digests, p, size, digest);
	emit_digest(m, "initrd_sha256", digest);
}

/*
 * A kernel that the image of a loader holds, whole, and that was copied out of there: the one that was found so, or the
 * one that has unpacked what was entered and left boot services for it.
 */
static bool held_kernel_file(struct machine *m, struct image_file *file)
{
	struct held_file held = { .at = m->kernel.file };
	struct gaddr base, start;
	const uint8_t *p;
	uint64_t size;

	if (!held.at.v && (image_range(m, m->kernel.caller.v, &base, &size) ||
				  !held_file_next(m, m->kernel.caller.v, &held)))
		return false;
	*file = (struct image_file){ .name = "kernel" };
	if (!image_section(m, held.at.v, &start, &size) || start.v != held.at.v)
		return true;
	p = guest_in(m->ram, start, size);
	file->size = size;
	file->hashed = p;
	if (p)
		digests_sha256(m->digests, p, size, file->sha256);
	return true;
}

/*
 * The file of the kernel: of its image, or of the one that unpacked it. One that a loader of its own
 * put into memory has none that is known, unless the loader's image holds it.
 */
static bool kernel_file(struct machine *m, struct image_file *file)
{
	return (image_file_of(m, m->kernel.image, file) &&
		       (file->hashed ||
			       m->kernel.base.v - m->kernel.image.v < m->kernel.image_size)) ||
	       held_kernel_file(m, file);
}

const uint8_t *kernel_entry_tree(struct machine *m, uint32_t *len)
{
	const uint8_t *fdt = guest_in(m->ram, m->kernel.fdt, 8);

	*len = fdt ? be32(fdt + 4) : 0;
	return guest_in(m->ram, m->kernel.fdt, *len);
}

void kernel_entry_emit(struct machine *m)
{
	CLEANUP(chosen_release) struct chosen chosen = { 0 };
	CLEANUP(text_release) struct text screen = TEXT_INIT;
	struct image_file file;
	uint32_t len;
	const uint8_t *fdt = kernel_entry_tree(m, &len);

	trace_begin(&m->trace, "kernel-entered");
	trace_hex(&m->trace, "pc", m->kernel.entry.v);
	trace_text(&m->trace, "version", m->kernel.release);
	if (kernel_file(m, &file)) {
		trace_text(&m->trace, "name", file.name);
		if (file.size)
			trace_u64(&m->trace, "size", file.size);
		if (file.hashed)
			emit_digest(m, "sha256", file.sha256);
	}
	if (!fdt || !chosen_read(&chosen, fdt, len)) {
		trace_text(&m->trace, "problem", "the device tree is damaged");
	} else {
		trace_text(&m->trace, "command_line", chosen.command_line);
		emit_initrd(m, &chosen);
	}
	console_text(m, &screen);
	trace_text(&m->trace, "screen", text_str(&screen));
	trace_end(&m->trace);
}
