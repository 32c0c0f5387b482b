/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SARIF 2.1.0 (OASIS), which GitHub's code scanning and many others show. A
 * check is a rule, with its entry in the manual as help; a finding is a result,
 * a waived one a suppressed result. What could not be determined is a result of
 * kind "open". Images have no lines: each result is about the file as a whole
 * and names the place in it as a logical location.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/facts.h"
#include "report/file.h"
#include "report/json_values.h"
#include "report/markup.h"

struct sarif {
	json_t *rules, *results;
	json_t *failures; /* notifications: images that could not be looked at */
	size_t *rule_of;  /* by the number of the check: its rule's number plus 1, 0: none yet */
};

static void *begin(void)
{
	struct sarif *s = xcalloc(1, sizeof(*s));

	s->rules = json_checked(json_array());
	s->results = json_checked(json_array());
	s->failures = json_checked(json_array());
	s->rule_of = xcalloc(check_count(), sizeof(*s->rule_of));
	return s;
}

static const char *level_of(enum severity severity)
{
	return severity_name(severity);
}

static json_t *message(const char *text)
{
	json_t *j = json_checked(json_object());

	json_put(j, "text", json_safe(text));
	return j;
}

static json_t *make_rule(const struct check *check)
{
	json_t *j = json_checked(json_object()), *level = json_checked(json_object()),
	       *properties = json_checked(json_object());
	json_t *tags = json_checked(json_array());
	struct text help CLEANUP(text_release) = TEXT_INIT;

	report_explain(&help, check, 0, 0);
	json_put(j, "id", json_text(check->id));
	json_put(j, "shortDescription", message(check->title));
	json_put(j, "help", json_pack("{s:o}", "text", json_text(text_str(&help))));
	json_put(level, "level", json_text(level_of(check->severity)));
	json_put(j, "defaultConfiguration", level);
	json_push(tags, json_text(check_family(check)));
	json_push(tags, json_text(check->source));
	json_put(properties, "tags", tags);
	json_put(j, "properties", properties);
	return j;
}

static size_t rule_number(struct sarif *s, const struct check *check)
{
	size_t i = 0;

	while (check_at(i) != check)
		i++;
	if (!s->rule_of[i]) {
		json_push(s->rules, make_rule(check));
		s->rule_of[i] = json_array_size(s->rules);
	}
	return s->rule_of[i] - 1;
}

static json_t *location(const char *path, const char *where)
{
	json_t *physical = json_checked(json_object()), *artifact = json_checked(json_object());
	json_t *j = json_checked(json_object());
	struct text uri CLEANUP(text_release) = TEXT_INIT;

	markup_uri(&uri, path);
	json_put(artifact, "uri", json_text(text_str(&uri)));
	json_put(physical, "artifactLocation", artifact);
	/* GitHub shows no result without one. */
	json_put(physical, "region", json_pack("{s:i}", "startLine", 1));
	json_put(j, "physicalLocation", physical);
	if (*where) {
		json_t *logical = json_checked(json_object()), *all = json_checked(json_array());

		json_put(logical, "fullyQualifiedName", json_safe(where));
		json_push(all, logical);
		json_put(j, "logicalLocations", all);
	}
	return j;
}

/* One result; where and advice may be "". */
static void add(struct sarif *s, const char *path, const struct check_result *r,
	const struct finding *f, const char *kind)
{
	const char *const marks[] = { r->check->id, path, f->where, f->what };
	bool fails = strcmp(kind, "fail") == 0;
	json_t *j = json_checked(json_object()), *prints = json_checked(json_object()),
	       *places = json_checked(json_array());
	struct text text CLEANUP(text_release) = TEXT_INIT;
	char hex[65];

	text_printf(&text, "%s%s%s", f->where, *f->where ? ": " : "", f->what);
	if (*f->advice)
		text_printf(&text, ". To mend it: %s", f->advice);
	json_put(j, "ruleId", json_text(r->check->id));
	json_put(j, "ruleIndex", json_integer((json_int_t)rule_number(s, r->check)));
	json_put(j, "kind", json_text(kind));
	json_put(j, "level", json_text(fails ? level_of(r->severity) : "none"));
	json_put(j, "message", message(text_str(&text)));
	json_push(places, location(path, f->where));
	json_put(j, "locations", places);
	markup_fingerprint(marks, ARRAY_SIZE(marks), hex);
	json_put(prints, "finding/v1", json_text(hex));
	json_put(j, "partialFingerprints", prints);
	if (r->waived) {
		json_t *suppressions = json_checked(json_array()),
		       *one = json_checked(json_object());

		json_put(one, "kind", json_text("external"));
		json_put(one, "justification", json_safe(r->waived));
		json_push(suppressions, one);
		json_put(j, "suppressions", suppressions);
	}
	json_push(s->results, j);
}

static void image(void *report, const struct facts *facts, const struct verdict *v)
{
	struct sarif *s = report;

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];
		struct finding open = {
			.what = r->reason, .where = (char *)"", .advice = (char *)""
		};

		rule_number(s, r->check);
		for (size_t k = 0; k < r->n; k++)
			add(s, facts->path, r, &r->findings[k], "fail");
		if (r->outcome == OUTCOME_INCONCLUSIVE && r->reason)
			add(s, facts->path, r, &open, "open");
	}
}

static void failed(void *report, const char *path, const struct err *why)
{
	struct sarif *s = report;
	json_t *j = json_checked(json_object()), *places = json_checked(json_array());

	json_push(places, location(path, ""));
	json_put(j, "level", json_text("error"));
	json_put(j, "message", message(why->text));
	json_put(j, "locations", places);
	json_push(s->failures, j);
}

static void end(void *take_report, struct text *out)
{
	struct sarif *s = take_report;
	json_t *root = json_checked(json_object()), *run = json_checked(json_object()),
	       *runs = json_checked(json_array());
	json_t *driver = json_checked(json_object()), *tool = json_checked(json_object());
	json_t *invocation = json_checked(json_object()), *invocations = json_checked(json_array());

	json_put(driver, "name", json_text("armvm-image"));
	json_put(driver, "version", json_text(ARMVM_VERSION));
	json_put(driver, "rules", s->rules);
	json_put(tool, "driver", driver);
	json_put(run, "tool", tool);
	json_put(invocation, "executionSuccessful", json_boolean(!json_array_size(s->failures)));
	json_put(invocation, "toolExecutionNotifications", s->failures);
	json_push(invocations, invocation);
	json_put(run, "invocations", invocations);
	json_put(run, "results", s->results);
	json_push(runs, run);
	json_put(root, "$schema", json_text("https://json.schemastore.org/sarif-2.1.0.json"));
	json_put(root, "version", json_text("2.1.0"));
	json_put(root, "runs", runs);
	json_write(root, out);
	free(s->rule_of);
	free(s);
}

const struct report_type report_sarif = { "--sarif", begin, image, failed, end };
