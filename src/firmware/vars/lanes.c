/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lanes: see lanes.h. There are at most a few dozen, so classes are found by
 * comparing each with one member of every class.
 */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "base/xalloc.h"
#include "firmware/vars/journal.h"
#include "firmware/vars/lanes.h"

struct lanes *lanes_new(void)
{
	return xcalloc(1, sizeof(struct lanes));
}

void lanes_add(struct lanes *l, struct lane take_lane)
{
	if (l->n == LANES_MAX)
		abort();
	l->v[l->n++] = take_lane;
}

struct lanes *lanes_single(struct vars *take_vars)
{
	static const char alone[] = { LANE_IMAGE, '\0' };
	struct lanes *l = lanes_new();

	lanes_add(l, (struct lane){ .vars = take_vars, .disks = alone });
	return l;
}

void lanes_keep(struct lanes *l, const unsigned class_of[LANES_MAX], unsigned class)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (class_of[i] == class)
			l->v[kept++] = l->v[i];
		else
			vars_free(l->v[i].vars);
	l->n = kept;
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		vars_free(l->v[i].vars);
	free(l);
}

void lanes_part(struct lanes *l, bool (*same)(const void *ctx, size_t a, size_t b), const void *ctx)
{
	unsigned class_of[LANES_MAX], n = 0;
	size_t first_of[LANES_MAX];

	for (size_t i = 0; i < l->n; i++) {
		unsigned c = 0;

		while (c < n && !same(ctx, first_of[c], i))
			c++;
		if (c == n)
			first_of[n++] = i;
		class_of[i] = c;
	}
	if (n > 1)
		l->part(l->ctx, l, class_of, n);
}

/* The journal has grown, if there is one. */
static void asked(struct lanes *l)
{
	if (l->journal && l->asked)
		l->asked(l->ctx);
}

void lanes_private(struct lanes *l)
{
	if (l->journal)
		journal_private(l->journal);
	asked(l);
}

static void learn(struct lanes *l, const void *bytes, size_t len)
{
	if (l->history)
		sha256_update(l->history, len, bytes);
}

void lanes_learnt(struct lanes *l, const void *bytes, size_t len)
{
	learn(l, bytes, len);
	lanes_private(l);
}

struct question {
	const struct lane *lanes;
	unsigned fact;
};

static bool same_fact(const void *ctx, size_t a, size_t b)
{
	const struct question *q = ctx;

	return (q->lanes[a].facts & q->fact) == (q->lanes[b].facts & q->fact);
}

bool lanes_are(struct lanes *l, enum lane_fact fact)
{
	const struct question q = { l->v, fact };

	lanes_part(l, same_fact, &q);
	learn(l, &(uint32_t){ l->v[0].facts & fact }, sizeof(uint32_t));
	return l->v[0].facts & fact;
}

static bool same_disks(const void *ctx, size_t a, size_t b)
{
	const struct lane *v = ctx;

	return strcmp(v[a].disks, v[b].disks) == 0;
}

void lanes_part_by_disks(struct lanes *l)
{
	lanes_part(l, same_disks, l->v);
	learn(l, l->v[0].disks, strlen(l->v[0].disks) + 1);
}

static bool same_value(const void *ctx, size_t a, size_t b)
{
	const struct variable *const *v = ctx;

	if (!v[a] || !v[b])
		return v[a] == v[b];
	return variable_same(v[a], v[b]);
}

const struct variable *lanes_get(
	struct lanes *l, const uint16_t *name, struct guid vendor, bool at_runtime)
{
	const struct variable *found[LANES_MAX];

	for (size_t i = 0; i < l->n; i++)
		found[i] = vars_get(l->v[i].vars, name, vendor, at_runtime);
	lanes_part(l, same_value, found);
	found[0] = vars_get(l->v[0].vars, name, vendor, at_runtime);
	if (l->journal)
		journal_get(l->journal, name, vendor, at_runtime, found[0]);
	asked(l);
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

const struct variable *lanes_next(struct lanes *l, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status)
{
	struct next next[LANES_MAX];

	for (size_t i = 0; i < l->n; i++)
		next[i].var = vars_next(l->v[i].vars, name, vendor, at_runtime, &next[i].status);
	lanes_part(l, same_name, next);
	next[0].var = vars_next(l->v[0].vars, name, vendor, at_runtime, status);
	if (l->journal)
		journal_next(l->journal, name, vendor, at_runtime, next[0].var, *status);
	asked(l);
	return next[0].var;
}

static bool same_answer(const void *ctx, size_t a, size_t b)
{
	const struct lane *v = ctx;

	return v[a].answer == v[b].answer;
}

efi_status lanes_set(struct lanes *l, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime)
{
	for (size_t i = 0; i < l->n; i++)
		l->v[i].answer = vars_set(
			l->v[i].vars, name, vendor, attributes, data, size, at_runtime);
	lanes_part(l, same_answer, l->v);
	if (l->journal)
		journal_set(l->journal, name, vendor, attributes, data, size, at_runtime,
			l->v[0].answer);
	asked(l);
	return l->v[0].answer;
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

efi_status lanes_query(struct lanes *l, uint32_t attributes, bool at_runtime, struct var_info *info)
{
	struct query queries[LANES_MAX] = { 0 };

	for (size_t i = 0; i < l->n; i++)
		queries[i].status = vars_query(
			l->v[i].vars, attributes, at_runtime, &queries[i].info);
	lanes_part(l, same_info, queries);
	queries[0].info = (struct var_info){ 0 };
	queries[0].status = vars_query(l->v[0].vars, attributes, at_runtime, &queries[0].info);
	if (l->journal)
		journal_query(
			l->journal, attributes, at_runtime, queries[0].status, &queries[0].info);
	asked(l);
	*info = queries[0].info;
	return queries[0].status;
}

const struct variable *lanes_global(struct lanes *l, const char *name)
{
	const struct variable *found[LANES_MAX];

	for (size_t i = 0; i < l->n; i++)
		found[i] = vars_global(l->v[i].vars, name);
	lanes_part(l, same_value, found);
	found[0] = vars_global(l->v[0].vars, name);
	if (l->journal)
		journal_global(l->journal, name, found[0]);
	asked(l);
	learn(l, name, strlen(name) + 1);
	if (found[0])
		learn(l, found[0]->data, found[0]->size);
	return found[0];
}

void lanes_define(struct lanes *l, const char *name, const void *data, size_t size)
{
	if (l->journal)
		journal_define(l->journal, name, data, size, false);
	asked(l);
	for (size_t i = 0; i < l->n; i++)
		vars_define(l->v[i].vars, name, data, size);
}

void lanes_define_missing(struct lanes *l, const char *name, const void *data, size_t size)
{
	if (l->journal)
		journal_define(l->journal, name, data, size, true);
	asked(l);
	for (size_t i = 0; i < l->n; i++)
		if (!vars_global(l->v[i].vars, name))
			vars_define(l->v[i].vars, name, data, size);
}
