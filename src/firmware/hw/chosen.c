/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading /chosen. See chosen.h. The tree comes from the guest: libfdt checks
 * it as a whole first.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/hw/chosen.h"

/* A property of one or two cells. */
static uint64_t number(const void *fdt, int node, const char *name)
{
	int len = 0;
	const uint8_t *p = fdt_getprop(fdt, node, name, &len);

	return !p ? 0 : len == 8 ? be64(p) : len == 4 ? be32(p) : 0;
}

bool chosen_read(struct chosen *c, const uint8_t *fdt, size_t len)
{
	const char *args;
	int node, n = 0;

	*c = (struct chosen){ 0 };
	if (fdt_check_full(fdt, len) < 0)
		return false;
	node = fdt_path_offset(fdt, "/chosen");
	if (node < 0)
		return true;
	args = fdt_getprop(fdt, node, "bootargs", &n);
	if (args && n > 0)
		c->command_line = xstrndup(args, (size_t)n);
	c->initrd_start = number(fdt, node, "linux,initrd-start");
	c->initrd_end = number(fdt, node, "linux,initrd-end");
	return true;
}

void chosen_release(struct chosen *c)
{
	free(c->command_line);
	*c = (struct chosen){ 0 };
}
