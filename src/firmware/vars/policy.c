/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What scenarios do with writes to variables; a row each. See vars.h. Only the
 * plain one so far: a machine that boots for the first time and keeps what it is told.
 */
#include <string.h>

#include "firmware/vars/vars.h"

const struct var_policy var_policies[] = {
	{ "first-boot", "an empty variable store that keeps what is written", NULL },
	{ NULL, NULL, NULL },
};

const struct var_policy *var_policy_find(const char *name)
{
	for (const struct var_policy *p = var_policies; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}
