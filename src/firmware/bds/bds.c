/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager's order of events. See bds.h and private.h.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/outside.h"
#include "firmware/bds/private.h"
#include "firmware/bds/saved.h"
#include "firmware/bds/store.h"
#include "firmware/machine/platform.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

void bds_free(struct bds *b)
{
	if (!b)
		return;
	boot_list_release(&b->list);
	free(b->data);
	free(b->returned_name);
	free(b->load_failed_name);
	buf_release(&b->spent);
	candidates_release(&b->candidates);
	ahead_forget(b);
	free(b);
}

void bds_go(struct machine *m, struct bds *b)
{
	b->again = true;
	if (b->stepping)
		return;
	b->stepping = true;
	while (b->again && !run_is_over(&m->run)) {
		b->again = false;
		b->step(m, b);
	}
	b->stepping = false;
}

void bds_then(struct bds *b, void (*step)(struct machine *m, struct bds *b))
{
	b->step = step;
	b->again = true;
}

/* ---- sources ---- */

static void take_entry(struct machine *m, struct bds *b, const struct boot_entry *entry)
{
	if (entry->option == NO_OPTION)
		candidates_add(&b->candidates, entry->program.path, entry->program.size);
	else
		bds_take_option(m, b, entry->option);
}

static void take_default(struct machine *m, struct bds *b)
{
	struct candidate_rules rules = { .any_partition = b->config.quirks->any_partition };
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	if (!b->config.quirks->platform_recovery) {
		ahead_take_default(m, b);
		return;
	}
	bds_resolve_disks(m);
	if (!dp_add_file(&path, BDS_DEFAULT_PATH))
		return;
	dp_add_end(&path);
	candidates_of_option(
		m, platform_view(m->platform), buf_edit(&path), path.len, &rules, &b->candidates);
}

/* Before a boot option is chosen, when drivers and SysPrep applications are through. */
static void begin_boot(struct machine *m, struct bds *b)
{
	if (b->config.quirks->saving)
		saved_refresh(m, b->config.quirks->saving);
	if (!ahead_order_is_stale(m, b))
		boot_list_read(m, "BootOrder", &b->list);
	b->outside = order_from_outside(m, &b->config, &b->list);
	indications_obey(m, b);
}

static void begin_source(struct machine *m, struct bds *b)
{
	static const char *const lists[] = { "DriverOrder", "SysPrepOrder" };

	b->begun = true;
	buf_reset(&b->spent);
	if (b->source > FROM_NEXT)
		return;
	boot_list_release(&b->list);
	b->at_list = 0;
	if (b->source == FROM_NEXT)
		begin_boot(m, b);
	else
		boot_list_read(m, lists[b->source], &b->list);
}

/* Takes what the source has next; false when it has no more. */
static bool take_next(struct machine *m, struct bds *b)
{
	int next = b->next;

	switch (b->source) {
	case FROM_NEXT:
		b->next = NO_OPTION;
		if (next != NO_OPTION)
			bds_take_option(m, b, next);
		return next != NO_OPTION;
	case FROM_DEFAULT:
		if (b->defaulted)
			return false;
		b->defaulted = true;
		take_default(m, b);
		return true;
	case FROM_DISKS:
		return disks_next(m, b);
	default:
		if (b->at_list == b->list.n)
			return false;
		take_entry(m, b, &b->list.v[b->at_list++]);
		return true;
	}
}

void bds_step_source(struct machine *m, struct bds *b)
{
	bds_forget_attempt(m, b);
	if (!b->begun)
		begin_source(m, b);
	if (take_next(m, b)) {
		bds_then(b, bds_step_candidate);
	} else if (b->source >= FROM_DEFAULT) {
		bds_end(m, b);
	} else {
		bds_then(b, b->source == FROM_DRIVERS && b->driver_ran ? bds_step_connect
								       : bds_step_source);
		b->begun = false;
		b->source++;
	}
}

void bds_start(struct machine *m)
{
	struct bds *b = m->bds;
	const struct variable *next;

	b->option = NO_OPTION;
	b->next = NO_OPTION;
	b->source = FROM_DISKS;
	if (!b->config.quirks->own_way) {
		next = bds_var(m, "BootNext");
		if (next && next->size == 2)
			b->next = le16(next->data);
		/* Before it is used, so that a loader that hangs is not tried for ever (3.3). */
		bds_define(m, "BootNext", NULL, 0);
		b->source = FROM_DRIVERS;
	}
	b->step = bds_step_source;
	bds_go(m, b);
}
