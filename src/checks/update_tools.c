/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What writes the configurations of loaders in a guest. See update_tools.h.
 */
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "checks/update_tools.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX 65536

bool tools_exist(struct rootfs *root, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rootfs_exists(root, paths[i]))
			return true;
	return false;
}

bool tools_package_manager(struct rootfs *root)
{
	static const char *const records[] = { "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite",
		"/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db",
		"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/Packages.db",
		"/lib/apk/db/installed", "/usr/lib/apk/db/installed", "/var/lib/pacman/local",
		/* xbps, portage, eopkg, moss, swupd, slackpkg, opkg. */
		"/var/db/xbps", "/var/db/pkg", "/var/lib/eopkg/package", "/.moss/db",
		"/usr/share/clear/bundles", "/var/lib/pkgtools/packages", "/var/lib/opkg/status" };

	return tools_exist(root, records, ARRAY_SIZE(records));
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

bool tools_mention(struct rootfs *root, const char *const *folders, size_t n, const char *word)
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

bool tools_hooks_mention(struct rootfs *root, const char *word)
{
	return tools_mention(root, hooks, ARRAY_SIZE(hooks), word);
}

const struct tools_generator *tools_generator(struct rootfs *root)
{
	static const struct tools_generator generators[] = {
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

bool tools_boot_manager(struct rootfs *root)
{
	static const char *const tools[] = { "/usr/bin/kernelstub", "/usr/bin/clr-boot-manager",
		"/usr/bin/sdboot-manage", "/usr/bin/limine-entry-tool", "/usr/bin/limine-update" };

	return tools_exist(root, tools, ARRAY_SIZE(tools));
}

bool tools_write_entries(struct rootfs *root)
{
	static const char *const tools[] = { "/usr/bin/sdbootutil",
		"/etc/kernel/postinst.d/zz-systemd-boot" };
	static const char *const installers[] = { "/usr/bin/kernel-install",
		"/bin/kernel-install" };

	if (tools_exist(root, tools, ARRAY_SIZE(tools)) || tools_boot_manager(root) ||
		tools_hooks_mention(root, "kernel-install") ||
		tools_hooks_mention(root, "loader/entries"))
		return true;
	/* Debian's kernels call it by a hook alone. */
	return !rootfs_exists(root, "/var/lib/dpkg/status") &&
	       tools_exist(root, installers, ARRAY_SIZE(installers));
}

/* Vendors bring whole images, which kernel-install copies whatever the layout is. */
static bool copies_ukis(struct rootfs *root)
{
	static const char *const plugins[] = { "/usr/lib/kernel/install.d/90-uki-copy.install" };
	CLEANUP(rootfs_dir_release) struct rootfs_dir versions = { 0 };

	if (!tools_exist(root, plugins, ARRAY_SIZE(plugins)) ||
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

bool tools_build_ukis(struct rootfs *root)
{
	static const char *const folders[] = { "/etc/kernel", "/usr/lib/kernel",
		"/etc/kernel/install.conf.d", "/usr/lib/kernel/install.conf.d" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (any_says(root, folders[i], sets, "layout=uki"))
			return true;
	return copies_ukis(root) || tools_hooks_mention(root, "EFI/Linux") ||
	       tools_hooks_mention(root, "EFI\\Linux") ||
	       any_says(root, "/etc/dracut.conf.d", sets, "uefi=yes") ||
	       any_says(root, "/etc/default", sets, "CREATE_UEFI_BUNDLES=yes");
}

/* sdbootutil sets the default of both kinds of loaders. */
static bool has_sdbootutil(struct rootfs *root)
{
	return rootfs_exists(root, "/usr/bin/sdbootutil");
}

bool tools_move_default(struct rootfs *root)
{
	static const char *const plugins[] = { "/usr/lib/kernel/install.d" };
	static const char *const words[] = { "loader.conf", "set-default" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (tools_hooks_mention(root, words[i]) ||
			tools_mention(root, plugins, ARRAY_SIZE(plugins), words[i]))
			return true;
	return has_sdbootutil(root) || tools_boot_manager(root);
}

bool tools_move_saved(struct rootfs *root)
{
	/* The packages of rpm's kernels do, unless /etc/sysconfig/kernel says otherwise. */
	static const char *const rpm[] = { "/usr/lib/sysimage/rpm", "/var/lib/rpm" };

	return has_sdbootutil(root) || tools_exist(root, rpm, ARRAY_SIZE(rpm)) ||
	       tools_hooks_mention(root, "saved_entry") || tools_hooks_mention(root, "set-default");
}

static void read_default(struct rootfs *root, const char *path, char **value, char **file)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	char *found;

	if (rootfs_read_file(root, path, TEXT_MAX, &text, NULL) < 0)
		return;
	found = shell_assignment(buf_text(&text), "GRUB_DEFAULT");
	if (!found)
		return;
	free(*value);
	free(*file);
	*value = found;
	*file = xstrdup(path);
}

char *tools_grub_default(struct rootfs *root, char **file)
{
	static const char folder[] = "/etc/default/grub.d";
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	CLEANUP(strlist_release) struct strlist names = { 0 };
	char *value = NULL;

	read_default(root, "/etc/default/grub", &value, file);
	rootfs_list(root, folder, &dir, NULL);
	for (size_t i = 0; i < dir.n; i++)
		if (ends_with(dir.v[i].name, ".cfg"))
			strlist_add(&names, dir.v[i].name);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, names.v[i]);

		read_default(root, path, &value, file);
	}
	return value;
}
