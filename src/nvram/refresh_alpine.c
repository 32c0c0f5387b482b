/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alpine (from its packages, not run): grub.post-upgrade sources /etc/grub-autoinstall, where there is
 * one; grub.trigger writes grub.cfg alone.
 */
#include <string.h>

#include "base/xalloc.h"
#include "nvram/refresh.h"

#define AUTOINSTALL "/etc/grub-autoinstall"

static int has_alpine(const struct nvram_scene *scene, struct err *err)
{
	static const char *const databases[] = { "/lib/apk/db/installed",
		"/usr/lib/apk/db/installed" };

	if (!refresh_is_os(scene, "alpine") || !refresh_has_grub(scene))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		struct text text CLEANUP(text_release) = TEXT_INIT;
		int ret = nvram_read(scene->root, databases[i], &text, err);

		if (ret < 0)
			return ret;
		if (strstr(text_str(&text), "P:grub-efi\n"))
			return 1;
	}
	return 0;
}

static int detect_alpine(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	return refresh_judge(scene, a, AUTOINSTALL, NULL,
		"it does not run grub-install --removable: updates of grub-efi leave "
		"\\EFI\\BOOT as it is",
		err);
}

static int keep_alpine(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *command = NULL;
	int ret = nvram_read(scene->root, AUTOINSTALL, &text, err);

	if (ret == 0)
		ret = refresh_command(scene, &command, err);
	if (ret < 0)
		return ret;
	text_printf(&text, "%s\n", command);
	return rootfs_write_file(
		scene->root, AUTOINSTALL, ROOTFS_KEEP, text_str(&text), text.len, mtime, err);
}

const struct refresh_family refresh_alpine = { has_alpine, detect_alpine, keep_alpine };
