/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOOT.CSV as shim's fallback reads it: UTF-16LE lines of
 * "loader,label,arguments,comment", a byte order mark before the first.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "esp/esp.h"

#define CSV_ROWS_MAX  64
#define CSV_BYTES_MAX (64u * 1024)

/* Cuts the next field off *rest, which becomes NULL after the last one. */
static char *next_field(char **rest)
{
	char *field = *rest, *comma;

	if (!field)
		return xstrdup("");
	comma = strchr(field, ',');
	*rest = comma ? comma + 1 : NULL;
	return comma ? xstrndup(field, (size_t)(comma - field)) : xstrdup(field);
}

static void parse_line(char *line, struct esp_csv *out)
{
	struct esp_csv_row row;
	size_t len = strlen(line);

	if (len && line[len - 1] == '\r')
		line[--len] = 0;
	if (len == 0 || out->n == CSV_ROWS_MAX)
		return;
	row.loader = next_field(&line);
	row.label = next_field(&line);
	row.arguments = next_field(&line);
	if (!row.loader[0] || !row.label[0])
		out->malformed = true;
	out->rows = xreallocarray(out->rows, out->n + 1, sizeof(*out->rows));
	out->rows[out->n++] = row;
}

void esp_csv_parse(const void *bytes, size_t len, struct esp_csv *out)
{
	const uint8_t *p = bytes;
	CLEANUP(xfree) char *text = NULL;
	char *line, *next;

	memset(out, 0, sizeof(*out));
	if (len >= 2 && le16(p) == 0xfeff) {
		p += 2;
		len -= 2;
	}
	if (len > CSV_BYTES_MAX)
		len = CSV_BYTES_MAX;
	/* ASCII in bytes shows as a second byte that is not 0. */
	out->malformed = len % 2 != 0 || (len >= 2 && p[0] && p[1] && p[0] < 0x80 && p[1] < 0x80);
	text = utf16le_to_utf8(p, len / 2);
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		parse_line(line, out);
	}
}

void esp_csv_release(struct esp_csv *csv)
{
	for (size_t i = 0; i < csv->n; i++) {
		free(csv->rows[i].loader);
		free(csv->rows[i].label);
		free(csv->rows[i].arguments);
	}
	free(csv->rows);
	memset(csv, 0, sizeof(*csv));
}
