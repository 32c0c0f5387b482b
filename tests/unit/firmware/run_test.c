/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a run: the first verdict counts, with the status that came with it; and the limits that nobody gave.
 */
#include "firmware/machine/run.h"
#include "tap.h"

static void test_limits(void)
{
	struct limits none = { .ram = 1 << 20 }, wall = { .wall_ms = 5000 };
	struct limits all = { .wall_ms = 5000, .cpu_ms = 7, .memory = 9 };

	limits_complete(&none);
	is_int((int64_t)none.boot_cpu_ms, 60000, "patience is of CPU time");
	is_int((int64_t)none.wall_ms, 600000, "and of ten times as much real time");
	is_int((int64_t)none.cpu_ms, 240000, "all together have four times as much");
	is_int((int64_t)none.memory, 3 << 18, "three quarters of the memory are kept in use");
	limits_complete(&wall);
	is_int((int64_t)wall.wall_ms, 5000, "a limit of real time stays");
	is_int((int64_t)wall.boot_cpu_ms, 5000, "no boot takes more CPU time than that");
	is_int((int64_t)wall.cpu_ms, 20000, "nor all four times as much");
	limits_complete(&all);
	is_int((int64_t)all.cpu_ms, 7, "CPU time that was said stays");
	is_int((int64_t)all.memory, 9, "and so does memory");
}

int main(void)
{
	struct run_state run = { .limits = { .ram = 1 } };

	ok(!run_is_over(&run), "a run goes on");
	run_end_status(&run, VERDICT_RESET, EFI_TIMEOUT, "after %d s", 5);
	ok(run_is_over(&run), "until there is a verdict");
	is_str(run.end.reason, "after 5 s", "with its reason");
	run_end_status(&run, VERDICT_RETURNED, EFI_ABORTED, "later");
	run_end(&run, VERDICT_KERNEL, "later still");
	is_int(run.end.kind, VERDICT_RESET, "a second one counts for nothing");
	is_int((int64_t)run.end.status, (int64_t)EFI_TIMEOUT, "nor does its status");
	is_str(run.end.reason, "after 5 s", "nor its reason");
	test_limits();
	return tap_done();
}
