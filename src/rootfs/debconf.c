/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debconf's database in its 822 form: see debconf.h. Only what changing one
 * value needs; continued lines (extended values) are carried along untouched.
 */
#include "rootfs/debconf.h"

#include <string.h>

#include "base/xalloc.h"

/* Whether the line at p is "key: ...", and if so where its value begins. */
static const char *line_value(const char *p, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(p, key, len) != 0 || p[len] != ':')
		return NULL;
	p += len + 1;
	return p + strspn(p, " \t");
}

static const char *next_line(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* The end of the stanza that begins at p: at its blank line, or the end of the text. */
static const char *stanza_end(const char *p)
{
	while (*p && *p != '\n')
		p = next_line(p);
	return p;
}

/* Goes to the next stanza; false at the end. */
static bool next_stanza(const char **p, const char **end)
{
	while (**p == '\n')
		(*p)++;
	if (!**p)
		return false;
	*end = stanza_end(*p);
	return true;
}

static const char *field(const char *stanza, const char *end, const char *key)
{
	for (const char *p = stanza; p < end; p = next_line(p)) {
		const char *v = line_value(p, key);

		if (v)
			return v;
	}
	return NULL;
}

static int compare_name(const char *stanza, const char *end, const char *name)
{
	const char *v = field(stanza, end, "Name");
	size_t n = v ? strcspn(v, "\n") : 0, len = strlen(name);
	int c = v ? memcmp(v, name, n < len ? n : len) : -1;

	if (c == 0 && n != len)
		c = n < len ? -1 : 1;
	return c;
}

static const char *find_stanza(const char *text, const char *name, const char **end)
{
	for (const char *p = text; next_stanza(&p, end); p = *end)
		if (compare_name(p, *end, name) == 0)
			return p;
	return NULL;
}

char *debconf_get(const char *text, const char *name)
{
	const char *end, *stanza = find_stanza(text, name, &end);
	const char *v = stanza ? field(stanza, end, "Value") : NULL;

	return v ? xstrndup(v, strcspn(v, "\n")) : NULL;
}

/* Whether a list like "a, b, c" (up to its line's end) has the word. */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p && *p != '\n';) {
		size_t n = strcspn(p, ", \n");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
		p += strspn(p, ", ");
	}
	return false;
}

/* Copies a "Key: list" line with the word in it; makes one when line is NULL. */
static void put_list(struct text *out, const char *key, const char *line, const char *word)
{
	const char *list = line ? line_value(line, key) : "";
	size_t n = strcspn(list, "\n");

	text_printf(out, "%s: ", key);
	text_add(out, list, n);
	if (!list_has(list, word))
		text_printf(out, "%s%s", n ? ", " : "", word);
	text_puts(out, "\n");
}

static void put_stanza(
	struct text *out, const char *p, const char *end, const char *value, const char *owner)
{
	bool have_value = false, have_owners = false, have_flags = false;

	for (; p < end; p = next_line(p)) {
		const char *next = next_line(p);

		if (line_value(p, "Value")) {
			text_printf(out, "Value: %s\n", value);
			have_value = true;
		} else if (line_value(p, "Owners")) {
			put_list(out, "Owners", p, owner);
			have_owners = true;
		} else if (line_value(p, "Flags")) {
			put_list(out, "Flags", p, "seen");
			have_flags = true;
		} else {
			text_add(out, p, (size_t)(next - p));
			if (next[-1] != '\n')
				text_puts(out, "\n");
		}
	}
	if (!have_value)
		text_printf(out, "Value: %s\n", value);
	if (!have_owners)
		put_list(out, "Owners", NULL, owner);
	if (!have_flags)
		put_list(out, "Flags", NULL, "seen");
}

static void put_new(struct text *out, const char *name, const char *value, const char *owner)
{
	text_printf(out, "Name: %s\nTemplate: %s\nValue: %s\nOwners: %s\nFlags: seen\n", name, name,
		value, owner);
}

void debconf_set(
	const char *text, const char *name, const char *value, const char *owner, struct text *out)
{
	const char *end, *stanza = find_stanza(text, name, &end), *p = text;

	if (stanza) {
		text_add(out, text, (size_t)(stanza - text));
		put_stanza(out, stanza, end, value, owner);
		text_puts(out, end);
		return;
	}
	while (next_stanza(&p, &end) && compare_name(p, end, name) < 0)
		p = end;
	text_add(out, text, (size_t)(p - text));
	/* A blank line has to stand between stanzas, even where the file ends abruptly. */
	if (p > text && p[-1] != '\n')
		text_puts(out, "\n");
	if (p > text && (p[-1] != '\n' || (p > text + 1 && p[-2] != '\n')))
		text_puts(out, "\n");
	put_new(out, name, value, owner);
	text_puts(out, "\n");
	text_puts(out, p);
}
