/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way out for strangers' text. See report_safe() in report.h.
 *
 * Beside control characters (C0, DEL, C1) those are taken out that make a text
 * look like another: Unicode's bidirectional controls (UAX #9, of which U+202E turned a
 * file's name around), what separates lines, invisible format characters, tags and
 * variation selectors, which can carry a whole hidden text, and what is no character.
 */
#include <string.h>

#include "base/utf8.h"
#include "report/report.h"

static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, /* C0, DEL, C1 */
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, /* soft hyphen, grapheme joiner */
	{ 0x061c, 0x061c },                     /* Arabic letter mark */
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, /* fillers, inherent vowels: drawn as nothing */
	{ 0x180b, 0x180f },                     /* Mongolian variation selectors */
	{ 0x200b, 0x200f }, /* zero width, left-to-right and right-to-left marks */
	{ 0x2028, 0x202e }, /* line and paragraph separator, embeddings, overrides */
	{ 0x2060, 0x206f }, /* joiners, invisible operators, isolates */
	{ 0x3164, 0x3164 }, { 0xd800, 0xdfff }, /* filler; surrogates */
	{ 0xfdd0, 0xfdef },                     /* noncharacters */
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, /* variation selectors, byte order mark */
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, /* filler; interlinear annotation */
	{ 0xfffe, 0xffff },                     /* noncharacters */
	{ 0x1d173, 0x1d17a },                   /* musical format characters */
	{ 0xe0000, 0xe0fff },                   /* tags, variation selectors */
	{ 0xf0000, 0x10ffff }, /* private use planes: whatever a font makes of them */
};

static bool is_hidden(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	return false;
}

static void add_safe(struct text *out, const char *text, bool lines)
{
	size_t left = strlen(text);

	for (size_t n; left; text += n, left -= n) {
		uint32_t character;

		n = utf8_next(text, left, &character);
		if (n && (!is_hidden(character) || (lines && character == '\n'))) {
			text_add(out, text, n);
		} else {
			text_puts(out, "?");
			n = n ? n : 1;
		}
	}
}

void report_safe(struct text *out, const char *text)
{
	add_safe(out, text, false);
}

void report_safe_lines(struct text *out, const char *text)
{
	add_safe(out, text, true);
}
