/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable store (UEFI 2.10 8.2), and the policy by which a scenario treats
 * what is written to it. Names are NUL-terminated UTF-16 in host order.
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
#define VAR_ENHANCED     0x80u

/* Name (NUL included) and data of one variable, as edk2 on QEMU's virt machine has it. */
#define VAR_SIZE_MAX   0x3ffc4u /* of a volatile one */
#define VAR_KEPT_MAX   0x1fc4u  /* of one that is kept */
#define VAR_SIGNED_MAX 0x27c4u  /* of an authenticated one, without its descriptor */
/* What an authenticated write may have beside: who signed it, and by which certificates. */
#define VAR_AUTH_MAX   (1u << 20)
/* Of all non-volatile ones; the volatile ones have as much for themselves. */
#define VAR_STORE_SIZE (512u << 10)
/* What each takes of that beside its name (NUL included) and data. */
#define VAR_OVERHEAD   64u

/* EFI_TIME (8.3.1) */
#define VAR_TIME_SIZE  16
#define VAR_OWNER_SIZE 32

struct variable {
	uint16_t *name;
	size_t name_units; /* without the NUL */
	struct guid vendor;
	uint32_t attributes; /* never VAR_APPEND */
	uint8_t *data;
	size_t size;
	bool read_only; /* to guests */
	bool fleeting; /* made anew at each power-on, and takes no room, whatever its attributes say */
	/* Of an authenticated one: of its last write, and, unless it holds keys, by whom its owner is known. */
	uint8_t time[VAR_TIME_SIZE], owner[VAR_OWNER_SIZE];
};

/* The same attributes and value, which is all that guests see; names are not compared. */
bool variable_same(const struct variable *a, const struct variable *b);

struct vars; /* opaque */

/* What becomes of writes of one kind that keep all rules. */
struct var_treatment {
	efi_status status; /* what the guest gets */
	bool happens;      /* whether the variable really changes */
};

/*
 * How a firmware treats what is written: variables that shall outlive the boot,
 * and those that shall not. The firmware's own hand (vars_define()) is not bound by it.
 */
struct var_policy {
	const char *name;
	struct var_treatment non_volatile, transient;
	bool no_keys; /* there are no authenticated variables: writes are EFI_INVALID_PARAMETER */
	bool full; /* QueryVariableInfo() says that there is no room for the non-volatile; deleting works */
};

/* By name: "stored", "dropped", "full" ...; NULL when there is none of this name. */
const struct var_policy *var_policy_find(const char *name);

/* An empty store in which everything is stored. */
struct vars *vars_new(void);
void vars_free(struct vars *v);
DEFINE_CLEANUP(struct vars, vars_free)
/* A deep copy: what a scenario keeps over a reset. */
struct vars *vars_copy(const struct vars *v);
void vars_set_policy(struct vars *v, const struct var_policy *policy);
/* From here on the store's firmware keeps an option for the medium that it boots from: vars_keep_option(). */
void vars_keep_options(struct vars *v);

/* NULL when there is none (or it is not visible at runtime and at_runtime is set). */
const struct variable *vars_get(
	const struct vars *v, const uint16_t *name, struct guid vendor, bool at_runtime);

/* How many bytes of a value decide what SetVariable() answers: one that is longer is refused whatever it is. */
size_t vars_deciding_size(uint32_t attributes, uint64_t size);
/*
 * SetVariable(): the rules for attributes, deletion, appending and sizes, then
 * the policy. EFI_SUCCESS, EFI_INVALID_PARAMETER, EFI_NOT_FOUND (nothing to
 * delete), EFI_OUT_OF_RESOURCES, EFI_WRITE_PROTECTED, EFI_UNSUPPORTED,
 * EFI_SECURITY_VIOLATION (an authenticated write that is not signed by whom it takes, 8.2.2).
 * Where PK is written or deleted, SetupMode is derived anew, and SecureBoot before runtime.
 */
efi_status vars_set(struct vars *v, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime);

/*
 * The firmware's own hand: a variable of the global vendor (UEFI 2.10 3.3)
 * with an ASCII name is made, replaced, or deleted for size 0, past all rules.
 * It gets the attributes that the specification gives it.
 */
void vars_define(struct vars *v, const char *name, const void *data, size_t size);
/*
 * The firmware boots from a device (a whole device path) that no option names. Where it keeps options for media
 * (UEFI 2.10 3.1: it may add extra ones), one is made, unless it is there already, and stands in BootOrder;
 * BootCurrent names it. Elsewhere there is no option for it (3.3: it is not saved), and no BootCurrent.
 */
void vars_keep_option(struct vars *v, const void *device, size_t size);
/* The global variable of an ASCII name; NULL when there is none. */
const struct variable *vars_global(const struct vars *v, const char *name);

/*
 * GetNextVariableName(): the one after (name, vendor); the first for an empty
 * name; NULL at the end (EFI_NOT_FOUND), or when there is none of the given name
 * (EFI_INVALID_PARAMETER). Volatile ones in the order of creation, then those that are kept in the order of
 * their names: which was made first, and at which power-on, nobody sees.
 */
const struct variable *vars_next(const struct vars *v, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status);

struct var_info {
	uint64_t storage, remaining, largest; /* bytes */
};

/* QueryVariableInfo(): EFI_SUCCESS, EFI_INVALID_PARAMETER, EFI_UNSUPPORTED. */
efi_status vars_query(
	const struct vars *v, uint32_t attributes, bool at_runtime, struct var_info *info);

/*
 * Makes the variables that show Secure Boot's mode (32.3), and edk2's CustomMode, in which keys are written unsigned:
 * power-on. There are no audit and deployed modes.
 */
void vars_power_on(struct vars *v);
/* Drops what is volatile or fleeting: a reset. */
void vars_reset(struct vars *v);
/* Whether both have the same non-volatile variables, in whatever order. */
bool vars_same_kept(const struct vars *a, const struct vars *b);
/* Bytes that non-volatile, or volatile, variables take. */
uint64_t vars_used(const struct vars *v, bool non_volatile);

#endif
