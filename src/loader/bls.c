/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification type 1 entries and loader.conf: reading (BLS, "Type #1";
 * systemd-boot(7)). What versions differ in was seen of 247, 252, 257 and 262.
 */
#include "loader/bls.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

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

/* The line at *text, which moves behind its end. The caller frees it. */
static char *take_line(const char **text, const char *end)
{
	const char *start = *text, *eol = start;

	while (eol < end && *eol != '\n' && *eol != '\r')
		eol++;
	*text = eol < end ? eol + 1 : end;
	return xstrndup(start, (size_t)(eol - start));
}

/*
 * Calls fn for each "key value" line: comments and lines without a value left
 * out, blanks around the value and its quotes taken off.
 */
static void each_line(
	const char *text, size_t len, void (*fn)(void *, const char *, const char *), void *ctx)
{
	const char *end = text + len;

	while (text < end) {
		CLEANUP(xfree) char *line = take_line(&text, end);
		char *key = line + strspn(line, " \t");
		char *value = key + strcspn(key, " \t");
		size_t used;

		if (!*key || *key == '#' || !*value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		for (used = strlen(value); used && strchr(" \t", value[used - 1]); used--)
			value[used - 1] = '\0';
		if (used > 1 && value[0] == '"' && value[used - 1] == '"') {
			value[used - 1] = '\0';
			value++;
		}
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

struct bls_entry *bls_list_add(
	struct bls_list *list, const char *file, const struct bls_rules *rules)
{
	const char *dot = strrchr(file, '.');
	CLEANUP(xfree) char *stem = xstrndup(file, dot ? (size_t)(dot - file) : strlen(file));
	struct bls_entry *e;

	if (list->n >= BLS_ENTRIES_MAX) {
		list->truncated = true;
		return NULL;
	}
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	e = &list->v[list->n++];
	memset(e, 0, sizeof(*e));
	e->file = xstrdup(file);
	e->options = xstrdup("");
	read_counters(e, stem);
	e->id = !rules || !rules->bare_ids ? xstrdup(file)
					   : xasprintf("%s%s", stem, dot ? dot : "");
	return e;
}

void bls_add_initrd(struct bls_entry *entry, const char *path)
{
	entry->truncated |= entry->initrds.n >= INITRDS_MAX;
	if (!entry->truncated)
		strlist_add(&entry->initrds, path);
}

struct entry_reader {
	struct bls_entry *entry;
	const struct bls_rules *rules;
	const char *program; /* the key that said what is started */
};

/* The field that this key is; NULL: none. */
static char **field_of(struct bls_entry *e, const char *key, const struct bls_rules *rules)
{
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
		{ "uki", rules->uki_key ? &e->efi : NULL },
		{ "devicetree", &e->devicetree },
		{ "architecture", &e->architecture },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].key, key) == 0)
			return fields[i].field;
	return NULL;
}

/* Newer versions drop an entry that says in two ways what it starts; older ones take the last. */
static void keep_one_program(struct entry_reader *r, const char *key, char **field)
{
	struct bls_entry *e = r->entry;
	char **other = field == &e->efi ? &e->linux_path : &e->efi;

	if (field != &e->efi && field != &e->linux_path)
		return;
	e->is_bad = e->is_bad || (r->rules->uki_key && r->program && strcmp(r->program, key) != 0);
	r->program = field == &e->linux_path ? "linux" : *key == 'u' ? "uki" : "efi";
	free(*other);
	*other = NULL;
}

static void set_profile(struct bls_entry *e, const char *value)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	/* Of others systemd-boot warns. */
	if (isdigit((unsigned char)*value) && !*end && number <= UINT_MAX)
		e->profile = (unsigned)number;
}

static void entry_line(void *ctx, const char *key, const char *value)
{
	struct entry_reader *r = ctx;
	struct bls_entry *e = r->entry;
	char **field = field_of(e, key, r->rules);

	if (field) {
		set(field, value);
		keep_one_program(r, key, field);
	} else if (strcmp(key, "profile") == 0 && r->rules->profile_key) {
		set_profile(e, value);
	} else if (strcmp(key, "options") == 0) {
		append(&e->options, value);
	} else if (strcmp(key, "initrd") == 0) {
		bls_add_initrd(e, value);
	}
}

void bls_entry_parse(struct bls_list *list, const char *file, const char *text, size_t len,
	const struct bls_rules *rules)
{
	struct entry_reader r = { .entry = bls_list_add(list, file, rules), .rules = rules };

	if (r.entry)
		each_line(text, len, entry_line, &r);
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

/* The first of these that os-release text has; NULL: none. The caller frees it. */
static char *first_value(const char *text, const char *const names[])
{
	char *value = NULL;

	for (size_t i = 0; names[i] && !value; i++)
		value = os_value(text, names[i]);
	return value;
}

/* Names an entry after its profile, by what it calls itself or its number. */
static void name_profile(struct bls_entry *e, const char *text, const struct bls_rules *rules)
{
	CLEANUP(xfree) char *name = os_value(text, "ID");

	if (rules->lost_profiles && e->tries_left >= 0) {
		e->without_profile = xstrdup(e->file);
		return;
	}
	if (!name)
		name = xasprintf("%u", e->profile);
	e->without_profile = e->id;
	e->id = xasprintf("%s@%s", e->without_profile, name);
}

void bls_add_uki(struct bls_list *list, const char *file, const char *os_release,
	const struct bls_rules *rules)
{
	bls_add_profile(list, file, os_release, 0, NULL, rules);
}

void bls_add_profile(struct bls_list *list, const char *file, const char *os_release,
	unsigned number, const char *profile, const struct bls_rules *rules)
{
	static const char *const titles[] = { "PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL };
	static const char *const keys[] = { "IMAGE_ID", "ID", NULL };
	static const char *const versions[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID",
		"BUILD_ID", NULL };
	struct bls_entry *e = bls_list_add(list, file, rules);

	if (!e)
		return;
	e->is_uki = true;
	e->profile = number;
	if (number && rules)
		name_profile(e, profile, rules);
	e->efi = xasprintf("/EFI/Linux/%s", file);
	if (!os_release)
		return;
	e->title = first_value(os_release, titles);
	e->sort_key = first_value(os_release, keys);
	e->version = first_value(os_release, versions);
	if (!rules)
		return;
	e->is_bad = !e->title;
	if (rules->old_order) {
		CLEANUP(xfree) char *name = os_value(os_release, "PRETTY_NAME");
		CLEANUP(xfree) char *id = os_value(os_release, "ID");

		e->is_bad = !name || !id || !e->version;
	}
}

void bls_list_release(struct bls_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct bls_entry *e = &list->v[i];

		free(e->id);
		free(e->without_profile);
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
		free(e->given_options);
		free(e->users);
		strlist_release(&e->initrds);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

bool bls_entry_fits(const struct bls_entry *entry, const struct bls_rules *rules)
{
	const char *architecture = entry->architecture;

	if (entry->is_bad || (!entry->linux_path && !entry->efi))
		return false;
	return !architecture || strcmp(architecture, "aa64") == 0 ||
	       (!rules->matches_case && strcasecmp(architecture, "aa64") == 0);
}

/* ---- loader.conf ---- */

struct conf_reader {
	struct loader_conf *conf;
	const struct bls_rules *rules;
};

static void set_timeout(struct loader_conf *conf, const char *value, const struct bls_rules *rules)
{
	bool waits = strcmp(value, "menu-force") == 0 && rules->menu_force;

	/* Of others systemd-boot warns, and keeps what it had. */
	if (!isdigit((unsigned char)*value) && !waits && strcmp(value, "menu-hidden") != 0 &&
		strcmp(value, "menu-disabled") != 0)
		return;
	conf->waits = waits;
	conf->timeout = 0;
	conf->has_timeout = true;
	if (isdigit((unsigned char)*value)) {
		unsigned long seconds = strtoul(value, NULL, 10);

		conf->timeout = seconds > 86400 ? 86400 : (int)seconds;
	}
}

/* Of another word systemd-boot warns, and keeps what it had. */
static void set_bool(bool *value, const char *word)
{
	static const char *const words[] = { "0", "no", "n", "false", "f", "off", "1", "yes", "y",
		"true", "t", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			*value = i >= ARRAY_SIZE(words) / 2;
}

static void conf_line(void *ctx, const char *key, const char *value)
{
	struct conf_reader *r = ctx;
	struct loader_conf *conf = r->conf;

	/* Names of another kind are for versions to come; old ones knew none. */
	if (strcmp(key, "default") == 0 &&
		(*value != '@' || strcasecmp(value, "@saved") == 0 || r->rules->matches_case))
		set(&conf->default_pattern, value);
	else if (strcmp(key, "preferred") == 0 && r->rules->preferred)
		set(&conf->preferred, value);
	else if (strcmp(key, "timeout") == 0)
		set_timeout(conf, value, r->rules);
	else if (strcmp(key, "auto-entries") == 0)
		set_bool(&conf->own_loaders, value);
	else if (strcmp(key, "auto-firmware") == 0)
		set_bool(&conf->own_setup, value);
	else if (strcmp(key, "auto-poweroff") == 0 && r->rules->power_keys)
		set_bool(&conf->own_poweroff, value);
	else if (strcmp(key, "auto-reboot") == 0 && r->rules->power_keys)
		set_bool(&conf->own_reboot, value);
}

void loader_conf_parse(
	struct loader_conf *conf, const char *text, size_t len, const struct bls_rules *rules)
{
	struct conf_reader r = { .conf = conf, .rules = rules };

	*conf = (struct loader_conf){ .own_loaders = true, .own_setup = true };
	each_line(text, len, conf_line, &r);
}

void loader_conf_release(struct loader_conf *conf)
{
	free(conf->default_pattern);
	free(conf->preferred);
	memset(conf, 0, sizeof(*conf));
}
