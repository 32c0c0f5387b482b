/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fedora, RHEL and what is made of it (from their packages, not run): shim-aa64 owns EFI/BOOT/BOOTAA64.EFI
 * and fbaa64.efi on the ESP, and grub2-efi-aa64 only EFI/<vendor>/grubaa64.efi.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "nvram/refresh.h"

/* The same while building: the package's files are where the ESP will be mounted. */
static char *shim_in_tree(struct rootfs *root)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };

	if (rootfs_list(root, "/boot/efi/EFI", &dir, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < dir.n; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("/boot/efi/EFI/%s/shimaa64.efi", dir.v[i].name);

		if (strcasecmp(dir.v[i].name, "BOOT") != 0 && rootfs_exists(root, path))
			return xstrdup(dir.v[i].name);
	}
	return NULL;
}

/* The vendor's folder that has shim in it, the guest's own before others; NULL: none. */
static char *shim_vendor(const struct nvram_scene *scene)
{
	const char *id = scene->inventory->os.id ? scene->inventory->os.id : "";
	char *found = NULL;

	if (!scene->esp)
		return shim_in_tree(scene->root);
	if (strcmp(id, "rhel") == 0)
		id = "redhat";
	for (size_t i = 0; i < scene->esp->n; i++) {
		const struct esp_file *f = &scene->esp->files[i];
		const char *name = f->path + 5;

		if (f->role == ESP_SHIM && f->arch == ESP_AA64 &&
			strncasecmp(f->path, "\\EFI\\", 5) == 0 && strchr(name, '\\') &&
			strncasecmp(name, "BOOT\\", 5) != 0)
			if (!found || strncasecmp(name, id, strcspn(name, "\\")) == 0) {
				free(found);
				found = xstrndup(name, strcspn(name, "\\"));
			}
	}
	return found;
}

static int has_rpm(const struct nvram_scene *scene, struct err *err)
{
	CLEANUP(xfree) char *vendor = NULL;

	(void)err;
	if ((!refresh_is_os(scene, "fedora") && !refresh_is_os(scene, "rhel") &&
		    !refresh_is_os(scene, "centos")) ||
		!rootfs_exists(scene->root, "/usr/bin/rpm") ||
		rootfs_exists(scene->root, "/ostree") || !refresh_has_grub(scene))
		return 0;
	vendor = shim_vendor(scene);
	return vendor != NULL;
}

static int detect_rpm(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	(void)err;
	if (refresh_unit_exists(scene))
		return nvram_off(a);
	return nvram_active(a, "ESP",
		"updates of shim-aa64 put fbaa64.efi into \\EFI\\BOOT, and those of grub2-efi-aa64 leave "
		"the grubaa64.efi there as it is");
}

static int keep_rpm(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	CLEANUP(xfree) char *vendor = shim_vendor(scene), *folder = NULL, *loader = NULL;
	CLEANUP(xfree) char *mok = NULL;
	int ret = refresh_esp_folder(scene, &folder, err);

	if (ret == 0 && !refresh_is_plain(vendor))
		ret = err_set(err, ENOTSUP, "a folder of that name has no place in a unit");
	if (ret < 0)
		return ret;
	loader = xasprintf("%s/grubaa64.efi", vendor);
	mok = xasprintf("%s/mmaa64.efi", vendor);
	return refresh_unit_write(scene, folder, loader, mok, mtime, err);
}

const struct refresh_family refresh_rpm = { has_rpm, detect_rpm, keep_rpm };
