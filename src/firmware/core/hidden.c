/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handles of disks that the platform may have. See handles.h. Until one of them
 * matters, machines with other disks are the same to a guest: its other handles keep
 * their order whatever stands between them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/platform.h"

void handles_hide(struct machine *m, handles_resolved *resolved)
{
	struct handles *hs = m->handles;
	size_t kept = 0;

	hs->hidden = xcalloc(hs->n + 1, sizeof(struct handle *));
	for (size_t i = 0; i < hs->n; i++)
		if (hs->v[i]->disk && hs->v[i]->disk != PLATFORM_IMAGE)
			hs->hidden[hs->n_hidden++] = hs->v[i];
		else
			hs->v[kept++] = hs->v[i];
	hs->n = kept;
	hs->resolved = resolved;
}

bool handles_hidden(struct machine *m, const struct guid *guid)
{
	for (size_t i = 0; i < m->handles->n_hidden; i++)
		if (handle_protocol(m->handles->hidden[i], guid))
			return true;
	return false;
}

/* Appends those of a list that belong to a disk. */
static void add_disk(struct handle_view *view, struct handle *const *v, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->disk == letter)
			view->v[view->n++] = v[i];
}

/* The number of the first disk's handle, be it hidden or not. */
static unsigned first_disk(const struct handles *hs)
{
	unsigned first = hs->hidden[0]->number;

	for (size_t i = 0; i < hs->n; i++)
		if (hs->v[i]->disk && hs->v[i]->number < first)
			first = hs->v[i]->number;
	return first;
}

void handle_view_make(struct machine *m, const char *disks, struct handle_view *out)
{
	const struct handles *hs = m->handles;
	size_t at = 0;
	unsigned first;

	*out = (struct handle_view){ .v = xcalloc(hs->n + hs->n_hidden + 1, sizeof(*out->v)) };
	if (!hs->n_hidden) {
		while (out->n < hs->n) {
			out->v[out->n] = hs->v[out->n];
			out->n++;
		}
		return;
	}
	first = first_disk(hs);
	for (; at < hs->n && hs->v[at]->number < first; at++)
		out->v[out->n++] = hs->v[at];
	for (const char *letter = disks; *letter; letter++) {
		add_disk(out, hs->v, hs->n, *letter);
		add_disk(out, hs->hidden, hs->n_hidden, *letter);
	}
	for (; at < hs->n; at++)
		if (!hs->v[at]->disk)
			out->v[out->n++] = hs->v[at];
}

void handle_view_release(struct handle_view *view)
{
	free(view->v);
	*view = (struct handle_view){ 0 };
}

void handles_resolve(struct machine *m)
{
	struct handles *hs = m->handles;
	struct handle_view view;
	const char *disks;

	if (!hs->n_hidden)
		return;
	disks = platform_disks(m->platform);
	handle_view_make(m, disks, &view);
	for (size_t i = 0; i < hs->n_hidden; i++)
		if (!strchr(disks, hs->hidden[i]->disk))
			handle_free(hs->hidden[i]);
	hs->n_hidden = 0;
	free(hs->v);
	hs->v = view.v;
	hs->n = view.n;
	hs->resolved(m, disks);
}
