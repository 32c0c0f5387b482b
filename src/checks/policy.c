/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that waive checks or raise their severity. See policy.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/policy.h"

#define LINES_MAX 10000
#define TEXT_MAX  (1024u * 1024)

static struct policy_rule *new_rule(struct policy *p)
{
	p->rules = xreallocarray(p->rules, p->n + 1, sizeof(*p->rules));
	p->rules[p->n] = (struct policy_rule){ 0 };
	return &p->rules[p->n++];
}

int policy_add(struct policy *p, bool raise, const char *check, const char *reason,
	const char *source, struct err *err)
{
	struct policy_rule *r;

	if (!check_matches_any(check)) {
		err_set(err, EINVAL, "%s: %s: no check has this id", source, check);
		return err_hint(err, "armvm-image explain lists them");
	}
	r = new_rule(p);
	r->raise = raise;
	r->check = xstrdup(check);
	r->reason = xstrdup(reason);
	r->source = xstrdup(source);
	return 0;
}

/* ---- files ---- */

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t");
}

/* "[cloud-*.qcow2]": what follows is about these images. */
static int read_section(char *line, char **image, const char *where, struct err *err)
{
	size_t len = strlen(line);

	if (len < 3 || line[len - 1] != ']')
		return err_set(err, EINVAL, "%s: not [PATTERN]: %s", where, line);
	line[len - 1] = '\0';
	free(*image);
	*image = xstrdup(trim(line + 1));
	return 0;
}

/* "ignore esp.variable-store: the pipeline wipes it" */
static int read_rule(
	struct policy *p, char *line, const char *image, const char *where, struct err *err)
{
	char *word = strtok(line, " \t"), *rest = strtok(NULL, ""), *colon;
	bool raise = word && strcmp(word, "raise") == 0;
	int ret;

	if (!word || (!raise && strcmp(word, "ignore") != 0))
		return err_set(err, EINVAL, "%s: not ignore, raise or [PATTERN]: %s", where,
			word ? word : "");
	colon = rest ? strchr(rest, ':') : NULL;
	if (!colon || !*trim(colon + 1)) {
		err_set(err, EINVAL, "%s: a reason is missing", where);
		return err_hint(err, "write it behind a colon: %s CHECK: REASON", word);
	}
	*colon = '\0';
	ret = policy_add(p, raise, trim(rest), trim(colon + 1), where, err);
	if (ret == 0 && image)
		p->rules[p->n - 1].image = xstrdup(image);
	return ret;
}

static int read_line(struct policy *p, char *line, char **image, const char *where, struct err *err)
{
	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	if (*line == '[')
		return read_section(line, image, where, err);
	return read_rule(p, line, *image, where, err);
}

/* The whole file; what is no text, or too much of it, is none of ours. */
static int read_text(const char *path, struct text *text, struct err *err)
{
	FILE *file = fopen(path, "re");
	char block[4096];
	size_t n;
	int ret = 0;

	if (!file)
		return err_sys(err, "%s", path);
	while (ret == 0 && (n = fread(block, 1, sizeof(block), file)) > 0) {
		if (memchr(block, 0, n))
			ret = err_set(err, EINVAL, "%s: it is no text: there is a NUL byte", path);
		else if (text->len + n > TEXT_MAX)
			ret = err_set(err, EFBIG, "%s: more than %u KiB", path, TEXT_MAX / 1024);
		else
			text_add(text, block, n);
	}
	if (ret == 0 && ferror(file))
		ret = err_sys(err, "%s", path);
	fclose(file);
	return ret;
}

int policy_read(struct policy *p, const char *path, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *all = NULL;
	char *rest, *line, *image = NULL;
	int ret = read_text(path, &text, err);

	if (ret < 0)
		return ret;
	rest = all = xstrdup(text_str(&text));
	for (unsigned n = 1; ret == 0 && (line = strsep(&rest, "\n")); n++) {
		CLEANUP(xfree) char *where = xasprintf("%s:%u", path, n);

		ret = n > LINES_MAX ? err_set(err, EFBIG, "%s: too many lines", path)
				    : read_line(p, line, &image, where, err);
	}
	free(image);
	return ret;
}

/* ---- application ---- */

static bool concerns(const struct policy_rule *r, const char *path, const struct check *check)
{
	const char *slash = strrchr(path, '/');

	if (r->image && fnmatch(r->image, slash ? slash + 1 : path, 0) != 0)
		return false;
	return check_matches(r->check, check);
}

static void apply(const struct policy_rule *r, struct check_result *result)
{
	bool unread = result->unmet && result->outcome == OUTCOME_INCONCLUSIVE;

	if (r->raise) {
		result->severity = SEV_ERROR;
	} else if (!unread && (result->outcome == OUTCOME_FINDING ||
				      result->outcome == OUTCOME_INCONCLUSIVE)) {
		free(result->waived);
		result->waived = xasprintf("%s (%s)", r->reason, r->source);
	}
}

/* The first rule that matches decides; NULL: none does. */
static const struct policy_rule *rule_for(
	const struct policy *p, const char *path, const struct check *check)
{
	for (size_t i = 0; i < p->n; i++)
		if (concerns(&p->rules[i], path, check))
			return &p->rules[i];
	return NULL;
}

/*
 * What is found of another start is waived with the checks that found it, if that is all: each finding is of one that is
 * waived, and nothing was left open.
 */
static void apply_to_starts(const struct policy *p, const char *path, struct check_result *result)
{
	const struct policy_rule *first = NULL;

	if (result->outcome != OUTCOME_FINDING || result->dropped || result->reason)
		return;
	for (size_t i = 0; i < result->n; i++) {
		const struct check *of = result->findings[i].of;
		const struct policy_rule *r = of ? rule_for(p, path, of) : NULL;

		if (!r || r->raise)
			return;
		first = first ? first : r;
	}
	if (first)
		apply(first, result);
}

void policy_apply(const struct policy *p, const char *path, struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct policy_rule *r = rule_for(p, path, v->results[i].check);

		if (r)
			apply(r, &v->results[i]);
		else
			apply_to_starts(p, path, &v->results[i]);
	}
	verdict_conclude(v);
}

void policy_release(struct policy *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->rules[i].check);
		free(p->rules[i].image);
		free(p->rules[i].reason);
		free(p->rules[i].source);
	}
	free(p->rules);
	*p = (struct policy){ 0 };
}
