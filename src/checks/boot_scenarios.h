/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks of the bundled firmware share: every scenario, played once
 * for an image. Private to checks/.
 */
#ifndef ARMVM_CHECKS_BOOT_SCENARIOS_H
#define ARMVM_CHECKS_BOOT_SCENARIOS_H

#include "verify/emulator.h"

struct text;
struct findings;
struct image;

/* Where a boot that failed can be looked at. */
#define BOOT_ADVICE                                                                                \
	"see what the other checks say; armvm-image boot --scenario %s --trace IMAGE shows "       \
	"every step"

/*
 * All scenarios, or the first-boot alone where the image's options ask for no
 * more; it belongs to the image. The error of the first attempt again when there is none.
 */
int boot_scenarios(struct image *image, const struct emulator_matrix **out, struct err *err);

/*
 * Whether it failed because a program of the image enrolled keys which have not signed what it
 * boots; and the beginnings of what to say of it, and of what to do.
 */
bool boot_keys_lock_out(const struct emulation *e);
#define BOOT_KEYS_CAUSE                                                                            \
	"a program of the image enrols Secure Boot keys (PK), and the firmware then refuses what " \
	"they have not signed: "
#define BOOT_KEYS_ADVICE                                                                           \
	"sign the loader and what it starts by a key that is enrolled in db, or enrol none "       \
	"(of systemd-boot: secure-boot-enroll off in \\loader\\loader.conf); "

/* Whether failing there is more than a note. */
bool boot_scenario_counts(const char *scenario);

/*
 * boot_settle.c: where all scenarios that count agree, the image's chain becomes theirs. To be
 * called before anything is asked of it. Does nothing where not all of them are played.
 */
void boot_settle(struct image *image);

/* boot_words.c: adds what the loader says in that scenario, its cause, and to advice what to do, where they are known. */
void boot_add_words(
	struct image *image, const char *scenario, struct text *what, struct text *advice);

/* boot_words.c: the error of a boot of which it is not known how it ends: its reason, and what the screen shows. */
int boot_inconclusive(const struct emulation *e, const char *before, struct err *err);

/* The scenario's row for the report. */
void boot_report_row(struct findings *f, const char *scenario, const struct emulation *e);

#endif
