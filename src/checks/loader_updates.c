/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader family: whether what is booted is what the guest's own tools
 * write (VM-9). Where they write another file, which nothing reads, the image
 * boots the kernel of its first day for ever, until that is removed. Guests
 * without a package manager are replaced as a whole, and not judged.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/update_tools.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/rootfs.h"

/* ---- GRUB ---- */

/* The volume that holds the guest's /boot. */
static const struct volume *boot_volume(struct image *image)
{
	const struct volume *v = image_mount_at(image, "/boot");

	return v ? v : image_root_volume(image);
}

/* Where the guest mounts the volume; NULL: nowhere that is known. */
static const char *mounted_at(
	const struct image_guest *g, const struct chain_view *view, const struct volume *v)
{
	for (size_t i = 0; i < g->fstab->n; i++)
		if (name_resolve(view, g->fstab->v[i].spec).volume == v)
			return g->fstab->v[i].file;
	return NULL;
}

/* Whether something is mounted at or below /boot or /efi whose name leads to nothing: which volume that is, is not known. */
static bool mounts_unknown(const struct image_guest *g, const struct chain_view *view)
{
	for (size_t i = 0; i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];

		if ((is_at_or_below(l->file, "/boot") || is_at_or_below(l->file, "/efi")) &&
			!name_resolve(view, l->spec).volume)
			return true;
	}
	return false;
}

/* What is booted lies where nothing that runs in the guest writes, as it is not mounted: says so. */
static bool judge_place(struct image *image, const struct image_guest *g,
	const struct chain_view *view, const struct volume *v, const char *path, struct findings *f)
{
	char name[VOLUME_NAME_MAX];
	CLEANUP(xfree) char *where = NULL;

	if (!v || v == image_root_volume(image) || mounted_at(g, view, v) ||
		mounts_unknown(g, view))
		return false;
	where = xasprintf("%s:%s", volume_name(v, name), path);
	finding_add(f, where, "mount that file system in the guest, by a line in /etc/fstab",
		"this is what is booted, and the guest mounts the file system that it lies on "
		"nowhere: kernels that are installed later are never booted");
	return true;
}

/* The configuration that GRUB shows: the last that it reads; NULL: none. *standard: it is where its tools write. */
static const struct chain_step *grub_menu(
	const struct boot_chain *chain, const struct volume *boot, bool *standard)
{
	const struct chain_step *last = NULL;

	*standard = false;
	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind != STEP_CONFIG || s->loader != LOADER_GRUB)
			continue;
		last = s;
		*standard |= s->volume == boot && (ends_with(s->path, "/grub/grub.cfg") ||
							  ends_with(s->path, "/grub2/grub.cfg"));
	}
	return last;
}

static void judge_grub(struct rootfs *root, const struct boot_chain *chain,
	const struct volume *boot, struct findings *f)
{
	const struct tools_generator *g = tools_generator(root);
	char name[VOLUME_NAME_MAX];
	CLEANUP(xfree) char *where = NULL;
	bool standard;
	const struct chain_step *menu = grub_menu(chain, boot, &standard);

	if (standard)
		return;
	where = menu ? xasprintf("%s:%s", volume_name(menu->volume, name), menu->path)
		     : xstrdup("GRUB's memory disk");
	if (g)
		finding_add(f, where,
			"let it be three lines that lead there: search for the root file system, set "
			"prefix, configfile",
			"this menu is what is booted, and %s in the guest writes %s, which nothing on "
			"the way reads: kernels that are installed later are never booted",
			g->tool, g->output);
	else
		finding_add(f, where,
			"install what makes GRUB's configuration, and let this lead to it",
			"this menu is what is booted, and no tool of the guest writes it: kernels that "
			"are installed later are never booted");
}

/* ---- systemd-boot, unified kernel images ---- */

static bool has_version(const char *path, const struct image_guest *g)
{
	return g->kernel && *g->kernel->version && strstr(path, g->kernel->version);
}

/*
 * Whether the loader takes whatever is in a folder: its entry is then in no file but the image. Of one that GRUB starts
 * there are two, GRUB's own and the image's.
 */
static bool is_found(const struct boot_chain *chain, const struct chain_step *uki)
{
	const struct chain_entry *e = chain_default(chain);
	size_t n = 0;

	if (!chain_has_loader(chain, LOADER_GRUB))
		return e && ends_with(e->source, uki->path);
	for (size_t i = 0; i < chain->n_entries; i++)
		n += ends_with(chain->entries[i].source, uki->path);
	return n > 1;
}

/* Whether something in the guest writes the very file that an entry names by its path. */
static bool rewrites(struct rootfs *root, const struct chain_step *uki, const struct image_guest *g)
{
	const char *base = strrchr(uki->path, '/') + 1;
	CLEANUP(xfree)
	char *folder = base - uki->path > 2
			       ? xstrndup(uki->path + 1, (size_t)(base - uki->path) - 2)
			       : NULL;

	if (tools_hooks_mention(root, base))
		return true;
	/* A name with a version is that of one kernel; another may be put together by the hook. */
	return folder && !has_version(base, g) && tools_hooks_mention(root, folder);
}

static const char *how_to_build_ukis(
	struct rootfs *root, const struct boot_chain *chain, const struct chain_step *uki)
{
	bool found = is_found(chain, uki);

	if (chain_has_loader(chain, LOADER_GRUB) && !found)
		return "add a hook that writes it (/etc/kernel/install.d), or have GRUB boot the "
		       "kernels in /boot";
	if (!found && tools_build_ukis(root))
		return "delete the entry, which names one image by its path: systemd-boot finds "
		       "those in \\EFI\\Linux without";
	if (rootfs_exists(root, "/var/lib/pacman/local"))
		return "name it as default_uki= in the preset in /etc/mkinitcpio.d";
	if (rootfs_exists(root, "/sbin/apk"))
		return "install secureboot-hook, and name the ESP's folder EFI/Linux in "
		       "/etc/kernel-hooks.d/secureboot.conf";
	return "set layout=uki in /etc/kernel/install.conf";
}

/* FAT minds no letters, and a hook may be written in any. */
static bool writes_fallback(struct rootfs *root)
{
	static const char *const names[] = { "BOOTAA64", "bootaa64", "BOOTaa64" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		found = found || tools_hooks_mention(root, names[i]);
	return found;
}

static const struct chain_step *uki_of(const struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_steps; i++)
		if (chain->steps[i].loader == LOADER_UKI)
			return &chain->steps[i];
	return NULL;
}

static bool writes_uki(struct rootfs *root, const struct boot_chain *chain,
	const struct chain_step *uki, const struct image_guest *g)
{
	if (chain->settled || is_found(chain, uki))
		return tools_build_ukis(root);
	return rewrites(root, uki, g);
}

static void judge_uki(struct rootfs *root, const struct boot_chain *chain,
	const struct chain_step *uki, const struct image_guest *g, struct findings *f)
{
	bool fallback = strncasecmp(uki->path, "/EFI/BOOT/", 10) == 0;
	char name[VOLUME_NAME_MAX];
	CLEANUP(xfree) char *where = xasprintf("%s:%s", volume_name(uki->volume, name), uki->path);

	if (fallback ? writes_fallback(root) : writes_uki(root, chain, uki, g))
		return;
	finding_add(f, where,
		fallback
			? "add a hook that writes it (/etc/kernel/install.d), or put systemd-boot there "
			  "and the image into \\EFI\\Linux"
			: how_to_build_ukis(root, chain, uki),
		"this unified kernel image is what is booted, and nothing in the guest makes it anew: "
		"kernels that are installed later are never booted");
}

/* ---- a kernel under one name ---- */

/* Kernels' packages write to /boot; what else lies on a FAT a hook of the guest's has to copy there. */
static void judge_fixed_name(struct rootfs *root, const struct chain_entry *e,
	const struct image_guest *g, const struct chain_view *view, struct findings *f)
{
	static const char *const folders[] = { "/etc/kernel/postinst.d", "/etc/kernel/install.d",
		"/etc/initramfs/post-update.d", "/etc/mkinitcpio.d", "/usr/lib/kernel/install.d" };
	const char *at = e->volume && e->volume->by_firmware ? mounted_at(g, view, e->volume)
							     : NULL;
	char name[VOLUME_NAME_MAX];
	CLEANUP(xfree) char *where = NULL;

	if (!at || strcmp(at, "/boot") == 0 || tools_boot_manager(root) ||
		tools_mention(root, folders, ARRAY_SIZE(folders), at) ||
		tools_mention(root, folders, ARRAY_SIZE(folders), strrchr(e->kernel, '/') + 1)) {
		finding_skip(f, "the entry names a kernel that updates replace");
		return;
	}
	where = xasprintf("%s:%s", volume_name(e->volume, name), e->kernel);
	finding_add(f, where,
		"add a hook that copies it there (/etc/kernel/postinst.d), or boot the kernels in "
		"/boot",
		"this kernel is what is booted, and nothing in the guest writes it to %s: kernels "
		"that are installed later are never booted",
		at);
}

/* ---- the check ---- */

/*
 * Whether the entry names a kernel by a path that holds its version: a later one is another file. kernel-install's
 * folders are called by the version ("/TOKEN/6.1.0/linux"), whatever the file in them is.
 */
static bool is_versioned(const struct chain_entry *e, const struct image_guest *g)
{
	const char *file = strrchr(e->kernel, '/');
	const char *folder = file && file > e->kernel
				     ? memrchr(e->kernel, '/', (size_t)(file - e->kernel))
				     : NULL;

	return has_version(e->kernel, g) ||
	       (folder && folder > e->kernel && folder[1] >= '0' && folder[1] <= '9');
}

/* What both checks judge. */
struct judged {
	struct image *image;
	const struct boot_chain *chain;
	const struct chain_entry *e;
	const struct chain_step *uki; /* NULL: it is none that boots */
	const struct image_guest *g;
	const struct chain_view *view;
	struct rootfs *root;
};

/* 1: it is to be judged; 0: it was said why not. */
static int begin(struct image *image, struct judged *j, struct findings *f, struct err *err)
{
	int ret = image_chain(image, &j->chain, err);

	if (ret < 0)
		return ret;
	if (!j->chain->complete || j->chain->unfollowed) {
		finding_skip_for(f, "loader", "the way to the kernel is not followed");
		return 0;
	}
	j->image = image;
	j->e = chain_default(j->chain);
	j->uki = uki_of(j->chain);
	ret = image_rootfs(image, &j->root, err);
	if (ret == 0)
		ret = image_guest(image, &j->g, err);
	if (ret == 0)
		ret = image_volumes(image, &j->view, err);
	if (ret < 0)
		return ret;
	if (!tools_package_manager(j->root) || rootfs_exists(j->root, "/etc/NIXOS"))
		finding_skip(f, "no package manager of the guest installs kernels");
	else if (j->e && strstr(j->e->cmdline, "ostree="))
		finding_skip(f, "OSTree writes the entries");
	else if (!j->uki && (!j->e || !j->e->kernel))
		finding_skip_for(f, "loader", "no entry names a kernel");
	else
		return 1;
	return 0;
}

static bool is_bls(const struct chain_entry *e)
{
	return e && strstr(e->source, "/loader/entries/");
}

static int run_updates(struct image *image, struct findings *f, struct err *err)
{
	struct judged j = { 0 };
	int ret = begin(image, &j, f, err);

	if (ret <= 0)
		return ret;
	if (judge_place(image, j.g, j.view, j.uki ? j.uki->volume : j.e->volume,
		    j.uki ? j.uki->path : j.e->kernel, f))
		return 0;
	if (j.uki)
		judge_uki(j.root, j.chain, j.uki, j.g, f);
	else if (!is_versioned(j.e, j.g))
		judge_fixed_name(j.root, j.e, j.g, j.view, f);
	else if (is_bls(j.e)) {
		if (!tools_write_entries(j.root))
			finding_add(f, j.e->source,
				"install kernel-install and what calls it (Debian: systemd-boot)",
				"this entry is what is booted, and no tool of the guest writes such "
				"entries: kernels that are installed later are never booted");
	} else if (chain_has_loader(j.chain, LOADER_GRUB)) {
		judge_grub(j.root, j.chain, boot_volume(image), f);
	}
	return 0;
}

/* ---- a default that stays ---- */

static void report_default(
	struct findings *f, const char *where, const char *advice, const char *by)
{
	finding_add(f, where, advice,
		"the default is \"%s\", which names this kernel alone: when a later one is "
		"installed, this goes on being booted",
		by);
}

/* Whether entries of that kind are written by the guest's tools; otherwise loader.updates says so. */
static bool are_written(const struct judged *j)
{
	if (j->uki)
		return is_found(j->chain, j->uki) && tools_build_ukis(j->root);
	return is_bls(j->e) && tools_write_entries(j->root);
}

/*
 * A pattern without wildcards is one file's name, and tools give a later kernel's entry another. Where a person's hook
 * writes that very file it is another matter.
 */
static bool is_one_entry(const struct judged *j, const char *pattern)
{
	if (has_version(pattern, j->g))
		return true;
	return !j->uki && !strpbrk(pattern, "*?[") && is_versioned(j->e, j->g) &&
	       !tools_hooks_mention(j->root, strrchr(j->e->source, '/') + 1) &&
	       !tools_hooks_mention(j->root, "loader/entries");
}

static void judge_pattern(const struct judged *j, struct findings *f)
{
	const char *by = j->chain->chosen_by;

	if (are_written(j) && is_one_entry(j, by) && !tools_move_default(j->root))
		report_default(f, j->chain->chosen_in,
			"let default be a pattern that later entries match, too, or take it out: "
			"systemd-boot then takes the newest",
			by);
}

/* Another number may go on behind it. */
static bool names_version(const char *text, const char *version)
{
	const char *at = *version ? strstr(text, version) : NULL;

	return at && !(at[strlen(version)] >= '0' && at[strlen(version)] <= '9');
}

static bool names_kernel(const struct judged *j, const char *text)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir versions = { 0 };
	bool found = has_version(text, j->g);

	if (!found)
		rootfs_list(j->root, "/lib/modules", &versions, NULL);
	for (size_t i = 0; i < versions.n && !found; i++)
		found = names_version(text, versions.v[i].name);
	return found;
}

/*
 * Of a menu that the guest's tools write anew, what they will write into it. Entries with a version in their name are in
 * a submenu, so that without a '>' it may name none, unless it is what names the one that is booted.
 */
static bool judge_grub_default(const struct judged *j, const char *value, const char *file,
	bool chosen, struct findings *f)
{
	bool same = chosen && strcmp(j->chain->chosen_by, value) == 0;

	if (!names_kernel(j, value) || !(same || strchr(value, '>')))
		return false;
	report_default(
		f, file, "set GRUB_DEFAULT=0 there, and run update-grub (grub2-mkconfig)", value);
	return true;
}

static void judge_grub_choice(const struct judged *j, struct findings *f)
{
	const struct boot_chain *c = j->chain;
	CLEANUP(xfree) char *file = NULL;
	CLEANUP(xfree) char *value = tools_grub_default(j->root, &file);
	bool standard, chosen = c->chosen_by && has_version(c->chosen_by, j->g);

	grub_menu(c, boot_volume(j->image), &standard);
	if (standard && tools_generator(j->root)) {
		if (value && judge_grub_default(j, value, file, chosen, f))
			return;
		/* It is written when GRUB's configuration is, and not when a kernel is. */
		chosen = chosen &&
			 (c->chosen_by_saved ? value && strcmp(value, "saved") == 0 : is_bls(j->e));
	} else {
		chosen = chosen && are_written(j);
	}
	if (chosen && c->chosen_by_saved && !tools_move_saved(j->root))
		report_default(
			f, c->chosen_in, "run grub-set-default 0 in the guest", c->chosen_by);
	else if (chosen && !c->chosen_by_saved)
		report_default(f, c->chosen_in, "set default to 0 there", c->chosen_by);
}

static int run_fixed_default(struct image *image, struct findings *f, struct err *err)
{
	struct judged j = { 0 };
	int ret = begin(image, &j, f, err);

	if (ret <= 0)
		return ret;
	if (chain_find(j.chain, CHAIN_BAD_DEFAULT))
		finding_skip_for(f, "loader", "the default names no entry");
	else if (j.chain->chosen_in && ends_with(j.chain->chosen_in, "/loader/loader.conf"))
		judge_pattern(&j, f);
	else if (chain_has_loader(j.chain, LOADER_GRUB))
		judge_grub_choice(&j, f);
	return 0;
}

static const struct check checks[] = {
	{ "loader.updates", SEV_WARNING, "VM-9", "what the guest's updates write is what is booted",
		NEED_CHAIN | NEED_ROOTFS, run_updates, .fix = fix_updates_reach },
	{ "loader.fixed-default", SEV_WARNING, "VM-9", "the default moves on to the next kernel",
		NEED_CHAIN | NEED_ROOTFS, run_fixed_default },
};

const struct check_group loader_updates_checks = CHECK_GROUP(checks);
