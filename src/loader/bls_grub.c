/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the Boot Loader Specification as GRUB's two commands `blscfg` read and order them: Fedora's (2.12 of 2026),
 * and upstream's of 2.14. Both take the first line of a key where the specification joins several, and both end an entry
 * at its first empty line, and at a key without a value.
 */
#include <ctype.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "loader/bls.h"

/* ---- reading ---- */

/* The next line without carriage returns; NULL: there is none, or it is empty. The caller frees it. */
static char *next_line(const char **text, const char *end)
{
	CLEANUP(text_release) struct text line = TEXT_INIT;

	for (; *text < end && **text != '\n'; (*text)++)
		if (**text != '\r')
			text_add(&line, *text, 1);
	*text += *text < end;
	return line.len ? text_detach(&line) : NULL;
}

/* Cuts a line into its key and its value; NULL: it has no value. */
static char *cut(char *key, enum bls_grub kind)
{
	char *end = kind == BLS_GRUB_FEDORA ? strchr(key, ' ') : NULL;

	/* Fedora's looks for a blank in the whole line before it looks for a tab. */
	if (!end)
		end = key + strcspn(key, kind == BLS_GRUB_FEDORA ? "\t" : " \t");
	if (!*end || (kind == BLS_GRUB_FEDORA && !end[1]))
		return NULL;
	*end++ = '\0';
	end += strspn(end, " \t");
	return *end || kind == BLS_GRUB_FEDORA ? end : NULL;
}

static void keep(struct bls_entry *e, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **field;
	} fields[] = { { "title", &e->title }, { "linux", &e->linux_path },
		{ "options", &e->given_options }, { "devicetree", &e->devicetree },
		{ "grub_users", &e->users } };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].key, key) == 0 && !*fields[i].field)
			*fields[i].field = xstrdup(value);
	if (strcmp(key, "initrd") == 0)
		bls_add_initrd(e, value);
}

void bls_grub_parse(
	struct bls_list *list, const char *file, const char *text, size_t len, enum bls_grub kind)
{
	struct bls_entry *e = bls_list_add(list, file, NULL);
	const char *end = text + len;

	while (e) {
		CLEANUP(xfree) char *line = next_line(&text, end);
		char *key = line ? line + strspn(line, " \t") : NULL, *value;

		if (!key)
			break;
		if (*key == '#')
			continue;
		value = cut(key, kind);
		if (!value)
			break;
		keep(e, key, value);
	}
}

/* ---- order ---- */

/* Moves past digits that both begin with, and compares the numbers. */
static int compare_numbers(const char **a, const char **b)
{
	size_t la, lb;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	la = strspn(*a, "0123456789");
	lb = strspn(*b, "0123456789");
	order = la != lb ? (la < lb ? -1 : 1) : strncmp(*a, *b, la);
	*a += la;
	*b += lb;
	return order;
}

/* Whether one of both, at least, begins with a separator that counts; then *order says which is the newer one. */
static bool separated(const char **a, const char **b, int *order)
{
	const char mark = **a == '~' || **b == '~' ? '~' : '+';

	*order = 0;
	if (**a != mark && **b != mark)
		return false;
	if (mark == '+' && (!**a || !**b))
		*order = **a ? 1 : -1;
	else if (**a != mark || **b != mark)
		*order = **a != mark ? 1 : -1;
	(*a)++;
	(*b)++;
	return true;
}

/* As RPM does. */
static int compare_rpm(const char *a, const char *b)
{
	while (*a || *b) {
		int order;
		bool number;
		size_t la = 0, lb = 0;

		while (*a && !isalnum((unsigned char)*a) && !strchr("~+", *a))
			a++;
		while (*b && !isalnum((unsigned char)*b) && !strchr("~+", *b))
			b++;
		if (separated(&a, &b, &order)) {
			if (order)
				return order;
			continue;
		}
		if (!*a || !*b)
			break;
		number = isdigit((unsigned char)*a);
		if (number != (isdigit((unsigned char)*b) != 0))
			return number ? 1 : -1;
		if (number) {
			order = compare_numbers(&a, &b);
		} else {
			while (isalpha((unsigned char)a[la]))
				la++;
			while (isalpha((unsigned char)b[lb]))
				lb++;
			order = strncmp(a, b, la < lb ? la : lb);
			if (!order && la != lb)
				order = la < lb ? -1 : 1;
			a += la;
			b += lb;
		}
		if (order)
			return order < 0 ? -1 : 1;
	}
	return !*a && !*b ? 0 : *a ? 1 : -1;
}

/* A file's name as a package's: name, version, release. */
struct package {
	char *name;
	const char *version, *release;
};

static size_t id_len(const char *file)
{
	return strlen(file) - (ends_with(file, ".conf") ? strlen(".conf") : 0);
}

static void split(struct package *p, const struct bls_entry *e)
{
	char *release, *version;

	p->name = xstrndup(e->file, id_len(e->file));
	release = strrchr(p->name, '-');
	if (release)
		*release++ = '\0';
	version = strrchr(p->name, '-');
	if (version)
		*version++ = '\0';
	p->version = version ? version : release ? release : "";
	p->release = version && release ? release : "";
}

static int compare_fedora(const struct bls_entry *a, const struct bls_entry *b)
{
	struct package x, y;
	int order;

	split(&x, a);
	split(&y, b);
	order = compare_rpm(x.name, y.name);
	if (!order)
		order = compare_rpm(x.version, y.version);
	if (!order)
		order = compare_rpm(x.release, y.release);
	free(x.name);
	free(y.name);
	return order;
}

static int rank(char c)
{
	if (!c || isdigit((unsigned char)c))
		return 0;
	if (isalpha((unsigned char)c))
		return (unsigned char)c;
	return c == '~' ? -1 : (unsigned char)c + 256;
}

/* As Debian does. */
static int compare_names(const char *a, const char *b)
{
	while (*a || *b) {
		int order;

		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			if (rank(*a) != rank(*b))
				return rank(*a) < rank(*b) ? -1 : 1;
			a += *a != '\0';
			b += *b != '\0';
		}
		order = compare_numbers(&a, &b);
		if (order)
			return order;
	}
	return 0;
}

/* Where the endings of a name begin, such as ".conf" and ".tar.gz". */
static size_t stem_len(const char *name)
{
	size_t len = strlen(name), stem = len;

	for (size_t i = len; i-- > 0;) {
		if (name[i] == '.' && i + 1 < len &&
			(isalpha((unsigned char)name[i + 1]) || name[i + 1] == '~'))
			stem = i;
		else if (!isalnum((unsigned char)name[i]) && name[i] != '~')
			break;
	}
	return stem;
}

/* gnulib's filevercmp() */
static int compare_upstream(const struct bls_entry *a, const struct bls_entry *b)
{
	CLEANUP(xfree) char *x = xstrndup(a->file, stem_len(a->file));
	CLEANUP(xfree) char *y = xstrndup(b->file, stem_len(b->file));
	int order = compare_names(x, y);

	if (!order)
		order = compare_names(a->file, b->file);
	return order ? order : strcmp(a->file, b->file);
}

static int newest_fedora(const void *x, const void *y)
{
	const struct bls_entry *a = x, *b = y;
	int order = -compare_fedora(a, b);

	return order ? order : strcmp(a->file, b->file);
}

static int newest_upstream(const void *x, const void *y)
{
	return -compare_upstream(x, y);
}

void bls_sort_grub(struct bls_list *list, enum bls_grub kind)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v),
			kind == BLS_GRUB_FEDORA ? newest_fedora : newest_upstream);
}
