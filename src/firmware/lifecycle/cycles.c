/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One scenario. See cycles.h. */
#include "firmware/lifecycle/cycles.h"
#include "firmware/lifecycle/verdict.h"

static void begin(struct cycles *c, const struct power_config *config, const struct scenario *s)
{
	*c = (struct cycles){ .power = { .config = config, .machine = config->machine } };
	var_store_plain_init(&c->store, power_vars(config, s));
	platform_fixed_init(&c->platform, power_facts(config, s), s->disks);
	c->power.machine.vars = &c->store.store;
	c->power.machine.platform = &c->platform.platform;
}

/* One boot; the course knows what comes next. */
static int boot(struct cycles *c, const struct scenario *s, const char *because, struct err *err)
{
	int r = power_on(&c->power, err);

	if (r < 0)
		return r;
	power_emit_on(&c->power, because);
	r = power_install(&c->power, s, err);
	if (r < 0)
		return r;
	course_start(&c->course, c->store.vars);
	power_run(&c->power);
	power_end(&c->power, false);
	course_plan(&c->course, s, c->power.m->run.end.kind, c->store.vars);
	return 0;
}

/* Whether the machine comes on again. */
static bool goes_on(struct cycles *c)
{
	bool same = c->course.next != NEXT_NOTHING && power_is_unchanged(&c->power) &&
		    course_is_same(&c->course);

	return c->course.next != NEXT_NOTHING && !power_is_loop(&c->power, same);
}

int cycles_play(struct cycles *c, const struct power_config *config, const struct scenario *s,
	struct err *err)
{
	int r;

	begin(c, config, s);
	r = boot(c, s, "switched on", err);
	while (r == 0 && goes_on(c)) {
		verdict_emit_boot(c->power.m, c->power.boot);
		power_off(&c->power);
		vars_free(c->store.vars);
		c->store.vars = TAKE(c->course.after);
		r = boot(c, s, course_because(&c->course), err);
	}
	if (r < 0)
		return r;
	trace_flush(&c->power.m->trace);
	verdict_emit(c->power.m);
	trace_flush(&c->power.m->trace);
	return 0;
}

void cycles_release(struct cycles *c)
{
	power_off(&c->power);
	vars_free(c->store.vars);
	course_release(&c->course);
}
