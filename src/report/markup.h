/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text in HTML and XML, and the marks that are made of it. Private to report/.
 */
#ifndef ARMVM_REPORT_MARKUP_H
#define ARMVM_REPORT_MARKUP_H

#include "base/buf.h"

/* Adds text as it may stand in an element or in a quoted attribute, made safe by report_safe(). */
void markup_text(struct text *out, const char *text);

/* The SHA-256 of the texts, NUL between them, as hex: a mark by which a finding is known again. */
void markup_fingerprint(const char *const *texts, size_t n, char hex[65]);

/* A path as a URI: file:/// for an absolute one, relative else; what URIs do not have is percent-encoded. */
void markup_uri(struct text *out, const char *path);

#endif
