/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of device paths' text, each to text and back. Where the
 * specification leaves a choice, they are as edk2 has them.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path_shapes.h"

/* ---- parameters and numbers ---- */

char *dp_param(char **params)
{
	char *param = *params, *comma = strchr(param, ',');

	if (comma)
		*comma++ = 0;
	*params = comma ? comma : param + strlen(param);
	return param;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

static uint64_t number_of(const char *text, unsigned base)
{
	uint64_t v = 0;

	for (; hex_digit(*text) >= 0 && (unsigned)hex_digit(*text) < base; text++)
		if (__builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, (unsigned)hex_digit(*text), &v))
			return UINT64_MAX;
	return v;
}

uint64_t dp_hex_number(const char *text)
{
	return number_of(text, 16);
}

uint64_t dp_number(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	while (*text == '0')
		text++;
	return *text == 'x' || *text == 'X' ? number_of(text + 1, 16) : number_of(text, 10);
}

static uint8_t *field_of(struct buf *data, const struct dp_field *f)
{
	return buf_edit(data) + f->at;
}

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void store(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static void put_hex(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	text_printf(out, "0x%" PRIX64, load(p, n));
}

static void take_number(char **params, struct buf *data, const struct dp_field *f)
{
	const char *text = dp_param(params);

	store(field_of(data, f), f->size,
		!*text && f->flags & DP_FIELD_ONES ? UINT64_MAX : dp_number(text));
}
const struct dp_kind dp_hex = { put_hex, take_number };

static void put_hex_padded(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	text_printf(out, "0x%0*" PRIX64, (int)(2 * n), load(p, n));
}
const struct dp_kind dp_hex_padded = { put_hex_padded, take_number };

/* more: what 0, "DEFAULT", stands for; NULL: 0 is a number. */
static void put_decimal(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	uint64_t v = load(p, n);

	if (!v && f->more)
		text_puts(out, "DEFAULT");
	else
		text_printf(out, "%" PRIu64, v);
}

static void take_decimal(char **params, struct buf *data, const struct dp_field *f)
{
	const char *text = dp_param(params);

	if (f->more && strcmp(text, "DEFAULT") == 0)
		text = f->more;
	store(field_of(data, f), f->size, dp_number(text));
}
const struct dp_kind dp_decimal = { put_decimal, take_decimal };

/* All digits, without 0x. */
static void put_digits(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	text_printf(out, "%0*" PRIX64, (int)(2 * n), load(p, n));
}

static void take_digits(char **params, struct buf *data, const struct dp_field *f)
{
	store(field_of(data, f), f->size, number_of(dp_param(params), 16));
}
const struct dp_kind dp_digits = { put_digits, take_digits };

/* ---- bytes and text ---- */

void dp_put_hex(struct text *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_printf(out, "%02X", p[i]);
}

void dp_add_hex(struct buf *out, const char *text, size_t n)
{
	uint8_t *p = buf_reserve(out, n);
	bool digits = true;

	for (size_t i = 0; digits && i < 2 * n; i++)
		digits = hex_digit(text[i]) >= 0;
	for (size_t i = 0; i < n; i++)
		p[i] = digits ? (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]))
			      : 0;
	buf_added(out, n);
}

static void put_bytes(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	dp_put_hex(out, p, n);
}

static void take_bytes(char **params, struct buf *data, const struct dp_field *f)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	const char *text = dp_param(params);

	if (!f->size) {
		dp_add_hex(data, text, (strlen(text) + 1) / 2);
		return;
	}
	dp_add_hex(&bytes, text, f->size);
	memcpy(field_of(data, f), buf_bytes(&bytes), f->size);
}
const struct dp_kind dp_bytes = { put_bytes, take_bytes };

/* A number whose bytes are in the order of the text. */
static void put_big(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	text_puts(out, "0x");
	dp_put_hex(out, p, n);
}

static void take_big(char **params, struct buf *data, const struct dp_field *f)
{
	put_be64(field_of(data, f), dp_number(dp_param(params)));
}
const struct dp_kind dp_big = { put_big, take_big };

static void put_guid(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	char text[GUID_TEXT_LEN + 1];

	(void)n;
	(void)f;
	guid_format(guid_load(p), text);
	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	text_puts(out, text);
}

void dp_take_guid(const char *text, uint8_t *p)
{
	CLEANUP(xfree) char *whole = xstrndup(text, GUID_TEXT_LEN);
	struct guid guid;

	if (guid_parse(whole, &guid))
		memcpy(p, guid.b, sizeof(guid.b));
}

static void take_guid(char **params, struct buf *data, const struct dp_field *f)
{
	dp_take_guid(dp_param(params), field_of(data, f));
}
const struct dp_kind dp_guid = { put_guid, take_guid };

/* Up to a NUL; what is not printable ASCII as %XX, so that the text is valid UTF-8. */
static void put_text8(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	for (size_t i = 0; i < n && p[i]; i++)
		text_printf(out, p[i] >= ' ' && p[i] < 0x7f ? "%c" : "%%%02X", p[i]);
}

/* more: with its NUL. */
static void take_text8(char **params, struct buf *data, const struct dp_field *f)
{
	const char *text = dp_param(params);
	size_t len = strlen(text);

	if (!f->size)
		buf_add(data, text, len + (f->more != NULL));
	else
		memcpy(field_of(data, f), text, len < f->size ? len : f->size);
}
const struct dp_kind dp_text8 = { put_text8, take_text8 };

void dp_put_utf16(struct text *out, const uint8_t *p, size_t size)
{
	CLEANUP(xfree) char *text = utf16le_to_utf8(p, size / 2);

	text_puts(out, text);
}

static void put_text16(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	text_puts(out, "\"");
	dp_put_utf16(out, p, n);
	text_puts(out, "\"");
}

static void take_text16(char **params, struct buf *data, const struct dp_field *f)
{
	char *text = dp_param(params);
	size_t len = strlen(text);
	int n;

	(void)f;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text[len - 1] = 0;
		text++;
	}
	n = utf8_to_utf16le(text, buf_reserve(data, 2 * len + 2), len);
	buf_added(data, n > 0 ? (size_t)n * 2 : 0);
}
const struct dp_kind dp_text16 = { put_text16, take_text16 };

/* ---- words, addresses, identifiers ---- */

static void put_word(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	const struct dp_words *words = f->more;
	uint64_t v = load(p, n);

	for (size_t i = 0; words->v[i].name; i++)
		if (words->v[i].value == v) {
			text_puts(out, words->v[i].name);
			return;
		}
	if (words->rest)
		text_puts(out, words->rest);
	else
		put_hex(out, p, n, f);
}

static void take_word(char **params, struct buf *data, const struct dp_field *f)
{
	const struct dp_words *words = f->more;
	const char *text = dp_param(params);
	uint64_t v = words->other < 0 ? dp_number(text) : (uint64_t)words->other;

	for (size_t i = 0; words->v[i].name; i++)
		if (strcmp(words->v[i].name, text) == 0)
			v = words->v[i].value;
	store(field_of(data, f), f->size, v);
}
const struct dp_kind dp_word = { put_word, take_word };

static void put_ip4(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)n;
	(void)f;
	text_printf(out, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
}

void dp_take_ip4(const char *text, uint8_t *p)
{
	uint8_t bytes[4];

	for (unsigned i = 0; i < 4; i++) {
		uint64_t v = number_of(text, 10);

		while (isdigit((unsigned char)*text))
			text++;
		if (v > UINT8_MAX || (i < 3 && *text++ != '.'))
			return;
		bytes[i] = (uint8_t)v;
	}
	memcpy(p, bytes, 4);
}

static void take_ip4(char **params, struct buf *data, const struct dp_field *f)
{
	dp_take_ip4(dp_param(params), field_of(data, f));
}
const struct dp_kind dp_ip4 = { put_ip4, take_ip4 };

static void put_ip6(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)n;
	(void)f;
	for (unsigned i = 0; i < 16; i += 2)
		text_printf(out, "%s%02X%02X", i ? ":" : "", p[i], p[i + 1]);
}

/* Groups apart by ':', and once "::" for as many zeros as are missing. */
void dp_take_ip6(const char *text, uint8_t *p)
{
	uint8_t bytes[16] = { 0 };
	unsigned n = 0, gap = 16;

	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (n < 16 && hex_digit(*text) >= 0) {
		uint64_t v = number_of(text, 16);

		if (v > UINT16_MAX)
			return;
		bytes[n++] = (uint8_t)(v >> 8);
		bytes[n++] = (uint8_t)v;
		while (hex_digit(*text) >= 0)
			text++;
		if (*text != ':')
			break;
		text++;
		if (*text == ':' && gap == 16) {
			gap = n;
			text++;
		}
	}
	if (n < 16 && gap == 16)
		return;
	memset(p, 0, 16);
	memcpy(p, bytes, gap < n ? gap : n);
	if (gap < n)
		memcpy(p + 16 - (n - gap), bytes + gap, n - gap);
}

static void take_ip6(char **params, struct buf *data, const struct dp_field *f)
{
	dp_take_ip6(dp_param(params), field_of(data, f));
}
const struct dp_kind dp_ip6 = { put_ip6, take_ip6 };

/* Three letters of five bits each, and a number: "PNP0A03". */
static void put_eisa(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	uint32_t id = le32(p);

	(void)n;
	(void)f;
	text_printf(out, "%c%c%c%04X", (id >> 10 & 0x1f) + 'A' - 1, (id >> 5 & 0x1f) + 'A' - 1,
		(id & 0x1f) + 'A' - 1, id >> 16);
}

static uint32_t eisa_of(const char *text)
{
	uint32_t id = 0;

	if (text[0] == '0')
		return (uint32_t)dp_number(text);
	for (unsigned i = 0; i < 3; i++) {
		if (!*text)
			return 0;
		id = id << 5 | ((uint32_t)(*text++ - 'A' + 1) & 0x1f);
	}
	return id | (uint32_t)number_of(text, 16) << 16;
}

static void take_eisa(char **params, struct buf *data, const struct dp_field *f)
{
	put_le32(field_of(data, f), eisa_of(dp_param(params)));
}
const struct dp_kind dp_eisa = { put_eisa, take_eisa };

static void put_hid(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	if ((le32(p) & 0xffff) == (DP_EISA_PNP(0) & 0xffff))
		put_eisa(out, p, n, f);
	else
		put_hex_padded(out, p, n, f);
}
const struct dp_kind dp_hid = { put_hid, take_eisa };
