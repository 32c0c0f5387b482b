/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of loads and stores, by words that an assembler made. */
#include "firmware/cpu/access.h"

#include "tap.h"

#define BASE 0x40001000u /* x1; the stack pointer */
#define PC   0x40200000u

static void accesses(uint32_t word, uint64_t want, const char *what)
{
	uint64_t x[32] = { [1] = BASE, [2] = 3, [3] = UINT64_MAX, [31] = BASE }, address = 0;

	ok(access_address(word, PC, x, &address) && address == want, "%s", what);
	ok(!access_is_branch(word), "%s is no branch", what);
}

static void none(uint32_t word, bool branch, const char *what)
{
	uint64_t x[32] = { 0 }, address;

	ok(!access_address(word, PC, x, &address), "%s accesses nothing", what);
	is_int(access_is_branch(word), branch, "whether it is a branch");
}

int main(void)
{
	accesses(0xf9400c20, BASE + 24, "ldr x0, [x1, #24]");
	accesses(0xb9401820, BASE + 24, "ldr w0, [x1, #24]");
	accesses(0x39006020, BASE + 24, "strb w0, [x1, #24]");
	accesses(0x3dc00820, BASE + 32, "ldr q0, [x1, #32]");
	accesses(0xfd401020, BASE + 32, "ldr d0, [x1, #32]");
	accesses(0xf85f8020, BASE - 8, "ldur x0, [x1, #-8]");
	accesses(0xf8008420, BASE, "str x0, [x1], #8");
	accesses(0xf81f0c20, BASE - 16, "str x0, [x1, #-16]!");
	accesses(0xf8627820, BASE + 24, "ldr x0, [x1, x2, lsl #3]");
	accesses(0xf8626820, BASE + 3, "ldr x0, [x1, x2]");
	accesses(0xb863d820, BASE - 4, "ldr w0, [x1, w3, sxtw #2]");
	accesses(0xb8634820, (uint64_t)BASE + UINT32_MAX, "ldr w0, [x1, w3, uxtw]");
	accesses(0x58000040, PC + 8, "ldr x0, 8");
	accesses(0xa9bf7bfd, BASE - 16, "stp x29, x30, [sp, #-16]!");
	accesses(0xa8c17bfd, BASE, "ldp x29, x30, [sp], #16");
	accesses(0x29410820, BASE + 8, "ldp w0, w2, [x1, #8]");
	accesses(0xad010420, BASE + 32, "stp q0, q1, [x1, #32]");
	accesses(0xc85f7c20, BASE, "ldxr x0, [x1]");
	accesses(0xc8dffc20, BASE, "ldar x0, [x1]");
	accesses(0xf8220020, BASE, "ldadd x2, x0, [x1]");
	accesses(0x4c407020, BASE, "ld1 {v0.16b}, [x1]");
	none(0xd2800002, false, "mov x2, #0");
	none(0xd101c3ff, false, "sub sp, sp, #0x70");
	none(0xd53c1000, false, "mrs x0, sctlr_el2");
	none(0x14000002, true, "b 8");
	none(0x94000002, true, "bl 8");
	none(0x54000041, true, "b.ne 8");
	none(0xb5000042, true, "cbnz x2, 8");
	none(0x36000042, true, "tbz w2, #0, 8");
	none(0xd63f0060, true, "blr x3");
	none(0xd65f03c0, true, "ret");
	return tap_done();
}
