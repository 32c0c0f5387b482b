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
