/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of file systems. See names.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/names.h"
#include "rootfs/fstab.h"

static const struct {
	const char *key;
	const struct volume *(*find)(const struct chain_view *, const char *);
} names[] = {
	{ "UUID=", view_by_uuid },
	{ "LABEL=", view_by_label },
	{ "PARTUUID=", view_by_partuuid },
	{ "PARTLABEL=", view_by_partlabel },
	{ "/dev/disk/by-uuid/", view_by_uuid },
	{ "/dev/disk/by-label/", view_by_label },
	{ "/dev/disk/by-partuuid/", view_by_partuuid },
	{ "/dev/disk/by-partlabel/", view_by_partlabel },
};

const struct volume *named_volume(const struct chain_view *view, const char *spec, bool *named)
{
	*named = false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i].key);
		CLEANUP(xfree) char *value = NULL;

		if (strncmp(spec, names[i].key, len) != 0)
			continue;
		*named = true;
		value = xstrdup(spec + len);
		/* UUID="..." is allowed. */
		if (value[0] == '"' && value[1]) {
			memmove(value, value + 1, strlen(value));
			value[strcspn(value, "\"")] = '\0';
		}
		return names[i].find(view, value);
	}
	return NULL;
}

/* "5a3ab1e0-02": an MBR's signature and a partition's number in hexadecimal. */
static unsigned mbr_number(const char *spec)
{
	const char *p = strncmp(spec, "PARTUUID=", 9) == 0 ? spec + 9 : "";
	size_t n = strspn(p, "0123456789abcdefABCDEF");
	char *end;
	unsigned long number;

	if (n != 8 || p[8] != '-' || strlen(p) != 11)
		return 0;
	number = strtoul(p + 9, &end, 16);
	return *end ? 0 : (unsigned)number;
}

static unsigned device_number(const char *spec)
{
	size_t n = strlen(spec);

	if (!fstab_by_device_name(spec))
		return 0;
	while (n && isdigit((unsigned char)spec[n - 1]))
		n--;
	return strlen(spec + n) > 4 ? 0 : (unsigned)strtoul(spec + n, NULL, 10);
}

const struct volume *name_partition(const struct chain_view *view, const char *spec)
{
	unsigned number = device_number(spec);

	if (!number)
		number = mbr_number(spec);
	return number ? view_by_number(view, number) : NULL;
}
