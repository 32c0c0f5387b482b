/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader family, first part: the boot chain from \EFI\BOOT\BOOTAA64.EFI to
 * the kernel, as chain_walk() saw it (VM-2, VM-9). A row per thing that can
 * break it; what the walk could not determine is inconclusive here. The program
 * files themselves are judged in loader_pe.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/kernels.h"
#include "esp/esp.h"
#include "image/guest.h"
#include "image/programs.h"
#include "loader/bls.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "loader/repair.h"
#include "rootfs/rootfs.h"

#define BIT(code)  (1u << (code))
#define CONFIG_MAX ((size_t)1 << 20)

/* What in the walk a check is about, and what to do about it. */
struct chain_rule {
	unsigned codes; /* of enum chain_code */
	enum loader_kind
		of; /* judged only when such a loader is on the way; LOADER_UNKNOWN: always */
	const char *advice;
};

/* Gets the chain; 1 when there is nothing to judge, which has been said. */
static int get_chain(
	struct image *image, const struct boot_chain **chain, struct findings *f, struct err *err)
{
	const struct chain_problem *none;
	int ret = image_chain(image, chain, err);

	if (ret < 0)
		return ret;
	none = chain_find(*chain, CHAIN_NO_FALLBACK);
	if (!none)
		return 0;
	if (!none->certain)
		return err_set(err, EIO, "%s: %s", none->where, none->text);
	finding_skip_for(f, "esp.fallback-loader", "there is no fallback loader to begin with");
	return 1;
}

/* The same of a chain with such a loader in it; LOADER_UNKNOWN: with any. */
static int get_chain_of(struct image *image, enum loader_kind kind, const struct boot_chain **chain,
	struct findings *f, struct err *err)
{
	int ret = get_chain(image, chain, f, err);

	if (ret != 0 || kind == LOADER_UNKNOWN || chain_has_loader(*chain, kind))
		return ret;
	finding_skip_for(f, (*chain)->complete ? NULL : "loader", "no %s on the way",
		loader_kind_name(kind));
	return 1;
}

static int run_with(struct image *image, struct findings *f, const char *advice, struct err *err)
{
	const struct chain_problem *open = NULL;
	const struct boot_chain *chain;
	const struct chain_rule *rule = finding_rule(f)->chain;
	bool found = false;
	int ret = get_chain_of(image, rule->of, &chain, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		if (!p->on_default || !(rule->codes & BIT(p->code)))
			continue;
		if (p->certain)
			finding_add(f, p->where, advice, "%s", p->text);
		found = found || p->certain;
		open = open ? open : p->certain ? NULL : p;
	}
	if (open && !found)
		return err_set(err, EAGAIN, "%s: %s", open->where, open->text);
	if (!found && !chain->complete && !(rule->codes & BIT(CHAIN_NOT_A_LOADER)) &&
		rule->of == LOADER_UNKNOWN)
		finding_skip_for(f, "loader", "the boot chain ends before that");
	return 0;
}

static int run_rule(struct image *image, struct findings *f, struct err *err)
{
	return run_with(image, f, finding_rule(f)->chain->advice, err);
}

/* Whether it is one of the programs that loader.pe-format and loader.pe-machine judge. */
static bool is_judged_program(struct image *image, const char *where)
{
	const struct efi_programs *ps;

	if (image_programs(image, &ps, NULL) < 0)
		return false;
	for (size_t i = 0; i < ps->n; i++)
		if (strcmp(ps->v[i].where, where) == 0)
			return true;
	return false;
}

static int run_boots(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	const struct chain_problem *p;
	int ret = run_rule(image, f, err);

	if (ret < 0 || image_chain(image, &chain, NULL) < 0)
		return ret;
	p = chain_find(chain, CHAIN_NOT_STARTED);
	if (p && is_judged_program(image, p->where))
		finding_skip_for(f, "loader.pe-format loader.pe-machine",
			"the boot chain ends at what is no program for AArch64");
	else if (p)
		finding_add(f, p->where, "put the loader's arm64 build there", "%s", p->text);
	return ret;
}

/* To install a kernel is no help where one is, and the loader looks elsewhere. */
static int run_kernel(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_rule *rule = finding_rule(f)->chain;
	const struct boot_chain *chain;
	const struct chain_view *view;
	CLEANUP(xfree) char *elsewhere = NULL;

	/* Where nothing lacks no file system is looked into: of some that takes seconds. */
	if (image_chain(image, &chain, NULL) == 0 && image_volumes(image, &view, NULL) == 0 &&
		chain_default(chain) && chain_find(chain, CHAIN_KERNEL_MISSING))
		elsewhere = kernel_elsewhere(view, chain_default(chain));
	return run_with(image, f, elsewhere ? elsewhere : rule->advice, err);
}

/* The entries that don't boot by themselves: each problem that is theirs. */
static int run_entries(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = get_chain(image, &chain, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (chain->n_entries < 2)
		finding_skip(f, "there is no choice of entries");
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		if (p->certain && !p->on_default)
			finding_add(f, p->where, "make the configuration anew, or delete the entry",
				"%s", p->text);
	}
	return 0;
}

/* ---- file systems that a loader cannot read ---- */

static int run_filesystem(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	char name[VOLUME_NAME_MAX];
	int ret = run_rule(image, f, err);

	/* Where it was booted GRUB did read them: boot.agrees reports. */
	if (ret < 0 || image_chain(image, &chain, NULL) < 0 || chain->settled)
		return ret;
	for (const struct chain_step *s = NULL; (s = unread_by_grub(image, chain, s));)
		finding_add(f, volume_name(s->volume, name),
			"make /boot a file system of its own without them (mkfs.ext4 -O ^FEATURE), or "
			"boot by systemd-boot or a unified kernel image",
			"GRUB does not read an ext4 that uses %s, and cannot load %s from it",
			image_volume_facts(image, s->volume)->not_for_grub, s->path);
	return 0;
}

/* ---- commands that are not known ---- */

static int run_commands(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	int ret = get_chain_of(image, LOADER_GRUB, &chain, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < chain->unknown_commands.n; i++)
		finding_add(f, "", "see that it is spelt right",
			"GRUB's configuration uses a command that is not known here: %s",
			chain->unknown_commands.v[i]);
	return 0;
}

/* ---- a loader that is not followed ---- */

static int run_followed(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_step *last = NULL;
	const struct boot_chain *chain;
	int ret = get_chain(image, &chain, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < chain->n_steps; i++)
		if (chain->steps[i].kind == STEP_LOADER)
			last = &chain->steps[i];
	if (chain->unfollowed)
		finding_add(f, last ? last->path : "",
			"see that its entries are good, and that the guest's updates keep them so",
			"%s is not followed here: every scenario boots the same kernel by it, which was "
			"judged; what its other entries boot, and what it will boot after an update, "
			"was not seen",
			last ? loader_kind_name(last->loader) : "the loader");
	return 0;
}

/* ---- the fallback beside the vendor's loader ---- */

struct esp_files {
	struct volume volume;
	const struct esp_inventory *inventory;
	const struct boot_chain *chain;
};

static int get_esp(struct image *image, struct esp_files *e, struct findings *f, struct err *err)
{
	struct fat *fat;
	int ret = get_chain(image, &e->chain, f, err);

	if (ret == 0)
		ret = image_esp(image, &fat, err);
	if (ret == 0)
		ret = image_esp_inventory(image, &e->inventory, err);
	if (ret == 0)
		volume_set_fat(&e->volume, fat);
	return ret;
}

/* Whether a file lies in the fallback's folder. */
static bool in_fallback_folder(const char *path)
{
	CLEANUP(xfree) char *clean = path_clean(path);

	return strncasecmp(clean, "/EFI/BOOT/", 10) == 0;
}

/* The step of this kind that was started from \EFI\BOOT; NULL: none was. */
static const struct chain_step *fallback_step(const struct boot_chain *chain, enum loader_kind kind)
{
	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind == STEP_LOADER && s->loader == kind && in_fallback_folder(s->path))
			return s;
	}
	return NULL;
}

/* Compares a vendor's loader with the one of its kind in \EFI\BOOT. */
static int compare_vendor(struct esp_files *e, const struct esp_file *file, bool *compared,
	struct findings *f, struct err *err)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	CLEANUP(xfree) char *path = path_clean(file->path);
	const struct chain_step *step;
	int ret = loader_recognise_file(&e->volume, path, &facts, err);

	if (ret < 0)
		return ret;
	step = fallback_step(e->chain, facts.kind);
	if (!step || facts.machine != 0xaa64 || !*facts.version || !*step->version)
		return 0;
	*compared = true;
	if (bls_version_compare(step->version, facts.version) < 0)
		finding_add(f, step->path,
			"copy the newer one over it, and see that updates do (nvram checks)",
			"%s %s is older than %s in %s", loader_kind_name(facts.kind), step->version,
			facts.version, path);
	return 0;
}

static int run_stale(struct image *image, struct findings *f, struct err *err)
{
	struct esp_files e = { 0 };
	bool compared = false;
	int ret = get_esp(image, &e, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < e.inventory->n && ret == 0; i++) {
		const struct esp_file *file = &e.inventory->files[i];

		if ((file->role == ESP_SHIM || file->role == ESP_GRUB ||
			    file->role == ESP_SYSTEMD_BOOT) &&
			!in_fallback_folder(file->path))
			ret = compare_vendor(&e, file, &compared, f, err);
	}
	if (ret == 0 && !compared)
		finding_skip(f, "no vendor folder has a loader to compare it with");
	return ret;
}

/* ---- two configurations on the ESP ---- */

/* The configuration on the ESP that GRUB reads; NULL: none. */
static const struct chain_step *config_on_esp(const struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind == STEP_CONFIG && s->loader == LOADER_GRUB && s->volume &&
			s->volume->is_esp)
			return s;
	}
	return NULL;
}

/* Whether both lead to the same menu, which is what updates write: their words may differ. */
static bool lead_alike(const char *a, const char *b)
{
	CLEANUP(xfree) char *uuid_a = NULL, *path_a = NULL, *uuid_b = NULL, *path_b = NULL;

	return grub_leads_to(a, &uuid_a, &path_a) && grub_leads_to(b, &uuid_b, &path_b) &&
	       strcasecmp(uuid_a, uuid_b) == 0 && strcmp(path_a, path_b) == 0;
}

/* Whether GRUB comes by this configuration, too. */
static bool is_on_the_way(const struct boot_chain *chain, const char *path)
{
	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind == STEP_CONFIG && s->volume && s->volume->is_esp &&
			strcasecmp(s->path, path) == 0)
			return true;
	}
	return false;
}

static int compare_configs(struct esp_files *e, const struct chain_step *read, const char *other,
	struct findings *f, struct err *err)
{
	CLEANUP(buf_release) struct buf a = BUF_INIT;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	int ret = volume_read(&e->volume, read->path, CONFIG_MAX, &a, err);

	if (ret == 0)
		ret = volume_read(&e->volume, other, CONFIG_MAX, &b, err);
	if (ret == 0 && (a.len != b.len || memcmp(buf_text(&a), buf_text(&b), a.len) != 0) &&
		!lead_alike(buf_text(&a), buf_text(&b)) && !is_on_the_way(e->chain, other))
		finding_add(f, other, "make the two equal",
			"GRUB reads %s, and this one beside it says something else: an update in "
			"the guest changes only one of them",
			read->path);
	return ret;
}

static int run_configs(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_step *read;
	struct esp_files e = { 0 };
	unsigned others = 0;
	int ret = get_esp(image, &e, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	read = config_on_esp(e.chain);
	for (size_t i = 0; read && i < e.inventory->n && ret == 0; i++) {
		CLEANUP(xfree) char *path = path_clean(e.inventory->files[i].path);

		if (e.inventory->files[i].role != ESP_GRUB_CFG ||
			strncasecmp(path, "/EFI/", 5) != 0 || strcasecmp(path, read->path) == 0)
			continue;
		others++;
		ret = compare_configs(&e, read, path, f, err);
	}
	if (ret == 0 && !others)
		finding_skip(f, "there are no two of them");
	return ret;
}

/* ---- a root without a name ---- */

/* Where the initrd is what names the root, what else it mounts before the guest's init starts. */
static int judge_initrd_mounts(
	struct image *image, const struct chain_entry *e, struct findings *f, struct err *err)
{
	const struct image_initrd *rd;
	const struct chain_view *view;
	int ret = image_initrd(image, &rd, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < rd->initrd.root.mounts.n; i++) {
		const struct fstab_line *l = &rd->initrd.root.mounts.v[i];
		struct name name = name_resolve(view, l->spec);

		if (strcmp(l->file, "/") != 0 && !fstab_optional(l) &&
			(name.answer == NAME_NONE || name.answer == NAME_MACHINE))
			finding_add(f, e->root_from,
				"name it there by its UUID, and make the initrd anew",
				"the initrd mounts %s on %s, which %s", l->spec, l->file,
				name.answer == NAME_NONE
					? "is not in the image"
					: "is called otherwise in another virtual machine");
	}
	return ret;
}

/* A kernel without an initrd resolves names of partitions alone. */
static const char *root_advice(struct image *image, const struct chain_rule *rule)
{
	const struct chain_problem *p;
	const struct boot_chain *chain;
	const struct chain_entry *e;

	if (image_chain(image, &chain, NULL) < 0)
		return rule->advice;
	if (chain_find(chain, CHAIN_ROOT_SEARCHED))
		return "put what the initrd looks for on the disk, or name what is there in its own "
		       "way";
	e = chain_default(chain);
	p = chain_find(chain, CHAIN_ROOT_NONE);
	if ((p && p->on_default && p->certain) ||
		(e && e->kernel && !e->initrds.n && !e->initrd_unknown))
		return "name the root file system's partition, root=PARTUUID=..., or load an "
		       "initrd, which finds it by its UUID";
	return rule->advice;
}

/* A root that is named nowhere, or gpt-auto, and that systemd finds by its type where a loader names it the disk. */
static int run_root(struct image *image, struct findings *f, struct err *err)
{
	const struct image_initrd *initrd;
	const struct chain_problem *p;
	const struct boot_chain *chain;
	int ret = run_with(image, f, root_advice(image, finding_rule(f)->chain), err);

	if (ret == 0)
		ret = image_chain(image, &chain, err);
	if (ret == 0 && chain_default(chain) && chain_default(chain)->root_from)
		return judge_initrd_mounts(image, chain_default(chain), f, err);
	p = ret == 0 ? chain_find(chain, CHAIN_ROOT_BY_TYPE) : NULL;
	if (!p || !p->on_default)
		return ret;
	ret = image_initrd(image, &initrd, err);
	if (ret < 0)
		return ret;
	if (cmdline_gpt_auto_off(chain_default(chain)->cmdline, true))
		finding_add(f, p->where, "remove it, or name the root file system, root=UUID=...",
			"the root is left to its partition's type, which systemd.gpt_auto= on the "
			"command line keeps systemd from looking for");
	else if (!initrd->initrd.finds_root)
		finding_add(f, p->where, "name the root file system by its UUID, root=UUID=...",
			"the root is left to its partition's type, and the initrd has no "
			"systemd-gpt-auto-generator that would find it");
	else if (!chain_has_loader(chain, LOADER_SYSTEMD_BOOT) &&
		 !chain_has_loader(chain, LOADER_UKI))
		return err_set(err, EAGAIN,
			"whether this loader tells systemd which disk it started from is not known");
	return 0;
}

static const struct check checks[] = {
	{ "loader.fallback-boots", SEV_ERROR, "VM-2", "the fallback is a program that boots",
		NEED_CHAIN, run_boots,
		RULE(chain,
			BIT(CHAIN_NOT_A_LOADER) | BIT(CHAIN_UNKNOWN_LOADER) |
				BIT(CHAIN_UNDETERMINED),
			LOADER_UNKNOWN,
			"put shim, GRUB, systemd-boot or a unified kernel image there"),
		.fix = fix_fallback },
	{ "loader.second-stage", SEV_ERROR, "VM-2; VM-9", "shim finds the loader it starts",
		NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_NO_SECOND_STAGE), LOADER_SHIM,
			"copy the signed GRUB beside shim, under this name"),
		.fix = fix_fallback },
	{ "loader.shim-fallback", SEV_ERROR, "VM-9", "shim's fallback program is not there",
		NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_FALLBACK_PROGRAM), LOADER_SHIM,
			"delete it, and put grubaa64.efi and mmaa64.efi beside shim instead"),
		.fix = fix_shim_fallback },
	{ "loader.modules", SEV_ERROR, "VM-2; GRUB manual 18",
		"GRUB has the commands and file systems that it uses", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_NO_MODULE), LOADER_GRUB,
			"install GRUB's image with its modules (grub-install), or use what it has: linux "
			"instead of linuxefi, a kernel that is not compressed, a squashfs by gzip or xz") },
	{ "loader.config", SEV_ERROR, "VM-2; VM-9", "GRUB finds its configuration", NEED_CHAIN,
		run_rule,
		RULE(chain, BIT(CHAIN_NO_CONFIG), LOADER_GRUB,
			"put a grub.cfg there that leads to the one in the root file system"),
		.fix = fix_fallback },
	{ "loader.search", SEV_ERROR, "VM-2", "GRUB finds the file systems it searches", NEED_CHAIN,
		run_rule,
		RULE(chain, BIT(CHAIN_SEARCH_FAILED), LOADER_GRUB,
			"run update-grub (grub2-mkconfig -o /boot/grub2/grub.cfg) in the guest, and "
			"correct grub.cfg on the ESP"),
		.fix = fix_grub_search },
	{ "loader.disk-number", SEV_ERROR, "VM-9; VM-22; GRUB manual 13.1",
		"GRUB names no disk by its number", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_DISK_NUMBER), LOADER_GRUB,
			"have GRUB search the file system (search --fs-uuid --set=root UUID), and leave "
			"out (hd0...)") },
	{ "loader.filesystem", SEV_ERROR, "VM-2; UEFI 2.10 13.3",
		"the loader can read the file systems on its way", NEED_CHAIN, run_filesystem,
		RULE(chain, BIT(CHAIN_UNREADABLE), LOADER_UNKNOWN,
			"make it a FAT, or put what is on it on the ESP; or, for systemd-boot, put a driver "
			"for that file system into \\EFI\\systemd\\drivers") },
	{ "loader.entry", SEV_ERROR, "VM-2", "there is something to boot", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_NO_ENTRY), LOADER_UNKNOWN,
			"add an entry that boots an installed kernel (update-grub, kernel-install add VERSION KERNEL)"),
		.fix = fix_grub_menu },
	{ "loader.default-entry", SEV_WARNING, "VM-2", "the default names an entry", NEED_CHAIN,
		run_rule,
		RULE(chain, BIT(CHAIN_BAD_DEFAULT), LOADER_UNKNOWN,
			"name an entry that exists, or the first by 0"),
		.fix = fix_default_entry },
	{ "loader.menu-wait", SEV_ERROR, "VM-2", "the menu does not wait for a key for ever",
		NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_MENU_WAITS), LOADER_UNKNOWN,
			"set a timeout of some seconds, and let the default entry boot without a password, "
			"and without commands that ask"),
		.fix = fix_menu_wait },
	{ "loader.kernel", SEV_ERROR, "VM-2", "the kernel is there", NEED_CHAIN, run_kernel,
		RULE(chain, BIT(CHAIN_KERNEL_MISSING), LOADER_UNKNOWN,
			"install the kernel, or make the configuration anew"),
		.fix = fix_grub_menu },
	{ "loader.kernel-program", SEV_ERROR, "VM-2; VM-3", "it is a kernel for AArch64",
		NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_KERNEL_ARCH), LOADER_UNKNOWN,
			"put a kernel for arm64 with an EFI stub there, not compressed where the loader does "
			"not unpack it") },
	{ "loader.initrd", SEV_ERROR, "VM-2", "its initrd is there", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_INITRD_MISSING), LOADER_UNKNOWN,
			"make the initrd (update-initramfs -c -k all, dracut --regenerate-all --force), or "
			"make the configuration anew"),
		.fix = fix_grub_menu },
	{ "loader.files", SEV_ERROR, "VM-2", "whatever else the entry names is there", NEED_CHAIN,
		run_rule,
		RULE(chain, BIT(CHAIN_FILE_MISSING), LOADER_UNKNOWN,
			"put the file there, or take the line out of the entry") },
	{ "loader.devicetree", SEV_ERROR, "VM-13; VM-14; VM-22",
		"the kernel gets the machine's hardware description", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_TREE), LOADER_UNKNOWN,
			"take the device tree out of the entry or the unified kernel image: an image for "
			"virtual machines has none") },
	{ "loader.devicetree-unused", SEV_WARNING, "VM-14; VM-22",
		"GRUB is not to load a device tree that it cannot", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_TREE_UNUSED), LOADER_GRUB,
			"take devicetree out of the entry, and what writes it there: /boot/dtb, or "
			"GRUB_DEFAULT_DTB in /etc/default/grub") },
	{ "loader.root", SEV_ERROR, "VM-2", "root= names a file system of the image", NEED_CHAIN,
		run_root,
		RULE(chain,
			BIT(CHAIN_ROOT_MISSING) | BIT(CHAIN_ROOT_NONE) | BIT(CHAIN_ROOT_SEARCHED),
			LOADER_UNKNOWN, "name the root file system by its UUID, root=UUID=..."),
		.fix = fix_root_name },
	{ "loader.root-unique", SEV_ERROR, "VM-2; VM-22", "root= names one file system alone",
		NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_ROOT_SEVERAL), LOADER_UNKNOWN,
			"give one of them another name (e2fsck -f and tune2fs -U random), or use "
			"root=PARTUUID=") },
	{ "loader.deployment", SEV_ERROR, "VM-2; ostree-prepare-root(1)",
		"ostree= names a deployment that is there", NEED_CHAIN, run_rule,
		RULE(chain, BIT(CHAIN_NO_DEPLOYMENT), LOADER_UNKNOWN,
			"deploy the commit, which makes the folder and the entry (ostree admin deploy "
			"--sysroot=MOUNTED --os=OS REF), or name one that is there") },
	{ "loader.entries", SEV_WARNING, "VM-2", "the other entries boot, too", NEED_CHAIN,
		run_entries },
	{ "loader.followed", SEV_NOTE, "VM-2", "the way to every entry can be read", NEED_CHAIN,
		run_followed },
	{ "loader.commands", SEV_NOTE, "GRUB manual 16", "GRUB's configuration is understood",
		NEED_CHAIN, run_commands },
	{ "loader.stale", SEV_WARNING, "VM-9", "the fallback is as new as the vendor's loader",
		NEED_CHAIN, run_stale, .fix = fix_fallback },
	{ "loader.config-copies", SEV_WARNING, "VM-9",
		"GRUB's configurations on the ESP are the same", NEED_CHAIN, run_configs,
		.fix = fix_config_copies },
};

const struct check_group loader_checks = CHECK_GROUP(checks);
