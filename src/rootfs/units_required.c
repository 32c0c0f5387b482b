/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What units require. See units_required.h.
 */
#include "rootfs/units_required.h"

#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/mounts_target.h"

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

bool unit_has_line(const struct fstab *tab, const char *unit)
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

bool unit_is_missing(struct units *r, const struct fstab *tab, const char *unit)
{
	return !unit_has_line(tab, unit) && needs_file(unit) && !has_file(r, unit) &&
	       !may_be_generated(r, unit);
}

/* ---- what is required ---- */

struct taking {
	struct units *r;
	const char *unit;
	unit_required_fn *take;
	void *ctx;
};

/* The words behind a key at the begin of a line; a line that ends in a backslash goes on in the next. */
static void take_words(struct taking *t, const char *path, const char *text, const char *key)
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
				t->take(t->ctx, word, path);
	}
}

static void take_text(void *ctx, const char *path, const char *text)
{
	static const char *const keys[] = { "Requires", "BindsTo", "Requisite" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		take_words(ctx, path, text, keys[i]);
}

/* A link counts unless it is, or leads to, a mask itself; one that leads nowhere does. */
static void take_links(struct taking *t)
{
	for (size_t i = 0; i < UNIT_FOLDERS; i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
		CLEANUP(xfree) char *folder = xasprintf("%s/%s.requires", unit_folders[i], t->unit);

		units_list(t->r, folder, &dir);
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[n].name);
			CLEANUP(xfree)
			char *link = xasprintf("%s.requires/%s", t->unit, dir.v[n].name);

			if (unit_folder(t->r, i, link) == i && !unit_is_mask(t->r, path) &&
				strrchr(dir.v[n].name, '.'))
				t->take(t->ctx, dir.v[n].name, path);
		}
	}
}

void unit_each_required(struct units *r, const char *unit, unit_required_fn *take, void *ctx)
{
	struct taking t = { r, unit, take, ctx };
	size_t at = unit_folder(r, 0, unit);

	take_links(&t);
	if (at < UNIT_FOLDERS) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", unit_folders[at], unit);
		CLEANUP(text_release) struct text text = TEXT_INIT;

		units_read(r, path, &text);
		take_text(&t, path, text_str(&text));
	}
	unit_each_drop_in(r, unit, take_text, &t);
}
