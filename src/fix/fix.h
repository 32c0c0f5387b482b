/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mending an image: check it, plan what its findings need (checks' fix()), carry
 * that out in a copy, check and boot the copy, and only then put it in place.
 * The input is only read, and replaced atomically when that was asked for.
 *
 * What is done to file systems and tables may bring to light what could not be
 * read before, so checking and planning go on until nothing more is planned.
 */
#ifndef ARMVM_FIX_FIX_H
#define ARMVM_FIX_FIX_H

#include "base/buf.h"
#include "base/err.h"
#include "checks/verdict.h"
#include "plan/record.h"

struct image_keys;

/* Called before each step; for a progress line. */
typedef void fix_progress_fn(void *ctx, const char *step);

struct fix_options {
	const char *image;
	/* NULL: fix_default_name(); an ending that names another format than the input's asks for it */
	const char *out;
	bool in_place; /* replace the input */
	bool dry_run;  /* plan, and write nothing */
	bool force;    /* replace an existing out, and do what may lose something */
	bool verify;   /* boot the result in every scenario */
	int64_t now;   /* seconds since 1970 that changes are dated */
	const struct selection
		*only; /* whose findings are mended; nothing selected: errors and warnings */
	struct image_keys *keys;   /* of encrypted volumes; NULL: none */
	fix_progress_fn *progress; /* may be NULL */
	void *progress_ctx;
};

enum fix_outcome {
	FIX_NOTHING, /* nothing to do: the input was left alone */
	FIX_PLANNED, /* a dry run: there is something to do */
	FIX_DONE,    /* out was written */
	FIX_UNABLE,  /* nothing can be done about what was found: the input was left alone */
};

/* A finding that stays. */
struct fix_left {
	const char *id;
	enum severity severity;
	char *text; /* where and what, or why a check could not answer */
	char *why;  /* why it is not mended */
};

/* Starts zeroed. */
struct fix_result {
	enum fix_outcome outcome;
	char *out; /* of FIX_DONE: what was written; of FIX_PLANNED: what would be */
	struct record record;
	struct fix_left *left;
	size_t n_left;
	enum conclusion before; /* about the input, without a boot */
	enum conclusion after;  /* about what was written, or, where nothing was, as before */
	bool booted;            /* what was written was booted */
};

void fix_result_release(struct fix_result *r);
DEFINE_RELEASE(struct fix_result, fix_result_release)

/* Whether an error, or a doubt about one, is among what stays: 0, 1 or 3 as an exit status. */
int fix_exit_status(const struct fix_result *r);

/*
 * Returns 0 with the outcome in *result; -EBUSY when the image is in use by
 * QEMU or by another fix; -EBADMSG when the result has an error that the input
 * has not, and was not put in place; else what went wrong, the input being as
 * it was.
 */
int fix_image(const struct fix_options *opts, struct fix_result *result, struct err *err);

/* "a/disk.qcow2" gives "a/disk.portable.qcow2". The caller frees it. */
char *fix_default_name(const char *image);

#endif
