/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One fix under way, for the files of fix/ that carry it out. Private.
 */
#ifndef ARMVM_FIX_INTERNAL_H
#define ARMVM_FIX_INTERNAL_H

#include "base/outfile.h"
#include "base/scratch.h"
#include "disk/format.h"
#include "fix/fix.h"
#include "plan/plan.h"

struct disk;
struct disk_facts;
struct image;

/* The image's content as raw bytes, in a file that can be changed. */
struct work {
	int fd;
	const char *path; /* of the same file: a name that other programs can resolve */
};

/* ---- source.c ---- */

/* The input, locked against a second fix; refused while QEMU has it open for writing. */
struct source {
	int fd;
	char *path; /* links resolved */
};

int source_open(struct source *s, const char *path, bool in_place, struct err *err);
void source_release(struct source *s);
DEFINE_RELEASE(struct source, source_release)

/* ---- findings.c ---- */

/* Why findings are not mended, the newest last. */
struct reasons {
	struct record_mend *v;
	size_t n;
};

void reasons_release(struct reasons *r);
DEFINE_RELEASE(struct reasons, reasons_release)

/* Asks the checks that found something, and that done does not have yet, for repairs. */
int plan_findings(const struct fix_options *opts, const struct verdict *v,
	const struct record *done, struct plan *plan, struct reasons *reasons, struct err *err);
/* Whether something was done on behalf of that check. */
bool record_has_mended(const struct record *record, const char *id);
/* Adds what v found and what will stay. planned: what was planned is not done yet. */
void collect_left(struct fix_result *result, const struct verdict *v, const struct reasons *reasons,
	bool planned);

/* ---- copy.c ---- */

/* All of a raw file, holes kept, its blocks shared where the host can. */
int copy_file(int from, int to, struct err *err);
/* All of a disk in any format. */
int copy_disk(struct disk *from, int to, struct err *err);
/* A piece of one file to a place in another, whose old content there goes. */
int copy_piece(int from, uint64_t from_off, int to, uint64_t to_off, uint64_t len, struct err *err);

/* ---- container.c ---- */

/* Opens what a container that must not be read as it is becomes after plan->container. */
int container_unpack(const struct plan *plan, const struct outfile *beside, const struct work *w,
	struct err *err);
/* The format that the ending of a name names; FORMAT_COUNT: none that is written. */
enum disk_format container_named(const char *path);
/* Writes work as an image of that format into out; of the input's format, of the same kind. */
int container_pack(enum disk_format format, const struct disk_facts *facts, const struct work *w,
	struct outfile *out, struct err *err);

/* ---- apply.c ---- */

/* Carries a plan out. beside: where scratch files go. */
int apply_plan(const struct plan *plan, const struct work *w, const struct outfile *beside,
	struct err *err);

/* ---- apply_fat.c ---- */

struct rootfs;
/* Makes the changes of a staged layer in the FAT volume at [start, start + size) of work. */
int apply_fat(const struct rootfs *staged, const struct work *w, uint64_t start, uint64_t size,
	int64_t now, struct err *err);

/* ---- apply_whole.c ---- */

/* What is done to the file system in [start, start + size) of work. */
int apply_work(enum plan_whole what, const struct work *w, uint64_t start, uint64_t size,
	const struct outfile *beside, struct err *err);

#endif
