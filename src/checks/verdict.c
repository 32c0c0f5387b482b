/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running checks over one image. See verdict.h.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/boot_scenarios.h"
#include "checks/findings.h"
#include "checks/groups.h"
#include "checks/verdict.h"
#include "disk/format.h"
#include "image/image.h"

bool check_matches(const char *pattern, const struct check *check)
{
	return strcmp(pattern, check_family(check)) == 0 || fnmatch(pattern, check->id, 0) == 0;
}

static bool any_matches(const struct strlist *patterns, const struct check *check)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (check_matches(patterns->v[i], check))
			return true;
	return false;
}

bool check_matches_any(const char *pattern)
{
	for (size_t i = 0; i < check_count(); i++)
		if (check_matches(pattern, check_at(i)))
			return true;
	return false;
}

int selection_verify(const struct selection *sel, struct err *err)
{
	const struct strlist *lists[] = { &sel->select, &sel->ignore };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			if (check_matches_any(lists[l]->v[i]))
				continue;
			err_set(err, EINVAL, "%s: no check has this id", lists[l]->v[i]);
			return err_hint(err, "armvm-image explain lists them");
		}
	return 0;
}

bool selection_has(const struct selection *sel, const struct check *check)
{
	if (sel->select.n && !any_matches(&sel->select, check))
		return false;
	return !any_matches(&sel->ignore, check);
}

bool selection_ignores(const struct selection *sel, const struct check *check)
{
	return sel && any_matches(&sel->ignore, check);
}

bool selection_has_scenarios(const struct selection *sel)
{
	for (size_t i = 0; i < boot_scenario_checks.n; i++)
		if (selection_has(sel, &boot_scenario_checks.checks[i]))
			return true;
	return false;
}

void selection_release(struct selection *sel)
{
	strlist_release(&sel->select);
	strlist_release(&sel->ignore);
}

/*
 * 0 when all needs of the check are met. -ENOENT: one is absent from the
 * image; any other error: one could not be read. *leads: which checks report it.
 */
static int meet_needs(unsigned needs, struct image *image, const char **leads, struct err *err)
{
	static const struct {
		unsigned need;
		int (*have)(struct image *, struct err *);
		const char *leads;
	} table[] = {
		{ NEED_DISK, image_have_parts, "container" },
		{ NEED_GPT, image_have_gpt, "gpt" },
		{ NEED_ESP, image_have_esp, "gpt.esp esp.fat" },
		{ NEED_ROOTFS, image_have_inventory, "loader" },
		{ NEED_CHAIN, image_have_chain, "gpt.esp esp.fat" },
		{ NEED_BOOT, image_have_boot, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int ret = needs & table[i].need ? table[i].have(image, err) : 0;

		*leads = table[i].leads;
		if (ret < 0)
			return ret;
	}
	return 0;
}

static char *reason_of(const struct err *err, int ret)
{
	if (!err->text[0])
		return xstrdup(strerror(-ret));
	return xasprintf("%s%s%s", err->text, err->hint[0] ? "; " : "", err->hint);
}

/* Programs for tables and file systems know no container: what is advised is to be done in a raw copy. */
static void fit_advice(struct check_result *r, struct image *image)
{
	static const char *const programs[] = { "gdisk", "wipefs", "fsck.fat", "mkfs.fat",
		"e2fsck" };
	enum disk_format format = image_header(image)->format;

	for (size_t i = 0; i < r->n && format != FORMAT_RAW && format != FORMAT_ISO; i++)
		for (size_t k = 0; k < ARRAY_SIZE(programs); k++) {
			char *advice = r->findings[i].advice;

			if (!strstr(advice, programs[k]))
				continue;
			r->findings[i].advice = xasprintf(
				"%s (in a raw copy: qemu-img convert -f %s -O raw IMAGE COPY)",
				advice, disk_format_name(format));
			free(advice);
			break;
		}
}

void check_run(struct check_result *r, struct image *image, const struct selection *sel)
{
	struct findings f = { r, sel };
	struct err err = { 0 };
	const char *leads;
	int ret = meet_needs(r->check->needs, image, &leads, &err);

	if (ret < 0) {
		bool unread = image_have_parts(image, NULL) < 0;

		/* An image that is whole but has no guest in it leaves nothing open. */
		r->unmet = unread ||
			   (!(r->check->needs & NEED_BOOT) && image_have_esp(image, NULL) < 0);
		/* What lacks is then a program, or the right to read: nothing of the image's. */
		r->outcome = ret == -ENOENT && !unread ? OUTCOME_SKIPPED : OUTCOME_INCONCLUSIVE;
		r->reason = reason_of(&err, ret);
		r->leads = leads;
		return;
	}
	ret = r->check->run(image, &f, &err);
	/* A file that could not be looked for is not one that is missing, whatever the check made of it. */
	if (ret == 0)
		ret = image_take_doubt(image, &err);
	fit_advice(r, image);
	if (ret == 0)
		return;
	/* What it found before it failed stands; that it failed is reported as well. */
	if (r->outcome != OUTCOME_FINDING)
		r->outcome = OUTCOME_INCONCLUSIVE;
	free(r->reason);
	r->reason = reason_of(&err, ret);
}

/* Where the container itself is why nothing in it can be looked at, that error is the answer. */
static void point_at_container(const struct verdict *v, struct check_result *r, struct image *image)
{
	if (!r->unmet || r->outcome != OUTCOME_INCONCLUSIVE || image_have_parts(image, NULL) == 0)
		return;
	for (const struct check_result *p = v->results; p < r; p++) {
		if (strcmp(check_family(p->check), "container") != 0 ||
			p->outcome != OUTCOME_FINDING || p->severity != SEV_ERROR)
			continue;
		r->outcome = OUTCOME_SKIPPED;
		free(r->reason);
		r->reason = xasprintf(
			"the disk in the file cannot be looked at: see %s", p->check->id);
		return;
	}
}

/* ---- faults of checks that were not selected ---- */

/* What is known of the checks that were not selected, by their place in the registry. */
struct unselected {
	bool *asked;
	struct image *image;
	const struct verdict *verdict;
	const struct selection *selection;
};

static bool is_selected(const struct verdict *v, const struct check *check)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->results[i].check == check)
			return true;
	return false;
}

static const struct check *find_fault(struct unselected *u, const char *leads);

/* The check whose finding or doubt decides the verdict: this one, or one that it leads to; NULL: none. */
static const struct check *fault_of(struct unselected *u, const struct check *check)
{
	struct check_result r CLEANUP(
		check_result_release) = { .check = check, .severity = check->severity };

	check_run(&r, u->image, u->selection);
	if (r.outcome == OUTCOME_FINDING || r.outcome == OUTCOME_INCONCLUSIVE)
		return check;
	return r.outcome == OUTCOME_SKIPPED && r.leads ? find_fault(u, r.leads) : NULL;
}

/* The first check of those that was not selected and is not content. Each is asked once. */
static const struct check *find_fault(struct unselected *u, const char *leads)
{
	CLEANUP(xfree) char *words = xstrdup(leads);
	const struct check *found = NULL;
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < check_count() && !found; i++) {
			const struct check *c = check_at(i);

			if (u->asked[i] || c->severity != SEV_ERROR || !check_matches(w, c) ||
				is_selected(u->verdict, c))
				continue;
			u->asked[i] = true;
			found = fault_of(u, c);
		}
	return found;
}

/* There is nothing to judge because of a fault that nobody reports, as its check was not selected: then it is not known. */
static void doubt_skipped(const struct verdict *v, struct check_result *r, struct image *image,
	const struct selection *sel)
{
	struct unselected u = { NULL, image, v, sel };
	const struct check *fault;
	char *reason;

	if (!v->partial || r->outcome != OUTCOME_SKIPPED || !r->leads)
		return;
	u.asked = xcalloc(check_count(), sizeof(*u.asked));
	fault = find_fault(&u, r->leads);
	free(u.asked);
	if (!fault)
		return;
	r->outcome = OUTCOME_INCONCLUSIVE;
	reason = xasprintf("%s: see %s, which was not selected", r->reason, fault->id);
	free(r->reason);
	r->reason = reason;
}

static void count(struct verdict *v, const struct check_result *r)
{
	if (r->waived) {
		v->waived++;
		return;
	}
	switch (r->outcome) {
	case OUTCOME_PASS:
		break;
	case OUTCOME_SKIPPED:
		v->skipped++;
		break;
	case OUTCOME_INCONCLUSIVE:
		v->inconclusive++;
		break;
	case OUTCOME_FINDING:
		if (r->severity == SEV_ERROR)
			v->errors += (unsigned)r->n;
		else if (r->severity == SEV_WARNING)
			v->warnings += (unsigned)r->n;
		else
			v->notes += (unsigned)r->n;
		break;
	}
}

/* Without an error elsewhere, what nobody could look at makes the verdict inconclusive. */
static bool leaves_doubt(const struct check_result *r)
{
	if (r->waived)
		return false;
	return r->unmet || (r->outcome == OUTCOME_INCONCLUSIVE && r->severity == SEV_ERROR);
}

static enum conclusion conclude(const struct verdict *v)
{
	if (v->incomplete)
		return UNDETERMINED;
	if (v->errors)
		return NOT_PORTABLE;
	for (size_t i = 0; i < v->n; i++)
		if (leaves_doubt(&v->results[i]))
			return UNDETERMINED;
	return PORTABLE;
}

void verdict_conclude(struct verdict *v)
{
	v->errors = v->warnings = v->notes = 0;
	v->skipped = v->inconclusive = v->waived = 0;
	for (size_t i = 0; i < v->n; i++)
		count(v, &v->results[i]);
	v->conclusion = conclude(v);
}

void verdict_begin(struct verdict *v, const struct selection *sel)
{
	*v = (struct verdict){ .results = xcalloc(check_count(), sizeof(*v->results)) };
	for (size_t i = 0; i < check_count(); i++)
		if (selection_has(sel, check_at(i)))
			v->results[v->n++] = (struct check_result){ .check = check_at(i),
				.severity = check_at(i)->severity };
		else if (check_at(i)->severity == SEV_ERROR)
			v->partial = true;
}

void verdict_of(struct image *image, const struct selection *sel, verdict_progress *progress,
	void *ctx, struct verdict *v)
{
	verdict_begin(v, sel);
	boot_settle(image);
	for (size_t i = 0; i < v->n; i++) {
		if (progress)
			progress(ctx, v->results[i].check, i, v->n);
		check_run(&v->results[i], image, sel);
		point_at_container(v, &v->results[i], image);
		doubt_skipped(v, &v->results[i], image, sel);
	}
	verdict_conclude(v);
}

static void release_row(struct scenario_row *row)
{
	const char *const texts[] = { row->scenario, row->result, row->verdict, row->reason,
		row->written };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free((char *)(uintptr_t)texts[i]);
}

void check_result_release(struct check_result *r)
{
	for (size_t k = 0; k < r->n; k++) {
		free(r->findings[k].what);
		free(r->findings[k].where);
		free(r->findings[k].advice);
	}
	for (size_t k = 0; k < r->n_facts; k++) {
		free(r->facts[k].key);
		free(r->facts[k].value);
	}
	for (size_t k = 0; k < r->n_scenarios; k++)
		release_row(&r->scenarios[k]);
	free(r->scenarios);
	free(r->facts);
	free(r->findings);
	free(r->reason);
	free(r->waived);
}

void verdict_release(struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		check_result_release(&v->results[i]);
	free(v->results);
	free(v->incomplete);
	*v = (struct verdict){ 0 };
}

int verdict_exit_status(const struct verdict *v)
{
	switch (v->conclusion) {
	case PORTABLE:
		return 0;
	case NOT_PORTABLE:
		return 1;
	case UNDETERMINED:
		break;
	}
	return 3;
}
