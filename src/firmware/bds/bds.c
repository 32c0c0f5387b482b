/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager's order of events. See bds.h and private.h.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
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
	candidates_release(&b->candidates);
	bds_forget_rest(b);
	free(b);
}

void bds_go(struct machine *m, struct bds *b)
{
	b->again = true;
	if (b->stepping)
		return;
	b->stepping = true;
	while (b->again && m->verdict.kind == VERDICT_NONE) {
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

/* ---- options ---- */

/* What the path names is in the firmware, as edk2's setup and Shell are. */
static bool is_in_firmware(const struct load_option *o)
{
	struct dp_node node;
	size_t pos = 0;

	return dp_next(o->paths, o->path_size, &pos, &node) && node.type == DP_MEDIA &&
	       (node.subtype == DP_MEDIA_VOLUME || node.subtype == DP_MEDIA_VOLUME_FILE);
}

/* Why the option is passed over; NULL when it is not. */
static const char *refusal(const struct bds *b, const struct load_option *o)
{
	bool next = b->source == FROM_NEXT;

	/* Asked for by its number, it need not be active (3.1.3). */
	if (!(o->attributes & LOAD_OPTION_ACTIVE) &&
		!(next && !b->config.quirks->next_must_be_active))
		return "it is not active";
	if (!next && (o->attributes & LOAD_OPTION_CATEGORY))
		return b->source == FROM_ORDER ? "it is no boot option, but an application"
					       : "its category is not that of boot options";
	if (is_in_firmware(o))
		return "it names a program in the firmware, which this one does not have";
	return NULL;
}

const char *bds_look_at(struct machine *m, const struct bds *b, const struct platform_view *view,
	const struct variable *var, struct load_option *o, struct candidates *candidates,
	struct err *err)
{
	struct expand_rules rules = { .any_partition = b->config.quirks->any_partition,
		.no_default = b->source < FROM_NEXT };
	const char *reason;

	if (!var)
		return "it does not exist";
	if (load_option_parse(var->data, var->size, o, err) < 0)
		return err->text;
	reason = refusal(b, o);
	if (reason)
		return reason;
	expand_option(m, view, o->paths, o->path_size, &rules, candidates);
	return candidates->n ? NULL : "what it names is not there";
}

static void take_option(struct machine *m, struct bds *b, int option)
{
	const struct platform_view *view;
	const char *reason;
	char name[OPTION_NAME_MAX];
	struct load_option o;
	struct err err = { 0 };

	bds_resolve_disks(m);
	view = platform_view(m->platform);
	option_name(bds_option_prefix(b), option, name);
	reason = bds_look_at(m, b, view, bds_var(m, name), &o, &b->candidates, &err);
	if (reason) {
		bds_tell_skip(m, name, reason);
		return;
	}
	b->option = option;
	b->attributes = o.attributes;
	if (saved_is_own(b->config.quirks->saving, &o))
		return;
	b->data = xmemdup(o.data, o.data_size);
	b->data_size = o.data_size;
}

static void take_entry(struct machine *m, struct bds *b, const struct boot_entry *entry)
{
	if (entry->option == NO_OPTION)
		candidates_add(&b->candidates, entry->program.path, entry->program.size);
	else
		take_option(m, b, entry->option);
}

static void take_default(struct machine *m, struct bds *b)
{
	struct expand_rules rules = { .any_partition = b->config.quirks->any_partition };
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	if (!b->config.quirks->platform_recovery) {
		bds_take_default(m, b);
		return;
	}
	bds_resolve_disks(m);
	if (!dp_add_file(&path, BDS_DEFAULT_PATH))
		return;
	dp_add_end(&path);
	expand_option(m, platform_view(m->platform), (uint8_t *)path.data, path.len, &rules,
		&b->candidates);
}

/* ---- sources ---- */

/* Before a boot option is chosen, when drivers and SysPrep applications are through. */
static void begin_boot(struct machine *m, struct bds *b)
{
	if (b->config.quirks->saving)
		saved_refresh(m, b->config.quirks->saving);
	if (!bds_order_is_stale(m, b))
		boot_list_read(m, "BootOrder", &b->list);
	b->outside = order_from_outside(m, &b->config, &b->list);
	indications_obey(m, b);
}

static void begin_source(struct machine *m, struct bds *b)
{
	static const char *const lists[] = { "DriverOrder", "SysPrepOrder" };

	b->begun = true;
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
			take_option(m, b, next);
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
