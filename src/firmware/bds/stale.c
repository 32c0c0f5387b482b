/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BootOrder that leads nowhere, as a disk meets it that was cloned or moved to
 * another machine, is as good as none (UEFI 2.10 3.3). Scenarios that are
 * played together need not part for it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/fs/fs.h"
#include "firmware/proto/disks.h"
#include "uefi/device_path.h"

/* What each lane is told, by its place, and whether that is all there is to its BootOrder. */
struct orders {
	const struct variable *order[LANES_MAX];
	bool stale[LANES_MAX];
	struct buf told[LANES_MAX];
};

/* Whether it is a file that a file system of ours does not have. */
static bool is_missing(const struct machine *m, const struct candidate *c)
{
	for (size_t i = 0; m->disks && i < m->disks->n_devices; i++) {
		const struct block_device *d = m->disks->devices[i];
		size_t len = d->path.len - DP_HEADER;
		CLEANUP(xfree) char *file = NULL;
		struct fs_node *node;

		if (!d->fs || c->size <= len || memcmp(c->path, d->path.data, len) != 0)
			continue;
		file = dp_file_path(c->path, c->size, len);
		return file && fs_find(d->fs, fs_root(d->fs), file, &node) == EFI_NOT_FOUND;
	}
	return false;
}

static bool are_missing(const struct machine *m, const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!is_missing(m, &c->v[i]))
			return false;
	return true;
}

/* Goes through the options of one lane, as far as none leads anywhere. */
static bool leads_nowhere(
	struct machine *m, const struct bds *b, const struct vars *v, const struct variable *order)
{
	char name[OPTION_NAME_MAX];

	for (size_t at = 0; order && at + 2 <= order->size; at += 2) {
		CLEANUP(candidates_release) struct candidates candidates = { 0 };
		struct load_option o;
		struct err err = { 0 };
		const char *reason;

		option_name("Boot", le16(order->data + at), name);
		reason = bds_look_at(m, b, vars_global(v, name), &o, &candidates, &err);
		if (!reason && are_missing(m, &candidates))
			reason = "the file that it names is not there";
		if (!reason)
			return false;
		bds_tell_skip(m, name, reason);
	}
	return true;
}

static bool same_order(const void *ctx, size_t a, size_t b)
{
	const struct orders *o = ctx;

	if (o->stale[a] || o->stale[b])
		return o->stale[a] == o->stale[b];
	return variable_same(o->order[a], o->order[b]);
}

/* Each its own, unless all are told the same. */
static void tell_lanes(struct machine *m, const struct orders *o, const unsigned ids[LANES_MAX])
{
	struct lanes *l = m->lanes;
	bool same = true;

	for (size_t i = 1; i < l->n; i++)
		same = same && strcmp(buf_str(&o->told[ids[i]]), buf_str(&o->told[ids[0]])) == 0;
	if (same)
		trace_lines(&m->trace, &o->told[ids[0]]);
	for (size_t i = 0; !same && i < l->n; i++)
		if (o->told[ids[i]].len)
			l->note(l->ctx, l->v[i].id, o->told[ids[i]].data, o->told[ids[i]].len);
}

bool bds_order_is_stale(struct machine *m, struct bds *b)
{
	struct orders *o;
	unsigned places[LANES_MAX] = { 0 }, by_id[LANES_MAX] = { 0 };
	enum source source = b->source;
	size_t n = m->lanes->n;
	bool stale;

	/* What comes before it, or works on stale options, too, has them one by one. */
	if (b->next != NO_OPTION || b->config.order || b->config.quirks->saving)
		return false;
	o = xcalloc(1, sizeof(*o));
	b->source = FROM_ORDER;
	for (size_t i = 0; i < n; i++) {
		const struct vars *v = m->lanes->v[i].vars;

		by_id[m->lanes->v[i].id] = (unsigned)i;
		o->order[i] = vars_global(v, "BootOrder");
		trace_aside(&m->trace, &o->told[i]);
		o->stale[i] = leads_nowhere(m, b, v, o->order[i]);
		trace_back(&m->trace, &o->told[i]);
	}
	b->source = source;
	lanes_part(m->lanes, same_order, o);
	for (size_t i = 0; i < m->lanes->n; i++)
		places[i] = by_id[m->lanes->v[i].id];
	stale = o->stale[places[0]];
	lanes_learnt(m->lanes, &stale, sizeof(stale));
	if (stale)
		tell_lanes(m, o, places);
	for (size_t i = 0; i < n; i++)
		buf_release(&o->told[i]);
	free(o);
	return stale;
}
