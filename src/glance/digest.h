/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of whole files, by the names that Glance's os_hash_algo has.
 */
#ifndef ARMVM_GLANCE_DIGEST_H
#define ARMVM_GLANCE_DIGEST_H

#include <sys/types.h>

#include "base/err.h"

#define DIGEST_HEX_MAX 129

/*
 * The digest in lower-case hex; size gets the bytes that were read. -ENOTSUP
 * for an algorithm that is not known: md5, sha1, sha256, sha384 and sha512 are. -EINTR: *stop was
 * set (by a signal's handler); stop may be NULL.
 */
int digest_file(int fd, const char *algorithm, const volatile int *stop, char hex[DIGEST_HEX_MAX],
	uint64_t *size, struct err *err);

/* A digest that another process computes meanwhile. Starts zeroed. */
struct digest_task {
	pid_t pid; /* 0: none was started */
	int fd;
};

int digest_task_start(
	struct digest_task *t, const char *path, const char *algorithm, struct err *err);
/* Waits for it, as long as *stop is not set; false when there is none, or the file could not be read. */
bool digest_task_end(struct digest_task *t, const volatile int *stop, char hex[DIGEST_HEX_MAX]);
/* Ends it, if there is one. */
void digest_task_release(struct digest_task *t);

#endif
