/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the initrd that boots adds to the kernel's command line. A bootconfig behind it, which the kernel reads when its
 * command line says "bootconfig", or was built to; and the root, which the initrd may name by itself.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/guest.h"
#include "image/private.h"
#include "loader/bootconfig.h"
#include "loader/initrd_finds.h"
#include "rootfs/kconfig.h"

static enum kconfig_value option(const struct image_guest *g, const char *name)
{
	return kconfig_get(buf_text(&g->drivers.config), g->drivers.config.len, name);
}

static bool is_read(struct image *image, const char *cmdline)
{
	CLEANUP(xfree) char *asked = cmdline_value(cmdline, "bootconfig");
	bool said = asked && (!*asked || *asked == '=');
	const struct image_guest *g;

	if (image_guest(image, &g, NULL) < 0 || !g->drivers.have_config)
		return said;
	if (option(g, "BOOT_CONFIG") == KCONFIG_NO)
		return false;
	return said || option(g, "BOOT_CONFIG_FORCE") == KCONFIG_YES;
}

static void read_bootconfig(struct image *image)
{
	const struct chain_entry *e = image->chain ? chain_default(image->chain) : NULL;
	CLEANUP(buf_release) struct buf tail = BUF_INIT;
	CLEANUP(text_release) struct text added = TEXT_INIT;
	const char *text;
	size_t len;

	if (!e || image_initrd_tail(image, BOOTCONFIG_TAIL, &tail) < 0 ||
		!bootconfig_find(buf_bytes(&tail), tail.len, &text, &len) ||
		!is_read(image, e->cmdline))
		return;
	if (bootconfig_cmdline(text, len, &added) && added.len)
		chain_configure(image->chain, &image->view, text_str(&added));
}

/* ---- the root ---- */

/* Whether a command line leaves it to the initrd which file system the root is, or may do so. */
static bool leaves_root_open(const char *cmdline)
{
	CLEANUP(xfree) char *root = cmdline_value(cmdline, "root=");
	CLEANUP(xfree) char *hash = cmdline_value(cmdline, "roothash=");

	if (initrd_finds_by(cmdline))
		return true;
	return root && *root ? strcmp(root, "fstab") == 0 : !hash;
}

/* Adds key and value as a word; one that a command line cannot hold is left out. */
static void add_word(struct text *words, const char *key, const char *value)
{
	if (value && *value && !strpbrk(value, " \t\n\""))
		text_printf(words, "%s%s%s", words->len ? " " : "", key, value);
}

/* A line of a table as the arguments of a command line that ask for the same. */
static void add_mount(struct text *words, const struct fstab_line *line)
{
	add_word(words, strcmp(line->type, "zfs") == 0 ? "root=ZFS=" : "root=", line->spec);
	if (strcmp(line->options, "defaults") != 0)
		add_word(words, "rootflags=", line->options);
	if (strcmp(line->type, "auto") != 0)
		add_word(words, "rootfstype=", line->type);
}

static void add_arguments(struct text *words, const char *cmdline)
{
	static const char *const keys[] = { "root=", "rootflags=", "rootfstype=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(xfree) char *value = cmdline_value(cmdline, keys[i]);

		add_word(words, keys[i], value);
	}
}

/* Why an initrd that names no root may find one all the same, or not. The caller frees it. */
static char *why_unknown(const struct initrd_root *root)
{
	return root->maker
		       ? xasprintf("%s's initrd stops without, unless a script of its own "
				   "finds the root",
				 root->maker)
		       : xstrdup("how its initrd finds one is not known here: it has no etc/fstab, "
				 "sysroot.mount or the like that names it, and is no system by itself");
}

static const char too_much[] =
	"its initrd has more in files that may name one than is read (64 KiB of each, 256 KiB and 256 "
	"files of all)";

/* What the initrd names the root by, and in which file; false: it names none. */
static bool named_by(const struct initrd_root *root, struct text *words, const char **file)
{
	const struct fstab_line *line = fstab_find(&root->mounts, "/");
	CLEANUP(xfree) char *value = cmdline_value(text_str(&root->cmdline), "root=");

	if (value && *value) {
		add_arguments(words, text_str(&root->cmdline));
		*file = root->cmdline_from;
		return true;
	}
	*file = root->mounts_from;
	/* A root in memory is there; what else is mounted is loader.root's to judge. */
	if (line && strcmp(line->type, "tmpfs") != 0)
		add_mount(words, line);
	return line != NULL;
}

/* Where by_type, what names a root would come before its partition's type. */
static void root_unknown(
	struct image *image, const struct chain_entry *e, const char *why, bool by_type)
{
	CLEANUP(xfree) char *where = xstrdup(e->source);

	if (chain_find(image->chain, CHAIN_ROOT_NONE) ||
		(by_type && chain_find(image->chain, CHAIN_ROOT_BY_TYPE)))
		chain_root_unknown(image->chain, &image->view, why, where);
}

static void judge_initrd(
	struct image *image, const struct chain_entry *e, const struct image_initrd *initrd)
{
	const struct initrd_root *root = &initrd->initrd.root;
	CLEANUP(initrd_finding_release) struct initrd_finding finding = { 0 };
	CLEANUP(xfree) char *given = cmdline_value(e->cmdline, "root=");
	CLEANUP(text_release) struct text words = TEXT_INIT;
	const char *file;

	if (initrd_finds(&image->view, e->cmdline, root, &finding)) {
		chain_root_searched(image->chain, &image->view, &finding);
	} else if (given && *given && strcmp(given, "fstab") != 0) {
		/* It is what counts. */
	} else if (root->beyond) {
		root_unknown(image, e, too_much, true);
	} else if (named_by(root, &words, &file)) {
		CLEANUP(xfree) char *where = xasprintf("%s: %s", initrd->where, file);

		chain_root_by_initrd(image->chain, &image->view, text_str(&words), where);
	} else if (initrd_is_system(root)) {
		chain_root_by_initrd(image->chain, &image->view, "", initrd->where);
	} else {
		CLEANUP(xfree) char *why = why_unknown(root);

		root_unknown(image, e, why, false);
	}
}

/* What is named is there, or not; whether the initrd knows such names is another question. */
static void judge_form(
	struct image *image, const struct chain_entry *e, const struct initrd_root *root)
{
	CLEANUP(initrd_finding_release) struct initrd_finding finding = { 0 };

	if (initrd_reads(e->cmdline, root, &finding))
		chain_root_searched(image->chain, &image->view, &finding);
}

static void root_by_initrd(struct image *image)
{
	const struct chain_entry *e = image->chain ? chain_default(image->chain) : NULL;
	const struct image_initrd *initrd;
	struct err err = { 0 };
	int ret;

	if (!e || (!leaves_root_open(e->cmdline) && !initrd_may_differ(e->cmdline)))
		return;
	ret = image_initrd(image, &initrd, &err);
	if (!leaves_root_open(e->cmdline)) {
		if (ret == 0 && !initrd->initrd.problem_code)
			judge_form(image, e, &initrd->initrd.root);
	} else if (ret == 0 && !initrd->initrd.problem_code) {
		judge_initrd(image, e, initrd);
	} else if (ret != -ENOENT) {
		CLEANUP(xfree)
		char *why = xasprintf("its initrd, which may name one, cannot be read: %s",
			ret < 0 ? err.text : initrd->initrd.problem);

		root_unknown(image, e, why, false);
	}
}

void image_configure(struct image *image)
{
	read_bootconfig(image);
	root_by_initrd(image);
}
