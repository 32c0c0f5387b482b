/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware is known to do with writes to variables. The rows with "all-"
 * treat volatile variables as they treat the others, which hardly any firmware
 * does, but which shows what a loader makes of each answer. See vars.h.
 */
#include <string.h>

#include "firmware/vars/vars.h"

#define STORED                                                                                     \
	{                                                                                          \
		EFI_SUCCESS, true                                                                  \
	}
#define DROPPED                                                                                    \
	{                                                                                          \
		EFI_SUCCESS, false                                                                 \
	}
#define REFUSED(s)                                                                                 \
	{                                                                                          \
		s, false                                                                           \
	}

static const struct var_policy policies[] = {
	{ "stored", STORED, STORED, false },
	{ "dropped", DROPPED, STORED, false },
	{ "write-protected", REFUSED(EFI_WRITE_PROTECTED), STORED, false },
	{ "unsupported", REFUSED(EFI_UNSUPPORTED), STORED, false },
	{ "full", REFUSED(EFI_OUT_OF_RESOURCES), STORED, true },
	{ "all-dropped", DROPPED, DROPPED, false },
	{ "all-write-protected", REFUSED(EFI_WRITE_PROTECTED), REFUSED(EFI_WRITE_PROTECTED),
		false },
	{ "all-unsupported", REFUSED(EFI_UNSUPPORTED), REFUSED(EFI_UNSUPPORTED), false },
	{ "all-full", REFUSED(EFI_OUT_OF_RESOURCES), REFUSED(EFI_OUT_OF_RESOURCES), true },
};

const struct var_policy *var_policy_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	return NULL;
}
