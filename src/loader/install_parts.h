/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the install side share. Private to the loader room.
 */
#ifndef ARMVM_LOADER_INSTALL_PARTS_H
#define ARMVM_LOADER_INSTALL_PARTS_H

#include "loader/install.h"
#include "loader/volume.h"

struct planner {
	struct rootfs *rootfs;
	struct volume volume; /* the same, as recognisers want it */
	const struct install_options *options;
	struct install_plan *plan;
};

/* Adds a file and returns it; valid until the next one is added. */
struct install_file *plan_add(struct install_plan *plan, const char *dest);
void plan_source(struct install_plan *plan, const char *dest, const char *source);

/* ---- install_kernel.c ---- */
/* Kernels and initrds on the ESP, a type 1 entry for each, loader.conf. */
int plan_type1(struct planner *p, struct err *err);
/* A UKI that the root file system holds, as the fallback itself; -ENOENT: it holds none. */
int plan_uki_found(struct planner *p, struct err *err);
/* The same made of stub, the newest kernel, its initrd and the command line. */
int plan_uki_made(struct planner *p, const char *stub, struct err *err);

#endif
