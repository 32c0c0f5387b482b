/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of boot entries, and which of them is the default (UAPI version format;
 * systemd-boot(7), loader.conf(5)).
 */
#include "loader/bls.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/glob.h"

static bool in_version(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("~-^.", c));
}

/* Compares the run of digits that both begin with, and moves past it. */
static int compare_digits(const char **a, const char **b)
{
	size_t la, lb;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	la = strspn(*a, "0123456789");
	lb = strspn(*b, "0123456789");
	if (la != lb)
		return la < lb ? -1 : 1;
	order = strncmp(*a, *b, la);
	*a += la;
	*b += lb;
	return order;
}

static int compare_letters(const char **a, const char **b)
{
	size_t la = 0, lb = 0;
	int order;

	while (isalpha((unsigned char)(*a)[la]))
		la++;
	while (isalpha((unsigned char)(*b)[lb]))
		lb++;
	order = strncmp(*a, *b, la < lb ? la : lb);
	if (!order && la != lb)
		order = la < lb ? -1 : 1;
	*a += la;
	*b += lb;
	return order;
}

/* A separator that only one side has decides: '~' before anything, then '-', '^', '.'. */
static int compare_separators(const char **a, const char **b, bool *decided)
{
	static const char separators[] = "~\0-^.";

	*decided = true;
	for (size_t i = 0; i < sizeof(separators) - 1; i++) {
		char s = separators[i];

		if (!s) { /* the end of a version comes after '~' and before the others */
			if (!**a || !**b)
				return !**a && !**b ? 0 : !**a ? -1 : 1;
		} else if (**a == s || **b == s) {
			if (**a != **b)
				return **a == s ? -1 : 1;
			(*a)++;
			(*b)++;
			*decided = false;
			return 0;
		}
	}
	*decided = false;
	return 0;
}

int bls_version_compare(const char *a, const char *b)
{
	for (;;) {
		bool decided;
		int order;

		while (*a && !in_version(*a))
			a++;
		while (*b && !in_version(*b))
			b++;
		order = compare_separators(&a, &b, &decided);
		if (decided || order)
			return order;
		if (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
			if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b))
				return isdigit((unsigned char)*a) ? 1 : -1;
			order = compare_digits(&a, &b);
		} else {
			order = compare_letters(&a, &b);
		}
		if (order)
			return order;
	}
}

/* ---- versions before that format ---- */

static unsigned rank(char c)
{
	if (!c || isdigit((unsigned char)c))
		return 0;
	return (unsigned char)c + (c >= 'a' && c <= 'z' ? 0u : 0x10000u);
}

/* Numbers in a text count as numbers, small letters before other characters. */
static int compare_old(const char *a, const char *b)
{
	const char *all_a = a, *all_b = b;

	while (*a || *b) {
		int order;

		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			if (rank(*a) != rank(*b))
				return rank(*a) < rank(*b) ? -1 : 1;
			a++;
			b++;
		}
		order = compare_digits(&a, &b);
		if (order)
			return order;
	}
	return strcmp(all_a, all_b);
}

/* ---- order ---- */

static const char *text(const char *s)
{
	return s ? s : "";
}

static char *lowered(const char *s)
{
	char *out = xstrdup(s);

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

static int compare_ids(const struct bls_entry *a, const struct bls_entry *b)
{
	CLEANUP(xfree) char *x = lowered(a->without_profile ? a->without_profile : a->id);
	CLEANUP(xfree) char *y = lowered(b->without_profile ? b->without_profile : b->id);
	int order = -bls_version_compare(x, y);

	if (order || a->profile == b->profile)
		return order;
	return a->profile < b->profile ? -1 : 1;
}

static int compare_tries(const struct bls_entry *a, const struct bls_entry *b)
{
	if ((a->tries_left == 0) != (b->tries_left == 0))
		return a->tries_left == 0 ? 1 : -1;
	return 0;
}

static int compare_systemd(const void *x, const void *y)
{
	const struct bls_entry *a = x, *b = y;
	int order = compare_tries(a, b);

	if (order)
		return order;
	if (!a->sort_key != !b->sort_key)
		return a->sort_key ? -1 : 1;
	if (a->sort_key) {
		order = strcmp(a->sort_key, b->sort_key);
		if (!order)
			order = strcmp(text(a->machine_id), text(b->machine_id));
		if (!order)
			order = -bls_version_compare(text(a->version), text(b->version));
		if (order)
			return order;
	}
	order = compare_ids(a, b);
	if (!order && a->tries_left != b->tries_left)
		order = a->tries_left > b->tries_left ? -1 : 1;
	if (!order && a->tries_done != b->tries_done)
		order = a->tries_done < b->tries_done ? -1 : 1;
	return order ? order : strcmp(a->file, b->file);
}

static int compare_old_systemd(const void *x, const void *y)
{
	const struct bls_entry *a = x, *b = y;
	int order = compare_tries(a, b);

	if (!order)
		order = -compare_old(a->id, b->id);
	return order ? order : strcmp(a->file, b->file);
}

void bls_sort_systemd(struct bls_list *list, const struct bls_rules *rules)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v),
			rules->old_order ? compare_old_systemd : compare_systemd);
}

/* ---- the default ---- */

bool bls_matches(const char *pattern, const char *id, const struct bls_rules *rules)
{
	return glob_match(pattern, id,
		GLOB_NO_NEGATION | (rules->matches_case ? GLOB_NO_QUOTING : GLOB_FOLD));
}

static const struct bls_entry *match(const struct bls_list *list, const char *pattern,
	const struct bls_rules *rules, bool with_tries)
{
	for (size_t i = 0; pattern && i < list->n; i++)
		if (bls_matches(pattern, list->v[i].id, rules) &&
			(!with_tries || list->v[i].tries_left != 0))
			return &list->v[i];
	return NULL;
}

const struct bls_entry *bls_default(const struct bls_list *list, const struct loader_conf *conf,
	const struct bls_rules *rules, const char **matched)
{
	const struct bls_entry *found = match(list, conf->preferred, rules, true);

	*matched = conf->preferred;
	if (!found) {
		found = match(list, conf->default_pattern, rules, false);
		*matched = found ? conf->default_pattern : NULL;
	}
	return found || !list->n ? found : list->v;
}

const struct bls_entry *bls_counted(const struct bls_list *list, const char *pattern)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct bls_entry *e = &list->v[i];
		const char *plus = strrchr(e->file, '+'), *dot = strrchr(e->file, '.');
		CLEANUP(xfree) char *bare = NULL;

		if (e->tries_left < 0 || !plus || !dot)
			continue;
		bare = xasprintf("%.*s%s", (int)(plus - e->file), e->file, dot);
		if (strcasecmp(bare, pattern) == 0 || strcasecmp(e->file, pattern) == 0)
			return e;
	}
	return NULL;
}
