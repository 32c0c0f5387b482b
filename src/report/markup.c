/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text in HTML and XML. See markup.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "report/markup.h"
#include "report/report.h"

void markup_text(struct text *out, const char *text)
{
	struct text safe CLEANUP(text_release) = TEXT_INIT;

	report_safe(&safe, text);
	for (const char *p = text_str(&safe); *p; p++) {
		switch (*p) {
		case '&':
			text_puts(out, "&amp;");
			break;
		case '<':
			text_puts(out, "&lt;");
			break;
		case '>':
			text_puts(out, "&gt;");
			break;
		case '"':
			text_puts(out, "&quot;");
			break;
		case '\'':
			text_puts(out, "&#39;");
			break;
		default:
			text_add(out, p, 1);
		}
	}
}

void markup_fingerprint(const char *const *texts, size_t n, char hex[65])
{
	struct sha256_ctx sum;

	sha256_init(&sum);
	for (size_t i = 0; i < n; i++)
		sha256_update(&sum, strlen(texts[i]) + 1, (const uint8_t *)texts[i]);
	sha256_hex(&sum, hex);
}

void markup_uri(struct text *out, const char *path)
{
	static const char plain[] = "/-._~";

	if (*path == '/')
		text_puts(out, "file://");
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
			(*p >= 'A' && *p <= 'Z') || strchr(plain, *p))
			text_add(out, (const char *)p, 1);
		else
			text_printf(out, "%%%02X", *p);
	}
}
