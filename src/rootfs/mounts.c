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
#include "rootfs/mounts_target.h"
#include "rootfs/units.h"

#define TABLE_MAX  ((size_t)64 * 1024)
#define NEWER_FROM 254

#define EXTRA "systemd.mount-extra= on the command line"

/* Whether the last such argument says no. */
static bool is_turned_off(const struct units *r, const char *key)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	bool off = false;

	for (const char *p = r->cmdline; (p = units_next_word(p, word));)
		if (strncmp(word, key, strlen(key)) == 0 && word[strlen(key)])
			off = strchr("0nNfF", word[strlen(key)]) ||
			      strcasecmp(word + strlen(key), "off") == 0;
	return off;
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

/* ---- units ---- */

char *mounts_unit(const struct fstab_line *l)
{
	CLEANUP(xfree) char *swap = strcmp(l->type, "swap") == 0 ? swap_path(l->spec) : NULL;

	return swap ? unit_name(swap, ".swap") : unit_name(l->file, ".mount");
}

/* The line of fstab that pulls in the unit; NULL: none. */
static const struct fstab_line *line_of(const struct fstab *tab, const char *unit)
{
	for (size_t i = 0; i < tab->n; i++) {
		CLEANUP(xfree) char *name = mounts_unit(&tab->v[i]);

		if (!tab->v[i].from && strcmp(name, unit) == 0 &&
			!fstab_has_option(tab->v[i].options, "noauto"))
			return &tab->v[i];
	}
	return NULL;
}

/* What pulls a unit in; *required: it keeps the system from starting. */
static bool is_pulled_in(struct units *r, const struct fstab *tab, const char *unit, bool *required)
{
	CLEANUP(xfree)
	char *on_demand = xasprintf("%.*s.automount", (int)(strlen(unit) - strlen(".mount")), unit);
	const struct fstab_line *l = line_of(tab, unit);

	*required = unit_is_wanted(r, unit, ".requires") || (l && !fstab_optional(l));
	return *required || l || unit_is_wanted(r, unit, ".wants") ||
	       (!unit_is_masked(r, 0, on_demand) &&
		       (unit_is_wanted(r, on_demand, ".wants") ||
			       unit_is_wanted(r, on_demand, ".requires")));
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

static void add_unit(struct units *r, size_t folder, const char *unit, const struct fstab *pulls,
	struct fstab *tab)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", unit_folders[folder], unit);
	CLEANUP(unit_text_release) struct unit_text text = { .text = TEXT_INIT };
	CLEANUP(xfree) char *what = NULL, *where = NULL, *type = NULL;
	bool required;

	if (unit_is_mask(r, path))
		return;
	units_read(r, path, &text.text);
	unit_read_drop_ins(r, unit, &text);
	what = unit_value(text_str(&text.text), "What");
	where = unit_value(text_str(&text.text), "Where");
	type = unit_value(text_str(&text.text), "Type");
	if (!names_partition(what) || !where)
		return;
	if (is_pulled_in(r, pulls, unit, &required))
		add_line(tab, path, what, where, type, required ? "defaults" : "nofail");
}

/* Those of a folder; pulls: fstab, which pulls in units, too. */
static void add_units(struct units *r, size_t folder, const struct fstab *pulls, struct fstab *tab)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	units_list(r, unit_folders[folder], &dir);
	for (size_t i = 0; i < dir.n; i++)
		if (ends_with(dir.v[i].name, ".mount") && dir.v[i].type != ROOTFS_DIR &&
			!unit_is_hidden(r, folder, dir.v[i].name))
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

static void add_extras(const struct units *r, struct fstab *tab)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(r->cmdline) + 1);
	static const char key[] = "systemd.mount-extra=";

	for (const char *p = r->cmdline; (p = units_next_word(p, word));)
		if (strncmp(word, key, strlen(key)) == 0)
			add_extra(word + strlen(key), tab);
}

/* Whether the generator's unit for the line is not the one that is loaded, or is loaded by nothing. */
static bool is_overridden(struct units *r, const struct fstab_line *l)
{
	CLEANUP(xfree) char *unit = mounts_unit(l);
	CLEANUP(xfree) char *on_demand = unit_name(l->file, ".automount");

	/* The initrd mounts these. */
	if (strcmp(l->file, "/") == 0 || strcmp(l->file, "/usr") == 0)
		return false;
	if (strcmp(l->type, "swap") == 0 && is_turned_off(r, "systemd.swap="))
		return true;
	return unit_is_hidden(r, UNIT_ADMIN - 1, unit) ||
	       (fstab_has_option(l->options, "x-systemd.automount") &&
		       unit_is_masked(r, UNIT_ADMIN, on_demand));
}

/* ---- what systemd refuses to load ---- */

struct fstab_refused *mounts_refuse(
	struct fstab *tab, const char *unit, const char *why, char *take_place)
{
	for (size_t i = 0; i < tab->n_refused; i++)
		if (strcmp(tab->refused[i].unit, unit) == 0) {
			free(take_place);
			return &tab->refused[i];
		}
	tab->refused = xreallocarray(tab->refused, tab->n_refused + 1, sizeof(*tab->refused));
	tab->refused[tab->n_refused++] = (struct fstab_refused){
		.unit = xstrdup(unit), .why = why, .place = take_place
	};
	return &tab->refused[tab->n_refused - 1];
}

/* The line's unit, if local-fs.target requires it and it is masked; the line is not dropped by this. */
static void refuse_masked_line(struct units *r, struct fstab *tab, const struct fstab_line *l)
{
	bool on_demand = fstab_has_option(l->options, "x-systemd.automount");
	CLEANUP(xfree) char *unit = unit_name(l->file, on_demand ? ".automount" : ".mount");

	if (fstab_local_required(l) && unit_is_masked(r, UNIT_ADMIN, unit))
		mounts_refuse(tab, unit, "is masked", fstab_place(l))->by_line = true;
}

/* ---- drop-ins of units that generators make ---- */

/* What a generator reads in fstab is none of the unit's Options=. */
static char *options_with(const char *options, const char *line_options)
{
	static const char *const kept[] = { "nofail", "noauto", "x-systemd.automount", "_netdev" };
	CLEANUP(text_release) struct text text = TEXT_INIT;

	text_puts(&text, *options ? options : "defaults");
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (fstab_has_option(line_options, kept[i]))
			text_printf(&text, ",%s", kept[i]);
	return xstrdup(text_str(&text));
}

static void set_field(char **field, const char *value)
{
	if (!value)
		return;
	free(*field);
	*field = xstrdup(value);
}

/* False: systemd refuses the unit, which is then recorded. */
static bool apply_drop_ins(struct units *r, struct fstab *tab, struct fstab_line *l)
{
	CLEANUP(unit_text_release) struct unit_text text = { .text = TEXT_INIT };
	CLEANUP(xfree) char *unit = mounts_unit(l);
	CLEANUP(xfree) char *what = NULL, *where = NULL, *type = NULL, *options = NULL;

	unit_read_drop_ins(r, unit, &text);
	what = unit_value(text_str(&text.text), "What");
	where = unit_value(text_str(&text.text), "Where");
	type = unit_value(text_str(&text.text), "Type");
	options = unit_value(text_str(&text.text), "Options");
	if (where && ends_with(unit, ".mount")) {
		CLEANUP(xfree) char *named = unit_name(where, ".mount");

		if (strcmp(named, unit) != 0)
			what = what ? (*what = '\0', what) : xstrdup("");
	}
	if (what && !*what) {
		if (fstab_local_required(l))
			mounts_refuse(tab, unit, "has settings that it refuses", xstrdup(text.last))
				->by_line = true;
		return false;
	}
	if (options) {
		CLEANUP(xfree) char *all = options_with(options, l->options);

		set_field(&l->options, all);
	}
	set_field(&l->spec, what);
	set_field(&l->type, type && *type ? type : NULL);
	if (what || type || options)
		set_field(&l->from, text.last);
	return true;
}

/* Of units that are files, what add_unit() has read is with them. */
static bool is_generated(const struct fstab_line *l)
{
	return !l->from || *l->from != '/';
}

static void apply_all_drop_ins(struct units *r, struct fstab *tab)
{
	for (size_t i = 0; i < tab->n;) {
		struct fstab_line *l = &tab->v[i];
		bool initrds = strcmp(l->file, "/") == 0 || strcmp(l->file, "/usr") == 0;

		if (!initrds && is_generated(l) && !apply_drop_ins(r, tab, l))
			fstab_drop(tab, i);
		else
			i++;
	}
}

static void drop_overridden(struct units *r, struct fstab *tab)
{
	for (size_t i = 0; i < tab->n;) {
		const struct fstab_line *l = &tab->v[i];

		if (l->from && strcmp(l->from, EXTRA) != 0) {
			i++;
			continue;
		}
		refuse_masked_line(r, tab, l);
		if (is_overridden(r, l))
			fstab_drop(tab, i);
		else
			i++;
	}
}

/* ---- systemd-gpt-auto-generator ---- */

bool mounts_gpt_auto(struct units *r)
{
	static const char name[] = "/system-generators/systemd-gpt-auto-generator";
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd" };

	/* A file of the name there stands before it, or is a link to /dev/null. */
	if (units_there(r, "/etc/systemd/system-generators/systemd-gpt-auto-generator"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s%s", places[i], name);
		struct rootfs_stat st;

		if (units_exists(r, path, &st))
			return true;
	}
	return false;
}

/* systemd's version, which its library is called by; 0: not known. */
static unsigned version_of(struct units *r)
{
	static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd",
		"/usr/lib/aarch64-linux-gnu/systemd", "/lib/aarch64-linux-gnu/systemd",
		"/usr/lib64/systemd" };
	static const char library[] = "libsystemd-shared-";

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		units_list(r, places[i], &dir);
		for (size_t n = 0; n < dir.n; n++)
			if (strncmp(dir.v[n].name, library, strlen(library)) == 0)
				return (unsigned)strtoul(dir.v[n].name + strlen(library), NULL, 10);
	}
	return 0;
}

static bool is_empty(struct units *r, const char *folder)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct err why;
	int ret = rootfs_list(r->root, folder, &dir, &why);

	return ret == -ENOENT || (units_had(r, ret, &why) && dir.n == 0);
}

static bool mounts_below(const struct fstab *tab, const char *folder)
{
	for (size_t i = 0; i < tab->n; i++)
		if (!tab->v[i].from && is_at_or_below(tab->v[i].file, folder))
			return true;
	return false;
}

/* Whether the generator takes the folder: nothing is in it, or mounted there. */
static bool is_free(struct units *r, const struct fstab *tab, const char *folder)
{
	return !fstab_find(tab, folder) && is_empty(r, folder);
}

/* Where it mounts the ESP, if that is free. */
static const char *esp_folder(
	struct units *r, const struct mount_parts *parts, const struct fstab *tab, bool newer)
{
	struct rootfs_stat st;

	if (newer)
		return !parts->xbootldr && is_free(r, tab, "/boot") ? "/boot" : "/efi";
	return parts->xbootldr || units_exists(r, "/efi", &st) ? "/efi" : "/boot";
}

static void add_partition(struct units *r, const char *partuuid, const char *at, struct fstab *tab)
{
	CLEANUP(xfree) char *spec = partuuid ? xasprintf("PARTUUID=%s", partuuid) : NULL;
	CLEANUP(xfree) char *unit = unit_name(at, ".mount");
	CLEANUP(xfree) char *on_demand = unit_name(at, ".automount");

	if (spec && is_free(r, tab, at) && unit_folder(r, 0, unit) == UNIT_FOLDERS &&
		!unit_is_masked_at_boot(r, unit) && !unit_is_masked(r, 0, on_demand))
		add_line(tab, "systemd-gpt-auto-generator", spec, at, NULL, "nofail");
}

static void add_generated(struct units *r, const struct mount_parts *parts, struct fstab *tab)
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
	struct units r = { root, parts->cmdline ? parts->cmdline : "", 0, err };

	if (!is_turned_off(&r, "fstab="))
		units_read(&r, "/etc/fstab", &text);
	fstab_parse(tab, text_str(&text), text.len);
	for (size_t i = 0; r.ret == 0 && i < UNIT_ADMIN; i++)
		add_units(&r, i, tab, &vendor);
	for (size_t i = 0; r.ret == 0 && i < vendor.n; i++)
		if (!fstab_find(tab, vendor.v[i].file))
			add_line(tab, vendor.v[i].from, vendor.v[i].spec, vendor.v[i].file,
				vendor.v[i].type, vendor.v[i].options);
	if (r.ret == 0 && version_of(&r) >= NEWER_FROM)
		add_extras(&r, tab);
	for (size_t i = UNIT_ADMIN; r.ret == 0 && i < UNIT_FOLDERS; i++)
		add_units(&r, i, tab, tab);
	if (r.ret == 0 && (parts->esp || parts->xbootldr) && mounts_gpt_auto(&r))
		add_generated(&r, parts, tab);
	if (r.ret == 0)
		drop_overridden(&r, tab);
	if (r.ret == 0)
		mounts_refuse_required(&r, tab);
	if (r.ret == 0)
		apply_all_drop_ins(&r, tab);
	return r.ret;
}
