/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports that are written to files beside the one that is printed: a page for
 * people (HTML), and what continuous integration reads (JUnit's XML, SARIF 2.1.0,
 * GitLab's code quality JSON). One file is about all images.
 */
#ifndef ARMVM_REPORT_FILE_H
#define ARMVM_REPORT_FILE_H

#include "report/report.h"

/* What a kind of report does with each image; each kind is a file that defines one of these. */
struct report_type {
	const char *option; /* "--junit" */
	void *(*begin)(void);
	void (*image)(void *report, const struct facts *facts, const struct verdict *v);
	/* An image that could not be looked at at all. */
	void (*failed)(void *report, const char *path, const struct err *why);
	/* Appends the document and frees the report. */
	void (*end)(void *take_report, struct text *out);
};

extern const struct report_type report_html, report_junit, report_sarif, report_quality;

#endif
