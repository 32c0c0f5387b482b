/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scenarios: each is a machine that an image must boot on, a row in the
 * table of scenario.c and an entry in armvm-image-scenarios(7). What they differ
 * in is how the firmware treats variables, which it finds at power-on, how often
 * the machine is switched on, and what devices there are.
 */
#ifndef ARMVM_FIRMWARE_SCENARIO_SCENARIO_H
#define ARMVM_FIRMWARE_SCENARIO_SCENARIO_H

#include "base/buf.h"
#include "firmware/machine/platform.h"

struct vars;
struct disk;

/* What the variable store has in it when the machine is first switched on. */
enum scenario_store {
	STORE_EMPTY,
	STORE_STALE,   /* boot options for disks that are not there */
	STORE_FOREIGN, /* one for another disk, which is there and has no loader */
};

/* Whether the machine is switched off and on again after the kernel was reached. */
enum scenario_again {
	AGAIN_NOT,
	AGAIN_WIPED, /* and finds the store as it was in the beginning */
	AGAIN_KEPT,  /* and finds what was stored */
};

struct scenario {
	const char *name;   /* "first-boot" */
	const char *policy; /* of vars/policy.c */
	enum scenario_store store;
	enum scenario_again again;
	/*
	 * Which disks there are, in the order of the bus: the image, and others (scenario_disk())
	 * of which fewer than DISK_SLOT_IMAGE (proto/protocol.h) stand before it.
	 */
	const char *disks;
	bool removable; /* the image is on a removable medium */
	bool tpm;
	bool acpi; /* ACPI tables instead of a device tree */
	/* Which one it goes on from: of interest only where that one reset the machine. NULL: none. */
	const char *after;
	/* The firmware keeps a boot option for the medium that it boots from by default (vars/vars.h). */
	bool keeps_options;
	bool runtime_refused; /* no variable can be written once boot services are gone */
};

/* In the order of reports; the first is the default. */
extern const struct scenario scenarios[];
extern const size_t n_scenarios;

/* NULL when there is none of this name. */
const struct scenario *scenario_find(const char *name);

/* Letters of scenario.disks. */
#define SCENARIO_IMAGE PLATFORM_IMAGE
#define SCENARIO_DATA  'D' /* a fixed disk with a partition of data */
#define SCENARIO_ESP   'E' /* a fixed disk with an ESP that has no loader */
#define SCENARIO_CONFIG                                                                            \
	'c' /* a removable medium with a FAT file system, as config drives have it */
#define SCENARIO_UNFORMATTED 'u' /* a removable medium with nothing on it */

/*
 * The bytes of one of the other disks; the same for the same letter. The caller
 * releases them.
 */
void scenario_disk(char letter, struct buf *out);
bool scenario_disk_is_removable(char letter);

/* A store as the scenario's machine has it before it is first switched on. */
struct vars *scenario_vars(const struct scenario *s);

#endif
