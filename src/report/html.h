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

/* Opens and closes a section with a heading, which is plain text of ours. */
void html_section(struct buf *out, const char *heading);
void html_section_end(struct buf *out);

/* html_findings.c: what is wrong, what is waived, and all checks. */
void html_findings(struct buf *out, const struct verdict *v);
void html_checks(struct buf *out, const struct verdict *v);

/* html_layout.c: the disk, drawn to scale, and its partitions. */
void html_layout(struct buf *out, const struct facts *facts);

/* html_boot.c: the scenarios; the timeline, the screen and the variables of the first boot; checksums. */
void html_scenarios(struct buf *out, const struct verdict *v);
void html_boot(struct buf *out, const struct facts *facts, const struct verdict *v);

#endif
