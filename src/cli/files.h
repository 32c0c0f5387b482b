/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reports that check writes to files: --report, --junit, --sarif and
 * --code-quality. Private to cli/.
 */
#ifndef ARMVM_CLI_FILES_H
#define ARMVM_CLI_FILES_H

#include "cli/cli.h"
#include "glance/digest.h"
#include "report/file.h"

#define REPORT_FILES 4

struct report_files {
	const char *paths[REPORT_FILES]; /* NULL: not wanted */
	void *reports[REPORT_FILES];
	bool cut; /* a digest that a report shows was not computed to its end */
};

/* Takes the option of this number, from 0 to REPORT_FILES - 1; "--report" is 0. */
int report_files_take(
	const struct verb *verb, struct report_files *f, int number, const char *path);
/* Whether any is wanted. */
bool report_files_any(const struct report_files *f);

void report_files_begin(struct report_files *f);
/* Has an image's digest computed while the image is judged, if a report shows it. */
void report_files_prepare(const struct report_files *f, const char *path, struct digest_task *t);
/* The digest, or, where the task was not started, one that is computed now, is put into facts. */
void report_files_image(struct report_files *f, struct digest_task *t, struct facts *facts,
	const struct verdict *v);
void report_files_failed(struct report_files *f, const char *path, const struct err *why);
/*
 * Puts the files in place, each whole. STATUS_FOUND, having said so, when one cannot be written;
 * STATUS_UNDETERMINED when one lacks a digest because of a ^C.
 */
int report_files_end(struct report_files *f);

#endif
