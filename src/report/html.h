/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces of the HTML report: each file adds sections to the page. Private to report/.
 */
#ifndef ARMVM_REPORT_HTML_H
#define ARMVM_REPORT_HTML_H

#include "checks/verdict.h"
#include "image/facts.h"
#include "report/markup.h"

extern const char html_style[];

/*
 * Opens and closes a section with a heading, which is plain text of ours. A whole one
 * is not spread over pages when it is printed.
 */
void html_section(struct text *out, const char *heading);
void html_section_whole(struct text *out, const char *heading);
void html_section_end(struct text *out);

/* Adds how many checks had which outcome, gravest first: "1 error, 20 passed". */
void html_counts(struct text *out, const struct check_result *results, size_t n);

/* The class that gives a finding of this severity its colour; static. */
const char *html_tone(enum severity severity);

/* html_findings.c: what is wrong, and what is waived. */
void html_findings(struct text *out, const struct verdict *v);

/* html_checks.c: all checks. */
void html_checks(struct text *out, const struct verdict *v);

/* html_layout.c: the disk, drawn to scale, and its partitions. */
void html_layout(struct text *out, const struct facts *facts);

/* html_boot.c: the scenarios; the timeline, the screen and the variables of the first boot; checksums. */
void html_scenarios(struct text *out, const struct verdict *v);
void html_boot(struct text *out, const struct facts *facts, const struct verdict *v);

#endif
