/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fix will do, or has done, to an image: for people, and as JSON.
 */
#ifndef ARMVM_REPORT_FIX_H
#define ARMVM_REPORT_FIX_H

#include "fix/fix.h"
#include "report/report.h"

/* What is mended, every change as a diff, what stays and why, and the conclusion. */
void report_fix(struct text *out, const char *image, const struct fix_result *r, unsigned flags,
	unsigned width);

/* One image of a JSON report: like report_json_image(), report_json_failed(). */
void report_json_fix(struct report_json *json, const char *image, const struct fix_result *r);

#endif
