/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest ALGORITHM FILE: the digest of a file as an upload computes it, for tests/bench/glance.
 */
#include <fcntl.h>
#include <stdio.h>

#include "glance/digest.h"

int main(int argc, char **argv)
{
	char hex[DIGEST_HEX_MAX];
	struct err err = { 0 };
	uint64_t size;
	int fd = argc == 3 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || digest_file(fd, argv[1], NULL, hex, &size, &err) < 0) {
		fprintf(stderr, "digest: %s\n", err.code ? err.text : "it cannot be read");
		return 1;
	}
	puts(hex);
	return 0;
}
