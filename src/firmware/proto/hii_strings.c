/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages. See hii_strings.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "firmware/proto/hii_packages.h"
#include "firmware/proto/hii_strings.h"

/* EFI_HII_STRING_PACKAGE_HDR (33.3.6.2) */
#define STRINGS_HEADER_SIZE 4
#define STRINGS_INFO        8
#define STRINGS_WINDOWS     12
#define STRINGS_NAME        44
#define STRINGS_LANGUAGE    46

/* EFI_HII_STRING_BLOCK types (33.3.6.3) */
enum {
	BLOCK_END = 0x00,
	BLOCK_SCSU = 0x10, /* up to _UCS2_LAST: one bit each for a font, many strings, UTF-16 */
	BLOCK_UCS2 = 0x14,
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

const char *hii_languages(const uint8_t *package, size_t len)
{
	const char *language = (const char *)package + STRINGS_LANGUAGE;

	if (len <= STRINGS_LANGUAGE || !memchr(language, 0, len - STRINGS_LANGUAGE))
		return NULL;
	return language;
}

bool hii_has_language(const uint8_t *package, size_t len, const char *language)
{
	const char *all = hii_languages(package, len);
	size_t n = all ? strcspn(all, ";") : 0;

	return all && strlen(language) == n && strncasecmp(all, language, n) == 0;
}

struct walk {
	const uint8_t *p;
	size_t len, at;
	size_t block;     /* where the block began */
	uint8_t type;     /* that it is of */
	uint64_t id;      /* of the next string */
	uint64_t wanted;  /* the one that is searched; 0: none */
	uint16_t instead; /* it is a duplicate of this one; 0: it is not */
	struct hii_place *out;
};

static bool take16(struct walk *w, uint32_t *v)
{
	if (!range_within(w->at, 2, w->len))
		return false;
	*v = le16(w->p + w->at);
	w->at += 2;
	return true;
}

static void found(struct walk *w, enum hii_place_kind kind)
{
	w->out->kind = kind;
	w->out->block = w->block;
	w->out->type = w->type;
}

static bool walk_text(struct walk *w, bool ucs2)
{
	size_t unit = ucs2 ? 2 : 1, end = w->at;

	for (;; end += unit) {
		if (!range_within(end, unit, w->len))
			return false;
		if (ucs2 ? le16(w->p + end) == 0 : w->p[end] == 0)
			break;
	}
	end += unit;
	if (w->id++ == w->wanted) {
		found(w, HII_TEXT);
		w->out->text = w->at;
		w->out->len = end - w->at;
	}
	w->at = end;
	return true;
}

static bool walk_texts(struct walk *w)
{
	uint32_t count = 1;

	if (w->type & BLOCK_FONT_BIT && !range_within(w->at++, 1, w->len))
		return false;
	if (w->type & BLOCK_MANY_BIT && !take16(w, &count))
		return false;
	while (count-- && !w->out->kind)
		if (!walk_text(w, w->type & BLOCK_UCS2_BIT))
			return false;
	return true;
}

/* Over a block that holds no text: its own length says how far. */
static bool walk_extension(struct walk *w)
{
	size_t field = w->type == BLOCK_EXT1 ? 1 : w->type == BLOCK_EXT2 ? 2 : 4;
	uint64_t len;

	if (!range_within(w->at + 1, field, w->len))
		return false;
	len = field == 1   ? w->p[w->at + 1]
	      : field == 2 ? le16(w->p + w->at + 1)
			   : le32(w->p + w->at + 1);
	if (len < 2 + field || !range_within(w->block, len, w->len))
		return false;
	w->at = w->block + len;
	return true;
}

static bool walk_skip(struct walk *w)
{
	uint32_t n;

	if (w->type == BLOCK_SKIP2) {
		if (!take16(w, &n))
			return false;
	} else if (range_within(w->at, 1, w->len)) {
		n = w->p[w->at++];
	} else {
		return false;
	}
	if (w->wanted >= w->id && w->wanted - w->id < n) {
		found(w, HII_SKIPPED);
		w->out->before = (uint32_t)(w->wanted - w->id);
		w->out->after = n - w->out->before - 1;
	}
	w->id += n;
	return true;
}

static bool walk_block(struct walk *w)
{
	uint32_t v;

	w->block = w->at;
	w->type = w->p[w->at++];
	if (w->type >= BLOCK_SCSU && w->type <= BLOCK_UCS2_LAST)
		return walk_texts(w);
	switch (w->type) {
	case BLOCK_DUPLICATE:
		if (!take16(w, &v))
			return false;
		if (w->id++ == w->wanted)
			w->instead = (uint16_t)v;
		return true;
	case BLOCK_SKIP2:
	case BLOCK_SKIP1:
		return walk_skip(w);
	case BLOCK_EXT1:
	case BLOCK_EXT2:
	case BLOCK_EXT4:
		return walk_extension(w);
	default:
		w->at--;
		return false; /* BLOCK_END, or something that cannot be stepped over */
	}
}

static void walk_from_start(struct walk *w)
{
	w->at = le32(w->p + STRINGS_INFO);
	w->id = 1;
	w->instead = 0;
}

void hii_find(const uint8_t *package, size_t len, uint16_t id, struct hii_place *out)
{
	struct walk w = { .p = package, .len = len, .out = out };

	*out = (struct hii_place){ .kind = HII_NOWHERE };
	if (len < STRINGS_LANGUAGE || !id)
		return;
	for (unsigned n = 0; n < DUPLICATES_MAX; n++) {
		w.wanted = id;
		walk_from_start(&w);
		while (w.at < len && w.id <= id && walk_block(&w))
			;
		if (out->kind || !w.instead)
			return;
		id = w.instead;
	}
}

bool hii_last(const uint8_t *package, size_t len, uint32_t *id, size_t *end)
{
	struct hii_place none = { .kind = HII_NOWHERE };
	struct walk w = { .p = package, .len = len, .out = &none };

	if (len < STRINGS_LANGUAGE)
		return false;
	walk_from_start(&w);
	while (w.at < len && walk_block(&w))
		;
	if (w.at >= len || package[w.at] != BLOCK_END || w.id > HII_STRINGS_MAX + 1)
		return false;
	*id = (uint32_t)w.id - 1;
	*end = w.at;
	return true;
}

bool hii_has_font(const struct hii_place *place)
{
	return place->type & BLOCK_FONT_BIT;
}

/* SCSU is taken for Latin-1, which it is as long as nobody uses its windows: edk2 does so, too. */
void hii_text(const uint8_t *package, const struct hii_place *place, struct buf *out)
{
	const uint8_t *text = package + place->text;

	if (place->type & BLOCK_UCS2_BIT) {
		buf_add(out, text, place->len);
		return;
	}
	for (size_t i = 0; i < place->len; i++) {
		uint8_t two[2] = { text[i], 0 };

		buf_add(out, two, 2);
	}
}

/* --- changes */

/* Puts n bytes in the place of those from at to end, and says in the header how long the package is now. */
static bool splice(struct buf *package, size_t at, size_t end, const struct buf *bytes)
{
	CLEANUP(buf_release) struct buf old = *package;

	if (!hii_length_fits(old.len - (end - at) + bytes->len)) {
		old = (struct buf)BUF_INIT;
		return false;
	}
	*package = (struct buf)BUF_INIT;
	buf_add(package, buf_bytes(&old), at);
	buf_add(package, buf_bytes(bytes), bytes->len);
	buf_add(package, buf_bytes(&old) + end, old.len - end);
	hii_put_length(package);
	return true;
}

static void add_skip(struct buf *b, uint32_t n)
{
	uint8_t block[3] = { BLOCK_SKIP2 };

	put_le16(block + 1, (uint16_t)n);
	if (n)
		buf_add(b, block, sizeof(block));
}

static void add_block(struct buf *b, const uint8_t *text, size_t n)
{
	static const uint8_t type = BLOCK_UCS2;

	buf_add(b, &type, 1);
	buf_add(b, text, n);
}

static bool set_skipped(
	struct buf *package, const struct hii_place *place, const uint8_t *text, size_t n)
{
	CLEANUP(buf_release) struct buf blocks = BUF_INIT;

	add_skip(&blocks, place->before);
	add_block(&blocks, text, n);
	add_skip(&blocks, place->after);
	return splice(package, place->block, place->block + (place->type == BLOCK_SKIP2 ? 3 : 2),
		&blocks);
}

bool hii_set(struct buf *package, const struct hii_place *place, const uint8_t *text, size_t n)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;

	if (place->kind == HII_SKIPPED)
		return set_skipped(package, place, text, n);
	if (place->type & BLOCK_UCS2_BIT) {
		buf_add(&bytes, text, n);
	} else {
		for (size_t i = 0; i < n; i += 2) {
			if (text[i + 1])
				return false;
			buf_add(&bytes, text + i, 1);
		}
	}
	return splice(package, place->text, place->text + place->len, &bytes);
}

bool hii_append(struct buf *package, const uint8_t *text, size_t n)
{
	CLEANUP(buf_release) struct buf block = BUF_INIT;
	uint32_t last;
	size_t end;

	if (!hii_last(buf_bytes(package), package->len, &last, &end) || last >= HII_STRINGS_MAX)
		return false;
	add_block(&block, text, n);
	return splice(package, end, end, &block);
}

bool hii_leave_out(struct buf *package, uint32_t id)
{
	CLEANUP(buf_release) struct buf block = BUF_INIT;
	uint32_t last;
	size_t end;

	if (!hii_last(buf_bytes(package), package->len, &last, &end) || id > HII_STRINGS_MAX)
		return false;
	if (last < id)
		add_skip(&block, id - last);
	return splice(package, end, end, &block);
}

bool hii_new_strings(struct buf *package, const char *language, const uint8_t *name,
	size_t name_len, uint16_t id, const uint8_t *text, size_t text_len)
{
	/* What SCSU's windows are at first. */
	static const uint16_t windows[] = { 0x0000, 0x0080, 0x0100, 0x0300, 0x2000, 0x2080, 0x2100,
		0x3000, 0x0080, 0x00c0, 0x0400, 0x0600, 0x0900, 0x3040, 0x30a0, 0xff00 };
	static const uint8_t empty[2];
	uint8_t header[STRINGS_LANGUAGE] = { 0 };
	size_t size = sizeof(header) + strlen(language) + 1;

	if (id < 2 || id > HII_STRINGS_MAX ||
		!hii_length_fits(size + name_len + text_len + UINT64_C(3) * id))
		return false;
	header[3] = HII_PACKAGE_STRINGS;
	put_le32(header + STRINGS_HEADER_SIZE, (uint32_t)size);
	put_le32(header + STRINGS_INFO, (uint32_t)size);
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		put_le16(header + STRINGS_WINDOWS + 2 * i, windows[i]);
	put_le16(header + STRINGS_NAME, 1);
	buf_add(package, header, sizeof(header));
	buf_add(package, language, strlen(language) + 1);
	add_block(package, name, name_len);
	for (unsigned i = 2; i < id; i++)
		add_block(package, empty, sizeof(empty));
	add_block(package, text, text_len);
	buf_add(package, "", 1);
	hii_put_length(package);
	return true;
}
