/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a run: the first verdict counts, with the status that came with it.
 */
#include "firmware/machine/run.h"
#include "tap.h"

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
	return tap_done();
}
