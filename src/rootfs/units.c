/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of systemd's units are loaded. See units.h.
 */
#include "rootfs/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"

#define TEXT_MAX ((size_t)64 * 1024)

const char *const unit_folders[UNIT_FOLDERS] = { "/lib/systemd/system", "/usr/lib/systemd/system",
	"/usr/local/lib/systemd/system", "/etc/systemd/system.attached", "/etc/systemd/system",
	"/etc/systemd/system.control" };

/* ---- reading ---- */

bool units_had(struct units *r, int ret, const struct err *why)
{
	if (ret == 0)
		return true;
	if (ret != -ENOENT && ret != -ENOTDIR && ret != -ELOOP && r->ret == 0) {
		r->ret = ret;
		if (r->err)
			*r->err = *why;
	}
	return false;
}

bool units_there(struct units *r, const char *path)
{
	struct rootfs_stat st;
	struct err why;

	return units_had(r, rootfs_lstat(r->root, path, &st, &why), &why);
}

bool units_exists(struct units *r, const char *path, struct rootfs_stat *st)
{
	struct err why;

	return units_had(r, rootfs_stat(r->root, path, st, &why), &why);
}

void units_list(struct units *r, const char *folder, struct rootfs_dir *dir)
{
	struct err why;

	units_had(r, rootfs_list(r->root, folder, dir, &why), &why);
}

void units_read(struct units *r, const char *path, struct text *text)
{
	struct rootfs_stat st;
	struct err why;

	if (units_exists(r, path, &st) && st.type == ROOTFS_FILE)
		units_had(r, rootfs_read_text(r->root, path, TEXT_MAX, text, &why), &why);
}

/* ---- the command line ---- */

const char *units_next_word(const char *at, char *word)
{
	bool quoted = false;

	at += strspn(at, " \t\n");
	if (!*at)
		return NULL;
	for (; *at && (quoted || !strchr(" \t\n", *at)); at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			*word++ = *at;
	}
	*word = '\0';
	return at;
}

/* ---- names of units ---- */

static void escape(struct text *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool plain = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
			     (s[i] >= '0' && s[i] <= '9') || strchr(":_", s[i]) ||
			     (s[i] == '.' && i);

		if (plain)
			text_add(out, &s[i], 1);
		else if (s[i] == '/')
			text_puts(out, "-");
		else
			text_printf(out, "\\x%02x", (unsigned char)s[i]);
	}
}

char *unit_name(const char *path, const char *ending)
{
	CLEANUP(text_release) struct text name = TEXT_INIT;

	size_t len;

	path += strspn(path, "/");
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	escape(&name, len ? path : "/", len ? len : 1);
	text_puts(&name, ending);
	return xstrdup(text_str(&name));
}

bool unit_is_masked_at_boot(const struct units *r, const char *unit)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	static const char key[] = "systemd.mask=";

	for (const char *p = r->cmdline; (p = units_next_word(p, word));) {
		const char *value = word + strlen(key);
		CLEANUP(xfree) char *name = NULL;

		if (strncmp(word, key, strlen(key)) != 0)
			continue;
		name = *value == '/' ? unit_name(value, ".mount") : xstrdup(value);
		if (strcmp(name, unit) == 0)
			return true;
	}
	return false;
}

bool unit_is_mask(struct units *r, const char *path)
{
	CLEANUP(xfree) char *target = NULL;
	struct rootfs_stat st;

	if (rootfs_readlink(r->root, path, &target, NULL) == 0 && strcmp(target, "/dev/null") == 0)
		return true;
	return units_exists(r, path, &st) && st.type == ROOTFS_FILE && st.size == 0;
}

size_t unit_folder(struct units *r, size_t from, const char *file)
{
	for (size_t i = UNIT_FOLDERS; i > from; i--) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", unit_folders[i - 1], file);

		if (units_there(r, path))
			return i - 1;
	}
	return UNIT_FOLDERS;
}

bool unit_is_wanted(struct units *r, const char *unit, const char *kind)
{
	for (size_t i = 0; i < UNIT_FOLDERS; i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		units_list(r, unit_folders[i], &dir);
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree) char *link = xasprintf("%s/%s", dir.v[n].name, unit);
			CLEANUP(xfree) char *path = xasprintf("%s/%s", unit_folders[i], link);

			if (ends_with(dir.v[n].name, kind) && units_there(r, path) &&
				unit_folder(r, i, link) == i && !unit_is_mask(r, path))
				return true;
		}
	}
	return false;
}

bool unit_is_hidden(struct units *r, size_t folder, const char *unit)
{
	return unit_folder(r, folder + 1, unit) < UNIT_FOLDERS ||
	       (folder < UNIT_CONTROL && unit_is_masked_at_boot(r, unit));
}

bool unit_is_masked(struct units *r, size_t from, const char *unit)
{
	size_t at = unit_folder(r, from, unit);
	CLEANUP(xfree)
	char *path = at < UNIT_FOLDERS ? xasprintf("%s/%s", unit_folders[at], unit) : NULL;

	return (at != UNIT_CONTROL && unit_is_masked_at_boot(r, unit)) ||
	       (path && unit_is_mask(r, path));
}

char *unit_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	char *value = NULL;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *at = p + strspn(p, " \t");
		size_t n;

		if (strncmp(at, key, len) != 0)
			continue;
		at += len;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t");
		n = strcspn(at, "\n");
		while (n && strchr(" \t\r", at[n - 1]))
			n--;
		free(value);
		value = xstrndup(at, n);
	}
	return value;
}

/* ---- drop-ins ---- */

/* Names of folders of drop-ins, the nearest first: "boot-efi.mount.d", "boot-.mount.d", "mount.d". */
static void drop_in_names(const char *unit, struct strlist *names)
{
	const char *type = strrchr(unit, '.');
	size_t len = type ? (size_t)(type - unit) : 0;

	if (!type)
		return;
	strlist_take(names, xasprintf("%s.d", unit));
	for (size_t n = len; n > 1; n--)
		if (unit[n - 1] == '-' && n < len)
			strlist_take(names, xasprintf("%.*s%s.d", (int)n, unit, type));
	strlist_take(names, xasprintf("%s.d", type + 1));
}

static void drop_in_folders(const char *unit, struct strlist *paths)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	drop_in_names(unit, &names);
	for (size_t n = 0; n < names.n; n++)
		for (size_t i = UNIT_FOLDERS; i > 0; i--)
			strlist_take(paths, xasprintf("%s/%s", unit_folders[i - 1], names.v[n]));
}

static void take_drop_in(struct units *r, const struct strlist *folders, const char *name,
	unit_take_fn *take, void *ctx)
{
	for (size_t i = 0; i < folders->n; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folders->v[i], name);
		CLEANUP(text_release) struct text text = TEXT_INIT;

		if (!units_there(r, path))
			continue;
		units_read(r, path, &text);
		take(ctx, path, text_str(&text));
		return;
	}
}

void unit_each_drop_in(struct units *r, const char *unit, unit_take_fn *take, void *ctx)
{
	CLEANUP(strlist_release) struct strlist folders = { 0 }, names = { 0 };

	drop_in_folders(unit, &folders);
	for (size_t i = 0; i < folders.n; i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		units_list(r, folders.v[i], &dir);
		for (size_t k = 0; k < dir.n; k++)
			if (ends_with(dir.v[k].name, ".conf") &&
				!strlist_has(&names, dir.v[k].name))
				strlist_add(&names, dir.v[k].name);
	}
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		take_drop_in(r, &folders, names.v[i], take, ctx);
}

static void add_text(void *ctx, const char *path, const char *text)
{
	struct unit_text *all = ctx;

	text_puts(&all->text, "\n");
	text_puts(&all->text, text);
	free(all->last);
	all->last = xstrdup(path);
}

void unit_read_drop_ins(struct units *r, const char *unit, struct unit_text *text)
{
	unit_each_drop_in(r, unit, add_text, text);
}

void unit_text_release(struct unit_text *text)
{
	text_release(&text->text);
	free(text->last);
	text->last = NULL;
}
