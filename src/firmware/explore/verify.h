/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --verify-reuse: a boot whose end could be taken from another one is played all the same. What it
 * comes to is compared here, and its text by the coordinator (report.h). A
 * difference is a fault of this program, which ends the run without a verdict.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_VERIFY_H
#define ARMVM_FIRMWARE_EXPLORE_VERIFY_H

#include "firmware/explore/variants.h"
#include "firmware/machine/machine.h"

struct worker;

/* What a boot comes to, beside its text. Zeroed: nothing is expected. */
struct boot_end {
	bool set;
	uint64_t now;
	struct kept_time kept;
	struct run_end verdict;
	struct text unimplemented, written;
	struct vars *vars[VARIANTS_MAX]; /* by the variant's id */
};

void boot_end_take(struct boot_end *e, const struct machine *m, const struct variants *vs);
void boot_end_release(struct boot_end *e);
DEFINE_RELEASE(struct boot_end, boot_end_release)
/* The machine is again as it was when e was taken; e is empty then. */
void boot_end_restore(struct boot_end *e, struct machine *m, struct variants *vs);

/* From here on the text should be [from, to) of that worker's, and the end be this one. */
void verify_begin(struct boot_end *expected, struct boot_end *take_end, struct worker *c,
	uint32_t worker, uint64_t from, uint64_t to);
/* The boot is over; split: it is not the same for all variants, as it should have been. */
void verify_finish(struct boot_end *expected, struct worker *c, const struct machine *m,
	const struct variants *vs, bool split);

#endif
