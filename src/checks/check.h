/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a check is, and what it may answer.
 *
 * A check looks at one fact about an image and has one id, one severity and
 * one source in the specifications. Checks that differ in data alone share a
 * run(), and each row has a `rule` for it. run() is called when everything that
 * `needs` names could be read, and ends in one of four outcomes:
 *
 *	pass		it returned 0 and reported nothing
 *	finding		it returned 0 after finding_add(), once or more
 *	skipped		it returned 0 after finding_skip(): nothing to judge here
 *	inconclusive	it returned -errno: an error while checking is never a pass
 *
 * When a need cannot be met the check is not run: skipped when what it needs
 * does not exist in the image, inconclusive when it could not be read.
 *
 * Where there is nothing to judge because of a fault that is another check's,
 * finding_skip_for() names that one. When it was not selected, it is run all the
 * same, unreported: if it finds an error, this check is inconclusive.
 *
 * Every check has an entry in man/checks/FAMILY.mdoc and fixtures in
 * tests/checks/ID/; `make lint` holds the three against the registry.
 */
#ifndef ARMVM_CHECKS_CHECK_H
#define ARMVM_CHECKS_CHECK_H

#include "base/err.h"

struct image;
struct plan;
struct findings; /* what one check reported; filled by the functions below */

enum severity {
	SEV_NOTE,    /* worth knowing; never makes an image unfit */
	SEV_WARNING, /* a should: boots, but not everywhere or not for ever */
	SEV_ERROR    /* a must: not portable */
};

enum outcome {
	OUTCOME_PASS,
	OUTCOME_FINDING,
	OUTCOME_SKIPPED,
	OUTCOME_INCONCLUSIVE
};

/* What must be readable before run() is called; see image/image.h for each. */
enum check_needs {
	NEED_NOTHING = 0, /* the facts from the container's header, image_format() */
	NEED_DISK = 1,    /* the disk's contents: image_disk() and image_parts() answer */
	NEED_GPT = 2,     /* a GPT of which at least one copy can be used */
	NEED_ESP = 4,     /* an ESP whose FAT can be read: image_esp() */
	NEED_ROOTFS = 8,  /* the guest's root file system: image_rootfs(), image_inventory() */
	NEED_CHAIN = 16,  /* the boot chain was walked: image_chain() */
	NEED_BOOT = 32    /* a boot was asked for: image_boot_options() */
};

/* What a run() that several rows share reads of its row: its family's rule, and no other is there. */
struct check_rule {
	const char *mechanism; /* of nvram/, by its name */
	const struct chain_rule *chain;
	const struct container_rule *container;
	const struct drivers_rule *drivers;
	const struct fat_rule *fat;
	const struct gpt_rule *gpt;
	const struct part_rule *part;
	const struct pe_rule *pe;
	const struct scenarios_rule *scenarios;
	const struct update_rule *update;
};

struct check {
	const char *id; /* "esp.variable-store": permanent, what people grep and waive */
	enum severity severity;
	const char *source; /* "VM-6; UEFI 2.10 3.5.1.1" */
	const char *title;  /* what is so when it passes: "the ESP is FAT32" */
	unsigned needs;     /* of enum check_needs */
	int (*run)(struct image *, struct findings *, struct err *);
	struct check_rule rule; /* what a shared run() reads by finding_rule() */
	/*
	 * Adds to a plan what mends all that run() reports of this image, and says
	 * what that is (plan/plan.h), or returns -errno with the reason why nothing
	 * can be done about it. Nothing is written. NULL: that is a person's work.
	 */
	int (*fix)(struct image *, struct plan *, struct err *);
};

/* A row's rule; a file's own struct FAMILY_rule. */
#define RULE(family, ...)                                                                          \
	{                                                                                          \
		.family = &(const struct family##_rule)                                            \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* The checks of one source file. */
struct check_group {
	const struct check *checks;
	size_t n;
};

#define CHECK_GROUP(array)                                                                         \
	{                                                                                          \
		(array), ARRAY_SIZE(array)                                                         \
	}

/* The rule of the check that is being run. */
const struct check_rule *finding_rule(const struct findings *f);

/*
 * Reports one thing that is wrong: where it is (partition, path, offset; ""
 * when the title says it all), what to do about it, and then what is wrong,
 * formatted, in words that do not repeat where. Texts are copied.
 */
void finding_add(struct findings *f, const char *where, const char *advice, const char *what, ...)
	PRINTF_LIKE(4, 5);

/*
 * What was seen on the way, whatever the outcome: "kernel", "Linux 6.1.0 ...".
 * Shown below the family's line; a detail only in verbose reports. JSON has all.
 */
void finding_fact(struct findings *f, bool detail, const char *key, const char *value, ...)
	PRINTF_LIKE(4, 5);

/* One row of the table of scenarios. Texts are copied. */
struct scenario_row {
	const char *scenario;
	const char *result;  /* "ok", "failed", "inconclusive" */
	const char *verdict; /* armvm-firmware's word, "kernel-entered" */
	const char *reason;
	const char *written; /* variables that were to be kept, "" when there are none */
	double seconds;      /* of the machine's time */
	unsigned boots;
};
void finding_scenario(struct findings *f, const struct scenario_row *row);

/* There is nothing for this check to judge in this image; says why. */
void finding_skip(struct findings *f, const char *reason, ...) PRINTF_LIKE(2, 3);
/* The same, for a fault that checks report which leads name: static, words as for --select, "loader gpt.esp". */
void finding_skip_for(struct findings *f, const char *leads, const char *reason, ...)
	PRINTF_LIKE(3, 4);

/* How many checks there are, and each of them, in the order of the report. */
size_t check_count(void);
const struct check *check_at(size_t i);

/* The family's name: what stands before the dot in the id, "gpt". Static. */
const char *check_family(const struct check *check);

/* The check with this id, or NULL. */
const struct check *check_by_id(const char *id);

/* "error", "warning", "note". */
const char *severity_name(enum severity severity);
/* "pass", "finding", "skipped", "inconclusive". */
const char *outcome_name(enum outcome outcome);

#endif
