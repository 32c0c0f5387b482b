/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be changed in an image, as data: a check's fix() appends to a
 * plan, reports show it, fix/ carries it out. Nothing here writes anywhere.
 *
 * Files, of the ESP and of guests alike, are changed in a layer over their
 * file system (rootfs/staged.h), so that several repairs of one file add up.
 */
#ifndef ARMVM_PLAN_PLAN_H
#define ARMVM_PLAN_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/guid.h"

struct check_result;
struct check_rule;
struct image;
struct rootfs;
struct volume;

/* The partition table that is wanted: both copies and the protective MBR are written anew from it. */
struct plan_part {
	unsigned number; /* of its entry, from 1 */
	struct guid type, guid;
	char *name;
	uint64_t first_lba, sectors;
	uint64_t attrs;
};

struct plan_table {
	unsigned sector_size;
	uint64_t disk_size; /* bytes; more than the disk has now: it grows */
	struct guid disk_guid;
	struct plan_part *parts; /* by number */
	size_t n;
	char *because; /* which copy is believed, and why; NULL: there was no choice */
};

/* What is done to a file system as a whole. */
enum plan_whole {
	PLAN_FSCK_FAT,  /* fsck.fat repairs it */
	PLAN_FAT32,     /* it is made anew, as FAT32, with the same files in it */
	PLAN_NEW_FAT32, /* it is made, empty */
	PLAN_FSCK_EXT,  /* e2fsck replays the journal and repairs what it can without asking */
};

struct plan_work {
	enum plan_whole what;
	unsigned partition;
};

/* What is done to the container. */
enum plan_container {
	PLAN_CONTAINER_KEEP,
	PLAN_CONTAINER_REWRITE, /* its content is written anew, in a format that is fit */
	PLAN_CONTAINER_QCOW2,   /* the same, as qcow2 */
	PLAN_CONTAINER_REPAIR,  /* qemu-img repairs a copy first */
	PLAN_CONTAINER_FLATTEN, /* with what its backing files hold */
};

/* What is done on behalf of a check, in a sentence. */
struct plan_mend {
	const char *id; /* the check's */
	char *text;
};

/* The files of one volume. */
struct plan_files {
	const struct volume *volume;
	struct rootfs *base; /* of a FAT volume; NULL: the image's own */
	struct rootfs *staged;
};

struct plan {
	struct image *image;
	int64_t now;                      /* seconds since 1970 that everything is dated */
	bool force;                       /* do what might lose something */
	bool keep_format;                 /* what is written must not become qcow2 */
	const char *on_behalf_of;         /* the id of the check whose fix() runs */
	const struct check_rule *rule;    /* and its row's rule (checks/check.h) */
	const struct check_result *found; /* and what it reported (checks/verdict.h) */
	struct plan_mend *mends;
	size_t n_mends;
	struct plan_files *files;
	size_t n_files;
	struct plan_work *works;
	size_t n_works;
	struct plan_table *table; /* NULL: it stays */
	bool table_changed;
	enum plan_container container;
};

void plan_init(struct plan *plan, struct image *image, int64_t now, bool force);
void plan_release(struct plan *plan);
DEFINE_RELEASE(struct plan, plan_release)

/* Whether there is nothing to do. */
bool plan_is_empty(const struct plan *plan);
/* Whether there is something to do beside changing files: what is found then may differ. */
bool plan_is_structural(const struct plan *plan);

/* Says what the running fix() has planned. */
void plan_say(struct plan *plan, const char *what, ...) PRINTF_LIKE(2, 3);

/*
 * The layer over a volume, where files can be read and changed through
 * rootfs/rootfs.h. -EOPNOTSUPP: its files cannot be looked at.
 */
int plan_volume(
	struct plan *plan, const struct volume *volume, struct rootfs **files, struct err *err);
/* The same for the ESP, and for the guest's root file system. */
int plan_esp(struct plan *plan, struct rootfs **files, struct err *err);
int plan_root(struct plan *plan, struct rootfs **files, struct err *err);

/*
 * The table to be changed: what the GPT says now. plan->table_changed is for the
 * caller to set. -ENOTSUP: there is no usable copy, or a partition is not on the disk.
 */
int plan_table(struct plan *plan, struct plan_table **table, struct err *err);
/* The same made of an MBR's primary partitions, on a disk that grows if it must. */
int plan_table_of_mbr(struct plan *plan, struct plan_table **table, struct err *err);
/* The partition of that number; NULL: there is none. */
struct plan_part *plan_part(struct plan_table *table, unsigned number);
void plan_table_free(struct plan_table *table);

/* A GUID that nobody has. */
int plan_new_guid(struct guid *guid, struct err *err);

/* Adds to what is done to file systems as a whole; once for each. */
void plan_whole(struct plan *plan, enum plan_whole what, unsigned partition);
/* The greater one wins. */
void plan_container(struct plan *plan, enum plan_container what);

#endif
