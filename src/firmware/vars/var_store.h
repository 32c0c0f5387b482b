/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables of a machine, as the rest of the firmware sees them. Answers are those of
 * struct vars (vars.h); who made the store decides whose. An answer is valid until the next
 * question, and until the guest runs.
 */
#ifndef ARMVM_FIRMWARE_VARS_VAR_STORE_H
#define ARMVM_FIRMWARE_VARS_VAR_STORE_H

#include "firmware/vars/vars.h"

struct var_store;

struct var_store_ops {
	const struct variable *(*get)(
		struct var_store *s, const uint16_t *name, struct guid vendor, bool at_runtime);
	const struct variable *(*next)(struct var_store *s, const uint16_t *name,
		struct guid vendor, bool at_runtime, efi_status *status);
	efi_status (*set)(struct var_store *s, const uint16_t *name, struct guid vendor,
		uint32_t attributes, const void *data, size_t size, bool at_runtime);
	void (*malformed)(struct var_store *s);
	efi_status (*query)(
		struct var_store *s, uint32_t attributes, bool at_runtime, struct var_info *info);
	const struct variable *(*global)(struct var_store *s, const char *name);
	const struct variable *(*peek)(struct var_store *s, unsigned view, const char *name);
	void (*define)(
		struct var_store *s, const char *name, const void *data, size_t size, bool missing);
	void (*keep_option)(struct var_store *s, const void *device, size_t size);
	void (*power_on)(struct var_store *s);
};

struct var_store {
	const struct var_store_ops *ops;
};

/* ---- for guests ---- */

/* As vars_get(), vars_next(), vars_set() and vars_query(). */
const struct variable *var_store_get(
	struct var_store *s, const uint16_t *name, struct guid vendor, bool at_runtime);
const struct variable *var_store_next(struct var_store *s, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status);
efi_status var_store_set(struct var_store *s, const uint16_t *name, struct guid vendor,
	uint32_t attributes, const void *data, size_t size, bool at_runtime);
efi_status var_store_query(
	struct var_store *s, uint32_t attributes, bool at_runtime, struct var_info *info);
/* A guest's write had no name, vendor or value, and was refused before it came to the store. */
void var_store_malformed(struct var_store *s);

/* ---- the firmware's own hand ---- */

/* As vars_global(). */
const struct variable *var_store_global(struct var_store *s, const char *name);
/* The same for a machine that this one may turn out to be, by its view's id (machine/platform.h). */
const struct variable *var_store_peek(struct var_store *s, unsigned view, const char *name);
/* As vars_define(); var_store_define_missing(): unless there is one of this name. */
void var_store_define(struct var_store *s, const char *name, const void *data, size_t size);
void var_store_define_missing(struct var_store *s, const char *name, const void *data, size_t size);

/* As vars_keep_option(). */
void var_store_keep_option(struct var_store *s, const void *device, size_t size);

/* As vars_power_on(). */
void var_store_power_on(struct var_store *s);

/* ---- a store over one struct vars ---- */

struct var_store_plain {
	struct var_store store;
	struct vars *vars; /* borrowed; may be changed for another between two boots */
};

void var_store_plain_init(struct var_store_plain *p, struct vars *vars);

#endif
