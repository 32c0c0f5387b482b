/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GitLab's code quality report: a flat array of findings, which merge requests
 * show. What was waived is left out, since it has no word for that; JSON, SARIF
 * and JUnit have it.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "image/facts.h"
#include "report/file.h"
#include "report/json_values.h"
#include "report/markup.h"

static void *begin(void)
{
	return json_checked(json_array());
}

static void add(json_t *all, const char *path, const char *id, const char *severity,
	const char *where, const char *what)
{
	const char *const marks[] = { id, path, where, what };
	json_t *j = json_checked(json_object()), *place = json_checked(json_object()),
	       *lines = json_checked(json_object());
	struct text text CLEANUP(text_release) = TEXT_INIT;
	char hex[65];

	text_printf(&text, "%s%s%s", where, *where ? ": " : "", what);
	markup_fingerprint(marks, ARRAY_SIZE(marks), hex);
	json_put(j, "description", json_safe(text_str(&text)));
	json_put(j, "check_name", json_text(id));
	json_put(j, "fingerprint", json_text(hex));
	json_put(j, "severity", json_text(severity));
	json_put(place, "path", json_safe(path));
	json_put(lines, "begin", json_integer(1));
	json_put(place, "lines", lines);
	json_put(j, "location", place);
	json_push(all, j);
}

static void image(void *report, const struct facts *facts, const struct verdict *v)
{
	static const char *const words[] = {
		[SEV_NOTE] = "info",
		[SEV_WARNING] = "minor",
		[SEV_ERROR] = "critical",
	};

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		for (size_t k = 0; k < r->n && !r->waived; k++)
			add(report, facts->path, r->check->id, words[r->severity],
				r->findings[k].where, r->findings[k].what);
		if (r->outcome == OUTCOME_INCONCLUSIVE && r->severity == SEV_ERROR && !r->waived)
			add(report, facts->path, r->check->id, "major", "",
				r->reason ? r->reason : "no answer");
	}
}

static void failed(void *report, const char *path, const struct err *why)
{
	add(report, path, "image", "blocker", "", why->text);
}

static void end(void *take_report, struct text *out)
{
	json_write(take_report, out);
}

const struct report_type report_quality = { "--code-quality", begin, image, failed, end };
