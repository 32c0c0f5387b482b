/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest mounts where: by /etc/fstab, by systemd's units (systemd.mount(5), systemd.automount(5)) and by
 * systemd-gpt-auto-generator(8), which finds the ESP and the XBOOTLDR partition by their types. All of it becomes one
 * table in fstab's form, of which fstab_find() answers what is mounted at a path. Drop-ins of the units that are
 * made of fstab count, too.
 */
#ifndef ARMVM_ROOTFS_MOUNTS_H
#define ARMVM_ROOTFS_MOUNTS_H

#include "base/err.h"
#include "rootfs/fstab.h"

struct rootfs;

/* What else than the guest's files decides it. */
struct mount_parts {
	/* The PARTUUIDs of what the generator finds; NULL: there is none, or it is turned off. */
	const char *esp, *xbootldr;
	/* The kernel's, which masks units and has mounts of its own; NULL: none is known. Not owned. */
	const char *cmdline;
};

/*
 * Adds these mounts to tab, what counts more behind what counts less. Lines that are no fstab's have `from` set; those of units
 * that nothing requires, and the generator's, are optional (fstab_optional()). Whether the loader says to the
 * generator which disk it came from is taken for granted. What local-fs.target requires and systemd refuses, as it is masked, is in
 * tab->refused: the target is reached all the same, but what else it requires or wants is then started or not, by chance
 * (systemd's transaction_add_job_and_dependencies(), 252). Fails when something cannot be read.
 */
int mounts_read(
	struct rootfs *root, const struct mount_parts *parts, struct fstab *tab, struct err *err);

#endif
