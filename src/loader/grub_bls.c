/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's blscfg: menu entries from files of the Boot Loader Specification. The
 * one of Fedora (module blscfg) takes a word, knows $blsdir, and looks in
 * /boot/loader/entries by itself when the first folder is not there; upstream's of 2.14
 * (module blsuki) takes options and does neither, and has `uki` for unified
 * kernel images beside it.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/bls.h"
#include "loader/grub_run.h"
#include "loader/loader.h"

#define ENTRIES "/loader/entries"
#define UKIS    "/EFI/Linux"

/* What the command was asked for. */
struct asked {
	const char *path; /* a folder or one file; NULL: the usual folder */
	enum bls_grub kind;
	bool fallback;         /* the usual folder when path has no entry */
	bool some;             /* not all entries: */
	bool standard, others; /* the default, those that are not */
	const char *entry;     /* that one */
};

/* "/a/" of "/a/vmlinuz", to which Fedora's adds what variables name. */
static int folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

/* The words of $early_initrd come before an entry's own initrds. */
static void add_early(struct grub_run *run, const struct bls_entry *e, struct text *text)
{
	const char *words = grub_env_get(run, "early_initrd");
	const char *beside = e->initrds.n ? e->initrds.v[0] : e->linux_path;

	while (words && *words) {
		size_t len = strcspn(words, " ");

		text_printf(text, " ($root)%.*s%.*s", folder_len(beside), beside, (int)len, words);
		words += len + (words[len] == ' ');
	}
}

/* What the entry's menu entry runs. Freed by the caller. */
static char *body_of(struct grub_run *run, const struct bls_entry *e, enum bls_grub kind)
{
	bool fedora = kind == BLS_GRUB_FEDORA;
	const char *tree = fedora ? grub_env_get(run, "devicetree") : NULL;
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(text_release) struct text initrds = TEXT_INIT;

	if (fedora)
		text_puts(&text, "insmod gzio\n");
	text_printf(&text, "linux ($root)%s %s\n", e->linux_path,
		e->given_options ? e->given_options
		: fedora         ? "$default_kernelopts"
				 : "");
	if (fedora)
		add_early(run, e, &initrds);
	for (size_t i = 0; i < e->initrds.n; i++)
		text_printf(&initrds, " ($root)%s", e->initrds.v[i]);
	if (initrds.len)
		text_printf(&text, "initrd%s\n", text_str(&initrds));
	if (e->devicetree)
		text_printf(&text, "devicetree ($root)%s\n", e->devicetree);
	else if (tree)
		text_printf(&text, "devicetree ($root)%.*s%s\n", folder_len(e->linux_path),
			e->linux_path, tree);
	return text_detach(&text);
}

/* grub_users may be a variable; without a value anybody may boot the entry. */
static bool is_restricted(const struct grub_run *run, const char *users)
{
	if (users && *users == '$')
		users = grub_env_get(run, users + 1);
	return users && *users;
}

/* What a menu has already blscfg does not add again. */
static bool has_item(const struct grub_menu *menu, const char *source)
{
	for (size_t i = 0; menu && i < menu->n; i++)
		if (strcmp(menu->v[i].source, source) == 0)
			return true;
	return false;
}

static void add_bls(
	struct grub_run *run, const struct bls_entry *entry, const char *folder, enum bls_grub kind)
{
	CLEANUP(xfree) char *source = xasprintf("%s/%s", folder, entry->file);
	CLEANUP(xfree) char *body = NULL;
	const struct grub_script *script;
	struct grub_item item = { 0 };
	size_t id_len = strlen(entry->id);

	if (!entry->linux_path || has_item(run->menu, source))
		return;
	run->out->truncated |= entry->truncated;
	body = body_of(run, entry, kind);
	script = grub_run_parse(run, body, strlen(body));
	if (!script)
		return;
	item.title = xstrdup(entry->title ? entry->title : entry->linux_path);
	item.id = xstrndup(entry->id, id_len > 5 ? id_len - 5 : id_len);
	item.restricted = is_restricted(run, entry->users);
	item.body = script->first;
	item.source = TAKE(source);
	grub_menu_add(run, &item);
}

static void read_bls(struct grub_run *run, const struct grub_file *dir, struct bls_list *list,
	enum bls_grub kind)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	if (volume_folder(dir->volume, dir->path, &names, NULL) != PRESENT) {
		run->out->uncertain = true;
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		CLEANUP(xfree) char *path = xasprintf("%s/%s", dir->path, names.v[i]);
		const char *dot = strrchr(names.v[i], '.');

		if (names.v[i][0] == '.' || !dot || strcmp(dot, ".conf") != 0)
			continue;
		if (volume_file(dir->volume, path, BLS_FILE_MAX, &text, NULL) == PRESENT)
			bls_grub_parse(list, names.v[i], buf_text(&text), text.len, kind);
		else
			run->out->uncertain = true;
	}
}

/* An option's word: "--path=DIR", "--path DIR", "-p DIR"; NULL: it is not this option. */
static const char *option_word(
	const char *name, const char *letter, size_t argc, char *const *argv, size_t *i)
{
	size_t len = strlen(name);
	const char *arg = argv[*i];

	if (strncmp(arg, name, len) == 0 && arg[len] == '=')
		return arg + len + 1;
	if (strcmp(arg, name) != 0 && strcmp(arg, letter) != 0)
		return NULL;
	return *i + 1 < argc ? argv[++*i] : "";
}

static bool is_option(const char *arg, const char *name, const char *letter)
{
	return strcmp(arg, name) == 0 || strcmp(arg, letter) == 0;
}

/* Upstream's options. Words without one are ignored there. */
static void ask_upstream(struct asked *a, size_t argc, char *const *argv)
{
	for (size_t i = 1; i < argc; i++) {
		const char *word = option_word("--path", "-p", argc, argv, &i);

		if (word) {
			a->path = word;
			continue;
		}
		word = option_word("--entry", "-e", argc, argv, &i);
		if (word)
			a->entry = word;
		a->fallback |= is_option(argv[i], "--enable-fallback", "-f");
		a->standard |= is_option(argv[i], "--show-default", "-d");
		a->others |= is_option(argv[i], "--show-non-default", "-n");
	}
	a->some = a->entry || a->standard || a->others;
}

static void ask_fedora(struct grub_run *run, struct asked *a, size_t argc, char *const *argv)
{
	if (argc == 2 && argv[1][0] == '(') {
		a->path = argv[1];
	} else if (argc == 2) {
		a->some = true;
		a->standard = strcmp(argv[1], "default") == 0;
		a->others = strcmp(argv[1], "non-default") == 0;
		if (!a->standard && !a->others)
			a->entry = argv[1];
	}
	if (!a->path)
		a->path = grub_env_get(run, "blsdir");
}

/* Whether it is the one of upstream; by its options where the modules do not show it. */
static bool is_upstream(const struct grub_run *run, size_t argc, char *const *argv)
{
	if (strlist_has(&run->modules.names, "blsuki"))
		return true;
	return !run->modules.names.n && argc > 1 && argv[1][0] == '-';
}

static bool is_id(const char *text, const char *id, const char *ending)
{
	size_t len = strlen(id), cut = strlen(ending);

	return strcmp(text, id) == 0 ||
	       (len > cut && strlen(text) == len - cut && strncmp(text, id, len - cut) == 0);
}

static bool is_wanted(struct grub_run *run, const struct asked *a, const struct bls_entry *e,
	size_t index, const char *ending)
{
	const char *text = grub_env_get(run, "default");
	char *end = NULL;
	unsigned long number = text ? strtoul(text, &end, 0) : 0;
	/* Fedora's takes what a text begins with for a number. */
	bool is_number = text && (a->kind == BLS_GRUB_FEDORA ? end != text : *text && !*end);
	bool standard = text && *text &&
			(is_id(text, e->id, ending) || (e->title && strcmp(text, e->title) == 0) ||
				(is_number && number == index));

	if (!a->some || (a->entry && is_id(a->entry, e->id, ending)))
		return true;
	return standard ? a->standard : a->others;
}

/* Looks the folder up and reads it; false: it is not there. */
static bool read_folder(struct grub_run *run, const char *path, struct bls_list *list,
	enum bls_grub kind,
	void (*read)(struct grub_run *run, const struct grub_file *dir, struct bls_list *list,
		enum bls_grub kind),
	char **folder)
{
	struct grub_file dir = { 0 };
	bool there;

	grub_file_find(run, path, &dir, NULL);
	there = dir.presence == PRESENT && dir.volume;
	if (there)
		read(run, &dir, list, kind);
	else if (dir.presence == PRESENCE_UNKNOWN)
		run->out->uncertain = true;
	free(*folder);
	*folder = grub_path(run, &dir);
	grub_file_release(&dir);
	return there;
}

/* One file instead of a folder; its folder is what stands before its name. */
static void read_one(struct grub_run *run, const char *path, struct bls_list *list,
	enum bls_grub kind, char **folder)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const char *name = strrchr(path, '/');
	struct grub_file file = { 0 };

	grub_file_find(run, path, &file, NULL);
	*folder = grub_path(run, &file);
	if (strrchr(*folder, '/'))
		*strrchr(*folder, '/') = '\0';
	if (file.presence == PRESENT && file.volume &&
		volume_file(file.volume, file.path, BLS_FILE_MAX, &text, NULL) == PRESENT)
		bls_grub_parse(list, name ? name + 1 : path, buf_text(&text), text.len, kind);
	else if (file.presence != ABSENT)
		run->out->uncertain = true;
	grub_file_release(&file);
}

void grub_blscfg(struct grub_run *run, size_t argc, char *const *argv)
{
	CLEANUP(bls_list_release) struct bls_list list = { 0 };
	CLEANUP(xfree) char *folder = NULL;
	bool upstream = is_upstream(run, argc, argv), there;
	struct asked a = { 0 };
	size_t len;

	a.kind = upstream ? BLS_GRUB_UPSTREAM : BLS_GRUB_FEDORA;
	if (upstream)
		ask_upstream(&a, argc, argv);
	else
		ask_fedora(run, &a, argc, argv);
	len = a.path ? strlen(a.path) : 0;
	if (len > 5 && strcmp(a.path + len - 5, ".conf") == 0) {
		read_one(run, a.path, &list, a.kind, &folder);
	} else {
		there = read_folder(
			run, a.path ? a.path : ENTRIES, &list, a.kind, read_bls, &folder);
		if (upstream && a.fallback && !list.n)
			read_folder(run, ENTRIES, &list, a.kind, read_bls, &folder);
		else if (!upstream && !there && !(argc == 2 && argv[1][0] == '('))
			read_folder(run, "/boot" ENTRIES, &list, a.kind, read_bls, &folder);
	}
	run->out->truncated |= list.truncated;
	bls_sort_grub(&list, a.kind);
	for (size_t i = 0; i < list.n; i++)
		if (is_wanted(run, &a, &list.v[i], i, ".conf"))
			add_bls(run, &list.v[i], folder, a.kind);
}

/* ---- uki ---- */

static void read_ukis(struct grub_run *run, const struct grub_file *dir, struct bls_list *list,
	enum bls_grub kind)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	(void)kind;
	if (volume_folder(dir->volume, dir->path, &names, NULL) != PRESENT) {
		run->out->uncertain = true;
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
		CLEANUP(xfree) char *path = xasprintf("%s/%s", dir->path, names.v[i]);
		const char *dot = strrchr(names.v[i], '.');
		struct err err = { 0 };

		if (!dot || strcmp(dot, ".efi") != 0)
			continue;
		if (loader_recognise_file(dir->volume, path, &facts, &err) < 0)
			run->out->uncertain |= err.code != EUCLEAN;
		/* Its title comes from .osrel, so one without is passed over. */
		else if (facts.kind == LOADER_UKI && facts.os_release)
			bls_add_uki(list, names.v[i], facts.os_release, NULL);
	}
}

void grub_uki(struct grub_run *run, size_t argc, char *const *argv)
{
	CLEANUP(bls_list_release) struct bls_list list = { 0 };
	CLEANUP(xfree) char *device = grub_device_name(run, run->start->device);
	CLEANUP(xfree) char *usual = xasprintf("(%s)" UKIS, device);
	CLEANUP(xfree) char *folder = NULL;
	struct asked a = { 0 };
	const char *path;

	a.kind = BLS_GRUB_UPSTREAM;
	ask_upstream(&a, argc, argv);
	path = a.path ? a.path : usual;
	read_folder(run, path, &list, a.kind, read_ukis, &folder);
	if (a.fallback && !list.n) {
		path = usual;
		read_folder(run, path, &list, a.kind, read_ukis, &folder);
	}
	run->out->truncated |= list.truncated;
	bls_sort_grub(&list, a.kind);
	for (size_t i = 0; i < list.n; i++) {
		const struct bls_entry *e = &list.v[i];
		CLEANUP(xfree) char *text = xasprintf("chainloader %s/%s\n", path, e->file);
		const struct grub_script *script;
		struct grub_item item = { 0 };

		if (!is_wanted(run, &a, e, i, ".efi"))
			continue;
		script = grub_run_parse(run, text, strlen(text));
		if (!script)
			continue;
		item.title = xstrdup(e->title ? e->title : e->id);
		item.id = xstrdup(e->id);
		item.body = script->first;
		item.source = xasprintf("%s/%s", path, e->file);
		grub_menu_add(run, &item);
	}
}
