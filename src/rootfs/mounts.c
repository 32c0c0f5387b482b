/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's mounts from all that makes them. See mounts.h. The generator's rules are those of systemd's source, 252 and 257:
 * older ones look at fstab for the very path, and take /efi for the ESP where it is a folder; newer ones leave
 * all to a fstab that mounts anything at or below /boot or /efi, and take /boot first.
 *
 * Of units with one name systemd loads the first that it finds (systemd.unit(5), "Unit File Load Path"): in
 * /etc/systemd/system.control; of the command line's systemd.mask=; in the other folders below /etc; what is made of fstab; a
 * vendor's; what systemd-gpt-auto-generator makes. One that is empty or a link to /dev/null is a mask. What pulls
 * in a unit does so by its name, whichever is loaded.
 */
#include "rootfs/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/rootfs.h"

#define TABLE_MAX  ((size_t)64 * 1024)
#define NEWER_FROM 254

#define OF_ADMIN "/etc/systemd/system"

/* A later one's unit hides an earlier one's of the same name. */
static const char *const folders[] = { "/lib/systemd/system", "/usr/lib/systemd/system",
	"/usr/local/lib/systemd/system", "/etc/systemd/system.attached", OF_ADMIN,
	"/etc/systemd/system.control" };
/* The first one whose units stand before what is made of fstab, and the one that stands before the command line's masks. */
#define FIRST_ADMIN 3
#define CONTROL     5

#define EXTRA "systemd.mount-extra= on the command line"

/* ---- reading ---- */

/* The guest that is read. What cannot be read ends it: ret and err are the first such error's. */
struct reading {
	struct rootfs *root;
	const char *cmdline;
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

/* ---- the command line ---- */

/* Copies the next word to word, which has room for all that is left, and returns what is behind it; NULL: there is none. */
static const char *next_word(const char *at, char *word)
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

/* Whether the last such argument says no. */
static bool is_turned_off(const struct reading *r, const char *key)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	bool off = false;

	for (const char *p = r->cmdline; (p = next_word(p, word));)
		if (strncmp(word, key, strlen(key)) == 0 && word[strlen(key)])
			off = strchr("0nNfF", word[strlen(key)]) ||
			      strcasecmp(word + strlen(key), "off") == 0;
	return off;
}

/* ---- names of units ---- */

static void escape(struct text *out, const char *s)
{
	for (size_t i = 0; s[i]; i++) {
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

/* "boot-efi.mount" for /boot/efi (systemd.unit(5), "String Escaping for Inclusion in Unit Names"). */
static char *unit_of(const char *path, const char *ending)
{
	CLEANUP(text_release) struct text name = TEXT_INIT;

	path += strspn(path, "/");
	escape(&name, *path ? path : "/");
	text_puts(&name, ending);
	return xstrdup(text_str(&name));
}

/* What a swap's unit is called by: the link that udev makes for a tag. */
static char *swap_path(const char *spec)
{
	static const char *const tags[][2] = { { "UUID=", "uuid" }, { "LABEL=", "label" },
		{ "PARTUUID=", "partuuid" }, { "PARTLABEL=", "partlabel" } };

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (strncmp(spec, tags[i][0], strlen(tags[i][0])) == 0)
			return xasprintf(
				"/dev/disk/by-%s/%s", tags[i][1], spec + strlen(tags[i][0]));
	return xstrdup(spec);
}

/* systemd.mask=, of the unit's name or of the path where it mounts. */
static bool is_masked_at_boot(const struct reading *r, const char *unit)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	static const char key[] = "systemd.mask=";

	for (const char *p = r->cmdline; (p = next_word(p, word));) {
		const char *value = word + strlen(key);
		CLEANUP(xfree) char *name = NULL;

		if (strncmp(word, key, strlen(key)) != 0)
			continue;
		name = *value == '/' ? unit_of(value, ".mount") : xstrdup(value);
		if (strcmp(name, unit) == 0)
			return true;
	}
	return false;
}

/* ---- units ---- */

/* A link to /dev/null, or an empty file. */
static bool is_mask(struct reading *r, const char *path)
{
	CLEANUP(xfree) char *target = NULL;
	struct rootfs_stat st;

	if (rootfs_readlink(r->root, path, &target, NULL) == 0 && strcmp(target, "/dev/null") == 0)
		return true;
	return exists(r, path, &st) && st.type == ROOTFS_FILE && st.size == 0;
}

/* The last folder from the given one on that has the file; FOLDERS: none has. */
#define FOLDERS ARRAY_SIZE(folders)
static size_t last_with(struct reading *r, size_t from, const char *file)
{
	for (size_t i = FOLDERS; i > from; i--) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[i - 1], file);

		if (is_there(r, path))
			return i - 1;
	}
	return FOLDERS;
}

/* Whether a folder whose name ends so, .wants or .requires, has a link of the unit's name; a later one's may mask it. */
static bool is_wanted(struct reading *r, const char *unit, const char *kind)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		list(r, folders[i], &dir);
		for (size_t n = 0; n < dir.n; n++) {
			CLEANUP(xfree) char *link = xasprintf("%s/%s", dir.v[n].name, unit);
			CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[i], link);

			if (ends_with(dir.v[n].name, kind) && is_there(r, path) &&
				last_with(r, i, link) == i && !is_mask(r, path))
				return true;
		}
	}
	return false;
}

/*
 * Whether another unit of the name stands before that of a folder (FIRST_ADMIN - 1: before what is made of fstab): the
 * same one where /lib is a link to /usr/lib, one that does something else, or a mask.
 */
static bool is_hidden(struct reading *r, size_t folder, const char *unit)
{
	return last_with(r, folder + 1, unit) < FOLDERS ||
	       (folder < CONTROL && is_masked_at_boot(r, unit));
}

/* Whether the unit that is loaded is a mask. */
static bool is_masked(struct reading *r, const char *unit)
{
	size_t at = last_with(r, 0, unit);
	CLEANUP(xfree) char *path = at < FOLDERS ? xasprintf("%s/%s", folders[at], unit) : NULL;

	return (at != CONTROL && is_masked_at_boot(r, unit)) || (path && is_mask(r, path));
}

static char *unit_of_line(const struct fstab_line *l)
{
	CLEANUP(xfree) char *swap = strcmp(l->type, "swap") == 0 ? swap_path(l->spec) : NULL;

	return swap ? unit_of(swap, ".swap") : unit_of(l->file, ".mount");
}

/* The line of fstab that pulls in the unit; NULL: none. */
static const struct fstab_line *line_of(const struct fstab *tab, const char *unit)
{
	for (size_t i = 0; i < tab->n; i++) {
		CLEANUP(xfree) char *name = unit_of_line(&tab->v[i]);

		if (!tab->v[i].from && strcmp(name, unit) == 0 &&
			!fstab_has_option(tab->v[i].options, "noauto"))
			return &tab->v[i];
	}
	return NULL;
}

/* What pulls a unit in; *required: it keeps the system from starting. */
static bool is_pulled_in(
	struct reading *r, const struct fstab *tab, const char *unit, bool *required)
{
	CLEANUP(xfree)
	char *on_demand = xasprintf("%.*s.automount", (int)(strlen(unit) - strlen(".mount")), unit);
	const struct fstab_line *l = line_of(tab, unit);

	*required = is_wanted(r, unit, ".requires") || (l && !fstab_optional(l));
	return *required || l || is_wanted(r, unit, ".wants") ||
	       (!is_masked(r, on_demand) &&
		       (is_wanted(r, on_demand, ".wants") || is_wanted(r, on_demand, ".requires")));
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

static void add_unit(struct reading *r, size_t folder, const char *unit, const struct fstab *pulls,
	struct fstab *tab)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[folder], unit);
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(xfree) char *what = NULL, *where = NULL, *type = NULL;
	bool required;

	if (is_mask(r, path))
		return;
	read_unit(r, path, unit, &text);
	what = value_of(text_str(&text), "What");
	where = value_of(text_str(&text), "Where");
	type = value_of(text_str(&text), "Type");
	if (!names_partition(what) || !where)
		return;
	if (is_pulled_in(r, pulls, unit, &required))
		add_line(tab, path, what, where, type, required ? "defaults" : "nofail");
}

/* Those of a folder; pulls: fstab, which pulls in units, too. */
static void add_units(
	struct reading *r, size_t folder, const struct fstab *pulls, struct fstab *tab)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	list(r, folders[folder], &dir);
	for (size_t i = 0; i < dir.n; i++)
		if (ends_with(dir.v[i].name, ".mount") && dir.v[i].type != ROOTFS_DIR &&
			!is_hidden(r, folder, dir.v[i].name))
			add_unit(r, folder, dir.v[i].name, pulls, tab);
}

/* ---- systemd-fstab-generator ---- */

/* "WHAT:WHERE:TYPE:OPTIONS", of which the last two may be missing. */
static void add_extra(const char *value, struct fstab *tab)
{
	CLEANUP(xfree) char *copy = xstrdup(value);
	char *rest = copy, *field[4] = { NULL };

	for (size_t i = 0; i < 3; i++)
		field[i] = strsep(&rest, ":");
	field[3] = rest;
	if (*field[0] && field[1] && field[1][0] == '/' && !fstab_find(tab, field[1]))
		add_line(tab, EXTRA, field[0], field[1], field[2],
			field[3] && *field[3] ? field[3] : "defaults");
}

static void add_extras(const struct reading *r, struct fstab *tab)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	static const char key[] = "systemd.mount-extra=";

	for (const char *p = r->cmdline; (p = next_word(p, word));)
		if (strncmp(word, key, strlen(key)) == 0)
			add_extra(word + strlen(key), tab);
}

/* Whether the generator's unit for the line is not the one that is loaded, or is loaded by nothing. */
static bool is_overridden(struct reading *r, const struct fstab_line *l)
{
	CLEANUP(xfree) char *unit = unit_of_line(l);
	CLEANUP(xfree) char *on_demand = unit_of(l->file, ".automount");

	/* The initrd mounts these. */
	if (strcmp(l->file, "/") == 0 || strcmp(l->file, "/usr") == 0)
		return false;
	if (strcmp(l->type, "swap") == 0 && is_turned_off(r, "systemd.swap="))
		return true;
	return is_hidden(r, FIRST_ADMIN - 1, unit) ||
	       (fstab_has_option(l->options, "x-systemd.automount") && is_masked(r, on_demand));
}

static void drop_overridden(struct reading *r, struct fstab *tab)
{
	for (size_t i = 0; i < tab->n;) {
		const struct fstab_line *l = &tab->v[i];

		if ((!l->from || strcmp(l->from, EXTRA) == 0) && is_overridden(r, l))
			fstab_drop(tab, i);
		else
			i++;
	}
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
	CLEANUP(xfree) char *unit = unit_of(at, ".mount");
	CLEANUP(xfree) char *on_demand = unit_of(at, ".automount");

	if (spec && is_free(r, tab, at) && last_with(r, 0, unit) == FOLDERS &&
		!is_masked_at_boot(r, unit) && !is_masked(r, on_demand))
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
	struct reading r = { root, parts->cmdline ? parts->cmdline : "", 0, err };

	if (!is_turned_off(&r, "fstab="))
		read_text(&r, "/etc/fstab", &text);
	fstab_parse(tab, text_str(&text), text.len);
	for (size_t i = 0; r.ret == 0 && i < FIRST_ADMIN; i++)
		add_units(&r, i, tab, &vendor);
	for (size_t i = 0; r.ret == 0 && i < vendor.n; i++)
		if (!fstab_find(tab, vendor.v[i].file))
			add_line(tab, vendor.v[i].from, vendor.v[i].spec, vendor.v[i].file,
				vendor.v[i].type, vendor.v[i].options);
	if (r.ret == 0 && version_of(&r) >= NEWER_FROM)
		add_extras(&r, tab);
	for (size_t i = FIRST_ADMIN; r.ret == 0 && i < FOLDERS; i++)
		add_units(&r, i, tab, tab);
	if (r.ret == 0 && (parts->esp || parts->xbootldr) && has_generator(&r))
		add_generated(&r, parts, tab);
	if (r.ret == 0)
		drop_overridden(&r, tab);
	return r.ret;
}
