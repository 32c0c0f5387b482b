/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: the command line that the next kernel gets (VM-9, VM-22).
 * Today's entries may be right and come from files that write a dead one at the
 * next update: a row for each file and the tool that reads it.
 */
#include <errno.h>
#include <string.h>

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
};

static const struct source {
	const char *path; /* a file, or a folder's files with the ending */
	const char *ending;
	enum form form;
	const char *key;
	const char *tool;
} sources[] = {
	{ "/etc/kernel/cmdline", NULL, WHOLE, NULL, "kernel-install" },
	{ "/usr/lib/kernel/cmdline", NULL, WHOLE, NULL, "kernel-install" },
	{ "/etc/kernel/uki.conf", NULL, VALUE, "Cmdline", "ukify" },
	{ "/etc/cmdline.d", ".conf", WHOLE, NULL, "mkinitcpio" },
	{ "/usr/lib/cmdline.d", ".conf", WHOLE, NULL, "mkinitcpio" },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX", "grub-mkconfig" },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX_DEFAULT", "grub-mkconfig" },
	{ "/etc/default/grub", NULL, DEVICE, "GRUB_DEVICE", "grub-mkconfig" },
	{ "/etc/default/grub", NULL, VALUE, "GRUB_CMDLINE_LINUX_RECOVERY", "grub-mkconfig" },
	{ "/etc/default/grub.d", ".cfg", VALUE, "GRUB_CMDLINE_LINUX", "grub-mkconfig" },
	{ "/etc/default/grub.d", ".cfg", VALUE, "GRUB_CMDLINE_LINUX_DEFAULT", "grub-mkconfig" },
	{ "/etc/default/grub.d", ".cfg", DEVICE, "GRUB_DEVICE", "grub-mkconfig" },
	{ "/etc/dracut.conf", NULL, VALUE, "kernel_cmdline", "dracut" },
	{ "/etc/dracut.conf.d", ".conf", VALUE, "kernel_cmdline", "dracut" },
	{ "/usr/lib/dracut/dracut.conf.d", ".conf", VALUE, "kernel_cmdline", "dracut" },
	{ "/etc/default/flash-kernel", NULL, VALUE, "LINUX_KERNEL_CMDLINE", "flash-kernel" },
	{ "/etc/default/flash-kernel", NULL, VALUE, "LINUX_KERNEL_CMDLINE_DEFAULTS",
		"flash-kernel" },
	{ "/etc/default/u-boot", NULL, VALUE, "U_BOOT_PARAMETERS", "u-boot-update" },
	{ "/etc/default/u-boot", NULL, VALUE, "U_BOOT_ROOT", "u-boot-update" },
	{ "/etc/u-boot-menu/conf.d", ".conf", VALUE, "U_BOOT_PARAMETERS", "u-boot-update" },
	{ "/etc/u-boot-menu/conf.d", ".conf", VALUE, "U_BOOT_ROOT", "u-boot-update" },
	{ "/boot/extlinux/extlinux.conf", NULL, APPEND, NULL, "extlinux" },
	{ "/boot/extlinux.conf", NULL, APPEND, NULL, "extlinux" },
	{ "/etc/update-extlinux.conf", NULL, VALUE, "default_kernel_opts", "update-extlinux" },
	{ "/etc/update-extlinux.conf", NULL, DEVICE, "root", "update-extlinux" },
	{ "/boot/refind_linux.conf", NULL, QUOTED, NULL, "rEFInd" },
	{ "/etc/default/limine", NULL, VALUE, "KERNEL_CMDLINE[default]", "limine-entry-tool" },
	{ "/etc/sdboot-manage.conf", NULL, VALUE, "LINUX_OPTIONS", "sdboot-manage" },
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
		j->source->tool);
}

/* An argument beside root= that leads nowhere. */
static void judge_other(void *ctx, const char *key, const char *value, const struct name *name)
{
	const struct judge *j = ctx;
	const char *why;

	if (guest_name_is_dead(name, &why))
		finding_add(j->f, j->path, "remove it there, or name what is in the image",
			"%s%s %s: the next kernel that %s makes an entry for waits for it", key,
			value, why, j->source->tool);
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

/* Lines that begin with # are comments. */
static void judge_lines(const struct judge *j, const char *text)
{
	CLEANUP(text_release) struct text words = TEXT_INIT;

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

static void judge_text(const struct judge *j, const char *text)
{
	CLEANUP(xfree)
	char *value = j->source->key ? shell_assignment(text, j->source->key) : NULL;
	CLEANUP(xfree) char *more_key = xasprintf("%s+", j->source->key ? j->source->key : "");
	CLEANUP(xfree) char *more = j->source->key ? shell_assignment(text, more_key) : NULL;

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
		size_t len = strlen(path), end = strlen(j->source->ending);

		if (len > end && strcmp(path + len - end, j->source->ending) == 0 &&
			dir.v[i].type != ROOTFS_DIR)
			ret = judge_file(j, root, path, err);
	}
	return ret;
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
