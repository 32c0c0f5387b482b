/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware is known to do with writes to variables. The rows with "all-"
 * treat volatile variables as they treat the others, which hardly any firmware
 * does, but which shows what a loader makes of each answer. Where nothing is kept there are no keys
 * to enrol either, as in edk2 built without Secure Boot: nobody would say that PK is stored. See vars.h.
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
	{ "stored", STORED, STORED },
	{ "dropped", DROPPED, STORED, .no_keys = true },
	{ "write-protected", REFUSED(EFI_WRITE_PROTECTED), STORED },
	{ "unsupported", REFUSED(EFI_UNSUPPORTED), STORED },
	{ "full", REFUSED(EFI_OUT_OF_RESOURCES), STORED, .full = true },
	{ "all-dropped", DROPPED, DROPPED, .no_keys = true },
	{ "all-write-protected", REFUSED(EFI_WRITE_PROTECTED), REFUSED(EFI_WRITE_PROTECTED) },
	{ "all-unsupported", REFUSED(EFI_UNSUPPORTED), REFUSED(EFI_UNSUPPORTED) },
	{ "all-full", REFUSED(EFI_OUT_OF_RESOURCES), REFUSED(EFI_OUT_OF_RESOURCES), .full = true },
};

const struct var_policy *var_policy_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	return NULL;
}
