/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initrd: archives and every compression, through the reader that check uses. */
#include <string.h>

#include "rootfs/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rest {
	const uint8_t *p;
	size_t len;
};

static int64_t take(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct rest *r = ctx;

	(void)err;
	if (len > r->len)
		len = r->len;
	memcpy(bytes, r->p, len);
	r->p += len;
	r->len -= len;
	return (int64_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(initrd_release) struct initrd rd = { 0 };
	struct rest rest = { data, size };
	struct cpio_source source = { take, &rest };

	initrd_add(&rd, &source, NULL);
	return 0;
}
