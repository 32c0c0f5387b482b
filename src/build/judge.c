/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build's last step before its output is put in place: the same checks that
 * `armvm-image check` runs, in a worker as there, and a boot when one was asked for.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "build/internal.h"
#include "worker/judge.h"

static void add_findings(struct strlist *to, const struct check_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *f = &r->findings[i];

		strlist_take(to, xasprintf("%s: %s%s%s", r->check->id, f->where,
					 f->where[0] ? ": " : "", f->what));
	}
}

static bool unanswered_boot(const struct check_result *r)
{
	return r->outcome == OUTCOME_INCONCLUSIVE && strcmp(check_family(r->check), "boot") == 0;
}

static void sort_out(struct build *b, const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];
		bool error = r->check->severity == SEV_ERROR;

		if (r->outcome == OUTCOME_FINDING && r->check->severity != SEV_NOTE)
			add_findings(error ? &b->result->problems : &b->result->warnings, r);
		else if (r->outcome == OUTCOME_INCONCLUSIVE)
			strlist_take(v->conclusion == UNDETERMINED && unanswered_boot(r)
					     ? &b->result->problems
					     : &b->result->warnings,
				xasprintf("%s: could not be determined: %s", r->check->id,
					r->reason ? r->reason : ""));
	}
}

static int conclude(struct build *b, const struct verdict *v, struct err *err)
{
	sort_out(b, v);
	if (v->conclusion == NOT_PORTABLE) {
		err_set(err, EBADMSG, "%s: not written, for the image would not be portable",
			b->out.path);
		return err_hint(err, "%s", "armvm-image explain ID tells more about each finding");
	}
	if (v->incomplete)
		return err_set(err, ENODATA, "%s: not written, for it could not be judged: %s",
			b->out.path, v->incomplete);
	if (b->result->problems.n) {
		err_set(err, ENODATA, "%s: not written, for it could not be told whether it boots",
			b->out.path);
		return err_hint(err, "--no-verify builds without booting the result");
	}
	return 0;
}

int build_judge(struct build *b, struct err *err)
{
	const struct selection all = { 0 };
	const struct judge_options options = {
		.image = { .boot_emulator = b->opts->verify, .boot_scenarios = b->opts->verify },
		.selection = &all,
	};
	struct results r CLEANUP(results_release) = { .taken = 0 };
	int ret;

	if (b->opts->progress)
		b->opts->progress(b->opts->progress_ctx,
			b->opts->verify ? "checking and booting" : "checking", 0, 0);
	ret = judge_image(b->out.tmp, &options, NULL, NULL, NULL, &r, err);
	return ret < 0 ? ret : conclude(b, &r.verdict, err);
}
