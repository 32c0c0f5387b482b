/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a bootconfig. See bootconfig.h. Words are separated by dots, braces hold what has their prefix, values end
 * at a new line, ';', '#' or '}', and several of them stand behind commas. A key that is assigned
 * twice by '=' is an error there; here both stand on the line, where the last one counts.
 */
#include "loader/bootconfig.h"

#include <string.h>

#include "base/bytes.h"

#define MARK      "#BOOTCONFIG\n"
#define MARK_LEN  12
#define HEAD      8 /* size and sum */
#define PADDING   3 /* GRUB makes an initrd a multiple of four */
#define KEY_MAX   256
#define DEPTH_MAX 16
#define SPACES    " \t\r\n"

bool bootconfig_find(const uint8_t *tail, size_t len, const char **text, size_t *text_len)
{
	uint32_t size, sum = 0;
	const uint8_t *at = NULL;

	for (size_t pad = 0; pad <= PADDING && !at && len >= MARK_LEN + HEAD + pad; pad++)
		if (memcmp(tail + len - pad - MARK_LEN, MARK, MARK_LEN) == 0)
			at = tail + len - pad - MARK_LEN - HEAD;
	if (!at)
		return false;
	size = le32(at);
	if (!size || size > (size_t)(at - tail) || size > BOOTCONFIG_TEXT_MAX + 1)
		return false;
	for (const uint8_t *p = at - size; p < at; p++)
		sum += *p;
	*text = (const char *)at - size;
	*text_len = strnlen(*text, size);
	return sum == le32(at + 4);
}

struct reader {
	const char *p, *end;
	char key[KEY_MAX]; /* of the braces that are open, and of the key that is read: "kernel.root" */
	size_t depths[DEPTH_MAX]; /* its length before each of them */
	unsigned depth;
	struct text *out;
};

static void skip(struct reader *r, const char *what)
{
	while (r->p < r->end && strchr(what, *r->p))
		r->p++;
}

/* Past spaces, comments and what separates keys. */
static void skip_to_key(struct reader *r)
{
	for (skip(r, SPACES ";"); r->p < r->end && *r->p == '#'; skip(r, SPACES ";"))
		while (r->p < r->end && *r->p != '\n')
			r->p++;
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool read_key(struct reader *r)
{
	size_t at = strlen(r->key), len = 0;

	while (r->p + len < r->end && is_key_char(r->p[len]))
		len++;
	if (!len || at + len + 2 > sizeof(r->key))
		return false;
	if (at)
		r->key[at++] = '.';
	memcpy(r->key + at, r->p, len);
	r->key[at + len] = '\0';
	r->p += len;
	skip(r, " \t");
	return true;
}

/* The parameter that a key is, "root" of "kernel.root"; NULL: it is none of the kernel's. */
static const char *parameter(const struct reader *r)
{
	return strncmp(r->key, "kernel.", 7) == 0 && r->key[7] ? r->key + 7 : NULL;
}

static void put(struct reader *r, const char *value, size_t len, bool assigned)
{
	const char *name = parameter(r);
	bool spaced = false;

	if (!name)
		return;
	for (size_t i = 0; i < len; i++)
		spaced |= strchr(SPACES, value[i]) != NULL;
	text_puts(r->out, name);
	if (assigned) {
		text_puts(r->out, spaced ? "=\"" : "=");
		text_add(r->out, value, len);
		text_puts(r->out, spaced ? "\"" : "");
	}
	text_puts(r->out, " ");
}

/* One value, in quotes or up to what ends it. */
static bool read_value(struct reader *r)
{
	const char *start = r->p;
	size_t len = 0;

	if (r->p < r->end && (*r->p == '"' || *r->p == '\'')) {
		char quote = *r->p++;

		start = r->p;
		while (r->p < r->end && *r->p != quote)
			r->p++;
		if (r->p == r->end)
			return false;
		len = (size_t)(r->p++ - start);
	} else {
		while (r->p < r->end && !strchr(",;\n#}", *r->p))
			r->p++;
		len = (size_t)(r->p - start);
		while (len && strchr(SPACES, start[len - 1]))
			len--;
	}
	put(r, start, len, true);
	skip(r, " \t\r");
	return true;
}

/* Behind a comma a list goes on, also in the next line. */
static bool read_values(struct reader *r)
{
	bool more = true;

	for (skip(r, " \t\r"); more; skip(r, SPACES)) {
		if (!read_value(r))
			return false;
		more = r->p < r->end && *r->p == ',';
		if (!more)
			return true;
		r->p++;
	}
	return true;
}

/* What stands behind a key: an operator and values, a brace, or nothing. */
static bool read_rest(struct reader *r, size_t before)
{
	size_t left = (size_t)(r->end - r->p);
	bool good = true;

	if (left && *r->p == '{') {
		if (r->depth == DEPTH_MAX)
			return false;
		r->p++;
		r->depths[r->depth++] = before;
		return true;
	}
	if (left && *r->p == '=') {
		r->p++;
		good = read_values(r);
	} else if (left > 1 && (*r->p == '+' || *r->p == ':') && r->p[1] == '=') {
		r->p += 2;
		good = read_values(r);
	} else if (!left || strchr("\r\n;#}", *r->p)) {
		put(r, "", 0, false);
	} else {
		return false;
	}
	r->key[before] = '\0';
	return good;
}

bool bootconfig_cmdline(const char *text, size_t len, struct text *out)
{
	struct reader r = { .p = text, .end = text + len, .out = out };

	for (skip_to_key(&r); r.p < r.end; skip_to_key(&r)) {
		size_t before = strlen(r.key);

		if (*r.p == '}') {
			if (!r.depth)
				return false;
			r.key[r.depths[--r.depth]] = '\0';
			r.p++;
		} else if (!read_key(&r) || !read_rest(&r, before)) {
			return false;
		}
	}
	return !r.depth;
}
