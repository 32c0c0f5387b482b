/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SBAT sections and levels, as shim reads them: comma-separated fields without
 * quoting, lines ended by a newline, the text by a NUL or the section's end.
 * The SbatLevel variable of a machine is left out: an image has none.
 */
#include "pe/sbat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"

#define SBAT_TEXT_MAX    (64 * 1024)
#define SBAT_ENTRIES_MAX 256
#define SBAT_FIELDS      6

/* .sbatlevel: a version, then two offsets that count from behind the version. */
#define LEVEL_VERSION   0
#define LEVEL_BASE      4
#define LEVEL_AUTOMATIC 4
#define LEVEL_LATEST    8
#define LEVEL_HEADER    12

static bool parse_generation(const char *s, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (*end || errno || v == 0 || v > UINT16_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

/* Splits line in place; the last field takes what is left. Returns the number of fields. */
static size_t split(char *line, char *fields[SBAT_FIELDS])
{
	size_t n = 0;

	while (n < SBAT_FIELDS) {
		char *comma;

		fields[n++] = line;
		comma = strchr(line, ',');
		if (!comma || n == SBAT_FIELDS)
			break;
		*comma = '\0';
		line = comma + 1;
	}
	return n;
}

static bool parse_line(struct sbat *s, char *line, size_t number, bool level)
{
	CLEANUP(text_release) struct text rest = TEXT_INIT;
	char *f[SBAT_FIELDS];
	size_t n = split(line, f);
	struct sbat_entry e = { 0 };

	if (n < (level ? 2u : SBAT_FIELDS)) {
		s->problem = xasprintf("line %zu has %zu fields", number, n);
		return false;
	}
	if (!*f[0] || !parse_generation(f[1], &e.generation)) {
		s->problem = xasprintf("line %zu has no component with a generation", number);
		return false;
	}
	if (s->n == SBAT_ENTRIES_MAX) {
		s->problem = xasprintf("more than %d components", SBAT_ENTRIES_MAX);
		return false;
	}
	for (size_t i = 2; i < n; i++)
		text_printf(&rest, "%s%s", i > 2 ? "," : "", f[i]);
	e.component = xstrdup(f[0]);
	e.rest = text_detach(&rest);
	s->v = xreallocarray(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = e;
	return true;
}

void sbat_parse(struct sbat *s, const char *text, size_t len, bool level)
{
	CLEANUP(xfree) char *copy = xstrndup(text, len);
	char *line = copy;

	memset(s, 0, sizeof(*s));
	for (size_t number = 1; *line; number++) {
		char *end = strchrnul(line, '\n');
		bool last = !*end;

		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		if (*line && !parse_line(s, line, number, level))
			return;
		line = last ? end : end + 1;
	}
	if (!s->n)
		s->problem = xstrdup("it is empty");
	else if (strcmp(s->v[0].component, "sbat") != 0)
		s->problem = xstrdup("its first line is not that of sbat itself");
}

void sbat_release(struct sbat *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].component);
		free(s->v[i].rest);
	}
	free(s->v);
	free(s->problem);
	memset(s, 0, sizeof(*s));
}

const struct sbat_entry *sbat_find(const struct sbat *s, const char *component)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].component, component) == 0)
			return &s->v[i];
	return NULL;
}

const struct sbat_entry *sbat_revoked(const struct sbat *program, const struct sbat *level)
{
	for (size_t i = 0; i < program->n; i++) {
		const struct sbat_entry *l = sbat_find(level, program->v[i].component);

		if (l && program->v[i].generation < l->generation)
			return &program->v[i];
	}
	return NULL;
}

int pe_sbat_read(const struct pe *pe, const struct pe_source *src, struct sbat *s, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct pe_section *section = pe_section(pe, ".sbat", 0);
	int r;

	memset(s, 0, sizeof(*s));
	if (!section)
		return err_set(err, ENOENT, "no .sbat section");
	r = pe_section_read(pe, src, section, SBAT_TEXT_MAX, &text, err);
	if (r == -EFBIG) {
		s->problem = xasprintf("it has more than %d bytes", SBAT_TEXT_MAX);
		err_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	sbat_parse(s, buf_text(&text), text.len, false);
	return 0;
}

static bool level_text(const struct buf *b, size_t field, struct sbat *out)
{
	uint64_t off = (uint64_t)LEVEL_BASE + le32(buf_bytes(b) + field);

	if (off < LEVEL_HEADER || off >= b->len)
		return false;
	sbat_parse(out, buf_text(b) + off, b->len - (size_t)off, true);
	return !out->problem;
}

int pe_sbat_levels_read(
	const struct pe *pe, const struct pe_source *src, struct sbat_levels *l, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const struct pe_section *section = pe_section(pe, ".sbatlevel", 0);
	int r;

	memset(l, 0, sizeof(*l));
	if (!section)
		return err_set(err, ENOENT, "no .sbatlevel section");
	r = pe_section_read(pe, src, section, SBAT_TEXT_MAX, &b, err);
	if (r < 0)
		return r == -EFBIG ? err_set(err, EBADMSG, ".sbatlevel is too big") : r;
	if (b.len < LEVEL_HEADER || le32(buf_bytes(&b) + LEVEL_VERSION) != 0)
		return err_set(err, EBADMSG, ".sbatlevel is of no known version");
	if (!level_text(&b, LEVEL_AUTOMATIC, &l->automatic) ||
		!level_text(&b, LEVEL_LATEST, &l->latest))
		return err_set(err, EBADMSG, ".sbatlevel holds no levels");
	return 0;
}

void sbat_levels_release(struct sbat_levels *l)
{
	sbat_release(&l->automatic);
	sbat_release(&l->latest);
}
