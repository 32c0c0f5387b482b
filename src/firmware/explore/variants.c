/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variants: see variants.h. There are at most a few dozen, so classes are found by
 * comparing each with one member of every class.
 */
#include <nettle/sha2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "base/xalloc.h"
#include "firmware/explore/journal.h"
#include "firmware/explore/pending.h"
#include "firmware/explore/variants.h"

void variants_add(struct variants *vs, struct variant take_variant)
{
	if (vs->n == VARIANTS_MAX || take_variant.id >= VARIANTS_MAX)
		abort();
	vs->v[vs->n++] = take_variant;
}

void variants_keep(struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned class)
{
	size_t kept = 0;

	for (size_t i = 0; i < vs->n; i++)
		if (class_of[i] == class)
			vs->v[kept++] = vs->v[i];
		else
			vars_free(vs->v[i].vars);
	vs->n = kept;
}

void variants_free(struct variants *vs)
{
	if (!vs)
		return;
	for (size_t i = 0; i < vs->n; i++)
		vars_free(vs->v[i].vars);
	pending_free(vs->pending);
	free(vs);
}

void variants_split(
	struct variants *vs, bool (*same)(const void *ctx, size_t a, size_t b), const void *ctx)
{
	unsigned class_of[VARIANTS_MAX], n = 0;
	size_t first_of[VARIANTS_MAX];

	for (size_t i = 0; i < vs->n; i++) {
		unsigned c = 0;

		while (c < n && !same(ctx, first_of[c], i))
			c++;
		if (c == n)
			first_of[n++] = i;
		class_of[i] = c;
	}
	if (n > 1)
		vs->split(vs->ctx, vs, class_of, n);
}

/* The journal has grown, if there is one. */
static void asked(struct variants *vs)
{
	if (vs->journal && vs->asked)
		vs->asked(vs->ctx);
}

void variants_private(struct variants *vs)
{
	if (vs->journal)
		journal_private(vs->journal);
	asked(vs);
}

static void learn(struct variants *vs, const void *bytes, size_t len)
{
	if (vs->inputs)
		sha256_update(vs->inputs, len, bytes);
}

/* ---- the platform ---- */

static struct variants *of_platform(struct platform *p)
{
	return (struct variants *)((char *)p - offsetof(struct variants, platform));
}

struct question {
	const struct variant *v;
	unsigned facts;
};

static bool same_facts(const void *ctx, size_t a, size_t b)
{
	const struct question *q = ctx;

	return (q->v[a].facts & q->facts) == (q->v[b].facts & q->facts);
}

static bool has_fact(struct platform *p, enum platform_fact fact)
{
	struct variants *vs = of_platform(p);
	const struct question q = { vs->v, fact };

	variants_split(vs, same_facts, &q);
	learn(vs, &(uint32_t){ vs->v[0].facts & fact }, sizeof(uint32_t));
	return vs->v[0].facts & fact;
}

static bool same_disks(const void *ctx, size_t a, size_t b)
{
	const struct variant *v = ctx;

	return strcmp(v[a].disks, v[b].disks) == 0;
}

static const char *which_disks(struct platform *p)
{
	struct variants *vs = of_platform(p);

	variants_split(vs, same_disks, vs->v);
	learn(vs, vs->v[0].disks, strlen(vs->v[0].disks) + 1);
	return vs->v[0].disks;
}

static struct platform_view view_of(const struct variant *v)
{
	return (struct platform_view){ v->id, v->facts & PLATFORM_REMOVABLE, v->disks };
}

static const struct platform_view *resolved_view(struct platform *p)
{
	struct variants *vs = of_platform(p);

	which_disks(p);
	has_fact(p, PLATFORM_REMOVABLE);
	vs->seen = view_of(&vs->v[0]);
	return &vs->seen;
}

static void look_at_each(struct platform *p, platform_look *look, void *ctx)
{
	struct variants *vs = of_platform(p);

	for (size_t i = 0; i < vs->n; i++) {
		struct platform_view view = view_of(&vs->v[i]);

		pending_begin(vs, i);
		look(ctx, &view);
		pending_end(vs, i);
	}
}

static bool same_bytes(const void *ctx, size_t a, size_t b)
{
	const struct buf *answers = ctx;

	return answers[a].len == answers[b].len &&
	       memcmp(buf_text(&answers[a]), buf_text(&answers[b]), answers[a].len) == 0;
}

static unsigned agree_on(struct platform *p, platform_answer *answer, void *ctx)
{
	struct variants *vs = of_platform(p);
	struct buf answers[VARIANTS_MAX] = { BUF_INIT };
	struct platform_view view;

	for (size_t i = 0; i < vs->n; i++) {
		view = view_of(&vs->v[i]);
		answer(ctx, &view, &answers[i]);
	}
	variants_split(vs, same_bytes, answers);
	view = view_of(&vs->v[0]);
	buf_reset(&answers[0]);
	answer(ctx, &view, &answers[0]);
	learn(vs, buf_text(&answers[0]), answers[0].len);
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		buf_release(&answers[i]);
	return view.id;
}

/* ---- the store ---- */

static struct variants *of_store(struct var_store *s)
{
	return (struct variants *)((char *)s - offsetof(struct variants, store));
}

static bool same_value(const void *ctx, size_t a, size_t b)
{
	const struct variable *const *v = ctx;

	if (!v[a] || !v[b])
		return v[a] == v[b];
	return variable_same(v[a], v[b]);
}

static const struct variable *store_get(
	struct var_store *s, const uint16_t *name, struct guid vendor, bool at_runtime)
{
	struct variants *vs = of_store(s);
	const struct variable *found[VARIANTS_MAX];

	for (size_t i = 0; i < vs->n; i++)
		found[i] = vars_get(vs->v[i].vars, name, vendor, at_runtime);
	variants_split(vs, same_value, found);
	found[0] = vars_get(vs->v[0].vars, name, vendor, at_runtime);
	if (vs->journal)
		journal_get(vs->journal, name, vendor, at_runtime, found[0]);
	asked(vs);
	return found[0];
}

struct next {
	const struct variable *var;
	efi_status status;
};

static bool same_name(const void *ctx, size_t a, size_t b)
{
	const struct next *v = ctx;

	if (!v[a].var || !v[b].var)
		return v[a].var == v[b].var && v[a].status == v[b].status;
	return v[a].var->name_units == v[b].var->name_units &&
	       guid_eq(v[a].var->vendor, v[b].var->vendor) &&
	       memcmp(v[a].var->name, v[b].var->name, v[a].var->name_units * sizeof(uint16_t)) == 0;
}

static const struct variable *store_next(struct var_store *s, const uint16_t *name,
	struct guid vendor, bool at_runtime, efi_status *status)
{
	struct variants *vs = of_store(s);
	struct next next[VARIANTS_MAX];

	for (size_t i = 0; i < vs->n; i++)
		next[i].var = vars_next(vs->v[i].vars, name, vendor, at_runtime, &next[i].status);
	variants_split(vs, same_name, next);
	next[0].var = vars_next(vs->v[0].vars, name, vendor, at_runtime, status);
	if (vs->journal)
		journal_next(vs->journal, name, vendor, at_runtime, next[0].var, *status);
	asked(vs);
	return next[0].var;
}

static bool same_answer(const void *ctx, size_t a, size_t b)
{
	const struct variant *v = ctx;

	return v[a].answer == v[b].answer;
}

static efi_status store_set(struct var_store *s, const uint16_t *name, struct guid vendor,
	uint32_t attributes, const void *data, size_t size, bool at_runtime)
{
	struct variants *vs = of_store(s);

	for (size_t i = 0; i < vs->n; i++)
		vs->v[i].answer = vars_set(
			vs->v[i].vars, name, vendor, attributes, data, size, at_runtime);
	variants_split(vs, same_answer, vs->v);
	if (vs->journal)
		journal_set(vs->journal, name, vendor, attributes, data, size, at_runtime,
			vs->v[0].answer);
	asked(vs);
	return vs->v[0].answer;
}

static void store_malformed(struct var_store *s)
{
	variants_private(of_store(s));
}

struct query {
	efi_status status;
	struct var_info info;
};

static bool same_info(const void *ctx, size_t a, size_t b)
{
	const struct query *v = ctx;

	return v[a].status == v[b].status && memcmp(&v[a].info, &v[b].info, sizeof(v[a].info)) == 0;
}

static efi_status store_query(
	struct var_store *s, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	struct variants *vs = of_store(s);
	struct query queries[VARIANTS_MAX] = { 0 };

	for (size_t i = 0; i < vs->n; i++)
		queries[i].status = vars_query(
			vs->v[i].vars, attributes, at_runtime, &queries[i].info);
	variants_split(vs, same_info, queries);
	queries[0].info = (struct var_info){ 0 };
	queries[0].status = vars_query(vs->v[0].vars, attributes, at_runtime, &queries[0].info);
	if (vs->journal)
		journal_query(
			vs->journal, attributes, at_runtime, queries[0].status, &queries[0].info);
	asked(vs);
	*info = queries[0].info;
	return queries[0].status;
}

static const struct variable *store_global(struct var_store *s, const char *name)
{
	struct variants *vs = of_store(s);
	const struct variable *found[VARIANTS_MAX];

	for (size_t i = 0; i < vs->n; i++)
		found[i] = vars_global(vs->v[i].vars, name);
	variants_split(vs, same_value, found);
	found[0] = vars_global(vs->v[0].vars, name);
	if (vs->journal)
		journal_global(vs->journal, name, found[0]);
	asked(vs);
	learn(vs, name, strlen(name) + 1);
	if (found[0])
		learn(vs, found[0]->data, found[0]->size);
	return found[0];
}

/* Whatever comes of it, a journal can't have it: it asks one variant after the other. */
static const struct variable *store_peek(struct var_store *s, unsigned view, const char *name)
{
	struct variants *vs = of_store(s);

	variants_private(vs);
	for (size_t i = 0; i < vs->n; i++)
		if (vs->v[i].id == view)
			return vars_global(vs->v[i].vars, name);
	abort();
}

static void store_define(
	struct var_store *s, const char *name, const void *data, size_t size, bool missing)
{
	struct variants *vs = of_store(s);

	if (vs->journal)
		journal_define(vs->journal, name, data, size, missing);
	asked(vs);
	for (size_t i = 0; i < vs->n; i++)
		if (!missing || !vars_global(vs->v[i].vars, name))
			vars_define(vs->v[i].vars, name, data, size);
}

static void store_keep_option(struct var_store *s, const void *device, size_t size)
{
	struct variants *vs = of_store(s);

	if (vs->journal)
		journal_keep_option(vs->journal, device, size);
	asked(vs);
	for (size_t i = 0; i < vs->n; i++)
		vars_keep_option(vs->v[i].vars, device, size);
}

static void store_power_on(struct var_store *s)
{
	struct variants *vs = of_store(s);

	if (vs->journal)
		journal_power_on(vs->journal);
	asked(vs);
	for (size_t i = 0; i < vs->n; i++)
		vars_power_on(vs->v[i].vars);
}

struct variants *variants_new(void)
{
	static const struct var_store_ops store = {
		.get = store_get,
		.next = store_next,
		.set = store_set,
		.malformed = store_malformed,
		.query = store_query,
		.global = store_global,
		.peek = store_peek,
		.define = store_define,
		.keep_option = store_keep_option,
		.power_on = store_power_on,
	};
	static const struct platform_ops platform = {
		.has = has_fact,
		.disks = which_disks,
		.view = resolved_view,
		.each = look_at_each,
		.agree = agree_on,
	};
	struct variants *vs = xcalloc(1, sizeof(*vs));

	vs->store.ops = &store;
	vs->platform.ops = &platform;
	return vs;
}
