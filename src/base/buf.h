/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable byte buffers and string lists.
 *
 * A struct buf starts zeroed (or as BUF_INIT). After every function here the
 * byte at data[len] is NUL, so a buffer that holds text is a C string. Memory
 * belongs to the buffer until buf_release() or buf_detach().
 */
#ifndef ARMVM_BASE_BUF_H
#define ARMVM_BASE_BUF_H

#include "base/base.h"

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len; /* bytes in use, the NUL not counted */
	size_t cap;
};

#define BUF_INIT                                                                                   \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Makes room for extra bytes beyond len and returns the place; len is unchanged. */
char *buf_reserve(struct buf *b, size_t extra);
/* The text, never NULL. */
const char *buf_str(const struct buf *b);
/* Gives the memory away; the buffer is empty again. Never NULL. */
char *buf_detach(struct buf *b);
void buf_reset(struct buf *b);
void buf_release(struct buf *b);
DEFINE_RELEASE(struct buf, buf_release)

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
