/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot, driver and SysPrep options: which count (UEFI 2.10 3.1.3), and where they lead. See private.h. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/bds/saved.h"
#include "firmware/bds/store.h"
#include "firmware/core/handles.h"
#include "firmware/machine/platform.h"
#include "firmware/proto/disks.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

void bds_resolve_disks(struct machine *m)
{
	handles_resolve(m);
	media_resolve(m);
}

/* What the path names is in the firmware, as edk2's setup and Shell are. */
static bool is_in_firmware(const struct load_option *o)
{
	struct dp_node node;
	size_t pos = 0;

	return dp_next(o->paths, o->path_size, &pos, &node) && node.type == DP_MEDIA &&
	       (node.subtype == DP_MEDIA_VOLUME || node.subtype == DP_MEDIA_VOLUME_FILE);
}

static const char the_shell[] =
	"it is the firmware's Shell, which waits for somebody: nothing comes after it";

static bool is_shell(const struct bds *b, const struct load_option *o)
{
	return b->config.quirks->has_shell && saved_is_shell(o);
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
	if (is_shell(b, o))
		return the_shell;
	if (is_in_firmware(o))
		return "it names a program in the firmware, which this one does not have";
	return NULL;
}

const char *bds_look_at(struct machine *m, const struct bds *b, const struct platform_view *view,
	const struct variable *var, struct load_option *o, struct candidates *candidates,
	struct err *err)
{
	struct candidate_rules rules = { .any_partition = b->config.quirks->any_partition,
		.no_default = b->source < FROM_NEXT };
	const char *reason;

	if (!var)
		return "it does not exist";
	if (load_option_parse(var->data, var->size, o, err) < 0)
		return err->text;
	reason = refusal(b, o);
	if (reason)
		return reason;
	candidates_of_option(m, view, o->paths, o->path_size, &rules, candidates);
	return candidates->n ? NULL : "what it names is not there";
}

void bds_take_option(struct machine *m, struct bds *b, int option)
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
		bds_emit_skip(m, name, reason);
		if (reason == the_shell)
			bds_end(m, b);
		return;
	}
	b->option = option;
	b->attributes = o.attributes;
	if (saved_is_own(b->config.quirks->saving, &o))
		return;
	b->data = xmemdup(o.data, o.data_size);
	b->data_size = o.data_size;
}
