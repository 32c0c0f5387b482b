/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops that copy bytes: recognised, and done as the guest would have done them. */
#include <stdlib.h>

#include "firmware/cpu/loops.h"
#include "firmware/core/call.h"
#include "firmware/lifecycle/machine.h"
#include "tap.h"

/* x0 target, x1 source, x2 end, x3 index; as in Debian's GRUB 2.06. */
static const uint32_t forward[] = {
	0x38636824, /* ldrb w4, [x1, x3] */
	0x38236804, /* strb w4, [x0, x3] */
	0x91000463, /* add x3, x3, #1 */
	0xeb02007f, /* cmp x3, x2 */
	0x54ffff81, /* b.ne .-16 */
	0xd65f03c0, /* ret */
	0xd503201f, /* nop */
};
/* As in Debian's shim 15.8. */
static const uint32_t asking[] = {
	0xeb03005f, /* cmp x2, x3 */
	0x54000041, /* b.ne .+8 */
	0xd65f03c0, /* ret */
	0x38636824, /* ldrb w4, [x1, x3] */
	0x38236804, /* strb w4, [x0, x3] */
	0x91000463, /* add x3, x3, #1 */
	0x17fffffa, /* b .-24 */
};
static const uint32_t backward[] = {
	0xd1000463, /* sub x3, x3, #1 */
	0xeb02007f, /* cmp x3, x2 */
	0x54000080, /* b.eq .+16 */
	0x38636824, /* ldrb w4, [x1, x3] */
	0x38236804, /* strb w4, [x0, x3] */
	0x17fffffb, /* b .-20 */
	0xd65f03c0, /* ret */
};

static void test_match(void)
{
	struct copy_loop loop;
	uint32_t w[LOOP_WORDS];

	ok(copy_loop_match(forward, &loop) && !loop.backward, "the forward loop");
	is_int(loop.index << 24 | loop.end << 16 | loop.from << 8 | loop.to, 0x03020100,
		"with its registers");
	ok(copy_loop_match(backward, &loop) && loop.backward, "the backward loop");
	ok(copy_loop_match(asking, &loop) && !loop.backward, "and one that asks first");
	for (unsigned i = 0; i < 5; i++) {
		memcpy(w, forward, sizeof(w));
		w[i] ^= 1u << 22;
		ok(!copy_loop_match(w, &loop), "not with word %u another", i);
	}
	memcpy(w, forward, sizeof(w));
	w[0] = 0x38636823; /* ldrb w3: the index is overwritten */
	w[1] = 0x38236803;
	ok(!copy_loop_match(w, &loop), "nor when the byte is in the index");
}

static void test_step(void)
{
	struct copy_loop f, b;
	struct copy_step s;

	(void)copy_loop_match(forward, &f);
	(void)copy_loop_match(backward, &b);
	ok(copy_loop_step(&f, 0, 100, 1000, 2000, &s) && s.len == 99 && s.index == 99 &&
			s.from == 1000 && s.to == 2000,
		"all but the last byte");
	ok(!copy_loop_step(&f, 99, 100, 1000, 2000, &s), "nothing when one is left");
	ok(!copy_loop_step(&f, 100, 100, 1000, 2000, &s), "or none");
	ok(!copy_loop_step(&f, 0, 100, 1000, 1001, &s), "not onto bytes that come later");
	ok(copy_loop_step(&f, 0, 100, 1001, 1000, &s), "but onto bytes that came before");
	ok(copy_loop_step(&b, 100, UINT64_MAX, 1000, 2000, &s) && s.len == 99 && s.index == 1 &&
			s.from == 1001 && s.to == 2001,
		"backward down to index 0, all but the last");
	ok(!copy_loop_step(&b, 0, UINT64_MAX, 1000, 2000, &s), "nothing when it is over");
	ok(!copy_loop_step(&b, 100, UINT64_MAX, 1001, 1000, &s), "not onto bytes that come later");
}

static void over(struct machine *m, void *ctx, uint64_t x0)
{
	(void)ctx, (void)x0;
	run_end(&m->run, VERDICT_RETURNED, "over");
}

/* Runs a loop on 4096 bytes; slow: counted, so that every round is executed. */
static uint32_t checksum(
	const uint32_t *words, size_t n, uint64_t to, uint64_t end, uint64_t index, bool slow)
{
	struct machine_config config = {
		.limits = { .ram = 64 << 20, .instructions = slow ? 1000000 : 0 }, .trace_fd = -1
	};
	struct machine *m = NULL;
	struct err err = { 0 };
	struct gaddr area, code;
	uint64_t args[4];
	uint32_t sum = 0;
	const uint8_t *p;

	if (machine_new(&config, &m, &err) < 0)
		exit(1);
	area = machine_data(m, MEM_BOOT_DATA, 16384);
	code = machine_data(m, MEM_LOADER_CODE, n * 4);
	for (uint64_t i = 0; i < 16384; i++)
		if (!guest_write8(m->ram, gaddr_add(area, i), (uint8_t)(i * 7 + i / 256)))
			abort();
	for (size_t i = 0; i < n; i++)
		if (!guest_write32(m->ram, gaddr_add(code, 4 * i), words[i]))
			abort();
	args[0] = area.v + to;
	args[1] = area.v + 4096;
	args[2] = end;
	args[3] = index;
	call_guest(m, code, args, 4, over, NULL, NULL);
	machine_run(m);
	p = guest_in(m->ram, area, 16384);
	for (unsigned i = 0; i < 16384; i++)
		sum = sum * 31 + p[i];
	sum = sum * 31 + (uint32_t)cpu_get(m->cpu, 3);
	machine_free(m);
	return sum;
}

static void same(uint64_t to, const char *what)
{
	is_int(checksum(forward, ARRAY_SIZE(forward), to, 4096, 0, false),
		checksum(forward, ARRAY_SIZE(forward), to, 4096, 0, true), what);
	is_int(checksum(asking, ARRAY_SIZE(asking), to, 4096, 0, false),
		checksum(asking, ARRAY_SIZE(asking), to, 4096, 0, true), what);
	is_int(checksum(backward, ARRAY_SIZE(backward), to, UINT64_MAX, 4096, false),
		checksum(backward, ARRAY_SIZE(backward), to, UINT64_MAX, 4096, true), what);
}

/* Calls x0, copies from x1 to there, and calls it again. */
static const uint32_t over_code[] = {
	0xaa1e03e9,                                                 /* mov x9, x30 */
	0xd63f0000,                                                 /* blr x0 */
	0x38636824, 0x38236804, 0x91000463, 0xeb02007f, 0x54ffff81, /* as above */
	0xd63f0000,                                                 /* blr x0 */
	0xaa0503e0,                                                 /* mov x0, x5 */
	0xd65f0120,                                                 /* ret x9 */
};

static void keep_result(struct machine *m, void *ctx, uint64_t x0)
{
	*(uint64_t *)ctx = x0;
	run_end(&m->run, VERDICT_RETURNED, "over");
}

static struct gaddr put_code(struct machine *m, const uint32_t *words, size_t n)
{
	/* Pages of its own, away from other code. */
	struct gaddr a = machine_data(m, MEM_LOADER_CODE, 16384);

	for (size_t i = 0; i < n; i++)
		if (!guest_write32(m->ram, gaddr_add(a, 4 * i), words[i]))
			abort();
	return a;
}

static void test_over_code(void)
{
	static const uint32_t one[] = { 0x52800025, 0xd65f03c0 },
			      two[] = { 0x52800045, 0xd65f03c0 };
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	struct machine *m = NULL;
	struct err err = { 0 };
	uint64_t args[4] = { 0, 0, 8, 0 }, result = 0;

	if (machine_new(&config, &m, &err) < 0)
		exit(1);
	args[0] = put_code(m, one, ARRAY_SIZE(one)).v;
	args[1] = put_code(m, two, ARRAY_SIZE(two)).v;
	call_guest(m, put_code(m, over_code, ARRAY_SIZE(over_code)), args, 4, keep_result, &result,
		NULL);
	machine_run(m);
	is_int(result, 2, "a copy over code that ran: the new code runs");
	machine_free(m);
}

int main(void)
{
	test_match();
	test_step();
	test_over_code();
	same(8192, "apart");
	same(4000, "overlapping, target first");
	same(4100, "overlapping, source first");
	same(4096, "onto itself");
	return tap_done();
}
