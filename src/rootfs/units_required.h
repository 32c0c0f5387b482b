/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a unit requires by its own files: by links in UNIT.requires, and by Requires=, BindsTo= and Requisite= in its file and
 * drop-ins. systemd drops the whole of what it was about to start where one that it needs so, at any depth, is masked or
 * missing; what is wanted alone may be (transaction_add_job_and_dependencies(), 252 and 257).
 */
#ifndef ARMVM_ROOTFS_UNITS_REQUIRED_H
#define ARMVM_ROOTFS_UNITS_REQUIRED_H

#include "rootfs/fstab.h"
#include "rootfs/units.h"

/* place is the file or link that says so. */
typedef void unit_required_fn(void *ctx, const char *unit, const char *place);
void unit_each_required(struct units *r, const char *unit, unit_required_fn *take, void *ctx);

/* Whether a line of fstab makes the unit, or the automount in its place. */
bool unit_has_line(const struct fstab *tab, const char *unit);
/* Whether the unit is missing for sure: no file has it, no line of tab makes it, and no generator can. */
bool unit_is_missing(struct units *r, const struct fstab *tab, const char *unit);

#endif
