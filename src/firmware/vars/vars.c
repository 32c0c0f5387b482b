/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable store: an array in the order of creation. UEFI 2.10 8.2; where
 * that leaves a choice, as edk2 does. It verifies no signatures, so the
 * authenticated writes of 8.2.2 are refused. See vars.h.
 */
#include <string.h>

#include "base/xalloc.h"
#include "firmware/vars/vars.h"
#include "uefi/protocols.h"

#define VAR_KNOWN                                                                                  \
	(VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME | VAR_HW_ERROR | VAR_AUTH_WRITE |       \
		VAR_TIME_AUTH | VAR_APPEND | VAR_ENHANCED)
#define VAR_ACCESS (VAR_BOOT_SERVICE | VAR_RUNTIME)

/* What a guest asks SetVariable() for. */
struct var_write {
	const uint16_t *name;
	struct guid vendor;
	uint32_t attributes;
	const void *data;
	size_t size;
	bool at_runtime;
};

struct vars {
	struct variable *v;
	size_t n, cap;
	const struct var_policy *policy;
};

static size_t units(const uint16_t *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static uint64_t cost(size_t name_units, size_t size)
{
	return VAR_OVERHEAD + (name_units + 1) * sizeof(uint16_t) + size;
}

static void variable_release(struct variable *var)
{
	free(var->name);
	free(var->data);
}

struct vars *vars_new(void)
{
	struct vars *v = xcalloc(1, sizeof(*v));

	v->policy = var_policy_find("stored");
	return v;
}

void vars_free(struct vars *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		variable_release(&v->v[i]);
	free(v->v);
	free(v);
}

void vars_set_policy(struct vars *v, const struct var_policy *policy)
{
	v->policy = policy;
}

static struct variable *find(const struct vars *v, const uint16_t *name, struct guid vendor)
{
	size_t n = units(name);

	for (size_t i = 0; i < v->n; i++) {
		struct variable *var = &v->v[i];

		if (var->name_units == n && guid_eq(var->vendor, vendor) &&
			memcmp(var->name, name, n * sizeof(*name)) == 0)
			return var;
	}
	return NULL;
}

static void create(struct vars *v, const struct variable *like)
{
	struct variable *var;

	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 32;
		v->v = xreallocarray(v->v, v->cap, sizeof(*v->v));
	}
	var = &v->v[v->n++];
	*var = *like;
	var->name = xmemdup(like->name, (like->name_units + 1) * sizeof(*like->name));
	var->data = xmemdup(like->data, like->size);
}

static void delete (struct vars *v, struct variable *var)
{
	size_t at = (size_t)(var - v->v);

	variable_release(var);
	memmove(var, var + 1, (v->n - at - 1) * sizeof(*var));
	v->n--;
}

struct vars *vars_copy(const struct vars *v)
{
	struct vars *copy = vars_new();

	copy->policy = v->policy;
	for (size_t i = 0; i < v->n; i++)
		create(copy, &v->v[i]);
	return copy;
}

bool variable_same(const struct variable *a, const struct variable *b)
{
	return a->attributes == b->attributes && a->size == b->size &&
	       (!a->size || memcmp(a->data, b->data, a->size) == 0);
}

static bool visible(const struct variable *var, bool at_runtime)
{
	return !at_runtime || (var->attributes & VAR_RUNTIME);
}

const struct variable *vars_get(
	const struct vars *v, const uint16_t *name, struct guid vendor, bool at_runtime)
{
	const struct variable *var = find(v, name, vendor);

	return var && visible(var, at_runtime) ? var : NULL;
}

static bool is_kept(const struct variable *var)
{
	return var->attributes & VAR_NON_VOLATILE;
}

/* By name, then by vendor; nothing is before all others. */
static bool is_before(const struct variable *a, const struct variable *b)
{
	size_t n = !a ? 0 : a->name_units < b->name_units ? a->name_units : b->name_units;

	if (!a)
		return true;
	for (size_t i = 0; i < n; i++)
		if (a->name[i] != b->name[i])
			return a->name[i] < b->name[i];
	if (a->name_units != b->name_units)
		return a->name_units < b->name_units;
	return memcmp(a->vendor.b, b->vendor.b, sizeof(a->vendor.b)) < 0;
}

static const struct variable *next_kept(
	const struct vars *v, const struct variable *var, bool at_runtime)
{
	const struct variable *best = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (is_kept(&v->v[i]) && visible(&v->v[i], at_runtime) &&
			is_before(var, &v->v[i]) && (!best || is_before(&v->v[i], best)))
			best = &v->v[i];
	return best;
}

static const struct variable *next_volatile(
	const struct vars *v, const struct variable *var, bool at_runtime)
{
	for (size_t i = var ? (size_t)(var - v->v) + 1 : 0; i < v->n; i++)
		if (!is_kept(&v->v[i]) && visible(&v->v[i], at_runtime))
			return &v->v[i];
	return NULL;
}

const struct variable *vars_next(const struct vars *v, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status)
{
	const struct variable *var = NULL, *next = NULL;

	if (*name) {
		var = vars_get(v, name, vendor, at_runtime);
		if (!var) {
			*status = EFI_INVALID_PARAMETER;
			return NULL;
		}
	}
	if (!var || !is_kept(var))
		next = next_volatile(v, var, at_runtime);
	if (!next)
		next = next_kept(v, var && is_kept(var) ? var : NULL, at_runtime);
	*status = next ? EFI_SUCCESS : EFI_NOT_FOUND;
	return next;
}

uint64_t vars_used(const struct vars *v, bool non_volatile)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v->n; i++)
		if (!!(v->v[i].attributes & VAR_NON_VOLATILE) == non_volatile)
			sum += cost(v->v[i].name_units, v->v[i].size);
	return sum;
}

/* What attributes may be together, whoever they are for. */
static efi_status check_attributes(uint32_t a)
{
	if (a & ~VAR_KNOWN)
		return EFI_INVALID_PARAMETER;
	/* Deprecated, and to be refused so (8.2.3); enhanced authentication is optional. */
	if (a & (VAR_AUTH_WRITE | VAR_ENHANCED))
		return EFI_UNSUPPORTED;
	if ((a & VAR_ACCESS) == VAR_RUNTIME)
		return EFI_INVALID_PARAMETER;
	/* An error record is non-volatile and visible at runtime; none are kept here. */
	if (a & VAR_HW_ERROR)
		return (a & (VAR_NON_VOLATILE | VAR_ACCESS)) == (VAR_NON_VOLATILE | VAR_ACCESS)
			       ? EFI_UNSUPPORTED
			       : EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static efi_status check_global(const struct var_write *w)
{
	bool read_only = false;
	uint32_t want;

	if (!guid_eq(w->vendor, uefi_global_variable))
		return EFI_SUCCESS;
	want = var_global_attributes(w->name, &read_only);
	if (!want)
		return EFI_SUCCESS;
	if (read_only)
		return EFI_WRITE_PROTECTED;
	/* Deleting needs no attributes. */
	if ((w->attributes & VAR_ACCESS) && (w->attributes & ~VAR_APPEND) != want)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static bool is_deletion(const struct var_write *w)
{
	return !(w->attributes & VAR_ACCESS) || (!w->size && !(w->attributes & VAR_APPEND));
}

/* May `var` (NULL: it does not exist) be changed so? */
static efi_status check_change(const struct variable *var, const struct var_write *w)
{
	if (!var) {
		if (is_deletion(w))
			return EFI_NOT_FOUND;
		if (w->at_runtime && (w->attributes & (VAR_NON_VOLATILE | VAR_RUNTIME)) !=
					     (VAR_NON_VOLATILE | VAR_RUNTIME))
			return EFI_INVALID_PARAMETER;
		return EFI_SUCCESS;
	}
	if (var->read_only)
		return EFI_WRITE_PROTECTED;
	/* Once boot services are gone, the volatile can be read alone, the invisible not even that. */
	if (w->at_runtime && (var->attributes & (VAR_RUNTIME | VAR_NON_VOLATILE)) !=
				     (VAR_RUNTIME | VAR_NON_VOLATILE))
		return EFI_WRITE_PROTECTED;
	if ((w->attributes & VAR_ACCESS) && (w->attributes & ~VAR_APPEND) != var->attributes)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static efi_status check_size(
	const struct vars *v, const struct variable *var, const struct var_write *w)
{
	bool nv = w->attributes & VAR_NON_VOLATILE;
	size_t n = units(w->name);
	size_t old = var && (w->attributes & VAR_APPEND) ? var->size : 0;
	uint64_t used = vars_used(v, nv);

	if (n >= VAR_SIZE_MAX / sizeof(uint16_t) || w->size > VAR_SIZE_MAX ||
		(n + 1) * sizeof(uint16_t) + w->size > VAR_SIZE_MAX)
		return EFI_INVALID_PARAMETER;
	/* Appending beyond the size of one is a lack of space, not a wrong argument. */
	if ((n + 1) * sizeof(uint16_t) + old + w->size > VAR_SIZE_MAX)
		return EFI_OUT_OF_RESOURCES;
	if (var)
		used -= cost(n, var->size);
	if (used + cost(n, old + w->size) > VAR_STORE_SIZE)
		return EFI_OUT_OF_RESOURCES;
	return EFI_SUCCESS;
}

static void put(struct vars *v, struct variable *var, const struct var_write *w)
{
	if (!var) {
		create(v, &(struct variable){
				  .name = (uint16_t *)w->name,
				  .name_units = units(w->name),
				  .vendor = w->vendor,
				  .attributes = w->attributes & ~VAR_APPEND,
				  .data = (uint8_t *)w->data,
				  .size = w->size,
			  });
	} else if (w->attributes & VAR_APPEND) {
		var->data = xreallocarray(var->data, var->size + w->size, 1);
		memcpy(var->data + var->size, w->data, w->size);
		var->size += w->size;
	} else {
		uint8_t *data = xmemdup(w->data, w->size);

		free(var->data);
		var->data = data;
		var->size = w->size;
	}
}

static efi_status check(const struct vars *v, const struct variable *var, const struct var_write *w)
{
	efi_status status;

	if (!*w->name || (w->size && !w->data))
		return EFI_INVALID_PARAMETER;
	status = check_attributes(w->attributes);
	if (status == EFI_SUCCESS)
		status = check_global(w);
	if (status != EFI_SUCCESS)
		return status;
	if (w->attributes & VAR_TIME_AUTH)
		return EFI_SECURITY_VIOLATION;
	status = check_change(var, w);
	if (status == EFI_SUCCESS && !is_deletion(w))
		status = check_size(v, var, w);
	return status;
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

efi_status vars_set(struct vars *v, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime)
{
	struct var_write w = { name, vendor, attributes, data, size, at_runtime };
	struct variable *var = find(v, name, vendor);
	efi_status status = check(v, var, &w);
	const struct var_treatment *t;

	if (status != EFI_SUCCESS)
		return status;
	/* Appending nothing changes nothing, nor does it create a variable. */
	if (!is_deletion(&w) && !size)
		return EFI_SUCCESS;
	t = treatment(v, var, &w);
	if (!t->happens)
		return t->status;
	if (is_deletion(&w))
		delete (v, var);
	else
		put(v, var, &w);
	return t->status;
}

#define GLOBAL_NAME_MAX 32

static void global_name(const char *name, uint16_t out[GLOBAL_NAME_MAX])
{
	size_t i = 0;

	for (; name[i] && i < GLOBAL_NAME_MAX - 1; i++)
		out[i] = (uint8_t)name[i];
	out[i] = 0;
}

void vars_define(struct vars *v, const char *name, const void *data, size_t size)
{
	uint16_t wide[GLOBAL_NAME_MAX];
	struct variable *var;
	struct var_write w = {
		.name = wide, .vendor = uefi_global_variable, .data = data, .size = size
	};
	bool read_only = false;

	global_name(name, wide);
	var = find(v, wide, uefi_global_variable);
	if (!size) {
		if (var)
			delete (v, var);
		return;
	}
	w.attributes = var_global_attributes(wide, &read_only);
	put(v, var, &w);
	find(v, wide, uefi_global_variable)->read_only = read_only;
}

const struct variable *vars_global(const struct vars *v, const char *name)
{
	uint16_t wide[GLOBAL_NAME_MAX];

	global_name(name, wide);
	return find(v, wide, uefi_global_variable);
}

efi_status vars_query(
	const struct vars *v, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	efi_status status;
	uint64_t used;

	if (!(attributes & VAR_KNOWN))
		return EFI_INVALID_PARAMETER;
	status = check_attributes(attributes);
	if (status != EFI_SUCCESS)
		return status;
	/* Without access attributes, or without those that count now, it asks for nothing. */
	if (!(attributes & VAR_ACCESS) || (at_runtime && !(attributes & VAR_RUNTIME)))
		return EFI_INVALID_PARAMETER;
	used = vars_used(v, attributes & VAR_NON_VOLATILE);
	info->storage = VAR_STORE_SIZE;
	info->remaining = used < VAR_STORE_SIZE ? VAR_STORE_SIZE - used : 0;
	if (v->policy->full && (attributes & VAR_NON_VOLATILE))
		info->remaining = 0;
	info->largest = VAR_SIZE_MAX;
	return EFI_SUCCESS;
}

void vars_reset(struct vars *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (v->v[i].attributes & VAR_NON_VOLATILE)
			v->v[kept++] = v->v[i];
		else
			variable_release(&v->v[i]);
	}
	v->n = kept;
}

static size_t count_kept(const struct vars *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += !!(v->v[i].attributes & VAR_NON_VOLATILE);
	return n;
}

bool vars_same_kept(const struct vars *a, const struct vars *b)
{
	if (count_kept(a) != count_kept(b))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct variable *var = &a->v[i], *other;

		if (!(var->attributes & VAR_NON_VOLATILE))
			continue;
		other = find(b, var->name, var->vendor);
		if (!other || !variable_same(var, other))
			return false;
	}
	return true;
}
