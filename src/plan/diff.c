/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line differences: a longest common subsequence of what is between the common
 * beginning and the common end. Where that is too large for the table, all of
 * it counts as replaced. See diff.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "plan/diff.h"

#define TABLE_MAX ((size_t)4 << 20) /* cells */

struct line {
	const char *s;
	size_t len;
};

struct lines {
	struct line *v;
	size_t n;
};

bool diff_is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
			return false;
	}
	return true;
}

static struct lines split(const char *s, size_t len)
{
	struct lines t = { NULL, 0 };

	for (size_t i = 0; i < len;) {
		const char *end = memchr(s + i, '\n', len - i);
		size_t n = end ? (size_t)(end - s) - i : len - i;

		if ((t.n & (t.n + 1)) == 0)
			t.v = xreallocarray(t.v, 2 * (t.n + 1), sizeof(*t.v));
		t.v[t.n++] = (struct line){ s + i, n };
		i += n + 1;
	}
	return t;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

struct output {
	struct text *buf;
	size_t left;
	bool begun, gap; /* lines were added; equal ones were left out since */
};

static void add(struct output *o, char sign, const struct line *line)
{
	if (o->left == 0)
		return;
	if (o->gap && o->begun)
		text_puts(o->buf, " ...\n");
	o->gap = false;
	o->begun = true;
	if (--o->left == 0) {
		text_puts(o->buf, " (and more)\n");
		return;
	}
	text_printf(o->buf, "%c%.*s\n", sign, (int)line->len, line->s);
}

/* Lengths of common subsequences of a[i..] and b[j..], row by row. */
static uint32_t *lengths(const struct lines *a, const struct lines *b)
{
	size_t w = b->n + 1;
	uint32_t *t = xcalloc((a->n + 1) * w, sizeof(*t));

	for (size_t i = a->n; i-- > 0;)
		for (size_t j = b->n; j-- > 0;) {
			uint32_t down = t[(i + 1) * w + j], right = t[i * w + j + 1];

			t[i * w + j] = same(&a->v[i], &b->v[j]) ? t[(i + 1) * w + j + 1] + 1
				       : down > right           ? down
								: right;
		}
	return t;
}

static void compare(struct output *o, const struct lines *a, const struct lines *b)
{
	CLEANUP(xfree) uint32_t *t = NULL;
	size_t i = 0, j = 0, w = b->n + 1;

	if ((a->n + 1) <= TABLE_MAX / w)
		t = lengths(a, b);
	while (i < a->n || j < b->n) {
		if (t && i < a->n && j < b->n && same(&a->v[i], &b->v[j])) {
			o->gap = true;
			i++;
			j++;
		} else if (i < a->n &&
			   (!t || j == b->n || t[(i + 1) * w + j] >= t[i * w + j + 1])) {
			add(o, '-', &a->v[i++]);
		} else {
			add(o, '+', &b->v[j++]);
		}
	}
}

void diff_lines(struct text *out, const char *before, size_t before_len, const char *after,
	size_t after_len, size_t max)
{
	struct lines a = split(before, before_len), b = split(after, after_len);
	struct lines a_rest, b_rest;
	struct output o = { .buf = out, .left = max };
	size_t head = 0, tail = 0;

	while (head < a.n && head < b.n && same(&a.v[head], &b.v[head]))
		head++;
	while (tail < a.n - head && tail < b.n - head &&
		same(&a.v[a.n - 1 - tail], &b.v[b.n - 1 - tail]))
		tail++;
	a_rest = (struct lines){ a.v + head, a.n - head - tail };
	b_rest = (struct lines){ b.v + head, b.n - head - tail };
	compare(&o, &a_rest, &b_rest);
	free(a.v);
	free(b.v);
}
