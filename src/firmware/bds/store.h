/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager's only way to variables, all of them of the global vendor
 * (UEFI 2.10 3.3). Firmware writes past the rules for guests.
 */
#ifndef ARMVM_FIRMWARE_BDS_STORE_H
#define ARMVM_FIRMWARE_BDS_STORE_H

#include "firmware/machine/machine.h"
#include "firmware/vars/var_store.h"

/* NULL when there is none. Valid until a variable is defined or the guest runs. */
static inline const struct variable *bds_var(struct machine *m, const char *name)
{
	return var_store_global(m->vars, name);
}

/* Makes or replaces it; size 0 deletes it. */
static inline void bds_define(struct machine *m, const char *name, const void *data, size_t size)
{
	var_store_define(m->vars, name, data, size);
}

/* The same where there is none. */
static inline void bds_define_missing(
	struct machine *m, const char *name, const void *data, size_t size)
{
	var_store_define_missing(m->vars, name, data, size);
}

#endif
