/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an entry needs, whichever loader offers it: a kernel for AArch64, its
 * initrd, and a root file system that the image has. Device names (root=/dev/vda2)
 * are not judged here: whether they are wise is a check of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cmdline.h"
#include "base/xalloc.h"
#include "loader/chain_walk.h"
#include "loader/initrd_finds.h"
#include "loader/names.h"
#include "pe/pe.h"
#include "rootfs/mount_options.h"

/* What marks a kernel that is compressed: its headers. */
#define KERNEL_HEAD ((size_t)64 << 10)

struct chain_entry *walk_entry(struct walk *w, const char *title, const char *source)
{
	struct boot_chain *c = w->chain;
	struct chain_entry *e;

	if (c->n_entries >= CHAIN_ENTRIES_MAX) {
		if (!w->full)
			walk_problem(w, CHAIN_UNDETERMINED, false, true, xstrdup(source),
				"there are more than %d entries, and which one boots is not known",
				CHAIN_ENTRIES_MAX);
		w->full = true;
		return NULL;
	}
	c->entries = xreallocarray(c->entries, c->n_entries + 1, sizeof(*c->entries));
	e = &c->entries[c->n_entries++];
	*e = (struct chain_entry){
		.title = xstrdup(title),
		.source = xstrdup(source),
		.cmdline = xstrdup(""),
	};
	return e;
}

void walk_default(struct walk *w, struct chain_entry *entry)
{
	for (size_t i = 0; i < w->chain->n_entries; i++)
		w->chain->entries[i].is_default = &w->chain->entries[i] == entry;
}

void walk_chosen(struct walk *w, const char *by, char *take_in, bool saved)
{
	struct boot_chain *c = w->chain;

	free(c->chosen_by);
	free(c->chosen_in);
	c->chosen_by = xstrdup(by);
	c->chosen_in = take_in;
	c->chosen_by_saved = saved;
}

/* "6.1.0-32-arm64" of "/boot/vmlinuz-6.1.0-32-arm64" or "/debian/6.1.0-32-arm64/linux". */
static char *version_by_name(const char *path)
{
	static const char *const names[] = { "vmlinuz-", "vmlinux-", "Image-", "kernel-",
		"linux-" };
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(base, names[i], strlen(names[i])) == 0)
			return xstrdup(base + strlen(names[i]));
	if (strcmp(base, "linux") == 0 && base - path > 1) {
		const char *end = base - 1, *start = end;

		while (start > path && start[-1] != '/')
			start--;
		return xstrndup(start, (size_t)(end - start));
	}
	return xstrdup("");
}

static bool fits(const struct loader_facts *f, bool by_grub)
{
	if (f->kind == LOADER_KERNEL || f->kind == LOADER_KERNEL_ZBOOT)
		return f->machine == PE_MACHINE_AARCH64;
	return f->kind == LOADER_UKI && f->machine == PE_MACHINE_AARCH64 && !by_grub;
}

static void problem_arch(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *f, bool is_default)
{
	const char *machine = f->machine ? pe_machine_name(f->machine) : NULL;
	char *where = walk_where(v, path);

	if (f->machine && f->machine != PE_MACHINE_AARCH64)
		walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, where,
			"this is a program for %s, not for AArch64",
			machine ? machine : "another architecture");
	else if (f->machine)
		walk_problem(w, CHAIN_KERNEL_ARCH, f->kind != LOADER_UNKNOWN, is_default, where,
			"this is no kernel: %s", loader_kind_name(f->kind));
	else
		walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, where,
			"this is no kernel that can be started: it is %s",
			pe_looks_text((enum pe_looks)f->looks));
}

/* Determines what the kernel is, and what is in it when this loader unpacks it. */
static int recognise_kernel(const struct volume *v, const char *path, bool by_grub,
	struct loader_facts *facts, struct err *err)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT;
	const char *format = by_grub ? volume_packed(v, path) : NULL;
	struct pe_memory memory;
	struct pe_source src;
	int rc;

	if (!format || !grub_unpacking_module(format))
		return loader_recognise_file(v, path, facts, err);
	rc = volume_unpack_head(v, path, KERNEL_HEAD, &head, err);
	if (rc < 0)
		return rc;
	memory = (struct pe_memory){ buf_bytes(&head), head.len };
	src = pe_source_memory(&memory);
	return loader_recognise(&src, facts, err);
}

bool walk_kernel(struct walk *w, const struct volume *v, const char *path, enum presence presence,
	bool by_grub, bool is_default, const char *source)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	CLEANUP(xfree) char *version = NULL;
	const char *lacks = volume_no_file(v, path, presence);
	struct err err = { 0 };

	if (lacks) {
		walk_problem(w, CHAIN_KERNEL_MISSING, presence != PRESENCE_UNKNOWN, is_default,
			walk_where(v, path), "%s names this kernel, %s", source, lacks);
		return false;
	}
	if (recognise_kernel(v, path, by_grub, &facts, &err) < 0) {
		if (err.code == EUCLEAN)
			walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, walk_where(v, path),
				"this is no kernel that can be started: %s", err.text);
		else
			walk_problem(w, CHAIN_UNDETERMINED, false, is_default, walk_where(v, path),
				"the kernel cannot be read: %s", err.text);
		return false;
	}
	if (!fits(&facts, by_grub)) {
		problem_arch(w, v, path, &facts, is_default);
		return false;
	}
	if (is_default) {
		version = facts.uname ? xstrdup(facts.uname) : version_by_name(path);
		walk_step(w, STEP_KERNEL, v, path, facts.kind, version);
		w->chain->complete = true;
	}
	return true;
}

/*
 * The stub of systemd 252 wants a kernel whose image version says that it reads its initrd by LoadFile2, which
 * that of a stub of its time does not; later ones hand over archives of their own, by what the inner stub then
 * cannot install again, and from 258 on refuse what has relocations. 252, 257 and 262 were tried.
 */
static bool starts_no_unified(const struct loader_facts *facts)
{
	unsigned long version = strtoul(facts->version, NULL, 10);

	return version == 252 || version >= 257;
}

bool walk_uki_kernel(
	struct walk *w, const struct loader_facts *facts, bool is_default, const char *where)
{
	const char *machine = pe_machine_name(facts->linux_machine);
	bool known = starts_no_unified(facts);

	if (facts->linux_machine == PE_MACHINE_AARCH64 && facts->linux_is_kernel)
		return true;
	if (facts->linux_machine == PE_MACHINE_AARCH64 && !facts->linux_unified)
		walk_problem(w, CHAIN_KERNEL_ARCH, false, is_default, xstrdup(where),
			"its section .linux is a program that is no Linux kernel, and what it "
			"starts is not known");
	else if (facts->linux_machine == PE_MACHINE_AARCH64)
		walk_problem(w, CHAIN_KERNEL_ARCH, known, is_default, xstrdup(where),
			known ? "its section .linux is a unified kernel image itself, which the stub of "
				"systemd %s does not start"
			      : "its section .linux is a unified kernel image itself, and whether this "
				"stub starts one is not known",
			facts->version);
	else if (facts->linux_machine)
		walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, xstrdup(where),
			"the kernel in its section .linux is for %s, not for AArch64",
			machine ? machine : "another architecture");
	else
		walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, xstrdup(where),
			"its section .linux is no kernel that can be started: it is %s",
			pe_looks_text((enum pe_looks)facts->linux_looks));
	return false;
}

/* The trees in a UKI or in an addon, which the stub hands over. Those of boards in .dtbauto match none but their own. */
static void add_tree(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *facts, const char *cmdline, bool is_default)
{
	CLEANUP(xfree) char *where = walk_where(v, path);
	unsigned long version = strtoul(facts->version, NULL, 10);

	if (!version || version >= 250)
		walk_section_tree(w, &facts->dtb, "the stub, from the section .dtb,", cmdline,
			is_default, where);
	if (!version || version >= 257)
		walk_section_tree(w, &facts->dtbauto, "the stub, from a section .dtbauto,", cmdline,
			is_default, where);
}

/* Whether the stub looks at a file of this name: in ASCII, not hidden. */
static bool is_addon_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p; p++)
		if (*p & 0x80)
			return false;
	return *name != '.' && len > 10 && strcasecmp(name + len - 10, ".addon.efi") == 0;
}

/* Whether the addon is for this UKI: one that says for which kernel it is passes for that alone. */
static bool is_addon_for(const struct loader_facts *addon, const struct loader_facts *uki)
{
	return addon->kind == LOADER_UKI_ADDON && addon->machine == PE_MACHINE_AARCH64 &&
	       (!addon->uname || !uki->uname || strcmp(addon->uname, uki->uname) == 0);
}

/*
 * Since 254 the stub reads addons, in the order of their names and by the firmware. An initrd in one was seen of 257,
 * and comes beside the UKI's own.
 */
static void add_addons(struct walk *w, const struct volume *v, const char *folder, bool is_default,
	struct loader_facts *uki, char **cmdline)
{
	unsigned long version = strtoul(uki->version, NULL, 10);
	CLEANUP(strlist_release) struct strlist names = { 0 };
	struct err err = { 0 };

	if (volume_folder(v, folder, &names, &err) == PRESENCE_UNKNOWN) {
		walk_problem(w, CHAIN_UNDETERMINED, false, is_default, walk_where(v, folder),
			"what addons here add to the command line is not known: %s", err.text);
		w->words_unread = true;
	}
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, names.v[i]);
		struct err why = { 0 };
		char *joined;

		if (!is_addon_name(names.v[i]))
			continue;
		if (loader_recognise_file(v, path, &facts, &why) < 0 && why.code != EUCLEAN) {
			walk_problem(w, CHAIN_UNDETERMINED, false, is_default, walk_where(v, path),
				"what this addon adds to the command line is not known: %s",
				why.text);
			w->words_unread = true;
		}
		if (!is_addon_for(&facts, uki))
			continue;
		if (facts.has_initrd && (!version || version >= 257)) {
			uki->has_initrd = true;
			if (is_default)
				walk_step(w, STEP_INITRD, v, path, LOADER_UKI_ADDON, "");
		}
		add_tree(w, v, path, &facts, *cmdline, is_default);
		if (!facts.cmdline || !*facts.cmdline)
			continue;
		joined = xasprintf("%s%s%s", *cmdline, **cmdline ? " " : "", facts.cmdline);
		free(*cmdline);
		*cmdline = joined;
	}
}

char *walk_uki_cmdline(struct walk *w, const struct volume *v, const char *path,
	struct loader_facts *facts, const char *given, bool is_default)
{
	CLEANUP(xfree) char *own = xasprintf("%s.extra.d", path);
	char *cmdline = xstrdup(*given || !facts->cmdline ? given : facts->cmdline);
	unsigned long version = strtoul(facts->version, NULL, 10);

	if ((!version || version >= 254) && walk_by_firmware(w, v) != ABSENT) {
		/* What is for all comes before what is for this one, and so the latter has the last word. */
		add_addons(w, v, "/loader/addons", is_default, facts, &cmdline);
		add_addons(w, v, own, is_default, facts, &cmdline);
	}
	add_tree(w, v, path, facts, cmdline, is_default);
	return cmdline;
}

void walk_no_profile(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *facts, const char *source, const char *options, bool is_default)
{
	if (facts->more_profiles)
		walk_problem(w, CHAIN_UNDETERMINED, false, is_default, walk_where(v, path),
			"it has more profiles than are looked at, and %s asks for another (%s)",
			source, options);
	else
		walk_problem(w, CHAIN_KERNEL_ARCH, true, is_default, walk_where(v, path),
			"%s asks for a profile (%s) that this unified kernel image has not", source,
			options);
}

void walk_initrd(struct walk *w, const struct volume *v, const char *path, enum presence presence,
	bool is_default, const char *source)
{
	const char *lacks = volume_no_file(v, path, presence);

	if (lacks)
		walk_problem(w, CHAIN_INITRD_MISSING, presence != PRESENCE_UNKNOWN, is_default,
			walk_where(v, path), "%s names this initrd, %s", source, lacks);
	else if (is_default)
		walk_step(w, STEP_INITRD, v, path, LOADER_UNKNOWN, "");
}

/* ---- root= ---- */

char *cmdline_value(const char *cmdline, const char *key)
{
	return cmdline_last(cmdline, CMDLINE_KERNEL, key);
}

/* The caller frees it; NULL or "": there is none. Where a hash is given, systemd needs no root=. */
static char *root_named(const char *cmdline)
{
	CLEANUP(xfree) char *hash = cmdline_value(cmdline, "roothash=");
	char *root = cmdline_value(cmdline, "root=");

	return root || !hash ? root : xstrdup("/dev/mapper/root");
}

const struct volume *cmdline_root(const struct chain_view *view, const char *cmdline)
{
	CLEANUP(xfree) char *root = root_named(cmdline);

	return root ? cmdline_name(view, cmdline, root).volume : NULL;
}

static void no_root(
	struct walk *w, const char *cmdline, bool has_initrd, bool is_default, const char *source)
{
	CLEANUP(xfree) char *configured = cmdline_value(cmdline, "bootconfig");

	if (configured && has_initrd)
		walk_problem(w, CHAIN_ROOT_NONE, false, is_default, xstrdup(source),
			"the kernel's command line has no root=; whether the bootconfig in its "
			"initrd has is not known");
	else if (has_initrd && initrd_finds_by(cmdline))
		walk_problem(w, CHAIN_ROOT_NONE, false, is_default, xstrdup(source),
			"the kernel's command line has no root=; where its initrd finds one by %s "
			"is not followed here",
			initrd_finds_by(cmdline));
	/* systemd finds it by its type when nothing else is named. */
	else if (has_initrd && name_resolve(w->view, "gpt-auto").answer == NAME_ONE)
		walk_problem(w, CHAIN_ROOT_BY_TYPE, false, is_default, xstrdup(source),
			"the kernel's command line has no root=, and whether its initrd looks for "
			"a partition of the root type is not known");
	else
		walk_problem(w, CHAIN_ROOT_NONE, !has_initrd, is_default, xstrdup(source),
			"the kernel's command line has no root=%s",
			has_initrd ? "; whether its initrd finds one by itself is not known"
				   : ", and there is no initrd that could do without");
}

/* OSTree's initrd makes the folder that ostree= names the root (ostree-prepare-root(1)). */
static void walk_deployment(struct walk *w, const struct volume *root, const char *cmdline,
	bool is_default, const char *source)
{
	CLEANUP(xfree) char *ostree = cmdline_value(cmdline, "ostree=");
	CLEANUP(xfree) char *flags = cmdline_value(cmdline, "rootflags=");
	CLEANUP(subvolume_release) struct subvolume subvolume = { 0 };
	CLEANUP(xfree) char *joined = NULL;
	CLEANUP(xfree) char *path = NULL;
	enum presence there;

	if (!ostree || *ostree != '/')
		return;
	subvolume_of(&subvolume, flags);
	joined = xasprintf("/%s/%s/usr", subvolume.path ? subvolume.path : "", ostree);
	path = path_clean(joined);
	/* Which path a number is of is not known here. */
	there = subvolume.id && !subvolume.path ? PRESENCE_UNKNOWN : volume_stat(root, path, NULL);
	if (there != PRESENT)
		walk_problem(w, CHAIN_NO_DEPLOYMENT, there == ABSENT, is_default, xstrdup(source),
			there == ABSENT
				? "ostree=%s: there is no deployment with a /usr in the root file system"
				: "ostree=%s: whether that deployment is there cannot be determined",
			ostree);
}

void walk_root(
	struct walk *w, const char *cmdline, bool has_initrd, bool is_default, const char *source)
{
	CLEANUP(xfree) char *root = root_named(cmdline);
	bool certain = !w->words_unread;
	struct name name;

	w->words_unread = false;
	if (!root || !*root) {
		no_root(w, cmdline, has_initrd || !certain, is_default, source);
		return;
	}
	name = cmdline_name(w->view, cmdline, root);
	/* The kernel takes them for a part of the name. */
	if (!has_initrd && *root == '\'')
		name = (struct name){ .answer = NAME_NONE, .what = "a name with quotes" };
	if (!has_initrd && !name.by_kernel && name.answer != NAME_UNKNOWN)
		walk_problem(w, CHAIN_ROOT_NONE, certain, is_default, xstrdup(source),
			"root=%s: a kernel without an initrd finds its root by PARTUUID= or "
			"PARTLABEL= alone",
			root);
	if (!has_initrd && name.by_kernel && name.letters)
		return;
	if (name.answer == NAME_NONE)
		walk_problem(w, CHAIN_ROOT_MISSING, certain, is_default, xstrdup(source),
			"root=%s: nothing in the image has %s", root, name.what);
	else if (name.answer == NAME_UNKNOWN)
		walk_problem(w, CHAIN_ROOT_MISSING, false, is_default, xstrdup(source),
			"root=%s: whether it is there cannot be told: %s", root, name.why);
	else if (name.answer == NAME_SEVERAL)
		walk_problem(w, CHAIN_ROOT_SEVERAL, certain, is_default, xstrdup(source),
			"root=%s: several file systems of the image have %s", root, name.what);
	if (name.answer == NAME_ONE)
		walk_deployment(w, name.volume, cmdline, is_default, source);
	if (name.answer == NAME_ONE && has_initrd && name_is_by_type(root))
		walk_problem(w, CHAIN_ROOT_BY_TYPE, false, is_default, xstrdup(source),
			"root=%s: whether its initrd looks for a partition of the root type is not "
			"known",
			root);
}
