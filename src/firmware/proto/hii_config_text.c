/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration strings. See hii_config_text.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/proto/hii_config_text.h"

/* The nodes of a device path (10.3.1): type, sub-type, length */
#define NODE_SIZE    4
#define NODE_END     0x7f
#define NODE_END_ALL 0xff

uint16_t *config_units(const uint8_t *bytes, size_t n)
{
	uint16_t *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = le16(bytes + 2 * i);
	return v;
}

bool config_begins(const uint16_t *s, const char *word)
{
	for (; *word; word++, s++)
		if (*s != (uint8_t)*word)
			return false;
	return true;
}

const uint16_t *config_find(const uint16_t *s, const char *word)
{
	while (*s && !config_begins(s, word))
		s++;
	return s;
}

size_t config_first(const uint16_t *s)
{
	return (size_t)(config_find(s, "&GUID=") - s);
}

char *config_word(const char *word, const uint8_t *bytes, size_t n)
{
	CLEANUP(text_release) struct text t = TEXT_INIT;

	text_puts(&t, word);
	for (size_t i = 0; i < n; i++)
		text_printf(&t, "%02x", bytes[i]);
	text_puts(&t, "&");
	return text_detach(&t);
}

char *config_word16(const char *word, const uint16_t *units, size_t n)
{
	CLEANUP(text_release) struct text t = TEXT_INIT;

	text_puts(&t, word);
	for (size_t i = 0; i < n; i++)
		text_printf(&t, "%04x", units[i]);
	text_puts(&t, "&");
	return text_detach(&t);
}

static void add_unit(struct buf *out, uint16_t unit)
{
	uint8_t two[2];

	put_le16(two, unit);
	buf_add(out, two, sizeof(two));
}

static void add_units(struct buf *out, const uint16_t *s, const uint16_t *end)
{
	while (s < end)
		add_unit(out, *s++);
}

static void add_ascii(struct buf *out, const char *s)
{
	while (*s)
		add_unit(out, (uint8_t)*s++);
}

/* --- numbers in hexadecimal, the highest digit first */

/* What is no digit counts as 0, as to edk2. */
static uint8_t digit(uint16_t unit)
{
	if (unit >= '0' && unit <= '9')
		return (uint8_t)(unit - '0');
	if (unit >= 'a' && unit <= 'f')
		return (uint8_t)(unit - 'a' + 10);
	return unit >= 'A' && unit <= 'F' ? (uint8_t)(unit - 'A' + 10) : 0;
}

struct digits {
	const uint16_t *v;
	size_t n;
};

/* "WORD=" and the digits up to the next &; *s is moved behind them. */
static bool take_digits(const uint16_t **s, const char *word, struct digits *out)
{
	if (!config_begins(*s, word))
		return false;
	out->v = *s + strlen(word);
	*s = config_find(out->v, "&");
	out->n = (size_t)(*s - out->v);
	return out->n || **s;
}

/* The i-th byte from the lowest on. */
static uint8_t digits_byte(const struct digits *d, size_t i)
{
	uint8_t low = 2 * i < d->n ? digit(d->v[d->n - 1 - 2 * i]) : 0;
	uint8_t high = 2 * i + 1 < d->n ? digit(d->v[d->n - 2 - 2 * i]) : 0;

	return (uint8_t)(high << 4 | low);
}

static uint64_t digits_value(const struct digits *d)
{
	uint64_t v = 0;

	for (size_t i = 8; i--;)
		v = v << 8 | digits_byte(d, i);
	return v;
}

/* --- the header */

/* The & behind the path; the string's end when there is none. */
static const uint16_t *elements_of(const uint16_t *s)
{
	return config_find(config_find(s, "PATH="), "&");
}

efi_status config_path(const uint16_t *s, struct buf *path)
{
	struct digits d = { 0 };
	const uint8_t *p;
	size_t at = 0, len;

	s = config_find(s, "PATH=");
	if (!take_digits(&s, "PATH=", &d))
		return EFI_INVALID_PARAMETER;
	len = (d.n + 1) / 2;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = digit(d.v[2 * i]);

		if (2 * i + 1 < d.n)
			byte = (uint8_t)(byte << 4 | digit(d.v[2 * i + 1]));
		buf_add(path, &byte, 1);
	}
	p = buf_bytes(path);
	while (at + NODE_SIZE <= len && !(p[at] == NODE_END && p[at + 1] == NODE_END_ALL)) {
		if (!p[at] || !p[at + 1] || le16(p + at + 2) < NODE_SIZE)
			return EFI_NOT_FOUND;
		at += le16(p + at + 2);
	}
	return at + NODE_SIZE <= len ? EFI_SUCCESS : EFI_NOT_FOUND;
}

bool config_has_elements(const uint16_t *s)
{
	return *elements_of(s);
}

/* Each element is an OFFSET with a WIDTH. Where they stop to be; NULL: they don't. */
static const uint16_t *bad_block_element(const uint16_t *s)
{
	for (;;) {
		const uint16_t *from = s;

		if (!config_begins(s, "&OFFSET="))
			return from;
		s = config_find(s, "&WIDTH=");
		if (!*s)
			return from;
		s = config_find(s, "&OFFSET=");
		if (!*s)
			return NULL;
	}
}

bool config_is_request(const uint16_t *s, size_t *at)
{
	const uint16_t *name, *path, *elements, *bad;

	*at = 0;
	if (!config_begins(s, "GUID="))
		return false;
	name = config_find(s, "&NAME=");
	if (!*name)
		return false;
	path = config_find(name + strlen("&NAME="), "&PATH=");
	if (!*path)
		return false;
	elements = config_find(path + 1, "&");
	/* Those of no name are names and values: anything is one. */
	bad = *elements && !config_begins(name, "&NAME=&") ? bad_block_element(elements) : NULL;
	if (bad)
		*at = (size_t)(bad - s);
	return !bad;
}

/* --- blocks */

struct element {
	uint64_t offset, width;
	struct digits value;
};

/* OFFSET=number&WIDTH=number, and where it is set &VALUE=number, from *s on, which is moved behind it. */
static bool take_element(const uint16_t **s, bool set, struct element *out)
{
	struct digits d;

	if (!take_digits(s, "OFFSET=", &d))
		return false;
	out->offset = digits_value(&d);
	if (!take_digits(s, "&WIDTH=", &d))
		return false;
	out->width = digits_value(&d);
	return !set || take_digits(s, "&VALUE=", &out->value);
}

static bool fits(const struct element *e, uint64_t size)
{
	return e->offset <= size && e->width <= size - e->offset;
}

/* What stands behind a = is in small letters, as edk2 writes it. */
static void to_small(struct buf *out)
{
	uint8_t *p = buf_edit(out);
	bool value = false;

	for (size_t i = 0; i < out->len; i += 2) {
		uint16_t unit = le16(p + i);

		if (unit == '=' || unit == '&')
			value = unit == '=';
		else if (value && unit >= 'A' && unit <= 'F')
			put_le16(p + i, (uint16_t)(unit - 'A' + 'a'));
	}
}

/* An element of the request, with its value. */
static void add_element(struct buf *out, const uint16_t *from, const uint16_t *end,
	const struct element *e, const uint8_t *block)
{
	static const char digits[] = "0123456789abcdef";

	add_units(out, from, end);
	add_ascii(out, "&VALUE=");
	for (uint64_t i = e->width; i--;) {
		add_unit(out, (uint8_t)digits[block[e->offset + i] >> 4]);
		add_unit(out, (uint8_t)digits[block[e->offset + i] & 15]);
	}
}

efi_status config_from_block(const uint16_t *request, const uint8_t *block, uint64_t size,
	struct buf *out, size_t *progress)
{
	const uint16_t *s = elements_of(request);
	struct element e;

	*progress = 0;
	if (!config_begins(request, "GUID="))
		return EFI_INVALID_PARAMETER;
	if (!*config_find(request, "PATH=")) {
		*progress = (size_t)(s - request) - 1;
		return EFI_INVALID_PARAMETER;
	}
	if (*s)
		s++;
	add_units(out, request, s);
	while (config_begins(s, "OFFSET=")) {
		const uint16_t *from = s;

		*progress = (size_t)(from - request) - 1;
		if (!take_element(&s, false, &e))
			return EFI_INVALID_PARAMETER;
		if (!fits(&e, size)) {
			*progress = (size_t)(s - request);
			return EFI_DEVICE_ERROR;
		}
		if (out->len / 2 + (size_t)(s - from) + 2 * e.width > CONFIG_UNITS_MAX)
			return EFI_OUT_OF_RESOURCES;
		add_element(out, from, s, &e, block);
		if (*s)
			add_unit(out, *s++);
	}
	if (*s) {
		*progress = (size_t)(s - request) - 1;
		return EFI_INVALID_PARAMETER;
	}
	to_small(out);
	*progress = (size_t)(s - request);
	return EFI_SUCCESS;
}

/* So many bytes a string may have written: elements can name the same ones again and again. */
#define WRITTEN_MAX (64u << 20)

efi_status config_to_block(
	const uint16_t *text, uint8_t *block, uint64_t room, uint64_t *size, size_t *progress)
{
	const uint16_t *first = elements_of(text), *s = first;
	uint64_t end = 0, written = 0;

	*progress = 0;
	if (!config_begins(text, "GUID="))
		return EFI_INVALID_PARAMETER;
	while (config_begins(s, "&OFFSET=")) {
		struct element e;

		*progress = (size_t)(s - text);
		s++;
		if (!take_element(&s, true, &e) || e.width > UINT64_MAX - e.offset)
			return EFI_INVALID_PARAMETER;
		if (e.offset + e.width > end)
			end = e.offset + e.width;
		if (!block || !fits(&e, room))
			continue;
		written += e.width;
		if (written > WRITTEN_MAX)
			return EFI_OUT_OF_RESOURCES;
		for (uint64_t i = 0; i < e.width; i++)
			block[e.offset + i] = digits_byte(&e.value, i);
	}
	*progress = (size_t)(s - text);
	if (*s || s == first)
		return EFI_INVALID_PARAMETER;
	*size = end > room ? end : end - 1;
	if (end > room && block)
		return EFI_BUFFER_TOO_SMALL;
	if (!block)
		*progress = 0;
	return block ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* --- one of several */

/* What stands up to the next string. */
static efi_status add_body(
	const uint16_t *from, const uint16_t *end, const uint16_t *s, struct buf *out)
{
	const uint16_t *next = config_find(s, "GUID=");

	if (next == s && *s)
		return EFI_NOT_FOUND;
	add_units(out, from, end);
	add_units(out, s, *next ? next - 1 : next);
	return EFI_SUCCESS;
}

/* Behind what is wanted of a header's field, which *s begins with, or, of any, before the next field. */
static bool pass(const uint16_t **s, const char *wanted, const char *field, const char *next)
{
	if (!config_begins(*s, wanted ? wanted : field))
		return false;
	*s = wanted ? *s + strlen(wanted) : config_find(*s, next);
	return true;
}

efi_status config_choose(const uint16_t *all, const struct config_wanted *wanted, struct buf *out)
{
	const uint16_t *s = all, *from, *end;

	if (!config_begins(all, "GUID="))
		return EFI_INVALID_PARAMETER;
	for (;;) {
		s = from = config_find(s, wanted->guid ? wanted->guid : "GUID=");
		if (!*s)
			return EFI_NOT_FOUND;
		pass(&s, wanted->guid, "GUID=", "NAME=");
		if (!pass(&s, wanted->name, "NAME=", "PATH=") ||
			!pass(&s, wanted->path, "PATH=", "&"))
			continue;
		if (!wanted->path && !*s++)
			return EFI_NOT_FOUND;
		end = s;
		if (!wanted->alternative || pass(&s, wanted->alternative, "", ""))
			return add_body(from, end, s, out);
	}
}
