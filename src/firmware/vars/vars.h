/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable store (UEFI 2.10 8.2), and the policy by which a scenario treats
 * what is written to it.
 */
#ifndef ARMVM_FIRMWARE_VARS_VARS_H
#define ARMVM_FIRMWARE_VARS_VARS_H

#include "base/base.h"
#include "base/guid.h"
#include "uefi/status.h"

#define VAR_NON_VOLATILE 0x01u
#define VAR_BOOT_SERVICE 0x02u
#define VAR_RUNTIME      0x04u
#define VAR_HW_ERROR     0x08u
#define VAR_AUTH_WRITE   0x10u
#define VAR_TIME_AUTH    0x20u
#define VAR_APPEND       0x40u

#define VAR_SIZE_MAX                                                                               \
	(64u << 10) /* of one variable, name included; 8 KiB makes shim split MokListXRT */
#define VAR_STORE_SIZE (512u << 10) /* of all */

struct variable {
	uint16_t *name;    /* UTF-16, NUL-terminated, host order */
	size_t name_units; /* without the NUL */
	struct guid vendor;
	uint32_t attributes;
	uint8_t *data;
	size_t size;
};

struct vars; /* opaque */

struct vars *vars_new(void);
void vars_free(struct vars *v);
/* A deep copy: what a scenario keeps over a reset. */
struct vars *vars_copy(const struct vars *v);

/* NULL when there is none (or it is not visible at runtime and at_runtime is set). */
const struct variable *vars_get(
	const struct vars *v, const uint16_t *name, struct guid vendor, bool at_runtime);

/*
 * SetVariable()'s rules for attributes, deletion, appending and sizes, before
 * any policy: EFI_SUCCESS, EFI_INVALID_PARAMETER, EFI_NOT_FOUND,
 * EFI_OUT_OF_RESOURCES, EFI_WRITE_PROTECTED, EFI_UNSUPPORTED.
 */
efi_status vars_set(struct vars *v, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime);

/* GetNextVariableName(): the one after (name, vendor); the first for an empty name; NULL at the end. */
const struct variable *vars_next(const struct vars *v, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status);

/* Drops the volatile ones: a reset. */
void vars_reset(struct vars *v);
/* Bytes used by variables with these attributes. */
uint64_t vars_used(const struct vars *v, bool non_volatile);

#endif
