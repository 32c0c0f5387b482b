/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-firmware: the bundled reference firmware emulator. See armvm-firmware(1).
 */
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "firmware/cpu/cpu.h"
#include "firmware/machine.h"
#include "firmware/core/image.h"

static void ended(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx, (void)image;
	m->verdict.status = status;
	machine_end(m, VERDICT_RETURNED, "the program returned %s", efi_status_name(status));
}

static void loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx;
	if (status != EFI_SUCCESS)
		machine_end(m, VERDICT_NOTHING, "the program cannot be loaded: %s",
			efi_status_name(status));
	else
		image_start(m, image, ended, NULL);
}

int main(int argc, char **argv)
{
	struct machine_config config = {
		.limits = { .ram = 512 << 20 }, .trace_fd = 1, .trace_level = 2
	};
	struct machine *m;
	struct err err;
	struct image_source src = { 0 };
	FILE *f;
	static char buf[64 << 20];

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("armvm-firmware %s, stores %s\n", ARMVM_VERSION,
			cpu_is_cured() ? "fast" : "slow");
		return 0;
	}
	if (machine_new(&config, &m, &err) < 0)
		return 1;
	m->vars = vars_new();
	f = fopen(argv[1], "rb");
	src.size = fread(buf, 1, sizeof buf, f);
	src.bytes = machine_data(m, MEM_BOOT_DATA, src.size);
	if (!guest_write(&m->ram, src.bytes, buf, src.size))
		return 1;
	image_load(m, &src, loaded, NULL);
	machine_run(m);
	printf("%d %s\n", m->verdict.kind, m->verdict.reason);
	machine_free(m);
	return 0;
}
