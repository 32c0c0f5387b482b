/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit in the guest that waits for what updates do to the ESP: it takes shim's fallback out of
 * \EFI\BOOT, and brings what shim starts there up to date.
 */
#include "base/xalloc.h"
#include "nvram/refresh.h"

#define UNIT REFRESH_UNITS "efi-fallback"

bool refresh_unit_exists(const struct nvram_scene *scene)
{
	return rootfs_exists(scene->root, UNIT ".path");
}

static int put(const struct nvram_scene *scene, const char *path, const struct text *text,
	int64_t mtime, struct err *err)
{
	return rootfs_write_file(scene->root, path, 0644, text_str(text), text->len, mtime, err);
}

int refresh_unit_write(const struct nvram_scene *scene, const char *esp, const char *loader,
	const char *mok, int64_t mtime, struct err *err)
{
	struct text path CLEANUP(text_release) = TEXT_INIT,
			 service CLEANUP(text_release) = TEXT_INIT;
	int ret = rootfs_mkdir_p(scene->root, REFRESH_UNITS "multi-user.target.wants", mtime, err);

	if (ret < 0)
		return ret;
	text_printf(&path,
		"[Unit]\nDescription=Updates of the boot loader on the ESP\nRequiresMountsFor=%s\n\n"
		"[Path]\nPathExists=%s/EFI/BOOT/fbaa64.efi\nPathChanged=%s/EFI/%s\n\n"
		"[Install]\nWantedBy=multi-user.target\n",
		esp, esp, esp, loader);
	text_printf(&service,
		"[Unit]\nDescription=Keep the removable media path whole and current\n"
		"RequiresMountsFor=%s\n\n[Service]\nType=oneshot\n"
		"ExecStart=/bin/rm -f %s/EFI/BOOT/fbaa64.efi\n"
		"ExecStart=-/bin/cp -f %s/EFI/%s %s/EFI/BOOT/grubaa64.efi\n"
		"ExecStart=-/bin/cp -f %s/EFI/%s %s/EFI/BOOT/mmaa64.efi\n",
		esp, esp, esp, loader, esp, esp, mok, esp);
	ret = put(scene, UNIT ".service", &service, mtime, err);
	if (ret == 0)
		ret = put(scene, UNIT ".path", &path, mtime, err);
	return ret < 0 ? ret
		       : rootfs_symlink(scene->root, UNIT ".path",
				 REFRESH_UNITS "multi-user.target.wants/efi-fallback.path", mtime,
				 err);
}
