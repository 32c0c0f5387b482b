/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of ways in which an image comes to rely on UEFI variables that
 * nobody keeps (VM-9): one row per mechanism, which determines whether it is at work
 * in an image and, where that can be done without guessing, turns it off.
 *
 * Facts about distributions are read off their packages' own scripts, and
 * each file names them. What stands on the ESP alone (shim's fallback, variable
 * stores, startup.nsh) is loader/'s and esp/'s.
 */
#ifndef ARMVM_NVRAM_NVRAM_H
#define ARMVM_NVRAM_NVRAM_H

#include "base/buf.h"
#include "base/err.h"
#include "rootfs/mounts.h"

struct esp_inventory;
struct fat;
struct inventory;
struct rootfs;

/* Where a mechanism may look. Everything is borrowed. */
struct nvram_scene {
	struct rootfs *root;
	const struct inventory *inventory;
	const struct esp_inventory *esp; /* NULL: no ESP yet (while building), or none */
	struct fat *fat;                 /* of that ESP; NULL with it */
	struct mount_parts parts;        /* what systemd finds by its type; none while building */
	struct rootfs *esp_files;        /* the same to be changed; NULL where only root is */
};

enum nvram_state {
	NVRAM_ABSENT, /* the mechanism is not in this image */
	NVRAM_OFF,    /* it is, and is turned off */
	NVRAM_ACTIVE, /* it is at work */
};

/* What nvram_mechanism.detect() saw. Starts zeroed. */
struct nvram_answer {
	enum nvram_state state;
	char *where;  /* of NVRAM_ACTIVE: the file that decides; others: NULL */
	char *what;   /* of NVRAM_ACTIVE: what will happen */
	char *reason; /* of NVRAM_ABSENT: what is not there */
};

void nvram_answer_release(struct nvram_answer *a);
DEFINE_RELEASE(struct nvram_answer, nvram_answer_release)

struct nvram_mechanism {
	const char *name;   /* "debian-update": what stands behind the dot in the check's id */
	const char *advice; /* what to do about it, for a person */
	const char *done;   /* what turn_off() has done, for a person; NULL with it */
	const void *detail; /* what distinguishes rows that share their functions */
	/* Fails only when something could not be read. */
	int (*detect)(const struct nvram_mechanism *m, const struct nvram_scene *scene,
		struct nvram_answer *a, struct err *err);
	/*
	 * Turns it off in a root file system that is open for writing; files
	 * get mtime. Called when it is NVRAM_ACTIVE. NULL: that is a person's
	 * decision.
	 */
	int (*turn_off)(const struct nvram_mechanism *m, const struct nvram_scene *scene,
		int64_t mtime, struct err *err);
};

/* The catalogue; NULL when there is no mechanism of that name. */
const struct nvram_mechanism *nvram_mechanism(const char *name);

/*
 * Turns off whatever is active and can be turned off. What was done is
 * added to changes, one sentence each.
 */
int nvram_turn_off_all(
	const struct nvram_scene *scene, int64_t mtime, struct strlist *changes, struct err *err);

#endif
