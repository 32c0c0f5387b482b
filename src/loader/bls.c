/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification type 1 entries and loader.conf: reading, ordering
 * and the default (BLS, "Type #1"; UAPI version format; systemd-boot(7)).
 */
#include "loader/bls.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/glob.h"

#define INITRDS_MAX 32

static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void append(char **field, const char *value)
{
	char *joined = **field ? xasprintf("%s %s", *field, value) : xstrdup(value);

	free(*field);
	*field = joined;
}

/*
 * Calls fn for each "key value" line: comments and lines without a value left
 * out, blanks around the value taken off.
 */
static void each_line(
	const char *text, size_t len, void (*fn)(void *, const char *, const char *), void *ctx)
{
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		CLEANUP(xfree)
		char *line = xstrndup(text, (size_t)((eol ? eol : end) - text));
		char *key = line + strspn(line, " \t\r");
		char *value = key + strcspn(key, " \t\r");
		size_t used;

		text = eol ? eol + 1 : end;
		if (!*key || *key == '#' || !*value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t\r");
		for (used = strlen(value); used && strchr(" \t\r", value[used - 1]); used--)
			value[used - 1] = '\0';
		if (*value)
			fn(ctx, key, value);
	}
}

/* Takes "+LEFT" or "+LEFT-DONE" off the end of a name without its suffix. */
static void read_counters(struct bls_entry *e, char *stem)
{
	char *plus = strrchr(stem, '+'), *p = plus;
	long left, done = 0;

	e->tries_left = -1;
	if (!plus || !isdigit((unsigned char)plus[1]))
		return;
	left = strtol(plus + 1, &p, 10);
	if (*p == '-' && isdigit((unsigned char)p[1]))
		done = strtol(p + 1, &p, 10);
	if (*p || left > 1000000 || done > 1000000)
		return;
	*plus = '\0';
	e->tries_left = (int)left;
	e->tries_done = (int)done;
}

static struct bls_entry *list_add(struct bls_list *list, const char *file)
{
	const char *dot = strrchr(file, '.');
	CLEANUP(xfree) char *stem = xstrndup(file, dot ? (size_t)(dot - file) : strlen(file));
	struct bls_entry *e;

	if (list->n >= BLS_ENTRIES_MAX)
		return NULL;
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	e = &list->v[list->n++];
	memset(e, 0, sizeof(*e));
	e->file = xstrdup(file);
	e->options = xstrdup("");
	read_counters(e, stem);
	e->id = xasprintf("%s%s", stem, dot ? dot : "");
	return e;
}

static void entry_line(void *ctx, const char *key, const char *value)
{
	struct bls_entry *e = ctx;
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{ "title", &e->title },
		{ "version", &e->version },
		{ "machine-id", &e->machine_id },
		{ "sort-key", &e->sort_key },
		{ "linux", &e->linux_path },
		{ "efi", &e->efi },
		{ "devicetree", &e->devicetree },
		{ "architecture", &e->architecture },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].key, key) == 0)
			set(fields[i].field, value);
	if (strcmp(key, "options") == 0)
		append(&e->options, value);
	else if (strcmp(key, "initrd") == 0 && e->initrds.n < INITRDS_MAX)
		strlist_add(&e->initrds, value);
}

void bls_entry_parse(struct bls_list *list, const char *file, const char *text, size_t len)
{
	struct bls_entry *e = list_add(list, file);

	if (e)
		each_line(text, len, entry_line, e);
}

/* One NAME=value of os-release text, quotes taken off; the caller frees it. */
static char *os_value(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		const char *value = p + len + 1, *end;

		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		if (*value == '"' || *value == '\'') {
			end = strchr(value + 1, *value);
			value++;
		} else {
			end = value + strcspn(value, "\r\n");
		}
		return xstrndup(value, end ? (size_t)(end - value) : strcspn(value, "\r\n"));
	}
	return NULL;
}

void bls_add_uki(struct bls_list *list, const char *file, const char *os_release)
{
	struct bls_entry *e = list_add(list, file);

	if (!e)
		return;
	e->is_uki = true;
	e->efi = xasprintf("/EFI/Linux/%s", file);
	if (!os_release)
		return;
	e->title = os_value(os_release, "PRETTY_NAME");
	e->sort_key = os_value(os_release, "IMAGE_ID");
	if (!e->sort_key)
		e->sort_key = os_value(os_release, "ID");
	e->version = os_value(os_release, "IMAGE_VERSION");
	if (!e->version)
		e->version = os_value(os_release, "VERSION");
	if (!e->version)
		e->version = os_value(os_release, "VERSION_ID");
}

void bls_list_release(struct bls_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct bls_entry *e = &list->v[i];

		free(e->id);
		free(e->file);
		free(e->title);
		free(e->version);
		free(e->machine_id);
		free(e->sort_key);
		free(e->linux_path);
		free(e->efi);
		free(e->devicetree);
		free(e->architecture);
		free(e->options);
		strlist_release(&e->initrds);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

bool bls_entry_fits(const struct bls_entry *entry)
{
	return !entry->architecture || strcasecmp(entry->architecture, "aa64") == 0;
}

/* ---- order ---- */

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

static const char *text(const char *s)
{
	return s ? s : "";
}

static int compare_systemd(const void *x, const void *y)
{
	const struct bls_entry *a = x, *b = y;
	int order;

	if ((a->tries_left == 0) != (b->tries_left == 0))
		return a->tries_left == 0 ? 1 : -1;
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
	order = -bls_version_compare(a->id, b->id);
	if (!order && a->tries_left != b->tries_left)
		order = a->tries_left > b->tries_left ? -1 : 1;
	return order ? order : strcmp(a->file, b->file);
}

static int compare_grub(const void *x, const void *y)
{
	const struct bls_entry *a = x, *b = y;
	int order = -bls_version_compare(a->id, b->id);

	return order ? order : strcmp(a->file, b->file);
}

void bls_sort_systemd(struct bls_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_systemd);
}

void bls_sort_grub(struct bls_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_grub);
}

/* ---- loader.conf ---- */

static void conf_line(void *ctx, const char *key, const char *value)
{
	struct loader_conf *conf = ctx;

	if (strcmp(key, "default") == 0) {
		set(&conf->default_pattern, value);
	} else if (strcmp(key, "preferred") == 0) {
		set(&conf->preferred, value);
	} else if (strcmp(key, "timeout") == 0) {
		conf->waits = strcmp(value, "menu-force") == 0;
		conf->timeout = 0;
		if (isdigit((unsigned char)*value)) {
			unsigned long seconds = strtoul(value, NULL, 10);

			conf->timeout = seconds > 86400 ? 86400 : (int)seconds;
		} else if (!conf->waits && strcmp(value, "menu-hidden") != 0 &&
			   strcmp(value, "menu-disabled") != 0) {
			return; /* systemd-boot warns and keeps what it had */
		}
		conf->has_timeout = true;
	}
}

void loader_conf_parse(struct loader_conf *conf, const char *text_in, size_t len)
{
	memset(conf, 0, sizeof(*conf));
	each_line(text_in, len, conf_line, conf);
}

void loader_conf_release(struct loader_conf *conf)
{
	free(conf->default_pattern);
	free(conf->preferred);
	memset(conf, 0, sizeof(*conf));
}

static const struct bls_entry *match(const struct bls_list *list, const char *pattern)
{
	for (size_t i = 0; pattern && i < list->n; i++)
		if (glob_match(pattern, list->v[i].id, true))
			return &list->v[i];
	return NULL;
}

const struct bls_entry *bls_default(
	const struct bls_list *list, const struct loader_conf *conf, bool *matched)
{
	const struct bls_entry *found = match(list, conf->preferred);

	if (!found)
		found = match(list, conf->default_pattern);
	*matched = found != NULL;
	return found || !list->n ? found : list->v;
}
