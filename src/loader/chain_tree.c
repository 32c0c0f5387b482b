/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device trees that an entry brings: by GRUB's devicetree, systemd-boot's, or in a unified kernel image and its
 * addons. Loaders hand them to the kernel in place of what the firmware says. Where a tree describes anything Linux
 * takes it instead of ACPI (arch/arm64/kernel/acpi.c), and no tree fits more than the machine that it was
 * made of: one of QEMU's has its interrupt controller, its processors, its addresses.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/chain_walk.h"
#include "uefi/devicetree.h"

/* systemd-boot takes files of such a size; the other end is beyond what Linux takes. */
#define SYSTEMD_TREE_MIN 28
#define SYSTEMD_TREE_MAX ((uint64_t)32 << 20)

/* To stand behind what hands the tree over. */
static const char *consequence(const char *cmdline)
{
	CLEANUP(xfree) char *acpi = cmdline_value(cmdline, "acpi=");

	return acpi && (strcmp(acpi, "on") == 0 || strcmp(acpi, "force") == 0)
		       ? "where there is no ACPI, Linux takes it for the machine's hardware"
		       : "Linux takes it for the machine's hardware, and uses no ACPI";
}

static void problem_tree(struct walk *w, char *take_where, const char *who, const char *compatible,
	const char *cmdline, bool is_default)
{
	walk_problem(w, CHAIN_TREE, true, is_default, take_where,
		"%s hands the kernel this device tree%s%.80s: %s", who, compatible ? ", of " : "",
		compatible ? compatible : "", consequence(cmdline));
}

static void problem_no_tree(struct walk *w, char *take_where, const char *who, bool is_default)
{
	walk_problem(w, CHAIN_TREE, true, is_default, take_where,
		"%s puts this, which is no device tree, in place of the machine's: where there is "
		"no ACPI the kernel finds no hardware",
		who);
}

/* GRUB says so, waits for a key for ten seconds, and boots with what the firmware says. */
static void problem_passed_over(
	struct walk *w, const struct tree_file *t, bool is_default, const char *source)
{
	walk_problem(w, CHAIN_TREE_UNUSED, true, is_default, walk_where(t->volume, t->path),
		"%s names this device tree, which is %s: GRUB complains, waits, and boots without "
		"it; no virtual machine would boot with it",
		source, t->presence == ABSENT ? "not in the image" : "none");
}

static void judge_bytes(struct walk *w, const struct tree_file *t, const struct buf *bytes,
	const char *cmdline, bool is_default, const char *source)
{
	CLEANUP(xfree) char *name = devicetree_compatible(buf_bytes(bytes), bytes->len);

	/* systemd-boot and the stub hand over what they are given, and the kernel's own stub looks at it. */
	if (devicetree_valid(buf_bytes(bytes), bytes->len))
		problem_tree(w, walk_where(t->volume, t->path), source, name, cmdline, is_default);
	else if (t->by_grub)
		problem_passed_over(w, t, is_default, source);
	else
		problem_no_tree(w, walk_where(t->volume, t->path), source, is_default);
}

/* Whether systemd-boot gives the entry up for it. */
static bool is_given_up(const struct tree_file *t)
{
	struct file_info info;

	if (t->by_grub)
		return false;
	return t->presence == ABSENT ||
	       (volume_stat(t->volume, t->path, &info) == PRESENT &&
		       (info.size < SYSTEMD_TREE_MIN || info.size > SYSTEMD_TREE_MAX));
}

/* GRUB unpacks files that it opens. */
static int read_tree(const struct tree_file *t, struct buf *bytes, struct err *err)
{
	const char *format = t->by_grub ? volume_packed(t->volume, t->path) : NULL;

	return format && grub_unpacking_module(format)
		       ? volume_unpack_head(t->volume, t->path, DEVICETREE_MAX, bytes, err)
		       : volume_read(t->volume, t->path, DEVICETREE_MAX, bytes, err);
}

void walk_tree(struct walk *w, const struct tree_file *t, const char *cmdline, bool is_default,
	const char *source)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct err err = { 0 };
	int rc;

	if (is_given_up(t)) {
		walk_problem(w, CHAIN_FILE_MISSING, true, is_default,
			walk_where(t->volume, t->path), "%s names this device tree, which is %s",
			source,
			t->presence == ABSENT ? "not in the image"
					      : "none that systemd-boot takes, by its size");
	} else if (t->presence == ABSENT) {
		problem_passed_over(w, t, is_default, source);
	} else if (t->presence == PRESENCE_UNKNOWN) {
		walk_problem(w, CHAIN_TREE, false, is_default, walk_where(t->volume, t->path),
			"%s names this device tree, and whether it is there cannot be told",
			source);
	} else {
		rc = read_tree(t, &bytes, &err);
		if (rc == 0)
			judge_bytes(w, t, &bytes, cmdline, is_default, source);
		else if (rc == -EFBIG)
			walk_problem(w, CHAIN_TREE, true, is_default,
				walk_where(t->volume, t->path),
				"%s names this device tree, which is larger than a kernel takes",
				source);
		else
			walk_problem(w, CHAIN_TREE, false, is_default,
				walk_where(t->volume, t->path),
				"%s names this device tree, which cannot be read: %s", source,
				err.text);
	}
}

void walk_section_tree(struct walk *w, const struct section_tree *tree, const char *section,
	const char *cmdline, bool is_default, const char *where)
{
	if (tree->present && tree->valid)
		problem_tree(w, xstrdup(where), section, tree->compatible, cmdline, is_default);
	else if (tree->present)
		problem_no_tree(w, xstrdup(where), section, is_default);
}
