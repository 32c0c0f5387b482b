/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values. See json_values.h.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "report/json_values.h"
#include "report/report.h"

json_t *json_checked(json_t *p)
{
	if (!p)
		abort();
	return p;
}

json_t *json_text(const char *s)
{
	json_t *j = json_string(s);
	char *ascii;

	if (j)
		return j;
	ascii = xstrdup(s);
	for (char *p = ascii; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	j = json_checked(json_string(ascii));
	free(ascii);
	return j;
}

void json_put(json_t *object, const char *key, json_t *take_value)
{
	if (json_object_set_new(object, key, take_value) < 0)
		abort();
}

void json_push(json_t *array, json_t *take_value)
{
	if (json_array_append_new(array, take_value) < 0)
		abort();
}

json_t *json_safe(const char *s)
{
	struct text safe CLEANUP(text_release) = TEXT_INIT;

	report_safe(&safe, s);
	return json_text(text_str(&safe));
}

void json_write(json_t *take_root, struct text *out)
{
	char *s = json_dumps(take_root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	if (!s)
		abort();
	text_printf(out, "%s\n", s);
	free(s);
	json_decref(take_root);
}
