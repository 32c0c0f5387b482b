/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable bytes, growable text, and lists of strings.
 *
 * A struct buf holds bytes, a struct text characters that a NUL ends. Both start zeroed, and
 * are reached through the functions here, which never return NULL; buf_mem and text_mem are
 * theirs alone. Memory stays where it is until something is added, and belongs to the
 * buffer until it is released or detached.
 */
#ifndef ARMVM_BASE_BUF_H
#define ARMVM_BASE_BUF_H

#include "base/base.h"

struct buf {
	uint8_t *buf_mem;
	size_t len; /* bytes in use */
	size_t cap;
};

#define BUF_INIT                                                                                   \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* The bytes, to be read, and to be changed. */
static inline const uint8_t *buf_bytes(const struct buf *b)
{
	return b->buf_mem ? b->buf_mem : (const uint8_t *)"";
}

uint8_t *buf_edit(struct buf *b);
/* The bytes as a string, which ends at the first NUL among them or else behind the last. */
static inline const char *buf_text(const struct buf *b)
{
	return (const char *)buf_bytes(b);
}

void buf_add(struct buf *b, const void *bytes, size_t len);
/* Adds the characters of s without its NUL. */
void buf_add_text(struct buf *b, const char *s);
/* Makes room for extra bytes beyond len and returns the place; len is unchanged. */
void *buf_reserve(struct buf *b, size_t extra);
/* So many bytes were put there. */
void buf_added(struct buf *b, size_t len);
/* Drops what is behind the first len bytes; there are at least so many. */
void buf_cut(struct buf *b, size_t len);
/* Takes memory of len bytes and a zero, instead of what was there; and gives it away. */
void buf_take(struct buf *b, void *take_mem, size_t len);
uint8_t *buf_detach(struct buf *b);
void buf_reset(struct buf *b);
void buf_release(struct buf *b);
DEFINE_RELEASE(struct buf, buf_release)

struct text {
	char *text_mem;
	size_t len; /* characters in use, the NUL not counted */
	size_t cap;
};

#define TEXT_INIT                                                                                  \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* The string, to be read, and to be changed. */
static inline const char *text_str(const struct text *t)
{
	return t->text_mem ? t->text_mem : "";
}

char *text_edit(struct text *t);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Adds len characters. A NUL among them is kept, and whoever reads the string stops there. */
void text_add(struct text *t, const char *chars, size_t len);
/* As with bytes. */
char *text_reserve(struct text *t, size_t extra);
void text_added(struct text *t, size_t len);
void text_cut(struct text *t, size_t len);
char *text_detach(struct text *t);
void text_reset(struct text *t);
void text_release(struct text *t);
DEFINE_RELEASE(struct text, text_release)

/* A list of strings that it owns. Starts zeroed. v is NULL-terminated once n > 0. */
struct strlist {
	char **v;
	size_t n;
};

void strlist_add(struct strlist *l, const char *s);
void strlist_take(struct strlist *l, char *take_s);
bool strlist_has(const struct strlist *l, const char *s);
/* Byte order, as sort(1) with LC_ALL=C. */
void strlist_sort(struct strlist *l);
void strlist_release(struct strlist *l);
DEFINE_RELEASE(struct strlist, strlist_release)

#endif
