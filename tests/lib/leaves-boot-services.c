/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that leaves boot services and is no Linux kernel. Build with clang --target=aarch64-unknown-windows and
 * lld-link as tests/guest is, -DMODE=1..10; put it at \EFI\BOOT\BOOTAA64.EFI.
 *
 * Right answer for all: it left boot services for something that is not followed, so "could not be determined";
 * 3 prints on the PL011 that the hardware description announces (QEMU with edk2 shows it), 4 powers off by PSCI through
 * hvc, which is the conduit that device tree and FADT announce (QEMU powers off), 6 asks for a reset after ExitBootServices,
 * 7 and 8 need EL2 (QEMU's virt with virtualization=on has it), 9 is no instruction. 10 reads low memory before: QEMU has its flash
 * there, of which U-Boot lets a program read all and edk2 all but the first page; other machines have nothing.
 */
#include <stdint.h>
typedef uint64_t u64;
typedef void *P;
#define ST(off) (*(P *)((char *)st + (off)))
static char map[65536];

u64 efi_main(P image, P st)
{
	P bs = ST(96);
	u64 size, key, entry, r;
	uint32_t version;
	u64 (*get_memory_map)(u64 *, P, u64 *, u64 *, uint32_t *) = *(P *)((char *)bs + 56);
	u64 (*exit_boot_services)(P, u64) = *(P *)((char *)bs + 232);

#if MODE == 10
	return *(volatile u64 *)0x18;
#endif
	do {
		size = sizeof map;
		get_memory_map(&size, map, &key, &entry, &version);
		r = exit_boot_services(image, key);
	} while (r);
#if MODE == 1
	for (;;)
		__asm__ volatile("wfi");
#elif MODE == 2
	for (;;)
		;
#elif MODE == 3 /* MMU off, then the serial port */
	__asm__ volatile(
		"mrs x9, sctlr_el1\n bic x9,x9,#1\n bic x9,x9,#4\n msr sctlr_el1,x9\n isb\n" ::
			: "x9", "memory");
	for (const char *s = "raw kernel on PL011\r\n"; *s; s++)
		*(volatile uint32_t *)0x9000000 = *s;
	for (;;)
		__asm__ volatile("wfi");
#elif MODE == 4 /* PSCI SYSTEM_OFF */
	__asm__ volatile("mov x0,#0x84000000\n add x0,x0,#8\n hvc #0" ::: "x0");
	for (;;)
		;
#elif MODE == 5 /* an exception return to where it is */
	__asm__ volatile(
		"msr daifset,#15\n mov x9,#0x3c5\n msr spsr_el1,x9\n adr x9,1f\n msr elr_el1,x9\n isb\n eret\n"
		"1: wfi\n b 1b" ::
			: "x9");
#elif MODE == 6
	P rt = ST(88);
	void (*reset_system)(int, u64, u64, P) = *(P *)((char *)rt + 104);
	reset_system(2, 0, 0, 0);
	for (;;)
		;
#elif MODE == 7 /* as Xen begins, which is to be entered at EL2 */
	__asm__ volatile("tlbi alle2");
#elif MODE == 8
	__asm__ volatile("mrs x0, sctlr_el2" ::: "x0");
#elif MODE == 9
	__asm__ volatile(".inst 0");
#endif
	return 0;
}
