/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary that every other header uses: the C library's basic types,
 * ARRAY_SIZE, and ownership. CLEANUP(thing_free) on a declaration frees the
 * variable when it goes out of scope; TAKE(p) moves it out first, so that a
 * function which built something returns it with `*out = TAKE(thing)`.
 */
#ifndef ARMVM_BASE_BASE_H
#define ARMVM_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_CHECK             __attribute__((warn_unused_result))

/* Declares what CLEANUP(fn) needs; put it below the prototype of fn(T *). */
#define DEFINE_CLEANUP(T, fn)                                                                      \
	static inline void fn##_cleanup(T **p)                                                     \
	{                                                                                          \
		if (*p)                                                                            \
			fn(*p);                                                                    \
	}

/* The same for embedded things, whose fn(T *) accepts a zeroed struct. */
#define DEFINE_RELEASE(T, fn)                                                                      \
	static inline void fn##_cleanup(T *p)                                                      \
	{                                                                                          \
		fn(p);                                                                             \
	}

#define CLEANUP(fn) __attribute__((cleanup(fn##_cleanup)))

#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#endif
