/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small PE32+ files for AArch64 in memory, for the loader room's unit tests:
 * headers of 0x400 bytes, or 0xe00 for many sections, then each section's bytes, 512-aligned. With kernel
 * set they look like an arm64 Linux image.
 */
#ifndef ARMVM_TESTS_MINIPE_H
#define ARMVM_TESTS_MINIPE_H

#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

struct minisection {
	const char *name;
	const void *bytes;
	size_t len;
};

static inline uint32_t minipe_headers(size_t n)
{
	return n > 15 ? 0xe00 : 0x400;
}

static inline void minipe_header(uint8_t *p, size_t n, bool kernel)
{
	p[0] = 'M', p[1] = 'Z';
	put_le32(p + 0x3c, 0x80);
	if (kernel)
		memcpy(p + 0x38, "ARM\x64", 4);
	memcpy(p + 0x80, "PE\0\0", 4);
	put_le16(p + 0x84, 0xaa64);
	put_le16(p + 0x86, (uint16_t)n);
	put_le16(p + 0x94, 240);
	put_le16(p + 0x96, 0x2e);
	put_le16(p + 0x98, 0x20b);
	put_le32(p + 0x98 + 16, 0x1000); /* entry */
	put_le32(p + 0x98 + 32, 0x1000);
	put_le32(p + 0x98 + 36, 0x200);
	put_le32(p + 0x98 + 60, minipe_headers(n));
	put_le16(p + 0x98 + 68, 10);
	put_le32(p + 0x98 + 108, 16);
}

/* Appends the file to out, which is empty. */
static inline void minipe(struct buf *out, const struct minisection *s, size_t n, bool kernel)
{
	uint8_t head[0xe00] = { 0 };
	uint32_t va = 0x1000, raw = minipe_headers(n);

	minipe_header(head, n, kernel);
	for (size_t i = 0; i < n; i++) {
		uint8_t *h = head + 0x98 + 240 + 40 * i;
		uint32_t padded = (uint32_t)(s[i].len + 511) / 512 * 512;

		memcpy(h, s[i].name, strnlen(s[i].name, 8));
		put_le32(h + 8, (uint32_t)s[i].len);
		put_le32(h + 12, va);
		put_le32(h + 16, padded);
		put_le32(h + 20, raw);
		put_le32(h + 36, i ? 0x40000040 : 0x60000020);
		va += (padded + 0xfff) / 0x1000 * 0x1000;
		raw += padded;
	}
	put_le32(head + 0x98 + 56, va);
	buf_add(out, head, minipe_headers(n));
	for (size_t i = 0; i < n; i++) {
		size_t pad = (512 - s[i].len % 512) % 512;

		buf_add(out, s[i].bytes, s[i].len);
		memset(buf_reserve(out, pad), 0, pad);
		buf_added(out, pad);
	}
}

#endif
