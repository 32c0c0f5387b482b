/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages of the Human Interface Infrastructure (UEFI 2.10 33.3.6):
 * finding and changing texts in the bytes that a program handed over. Pure. The
 * bytes are hostile: whatever is cut short has no more strings.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_STRINGS_H
#define ARMVM_FIRMWARE_PROTO_HII_STRINGS_H

#include "base/buf.h"

/* A package has so many strings at most: the identifiers' limit. */
#define HII_STRINGS_MAX 0xfffe

/* A string package's languages, "en-US" or with secondary ones "en-US;fr"; NULL when it is malformed. */
const char *hii_languages(const uint8_t *package, size_t len);
/* Whether it has this primary language, in whichever case. */
bool hii_has_language(const uint8_t *package, size_t len, const char *language);

/* Where a string is. */
struct hii_place {
	enum hii_place_kind {
		HII_NOWHERE,
		HII_TEXT,
		HII_SKIPPED, /* its identifier is one of those that a block leaves out */
	} kind;
	size_t block;     /* where its block begins */
	uint8_t type;     /* the block's */
	size_t text, len; /* HII_TEXT: the text with its NUL, in bytes */
	uint32_t before,
		after; /* HII_SKIPPED: how many identifiers the block leaves out before and after it */
};
void hii_find(const uint8_t *package, size_t len, uint16_t id, struct hii_place *out);

/* Appends the text at a place to out: UTF-16LE with its NUL. */
void hii_text(const uint8_t *package, const struct hii_place *place, struct buf *out);
/* Whether the text has a font of its own. */
bool hii_has_font(const struct hii_place *place);

/* The highest identifier in use, and where the block is that ends them. False when there is none. */
bool hii_last(const uint8_t *package, size_t len, uint32_t *id, size_t *end);

/*
 * Changes to a package, whose header says how long it is afterwards. A text is UTF-16LE with its NUL, of n bytes.
 * False, and nothing is changed, when it gets too long, or a text's block can't hold its characters.
 */
MUST_CHECK bool hii_set(
	struct buf *package, const struct hii_place *place, const uint8_t *text, size_t n);
/* One more string. */
MUST_CHECK bool hii_append(struct buf *package, const uint8_t *text, size_t n);
/* As if there were strings up to this identifier. */
MUST_CHECK bool hii_leave_out(struct buf *package, uint32_t id);
/* A package of a language, with its name as string 1, the text as string id, and empty ones between. */
MUST_CHECK bool hii_new_strings(struct buf *package, const char *language, const uint8_t *name,
	size_t name_len, uint16_t id, const uint8_t *text, size_t text_len);

#endif
