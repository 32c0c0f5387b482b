/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SetVariable() and QueryVariableInfo(): the rules of UEFI 2.10 8.2.3 and 8.2.4, then the policy. Where
 * they leave a choice, as edk2 does. See vars.h; who may write authenticated ones is in auth.c.
 */
#include <string.h>

#include "base/xalloc.h"
#include "firmware/vars/private.h"
#include "uefi/protocols.h"

/* Those that a variable may have; enhanced authentication is optional, and none of them here. */
#define VAR_SUPPORTED (VAR_KNOWN & ~(VAR_AUTH_WRITE | VAR_ENHANCED))

/* What attributes may be together, whoever they are for. */
static efi_status check_attributes(uint32_t a)
{
	if (a & ~(VAR_SUPPORTED | VAR_AUTH_WRITE))
		return EFI_INVALID_PARAMETER;
	/* Deprecated, and to be refused so, whatever is with it (8.2.3). */
	if (a & VAR_AUTH_WRITE)
		return EFI_UNSUPPORTED;
	if (a == VAR_NON_VOLATILE || (a & VAR_ACCESS) == VAR_RUNTIME)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static bool appends_nothing(const struct var_write *w)
{
	return w->attributes & VAR_APPEND && !w->size;
}

static bool is_deletion(const struct var_write *w)
{
	return !appends_nothing(w) && (!(w->attributes & VAR_ACCESS) || !w->size);
}

/* UEFI's own vendors have no other variables than those that it defines (3.3). */
static efi_status check_defined(const struct var_write *w)
{
	bool read_only = false;
	uint32_t want = var_defined_attributes(w->name, w->vendor, &read_only);

	/* One that says nothing, or that says so, which is not all that deletes. */
	bool deletes = !w->attributes || (is_deletion(w) && !w->size);

	if (!want && !deletes &&
		(guid_eq(w->vendor, uefi_image_security_database) ||
			guid_eq(w->vendor, uefi_global_variable)))
		return EFI_INVALID_PARAMETER;
	if (!want)
		return EFI_SUCCESS;
	if (read_only)
		return EFI_WRITE_PROTECTED;
	if (is_custom_mode(w->name, w->vendor) && !deletes && w->size != 1)
		return EFI_INVALID_PARAMETER;
	if (!deletes && (w->attributes & ~VAR_APPEND) != want)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* May a variable be made so? */
static efi_status check_new(const struct var_write *w)
{
	if (is_deletion(w))
		return EFI_NOT_FOUND;
	if (w->at_runtime && (w->attributes & (VAR_NON_VOLATILE | VAR_RUNTIME)) !=
				     (VAR_NON_VOLATILE | VAR_RUNTIME))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* May this one be changed so? */
static efi_status check_change(const struct variable *var, const struct var_write *w)
{
	if (var->read_only)
		return EFI_WRITE_PROTECTED;
	/* Once boot services are gone, the volatile can be read alone, the invisible not even that. */
	if (w->at_runtime && (var->attributes & (VAR_RUNTIME | VAR_NON_VOLATILE)) !=
				     (VAR_RUNTIME | VAR_NON_VOLATILE))
		return EFI_WRITE_PROTECTED;
	if (w->attributes && (w->attributes & ~VAR_APPEND) != var->attributes)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static size_t size_max(uint32_t attributes)
{
	if (attributes & VAR_TIME_AUTH)
		return VAR_SIGNED_MAX;
	return attributes & VAR_NON_VOLATILE ? VAR_KEPT_MAX : VAR_SIZE_MAX;
}

/* What is written fits into one variable. */
static efi_status check_size(const struct var_write *w)
{
	size_t n = var_name_units(w->name), most = size_max(w->attributes);

	if (n >= most / sizeof(uint16_t) || w->size > most ||
		(n + 1) * sizeof(uint16_t) + w->size > most)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static efi_status check_room(
	const struct vars *v, const struct variable *var, const struct var_write *w)
{
	bool nv = w->attributes & VAR_NON_VOLATILE;
	size_t n = var_name_units(w->name);
	size_t old = var && (w->attributes & VAR_APPEND) ? var->size : 0;
	uint64_t used = vars_used(v, nv);

	/* Appending beyond the size of one is a lack of space, not a wrong argument. */
	if ((n + 1) * sizeof(uint16_t) + old + w->size > size_max(w->attributes))
		return EFI_OUT_OF_RESOURCES;
	if (var)
		used -= var_cost(n, var->size);
	if (used + var_cost(n, old + w->size) > VAR_STORE_SIZE)
		return EFI_OUT_OF_RESOURCES;
	return EFI_SUCCESS;
}

/* An append to keys is of those alone that are not there yet; PK is made longer all the same, as in edk2. */
static void drop_known_keys(const struct variable *var, struct var_write *w)
{
	enum key_variable key = key_variable(w->name, w->vendor);

	if (!var || !(w->attributes & VAR_APPEND) || key == KEY_NONE || key == KEY_PK)
		return;
	keys_without_known(var, w->data, w->size, &w->unknown);
	w->data = buf_bytes(&w->unknown);
	w->size = w->unknown.len;
}

static efi_status check(const struct vars *v, const struct variable *var, struct var_write *w)
{
	efi_status status;

	if (!*w->name || (w->size && !w->data))
		return EFI_INVALID_PARAMETER;
	status = check_attributes(w->attributes);
	if (status == EFI_SUCCESS && w->attributes & VAR_TIME_AUTH)
		status = v->policy->no_keys ? EFI_INVALID_PARAMETER : auth_take_descriptor(w);
	/* Error records are not kept here, and have no room. */
	if (status == EFI_SUCCESS && w->attributes & VAR_HW_ERROR)
		status = EFI_INVALID_PARAMETER;
	if (status == EFI_SUCCESS)
		status = check_size(w);
	if (status == EFI_SUCCESS)
		status = check_defined(w);
	if (status == EFI_SUCCESS && var)
		status = check_change(var, w);
	if (status == EFI_SUCCESS)
		status = auth_check(v, var, w);
	if (status == EFI_SUCCESS && !var && !appends_nothing(w))
		status = check_new(w);
	if (status != EFI_SUCCESS)
		return status;
	drop_known_keys(var, w);
	return is_deletion(w) ? EFI_SUCCESS : check_room(v, var, w);
}

static const struct var_treatment *treatment(
	const struct vars *v, const struct variable *var, const struct var_write *w)
{
	static const struct var_treatment done = { EFI_SUCCESS, true };
	uint32_t attributes = var ? var->attributes : w->attributes;

	/* What is full can still be emptied. */
	if (v->policy->full && is_deletion(w))
		return &done;
	return attributes & VAR_NON_VOLATILE ? &v->policy->non_volatile : &v->policy->transient;
}

/* From then on they are not the vendor's alone, as in edk2. */
static void note_unsigned_keys(struct vars *v, const struct var_write *w)
{
	static const uint8_t changed = 0;

	if (key_variable(w->name, w->vendor) == KEY_NONE || !vars_global(v, "PK") ||
		!auth_in_custom_mode(v, w->at_runtime))
		return;
	v->keys_changed = true;
	vars_define(v, "VendorKeys", &changed, 1);
}

static efi_status set(struct vars *v, struct var_write *w)
{
	struct variable *var = vars_find(v, w->name, w->vendor);
	efi_status status = check(v, var, w);
	const struct var_treatment *t;

	if (status != EFI_SUCCESS)
		return status;
	/* Appending nothing changes nothing, nor does it create a variable. */
	if (!is_deletion(w) && !w->size)
		return EFI_SUCCESS;
	t = treatment(v, var, w);
	if (!t->happens)
		return t->status;
	note_unsigned_keys(v, w);
	if (is_deletion(w))
		vars_remove(v, var);
	else
		vars_put(v, var, w);
	if (key_variable(w->name, w->vendor) == KEY_PK)
		vars_derive_modes(v, w->at_runtime);
	return t->status;
}

size_t vars_deciding_size(uint32_t attributes, uint64_t size)
{
	uint64_t most = size_max(attributes) + 1 + (attributes & VAR_TIME_AUTH ? VAR_AUTH_MAX : 0);

	return (size_t)(size < most ? size : most);
}

efi_status vars_set(struct vars *v, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime)
{
	struct var_write w = { .name = name,
		.vendor = vendor,
		.attributes = attributes,
		.data = data,
		.size = size,
		.at_runtime = at_runtime,
		.unknown = BUF_INIT };
	efi_status status = set(v, &w);

	buf_release(&w.unknown);
	return status;
}

/* What is known of edk2: it asks less of attributes than SetVariable() does. */
static efi_status check_query(uint32_t a)
{
	uint32_t supported = a & VAR_SUPPORTED;

	if (!(a & VAR_KNOWN))
		return EFI_INVALID_PARAMETER;
	if (!supported || a & VAR_AUTH_WRITE)
		return EFI_UNSUPPORTED;
	if ((a & VAR_ACCESS) == VAR_RUNTIME || supported == VAR_NON_VOLATILE)
		return EFI_INVALID_PARAMETER;
	/* An error record is non-volatile; none are kept here. */
	if (a & VAR_HW_ERROR && !(a & VAR_NON_VOLATILE))
		return EFI_INVALID_PARAMETER;
	return a & VAR_HW_ERROR && !(a & VAR_TIME_AUTH) ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

efi_status vars_query(
	const struct vars *v, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	efi_status status;
	uint64_t used;

	status = check_query(attributes);
	if (status != EFI_SUCCESS)
		return status;
	if (at_runtime && !(attributes & VAR_RUNTIME))
		return EFI_INVALID_PARAMETER;
	used = vars_used(v, attributes & VAR_NON_VOLATILE);
	info->storage = VAR_STORE_SIZE;
	info->remaining = used < VAR_STORE_SIZE ? VAR_STORE_SIZE - used : 0;
	if (v->policy->full && (attributes & VAR_NON_VOLATILE))
		info->remaining = 0;
	info->largest = size_max(attributes);
	return EFI_SUCCESS;
}
