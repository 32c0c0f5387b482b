/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of whole files, by GnuTLS. See digest.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "glance/digest.h"

#define BLOCK_BYTES ((size_t)256 * 1024)

static gnutls_digest_algorithm_t algorithm_of(const char *name)
{
	static const struct {
		const char *name;
		gnutls_digest_algorithm_t algorithm;
	} table[] = { { "md5", GNUTLS_DIG_MD5 }, { "sha1", GNUTLS_DIG_SHA1 },
		{ "sha256", GNUTLS_DIG_SHA256 }, { "sha384", GNUTLS_DIG_SHA384 },
		{ "sha512", GNUTLS_DIG_SHA512 } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].algorithm;
	return GNUTLS_DIG_UNKNOWN;
}

static int hash_all(gnutls_hash_hd_t hash, int fd, uint64_t *size, struct err *err)
{
	CLEANUP(xfree) uint8_t *block = xmalloc(BLOCK_BYTES);

	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	for (*size = 0;;) {
		ssize_t n = pread(fd, block, BLOCK_BYTES, (off_t)*size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "computing its hash");
		if (n == 0)
			return 0;
		if (gnutls_hash(hash, block, (size_t)n) < 0)
			return err_set(err, EIO, "computing its hash: GnuTLS failed");
		*size += (uint64_t)n;
	}
}

int digest_file(
	int fd, const char *algorithm, char hex[DIGEST_HEX_MAX], uint64_t *size, struct err *err)
{
	gnutls_digest_algorithm_t which = algorithm_of(algorithm);
	uint8_t bytes[(DIGEST_HEX_MAX - 1) / 2];
	gnutls_hash_hd_t hash;
	int ret;

	if (which == GNUTLS_DIG_UNKNOWN || gnutls_hash_init(&hash, which) < 0)
		return err_set(err, ENOTSUP, "the hash %s is not known here", algorithm);
	ret = hash_all(hash, fd, size, err);
	gnutls_hash_deinit(hash, bytes);
	for (unsigned i = 0; i < gnutls_hash_get_len(which); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return ret;
}
