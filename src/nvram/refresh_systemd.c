/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian 13 with signed systemd-boot and signed shim, without signed GRUB (from systemd-boot's postinst,
 * 257.13, not run): at every update of either, shim becomes \EFI\BOOT\BOOTAA64.EFI with fbaa64.efi
 * beside it, and systemd-boot stays in \EFI\systemd, which only the boot entry names to shim.
 */
#include <errno.h>

#include "base/xalloc.h"
#include "nvram/refresh.h"

#define LOADER "systemd/systemd-bootaa64.efi"

static int has_systemd(const struct nvram_scene *scene, struct err *err)
{
	struct rootfs *root = scene->root;

	(void)err;
	return refresh_is_os(scene, "debian") &&
	       rootfs_exists(root, "/usr/lib/systemd/boot/efi/systemd-bootaa64.efi.signed") &&
	       rootfs_exists(root, "/usr/lib/shim/shimaa64.efi.signed") &&
	       !rootfs_exists(root, "/usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed");
}

static int detect_systemd(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	(void)err;
	if (refresh_unit_exists(scene))
		return nvram_off(a);
	return nvram_active(a, "ESP",
		"updates of shim and systemd-boot put shim and fbaa64.efi into \\EFI\\BOOT, and there "
		"is no grubaa64.efi beside them for shim to start: it makes a boot entry instead");
}

static int keep_systemd(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	CLEANUP(xfree) char *folder = NULL, *mok = NULL;
	const char *id = scene->inventory->os.id ? scene->inventory->os.id : "debian";
	int ret = refresh_esp_mount(scene, &folder, err);

	if (ret == 0 && !folder && scene->esp)
		ret = err_set(err, ENOTSUP, "nothing in the guest says where the ESP is mounted");
	if (ret == 0 && !refresh_is_plain(id))
		ret = err_set(err, ENOTSUP, "a folder of that name has no place in a unit");
	if (ret < 0)
		return ret;
	mok = xasprintf("%s/mmaa64.efi", id);
	return refresh_unit_write(scene, folder ? folder : "/boot/efi", LOADER, mok, mtime, err);
}

const struct refresh_family refresh_systemd = { has_systemd, detect_systemd, keep_systemd };
