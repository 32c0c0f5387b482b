/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths from text (UEFI 2.10 10.6.1, 10.6.4): nodes apart by '/',
 * instances by ','. As in edk2, a parameter that is missing or malformed counts
 * as zero, and the path ends at a node whose parentheses don't pair.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path_shapes.h"

#define DATA_MAX (0xffffu - DP_HEADER)

static bool parse_shape(const struct dp_shape *shape, char *params, struct buf *out)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT;

	memset(buf_reserve(&data, shape->size), 0, shape->size);
	buf_added(&data, shape->size);
	if (shape->mark.size)
		memcpy(buf_edit(&data) + shape->mark.at, shape->mark.bytes, shape->mark.size);
	for (const struct dp_field *f = shape->fields; f->kind; f++)
		f->kind->take(&params, &data, f);
	if (!data.len && shape->flags & DP_SHAPE_FILLED)
		return false;
	if (data.len > DATA_MAX)
		return false;
	dp_add(out, shape->type, shape->subtype, buf_text(&data), data.len);
	return true;
}

/* "MediaPath(9,00ff)", "Path(4,9,00ff)": type 0 is the one that names its type. */
static bool parse_generic(uint8_t type, char *params, struct buf *out)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT;
	uint8_t subtype;
	const char *text;

	if (!type)
		type = (uint8_t)dp_number(dp_param(&params));
	subtype = (uint8_t)dp_number(dp_param(&params));
	text = dp_param(&params);
	dp_add_hex(&data, text, strlen(text) / 2);
	/* An end in the middle would cut the path off. */
	if (type == DP_END || data.len > DATA_MAX)
		return false;
	dp_add(out, type, subtype, buf_text(&data), data.len);
	return true;
}

/* 1: parsed, 0: a name that is not known, -1: no node can be made of it. */
static int parse_named(const char *name, char *params, struct buf *out)
{
	for (size_t i = 0; i < dp_n_shapes; i++)
		if (strcmp(name, dp_shapes[i].name) == 0)
			return parse_shape(&dp_shapes[i], params, out) ? 1 : -1;
	for (uint8_t i = DP_HARDWARE; i <= DP_BBS; i++)
		if (strcmp(name, dp_generic[i]) == 0)
			return parse_generic(i, params, out) ? 1 : -1;
	return strcmp(name, "Path") != 0 ? 0 : parse_generic(0, params, out) ? 1 : -1;
}

/* What is no node's name is a file's. */
static bool parse_file(const char *text, struct buf *out)
{
	CLEANUP(buf_release) struct buf units = BUF_INIT;
	size_t len = strlen(text);
	int n = utf8_to_utf16le(text, buf_reserve(&units, 2 * len + 2), len);

	if (n < 0 || (size_t)n * 2 + 2 > DATA_MAX)
		return false;
	put_le16(buf_edit(&units) + 2 * n, 0);
	dp_add(out, DP_MEDIA, DP_MEDIA_FILE, buf_bytes(&units), (size_t)n * 2 + 2);
	return true;
}

static bool parse_node(const char *text, size_t len, struct buf *out)
{
	CLEANUP(xfree) char *node = xstrndup(text, len);
	char *open = strchr(node, '('), *close = open ? strchr(open, ')') : NULL;
	int parsed;

	if (!len)
		return false;
	if (close) {
		CLEANUP(xfree) char *name = xstrndup(node, (size_t)(open - node));
		CLEANUP(xfree)
		char *params = xstrndup(open + 1, (size_t)(close - open - 1));

		parsed = parse_named(name, params, out);
		if (parsed)
			return parsed > 0;
	}
	return parse_file(node, out);
}

bool dp_node_from_text(const char *text, struct buf *out)
{
	return parse_node(text, strlen(text), out);
}

/* How long the node at text is, up to a separator outside of parentheses; 0 when they don't pair. */
static size_t node_length(const char *text)
{
	int depth = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] == '(')
			depth++;
		else if (text[i] == ')')
			depth--;
		else if (depth == 0 && (text[i] == '/' || text[i] == ','))
			break;
	}
	return depth ? 0 : i;
}

bool dp_from_text(const char *text, struct buf *out)
{
	if (!*text)
		return false;
	while (*text) {
		size_t len;

		text += strspn(text, "/,()");
		len = node_length(text);
		if (!len)
			break;
		(void)parse_node(text, len, out);
		text += len;
		if (*text == ',') {
			dp_add(out, DP_END, DP_END_INSTANCE, "", 0);
			text++;
		}
	}
	dp_add_end(out);
	return true;
}
