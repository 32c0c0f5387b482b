/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: one caller-owned struct that holds the innermost cause and, in
 * front of it, one piece of context per level it travelled up:
 *
 *	reading backup GPT: LBA 41943039: short read
 *
 * A function that can fail takes a struct err * last and returns 0 or -errno.
 * The place where the error is noticed calls err_set() or err_sys(); every
 * level above may err_push() once, and returns the same code. NULL is
 * accepted by all of these and means that the caller wants the code alone.
 * Nothing here prints; only cli/ does.
 */
#ifndef ARMVM_BASE_ERR_H
#define ARMVM_BASE_ERR_H

#include "base/base.h"

#define ERR_TEXT_MAX 1024
#define ERR_HINT_MAX 512

struct err {
	int code; /* positive errno value; 0: no error */
	char text[ERR_TEXT_MAX];
	char hint[ERR_HINT_MAX]; /* what the user can do; "" when there is nothing to say */
};

/*
 * Sets code (a positive errno value) and text, forgets any earlier hint and
 * returns -code, so that `return err_set(err, EINVAL, ...)` reads well.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Like err_set() with errno as the code and ": strerror(errno)" after the text. */
int err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Puts "context: " in front of the text. When it does not fit, the context is
 * dropped, never the cause. Returns -err->code (-EIO for a NULL err).
 */
int err_push(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Sets what the user can do about it; the last call wins. Returns -err->code. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Forgets the error. */
void err_clear(struct err *err);

#endif
