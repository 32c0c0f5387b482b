/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking options up in a kernel's configuration file.
 */
#include "rootfs/kconfig.h"

#include <string.h>

/* What stands in a line at p behind the option's name. */
static enum kconfig_value value_at(const char *p, size_t len)
{
	if (len >= 2 && p[0] == '=' && (len == 2 || p[2] == '\n' || p[2] == '\r')) {
		if (p[1] == 'y')
			return KCONFIG_YES;
		if (p[1] == 'm')
			return KCONFIG_MODULE;
		if (p[1] == 'n')
			return KCONFIG_NO;
	}
	return p[0] == '=' ? KCONFIG_OTHER : KCONFIG_NO;
}

enum kconfig_value kconfig_get(const char *text, size_t len, const char *name)
{
	static const char prefix[] = "CONFIG_";
	size_t prefix_len = sizeof(prefix) - 1, name_len = strlen(name);
	const char *p = text, *end = text + len;

	/* The name is rarer than the prefix, so it is what is searched for. */
	while (p < end && (p = memmem(p, (size_t)(end - p), name, name_len)) != NULL) {
		const char *start = p - prefix_len, *behind = p + name_len;

		p++;
		if (start < text || memcmp(start, prefix, prefix_len) != 0 || behind >= end)
			continue;
		if (*behind == '=' && (start == text || start[-1] == '\n'))
			return value_at(behind, (size_t)(end - behind));
		if (*behind == ' ' && start >= text + 2 && memcmp(start - 2, "# ", 2) == 0)
			return KCONFIG_NO;
	}
	return KCONFIG_ABSENT;
}
