/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: its kernel's command line, and what its mounts need beside a file system
 * (VM-9, VM-14, VM-16, VM-22). Names of file systems are judged in guest_names.c, state of one
 * machine that all copies would share in guest_state.c.
 */
#include <errno.h>
#include <string.h>

#include "base/cmdline.h"
#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "rootfs/kconfig.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

static int run_fstab_efivarfs(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	for (size_t i = 0; ret == 0 && i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];
		CLEANUP(xfree) char *where = fstab_place(l);

		if (strcmp(l->type, "efivarfs") == 0 && !fstab_optional(l))
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

	if (ret == 0 && !chain->n_entries)
		finding_skip_for(f, "loader", "no entry is there to judge");
	for (size_t i = 0; ret == 0 && i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];
		CLEANUP(xfree) char *word = xmalloc(strlen(e->cmdline) + 1);
		const char *p = e->cmdline;

		while ((p = cmdline_next(p, CMDLINE_SHELL, word)) && strcmp(word, "--") != 0)
			judge(e, word, f);
	}
	return ret;
}

static void judge_hardware(const struct chain_entry *e, const char *word, struct findings *f)
{
	static const char *const fixed[] = { "mem=", "memmap=", "acpi=off", "acpi=force" };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (strncmp(word, fixed[i], strlen(fixed[i])) == 0)
			finding_add(f, e->source, "remove it from the kernel's command line",
				"%s (%s) replaces what the virtual machine says about itself", word,
				e->title);
}

static void judge_tree(const struct chain_entry *e, const char *word, struct findings *f)
{
	if (strncmp(word, "dtb=", 4) == 0)
		finding_add(f, e->source, "remove it from the kernel's command line",
			"%s (%s): the kernel's stub takes this device tree for the virtual "
			"machine's, or fails because it cannot read it",
			word, e->title);
}

/* Whether the kernel's stub reads what dtb= names. */
static bool reads_trees(struct image *image)
{
	const struct image_guest *g;

	return image_guest(image, &g, NULL) == 0 && g->drivers.have_config &&
	       kconfig_get(buf_text(&g->drivers.config), g->drivers.config.len,
		       "EFI_ARMSTUB_DTB_LOADER") == KCONFIG_YES;
}

static int run_hardware(struct image *image, struct findings *f, struct err *err)
{
	int ret = each_word(image, judge_hardware, f, err);

	return ret == 0 && reads_trees(image) ? each_word(image, judge_tree, f, err) : ret;
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
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	unsigned kinds = 0;

	for (const char *p = cmdline; (p = cmdline_next(p, CMDLINE_SHELL, word));)
		if (strncmp(word, "console=", 8) == 0)
			kinds |= console_of(word + 8);
	return kinds;
}

static int run_console(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = image_chain(image, &chain, err);

	if (ret == 0 && !chain_default(chain))
		finding_skip_for(f, "loader", "no default entry is there to judge");
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
	value = shell_assignment(buf_text(&text), "GRUB_DISABLE_LINUX_UUID");
	if (value && strcmp(value, "true") == 0)
		finding_add(f, "/etc/default/grub",
			"remove GRUB_DISABLE_LINUX_UUID and run update-grub",
			"the next update-grub will write root= with a device's name");
	return 0;
}

static int run_tpm(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	for (size_t i = 0; ret == 0 && i < g->crypttab.n; i++) {
		const struct crypttab_line *l = &g->crypttab.v[i];
		CLEANUP(xfree) char *where = crypttab_place(l);

		if (fstab_has_option(l->options, "tpm2-device"))
			finding_add(f, where,
				"unlock it by another way in an image, and enroll the TPM at first boot",
				"%s is sealed to one machine's TPM", l->name);
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.fstab-efivarfs", SEV_ERROR, "VM-9", "the boot goes on without efivarfs",
		NEED_ROOTFS, run_fstab_efivarfs, .fix = fix_fstab_efivarfs },
	{ "guest.command-line", SEV_ERROR, "VM-14",
		"the kernel takes hardware as the virtual machine describes it", NEED_CHAIN,
		run_hardware, .fix = fix_hardware_words },
	{ "guest.console", SEV_WARNING, "VM-16; VM-22", "the console fits any virtual machine",
		NEED_CHAIN, run_console, .fix = fix_console },
	{ "guest.grub-uuid", SEV_WARNING, "VM-22", "update-grub goes on naming the root by UUID",
		NEED_ROOTFS, run_grub_uuid, .fix = fix_grub_uuid },
	{ "guest.tpm", SEV_WARNING, "VM-22", "no volume needs one machine's TPM", NEED_ROOTFS,
		run_tpm },
};

const struct check_group guest_config_checks = CHECK_GROUP(checks);
