/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure Boot: whether firmware runs a program, by its databases db and dbx (UEFI 2.10 32.5.3).
 * Judged as edk2 does. Timestamps of signatures (dbt) are left out: what dbx revokes is
 * revoked, whenever it was signed.
 */
#ifndef ARMVM_PE_SECURE_BOOT_H
#define ARMVM_PE_SECURE_BOOT_H

#include "pe/pe.h"
#include "pe/siglist.h"

/* NULL when it is run; else why not, in words that follow "Secure Boot: ". What is no list in db or dbx ends it. */
const char *secure_boot_refuses(
	const struct pe *pe, const struct pe_source *src, struct siglists db, struct siglists dbx);

#endif
