/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks whose findings OpenStack refuses an image for. Most are errors
 * for everybody (backing files, data files, unknown versions, several formats,
 * a protective MBR that is not exactly right); these are not. See refuse.h.
 */
#include <stdlib.h>

#include "glance/refuse.h"

static const struct {
	const char *check, *reason;
} rules[] = {
	{ "container.extended-l2", "Glance and Nova refuse a qcow2 with extended L2 entries" },
	{ "container.old-format", "Glance and Nova refuse QED, and have no word for qcow" },
	{ "container.vmdk-descriptor", "Glance and Nova refuse a VMDK with such a descriptor" },
	{ "container.iso", "Glance and Nova refuse a file that is a disk and a CD at once" },
};

void glance_policy(struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (policy_add(p, true, rules[i].check, rules[i].reason, "glance", NULL) < 0)
			abort();
}
