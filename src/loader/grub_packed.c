/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed files as GRUB opens them. See grub_packed.h. */
#include "loader/grub_packed.h"

#include <string.h>

#include "base/bytes.h"

/* RFC 1952: what follows the header, and what GRUB takes for an encrypted file or one in parts. */
#define GZIP_FLAGS   3
#define GZIP_REFUSED 0xe2

/* The .xz file format 1.1, 2.1.1 and 3.1. */
#define XZ_BLOCK        12 /* behind the stream's header */
#define XZ_FILTERS      0x03
#define XZ_HAS_PACKED   0x40
#define XZ_HAS_SIZE     0x80
#define XZ_LZMA2        0x21
#define XZ_FIRST_BRANCH 0x04 /* x86, powerpc, ia64, arm, armthumb, sparc */
#define XZ_LAST_BRANCH  0x09

/* lzop: two more versions stand before the flags. */
#define LZOP_FLAGS   17
#define LZOP_REFUSED 0x840u /* filters, and a field of its own */

static const char *refuses_gzip(const uint8_t *head, size_t len)
{
	return len > GZIP_FLAGS && (head[GZIP_FLAGS] & GZIP_REFUSED)
		       ? "GRUB does not open gzip with a checksum of its header"
		       : NULL;
}

/* A number of variable length (1.2) at *at; those that do not fit are cut, and no filter's. */
static uint64_t number(const uint8_t *head, size_t len, size_t *at)
{
	uint64_t value = 0;

	for (unsigned shift = 0; *at < len && shift < 63; shift += 7) {
		uint8_t byte = head[(*at)++];

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* GRUB has a decoder of LZMA2, and before it one of what branches of some architectures were changed to, from 0 on. */
static const char *refuses_xz(const uint8_t *head, size_t len)
{
	static const char why[] =
		"GRUB undoes none of this xz file's filters but x86, powerpc, ia64, arm, "
		"armthumb and sparc";
	size_t at = XZ_BLOCK + 2;
	unsigned filters;

	/* An index, or what is cut off: what is unpacked says so. */
	if (len <= at || !head[XZ_BLOCK])
		return NULL;
	filters = (head[XZ_BLOCK + 1] & XZ_FILTERS) + 1u;
	if (head[XZ_BLOCK + 1] & XZ_HAS_PACKED)
		number(head, len, &at);
	if (head[XZ_BLOCK + 1] & XZ_HAS_SIZE)
		number(head, len, &at);
	for (unsigned i = 0; i < filters; i++) {
		uint64_t id = number(head, len, &at), size = number(head, len, &at);
		bool branch = filters == 2 && i == 0 && id >= XZ_FIRST_BRANCH &&
			      id <= XZ_LAST_BRANCH && size == 0;

		if (!branch && !(id == XZ_LZMA2 && i + 1 == filters))
			return why;
		at += size < len ? (size_t)size : len;
	}
	return NULL;
}

static const char *refuses_lzop(const uint8_t *head, size_t len)
{
	return len >= LZOP_FLAGS + 4 && (be32(head + LZOP_FLAGS) & LZOP_REFUSED)
		       ? "GRUB does not open lzop's files with filters"
		       : NULL;
}

static const struct {
	const char *format;
	const char *(*refuses)(const uint8_t *head, size_t len);
} modules[GRUB_PACKED_MAX] = { { "gzip", refuses_gzip }, { "xz", refuses_xz },
	{ "lzo", refuses_lzop } };

int grub_packed_open(struct grub_packed *g, const struct cpio_source *file, struct err *err)
{
	int ret = 0;

	*g = (struct grub_packed){ 0 };
	g->streams[0] = packed_stream_new(file);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(modules); i++) {
		struct packed_stream *outer = g->streams[g->n];
		const struct cpio_source inside = { packed_stream_read, outer };
		const uint8_t *head;
		const char *format;
		size_t len;

		ret = packed_stream_head(outer, &head, &len, err);
		format = ret < 0 ? NULL : packed_format(head, len);
		if (!format || strcmp(format, modules[i].format) != 0)
			continue;
		g->refused = modules[i].refuses(head, len);
		if (g->refused)
			break;
		ret = packed_stream_unpack(outer, err);
		g->formats[g->n++] = format;
		g->streams[g->n] = packed_stream_new(&inside);
	}
	return ret;
}

int64_t grub_packed_read(struct grub_packed *g, void *bytes, size_t len, struct err *err)
{
	return packed_stream_read(g->streams[g->n], bytes, len, err);
}

int grub_packed_end(
	struct grub_packed *g, const uint8_t last[4], const char **problem, struct err *err)
{
	*problem = NULL;
	for (size_t i = g->n; i-- && !*problem;) {
		bool gzip = strcmp(g->formats[i], "gzip") == 0, more = false;
		int ret = packed_stream_behind(g->streams[i], &more, err);

		if (ret < 0)
			return ret;
		if (!gzip && more)
			*problem =
				"something stands behind its stream, and GRUB does not open it so";
		else if (gzip && (uint32_t)packed_stream_given(g->streams[i]) != le32(last))
			*problem =
				"something stands behind its stream, and GRUB takes the size of what is in it "
				"from the end of the file";
	}
	return 0;
}

void grub_packed_release(struct grub_packed *g)
{
	for (size_t i = ARRAY_SIZE(g->streams); i--;)
		packed_stream_free(g->streams[i]);
	*g = (struct grub_packed){ 0 };
}
