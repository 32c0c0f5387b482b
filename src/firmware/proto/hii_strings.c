/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages. See hii_strings.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "firmware/proto/hii_strings.h"

/* EFI_HII_PACKAGE_LIST_HEADER: a GUID and the length */
#define LIST_HEADER 20

#define PACKAGE_HEADER 4

/* EFI_HII_STRING_PACKAGE_HDR (33.3.6.2) */
#define STRINGS_HEADER_SIZE 4
#define STRINGS_INFO        8
#define STRINGS_LANGUAGE    46

/* EFI_HII_STRING_BLOCK types (33.3.6.3) */
enum {
	BLOCK_END = 0x00,
	BLOCK_SCSU = 0x10, /* up to _UCS2_LAST: one bit each for a font, many strings, UTF-16 */
	BLOCK_UCS2_LAST = 0x17,
	BLOCK_DUPLICATE = 0x20,
	BLOCK_SKIP2 = 0x21,
	BLOCK_SKIP1 = 0x22,
	BLOCK_EXT1 = 0x30,
	BLOCK_EXT2 = 0x31,
	BLOCK_EXT4 = 0x32,
};
#define BLOCK_FONT_BIT 1
#define BLOCK_MANY_BIT 2
#define BLOCK_UCS2_BIT 4

/* A string may be the duplicate of a duplicate, but not without end. */
#define DUPLICATES_MAX 8

bool hii_next_package(const uint8_t *list, size_t len, size_t *at, struct hii_package *out)
{
	if (!*at)
		*at = LIST_HEADER;
	if (!range_within(*at, PACKAGE_HEADER, len))
		return false;
	out->p = list + *at;
	out->len = le32(out->p) & 0xffffff;
	out->type = out->p[3];
	if (out->type == HII_PACKAGE_END || out->len < PACKAGE_HEADER ||
		!range_within(*at, out->len, len))
		return false;
	*at += out->len;
	return true;
}

const char *hii_language(const struct hii_package *package)
{
	const char *language = (const char *)package->p + STRINGS_LANGUAGE;

	if (package->len <= STRINGS_LANGUAGE ||
		!memchr(language, 0, package->len - STRINGS_LANGUAGE))
		return NULL;
	return language;
}

struct walk {
	const uint8_t *p;
	size_t len, at;
	uint32_t id;      /* of the next string */
	uint32_t wanted;  /* the one that is searched */
	struct buf *out;  /* gets it */
	uint16_t instead; /* it is a duplicate of this one; 0: it is not */
	bool found;
};

static bool take16(struct walk *w, uint32_t *v)
{
	if (!range_within(w->at, 2, w->len))
		return false;
	*v = le16(w->p + w->at);
	w->at += 2;
	return true;
}

/* One text, SCSU being taken for Latin-1, which it is as long as nobody uses its windows. */
static bool walk_text(struct walk *w, bool ucs2)
{
	size_t unit = ucs2 ? 2 : 1, start = w->at, end = start;
	uint8_t two[2] = { 0, 0 };

	for (;; end += unit) {
		if (!range_within(end, unit, w->len))
			return false;
		if (ucs2 ? le16(w->p + end) == 0 : w->p[end] == 0)
			break;
	}
	w->at = end + unit;
	if (w->id++ != w->wanted)
		return true;
	w->found = true;
	for (; start < end; start += unit) {
		put_le16(two, ucs2 ? le16(w->p + start) : w->p[start]);
		buf_add(w->out, two, 2);
	}
	put_le16(two, 0);
	buf_add(w->out, two, 2);
	return true;
}

static bool walk_texts(struct walk *w, uint8_t type)
{
	uint32_t count = 1;

	if (type & BLOCK_FONT_BIT && !range_within(w->at++, 1, w->len))
		return false;
	if (type & BLOCK_MANY_BIT && !take16(w, &count))
		return false;
	while (count-- && !w->found)
		if (!walk_text(w, type & BLOCK_UCS2_BIT))
			return false;
	return true;
}

/* Over a block that holds no text: its own length says how far. */
static bool walk_extension(struct walk *w, uint8_t type)
{
	size_t field = type == BLOCK_EXT1 ? 1 : type == BLOCK_EXT2 ? 2 : 4;
	size_t start = w->at - 1;
	uint64_t len;

	if (!range_within(w->at + 1, field, w->len))
		return false;
	len = field == 1   ? w->p[w->at + 1]
	      : field == 2 ? le16(w->p + w->at + 1)
			   : le32(w->p + w->at + 1);
	if (len < 2 + field || !range_within(start, len, w->len))
		return false;
	w->at = start + len;
	return true;
}

static bool walk_block(struct walk *w)
{
	uint8_t type = w->p[w->at++];
	uint32_t v;

	if (type >= BLOCK_SCSU && type <= BLOCK_UCS2_LAST)
		return walk_texts(w, type);
	switch (type) {
	case BLOCK_DUPLICATE:
		if (!take16(w, &v))
			return false;
		if (w->id++ == w->wanted)
			w->instead = (uint16_t)v;
		return true;
	case BLOCK_SKIP2:
		if (!take16(w, &v))
			return false;
		w->id += v;
		return true;
	case BLOCK_SKIP1:
		if (!range_within(w->at, 1, w->len))
			return false;
		w->id += w->p[w->at++];
		return true;
	case BLOCK_EXT1:
	case BLOCK_EXT2:
	case BLOCK_EXT4:
		return walk_extension(w, type);
	default:
		return false; /* BLOCK_END, or something that cannot be stepped over */
	}
}

bool hii_string(const struct hii_package *package, uint16_t id, struct buf *out)
{
	struct walk w = { .p = package->p, .len = package->len, .out = out };

	if (package->len < STRINGS_LANGUAGE)
		return false;
	for (unsigned n = 0; n < DUPLICATES_MAX; n++) {
		w.at = le32(package->p + STRINGS_INFO);
		w.id = 1;
		w.wanted = id;
		w.instead = 0;
		while (w.at < w.len && w.id <= id && !w.found && walk_block(&w))
			;
		if (w.found || !w.instead)
			break;
		id = w.instead;
	}
	return w.found;
}
