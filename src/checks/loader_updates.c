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
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX 65536

static bool exists_any(struct rootfs *root, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rootfs_exists(root, paths[i]))
			return true;
	return false;
}

static bool has_package_manager(struct rootfs *root)
{
	static const char *const records[] = { "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite",
		"/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db",
		"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/Packages.db",
		"/lib/apk/db/installed", "/usr/lib/apk/db/installed", "/var/lib/pacman/local",
		/* xbps, portage, eopkg, moss, swupd, slackpkg, opkg. */
		"/var/db/xbps", "/var/db/pkg", "/var/lib/eopkg/package", "/.moss/db",
		"/usr/share/clear/bundles", "/var/lib/pkgtools/packages", "/var/lib/opkg/status" };

	return exists_any(root, records, ARRAY_SIZE(records));
}

typedef bool says_fn(const char *text, const char *word);

/* Whether a file in the folder says so. */
static bool any_says(struct rootfs *root, const char *folder, says_fn *says, const char *word)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	if (rootfs_list(root, folder, &dir, NULL) < 0)
		return false;
	for (size_t i = 0; i < dir.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);
		CLEANUP(buf_release) struct buf text = BUF_INIT;

		if (dir.v[i].type != ROOTFS_DIR &&
			rootfs_read_file(root, path, TEXT_MAX, &text, NULL) == 0 &&
			says(buf_text(&text), word))
			return true;
	}
	return false;
}

static bool has_word(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/* Whether a file in the folder has the word, in either case. */
static bool mentions(struct rootfs *root, const char *folder, const char *word)
{
	return any_says(root, folder, has_word, word);
}

/* Whether a line sets it, "layout=uki": blanks and quotes may stand around the value, and a comment is none. */
static bool sets(const char *text, const char *setting)
{
	size_t key = strcspn(setting, "=");
	const char *wanted = setting + key + 1;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *at = p + strspn(p, " \t");

		if (strncmp(at, setting, key) != 0)
			continue;
		at += key;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t\"'");
		if (strncmp(at, wanted, strlen(wanted)) == 0 &&
			strchr(" \t\r\n\"'#", at[strlen(wanted)]))
			return true;
	}
	return false;
}

static bool any_mentions(
	struct rootfs *root, const char *const *folders, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (mentions(root, folders[i], word))
			return true;
	return false;
}

/* Where a person's hooks stand. */
static const char *const hooks[] = { "/etc/kernel/postinst.d", "/etc/kernel/install.d",
	"/etc/initramfs/post-update.d", "/etc/dracut.conf.d", "/etc/mkinitcpio.d",
	"/etc/kernel-hooks.d", "/etc/kernel.d/post-install" };

/* ---- GRUB ---- */

struct generator {
	const char *tool, *output;
};

static const struct generator *generator_of(struct rootfs *root)
{
	static const struct generator generators[] = {
		{ "/usr/sbin/update-grub", "/boot/grub/grub.cfg" },
		{ "/usr/sbin/grub-mkconfig", "/boot/grub/grub.cfg" },
		{ "/usr/bin/grub-mkconfig", "/boot/grub/grub.cfg" },
		{ "/usr/sbin/grub2-mkconfig", "/boot/grub2/grub.cfg" },
		{ "/usr/bin/grub2-mkconfig", "/boot/grub2/grub.cfg" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(generators); i++)
		if (rootfs_exists(root, generators[i].tool))
			return &generators[i];
	return NULL;
}

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
	const struct generator *g = generator_of(root);
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

/* Tools that copy each kernel to the ESP and write its entry, whatever it is called there. */
static bool has_boot_manager(struct rootfs *root)
{
	static const char *const tools[] = { "/usr/bin/kernelstub", "/usr/bin/clr-boot-manager",
		"/usr/bin/sdboot-manage", "/usr/bin/limine-entry-tool", "/usr/bin/limine-update" };

	return exists_any(root, tools, ARRAY_SIZE(tools));
}

static bool writes_entries(struct rootfs *root)
{
	static const char *const tools[] = { "/usr/bin/sdbootutil",
		"/etc/kernel/postinst.d/zz-systemd-boot" };
	static const char *const installers[] = { "/usr/bin/kernel-install",
		"/bin/kernel-install" };

	if (exists_any(root, tools, ARRAY_SIZE(tools)) || has_boot_manager(root) ||
		any_mentions(root, hooks, ARRAY_SIZE(hooks), "kernel-install") ||
		any_mentions(root, hooks, ARRAY_SIZE(hooks), "loader/entries"))
		return true;
	/* Debian's kernels call it by a hook alone. */
	return !rootfs_exists(root, "/var/lib/dpkg/status") &&
	       exists_any(root, installers, ARRAY_SIZE(installers));
}

/* Vendors bring whole images, which kernel-install copies whatever the layout is. */
static bool copies_ukis(struct rootfs *root)
{
	static const char *const plugins[] = { "/usr/lib/kernel/install.d/90-uki-copy.install" };
	CLEANUP(rootfs_dir_release) struct rootfs_dir versions = { 0 };

	if (!exists_any(root, plugins, ARRAY_SIZE(plugins)) ||
		rootfs_list(root, "/usr/lib/modules", &versions, NULL) < 0)
		return false;
	for (size_t i = 0; i < versions.n; i++) {
		CLEANUP(xfree)
		char *folder = xasprintf("/usr/lib/modules/%s", versions.v[i].name);
		CLEANUP(rootfs_dir_release) struct rootfs_dir files = { 0 };

		rootfs_list(root, folder, &files, NULL);
		for (size_t n = 0; n < files.n; n++)
			if (ends_with(files.v[n].name, ".efi"))
				return true;
	}
	return false;
}

static bool builds_ukis(struct rootfs *root)
{
	static const char *const folders[] = { "/etc/kernel", "/usr/lib/kernel",
		"/etc/kernel/install.conf.d", "/usr/lib/kernel/install.conf.d" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (any_says(root, folders[i], sets, "layout=uki"))
			return true;
	return copies_ukis(root) || any_mentions(root, hooks, ARRAY_SIZE(hooks), "EFI/Linux") ||
	       any_mentions(root, hooks, ARRAY_SIZE(hooks), "EFI\\Linux") ||
	       any_says(root, "/etc/dracut.conf.d", sets, "uefi=yes") ||
	       any_says(root, "/etc/default", sets, "CREATE_UEFI_BUNDLES=yes");
}

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

	if (any_mentions(root, hooks, ARRAY_SIZE(hooks), base))
		return true;
	/* A name with a version is that of one kernel; another may be put together by the hook. */
	return folder && !has_version(base, g) &&
	       any_mentions(root, hooks, ARRAY_SIZE(hooks), folder);
}

static const char *how_to_build_ukis(
	struct rootfs *root, const struct boot_chain *chain, const struct chain_step *uki)
{
	bool found = is_found(chain, uki);

	if (chain_has_loader(chain, LOADER_GRUB) && !found)
		return "add a hook that writes it (/etc/kernel/install.d), or have GRUB boot the "
		       "kernels in /boot";
	if (!found && builds_ukis(root))
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
		found = found || any_mentions(root, hooks, ARRAY_SIZE(hooks), names[i]);
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
		return builds_ukis(root);
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

	if (!at || strcmp(at, "/boot") == 0 || has_boot_manager(root) ||
		any_mentions(root, folders, ARRAY_SIZE(folders), at) ||
		any_mentions(root, folders, ARRAY_SIZE(folders), strrchr(e->kernel, '/') + 1)) {
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

static int judge(
	struct image *image, const struct boot_chain *chain, struct findings *f, struct err *err)
{
	const struct chain_entry *e = chain_default(chain);
	const struct chain_step *uki = uki_of(chain);
	const struct chain_view *view;
	const struct image_guest *g;
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = image_guest(image, &g, err);
	if (ret == 0)
		ret = image_volumes(image, &view, err);
	if (ret < 0)
		return ret;
	if (!has_package_manager(root) || rootfs_exists(root, "/etc/NIXOS"))
		finding_skip(f, "no package manager of the guest installs kernels");
	else if (e && strstr(e->cmdline, "ostree="))
		finding_skip(f, "OSTree writes the entries");
	else if (!uki && (!e || !e->kernel))
		finding_skip_for(f, "loader", "no entry names a kernel");
	else if (judge_place(image, g, view, uki ? uki->volume : e->volume,
			 uki ? uki->path : e->kernel, f))
		return 0;
	else if (uki)
		judge_uki(root, chain, uki, g, f);
	else if (!is_versioned(e, g))
		judge_fixed_name(root, e, g, view, f);
	else if (strstr(e->source, "/loader/entries/")) {
		if (!writes_entries(root))
			finding_add(f, e->source,
				"install kernel-install and what calls it (Debian: systemd-boot)",
				"this entry is what is booted, and no tool of the guest writes such "
				"entries: kernels that are installed later are never booted");
	} else if (chain_has_loader(chain, LOADER_GRUB)) {
		judge_grub(root, chain, boot_volume(image), f);
	}
	return 0;
}

static int run_updates(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = image_chain(image, &chain, err);

	if (ret < 0)
		return ret;
	if (!chain->complete || chain->unfollowed) {
		finding_skip_for(f, "loader", "the way to the kernel is not followed");
		return 0;
	}
	return judge(image, chain, f, err);
}

static const struct check checks[] = {
	{ "loader.updates", SEV_WARNING, "VM-9", "what the guest's updates write is what is booted",
		NEED_CHAIN | NEED_ROOTFS, run_updates, .fix = fix_updates_reach },
};

const struct check_group loader_updates_checks = CHECK_GROUP(checks);
