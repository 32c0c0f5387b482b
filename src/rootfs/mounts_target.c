/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What local-fs.target requires in vain. See mounts_target.h. What a unit requires and systemd cannot load ends the search
 * for what else it needs, whether it is masked or missing (transaction_add_job_and_dependencies(), 252 and 257).
 */
#include "rootfs/mounts_target.h"

#include "base/xalloc.h"
#include "rootfs/units_required.h"

#define TARGET "local-fs.target"

struct target {
	struct units *r;
	struct fstab *tab;
};

static void judge(void *ctx, const char *unit, const char *place)
{
	struct target *t = ctx;
	bool line = unit_has_line(t->tab, unit);
	const char *why = NULL;

	/* What is made of fstab stands before a vendor's mask. */
	if (unit_is_masked(t->r, line ? UNIT_ADMIN : 0, unit))
		why = "is masked";
	else if (unit_is_missing(t->r, t->tab, unit))
		why = "is missing";
	if (why)
		mounts_refuse(t->tab, unit, why, xstrdup(place))->by_line = false;
}

void mounts_refuse_required(struct units *r, struct fstab *tab)
{
	struct target t = { r, tab };

	unit_each_required(r, TARGET, judge, &t);
}
