/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootupd, of Fedora CoreOS, Atomic and bootc images. At each boot its
 * bootloader-update.service (enabled by preset since Fedora 43) puts the newest payload on the
 * ESP: what is below EFI/ in /usr/lib/efi/{shim,grub2}/VERSION/, or, before that, in
 * /usr/lib/bootupd/updates/. The payload's EFI/BOOT has shim and fbaa64.efi and no
 * grubaa64.efi, so that shim runs fbaa64.efi, which writes boot entries. From its package
 * and Fedora's shim-aa64, not run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "nvram/mechanisms.h"

#define UNIT "bootloader-update.service"

/* Whether a folder, or one in it, has EFI/BOOT/fbaa64.efi. */
static bool has_fallback(struct rootfs *root, const char *folder, bool versions)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };
	char *file CLEANUP(xfree) = xasprintf("%s/EFI/BOOT/fbaa64.efi", folder);

	if (rootfs_exists(root, file))
		return true;
	if (!versions || rootfs_list(root, folder, &dir, NULL) < 0)
		return false;
	for (size_t i = 0; i < dir.n; i++) {
		char *below CLEANUP(xfree) = xasprintf("%s/%s", folder, dir.v[i].name);

		if (has_fallback(root, below, false))
			return true;
	}
	return false;
}

static bool is_enabled(struct rootfs *root)
{
	static const char *const links[] = {
		"/etc/systemd/system/multi-user.target.wants/" UNIT,
		"/usr/lib/systemd/system/multi-user.target.wants/" UNIT,
	};
	struct rootfs_stat st;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (rootfs_lstat(root, links[i], &st, NULL) == 0)
			return true;
	return false;
}

static int detect_bootupd(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	char *mask CLEANUP(xfree) = NULL;

	(void)m;
	(void)err;
	if (!rootfs_exists(scene->root, "/usr/lib/systemd/system/" UNIT))
		return nvram_absent(a, "bootupd's " UNIT " is not installed");
	if (rootfs_readlink(scene->root, "/etc/systemd/system/" UNIT, &mask, NULL) == 0 &&
		strcmp(mask, "/dev/null") == 0)
		return nvram_off(a);
	if (!is_enabled(scene->root))
		return nvram_off(a);
	if (!has_fallback(scene->root, "/usr/lib/efi/shim", true) &&
		!has_fallback(scene->root, "/usr/lib/bootupd/updates", false))
		return nvram_off(a);
	return nvram_active(a, UNIT,
		"after an update of its payload it puts shim and fbaa64.efi into \\EFI\\BOOT, and shim "
		"then runs fbaa64.efi, which writes boot entries");
}

static int mask_bootupd(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	int ret = rootfs_mkdir_p(scene->root, "/etc/systemd/system", mtime, err);

	(void)m;
	return ret < 0 ? ret
		       : rootfs_symlink(
				 scene->root, "/dev/null", "/etc/systemd/system/" UNIT, mtime, err);
}

const struct nvram_mechanism nvram_bootupd = {
	.name = "bootupd",
	.done = UNIT " is masked: \\EFI\\BOOT stays as it is, also where it should be newer",
	.advice = "ln -s /dev/null /etc/systemd/system/" UNIT
		  ", and after bootupctl update delete fbaa64.efi and put grubaa64.efi beside shim",
	.detect = detect_bootupd,
	.turn_off = mask_bootupd,
};
