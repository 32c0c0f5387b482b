/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for programs. Its schema is a contract: see report.h.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/xalloc.h"
#include "glance/properties.h"
#include "image/facts.h"
#include "report/report.h"

#define SCHEMA_VERSION 1

struct report_json {
	json_t *root;
	json_t *images;
};

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Text from an image need not be UTF-8, which JSON must be. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	char *ascii;

	if (j)
		return j;
	ascii = xstrdup(s);
	for (char *p = ascii; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	j = checked(json_string(ascii));
	free(ascii);
	return j;
}

static void set(json_t *object, const char *key, json_t *take_value)
{
	if (json_object_set_new(object, key, take_value) < 0)
		abort();
}

static void append(json_t *array, json_t *take_value)
{
	if (json_array_append_new(array, take_value) < 0)
		abort();
}

struct report_json *report_json_begin(void)
{
	struct report_json *json = xcalloc(1, sizeof(*json));

	json->root = checked(json_object());
	json->images = checked(json_array());
	set(json->root, "schema", json_integer(SCHEMA_VERSION));
	set(json->root, "version", text(ARMVM_VERSION));
	set(json->root, "images", json_incref(json->images));
	return json;
}

static json_t *one_finding(const struct finding *f)
{
	json_t *j = checked(json_object());

	set(j, "what", text(f->what));
	set(j, "where", text(f->where));
	set(j, "advice", text(f->advice));
	return j;
}

static json_t *one_fact(const struct fact *f)
{
	json_t *j = checked(json_object());

	set(j, "key", text(f->key));
	set(j, "value", text(f->value));
	return j;
}

static json_t *one_result(const struct check_result *r)
{
	json_t *j = checked(json_object()), *findings = checked(json_array());
	json_t *facts = checked(json_array());

	set(j, "id", text(r->check->id));
	set(j, "family", text(check_family(r->check)));
	set(j, "severity", text(severity_name(r->severity)));
	set(j, "source", text(r->check->source));
	set(j, "title", text(r->check->title));
	set(j, "outcome", text(outcome_name(r->outcome)));
	if (r->reason)
		set(j, "reason", text(r->reason));
	if (r->waived)
		set(j, "waived", text(r->waived));
	for (size_t i = 0; i < r->n; i++)
		append(findings, one_finding(&r->findings[i]));
	set(j, "findings", findings);
	for (size_t i = 0; i < r->n_facts; i++)
		append(facts, one_fact(&r->facts[i]));
	set(j, "facts", facts);
	return j;
}

static json_t *one_scenario(const struct scenario_row *row)
{
	json_t *j = checked(json_object());

	set(j, "scenario", text(row->scenario));
	set(j, "result", text(row->result));
	set(j, "verdict", text(row->verdict));
	set(j, "reason", text(row->reason));
	set(j, "seconds", json_real(row->seconds));
	set(j, "boots", json_integer(row->boots));
	set(j, "written", text(row->written));
	return j;
}

static json_t *all_scenarios(const struct verdict *v)
{
	json_t *j = checked(json_array());

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->results[i].n_scenarios; k++)
			append(j, one_scenario(&v->results[i].scenarios[k]));
	return j;
}

static void set_facts(json_t *j, const struct facts *facts)
{
	json_t *guest = checked(json_object());

	set(j, "format", text(facts->format));
	set(j, "virtual_size", json_integer((json_int_t)facts->virtual_size));
	set(j, "file_size", json_integer((json_int_t)facts->file_size));
	if (facts->guest_name) {
		set(guest, "name", text(facts->guest_name));
		set(guest, "id", text(facts->guest_id));
		set(guest, "version", text(facts->guest_version));
		set(guest, "architecture", text(facts->architecture));
		set(j, "guest", guest);
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
	json_t *j = checked(json_object()), *checks = checked(json_array());

	set(j, "path", text(facts->path));
	set_facts(j, facts);
	set(j, "conclusion", text(conclusions[v->conclusion]));
	if (v->incomplete)
		set(j, "incomplete", text(v->incomplete));
	set(j, "errors", json_integer(v->errors));
	set(j, "warnings", json_integer(v->warnings));
	set(j, "notes", json_integer(v->notes));
	set(j, "skipped", json_integer(v->skipped));
	set(j, "inconclusive", json_integer(v->inconclusive));
	set(j, "waived", json_integer(v->waived));
	for (size_t i = 0; i < v->n; i++)
		append(checks, one_result(&v->results[i]));
	set(j, "checks", checks);
	set(j, "scenarios", all_scenarios(v));
	append(json->images, j);
}

void report_json_properties(struct report_json *json, const struct glance_properties *p)
{
	size_t n = json_array_size(json->images);
	json_t *properties = checked(json_array());

	for (size_t i = 0; i < p->n; i++) {
		const struct glance_property *from = &p->v[i];
		json_t *j = checked(json_object());

		set(j, "name", text(from->name));
		if (from->option)
			set(j, "option", text(from->option));
		set(j, "value", from->value ? text(from->value) : json_null());
		set(j, "reason", text(from->reason));
		append(properties, j);
	}
	set(json_array_get(json->images, n - 1), "glance", properties);
}

void report_json_failed(struct report_json *json, const char *path, const struct err *why)
{
	json_t *j = checked(json_object());

	set(j, "path", text(path));
	set(j, "conclusion", text("undetermined"));
	set(j, "error", text(why->text));
	append(json->images, j);
}

void report_json_lines(struct report_json *json, struct buf *out)
{
	json_t *image;
	size_t i;

	json_array_foreach(json->images, i, image)
	{
		json_t *j = checked(json_object());
		char *s;

		set(j, "schema", json_integer(SCHEMA_VERSION));
		set(j, "version", text(ARMVM_VERSION));
		if (json_object_update(j, image) < 0)
			abort();
		s = checked(json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER));
		buf_printf(out, "%s\n", s);
		free(s);
		json_decref(j);
	}
	json_array_clear(json->images);
}

void report_json_end(struct report_json *take_json, struct buf *out)
{
	char *s = checked(json_dumps(take_json->root, JSON_INDENT(2) | JSON_PRESERVE_ORDER));

	buf_puts(out, s);
	buf_puts(out, "\n");
	free(s);
	json_decref(take_json->images);
	json_decref(take_json->root);
	free(take_json);
}
