/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing device trees. See tree.h. Devices stand right below the root, or in
 * a bus that does; names have the addresses in them, so two machines of one
 * kind that are laid out differently have different ones.
 */
#include <libfdt.h>
#include <string.h>

#include "firmware/hw/tree.h"

enum tree_state tree_check(const uint8_t *fdt, size_t len)
{
	if (len < FDT_V1_SIZE || fdt_check_header(fdt) < 0 || fdt_totalsize(fdt) > len)
		return TREE_REFUSED;
	return fdt_check_full(fdt, len) < 0 ? TREE_DAMAGED : TREE_WHOLE;
}

static bool is_named(const uint8_t *fdt, int node, const char *name)
{
	const char *own = fdt_get_name(fdt, node, NULL);

	return own && strcmp(own, name) == 0;
}

static bool is_memory(const uint8_t *fdt, int node)
{
	int len = 0;
	const char *type = fdt_getprop(fdt, node, "device_type", &len);

	return type && len == sizeof("memory") && memcmp(type, "memory", sizeof("memory")) == 0;
}

bool tree_is_empty(const uint8_t *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt,
		0) if (!is_named(fdt, node, "chosen") &&
		       !(is_named(fdt, node, "hypervisor") &&
			       fdt_node_check_compatible(fdt, node, "xen,xen") == 0)) return false;
	return true;
}

bool tree_has_all(const uint8_t *fdt, const uint8_t *of_firmware)
{
	int node;

	fdt_for_each_subnode(node, of_firmware, 0)
	{
		const char *name = fdt_get_name(of_firmware, node, NULL);

		if (!name || strcmp(name, "chosen") == 0 || is_memory(of_firmware, node))
			continue;
		if (fdt_subnode_offset(fdt, 0, name) < 0)
			return false;
	}
	return true;
}

const char *tree_compatible(const uint8_t *fdt)
{
	int len = 0;
	const char *name = fdt_getprop(fdt, 0, "compatible", &len);

	return name && len > 0 && *name && memchr(name, '\0', (size_t)len) ? name : NULL;
}
