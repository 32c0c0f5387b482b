/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where boot managers in the field leave the specification, a row each: an
 * image that boots with a row's quirks and not without relies on them. Section
 * numbers are UEFI 2.10's.
 */
#ifndef ARMVM_FIRMWARE_BDS_QUIRKS_H
#define ARMVM_FIRMWARE_BDS_QUIRKS_H

#include "base/base.h"

struct bds_saving; /* saved.h */

struct bds_quirks {
	const char *name;  /* as --quirks has it */
	const char *title; /* in words */
	/* The default loader may be on any FAT, not on system partitions alone (3.5.1.1, 13.3.3). */
	bool any_partition;
	/* BootNext is only taken when its option is active (3.1.3). */
	bool next_must_be_active;
	/* Options are made for devices and kept in BootOrder (3.3: nothing is saved); NULL: none are. */
	const struct bds_saving *saving;
	/* A boot order from outside is not read (which UEFI leaves to the platform). */
	bool no_outside_order;
	/* There is a setup to stop in, which OsIndications can ask for (8.5.4). */
	bool has_setup;
	/* OsIndications that asks for something not supported is deleted, and counts for nothing (8.5.4). */
	bool drops_indications;
	/* What failed is followed by PlatformRecovery0000, not by the devices one by one (3.4.2). */
	bool platform_recovery;
	/* No variable names consoles (3.3). */
	bool no_consoles;
	/* A damaged copy of a GPT is written anew from the other, nobody being asked (5.3.2). */
	bool repairs_gpt;
	/* SetVariable() fails once boot services are gone (8.2.3); for whoever owns the store. */
	bool runtime_set_refused;
	/*
	 * Behind the options for devices comes one for the firmware's Shell, which waits for somebody (3.1 has
	 * no such program), so that nothing comes after it.
	 */
	bool has_shell;
	/*
	 * A file of the right name is a program, be there in it what may, drivers are started, too (3.1.3: boot options
	 * are applications'), and so is what edk2 refuses to load.
	 */
	bool any_program;
	/*
	 * By default one bootable partition of a disk is tried after the other, whatever the one before came to: the
	 * system partitions and those that the table marks for a BIOS; or the first partition of a disk that has neither
	 * (3.5.1.1). And a program that comes back has failed, with EFI_SUCCESS, too (3.1.1).
	 */
	bool scans;
	/*
	 * There are no boot options at all (3.1). Of each disk the primary GPT is read, in
	 * sectors of 512 bytes and without its checksums (5.3.2), and the first system
	 * partition's loader entries come before the default loader (3.5.1.1).
	 */
	bool own_way;
};

/* The rows, ended by one without a name. The first, "none", is the specification's behaviour. */
extern const struct bds_quirks bds_quirks[];
/* NULL when there is none of this name. */
const struct bds_quirks *bds_quirks_find(const char *name);

#endif
