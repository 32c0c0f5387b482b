/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What machines differ in. See platform.h. */
#include "firmware/machine/platform.h"

bool platform_has(struct platform *p, enum platform_fact fact)
{
	return p->ops->has(p, fact);
}

const char *platform_disks(struct platform *p)
{
	return p->ops->disks(p);
}

const struct platform_view *platform_view(struct platform *p)
{
	return p->ops->view(p);
}

void platform_each(struct platform *p, platform_look *look, void *ctx)
{
	p->ops->each(p, look, ctx);
}

unsigned platform_agree(struct platform *p, platform_answer *answer, void *ctx)
{
	return p->ops->agree(p, answer, ctx);
}

/* ---- a machine that is known beforehand ---- */

static const struct platform_view *fixed_view(struct platform *p)
{
	return &((struct platform_fixed *)p)->view;
}

static bool fixed_has(struct platform *p, enum platform_fact fact)
{
	return ((struct platform_fixed *)p)->facts & fact;
}

static const char *fixed_disks(struct platform *p)
{
	return fixed_view(p)->disks;
}

static void fixed_each(struct platform *p, platform_look *look, void *ctx)
{
	look(ctx, fixed_view(p));
}

static unsigned fixed_agree(struct platform *p, platform_answer *answer, void *ctx)
{
	(void)answer;
	(void)ctx;
	return fixed_view(p)->id;
}

void platform_fixed_init(struct platform_fixed *p, unsigned facts, const char *disks)
{
	static const struct platform_ops ops = {
		.has = fixed_has,
		.disks = fixed_disks,
		.view = fixed_view,
		.each = fixed_each,
		.agree = fixed_agree,
	};

	*p = (struct platform_fixed){ { &ops }, facts,
		{ .removable = facts & PLATFORM_REMOVABLE, .disks = disks } };
}
