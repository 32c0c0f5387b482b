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
#include "uefi/protocols.h"

#define VERSION_MAX 256

#define HEADER_IMAGE_SIZE 16
#define HEADER_MAGIC      56
#define HEADER_SIZE       64

static void tell_digest(struct machine *m, const char *key, const uint8_t digest[32])
{
	char text[65];

	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	trace_text(&m->trace, key, text);
}

/* "6.1.0-56-arm64" out of the banner that every kernel carries; NULL when it is not found. */
static char *kernel_version(const uint8_t *image, uint64_t size)
{
	static const char banner[] = "Linux version ";
	const uint8_t *p = image, *end = image + size;

	while (p && (p = memmem(p, (size_t)(end - p), banner, sizeof(banner) - 1))) {
		size_t n = 0;

		p += sizeof(banner) - 1;
		while (p + n < end && n < VERSION_MAX && p[n] > ' ' && p[n] < 0x7f)
			n++;
		/* There is a format string, too: "Linux version %s". */
		if (n && p[0] != '%')
			return xstrndup((const char *)p, n);
	}
	return NULL;
}

/*
 * Where the kernel is: a zboot kernel unpacks one into memory of its own and
 * jumps to its header (booting.rst); a stub that is part of it, into the image.
 */
static const uint8_t *find_kernel(struct machine *m, uint64_t *size)
{
	const uint8_t *head = guest_in(m->ram, m->kernel_entry, HEADER_SIZE), *kernel;

	if (head && memcmp(head + HEADER_MAGIC, "ARM\x64", 4) == 0) {
		*size = le64(head + HEADER_IMAGE_SIZE);
		kernel = guest_in(m->ram, m->kernel_entry, *size);
		if (kernel)
			return kernel;
	}
	*size = m->kernel_image_size;
	return guest_in(m->ram, m->kernel_image, *size);
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

static void tell_initrd(struct machine *m, const struct chosen *c)
{
	uint64_t start, size;
	const uint8_t *p;
	uint8_t digest[32];

	find_initrd(m, c, &start, &size);
	if (!size)
		return;
	p = guest_in(m->ram, gaddr(start), size);
	trace_u64(&m->trace, "initrd_size", size);
	if (p && digests_sha256(m->digests, p, size, digest))
		tell_digest(m, "initrd_sha256", digest);
}

void kernel_entry_tell(struct machine *m)
{
	const uint8_t *fdt = guest_in(m->ram, m->kernel_fdt, 8);
	uint64_t image_size;
	const uint8_t *image = find_kernel(m, &image_size);
	CLEANUP(xfree) char *version = image ? kernel_version(image, image_size) : NULL;
	CLEANUP(chosen_release) struct chosen chosen = { 0 };
	CLEANUP(buf_release) struct buf screen = BUF_INIT;
	struct image_file file;
	uint32_t len = fdt ? be32(fdt + 4) : 0;

	fdt = guest_in(m->ram, m->kernel_fdt, len);
	trace_begin(&m->trace, "kernel-entered");
	trace_hex(&m->trace, "pc", m->kernel_entry.v);
	if (version)
		trace_text(&m->trace, "version", version);
	if (image_file_of(m, m->kernel_image, &file)) {
		trace_text(&m->trace, "name", file.name);
		trace_u64(&m->trace, "size", file.size);
		if (file.hashed)
			tell_digest(m, "sha256", file.sha256);
	}
	if (!fdt || !chosen_read(&chosen, fdt, len)) {
		trace_text(&m->trace, "problem", "the device tree is damaged");
	} else {
		trace_text(&m->trace, "command_line", chosen.command_line);
		tell_initrd(m, &chosen);
	}
	console_text(m, &screen);
	trace_text(&m->trace, "screen", buf_str(&screen));
	trace_end(&m->trace);
}
