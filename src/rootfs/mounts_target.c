/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What local-fs.target requires in vain. See mounts_target.h. What a unit requires and systemd cannot load ends the search
 * for what else it needs, whether it is masked or missing (transaction_add_job_and_dependencies(), 252 and 257).
 */
#include "rootfs/mounts_target.h"

#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"

#define TARGET "local-fs.target"

/* ---- whether there may be such a unit ---- */

/* Those of kinds that need no file, or that are there before any is read. */
static bool needs_file(const char *unit)
{
	static const char *const kinds[] = { ".mount", ".automount", ".swap", ".service", ".socket",
		".target", ".path", ".timer" };
	static const char *const early[] = { "-.mount", "usr.mount", "proc.mount", "sys.mount",
		"dev.mount", "run.mount" };
	static const char *const below[] = { "proc-", "sys-", "dev-", "run-" };
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		known |= ends_with(unit, kinds[i]);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		known &= strcmp(unit, early[i]) != 0;
	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		known &= strncmp(unit, below[i], strlen(below[i])) != 0;
	/* systemd's own generators make services from other files. */
	return known && strncmp(unit, "systemd-", 8) != 0 && !strchr(unit, '%');
}

static bool has_file(struct units *r, const char *unit)
{
	const char *at = strchr(unit, '@'), *type = strrchr(unit, '.');
	CLEANUP(xfree)
	char *template = at ? xasprintf("%.*s@%s", (int)(at - unit), unit, type) : NULL;
	CLEANUP(xfree)
	char *script = xasprintf("/etc/init.d/%.*s", (int)(type - unit), unit);

	return unit_folder(r, 0, unit) < UNIT_FOLDERS ||
	       (template && unit_folder(r, 0, template) < UNIT_FOLDERS) ||
	       (strcmp(type, ".service") == 0 && units_there(r, script));
}

static bool has_line(const struct fstab *tab, const char *unit)
{
	for (size_t i = 0; i < tab->n; i++) {
		CLEANUP(xfree) char *mount = mounts_unit(&tab->v[i]);
		CLEANUP(xfree) char *on_demand = unit_name(tab->v[i].file, ".automount");

		if (strcmp(mount, unit) == 0 || strcmp(on_demand, unit) == 0)
			return true;
	}
	return false;
}

/* Generators that make what is not followed here: of other packages, and for partitions by their types. */
static bool may_be_generated(struct units *r, const char *unit)
{
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd",
		"/usr/local/lib/systemd", "/etc/systemd" };
	static const char *const harmless[] = { "systemd-", "cloud-init-generator" };
	static const char *const typed[] = { "home.", "srv.", "var.", "tmp.", "var-tmp.", "boot.",
		"efi." };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
		CLEANUP(xfree) char *folder = xasprintf("%s/system-generators", places[i]);

		units_list(r, folder, &dir);
		for (size_t n = 0; n < dir.n; n++) {
			bool known = false;

			for (size_t k = 0; k < ARRAY_SIZE(harmless); k++)
				known |= strncmp(dir.v[n].name, harmless[k], strlen(harmless[k])) ==
					 0;
			if (!known)
				return true;
		}
	}
	if (!mounts_gpt_auto(r))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++)
		if (strncmp(unit, typed[i], strlen(typed[i])) == 0)
			return true;
	return ends_with(unit, ".swap");
}

/* ---- what is required ---- */

struct target {
	struct units *r;
	struct fstab *tab;
};

static void judge(struct target *t, const char *unit, const char *place)
{
	bool line = has_line(t->tab, unit);
	const char *why = NULL;

	/* What is made of fstab stands before a vendor's mask. */
	if (unit_is_masked(t->r, line ? UNIT_ADMIN : 0, unit))
		why = "is masked";
	else if (!line && needs_file(unit) && !has_file(t->r, unit) &&
		 !may_be_generated(t->r, unit))
		why = "is missing";
	if (why)
		mounts_refuse(t->tab, unit, why, xstrdup(place))->by_line = false;
}

/* The words behind a key at the begin of a line; a line that ends in a backslash goes on in the next. */
static void take_words(struct target *t, const char *path, const char *text, const char *key)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(text) + 1);

	while (*text) {
		const char *at;
		CLEANUP(xfree) char *line = NULL;
		size_t len = 0;

		while (text[len] && (text[len] != '\n' || (len && text[len - 1] == '\\')))
			len++;
		line = xstrndup(text, len);
		for (char *p = line; *p; p++)
			*p = *p == '\\' && (p[1] == '\n' || !p[1]) ? ' ' : *p;
		at = line + strspn(line, " \t");
		text += len + (text[len] == '\n');
		if (strncmp(at, key, strlen(key)) != 0)
			continue;
		at += strlen(key);
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		while ((at = units_next_word(at, word)))
			if (strrchr(word, '.'))
				judge(t, word, path);
	}
}

static void take_text(void *ctx, const char *path, const char *text)
{
	static const char *const keys[] = { "Requires", "BindsTo", "Requisite" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		take_words(ctx, path, text, keys[i]);
}

/* A link counts unless it is, or leads to, a mask itself; one that leads nowhere does. */
static void take_links(struct target *t)
{
	for (size_t i = 0; i < UNIT_FOLDERS; i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
		CLEANUP(xfree) char *folder = xasprintf("%s/" TARGET ".requires", unit_folders[i]);

		units_list(t->r, folder, &dir);
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[n].name);
			CLEANUP(xfree) char *link = xasprintf(TARGET ".requires/%s", dir.v[n].name);

			if (unit_folder(t->r, i, link) == i && !unit_is_mask(t->r, path) &&
				strrchr(dir.v[n].name, '.'))
				judge(t, dir.v[n].name, path);
		}
	}
}

void mounts_refuse_required(struct units *r, struct fstab *tab)
{
	struct target t = { r, tab };
	size_t at = unit_folder(r, 0, TARGET);

	take_links(&t);
	if (at < UNIT_FOLDERS) {
		CLEANUP(xfree) char *path = xasprintf("%s/" TARGET, unit_folders[at]);
		CLEANUP(text_release) struct text text = TEXT_INIT;

		units_read(r, path, &text);
		take_text(&t, path, text_str(&text));
	}
	unit_each_drop_in(r, TARGET, take_text, &t);
}
