/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure Boot: whether firmware runs a program, by its databases db, dbx and dbt (UEFI 2.10 32.5.3).
 * Judged as edk2 does.
 */
#ifndef ARMVM_PE_SECURE_BOOT_H
#define ARMVM_PE_SECURE_BOOT_H

#include "pe/pe.h"
#include "pe/siglist.h"

struct secure_boot_lists {
	struct siglists db, dbx;
	struct siglists
		dbt; /* who vouches for the times of signatures, where dbx revokes from a time on */
};

/* NULL when it is run; else why not, in words that follow "Secure Boot: ". What is no list in one of them ends it. */
const char *secure_boot_refuses(
	const struct pe *pe, const struct pe_source *src, const struct secure_boot_lists *lists);

#endif
