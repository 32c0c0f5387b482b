/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From findings to a plan, and what stays. See internal.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "fix/internal.h"
#include "image/image.h"
#include "rootfs/osrelease.h"
#include "rootfs/staged.h"

/* ---- what could not be mended, and why ---- */

static const char *find_reason(const struct reasons *r, const char *id)
{
	for (size_t i = r->n; i-- > 0;)
		if (strcmp(r->v[i].id, id) == 0)
			return r->v[i].text;
	return NULL;
}

static void add_reason(struct reasons *r, const char *id, const struct err *err)
{
	r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct record_mend){ id,
		xasprintf("%s%s%s", err->text, *err->hint ? "; " : "", err->hint) };
}

void reasons_release(struct reasons *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].text);
	free(r->v);
	*r = (struct reasons){ 0 };
}

/* ---- planning ---- */

static bool is_wanted(const struct fix_options *opts, const struct check_result *r)
{
	if (r->outcome != OUTCOME_FINDING || !r->check->fix)
		return false;
	if (opts->only && opts->only->select.n)
		return selection_has(opts->only, r->check);
	return r->check->severity != SEV_NOTE;
}

bool record_has_mended(const struct record *record, const char *id)
{
	for (size_t i = 0; i < record->n_mends; i++)
		if (strcmp(record->mends[i].id, id) == 0)
			return true;
	return false;
}

/*
 * Files that are new in a guest with SELinux have no label yet: the guest is
 * asked to give them theirs at its next boot.
 */
static int ask_relabelling(struct plan *plan, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *mode = NULL;
	struct rootfs *root;
	bool new_files = false;

	if (image_root_volume(plan->image) == NULL || plan_root(plan, &root, NULL) < 0)
		return 0;
	for (size_t i = 0; i < rootfs_staged_count(root); i++)
		new_files |= !rootfs_staged_at(root, i)->existed;
	if (!new_files || rootfs_read_file(root, "/etc/selinux/config", 65536, &text, NULL) < 0)
		return 0;
	mode = shell_assignment(buf_text(&text), "SELINUX");
	if (!mode || strcmp(mode, "disabled") == 0 || rootfs_exists(root, "/.autorelabel"))
		return 0;
	return rootfs_write_file(root, "/.autorelabel", 0644, "", 0, plan->now, err);
}

int plan_findings(const struct fix_options *opts, const struct verdict *v,
	const struct record *done, struct plan *plan, struct reasons *reasons, struct err *err)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check *check = v->results[i].check;
		struct err why = { 0 };

		if (!is_wanted(opts, &v->results[i]))
			continue;
		if (record_has_mended(done, check->id)) {
			err_set(&why, EEXIST, "what was done about it did not help");
			add_reason(reasons, check->id, &why);
			continue;
		}
		plan->on_behalf_of = check->id;
		plan->rule = &check->rule;
		plan->found = &v->results[i];
		if (check->fix(plan->image, plan, &why) < 0)
			add_reason(reasons, check->id, &why);
	}
	return ask_relabelling(plan, err);
}

/* ---- what stays ---- */

static void add_left(
	struct fix_result *result, const struct check *check, char *take_text, const char *why)
{
	result->left = xreallocarray(result->left, result->n_left + 1, sizeof(*result->left));
	result->left[result->n_left++] = (struct fix_left){ check->id, check->severity, take_text,
		xstrdup(why) };
}

static void add_findings(
	struct fix_result *result, const struct check_result *r, const struct reasons *reasons)
{
	const char *reason = find_reason(reasons, r->check->id);

	if (!reason)
		reason = r->check->fix ? "it was not asked for" : "armvm-image cannot mend it";
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *f = &r->findings[i];

		add_left(result, r->check,
			xasprintf("%s%s%s", f->where, *f->where ? ": " : "", f->what), reason);
	}
}

void collect_left(struct fix_result *result, const struct verdict *v, const struct reasons *reasons,
	bool planned)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		if (planned && record_has_mended(&result->record, r->check->id))
			continue;
		if (r->outcome == OUTCOME_FINDING && r->check->severity != SEV_NOTE)
			add_findings(result, r, reasons);
		else if (r->outcome == OUTCOME_INCONCLUSIVE && r->check->severity == SEV_ERROR &&
			 v->conclusion == UNDETERMINED)
			add_left(result, r->check, xstrdup(r->reason ? r->reason : ""),
				"it could not be looked at");
	}
}
