/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The variable store: an array in the order of creation. See vars.h. */
#include <string.h>

#include "base/xalloc.h"
#include "firmware/vars/private.h"
#include "pe/siglist.h"
#include "uefi/protocols.h"

size_t var_name_units(const uint16_t *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

uint64_t var_cost(size_t name_units, size_t size)
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

struct variable *vars_find(const struct vars *v, const uint16_t *name, struct guid vendor)
{
	size_t n = var_name_units(name);

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

void vars_remove(struct vars *v, struct variable *var)
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
	copy->keeps_options = v->keeps_options;
	copy->keys_changed = v->keys_changed;
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
	const struct variable *var = vars_find(v, name, vendor);

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
		if (!v->v[i].fleeting && !!(v->v[i].attributes & VAR_NON_VOLATILE) == non_volatile)
			sum += var_cost(v->v[i].name_units, v->v[i].size);
	return sum;
}

/* The time of what was signed last, and who did it first. */
static void note_author(struct variable *var, bool existed, const struct var_write *w)
{
	if (!existed)
		memcpy(var->owner, w->owner, sizeof(var->owner));
	/* An append leaves the time of what is newer (8.2.2). */
	if (!existed || !(w->attributes & VAR_APPEND) || auth_is_later(w->descriptor, var->time))
		memcpy(var->time, w->descriptor, sizeof(var->time));
}

void vars_put(struct vars *v, struct variable *var, const struct var_write *w)
{
	bool existed = var;

	if (!var) {
		create(v, &(struct variable){
				  .name = (uint16_t *)w->name,
				  .name_units = var_name_units(w->name),
				  .vendor = w->vendor,
				  .attributes = w->attributes & ~VAR_APPEND,
				  .data = (uint8_t *)w->data,
				  .size = w->size,
			  });
		var = &v->v[v->n - 1];
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
	if (w->descriptor)
		note_author(var, existed, w);
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
	var = vars_find(v, wide, uefi_global_variable);
	if (!size) {
		if (var)
			vars_remove(v, var);
		return;
	}
	w.attributes = var_defined_attributes(wide, uefi_global_variable, &read_only);
	vars_put(v, var, &w);
	vars_find(v, wide, uefi_global_variable)->read_only = read_only;
}

const struct variable *vars_global(const struct vars *v, const char *name)
{
	uint16_t wide[GLOBAL_NAME_MAX];

	global_name(name, wide);
	return vars_find(v, wide, uefi_global_variable);
}

void vars_derive_modes(struct vars *v, bool at_runtime)
{
	const uint8_t keys = vars_global(v, "PK") != NULL, setup = !keys;

	vars_define(v, "SetupMode", &setup, 1);
	if (!at_runtime)
		vars_define(v, "SecureBoot", &keys, 1);
}

/* Nobody is in it at power-on. */
static void define_custom_mode(struct vars *v)
{
	static const uint8_t standard = 0;
	uint16_t wide[GLOBAL_NAME_MAX];
	struct var_write w = { .name = wide,
		.vendor = uefi_custom_mode,
		.attributes = VAR_NON_VOLATILE | VAR_BOOT_SERVICE,
		.data = &standard,
		.size = 1 };

	global_name("CustomMode", wide);
	vars_put(v, vars_find(v, wide, uefi_custom_mode), &w);
	vars_find(v, wide, uefi_custom_mode)->fleeting = true;
}

void vars_power_on(struct vars *v)
{
	/* In edk2's order. */
	static const enum siglist_kind kinds[] = { SIGLIST_SHA1, SIGLIST_SHA256, SIGLIST_SHA384,
		SIGLIST_SHA512, SIGLIST_RSA2048, SIGLIST_X509 };
	/* Keys that were enrolled in setup mode count as the vendor's, as in edk2. */
	const uint8_t vendor_keys = !v->keys_changed;
	struct guid supported[ARRAY_SIZE(kinds)];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		supported[i] = siglist_type(kinds[i]);
	vars_derive_modes(v, false);
	vars_define(v, "SignatureSupport", supported, sizeof(supported));
	vars_define(v, "VendorKeys", &vendor_keys, 1);
	define_custom_mode(v);
}

static bool lasts(const struct variable *var)
{
	return is_kept(var) && !var->fleeting;
}

void vars_reset(struct vars *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (lasts(&v->v[i]))
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
		n += lasts(&v->v[i]);
	return n;
}

static bool same_author(const struct variable *a, const struct variable *b)
{
	return memcmp(a->time, b->time, sizeof(a->time)) == 0 &&
	       memcmp(a->owner, b->owner, sizeof(a->owner)) == 0;
}

bool vars_same_kept(const struct vars *a, const struct vars *b)
{
	if (count_kept(a) != count_kept(b) || a->keys_changed != b->keys_changed)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct variable *var = &a->v[i], *other;

		if (!lasts(var))
			continue;
		other = vars_find(b, var->name, var->vendor);
		if (!other || !variable_same(var, other) || !same_author(var, other))
			return false;
	}
	return true;
}
