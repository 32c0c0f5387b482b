/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people write and what they get when they write nothing: sizes, and the
 * output's name. See build.h.
 */
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "build/build.h"

char *build_default_name(const char *rootfs, enum build_format format)
{
	const char *slash = strrchr(rootfs, '/'), *base = slash ? slash + 1 : rootfs;
	const char *dot = strrchr(base, '.');
	size_t len = dot && dot > base ? (size_t)(dot - base) : strlen(base);

	return xasprintf("%.*s.%s", (int)len, base, format == BUILD_RAW ? "raw" : "qcow2");
}

static bool unit_shift(const char **p, unsigned *shift)
{
	static const char units[] = "KMGT";
	const char *u = **p ? strchr(units, **p & ~0x20) : NULL;

	*shift = 0;
	if (!u)
		return **p == '\0';
	*shift = (unsigned)(u - units + 1) * 10;
	++*p;
	if (strcmp(*p, "B") == 0 || strcmp(*p, "iB") == 0)
		*p += strlen(*p);
	return **p == '\0';
}

bool build_parse_size(const char *text, uint64_t *bytes)
{
	uint64_t n = 0;
	unsigned shift;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (!checked_mul(n, 10, &n) || !checked_add(n, (uint64_t)(*text - '0'), &n))
			return false;
	return unit_shift(&text, &shift) && checked_mul(n, (uint64_t)1 << shift, bytes);
}
