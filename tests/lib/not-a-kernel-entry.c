/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After ExitBootServices it reaches a block of its own code with x0 at the device tree and x1 = x2 = x3 = 0, where
 * an undefined instruction stands: no kernel was entered, and none is in memory. Must not be reported as "kernel entered".
 */
#include <stdint.h>
typedef uint64_t u64;
typedef void *P;
#define ST(off) (*(P *)((char *)st + (off)))
static char map[65536];
static const unsigned char fdt_guid[16] = { 0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41, 0x83,
	0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 };

u64 efi_main(P image, P st)
{
	P bs = ST(96);
	u64 size, key, entry, r, fdt = 0, n = *(u64 *)((char *)st + 104);
	uint32_t version;
	char *table = ST(112);
	u64 (*get_memory_map)(u64 *, P, u64 *, u64 *, uint32_t *) = *(P *)((char *)bs + 56);
	u64 (*exit_boot_services)(P, u64) = *(P *)((char *)bs + 232);

	for (u64 i = 0; i < n; i++) {
		int same = 1;

		for (int k = 0; k < 16; k++)
			same &= (unsigned char)table[i * 24 + k] == fdt_guid[k];
		if (same)
			fdt = *(u64 *)(table + i * 24 + 16);
	}
	do {
		size = sizeof map;
		get_memory_map(&size, map, &key, &entry, &version);
		r = exit_boot_services(image, key);
	} while (r);
	__asm__ volatile(
		"mov x0,%0\n mov x1,#0\n mov x2,#0\n mov x3,#0\n bl 1f\n1: nop\n udf #0" ::"r"(fdt)
		: "x0", "x1", "x2", "x3", "x30");
	for (;;)
		;
}
