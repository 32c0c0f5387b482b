/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing all of some bytes to an open file, whatever write(2) makes of it. what begins the
 * error's text: "writing the image".
 */
#ifndef ARMVM_BASE_WRITE_H
#define ARMVM_BASE_WRITE_H

#include "base/err.h"

/* Where the file stands. */
int write_all(int fd, const void *bytes, size_t len, const char *what, struct err *err);
int write_at(
	int fd, uint64_t off, const void *bytes, size_t len, const char *what, struct err *err);
/* Leaves blocks of zeroes out: the file must have a hole, or zeroes, where this is going. */
int write_sparse(
	int fd, uint64_t off, const void *bytes, size_t len, const char *what, struct err *err);

#endif
