/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the image's maker added: units, cloud-init data and hooks that make
 * boot entries with efibootmgr, or take away \EFI\BOOT. Text is searched,
 * nothing is interpreted; comments don't count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "nvram/mechanisms.h"

/* Folders that hold an administrator's own scripts and configuration, not a package's. */
static const char *const places[] = {
	"/etc/systemd/system",
	"/etc/cloud/cloud.cfg.d",
	"/var/lib/cloud/seed/nocloud",
	"/var/lib/cloud/seed/nocloud-net",
	"/var/lib/cloud/scripts/per-boot",
	"/var/lib/cloud/scripts/per-instance",
	"/var/lib/cloud/scripts/per-once",
	"/etc/kernel/postinst.d",
	"/etc/kernel/install.d",
	"/etc/initramfs/post-update.d",
	"/etc/apt/apt.conf.d",
	"/etc/init.d",
	"/etc/cron.d",
	"/usr/local/bin",
	"/usr/local/sbin",
	"/usr/lib/virt-sysprep/scripts",
};

static const char *const files[] = { "/etc/rc.local", "/etc/cloud/cloud.cfg", "/etc/crontab" };

/* Larger files are programs. */
#define SCRIPT_MAX (256u << 10)

static bool has_word(const char *line, const char *word)
{
	return strcasestr(line, word) != NULL;
}

/* efibootmgr with -c, --create, -C, -o or -n: entries or their order are made. */
static bool makes_entry(const char *line)
{
	static const char *const options[] = { " -c", " -C", "--create", "--bootorder", " -o",
		"--bootnext", " -n", "'-c'", "\"-c\"", "\"--create\"" };
	const char *p = strstr(line, "efibootmgr");

	for (size_t i = 0; p && i < ARRAY_SIZE(options); i++)
		if (strstr(p, options[i]))
			return true;
	return false;
}

static bool removes_fallback(const char *line)
{
	return (strstr(line, "rm ") || strstr(line, "mv ") || strstr(line, "rmdir ")) &&
	       (has_word(line, "EFI/BOOT/") || has_word(line, "EFI/BOOT ") ||
		       has_word(line, "EFI/BOOT\"") || has_word(line, "EFI/BOOT'") ||
		       (has_word(line, "EFI/BOOT") &&
			       strlen(strcasestr(line, "EFI/BOOT")) == strlen("EFI/BOOT")));
}

/* What the first guilty line of text does; NULL when there is none. *number gets its number. */
static const char *judge_text(char *text, unsigned *number)
{
	char *save = NULL, *line;

	*number = 0;
	for (line = text; line; line = save) {
		save = strchr(line, '\n');
		if (save)
			*save++ = '\0';
		(*number)++;
		if (line[strspn(line, " \t")] == '#')
			continue;
		if (makes_entry(line))
			return "makes a boot entry in NVRAM";
		if (removes_fallback(line))
			return "takes away \\EFI\\BOOT, the only path that needs no NVRAM";
	}
	return NULL;
}

static int look_at(struct rootfs *root, const char *path, struct nvram_answer *a, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const char *guilty;
	unsigned number;
	int ret = rootfs_read_file(root, path, SCRIPT_MAX, &text, err);

	/* Folders, dangling links and programs are not scripts. */
	if (ret == -ENOENT || ret == -EISDIR || ret == -EFBIG || ret == -ENOTDIR || ret == -ELOOP ||
		ret == -EINVAL) {
		err_clear(err);
		return 0;
	}
	if (ret < 0)
		return err_push(err, "%s", path);
	buf_reserve(&text, 0);
	guilty = judge_text(text.data, &number);
	return guilty ? nvram_active(a, path, "line %u %s", number, guilty) : 0;
}

static int look_in(struct rootfs *root, const char *dir, struct nvram_answer *a, struct err *err)
{
	struct rootfs_dir list CLEANUP(rootfs_dir_release) = { 0 };
	int ret = rootfs_list(root, dir, &list, err);

	if (ret == -ENOENT || ret == -ENOTDIR || ret == -ELOOP) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && a->state != NVRAM_ACTIVE && i < list.n; i++) {
		char *path CLEANUP(xfree) = xasprintf("%s/%s", dir, list.v[i].name);

		/* Links lead to what packages brought. */
		if (list.v[i].type == ROOTFS_FILE)
			ret = look_at(root, path, a, err);
	}
	return ret;
}

static int detect_hook(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	int ret = 0;

	(void)m;
	nvram_off(a);
	for (size_t i = 0; ret == 0 && a->state != NVRAM_ACTIVE && i < ARRAY_SIZE(places); i++)
		ret = look_in(scene->root, places[i], a, err);
	for (size_t i = 0; ret == 0 && a->state != NVRAM_ACTIVE && i < ARRAY_SIZE(files); i++)
		ret = look_at(scene->root, files[i], a, err);
	return ret;
}

const struct nvram_mechanism nvram_boot_entry_hook = {
	.name = "boot-entry-hook",
	.advice = "remove the command; the removable path boots without it",
	.detect = detect_hook,
};
