/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on sizes and offsets that come from input. Each function stores
 * the result and returns true, or returns false when it does not fit.
 */
#ifndef ARMVM_BASE_CHECKED_H
#define ARMVM_BASE_CHECKED_H

#include "base/base.h"

static inline MUST_CHECK bool checked_add(uint64_t a, uint64_t b, uint64_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

static inline MUST_CHECK bool checked_mul(uint64_t a, uint64_t b, uint64_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}

/* Whether [off, off + len) lies inside [0, size). */
static inline MUST_CHECK bool range_within(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/* v rounded up to a multiple of align, a power of two; false on overflow. */
static inline MUST_CHECK bool checked_align(uint64_t v, uint64_t align, uint64_t *up)
{
	if (!checked_add(v, align - 1, up))
		return false;
	*up &= ~(align - 1);
	return true;
}

#endif
