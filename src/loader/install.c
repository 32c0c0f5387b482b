/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing a loader among those that a root file system ships, and listing
 * what goes on the ESP. Where each distribution keeps its loaders is the table
 * below; what each binary needs is read from the binary.
 */
#include "loader/install.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/install_parts.h"
#include "loader/loader.h"
#include "loader/volume.h"
#include "rootfs/rootfs.h"

static const char *const kind_names[] = {
	[INSTALL_AUTO] = "auto",
	[INSTALL_SHIM] = "shim",
	[INSTALL_GRUB] = "grub",
	[INSTALL_SYSTEMD_BOOT] = "systemd-boot",
	[INSTALL_UKI] = "uki",
};

bool install_kind_parse(const char *word, enum install_kind *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (strcmp(word, kind_names[i]) == 0) {
			*kind = (enum install_kind)i;
			return true;
		}
	return false;
}

const char *install_kind_name(enum install_kind kind)
{
	return kind == INSTALL_FILE ? "file" : kind_names[kind];
}

/* ---- where loaders are ---- */

/* Debian and Ubuntu; Fedora and its like, whose packages own files below /boot/efi; SUSE. */
static const char *const shims[] = {
	"/usr/lib/shim/shimaa64.efi.signed",
	"/usr/lib/shim/shimaa64.efi.signed.latest",
	"/boot/efi/EFI/fedora/shimaa64.efi",
	"/boot/efi/EFI/centos/shimaa64.efi",
	"/boot/efi/EFI/redhat/shimaa64.efi",
	"/boot/efi/EFI/almalinux/shimaa64.efi",
	"/boot/efi/EFI/rocky/shimaa64.efi",
	"/usr/share/efi/aarch64/shim.efi",
	NULL,
};

static const char *const mok_managers[] = {
	"/usr/lib/shim/mmaa64.efi.signed",
	"/usr/lib/shim/mmaa64.efi",
	"/boot/efi/EFI/fedora/mmaa64.efi",
	"/boot/efi/EFI/centos/mmaa64.efi",
	"/boot/efi/EFI/redhat/mmaa64.efi",
	"/boot/efi/EFI/almalinux/mmaa64.efi",
	"/boot/efi/EFI/rocky/mmaa64.efi",
	"/usr/share/efi/aarch64/MokManager.efi",
	NULL,
};

static const char *const signed_grubs[] = {
	"/usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed",
	"/boot/efi/EFI/fedora/grubaa64.efi",
	"/boot/efi/EFI/centos/grubaa64.efi",
	"/boot/efi/EFI/redhat/grubaa64.efi",
	"/boot/efi/EFI/almalinux/grubaa64.efi",
	"/boot/efi/EFI/rocky/grubaa64.efi",
	"/usr/share/efi/aarch64/grub.efi",
	NULL,
};

static const char *const grubs[] = {
	"/usr/lib/grub/arm64-efi/monolithic/grubaa64.efi",
	"/usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed",
	"/boot/efi/EFI/fedora/grubaa64.efi",
	"/usr/share/efi/aarch64/grub.efi",
	"/usr/share/grub2/arm64-efi/grub.efi",
	NULL,
};

static const char *const systemd_boots[] = {
	"/usr/lib/systemd/boot/efi/systemd-bootaa64.efi.signed",
	"/usr/lib/systemd/boot/efi/systemd-bootaa64.efi",
	NULL,
};

static const char *const stubs[] = {
	"/usr/lib/systemd/boot/efi/linuxaa64.efi.stub",
	NULL,
};

/* What to install when it is missing, by ID or ID_LIKE; the last row is for all others. */
static const struct {
	const char *family;
	const char *shim, *grub, *systemd_boot, *uki;
} packages[] = {
	{ "debian", "shim-signed and grub-efi-arm64-signed",
		"grub-efi-arm64-bin (since Debian 13 grub-efi-arm64-unsigned)", "systemd-boot-efi",
		"systemd-boot-efi" },
	{ "fedora", "shim-aa64 and grub2-efi-aa64", "grub2-efi-aa64", "systemd-boot-unsigned",
		"systemd-boot-unsigned" },
	{ "suse", "shim and grub2-arm64-efi", "grub2-arm64-efi", "systemd-boot", "systemd-boot" },
	{ NULL, "shim and a signed GRUB", "GRUB for arm64-efi", "systemd-boot",
		"systemd's EFI stub" },
};

static const char *first_of(struct rootfs *rootfs, const char *const paths[])
{
	for (size_t i = 0; paths[i]; i++)
		if (rootfs_exists(rootfs, paths[i]))
			return paths[i];
	return NULL;
}

/* Which row of packages; the words of ID_LIKE are not needed for the families in it. */
static size_t family_of(const struct install_options *o)
{
	const char *text = o->os_release ? o->os_release : o->os_id ? o->os_id : "";
	size_t i = 0;

	while (packages[i].family && !strstr(text, packages[i].family))
		i++;
	return i;
}

static int missing(const struct planner *p, enum install_kind kind, struct err *err)
{
	size_t row = family_of(p->options);
	const char *package = kind == INSTALL_SHIM           ? packages[row].shim
			      : kind == INSTALL_SYSTEMD_BOOT ? packages[row].systemd_boot
			      : kind == INSTALL_UKI          ? packages[row].uki
							     : packages[row].grub;

	if (kind == INSTALL_AUTO)
		err_set(err, ENOENT, "the root file system ships no boot loader for AArch64");
	else
		err_set(err, ENOENT, "the root file system does not ship what --loader %s needs",
			kind_names[kind]);
	return err_hint(err, "install %s in it, or give another --loader", package);
}

/* ---- the plan ---- */

struct install_file *plan_add(struct install_plan *plan, const char *dest)
{
	struct install_file *f;

	plan->files = xreallocarray(plan->files, plan->n + 1, sizeof(*plan->files));
	f = &plan->files[plan->n++];
	memset(f, 0, sizeof(*f));
	f->dest = path_clean(dest);
	return f;
}

void plan_source(struct install_plan *plan, const char *dest, const char *source)
{
	plan_add(plan, dest)->source = xstrdup(source);
}

static bool plan_has(const struct install_plan *plan, const char *dest)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcasecmp(plan->files[i].dest, dest) == 0)
			return true;
	return false;
}

/* ---- GRUB ---- */

/* The small configuration on the ESP that leads to the one in the root file system. */
static void plan_grub_cfg(const struct planner *p, const char *folder)
{
	CLEANUP(xfree) char *name = xasprintf("%s/grub.cfg", folder);
	CLEANUP(xfree) char *dest = path_clean(name);
	struct install_file *f;

	if (plan_has(p->plan, dest))
		return;
	f = plan_add(p->plan, dest);
	text_printf(&f->bytes,
		"search.fs_uuid %s root\n"
		"set prefix=($root)'%s'\n"
		"configfile $prefix/grub.cfg\n",
		p->options->root_uuid, p->options->boot_prefix);
}

/*
 * Both places: beside the loader, where a GRUB looks that finds no vendor
 * folder, and that binary's own prefix. A prefix with a device in it is
 * on another partition, and nothing on the ESP can serve it.
 */
static int plan_grub_cfgs(const struct planner *p, const struct loader_facts *grub, struct err *err)
{
	if (!p->options->root_uuid || !*p->options->root_uuid)
		return err_set(
			err, EINVAL, "the root file system has no UUID for GRUB to find it by");
	plan_grub_cfg(p, "/EFI/BOOT");
	if (grub->prefix && grub->prefix[0] == '/')
		plan_grub_cfg(p, grub->prefix);
	p->plan->needs_grub_cfg = true;
	return 0;
}

static int recognise(const struct planner *p, const char *path, enum loader_kind kind,
	struct loader_facts *facts, struct err *err)
{
	int rc = loader_recognise_file(&p->volume, path, facts, err);

	if (rc < 0)
		return err_push(err, "%s", path);
	if (facts->kind != kind || facts->machine != 0xaa64)
		return err_set(err, EINVAL, "%s in the root file system is no %s for AArch64", path,
			loader_kind_name(kind));
	return 0;
}

static int plan_shim(struct planner *p, struct err *err)
{
	const char *shim_path = first_of(p->rootfs, shims);
	const char *grub_path = first_of(p->rootfs, signed_grubs);
	const char *mm_path = first_of(p->rootfs, mok_managers);
	CLEANUP(loader_facts_release) struct loader_facts shim = { 0 }, grub = { 0 };
	CLEANUP(xfree) char *second = NULL;
	int rc;

	if (!shim_path || !grub_path)
		return missing(p, INSTALL_SHIM, err);
	rc = recognise(p, shim_path, LOADER_SHIM, &shim, err);
	if (rc == 0)
		rc = recognise(p, grub_path, LOADER_GRUB, &grub, err);
	if (rc < 0)
		return rc;
	second = xasprintf("/EFI/BOOT/%s", shim.second_stage ? shim.second_stage : "grubaa64.efi");
	plan_source(p->plan, "/EFI/BOOT/BOOTAA64.EFI", shim_path);
	plan_source(p->plan, second, grub_path);
	if (mm_path)
		plan_source(p->plan,
			strstr(mm_path, "MokManager") ? "/EFI/BOOT/MokManager.efi"
						      : "/EFI/BOOT/mmaa64.efi",
			mm_path);
	p->plan->what = xasprintf("shim %s and GRUB %s", shim.version, grub.version);
	return plan_grub_cfgs(p, &grub, err);
}

static int plan_grub(struct planner *p, struct err *err)
{
	const char *path = first_of(p->rootfs, grubs);
	CLEANUP(loader_facts_release) struct loader_facts grub = { 0 };
	int rc;

	if (!path)
		return missing(p, INSTALL_GRUB, err);
	rc = recognise(p, path, LOADER_GRUB, &grub, err);
	if (rc < 0)
		return rc;
	plan_source(p->plan, "/EFI/BOOT/BOOTAA64.EFI", path);
	p->plan->what = xasprintf("GRUB %s", grub.version);
	return plan_grub_cfgs(p, &grub, err);
}

static int plan_systemd_boot(struct planner *p, struct err *err)
{
	const char *path = first_of(p->rootfs, systemd_boots);
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	int rc;

	if (!path)
		return missing(p, INSTALL_SYSTEMD_BOOT, err);
	rc = recognise(p, path, LOADER_SYSTEMD_BOOT, &facts, err);
	if (rc < 0)
		return rc;
	plan_source(p->plan, "/EFI/BOOT/BOOTAA64.EFI", path);
	plan_source(p->plan, "/EFI/systemd/systemd-bootaa64.efi", path);
	p->plan->what = xasprintf("systemd-boot %s", facts.version);
	return plan_type1(p, err);
}

static int plan_uki(struct planner *p, struct err *err)
{
	const char *stub = first_of(p->rootfs, stubs);
	int rc = plan_uki_found(p, err);

	if (rc != -ENOENT)
		return rc;
	if (!stub)
		return missing(p, INSTALL_UKI, err);
	return plan_uki_made(p, stub, err);
}

static int plan_kind(struct planner *p, enum install_kind kind, struct err *err)
{
	p->plan->kind = kind;
	switch (kind) {
	case INSTALL_SHIM:
		return plan_shim(p, err);
	case INSTALL_GRUB:
		return plan_grub(p, err);
	case INSTALL_SYSTEMD_BOOT:
		return plan_systemd_boot(p, err);
	case INSTALL_UKI:
		return plan_uki(p, err);
	case INSTALL_FILE:
		p->plan->what = xstrdup(p->options->file);
		return 0;
	case INSTALL_AUTO:
		break;
	}
	return err_set(err, EINVAL, "no kind of loader");
}

int loader_plan_install(struct rootfs *rootfs, enum install_kind kind,
	const struct install_options *options, struct install_plan *plan, struct err *err)
{
	static const enum install_kind best_first[] = { INSTALL_SHIM, INSTALL_GRUB,
		INSTALL_SYSTEMD_BOOT, INSTALL_UKI };
	struct planner p = { .rootfs = rootfs, .options = options, .plan = plan };

	memset(plan, 0, sizeof(*plan));
	volume_set_rootfs(&p.volume, rootfs);
	if (kind != INSTALL_AUTO)
		return plan_kind(&p, kind, err);
	for (size_t i = 0; i < ARRAY_SIZE(best_first); i++) {
		int rc = plan_kind(&p, best_first[i], err);

		if (rc != -ENOENT)
			return rc;
		install_plan_release(plan);
	}
	return missing(&p, INSTALL_AUTO, err);
}

void install_plan_release(struct install_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct install_file *f = &plan->files[i];

		free(f->dest);
		free(f->source);
		text_release(&f->bytes);
		for (size_t j = 0; j < f->n_parts; j++) {
			free(f->parts[j].source);
			buf_release(&f->parts[j].bytes);
		}
		free(f->parts);
	}
	free(plan->files);
	free(plan->what);
	memset(plan, 0, sizeof(*plan));
}
