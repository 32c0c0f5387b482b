/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for programs. Its schema is a contract: see report.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "glance/properties.h"
#include "image/facts.h"
#include "report/json_values.h"
#include "report/report.h"

#define SCHEMA_VERSION 1

struct report_json {
	json_t *root;
	json_t *images;
};

/* The document as text, which the caller frees. */
static char *dump(const json_t *j, size_t flags)
{
	char *s = json_dumps(j, flags | JSON_PRESERVE_ORDER);

	if (!s)
		abort();
	return s;
}

struct report_json *report_json_begin(void)
{
	struct report_json *json = xcalloc(1, sizeof(*json));

	json->root = json_checked(json_object());
	json->images = json_checked(json_array());
	json_put(json->root, "schema", json_integer(SCHEMA_VERSION));
	json_put(json->root, "version", json_text(ARMVM_VERSION));
	json_put(json->root, "images", json_incref(json->images));
	return json;
}

static json_t *one_finding(const struct finding *f)
{
	json_t *j = json_checked(json_object());

	json_put(j, "what", json_text(f->what));
	json_put(j, "where", json_text(f->where));
	json_put(j, "advice", json_text(f->advice));
	return j;
}

static json_t *one_fact(const struct fact *f)
{
	json_t *j = json_checked(json_object());

	json_put(j, "key", json_text(f->key));
	json_put(j, "value", json_text(f->value));
	return j;
}

static json_t *one_result(const struct check_result *r)
{
	json_t *j = json_checked(json_object()), *findings = json_checked(json_array());
	json_t *facts = json_checked(json_array());

	json_put(j, "id", json_text(r->check->id));
	json_put(j, "family", json_text(check_family(r->check)));
	json_put(j, "severity", json_text(severity_name(r->severity)));
	json_put(j, "source", json_text(r->check->source));
	json_put(j, "title", json_text(r->check->title));
	json_put(j, "fixable", json_boolean(r->check->fix != NULL));
	json_put(j, "outcome", json_text(outcome_name(r->outcome)));
	if (r->reason)
		json_put(j, "reason", json_text(r->reason));
	if (r->waived)
		json_put(j, "waived", json_text(r->waived));
	for (size_t i = 0; i < r->n; i++)
		json_push(findings, one_finding(&r->findings[i]));
	json_put(j, "findings", findings);
	for (size_t i = 0; i < r->n_facts; i++)
		json_push(facts, one_fact(&r->facts[i]));
	json_put(j, "facts", facts);
	return j;
}

static json_t *one_scenario(const struct scenario_row *row)
{
	json_t *j = json_checked(json_object());

	json_put(j, "scenario", json_text(row->scenario));
	json_put(j, "result", json_text(row->result));
	json_put(j, "verdict", json_text(row->verdict));
	json_put(j, "reason", json_text(row->reason));
	json_put(j, "seconds", json_real(row->seconds));
	json_put(j, "boots", json_integer(row->boots));
	json_put(j, "written", json_text(row->written));
	return j;
}

static json_t *all_scenarios(const struct verdict *v)
{
	json_t *j = json_checked(json_array());

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->results[i].n_scenarios; k++)
			json_push(j, one_scenario(&v->results[i].scenarios[k]));
	return j;
}

static void set_facts(json_t *j, const struct facts *facts)
{
	json_t *guest = json_checked(json_object());

	json_put(j, "format", json_text(facts->format));
	json_put(j, "virtual_size", json_integer((json_int_t)facts->virtual_size));
	json_put(j, "file_size", json_integer((json_int_t)facts->file_size));
	if (facts->guest_name) {
		json_put(guest, "name", json_text(facts->guest_name));
		json_put(guest, "id", json_text(facts->guest_id));
		json_put(guest, "version", json_text(facts->guest_version));
		json_put(guest, "architecture", json_text(facts->architecture));
		json_put(j, "guest", guest);
	} else {
		json_decref(guest);
	}
}

void report_json_image(struct report_json *json, const struct facts *facts, const struct verdict *v)
{
	static const char *const conclusions[] = {
		[PORTABLE] = "portable",
		[NOT_PORTABLE] = "not-portable",
		[UNDETERMINED] = "undetermined",
	};
	json_t *j = json_checked(json_object()), *checks = json_checked(json_array());

	json_put(j, "path", json_text(facts->path));
	set_facts(j, facts);
	json_put(j, "conclusion", json_text(conclusions[v->conclusion]));
	if (v->incomplete)
		json_put(j, "incomplete", json_text(v->incomplete));
	json_put(j, "errors", json_integer(v->errors));
	json_put(j, "warnings", json_integer(v->warnings));
	json_put(j, "notes", json_integer(v->notes));
	json_put(j, "skipped", json_integer(v->skipped));
	json_put(j, "inconclusive", json_integer(v->inconclusive));
	json_put(j, "waived", json_integer(v->waived));
	json_put(j, "partial", json_boolean(v->partial));
	for (size_t i = 0; i < v->n; i++)
		json_push(checks, one_result(&v->results[i]));
	json_put(j, "checks", checks);
	json_put(j, "scenarios", all_scenarios(v));
	json_push(json->images, j);
}

void report_json_properties(struct report_json *json, const struct glance_properties *p)
{
	size_t n = json_array_size(json->images);
	json_t *properties = json_checked(json_array());

	for (size_t i = 0; i < p->n; i++) {
		const struct glance_property *from = &p->v[i];
		json_t *j = json_checked(json_object());

		json_put(j, "name", json_text(from->name));
		if (from->option)
			json_put(j, "option", json_text(from->option));
		json_put(j, "value", from->value ? json_text(from->value) : json_null());
		json_put(j, "reason", json_text(from->reason));
		json_push(properties, j);
	}
	json_put(json_array_get(json->images, n - 1), "glance", properties);
}

void report_json_add(struct report_json *json, json_t *take_image)
{
	json_push(json->images, take_image);
}

void report_json_failed(struct report_json *json, const char *path, const struct err *why)
{
	json_t *j = json_checked(json_object());

	json_put(j, "path", json_text(path));
	json_put(j, "conclusion", json_text("undetermined"));
	json_put(j, "error", json_text(why->text));
	json_push(json->images, j);
}

void report_json_parsed(struct report_json *json, const char *line)
{
	json_t *image = json_loads(line, 0, NULL);

	if (!image)
		return;
	json_object_del(image, "schema");
	json_object_del(image, "version");
	json_push(json->images, image);
}

void report_json_lines(struct report_json *json, struct text *out)
{
	json_t *image;
	size_t i;

	json_array_foreach(json->images, i, image)
	{
		json_t *j = json_checked(json_object());
		char *s;

		json_put(j, "schema", json_integer(SCHEMA_VERSION));
		json_put(j, "version", json_text(ARMVM_VERSION));
		if (json_object_update(j, image) < 0)
			abort();
		s = dump(j, JSON_COMPACT);
		text_printf(out, "%s\n", s);
		free(s);
		json_decref(j);
	}
	json_array_clear(json->images);
}

void report_json_end(struct report_json *take_json, struct text *out)
{
	char *s = dump(take_json->root, JSON_INDENT(2));

	text_puts(out, s);
	text_puts(out, "\n");
	free(s);
	json_decref(take_json->images);
	json_decref(take_json->root);
	free(take_json);
}
