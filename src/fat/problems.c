/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of problems: bounded, each kind counted beyond the bound.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "fat/internal.h"

/* A damaged volume must not spend the whole list on one kind. */
#define KEPT_PER_CODE 8

static const char *const names[FAT_PROBLEM_COUNT] = {
#define NAME(code, name) [code] = name,
	FAT_PROBLEMS(NAME)
#undef NAME
};

const char *fat_problem_name(enum fat_problem_code code)
{
	return names[code];
}

const struct fat_problem *fat_problems_find(
	const struct fat_problems *p, enum fat_problem_code code)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].code == code)
			return &p->v[i];
	return NULL;
}

void fat_problems_add(struct fat_problems *p, enum fat_problem_code code, const char *path,
	uint32_t cluster, const char *fmt, ...)
{
	struct fat_problem *problem;
	char text[512];
	va_list ap;

	if (p->count[code]++ >= KEPT_PER_CODE || p->n == FAT_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	problem = &p->v[p->n++];
	problem->code = code;
	problem->path = path ? xstrdup(path) : NULL;
	problem->cluster = cluster;
	problem->text = xstrdup(text);
}

void fat_problems_release(struct fat_problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].path);
		free(p->v[i].text);
	}
	free(p->v);
	memset(p, 0, sizeof(*p));
}
