/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation that does not return on failure: out of memory aborts here and
 * nowhere else. Sizes that come from input must be bounded by the caller
 * before they get here; these functions only guard the multiplication.
 */
#ifndef ARMVM_BASE_XALLOC_H
#define ARMVM_BASE_XALLOC_H

#include <stdlib.h>

#include "base/base.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t max) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t size) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((malloc, returns_nonnull));

/* CLEANUP(xfree) for plain heap memory of any pointer type. */
static inline void xfree_cleanup(void *pp)
{
	free(*(void **)pp);
}

#endif
