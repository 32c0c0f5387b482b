/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building JSON, where running out of memory aborts. Private to report/.
 */
#ifndef ARMVM_REPORT_JSON_VALUES_H
#define ARMVM_REPORT_JSON_VALUES_H

#include <jansson.h>

#include "base/buf.h"

/* A new value that could not but be made. */
json_t *json_checked(json_t *p);
/* Text from an image need not be UTF-8, which JSON must be. */
json_t *json_text(const char *s);
void json_put(json_t *object, const char *key, json_t *take_value);
void json_push(json_t *array, json_t *take_value);

/* The text made safe by report_safe(). */
json_t *json_safe(const char *s);
/* Appends the document to out and gives it back. */
void json_write(json_t *take_root, struct text *out);

struct report_json;
/* Adds one image's part to a report. */
void report_json_add(struct report_json *json, json_t *take_image);

#endif
