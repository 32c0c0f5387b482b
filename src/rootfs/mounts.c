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

#include "base/xalloc.h"
#include "rootfs/rootfs.h"

#define TABLE_MAX  ((size_t)64 * 1024)
#define NEWER_FROM 254

/* A later one's unit hides an earlier one's of the same name. */
static const char *const folders[] = { "/lib/systemd/system", "/usr/lib/systemd/system",
	"/usr/local/lib/systemd/system", "/etc/systemd/system" };
#define OF_ADMIN "/etc/systemd/system"

/* ---- units ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a > b && strcmp(text + a - b, end) == 0;
}

static bool is_there(struct rootfs *root, const char *path)
{
	struct rootfs_stat st;

	return rootfs_lstat(root, path, &st, NULL) == 0;
}

/* Whether a folder whose name ends so, .wants or .requires, has a link of the unit's name. */
static bool is_pulled_in(struct rootfs *root, const char *unit, const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		if (rootfs_list(root, folders[i], &dir, NULL) < 0)
			continue;
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree)
			char *link = xasprintf("%s/%s/%s", folders[i], dir.v[n].name, unit);

			if (ends_with(dir.v[n].name, kind) && is_there(root, link))
				return true;
		}
	}
	return false;
}

/*
 * Whether a later folder has a unit of the name: another one, the same where /lib is a link to /usr/lib, or a link to
 * /dev/null, which masks it.
 */
static bool is_hidden(struct rootfs *root, size_t folder, const char *unit)
{
	for (size_t i = folder + 1; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[i], unit);

		if (is_there(root, path))
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
static void read_unit(struct rootfs *root, const char *path, const char *unit, struct text *text)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	CLEANUP(xfree) char *folder = xasprintf("%s/%s.d", OF_ADMIN, unit);

	rootfs_read_text(root, path, TABLE_MAX, text, NULL);
	rootfs_list(root, folder, &dir, NULL);
	for (size_t i = 0; i < dir.n; i++) {
		CLEANUP(xfree) char *drop_in = xasprintf("%s/%s", folder, dir.v[i].name);

		text_puts(text, "\n");
		if (ends_with(drop_in, ".conf"))
			rootfs_read_text(root, drop_in, TABLE_MAX, text, NULL);
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

static void add_unit(struct rootfs *root, size_t folder, const char *unit, struct fstab *tab)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[folder], unit);
	CLEANUP(xfree)
	char *on_demand = xasprintf("%.*s.automount", (int)(strlen(unit) - strlen(".mount")), unit);
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(xfree) char *what = NULL, *where = NULL, *type = NULL;
	bool required;

	read_unit(root, path, unit, &text);
	what = value_of(text_str(&text), "What");
	where = value_of(text_str(&text), "Where");
	type = value_of(text_str(&text), "Type");
	if (!names_partition(what) || !where)
		return;
	required = is_pulled_in(root, unit, ".requires");
	if (required || is_pulled_in(root, unit, ".wants") ||
		is_pulled_in(root, on_demand, ".wants") ||
		is_pulled_in(root, on_demand, ".requires"))
		add_line(tab, path, what, where, type, required ? "defaults" : "nofail");
}

static int add_units(struct rootfs *root, size_t folder, struct fstab *tab, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int ret = rootfs_list(root, folders[folder], &dir, err);

	for (size_t i = 0; ret == 0 && i < dir.n; i++)
		if (ends_with(dir.v[i].name, ".mount") && dir.v[i].type != ROOTFS_DIR &&
			!is_hidden(root, folder, dir.v[i].name))
			add_unit(root, folder, dir.v[i].name, tab);
	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		ret = 0;
	}
	return ret;
}

/* ---- systemd-gpt-auto-generator ---- */

static bool has_generator(struct rootfs *root)
{
	static const char name[] = "/system-generators/systemd-gpt-auto-generator";
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd" };

	/* A file of the name there stands before it, or is a link to /dev/null. */
	if (is_there(root, "/etc/systemd/system-generators/systemd-gpt-auto-generator"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s%s", places[i], name);

		if (rootfs_exists(root, path))
			return true;
	}
	return false;
}

/* systemd's version, which its library is called by; 0: not known. */
static unsigned version_of(struct rootfs *root)
{
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd",
		"/usr/lib/aarch64-linux-gnu/systemd", "/lib/aarch64-linux-gnu/systemd",
		"/usr/lib64/systemd" };
	static const char library[] = "libsystemd-shared-";

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		rootfs_list(root, places[i], &dir, NULL);
		for (size_t n = 0; n < dir.n; n++)
			if (strncmp(dir.v[n].name, library, strlen(library)) == 0)
				return (unsigned)strtoul(dir.v[n].name + strlen(library), NULL, 10);
	}
	return 0;
}

static bool is_empty(struct rootfs *root, const char *folder)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int ret = rootfs_list(root, folder, &dir, NULL);

	return ret == -ENOENT || (ret == 0 && dir.n == 0);
}

static bool mounts_below(const struct fstab *tab, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < tab->n; i++)
		if (!tab->v[i].from && strncmp(tab->v[i].file, path, len) == 0 &&
			strchr("/", tab->v[i].file[len]))
			return true;
	return false;
}

/* Whether the generator takes the folder: nothing is in it, or mounted there. */
static bool is_free(struct rootfs *root, const struct fstab *tab, const char *folder)
{
	return !fstab_find(tab, folder) && is_empty(root, folder);
}

/* Where it mounts the ESP, if that is free. */
static const char *esp_folder(
	struct rootfs *root, const struct mount_parts *parts, const struct fstab *tab, bool newer)
{
	if (newer)
		return !parts->xbootldr && is_free(root, tab, "/boot") ? "/boot" : "/efi";
	return parts->xbootldr || rootfs_exists(root, "/efi") ? "/efi" : "/boot";
}

static void add_partition(
	struct rootfs *root, const char *partuuid, const char *at, struct fstab *tab)
{
	CLEANUP(xfree) char *spec = partuuid ? xasprintf("PARTUUID=%s", partuuid) : NULL;

	if (spec && is_free(root, tab, at))
		add_line(tab, "systemd-gpt-auto-generator", spec, at, NULL, "nofail");
}

static void add_generated(struct rootfs *root, const struct mount_parts *parts, struct fstab *tab)
{
	bool newer = version_of(root) >= NEWER_FROM;
	const char *at = esp_folder(root, parts, tab, newer);

	if (newer && (mounts_below(tab, "/boot") || mounts_below(tab, "/efi")))
		return;
	add_partition(root, parts->xbootldr, "/boot", tab);
	add_partition(root, parts->esp, at, tab);
}

int mounts_read(
	struct rootfs *root, const struct mount_parts *parts, struct fstab *tab, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(fstab_release) struct fstab vendor = { 0 };
	int ret = rootfs_read_file(root, "/etc/fstab", TABLE_MAX, &text, err);

	if (ret == -ENOENT) {
		err_clear(err);
		ret = 0;
	}
	if (ret == 0)
		fstab_parse(tab, buf_text(&text), text.len);
	for (size_t i = 0; ret == 0 && i + 1 < ARRAY_SIZE(folders); i++)
		ret = add_units(root, i, &vendor, err);
	for (size_t i = 0; ret == 0 && i < vendor.n; i++)
		if (!fstab_find(tab, vendor.v[i].file))
			add_line(tab, vendor.v[i].from, vendor.v[i].spec, vendor.v[i].file,
				vendor.v[i].type, vendor.v[i].options);
	if (ret == 0)
		ret = add_units(root, ARRAY_SIZE(folders) - 1, tab, err);
	if (ret == 0 && (parts->esp || parts->xbootldr) && has_generator(root))
		add_generated(root, parts, tab);
	return ret;
}
