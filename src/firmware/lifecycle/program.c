/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A single program. See program.h. */
#include "firmware/core/image.h"
#include "firmware/lifecycle/program.h"
#include "firmware/machine/machine.h"

static void program_ended(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx, (void)image;
	run_end_status(&m->run, VERDICT_RETURNED, status, "the program returned %s",
		efi_status_name(status));
}

static void program_loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx;
	if (status == EFI_SUCCESS) {
		image_start(m, image, program_ended, NULL);
		return;
	}
	run_end_status(&m->run, VERDICT_NOTHING, status, "the program cannot be run (%s): %s",
		efi_status_name(status), image_refusal(m));
}

void program_start(struct machine *m, const uint8_t *bytes, size_t size)
{
	struct image_source source = { .size = size };
	uint64_t addr = 0;
	efi_status status = pages_allocate(&m->pages, ALLOCATE_ANY, MEM_BOOT_DATA,
		(source.size + PAGE_SIZE - 1) / PAGE_SIZE, &addr);

	source.bytes = gaddr(addr);
	if (status != EFI_SUCCESS || !guest_write(m->ram, source.bytes, bytes, size))
		run_end(&m->run, VERDICT_NOTHING, "the program does not fit into memory");
	else
		image_load(m, &source, program_loaded, NULL);
}
