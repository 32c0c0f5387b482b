/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling \EFI\BOOT. See repair.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/bls.h"
#include "loader/loader.h"
#include "loader/repair.h"
#include "loader/volume.h"
#include "rootfs/rootfs.h"

#define FALLBACK    "/EFI/BOOT/BOOTAA64.EFI"
#define MACHINE     0xaa64
#define PROGRAM_MAX ((size_t)512 << 20) /* a UKI has a kernel and an initrd in it */
#define CONFIG_MAX  ((size_t)1 << 20)
#define FILES_MAX   64

/* A folder below \EFI and the programs in it, paths on the ESP. */
struct vendor {
	char *folder;
	char *shim, *grub, *mok, *systemd_boot, *windows, *uki;
	struct loader_facts shim_facts, grub_facts, systemd_facts, uki_facts;
};

static void vendor_release(struct vendor *v)
{
	char *const paths[] = { v->folder, v->shim, v->grub, v->mok, v->systemd_boot, v->windows,
		v->uki };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		free(paths[i]);
	loader_facts_release(&v->shim_facts);
	loader_facts_release(&v->grub_facts);
	loader_facts_release(&v->systemd_facts);
	loader_facts_release(&v->uki_facts);
}
DEFINE_RELEASE(struct vendor, vendor_release)

static void keep(
	char **path, struct loader_facts *to, const char *found, struct loader_facts *facts)
{
	/* Of two, the newer one. */
	if (*path && bls_version_compare(to->version, facts->version) >= 0)
		return;
	free(*path);
	*path = xstrdup(found);
	loader_facts_release(to);
	*to = *facts;
	*facts = (struct loader_facts){ 0 };
}

static void sort_in(struct vendor *v, const char *path, struct loader_facts *facts)
{
	struct loader_facts unused CLEANUP(loader_facts_release) = { 0 };

	switch (facts->kind) {
	case LOADER_SHIM:
		keep(&v->shim, &v->shim_facts, path, facts);
		break;
	case LOADER_GRUB:
		keep(&v->grub, &v->grub_facts, path, facts);
		break;
	case LOADER_MOKMANAGER:
		keep(&v->mok, &unused, path, facts);
		break;
	case LOADER_SYSTEMD_BOOT:
		keep(&v->systemd_boot, &v->systemd_facts, path, facts);
		break;
	case LOADER_UKI:
		keep(&v->uki, &v->uki_facts, path, facts);
		break;
	case LOADER_WINDOWS:
		keep(&v->windows, &unused, path, facts);
		break;
	default:
		break;
	}
}

static bool is_program(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcasecmp(name + n - 4, ".efi") == 0;
}

/* Looks at what is in a folder; one that is not there has nothing. */
static int look_at(struct rootfs *esp, const char *folder, struct vendor *v, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct volume volume = { 0 };
	int ret = rootfs_list(esp, folder, &dir, err);

	v->folder = xstrdup(folder);
	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	volume_set_rootfs(&volume, esp);
	for (size_t i = 0; ret == 0 && i < dir.n && i < FILES_MAX; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);
		CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };

		if (dir.v[i].type != ROOTFS_FILE || !is_program(dir.v[i].name))
			continue;
		ret = loader_recognise_file(&volume, path, &facts, err);
		if (ret == 0 && facts.machine == MACHINE)
			sort_in(v, path, &facts);
	}
	return ret;
}

/* ---- writing ---- */

static int put(const struct repair_scene *s, const char *to, const char *bytes, size_t len,
	struct err *err)
{
	int ret = rootfs_mkdir_p(s->esp, "/EFI/BOOT", s->mtime, err);

	return ret < 0 ? ret : rootfs_write_file(s->esp, to, 0644, bytes, len, s->mtime, err);
}

/* The same file needs no writing. */
static int copy(const struct repair_scene *s, const char *from, const char *to, struct err *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT, old CLEANUP(buf_release) = BUF_INIT;
	int ret = rootfs_read_file(s->esp, from, PROGRAM_MAX, &bytes, err);

	if (ret < 0)
		return ret;
	if (rootfs_read_file(s->esp, to, PROGRAM_MAX, &old, NULL) == 0 && old.len == bytes.len &&
		memcmp(buf_text(&old), buf_text(&bytes), old.len) == 0)
		return 0;
	return put(s, to, buf_text(&bytes), bytes.len, err);
}

void repair_stub(const struct install_options *o, struct text *out)
{
	text_printf(out,
		"search.fs_uuid %s root\n"
		"set prefix=($root)'%s'\n"
		"configfile $prefix/grub.cfg\n",
		o->root_uuid, o->boot_prefix);
}

/*
 * A configuration beside the loader. One of the vendor's that leads to the menu
 * is copied; a whole menu there is what updates write, and is led to.
 */
static int put_config(const struct repair_scene *s, const struct vendor *v,
	const struct loader_facts *grub, struct err *err)
{
	CLEANUP(xfree) char *vendor = xasprintf("%s/grub.cfg", v->folder);
	CLEANUP(xfree) char *uuid = NULL, *path = NULL, *own = NULL;
	struct text text CLEANUP(text_release) = TEXT_INIT;
	bool has_vendor = rootfs_read_text(s->esp, vendor, CONFIG_MAX, &text, NULL) == 0;
	int ret;

	if (grub->prefix && grub->prefix[0] == '/')
		own = xasprintf("%s/grub.cfg", grub->prefix);
	if (has_vendor && !grub_leads_to(text_str(&text), &uuid, &path)) {
		text_reset(&text);
		text_printf(&text, "configfile ($root)%s\n", vendor);
	} else if (!has_vendor && s->install->boot_prefix) {
		text_reset(&text);
		repair_stub(s->install, &text);
		if (own && !rootfs_exists(s->esp, own)) {
			CLEANUP(xfree)
			char *folder = xstrndup(own, strlen(own) - strlen("/grub.cfg"));

			ret = rootfs_mkdir_p(s->esp, folder, s->mtime, err);
			if (ret == 0)
				ret = rootfs_write_file(s->esp, own, 0644, text_str(&text),
					text.len, s->mtime, err);
			if (ret < 0)
				return ret;
		}
	} else if (!has_vendor) {
		/* A GRUB that brings its configuration along needs none. */
		return grub->config || rootfs_exists(s->esp, "/EFI/BOOT/grub.cfg")
			       ? 0
			       : err_set(err, ENOENT,
					 "no grub.cfg is found that GRUB could be led to");
	}
	if (rootfs_exists(s->esp, "/EFI/BOOT/grub.cfg") && !has_vendor)
		return 0;
	return put(s, "/EFI/BOOT/grub.cfg", text_str(&text), text.len, err);
}

static int put_shim(
	const struct repair_scene *s, const struct vendor *v, char **what, struct err *err)
{
	const char *name = v->shim_facts.second_stage ? v->shim_facts.second_stage : "grubaa64.efi";
	CLEANUP(xfree) char *second = xasprintf("/EFI/BOOT/%s", name);
	int ret = copy(s, v->shim, FALLBACK, err);

	if (ret == 0)
		ret = copy(s, v->grub, second, err);
	if (ret == 0 && v->mok)
		ret = copy(s, v->mok, "/EFI/BOOT/mmaa64.efi", err);
	if (ret == 0)
		ret = put_config(s, v, &v->grub_facts, err);
	if (ret == 0)
		*what = xasprintf("shim %s and GRUB %s of %s", v->shim_facts.version,
			v->grub_facts.version, v->folder);
	return ret;
}

static int put_grub(
	const struct repair_scene *s, const struct vendor *v, char **what, struct err *err)
{
	int ret = copy(s, v->grub, FALLBACK, err);

	if (ret == 0)
		ret = put_config(s, v, &v->grub_facts, err);
	if (ret == 0)
		*what = xasprintf("GRUB %s of %s", v->grub_facts.version, v->folder);
	return ret;
}

/* 1: this vendor has no whole chain. */
static int put_vendor(
	const struct repair_scene *s, const struct vendor *v, char **what, struct err *err)
{
	int ret;

	if (v->shim && v->grub)
		return put_shim(s, v, what, err);
	if (v->grub)
		return put_grub(s, v, what, err);
	if (v->systemd_boot) {
		ret = copy(s, v->systemd_boot, FALLBACK, err);
		*what = xasprintf("systemd-boot %s of %s", v->systemd_facts.version, v->folder);
		return ret;
	}
	if (v->windows) {
		ret = copy(s, v->windows, FALLBACK, err);
		*what = xasprintf("the Windows boot manager, %s", v->windows);
		return ret;
	}
	return 1;
}

/* ---- choosing ---- */

/* Folders below \EFI, the guest's own first; \EFI\BOOT, what is to be made whole, is none. */
static int list_vendors(const struct repair_scene *s, struct strlist *folders, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	const char *id = s->install->os_id;
	int ret = rootfs_list(s->esp, "/EFI", &dir, err);

	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	for (int own = 1; own >= 0; own--)
		for (size_t i = 0; ret == 0 && i < dir.n; i++) {
			const char *name = dir.v[i].name;
			bool is_own = id && strcasecmp(name, id) == 0;

			if (dir.v[i].type == ROOTFS_DIR && is_own == own &&
				strcasecmp(name, "BOOT") != 0)
				strlist_take(folders, strcasecmp(name, "Microsoft") == 0
							      ? xstrdup("/EFI/Microsoft/Boot")
							      : xasprintf("/EFI/%s", name));
		}
	return ret;
}

/* What the guest's packages brought, as build installs it. */
static int put_packages(const struct repair_scene *s, char **what, struct err *err)
{
	struct install_plan plan CLEANUP(install_plan_release) = { 0 };
	int ret = loader_plan_install(s->root, INSTALL_AUTO, s->install, &plan, err);

	for (size_t i = 0; ret == 0 && i < plan.n; i++) {
		struct buf bytes CLEANUP(buf_release) = BUF_INIT;
		CLEANUP(xfree) char *folder = xstrdup(plan.files[i].dest);

		if (!plan.files[i].source && plan.files[i].n_parts)
			return err_set(
				err, ENOTSUP, "a unified kernel image would have to be made");
		if (plan.files[i].source)
			ret = rootfs_read_file(
				s->root, plan.files[i].source, PROGRAM_MAX, &bytes, err);
		else
			buf_add(&bytes, text_str(&plan.files[i].bytes), plan.files[i].bytes.len);
		*strrchr(folder, '/') = '\0';
		if (ret == 0)
			ret = rootfs_mkdir_p(s->esp, folder, s->mtime, err);
		if (ret == 0)
			ret = rootfs_write_file(s->esp, plan.files[i].dest, 0644, buf_text(&bytes),
				bytes.len, s->mtime, err);
	}
	if (ret == 0)
		*what = xasprintf("%s of the guest's packages", plan.what);
	return ret;
}

int repair_fallback(const struct repair_scene *s, char **what, struct err *err)
{
	CLEANUP(strlist_release) struct strlist folders = { 0 };
	CLEANUP(xfree) char *uki = NULL;
	int ret = list_vendors(s, &folders, err);

	*what = NULL;
	if (ret < 0)
		return ret;
	for (size_t i = 0; ret == 0 && i < folders.n; i++) {
		struct vendor v CLEANUP(vendor_release) = { 0 };

		ret = look_at(s->esp, folders.v[i], &v, err);
		if (ret == 0 && !uki)
			uki = TAKE(v.uki);
		if (ret == 0)
			ret = put_vendor(s, &v, what, err);
		if (ret <= 0)
			return ret;
		ret = 0;
	}
	if (ret == 0 && s->root) {
		ret = put_packages(s, what, err);
		if ((ret != -ENOENT && ret != -ENOTSUP) || !uki)
			return ret;
		err_clear(err);
	}
	if (!uki)
		return err_set(err, ENOENT,
			"neither the ESP nor the guest has a loader that could be put there");
	*what = xasprintf("the unified kernel image %s", uki);
	return copy(s, uki, FALLBACK, err);
}

/* ---- configurations that lead to another ---- */

static bool starts(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '.' || !line[n]);
}

/* A UUID as a word of the line; NULL: there is none. */
static char *uuid_in(const char *line)
{
	for (const char *p = line; *p;) {
		size_t n = strspn(p, "0123456789abcdefABCDEF-");

		if (n >= 9 && memchr(p, '-', n) && (p == line || strchr(" \t'\"=", p[-1])) &&
			(!p[n] || strchr(" \t'\"", p[n])))
			return xstrndup(p, n);
		p += n + !n;
	}
	return NULL;
}

/* "($root)'/boot/grub'" and "($dev)/boot/grub2" have a path behind the device. */
static char *path_behind_device(const char *value)
{
	const char *p = strchr(value, '/');
	CLEANUP(text_release) struct text path = TEXT_INIT;

	for (; p && *p && *p != ' '; p++)
		if (*p != '\'' && *p != '"')
			text_add(&path, p, 1);
	return xstrdup(text_str(&path));
}

static void take_line(const char *line, char **uuid, char **prefix, char **file, bool *other)
{
	char **to = NULL;
	char *value = NULL;

	if (starts(line, "search")) {
		to = uuid;
		value = uuid_in(line);
	} else if (strncmp(line, "set prefix=", 11) == 0) {
		to = prefix;
		value = path_behind_device(line + 11);
	} else if (starts(line, "configfile") || starts(line, "normal")) {
		to = file;
		value = xstrdup(strncmp(line + strcspn(line, " "), " $prefix", 8) == 0
					? "$prefix/grub.cfg"
					: line + strcspn(line, " "));
	} else if (*line && *line != '#' && !starts(line, "export") && !starts(line, "insmod")) {
		*other = true;
	}
	if (to) {
		free(*to);
		*to = value;
	}
}

bool grub_leads_to(const char *text, char **uuid, char **path)
{
	CLEANUP(xfree) char *copied = xstrdup(text), *prefix = NULL, *file = NULL;
	char *save = NULL;
	bool other = false;

	*uuid = *path = NULL;
	for (char *line = strtok_r(copied, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t n;

		line += strspn(line, " \t");
		n = strlen(line);
		while (n && strchr(" \t\r", line[n - 1]))
			line[--n] = '\0';
		take_line(line, uuid, &prefix, &file, &other);
	}
	if (!other && *uuid && file) {
		*path = strcmp(file, "$prefix/grub.cfg") == 0
				? prefix ? xasprintf("%s/grub.cfg", prefix) : NULL
				: path_behind_device(file);
	}
	if (*path)
		return true;
	free(*uuid);
	*uuid = NULL;
	return false;
}
