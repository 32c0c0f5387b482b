/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables of a machine. See var_store.h. */
#include "firmware/vars/var_store.h"

const struct variable *var_store_get(
	struct var_store *s, const uint16_t *name, struct guid vendor, bool at_runtime)
{
	return s->ops->get(s, name, vendor, at_runtime);
}

const struct variable *var_store_next(struct var_store *s, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status)
{
	return s->ops->next(s, name, vendor, at_runtime, status);
}

efi_status var_store_set(struct var_store *s, const uint16_t *name, struct guid vendor,
	uint32_t attributes, const void *data, size_t size, bool at_runtime)
{
	return s->ops->set(s, name, vendor, attributes, data, size, at_runtime);
}

efi_status var_store_query(
	struct var_store *s, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	return s->ops->query(s, attributes, at_runtime, info);
}

void var_store_malformed(struct var_store *s)
{
	s->ops->malformed(s);
}

const struct variable *var_store_global(struct var_store *s, const char *name)
{
	return s->ops->global(s, name);
}

const struct variable *var_store_peek(struct var_store *s, unsigned view, const char *name)
{
	return s->ops->peek(s, view, name);
}

void var_store_define(struct var_store *s, const char *name, const void *data, size_t size)
{
	s->ops->define(s, name, data, size, false);
}

void var_store_define_missing(struct var_store *s, const char *name, const void *data, size_t size)
{
	s->ops->define(s, name, data, size, true);
}

void var_store_keep_option(struct var_store *s, const void *device, size_t size)
{
	s->ops->keep_option(s, device, size);
}

void var_store_power_on(struct var_store *s)
{
	s->ops->power_on(s);
}

/* ---- a store over one struct vars ---- */

static struct vars *vars_of(struct var_store *s)
{
	return ((struct var_store_plain *)s)->vars;
}

static const struct variable *plain_get(
	struct var_store *s, const uint16_t *name, struct guid vendor, bool at_runtime)
{
	return vars_get(vars_of(s), name, vendor, at_runtime);
}

static const struct variable *plain_next(struct var_store *s, const uint16_t *name,
	struct guid vendor, bool at_runtime, efi_status *status)
{
	return vars_next(vars_of(s), name, vendor, at_runtime, status);
}

static efi_status plain_set(struct var_store *s, const uint16_t *name, struct guid vendor,
	uint32_t attributes, const void *data, size_t size, bool at_runtime)
{
	return vars_set(vars_of(s), name, vendor, attributes, data, size, at_runtime);
}

static void plain_malformed(struct var_store *s)
{
	(void)s;
}

static efi_status plain_query(
	struct var_store *s, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	return vars_query(vars_of(s), attributes, at_runtime, info);
}

static const struct variable *plain_global(struct var_store *s, const char *name)
{
	return vars_global(vars_of(s), name);
}

static const struct variable *plain_peek(struct var_store *s, unsigned view, const char *name)
{
	(void)view;
	return plain_global(s, name);
}

static void plain_define(
	struct var_store *s, const char *name, const void *data, size_t size, bool missing)
{
	if (!missing || !plain_global(s, name))
		vars_define(vars_of(s), name, data, size);
}

static void plain_keep_option(struct var_store *s, const void *device, size_t size)
{
	vars_keep_option(vars_of(s), device, size);
}

static void plain_power_on(struct var_store *s)
{
	vars_power_on(vars_of(s));
}

void var_store_plain_init(struct var_store_plain *p, struct vars *vars)
{
	static const struct var_store_ops ops = {
		.get = plain_get,
		.next = plain_next,
		.set = plain_set,
		.malformed = plain_malformed,
		.query = plain_query,
		.global = plain_global,
		.peek = plain_peek,
		.define = plain_define,
		.keep_option = plain_keep_option,
		.power_on = plain_power_on,
	};

	*p = (struct var_store_plain){ { &ops }, vars };
}
