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
#include "rootfs/edit.h"

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
	"/etc/pacman.d/hooks",
	"/etc/dnf/plugins/post-transaction-actions.d",
	"/etc/init.d",
	"/etc/cron.d",
	"/usr/local/bin",
	"/usr/local/sbin",
	"/usr/lib/virt-sysprep/scripts",
};

static const char *const files[] = { "/etc/rc.local", "/etc/cloud/cloud.cfg", "/etc/crontab",
	"/etc/grub-autoinstall" };

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

/* Installers of loaders that make an entry, too, unless they are asked not to. */
static const struct installer {
	const char *name;
	const char *verbs[2]; /* one of them must follow; NULL: an option does */
	const char *quiet[3]; /* words with which it makes none; the first is what it is given */
} installers[] = {
	{ "grub-install", { NULL }, { "--no-nvram", "--removable", "i386-pc" } },
	{ "grub2-install", { NULL }, { "--no-nvram", "--removable", "i386-pc" } },
	{ "bootctl", { " install", " update" }, { "--no-variables", "--variables=no", NULL } },
};

static bool has_any(const char *line, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i] && strstr(line, words[i]))
			return true;
	return false;
}

/* Where in the line the name of an installer ends that makes an entry; NULL: there is none. */
static const char *installs_entry(const char *line, const struct installer **which)
{
	for (size_t i = 0; i < ARRAY_SIZE(installers); i++) {
		const struct installer *in = &installers[i];
		const char *p = strstr(line, in->name);

		if (!p || has_any(line, in->quiet, ARRAY_SIZE(in->quiet)))
			continue;
		p += strlen(in->name);
		if (in->verbs[0] ? !has_any(p, in->verbs, ARRAY_SIZE(in->verbs))
				 : *p != ' ' || p[strspn(p, " ")] != '-')
			continue;
		*which = in;
		return p;
	}
	return NULL;
}

/* shim's fallback program is better away. */
static bool removes_fallback(const char *line)
{
	return !has_word(line, "EFI/BOOT/fb") &&
	       (strstr(line, "rm ") || strstr(line, "mv ") || strstr(line, "rmdir ")) &&
	       (has_word(line, "EFI/BOOT/") || has_word(line, "EFI/BOOT ") ||
		       has_word(line, "EFI/BOOT\"") || has_word(line, "EFI/BOOT'") ||
		       (has_word(line, "EFI/BOOT") &&
			       strlen(strcasestr(line, "EFI/BOOT")) == strlen("EFI/BOOT")));
}

static const char *judge_line(const char *line)
{
	const char *p = line + strspn(line, " \t");
	const struct installer *which;

	/* ": #" is how a command is taken out of a shell's branch. */
	if (*p == '#' || strncmp(p, ": #", 3) == 0)
		return NULL;
	if (makes_entry(line) || installs_entry(line, &which))
		return "makes a boot entry in NVRAM";
	if (removes_fallback(line))
		return "takes away \\EFI\\BOOT, the only path that needs no NVRAM";
	return NULL;
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
		if (judge_line(line))
			return judge_line(line);
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
	guilty = judge_text((char *)buf_edit(&text), &number);
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

/* ---- turning off ---- */

struct hook_edit {
	bool shell;     /* a shell script, in which an empty branch would be wrong */
	bool continued; /* the line before was commented out and goes on here */
};

static bool comment_out(void *ctx, const char *line, struct text *out)
{
	struct hook_edit *e = ctx;
	size_t indent = strspn(line, " \t"), n = strlen(line);
	bool guilty = e->continued || judge_line(line), first = !e->continued;

	const struct installer *which;
	const char *end = e->continued || makes_entry(line) || removes_fallback(line)
				  ? NULL
				  : installs_entry(line, &which);

	if (!guilty)
		return false;
	/* What else it does is wanted. */
	if (end) {
		text_printf(out, "%.*s %s%s", (int)(end - line), line, which->quiet[0], end);
		return true;
	}
	e->continued = n && line[n - 1] == '\\';
	/* A comment ends with its line: a backslash would not continue it. */
	text_printf(
		out, "%.*s%s# %s", (int)indent, line, e->shell && first ? ": " : "", line + indent);
	return true;
}

static bool is_shell(struct rootfs *root, const char *path)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	return rootfs_read_file(root, path, SCRIPT_MAX, &text, NULL) == 0 &&
	       strncmp(buf_text(&text), "#!", 2) == 0 &&
	       memmem(buf_bytes(&text), strcspn(buf_text(&text), "\n"), "sh", 2) != NULL;
}

static int quiet_file(struct rootfs *root, const char *path, int64_t mtime, struct err *err)
{
	struct hook_edit e = { .shell = is_shell(root, path) };
	struct nvram_answer a CLEANUP(nvram_answer_release) = { 0 };
	int ret = look_at(root, path, &a, err);

	if (ret < 0 || a.state != NVRAM_ACTIVE)
		return ret;
	return rootfs_edit(root, path, comment_out, &e, mtime, NULL, err);
}

static int stop_hooks(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	int ret = 0;

	(void)m;
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(places); i++) {
		struct rootfs_dir list CLEANUP(rootfs_dir_release) = { 0 };

		if (rootfs_list(scene->root, places[i], &list, NULL) < 0)
			continue;
		for (size_t k = 0; ret == 0 && k < list.n; k++) {
			char *path CLEANUP(xfree) = xasprintf("%s/%s", places[i], list.v[k].name);

			if (list.v[k].type == ROOTFS_FILE)
				ret = quiet_file(scene->root, path, mtime, err);
		}
	}
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(files); i++)
		ret = quiet_file(scene->root, files[i], mtime, err);
	return ret;
}

const struct nvram_mechanism nvram_boot_entry_hook = {
	.name = "boot-entry-hook",
	.done = "the command is commented out, or told to leave NVRAM alone; the removable path boots "
		"without it",
	.advice = "remove the command; the removable path boots without it",
	.detect = detect_hook,
	.turn_off = stop_hooks,
};
