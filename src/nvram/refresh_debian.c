/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian, Ubuntu: postinst of grub-efi-arm64 and shim-signed run grub-install, where
 * /boot/efi/EFI/<distributor> is a folder. Debian's was run (tests/distro/updates.t), Ubuntu's is from its
 * packages, not run.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "nvram/refresh.h"
#include "rootfs/edit.h"

/* The folder's name, as the postinst makes it of /etc/default/grub. */
static int distributor(const struct nvram_scene *scene, char **name, struct err *err)
{
	const char *id = scene->inventory->os.id;
	struct text text CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *value = NULL;
	int ret = nvram_read(scene->root, "/etc/default/grub", &text, err);

	if (ret < 0)
		return ret;
	value = shell_assignment(text_str(&text), "GRUB_DISTRIBUTOR");
	if (!value || !*value || strpbrk(value, "`$(/"))
		*name = xstrdup(id ? id : "debian");
	else
		*name = xstrndup(value, strcspn(value, " "));
	for (char *p = *name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return refresh_is_plain(*name)
		       ? 0
		       : err_set(err, ENOTSUP, "GRUB's distributor is no folder's name");
}

static int has_debian(const struct nvram_scene *scene, struct err *err)
{
	static const char *const packages[] = { "grub-efi-arm64", NULL };
	bool has;
	int ret;

	if (!refresh_is_os(scene, "debian") || !scene->esp || !refresh_has_grub(scene))
		return 0;
	ret = nvram_has_package(scene->root, packages, &has, err);
	return ret < 0 ? ret : has;
}

static bool has_vendor(const struct nvram_scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->esp->vendors.n; i++)
		if (strcasecmp(scene->esp->vendors.v[i], name) == 0)
			return true;
	return false;
}

/* How fstab may name the ESP. */
static void esp_name(const struct nvram_scene *scene, char name[16])
{
	uint32_t serial = fat_facts(scene->fat)->serial;

	snprintf(name, 16, "UUID=%04X-%04X", serial >> 16, serial & 0xffff);
}

static int debian_mounts(const struct nvram_scene *scene, bool *mounts, struct err *err)
{
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = mounts_read(scene->root, &scene->parts, &tab, err);
	const struct fstab_line *line;
	char name[16];

	line = fstab_find(&tab, "/boot/efi");
	esp_name(scene, name);
	/* Whether other names are the ESP's is for guest.fstab-* to report, and so is what its UUID would be. */
	*mounts = line &&
		  (strncasecmp(line->spec, "UUID=", 5) != 0 || !fat_facts(scene->fat)->has_serial ||
			  strcasecmp(line->spec, name) == 0);
	return ret;
}

static int detect_debian(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	CLEANUP(xfree) char *name = NULL;
	bool mounts;
	int ret = distributor(scene, &name, err);

	if (ret == 0)
		ret = debian_mounts(scene, &mounts, err);
	if (ret < 0)
		return ret;
	if (!mounts)
		return nvram_active(a, "/etc/fstab",
			"the ESP is not mounted at /boot/efi, where updates of GRUB and shim look "
			"for it: \\EFI\\BOOT stays as it is");
	if (!has_vendor(scene, name))
		return nvram_active(a, "ESP",
			"there is no folder \\EFI\\%s, without which updates of GRUB and shim leave "
			"the ESP, and \\EFI\\BOOT on it, as it is",
			name);
	return nvram_off(a);
}

/* A line that mounts something else there, which is not in the image, gets the ESP's name. */
static bool name_esp(void *ctx, const char *line, struct text *out)
{
	struct fstab tab CLEANUP(fstab_release) = { 0 };

	fstab_parse(&tab, line, strlen(line));
	if (tab.n != 1 || strcmp(tab.v[0].file, "/boot/efi") != 0)
		return false;
	text_printf(out, "%s%s", (const char *)ctx, line + strcspn(line, " \t"));
	return true;
}

static int mount_esp(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	const struct fstab_line *line;
	char name[16];
	bool changed;
	int ret = mounts_read(scene->root, &scene->parts, &tab, err);

	if (ret < 0)
		return ret;
	line = fstab_find(&tab, "/boot/efi");
	if (line && line->from)
		return err_set(
			err, ENOTSUP, "%s mounts something else there, before fstab", line->from);
	if (!fat_facts(scene->fat)->has_serial)
		return err_set(err, ENOTSUP, "the ESP has no volume serial number to name it by");
	esp_name(scene, name);
	ret = rootfs_edit(scene->root, "/etc/fstab", name_esp, name, mtime, &changed, err);
	if (ret < 0 || changed)
		return ret;
	ret = nvram_read(scene->root, "/etc/fstab", &text, err);
	if (ret < 0)
		return ret;
	if (text.len && text_str(&text)[text.len - 1] != '\n')
		text_puts(&text, "\n");
	text_printf(&text, "%s /boot/efi vfat umask=0077 0 1\n", name);
	ret = rootfs_mkdir_p(scene->root, "/boot/efi", mtime, err);
	return ret < 0 ? ret
		       : rootfs_write_file(scene->root, "/etc/fstab", ROOTFS_KEEP, text_str(&text),
				 text.len, mtime, err);
}

static int keep_debian(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *name = NULL, *folder = NULL, *path = NULL;
	bool mounts;
	int ret = distributor(scene, &name, err);

	if (ret == 0)
		ret = debian_mounts(scene, &mounts, err);
	if (ret == 0 && !mounts)
		ret = mount_esp(scene, mtime, err);
	if (ret < 0 || has_vendor(scene, name))
		return ret;
	/* What grub-install would write there leads to the same menu. */
	folder = xasprintf("/EFI/%s", name);
	path = xasprintf("%s/grub.cfg", folder);
	ret = rootfs_read_file(scene->esp_files, "/EFI/BOOT/grub.cfg", NVRAM_FILE_MAX, &text, err);
	if (ret == 0)
		ret = rootfs_mkdir_p(scene->esp_files, folder, mtime, err);
	return ret < 0 ? ret
		       : rootfs_write_file(scene->esp_files, path, 0644, buf_bytes(&text), text.len,
				 mtime, err);
}

const struct refresh_family refresh_debian = { has_debian, detect_debian, keep_debian };
