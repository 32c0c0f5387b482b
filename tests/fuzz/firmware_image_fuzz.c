/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a program: LoadImage() from memory, and when it took them,
 * UnloadImage().
 */
#include <stdlib.h>

#include "firmware/core/image.h"
#include "firmware/lifecycle/machine.h"
#include "still_cpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct call call = { { image.v } };

	(void)ctx;
	if (status == EFI_SUCCESS && svc_unload_image(m, &call) != EFI_SUCCESS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine_config config = { .limits = { .ram = UINT64_C(2) << 20 }, .trace_fd = -1 };
	struct image_source source = { .size = size };
	struct machine *m = NULL;
	struct err err = { 0 };

	if (!size || size > (1 << 20))
		return 0;
	if (machine_new(&config, &m, &err) < 0)
		abort();
	source.bytes = machine_data(m, MEM_BOOT_DATA, size);
	if (!guest_write(m->ram, source.bytes, data, size))
		abort();
	image_load(m, &source, loaded, NULL);
	machine_free(m);
	return 0;
}
