/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family, third part: what is mounted, by which names, and with
 * which kernel command line (VM-9, VM-14, VM-16, VM-22). State of one machine
 * that all copies would share is looked for in guest_state.c.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/names.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

#define UUID_ADVICE "name it by UUID= (blkid tells)"

/* Lines that may fail to mount without keeping the system from starting. */
static bool optional(const struct fstab_line *l)
{
	return fstab_has_option(l->options, "nofail") || fstab_has_option(l->options, "noauto");
}

static char *line_place(const struct fstab_line *l)
{
	return xasprintf("/etc/fstab line %u", l->line);
}

static int run_fstab_devices(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	for (size_t i = 0; ret == 0 && i < g->fstab.n; i++) {
		const struct fstab_line *l = &g->fstab.v[i];
		CLEANUP(xfree) char *where = line_place(l);

		if (!optional(l) && fstab_by_device_name(l->spec))
			finding_add(f, where, UUID_ADVICE,
				"%s has another name in another virtual machine", l->spec);
	}
	return ret;
}

static int run_fstab_missing(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	if (ret < 0)
		return ret;
	if (view_has_containers(view)) {
		finding_skip(
			f, "there are encrypted or logical volumes, which are not looked into");
		return 0;
	}
	for (size_t i = 0; i < g->fstab.n; i++) {
		const struct fstab_line *l = &g->fstab.v[i];
		CLEANUP(xfree) char *where = line_place(l);
		bool named;

		if (!optional(l) && !named_volume(view, l->spec, &named) && named)
			finding_add(f, where, "correct it, or add the option nofail",
				"%s for %s is not in the image", l->spec, l->file);
	}
	return 0;
}

static int run_fstab_esp(struct image *image, struct findings *f, struct err *err)
{
	static const char *const places[] = { "/boot/efi", "/efi" };
	const struct chain_view *view;
	const struct image_guest *g;
	bool any = false;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(places); i++) {
		const struct fstab_line *l = fstab_find(&g->fstab, places[i]);
		bool named;
		const struct volume *v = l ? named_volume(view, l->spec, &named) : NULL;
		CLEANUP(xfree) char *where = l ? line_place(l) : NULL;

		any |= v != NULL;
		if (v && !v->is_esp)
			finding_add(f, where, "name the ESP there",
				"%s is not the ESP, so that updates of the loader go astray",
				l->spec);
	}
	if (ret == 0 && !any)
		finding_skip(f, "fstab does not mount the ESP by a name that can be looked up");
	return ret;
}

static int run_fstab_efivarfs(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	for (size_t i = 0; ret == 0 && i < g->fstab.n; i++) {
		const struct fstab_line *l = &g->fstab.v[i];
		CLEANUP(xfree) char *where = line_place(l);

		if (strcmp(l->type, "efivarfs") == 0 && !optional(l))
			finding_add(f, where, "add the option nofail, or remove the line",
				"where variables cannot be used this mount fails and stops the boot");
	}
	return ret;
}

typedef void judge_word_fn(const struct chain_entry *e, const char *word, struct findings *f);

/* Gives every word of every entry's command line to judge, until "--", behind which init reads. */
static int each_word(struct image *image, judge_word_fn *judge, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = image_chain(image, &chain, err);

	for (size_t i = 0; ret == 0 && i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];

		for (const char *p = e->cmdline; *p;) {
			size_t len = strcspn(p, " \t");
			CLEANUP(xfree) char *word = xstrndup(p, len);

			if (strcmp(word, "--") == 0)
				break;
			if (len)
				judge(e, word, f);
			p += len;
			p += strspn(p, " \t");
		}
	}
	return ret;
}

static void judge_root(const struct chain_entry *e, const char *word, struct findings *f)
{
	if (strncmp(word, "root=", 5) == 0 && fstab_by_device_name(word + 5))
		finding_add(f, e->source,
			"name it by root=UUID= or, without an initrd, root=PARTUUID=",
			"%s (%s): the disk has another name in another virtual machine", word,
			e->title);
}

static int run_root_name(struct image *image, struct findings *f, struct err *err)
{
	return each_word(image, judge_root, f, err);
}

static void judge_hardware(const struct chain_entry *e, const char *word, struct findings *f)
{
	static const char *const fixed[] = { "mem=", "memmap=", "acpi=off" };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (strncmp(word, fixed[i], strlen(fixed[i])) == 0)
			finding_add(f, e->source, "remove it from the kernel's command line",
				"%s (%s) replaces what the virtual machine says about itself", word,
				e->title);
}

static int run_hardware(struct image *image, struct findings *f, struct err *err)
{
	return each_word(image, judge_hardware, f, err);
}

enum console_kind {
	CONSOLE_SCREEN = 1,
	CONSOLE_PL011 = 2,
	CONSOLE_HVC = 4,
	CONSOLE_8250 = 8,
	CONSOLE_OTHER = 16,
};

static unsigned console_of(const char *name)
{
	static const struct {
		const char *name;
		enum console_kind kind;
	} table[] = { { "ttyAMA", CONSOLE_PL011 }, { "hvc", CONSOLE_HVC }, { "xvc", CONSOLE_HVC },
		{ "ttyS", CONSOLE_8250 }, { "tty", CONSOLE_SCREEN } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strncmp(name, table[i].name, strlen(table[i].name)) == 0)
			return table[i].kind;
	return CONSOLE_OTHER;
}

/* The kinds of console that a command line names. */
static unsigned consoles(const char *cmdline)
{
	unsigned kinds = 0;

	for (const char *p = cmdline; *p;) {
		if (strncmp(p, "console=", 8) == 0)
			kinds |= console_of(p + 8);
		p += strcspn(p, " \t");
		p += strspn(p, " \t");
	}
	return kinds;
}

static int run_console(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = image_chain(image, &chain, err);

	for (size_t i = 0; ret == 0 && i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];
		unsigned kinds = e->is_default ? consoles(e->cmdline) : 0;
		unsigned lines = kinds & ~(unsigned)CONSOLE_SCREEN;

		/* One bit: the device of one sort of virtual machine alone. */
		if (kinds && (lines & (lines - 1)) == 0)
			finding_add(f, e->source,
				"name all of console=hvc0 console=ttyS0 console=ttyAMA0, or none",
				"\"%s\" names the console of one kind of virtual machine only",
				e->title);
	}
	return ret;
}

static int run_grub_uuid(struct image *image, struct findings *f, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(xfree) char *value = NULL;
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = rootfs_read_file(root, "/etc/default/grub", 65536, &text, err);
	if (ret == -ENOENT) {
		finding_skip(f, "the guest has no /etc/default/grub");
		return 0;
	}
	if (ret < 0)
		return ret;
	value = shell_assignment(buf_str(&text), "GRUB_DISABLE_LINUX_UUID");
	if (value && strcmp(value, "true") == 0)
		finding_add(f, "/etc/default/grub",
			"remove GRUB_DISABLE_LINUX_UUID and run update-grub",
			"the next update-grub will write root= with a device's name");
	return 0;
}

/* A word root=DEVICE on a line that is no comment; a copy of it, or NULL. */
static char *device_root(const char *text)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		CLEANUP(xfree) char *copy = xstrndup(line, len);
		const char *p = copy[strspn(copy, " \t")] == '#' ? "" : copy;

		for (; (p = strstr(p, "root=")); p++) {
			CLEANUP(xfree) char *word = xstrndup(p, strcspn(p, " \t\"'"));

			if ((p == copy || strchr(" \t\"'=", p[-1])) &&
				fstab_by_device_name(word + 5))
				return xstrdup(word);
		}
		line += len;
	}
	return NULL;
}

static int run_next_command_line(struct image *image, struct findings *f, struct err *err)
{
	static const char *const paths[] = { "/etc/kernel/cmdline", "/etc/default/grub" };
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(paths); i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		CLEANUP(xfree) char *word = NULL;

		ret = rootfs_read_file(root, paths[i], 65536, &text, err);
		if (ret == -ENOENT || ret == -ENOTDIR || ret == -EISDIR || ret == -EINVAL) {
			err_clear(err);
			ret = 0;
			continue;
		}
		word = ret == 0 ? device_root(buf_str(&text)) : NULL;
		if (word)
			finding_add(f, paths[i], "name it by root=UUID=",
				"the next kernel will get %s, which is another disk in another "
				"virtual machine",
				word);
	}
	return ret;
}

static int run_tpm(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	for (size_t i = 0; ret == 0 && i < g->crypttab.n; i++) {
		const struct crypttab_line *l = &g->crypttab.v[i];
		CLEANUP(xfree) char *where = xasprintf("/etc/crypttab line %u", l->line);

		if (fstab_has_option(l->options, "tpm2-device"))
			finding_add(f, where,
				"unlock it by another way in an image, and enroll the TPM at first boot",
				"%s is sealed to one machine's TPM", l->name);
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.fstab-devices", SEV_ERROR, "VM-22", "fstab names no disk by its order",
		NEED_ROOTFS, run_fstab_devices, .fix = fix_fstab_devices },
	{ "guest.fstab-missing", SEV_ERROR, "VM-22", "what fstab mounts is in the image",
		NEED_ROOTFS, run_fstab_missing, .fix = fix_fstab_missing },
	{ "guest.fstab-esp", SEV_WARNING, "VM-9", "fstab mounts the ESP where loaders are updated",
		NEED_ROOTFS, run_fstab_esp, .fix = fix_fstab_esp },
	{ "guest.fstab-efivarfs", SEV_ERROR, "VM-9", "the boot goes on without efivarfs",
		NEED_ROOTFS, run_fstab_efivarfs, .fix = fix_fstab_efivarfs },
	{ "guest.root-name", SEV_ERROR, "VM-22", "root= names no disk by its order", NEED_CHAIN,
		run_root_name, .fix = fix_root_name },
	{ "guest.command-line", SEV_ERROR, "VM-14",
		"the kernel takes hardware as the virtual machine describes it", NEED_CHAIN,
		run_hardware, .fix = fix_hardware_words },
	{ "guest.console", SEV_WARNING, "VM-16; VM-22", "the console fits any virtual machine",
		NEED_CHAIN, run_console, .fix = fix_console },
	{ "guest.grub-uuid", SEV_WARNING, "VM-22", "update-grub goes on naming the root by UUID",
		NEED_ROOTFS, run_grub_uuid, .fix = fix_grub_uuid },
	{ "guest.next-command-line", SEV_WARNING, "VM-22",
		"the next kernel's root= names no disk by its order", NEED_ROOTFS,
		run_next_command_line, .fix = fix_next_root_name },
	{ "guest.tpm", SEV_WARNING, "VM-22", "no volume needs one machine's TPM", NEED_ROOTFS,
		run_tpm },
};

const struct check_group guest_config_checks = CHECK_GROUP(checks);
