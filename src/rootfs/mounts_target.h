/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What local-fs.target requires by its own units: by links in local-fs.target.requires, and by Requires=, BindsTo= and
 * Requisite= in its file and drop-ins. Private to the files of mounts.h.
 */
#ifndef ARMVM_ROOTFS_MOUNTS_TARGET_H
#define ARMVM_ROOTFS_MOUNTS_TARGET_H

#include "rootfs/fstab.h"
#include "rootfs/units.h"

/*
 * Adds to tab->refused what of these is masked, or is missing for sure: no file has it, no line of tab makes it, and no
 * generator can. RequiresMountsFor= requires those alone that are loaded.
 */
void mounts_refuse_required(struct units *r, struct fstab *tab);

/* ---- mounts.c ---- */
/* Adds it, unless the unit is there; why is a literal. The entry is good until the next one. */
struct fstab_refused *mounts_refuse(
	struct fstab *tab, const char *unit, const char *why, char *take_place);
/* The unit that is made of the line; the caller frees it. */
char *mounts_unit(const struct fstab_line *line);
/* Whether systemd-gpt-auto-generator is there and runs. */
bool mounts_gpt_auto(struct units *r);

#endif
