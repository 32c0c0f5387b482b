/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's mounts from all that makes them. See mounts.h. The generator's rules are those of systemd's source, 252 and 257:
 * older ones look at fstab for the very path, and take /efi for the ESP where it is a folder; newer ones leave
 * all to a fstab that mounts anything at or below /boot or /efi, and take /boot first.
 */
#include "rootfs/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/rootfs.h"

#define TABLE_MAX  ((size_t)64 * 1024)
#define NEWER_FROM 254

/* A later one's unit hides an earlier one's of the same name. */
static const char *const folders[] = { "/lib/systemd/system", "/usr/lib/systemd/system",
	"/usr/local/lib/systemd/system", "/etc/systemd/system" };
#define OF_ADMIN "/etc/systemd/system"

/* ---- reading ---- */

/* The guest that is read. What cannot be read ends it: ret and err are the first such error's. */
struct reading {
	struct rootfs *root;
	int ret;
	struct err *err;
};

/* Whether there is something; what is missing, or a link that leads nowhere, is no error. */
static bool is_had(struct reading *r, int ret, const struct err *why)
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

/* A link is there whatever it leads to. */
static bool is_there(struct reading *r, const char *path)
{
	struct rootfs_stat st;
	struct err why;

	return is_had(r, rootfs_lstat(r->root, path, &st, &why), &why);
}

static bool exists(struct reading *r, const char *path, struct rootfs_stat *st)
{
	struct err why;

	return is_had(r, rootfs_stat(r->root, path, st, &why), &why);
}

/* Leaves dir empty when there is no such folder. */
static void list(struct reading *r, const char *folder, struct rootfs_dir *dir)
{
	struct err why;

	is_had(r, rootfs_list(r->root, folder, dir, &why), &why);
}

/* Of what is no file, as /dev/null, nothing is added. */
static void read_text(struct reading *r, const char *path, struct text *text)
{
	struct rootfs_stat st;
	struct err why;

	if (exists(r, path, &st) && st.type == ROOTFS_FILE)
		is_had(r, rootfs_read_text(r->root, path, TABLE_MAX, text, &why), &why);
}

/* ---- units ---- */

/* Whether a folder whose name ends so, .wants or .requires, has a link of the unit's name. */
static bool is_pulled_in(struct reading *r, const char *unit, const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		list(r, folders[i], &dir);
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree)
			char *link = xasprintf("%s/%s/%s", folders[i], dir.v[n].name, unit);

			if (ends_with(dir.v[n].name, kind) && is_there(r, link))
				return true;
		}
	}
	return false;
}

/*
 * Whether a later folder has a unit of the name: another one, the same where /lib is a link to /usr/lib, or a link to
 * /dev/null, which masks it.
 */
static bool is_hidden(struct reading *r, size_t folder, const char *unit)
{
	for (size_t i = folder + 1; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[i], unit);

		if (is_there(r, path))
			return true;
	}
	return false;
}

/* The last value of a key; the caller frees it. NULL: it is not set. */
static char *value_of(const char *text, const char *key)
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

/* The unit's text with that of an administrator's drop-ins behind it. */
static void read_unit(struct reading *r, const char *path, const char *unit, struct text *text)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	CLEANUP(xfree) char *folder = xasprintf("%s/%s.d", OF_ADMIN, unit);

	read_text(r, path, text);
	list(r, folder, &dir);
	for (size_t i = 0; i < dir.n; i++) {
		CLEANUP(xfree) char *drop_in = xasprintf("%s/%s", folder, dir.v[i].name);

		text_puts(text, "\n");
		if (ends_with(drop_in, ".conf"))
			read_text(r, drop_in, text);
	}
}

static void add_line(struct fstab *tab, const char *from, const char *spec, const char *file,
	const char *type, const char *options)
{
	tab->v = xreallocarray(tab->v, tab->n + 1, sizeof(*tab->v));
	tab->v[tab->n++] = (struct fstab_line){ .from = xstrdup(from),
		.spec = xstrdup(spec),
		.file = xstrdup(file),
		.type = xstrdup(type && *type ? type : "auto"),
		.options = xstrdup(options) };
}

/* Specifiers ("%i") are for systemd to know, and what is no device is of no partition. */
static bool names_partition(const char *what)
{
	return what && !strchr(what, '%') &&
	       (strncmp(what, "/dev/", 5) == 0 || (*what != '/' && strchr(what, '=')));
}

static void add_unit(struct reading *r, size_t folder, const char *unit, struct fstab *tab)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[folder], unit);
	CLEANUP(xfree)
	char *on_demand = xasprintf("%.*s.automount", (int)(strlen(unit) - strlen(".mount")), unit);
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(xfree) char *what = NULL, *where = NULL, *type = NULL;
	bool required;

	read_unit(r, path, unit, &text);
	what = value_of(text_str(&text), "What");
	where = value_of(text_str(&text), "Where");
	type = value_of(text_str(&text), "Type");
	if (!names_partition(what) || !where)
		return;
	required = is_pulled_in(r, unit, ".requires");
	if (required || is_pulled_in(r, unit, ".wants") || is_pulled_in(r, on_demand, ".wants") ||
		is_pulled_in(r, on_demand, ".requires"))
		add_line(tab, path, what, where, type, required ? "defaults" : "nofail");
}

static void add_units(struct reading *r, size_t folder, struct fstab *tab)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	list(r, folders[folder], &dir);
	for (size_t i = 0; i < dir.n; i++)
		if (ends_with(dir.v[i].name, ".mount") && dir.v[i].type != ROOTFS_DIR &&
			!is_hidden(r, folder, dir.v[i].name))
			add_unit(r, folder, dir.v[i].name, tab);
}

/* ---- systemd-gpt-auto-generator ---- */

static bool has_generator(struct reading *r)
{
	static const char name[] = "/system-generators/systemd-gpt-auto-generator";
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd" };

	/* A file of the name there stands before it, or is a link to /dev/null. */
	if (is_there(r, "/etc/systemd/system-generators/systemd-gpt-auto-generator"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s%s", places[i], name);
		struct rootfs_stat st;

		if (exists(r, path, &st))
			return true;
	}
	return false;
}

/* systemd's version, which its library is called by; 0: not known. */
static unsigned version_of(struct reading *r)
{
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd",
		"/usr/lib/aarch64-linux-gnu/systemd", "/lib/aarch64-linux-gnu/systemd",
		"/usr/lib64/systemd" };
	static const char library[] = "libsystemd-shared-";

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		list(r, places[i], &dir);
		for (size_t n = 0; n < dir.n; n++)
			if (strncmp(dir.v[n].name, library, strlen(library)) == 0)
				return (unsigned)strtoul(dir.v[n].name + strlen(library), NULL, 10);
	}
	return 0;
}

static bool is_empty(struct reading *r, const char *folder)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct err why;
	int ret = rootfs_list(r->root, folder, &dir, &why);

	return ret == -ENOENT || (is_had(r, ret, &why) && dir.n == 0);
}

static bool mounts_below(const struct fstab *tab, const char *folder)
{
	for (size_t i = 0; i < tab->n; i++)
		if (!tab->v[i].from && is_at_or_below(tab->v[i].file, folder))
			return true;
	return false;
}

/* Whether the generator takes the folder: nothing is in it, or mounted there. */
static bool is_free(struct reading *r, const struct fstab *tab, const char *folder)
{
	return !fstab_find(tab, folder) && is_empty(r, folder);
}

/* Where it mounts the ESP, if that is free. */
static const char *esp_folder(
	struct reading *r, const struct mount_parts *parts, const struct fstab *tab, bool newer)
{
	struct rootfs_stat st;

	if (newer)
		return !parts->xbootldr && is_free(r, tab, "/boot") ? "/boot" : "/efi";
	return parts->xbootldr || exists(r, "/efi", &st) ? "/efi" : "/boot";
}

static void add_partition(
	struct reading *r, const char *partuuid, const char *at, struct fstab *tab)
{
	CLEANUP(xfree) char *spec = partuuid ? xasprintf("PARTUUID=%s", partuuid) : NULL;

	if (spec && is_free(r, tab, at))
		add_line(tab, "systemd-gpt-auto-generator", spec, at, NULL, "nofail");
}

static void add_generated(struct reading *r, const struct mount_parts *parts, struct fstab *tab)
{
	bool newer = version_of(r) >= NEWER_FROM;
	const char *at = esp_folder(r, parts, tab, newer);

	if (newer && (mounts_below(tab, "/boot") || mounts_below(tab, "/efi")))
		return;
	add_partition(r, parts->xbootldr, "/boot", tab);
	add_partition(r, parts->esp, at, tab);
}

int mounts_read(
	struct rootfs *root, const struct mount_parts *parts, struct fstab *tab, struct err *err)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(fstab_release) struct fstab vendor = { 0 };
	struct reading r = { root, 0, err };

	read_text(&r, "/etc/fstab", &text);
	fstab_parse(tab, text_str(&text), text.len);
	for (size_t i = 0; r.ret == 0 && i + 1 < ARRAY_SIZE(folders); i++)
		add_units(&r, i, &vendor);
	for (size_t i = 0; r.ret == 0 && i < vendor.n; i++)
		if (!fstab_find(tab, vendor.v[i].file))
			add_line(tab, vendor.v[i].from, vendor.v[i].spec, vendor.v[i].file,
				vendor.v[i].type, vendor.v[i].options);
	if (r.ret == 0)
		add_units(&r, ARRAY_SIZE(folders) - 1, tab);
	if (r.ret == 0 && (parts->esp || parts->xbootldr) && has_generator(&r))
		add_generated(&r, parts, tab);
	return r.ret;
}
