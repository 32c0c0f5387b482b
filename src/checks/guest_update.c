/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: the command line that the next kernel gets (VM-9, VM-22).
 * Today's entries may be right and come from files that write a dead one at the
 * next update: a row for each file and the tool that reads it, where the guest has that.
 */
#include <errno.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/guest_waits.h"
#include "image/image.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX 65536

/* How a file holds a command line. */
enum form {
	WHOLE,  /* it is nothing else */
	VALUE,  /* a shell assignment's value */
	DEVICE, /* the same, the bare name of a root */
	APPEND, /* behind the word append, in any line */
	QUOTED, /* the second quoted text of each line */
	LIST,   /* a quoted text for each argument (TOML, JSON) */
};

/* What reads such a file, and where a guest has it; no place: the loader itself does. */
struct tool {
	const char *name;
	const char *places[6];
};

static const struct tool
	mkinitcpio = { "mkinitcpio", { "/usr/bin/mkinitcpio" } },
	sdbootutil = { "sdbootutil", { "/usr/bin/sdbootutil" } },
	clr_boot_manager = { "clr-boot-manager", { "/usr/bin/clr-boot-manager" } },
	secureboot_hook = { "secureboot-hook", { "/usr/share/kernel-hooks.d/secureboot.hook",
						       "/etc/kernel-hooks.d/50-secureboot.hook",
						       "/etc/kernel-hooks.d/secureboot.hook" } },
	kernel_install = { "kernel-install", { "/usr/bin/kernel-install", "/bin/kernel-install" } },
	ukify = { "ukify", { "/usr/bin/ukify", "/usr/lib/systemd/ukify", "/lib/systemd/ukify" } },
	grub_mkconfig = { "grub-mkconfig",
		{ "/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig", "/usr/sbin/grub2-mkconfig",
			"/usr/bin/grub2-mkconfig", "/usr/sbin/update-grub",
			"/sbin/grub-mkconfig" } },
	dracut = { "dracut",
		{ "/usr/bin/dracut", "/usr/sbin/dracut", "/sbin/dracut", "/usr/lib/dracut" } },
	flash_kernel = { "flash-kernel", { "/usr/sbin/flash-kernel", "/sbin/flash-kernel" } },
	u_boot_update = { "u-boot-update", { "/usr/sbin/u-boot-update", "/sbin/u-boot-update" } },
	update_extlinux = { "update-extlinux",
		{ "/sbin/update-extlinux", "/usr/sbin/update-extlinux" } },
	limine_entry_tool = { "limine-entry-tool",
		{ "/usr/bin/limine-entry-tool", "/usr/bin/limine-update" } },
	sdboot_manage = { "sdboot-manage", { "/usr/bin/sdboot-manage" } },
	efibootmgr_hook = { "efibootmgr's hook", { "/etc/kernel.d/post-install/50-efibootmgr" } },
	kernelstub = { "kernelstub", { "/usr/bin/kernelstub" } },
	bootc = { "bootc", { "/usr/bin/bootc" } }, extlinux = { "extlinux", { NULL } },
	refind = { "rEFInd", { NULL } };

/* Of rows of one file and key, the first whose tool the guest has. */
static const struct source {
	const char *path; /* a file, or a folder's files with the ending */
	const char *ending;
	enum form form;
	const char *key;
	const struct tool *tool;
	const char *when; /* a key whose value must be 1; NULL: none */
} sources[] = {
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &mkinitcpio, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &sdbootutil, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &clr_boot_manager, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &secureboot_hook, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &kernel_install, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &ukify, NULL },
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, &limine_entry_tool, NULL },
	{ "/etc/kernel/cmdline.d", ".conf", WHOLE, NULL, &clr_boot_manager, NULL },
	{ "/usr/share/kernel/cmdline.d", ".conf", WHOLE, NULL, &clr_boot_manager, NULL },
	{ "/usr/lib/kernel/cmdline", NULL, WHOLE, NULL, &kernel_install, NULL },
	{ "/etc/kernel/uki.conf", NULL, VALUE, "Cmdline", &ukify, NULL },
	{ "/etc/cmdline.d", ".conf", WHOLE, NULL, &mkinitcpio, NULL },
	{ "/usr/lib/cmdline.d", ".conf", WHOLE, NULL, &mkinitcpio, NULL },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX", &grub_mkconfig, NULL },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX_DEFAULT", &grub_mkconfig, NULL },
	{ "/etc/default/grub", NULL, DEVICE, "GRUB_DEVICE", &grub_mkconfig, NULL },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX_RECOVERY", &grub_mkconfig, NULL },
	{ "/etc/default/grub.d", ".cfg", VALUE, "GRUB_CMDLINE_LINUX", &grub_mkconfig, NULL },
	{ "/etc/default/grub.d", ".cfg", VALUE, "GRUB_CMDLINE_LINUX_DEFAULT", &grub_mkconfig,
		NULL },
	{ "/etc/default/grub.d", ".cfg", DEVICE, "GRUB_DEVICE", &grub_mkconfig, NULL },
	{ "/etc/dracut.conf", NULL, VALUE, "kernel_cmdline", &dracut, NULL },
	{ "/etc/dracut.conf.d", ".conf", VALUE, "kernel_cmdline", &dracut, NULL },
	{ "/usr/lib/dracut/dracut.conf.d", ".conf", VALUE, "kernel_cmdline", &dracut, NULL },
	{ "/etc/default/flash-kernel", NULL, VALUE, "LINUX_KERNEL_CMDLINE", &flash_kernel, NULL },
	{ "/etc/default/flash-kernel", NULL, VALUE, "LINUX_KERNEL_CMDLINE_DEFAULTS", &flash_kernel,
		NULL },
	{ "/etc/default/u-boot", NULL, VALUE, "U_BOOT_PARAMETERS", &u_boot_update, NULL },
	{ "/etc/default/u-boot", NULL, VALUE, "U_BOOT_ROOT", &u_boot_update, NULL },
	{ "/etc/u-boot-menu/conf.d", ".conf", VALUE, "U_BOOT_PARAMETERS", &u_boot_update, NULL },
	{ "/etc/u-boot-menu/conf.d", ".conf", VALUE, "U_BOOT_ROOT", &u_boot_update, NULL },
	{ "/boot/extlinux/extlinux.conf", NULL, APPEND, NULL, &extlinux, NULL },
	{ "/boot/extlinux.conf", NULL, APPEND, NULL, &extlinux, NULL },
	{ "/etc/update-extlinux.conf", NULL, VALUE, "default_kernel_opts", &update_extlinux, NULL },
	{ "/etc/update-extlinux.conf", NULL, DEVICE, "root", &update_extlinux, NULL },
	{ "/boot/refind_linux.conf", NULL, QUOTED, NULL, &refind, NULL },
	{ "/etc/default/limine", NULL, VALUE, "KERNEL_CMDLINE[default]", &limine_entry_tool, NULL },
	{ "/etc/sdboot-manage.conf", NULL, VALUE, "LINUX_OPTIONS", &sdboot_manage, NULL },
	{ "/etc/kernel-hooks.d/secureboot.conf", NULL, VALUE, "cmdline", &secureboot_hook, NULL },
	{ "/etc/default/efibootmgr-kernel-hook", NULL, VALUE, "OPTIONS", &efibootmgr_hook,
		"MODIFY_EFI_ENTRIES" },
	{ "/etc/kernelstub/configuration", NULL, LIST, NULL, &kernelstub, NULL },
	{ "/usr/lib/bootc/kargs.d", ".toml", LIST, NULL, &bootc, NULL },
};

/* Whether it is the root that is judged, or what else the initrd waits for. */
struct update_rule {
	bool others;
};

struct judge {
	const struct update_rule *rule;
	const struct chain_view *view;
	unsigned kinds; /* of enum initrd_kind */
	const struct source *source;
	const char *path;
	struct findings *f;
};

static void judge_name(
	const struct judge *j, const char *cmdline, const char *key, const char *spec)
{
	struct name name = cmdline_name(j->view, cmdline, spec);
	const char *shown = j->source->key ? j->source->key : "the command line";

	if (name.answer != NAME_NONE && name.answer != NAME_MACHINE)
		return;
	finding_add(j->f, j->path, "name the root by its UUID there, too",
		"%s has %s%s, which %s: the next kernel that %s makes an entry for does not boot",
		shown, key, spec,
		name.answer == NAME_NONE ? "the image has not got"
					 : "is another disk in another virtual machine",
		j->source->tool->name);
}

/* An argument beside root= that leads nowhere. */
static void judge_other(void *ctx, const char *key, const char *value, const struct name *name)
{
	const struct judge *j = ctx;
	const char *why;

	if (guest_name_is_dead(name, &why))
		finding_add(j->f, j->path, "remove it there, or name what is in the image",
			"%s%s %s: the next kernel that %s makes an entry for waits for it", key,
			value, why, j->source->tool->name);
}

static void judge_cmdline(const struct judge *j, const char *cmdline)
{
	CLEANUP(xfree) char *root = cmdline_value(cmdline, "root=");
	CLEANUP(xfree) char *resume = cmdline_value(cmdline, "resume=");

	if (j->rule->others) {
		cmdline_each_name(j->view, cmdline, j->kinds, judge_other, (void *)j);
		if (resume && *resume && !strchr(resume, '$')) {
			struct name name = name_resolve(j->view, resume);

			judge_other((void *)j, "resume=", resume, &name);
		}
		return;
	}
	/* "root=$X" is for the shell that reads it to know. */
	if (root && *root && !strchr(root, '$'))
		judge_name(j, cmdline, "root=", root);
}

/*
 * Lines that begin with # are comments. A carriage return ends systemd-boot's line of an entry, GRUB leaves it out, and to
 * systemd's stub it is a blank, so that it is part of no name.
 */
static void judge_lines(const struct judge *j, const char *text)
{
	CLEANUP(text_release) struct text words = TEXT_INIT;
	CLEANUP(xfree) char *plain = xstrdup(text);

	for (char *p = plain; (p = strchr(p, '\r'));)
		*p = ' ';
	text = plain;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (text[strspn(text, " \t")] != '#') {
			text_add(&words, text, len);
			text_puts(&words, " ");
		}
		text += len + (text[len] == '\n');
	}
	judge_cmdline(j, text_str(&words));
}

static void judge_appends(const struct judge *j, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t blank = strspn(text, " \t");

		if (blank < len && strncasecmp(text + blank, "append", 6) == 0) {
			CLEANUP(xfree) char *line = xstrndup(text + blank + 6, len - blank - 6);

			judge_cmdline(j, line);
		}
		text += len + (text[len] == '\n');
	}
}

/* refind_linux.conf: "title" "options". */
static void judge_quoted(const struct judge *j, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		CLEANUP(xfree) char *line = xstrndup(text, len);
		char *save = NULL, *title = strtok_r(line, "\"", &save);
		char *gap = title && text[0] == '"' ? strtok_r(NULL, "\"", &save) : NULL;
		char *options = gap ? strtok_r(NULL, "\"", &save) : NULL;

		if (options)
			judge_cmdline(j, options);
		text += len + (text[len] == '\n');
	}
}

/* What stands in quotes, up to the comment of a line. */
static void judge_list(const struct judge *j, const char *text)
{
	CLEANUP(text_release) struct text words = TEXT_INIT;

	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *p = text, *end = text + len;

		while (p < end && *p != '#') {
			const char *close = *p == '"' || *p == '\''
						    ? memchr(p + 1, *p, (size_t)(end - p - 1))
						    : NULL;

			if (close) {
				text_add(&words, p + 1, (size_t)(close - p - 1));
				text_puts(&words, " ");
				p = close;
			}
			p++;
		}
		text += len + (text[len] == '\n');
	}
	judge_cmdline(j, text_str(&words));
}

static bool is_on(const char *text, const char *key)
{
	CLEANUP(xfree) char *value = shell_assignment(text, key);

	return value && strcmp(value, "1") == 0;
}

static void judge_text(const struct judge *j, const char *text)
{
	CLEANUP(xfree)
	char *value = j->source->key ? shell_assignment(text, j->source->key) : NULL;
	CLEANUP(xfree) char *more_key = xasprintf("%s+", j->source->key ? j->source->key : "");
	CLEANUP(xfree) char *more = j->source->key ? shell_assignment(text, more_key) : NULL;

	if (j->source->when && !is_on(text, j->source->when))
		return;
	switch (j->source->form) {
	case WHOLE:
		judge_lines(j, text);
		break;
	case VALUE:
		if (value)
			judge_cmdline(j, value);
		if (more)
			judge_cmdline(j, more);
		break;
	case DEVICE:
		if (!j->rule->others && value && *value && !strchr(value, '$'))
			judge_name(j, "", "", value);
		break;
	case APPEND:
		judge_appends(j, text);
		break;
	case QUOTED:
		judge_quoted(j, text);
		break;
	case LIST:
		judge_list(j, text);
		break;
	}
}

static int judge_file(struct judge *j, struct rootfs *root, const char *path, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	int ret = rootfs_read_file(root, path, TEXT_MAX, &text, err);

	j->path = path;
	if (ret == 0)
		judge_text(j, buf_text(&text));
	return ret;
}

static int judge_folder(struct judge *j, struct rootfs *root, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int ret = rootfs_list(root, j->source->path, &dir, err);

	for (size_t i = 0; ret == 0 && i < dir.n; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("%s/%s", j->source->path, dir.v[i].name);

		if (ends_with(path, j->source->ending) && dir.v[i].type != ROOTFS_DIR)
			ret = judge_file(j, root, path, err);
	}
	return ret;
}

static bool has_tool(struct rootfs *root, const struct tool *tool)
{
	bool has = !tool->places[0];

	for (size_t i = 0; i < ARRAY_SIZE(tool->places) && tool->places[i] && !has; i++)
		has = rootfs_exists(root, tool->places[i]);
	return has;
}

/* Whether the guest has what reads the source, and no row before it does. */
static bool is_read(struct rootfs *root, const struct source *source)
{
	for (const struct source *s = sources; s < source; s++)
		if (strcmp(s->path, source->path) == 0 && s->key == source->key &&
			has_tool(root, s->tool))
			return false;
	return has_tool(root, source->tool);
}

static int run_next_command_line(struct image *image, struct findings *f, struct err *err)
{
	struct judge j = { .rule = finding_rule(f)->update, .f = f };
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = image_volumes(image, &j.view, err);
	if (ret == 0 && j.rule->others)
		j.kinds = guest_initrd_kinds(image);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(sources); i++) {
		j.source = &sources[i];
		if (!is_read(root, j.source))
			continue;
		ret = j.source->ending ? judge_folder(&j, root, err)
				       : judge_file(&j, root, j.source->path, err);
		if (ret == -ENOENT || ret == -ENOTDIR) {
			err_clear(err);
			ret = 0;
		}
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.next-command-line", SEV_WARNING, "VM-9; VM-22",
		"the next kernel gets a root that is there", NEED_ROOTFS, run_next_command_line,
		RULE(update, .others = false), .fix = fix_next_root_name },
	{ "guest.next-boot-devices", SEV_WARNING, "VM-22",
		"the next kernel waits for nothing that is not there", NEED_ROOTFS,
		run_next_command_line, RULE(update, .others = true) },
};

const struct check_group guest_update_checks = CHECK_GROUP(checks);
