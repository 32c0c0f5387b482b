/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one boot to the next. See course.h. */
#include "firmware/lifecycle/course.h"
#include "firmware/scenario/scenario.h"
#include "firmware/vars/vars.h"

void course_start(struct course *c, const struct vars *vars)
{
	vars_free(c->start);
	c->start = vars_copy(vars);
	if (!c->first)
		c->first = vars_copy(vars);
}

static enum next next_of(
	const struct course *c, const struct scenario *s, enum verdict_kind verdict)
{
	if (verdict == VERDICT_RESET)
		return NEXT_RESET;
	return verdict == VERDICT_KERNEL && s->again && !c->was_again ? NEXT_AGAIN : NEXT_NOTHING;
}

void course_plan(struct course *c, const struct scenario *s, enum verdict_kind verdict,
	const struct vars *vars)
{
	c->next = next_of(c, s, verdict);
	if (c->next == NEXT_NOTHING)
		return;
	vars_free(c->after);
	c->after = vars_copy(c->next == NEXT_AGAIN && s->again == AGAIN_WIPED ? c->first : vars);
	vars_reset(c->after);
	c->was_again |= c->next == NEXT_AGAIN;
}

bool course_is_same(const struct course *c)
{
	return vars_same_kept(c->start, c->after);
}

const char *course_because(const struct course *c)
{
	return c->next == NEXT_RESET ? "reset" : "switched off and on";
}

void course_release(struct course *c)
{
	vars_free(c->first);
	vars_free(c->start);
	vars_free(c->after);
	*c = (struct course){ .next = NEXT_NOTHING };
}
