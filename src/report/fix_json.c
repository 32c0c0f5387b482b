/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fix, reported to programs. Its schema is a contract: see report.h and fix.h.
 */
#include "report/fix.h"
#include "report/json_values.h"

static json_t *one_change(const struct record_change *c)
{
	json_t *j = json_checked(json_object());

	json_put(j, "action", json_text(c->action));
	json_put(j, "place", json_text(c->place));
	if (c->path)
		json_put(j, "path", json_text(c->path));
	json_put(j, "size_before", json_integer((json_int_t)c->before));
	json_put(j, "size_after", json_integer((json_int_t)c->after));
	if (c->diff)
		json_put(j, "diff", json_text(c->diff));
	if (c->note)
		json_put(j, "note", json_text(c->note));
	return j;
}

static json_t *all_changes(const struct record *r)
{
	json_t *changes = json_checked(json_array());

	for (size_t i = 0; i < r->n_changes; i++)
		json_push(changes, one_change(&r->changes[i]));
	return changes;
}

static json_t *all_mends(const struct record *r)
{
	json_t *mends = json_checked(json_array());

	for (size_t i = 0; i < r->n_mends; i++) {
		json_t *j = json_checked(json_object());

		json_put(j, "id", json_text(r->mends[i].id));
		json_put(j, "what", json_text(r->mends[i].text));
		json_push(mends, j);
	}
	return mends;
}

static json_t *all_left(const struct fix_result *r)
{
	json_t *left = json_checked(json_array());

	for (size_t i = 0; i < r->n_left; i++) {
		json_t *j = json_checked(json_object());

		json_put(j, "id", json_text(r->left[i].id));
		json_put(j, "severity", json_text(severity_name(r->left[i].severity)));
		json_put(j, "what", json_text(r->left[i].text));
		json_put(j, "why", json_text(r->left[i].why));
		json_push(left, j);
	}
	return left;
}

void report_json_fix(struct report_json *json, const char *image, const struct fix_result *r)
{
	static const char *const outcomes[] = { [FIX_NOTHING] = "nothing-to-do",
		[FIX_PLANNED] = "planned",
		[FIX_DONE] = "fixed",
		[FIX_UNABLE] = "unable" };
	static const char *const conclusions[] = {
		[PORTABLE] = "portable",
		[NOT_PORTABLE] = "not-portable",
		[UNDETERMINED] = "undetermined",
	};
	json_t *j = json_checked(json_object());

	json_put(j, "path", json_text(image));
	json_put(j, "outcome", json_text(outcomes[r->outcome]));
	if (r->out)
		json_put(j, "output", json_text(r->out));
	json_put(j, "before", json_text(conclusions[r->before]));
	json_put(j, "conclusion", json_text(conclusions[r->after]));
	json_put(j, "booted", json_boolean(r->booted));
	json_put(j, "mended", all_mends(&r->record));
	json_put(j, "changes", all_changes(&r->record));
	json_put(j, "left", all_left(r));
	report_json_add(json, j);
}
