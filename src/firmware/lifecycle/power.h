/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that is switched on, boots, and is switched off or reset. What is written to its disks
 * is there again at the next power-on; its variables are its owner's.
 *
 *	power_on, power_emit_on, power_install, power_run, power_end, power_off; and from the start again
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_POWER_H
#define ARMVM_FIRMWARE_LIFECYCLE_POWER_H

#include "firmware/bds/bds.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/protocol.h"
#include "firmware/scenario/scenario.h"

#define POWER_DISKS_MAX 16

/* Resets in a row after which nothing had changed that make a loop; and resets at all. */
#define POWER_SAME_RESETS 3
#define POWER_RESETS      16

/* The same in all scenarios. */
struct power_config {
	struct machine_config machine; /* but for vars and platform */
	struct protocols_config protocols;
	/* Never written: overlays are laid over them. */
	struct disk_attachment disks[POWER_DISKS_MAX];
	size_t n_disks;
	const struct var_policy *policy; /* instead of the scenarios' own, or NULL */
	struct bds_config bds;
	bool tpm, acpi;         /* in every scenario */
	const uint8_t *program; /* run this instead of the boot manager; NULL: don't */
	size_t program_size;
};

/* A store as the scenario's machine has it before it is first switched on. */
struct vars *power_vars(const struct power_config *config, const struct scenario *s);
/* Of enum platform_fact: what the scenario's machine has. */
unsigned power_facts(const struct power_config *config, const struct scenario *s);
/*
 * Whether the machine has all disks that any scenario's has, hidden until a guest looks for them
 * (handles_hide()). Firmware that does something to all disks before it boots from one looks at once.
 */
bool power_hides_disks(const struct power_config *config);

/* Starts zeroed but for config and machine. */
struct power {
	const struct power_config *config;
	struct machine_config machine; /* config's, with the owner's vars and platform */
	struct machine *m;             /* NULL while it is off */
	struct disk_attachment disks[POWER_DISKS_MAX + 8];
	size_t n_disks;
	unsigned boot, resets, same_resets;
	bool was_on; /* kept is of its last boot */
	struct kept_time
		kept; /* that this boot began with, or while it is off: that the next one begins with */
};

/* The machine is there. */
int power_on(struct power *p, struct err *err);
/* The event "power-on", of the next boot. */
void power_emit_on(struct power *p, const char *because);
/* Its disks (of the scenario, unless they are hidden), protocols, boot manager, hardware. */
int power_install(struct power *p, const struct scenario *s, struct err *err);
/* Boots until there is a verdict. */
void power_run(struct power *p);
/* Emits that a kernel was entered, unless that was emitted already; the verdict may become another. */
void power_end(struct power *p, bool emitted);
void power_off(struct power *p);

/* Whether nothing was written to any disk, and its clock was left alone. */
bool power_is_unchanged(const struct power *p);
/*
 * A machine that is reset, and finds itself as it was (same), will do so for ever: then the verdict
 * becomes another, and true is returned.
 */
bool power_is_loop(struct power *p, bool same);

#endif
