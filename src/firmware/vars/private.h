/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share and others don't need. */
#ifndef ARMVM_FIRMWARE_VARS_PRIVATE_H
#define ARMVM_FIRMWARE_VARS_PRIVATE_H

#include "base/buf.h"
#include "firmware/vars/vars.h"

struct pe_der;

#define VAR_KNOWN                                                                                  \
	(VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME | VAR_HW_ERROR | VAR_AUTH_WRITE |       \
		VAR_TIME_AUTH | VAR_APPEND | VAR_ENHANCED)
#define VAR_ACCESS (VAR_BOOT_SERVICE | VAR_RUNTIME)

/* What a guest asks SetVariable() for. */
struct var_write {
	const uint16_t *name;
	struct guid vendor;
	uint32_t attributes;
	const uint8_t *data; /* the new content, behind the descriptor */
	size_t size;
	bool at_runtime;
	/* Of an authenticated one: EFI_VARIABLE_AUTHENTICATION_2, and whose it becomes. */
	const uint8_t *descriptor;
	uint8_t owner[VAR_OWNER_SIZE];
	struct buf unknown; /* what an append to keys really appends; data points into it */
};

struct vars {
	struct variable *v;
	size_t n, cap;
	const struct var_policy *policy;
	bool keeps_options;
	bool keys_changed; /* in user mode, by nobody whose signature was asked for */
};

size_t var_name_units(const uint16_t *name);
/* What a variable takes of the store. */
uint64_t var_cost(size_t name_units, size_t size);
struct variable *vars_find(const struct vars *v, const uint16_t *name, struct guid vendor);
/* Makes or changes it, NULL or what vars_find() gave, past all rules. */
void vars_put(struct vars *v, struct variable *var, const struct var_write *w);
void vars_remove(struct vars *v, struct variable *var);
/* SetupMode is derived from whether there is a PK; so does SecureBoot, but not at runtime. */
void vars_derive_modes(struct vars *v, bool at_runtime);

/*
 * What the specification says of a global variable, or of one that holds images' keys. 0 when
 * it does not define this name.
 */
uint32_t var_defined_attributes(const uint16_t *name, struct guid vendor, bool *read_only);

/* ---- keys.c: variables that hold keys ---- */

enum key_variable {
	KEY_NONE,
	KEY_PK,
	KEY_KEK,
	KEY_IMAGES, /* db, dbx, dbt */
};

/* edk2's variable, a byte: 1 where PK, KEK, db, dbx and dbt may be written in user mode without a signature. */
bool is_custom_mode(const uint16_t *name, struct guid vendor);

enum key_variable key_variable(const uint16_t *name, struct guid vendor);
/* Whether these are signature lists that edk2 takes for it; nothing is. */
bool keys_well_formed(enum key_variable key, const uint8_t *bytes, size_t size);
/* The lists without the signatures that old has already (8.2.2). */
void keys_without_known(
	const struct variable *old, const uint8_t *bytes, size_t size, struct buf *out);
/* At most max certificates, which point into the variable; NULL has none. */
size_t keys_certificates(const struct variable *var, struct pe_der *out, size_t max);

/* ---- auth.c: authenticated writes (8.2.2) ---- */

/* Takes the descriptor off the data; EFI_SECURITY_VIOLATION when there is none. */
efi_status auth_take_descriptor(struct var_write *w);
/*
 * Whether var (NULL: it does not exist) may be written so, as far as keys decide it; also asked of writes
 * that are not authenticated. Sets w->owner. EFI_SUCCESS, EFI_SECURITY_VIOLATION, EFI_INVALID_PARAMETER,
 * EFI_WRITE_PROTECTED.
 */
efi_status auth_check(const struct vars *v, const struct variable *var, struct var_write *w);
/* Whether keys, which exist in user mode, may be written without a signature. */
bool auth_in_custom_mode(const struct vars *v, bool at_runtime);
/* Whether a is later than b (EFI_TIME). */
bool auth_is_later(const uint8_t *a, const uint8_t *b);

#endif
