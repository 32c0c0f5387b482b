/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When an Authenticode signature was made, by a time stamp (RFC 3161) that countersigns it: what dbt decides of
 * signatures whose certificates dbx revokes from a time on (UEFI 2.10 32.4.1, 32.5.3.3).
 */
#ifndef ARMVM_PE_TIMESTAMP_H
#define ARMVM_PE_TIMESTAMP_H

#include "pe/authenticode.h"

/* EFI_TIME (8.3) */
#define TIMESTAMP_SIZE 16

/*
 * Whether the signature has a time stamp by somebody whom this certificate vouches for; the time then, in UTC.
 * Whether the signature itself is good is not judged.
 */
bool timestamp_read(
	const struct pe_signature *s, const struct pe_der *authority, uint8_t time[TIMESTAMP_SIZE]);
/* Whether a is not later than b. */
bool timestamp_before(const uint8_t a[TIMESTAMP_SIZE], const uint8_t b[TIMESTAMP_SIZE]);

#endif
