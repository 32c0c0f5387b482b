/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation that aborts when memory is out. See xalloc.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/activity.h"
#include "base/xalloc.h"

static void *nonnull(void *p)
{
	if (!p) {
		activity_out_of_memory();
		abort();
	}
	return p;
}

void *xmalloc(size_t size)
{
	return nonnull(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return nonnull(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	return nonnull(reallocarray(p, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return nonnull(strdup(s));
}

char *xstrndup(const char *s, size_t max)
{
	return nonnull(strndup(s, max));
}

void *xmemdup(const void *p, size_t size)
{
	void *copy = xmalloc(size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return nonnull(n < 0 ? NULL : s);
}
