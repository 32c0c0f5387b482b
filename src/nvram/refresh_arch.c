/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arch (from its packages, not run): grub has no hook; an administrator's in /etc/pacman.d/hooks may run
 * grub-install.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "nvram/refresh.h"

#define HOOKS "/etc/pacman.d/hooks"
#define HOOK  HOOKS "/95-grub-fallback.hook"

static int has_arch(const struct nvram_scene *scene, struct err *err)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };
	int ret;

	if ((!refresh_is_os(scene, "arch") && !refresh_is_os(scene, "archarm")) ||
		!refresh_has_grub(scene))
		return 0;
	ret = rootfs_list(scene->root, "/var/lib/pacman/local", &dir, err);
	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < dir.n; i++)
		if (strncmp(dir.v[i].name, "grub-", 5) == 0 &&
			isdigit((unsigned char)dir.v[i].name[5]))
			return 1;
	return ret;
}

static int detect_arch(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	return refresh_judge(scene, a, HOOKS, ".hook",
		"no hook runs grub-install --removable: updates of grub leave \\EFI\\BOOT "
		"as it is, until grub.cfg asks for what it does not know",
		err);
}

static int keep_arch(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *command = NULL;
	int ret = refresh_command(scene, &command, err);

	if (ret == 0)
		ret = rootfs_mkdir_p(scene->root, HOOKS, mtime, err);
	if (ret < 0)
		return ret;
	text_printf(&text,
		"[Trigger]\nOperation = Upgrade\nType = Package\nTarget = grub\n\n"
		"[Action]\nDescription = Refreshing the fallback loader\nWhen = PostTransaction\n"
		"Exec = /usr/bin/%s\n",
		command);
	return rootfs_write_file(scene->root, HOOK, 0644, text_str(&text), text.len, mtime, err);
}

const struct refresh_family refresh_arch = { has_arch, detect_arch, keep_arch };
