/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable bytes, growable text, and lists of strings. See buf.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

/* Memory of *cap bytes that becomes as large as len + extra bytes and a NUL. */
static void *grown(void *mem, size_t len, size_t *cap, size_t extra)
{
	size_t want;

	if (__builtin_add_overflow(len, extra, &want) || want + 1 == 0)
		abort();
	want++;
	if (want <= *cap)
		return mem;
	if (*cap == 0)
		*cap = 64;
	while (*cap < want)
		*cap = *cap > SIZE_MAX / 2 ? want : *cap * 2;
	return xreallocarray(mem, *cap, 1);
}

void *buf_reserve(struct buf *b, size_t extra)
{
	b->buf_mem = grown(b->buf_mem, b->len, &b->cap, extra);
	b->buf_mem[b->len] = 0;
	return b->buf_mem + b->len;
}

uint8_t *buf_edit(struct buf *b)
{
	if (!b->buf_mem)
		buf_reserve(b, 0);
	return b->buf_mem;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	uint8_t *place = buf_reserve(b, len);

	if (len)
		memcpy(place, bytes, len);
	place[len] = 0;
	b->len += len;
}

void buf_add_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_added(struct buf *b, size_t len)
{
	b->len += len;
	b->buf_mem[b->len] = 0;
}

void buf_take(struct buf *b, void *take_mem, size_t len)
{
	buf_release(b);
	*b = (struct buf){ take_mem, len, len + 1 };
}

void buf_cut(struct buf *b, size_t len)
{
	if (len > b->len)
		abort();
	b->len = len;
	buf_reserve(b, 0);
}

uint8_t *buf_detach(struct buf *b)
{
	uint8_t *mem = buf_edit(b);

	*b = (struct buf)BUF_INIT;
	return mem;
}

void buf_reset(struct buf *b)
{
	if (b->buf_mem)
		buf_cut(b, 0);
}

void buf_release(struct buf *b)
{
	free(b->buf_mem);
	*b = (struct buf)BUF_INIT;
}

char *text_reserve(struct text *t, size_t extra)
{
	t->text_mem = grown(t->text_mem, t->len, &t->cap, extra);
	t->text_mem[t->len] = '\0';
	return t->text_mem + t->len;
}

char *text_edit(struct text *t)
{
	if (!t->text_mem)
		text_reserve(t, 0);
	return t->text_mem;
}

void text_add(struct text *t, const char *chars, size_t len)
{
	char *place = text_reserve(t, len);

	if (len)
		memcpy(place, chars, len);
	place[len] = '\0';
	t->len += len;
}

void text_puts(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	char *place;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	place = text_reserve(t, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(place, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_added(struct text *t, size_t len)
{
	t->len += len;
	t->text_mem[t->len] = '\0';
}

void text_cut(struct text *t, size_t len)
{
	if (len > t->len)
		abort();
	t->len = len;
	text_reserve(t, 0);
}

char *text_detach(struct text *t)
{
	char *mem = text_edit(t);

	*t = (struct text)TEXT_INIT;
	return mem;
}

void text_reset(struct text *t)
{
	if (t->text_mem)
		text_cut(t, 0);
}

void text_release(struct text *t)
{
	free(t->text_mem);
	*t = (struct text)TEXT_INIT;
}

void strlist_take(struct strlist *l, char *take_s)
{
	l->v = xreallocarray(l->v, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = take_s;
	l->v[l->n] = NULL;
}

void strlist_add(struct strlist *l, const char *s)
{
	strlist_take(l, xstrdup(s));
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_strings);
}

void strlist_release(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist){ NULL, 0 };
}
