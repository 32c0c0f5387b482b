/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of whole files, by the names that Glance's os_hash_algo has.
 */
#ifndef ARMVM_GLANCE_DIGEST_H
#define ARMVM_GLANCE_DIGEST_H

#include "base/err.h"

#define DIGEST_HEX_MAX 129

/*
 * The digest in lower-case hex; size gets the bytes that were read. -ENOTSUP
 * for an algorithm that is not known: md5, sha1, sha256, sha384 and sha512 are.
 */
int digest_file(
	int fd, const char *algorithm, char hex[DIGEST_HEX_MAX], uint64_t *size, struct err *err);

#endif
