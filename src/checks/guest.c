/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family, first part: is there a system for this architecture, with
 * a kernel and an initrd that go together, on a file system in order? Drivers
 * are judged in guest_drivers.c, the names in its configuration in guest_names.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/kernels.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/kconfig.h"
#include "rootfs/rootfs.h"

#define NOT_STARTED "it is the default entry's, whose loader does not start it"

static bool arm(const char *arch)
{
	return strcmp(arch, "aarch64") == 0 || strcmp(arch, "arm") == 0;
}

static int run_architecture(struct image *image, struct findings *f, struct err *err)
{
	const struct inventory *inv;
	int ret = image_inventory(image, &inv, err);

	if (ret < 0)
		return ret;
	if (!*inv->arch)
		finding_skip(f, "no program was found that tells");
	else if (!arm(inv->arch))
		finding_add(f, inv->arch_from, "build the image from a root file system for arm64",
			"a program for %s", inv->arch);
	return 0;
}

/* Whether a kernel stands elsewhere than in the guest's own /boot, and an entry names it: on the ESP, in a slot of its own. */
static bool has_other_kernel(const struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_steps; i++)
		if (chain->steps[i].kind == STEP_KERNEL || chain->steps[i].loader == LOADER_UKI)
			return true;
	for (size_t i = 0; i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];

		/* Where that is not known, loader.kernel says so. */
		if (e->kernel && e->volume && volume_stat(e->volume, e->kernel, NULL) != ABSENT)
			return true;
	}
	return false;
}

/* Says why no kernel in /boot is no fault, or one that another check reports; NULL: it is one. */
static const char *kernel_excused(struct image *image)
{
	const struct boot_chain *chain;

	if (image_chain(image, &chain, NULL) < 0)
		return NULL;
	if (has_other_kernel(chain))
		return "";
	return chain_fails_by(chain, CHAIN_KERNEL_MISSING)
		       ? "the kernel that the default entry names is missing"
		       : NULL;
}

static void say_no_kernel(struct image *image, struct findings *f)
{
	const struct chain_view *view;
	CLEANUP(xfree)
	char *there = image_volumes(image, &view, NULL) == 0 ? kernel_anywhere(view) : NULL;
	CLEANUP(xfree)
	char *advice = there ? xasprintf("there is one in %s: name that file system in /etc/fstab, "
					 "for /boot, by a UUID that no other has",
				       there)
			     : xstrdup("install one (Debian: linux-image-arm64)");

	finding_add(f, "/boot", advice, "no kernel is installed");
}

static int run_kernel(struct image *image, struct findings *f, struct err *err)
{
	const struct inventory *inv;
	const char *excuse;
	bool said = false;
	int ret = image_inventory(image, &inv, err);

	if (ret < 0)
		return ret;
	excuse = kernel_excused(image);
	for (size_t i = 0; i < inv->n_kernels; i++)
		if (!*inv->kernels[i].arch || arm(inv->kernels[i].arch))
			return 0;
	if (inv->more_kernels)
		return err_set(err, EFBIG, "over %zu kernels are installed", inv->n_kernels);
	for (size_t i = 0; i < inv->n_kernels && !said; i++)
		said = kernel_is_the_loaders(image, &inv->kernels[i]);
	if (said)
		finding_skip_for(f, "loader.kernel-program", NOT_STARTED);
	else if (inv->n_kernels)
		finding_add(f, inv->kernels[0].image, "install a kernel for arm64",
			"every kernel in the guest is for another architecture (%s)",
			inv->kernels[0].arch);
	else if (!excuse)
		say_no_kernel(image, f);
	else if (*excuse)
		finding_skip_for(f, "loader.kernel", "%s", excuse);
	return 0;
}

static int run_kernel_format(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret < 0)
		return ret;
	if (!g->kernel)
		finding_skip_for(f, "guest.kernel", "the guest has no kernel of its own");
	else if ((g->kernel->format == KERNEL_IMAGE || g->kernel->format == KERNEL_UNKNOWN) &&
		 kernel_is_the_loaders(image, g->kernel))
		finding_skip_for(f, "loader.kernel-program loader.modules", NOT_STARTED);
	else if (g->kernel->format == KERNEL_IMAGE)
		finding_add(f, g->kernel->image, "use a kernel with CONFIG_EFI_STUB=y",
			"it has no EFI stub, and no UEFI loader can start it");
	else if (g->kernel->format == KERNEL_UNKNOWN)
		finding_add(f, g->kernel->image, "install the kernel again",
			"its first bytes are not a kernel's");
	return 0;
}

/* Gets the kernel that boots; 1 when there is none to judge, which has been said. */
static int kernel_to_judge(
	struct image *image, const struct image_kernel **k, struct findings *f, struct err *err)
{
	struct err why = { 0 };
	int ret = image_kernel(image, k, &why);

	if (ret == -ENOENT) {
		finding_skip_for(f, "loader guest.kernel", "%s", why.text);
		return 1;
	}
	if (ret < 0 && err)
		*err = why;
	return ret;
}

static int run_kernel_intact(struct image *image, struct findings *f, struct err *err)
{
	const struct image_kernel *k;
	int ret = kernel_to_judge(image, &k, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (k->content.problem_code == EUCLEAN && k->content.whole)
		finding_add(f, k->where,
			"compress it again, as one stream with nothing behind it, or put the "
			"uncompressed kernel there",
			"GRUB does not read what is in it (%s): %s", k->content.packed,
			k->content.problem);
	else if (k->content.problem_code == EUCLEAN)
		finding_add(f, k->where, "install it again, or make the unified kernel image anew",
			"it is damaged (%s): %s", k->content.packed, k->content.problem);
	else if (k->content.problem_code)
		return err_set(err, k->content.problem_code, "%s (%s): %s", k->where,
			k->content.packed, k->content.problem);
	return 0;
}

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int run_kernel_version(struct image *image, struct findings *f, struct err *err)
{
	const struct image_kernel *k;
	const char *slash, *named;
	int ret = kernel_to_judge(image, &k, f, err);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	slash = strrchr(k->where, '/');
	named = kernel_version_by_name(slash ? slash + 1 : k->where);
	if (!k->content.version)
		finding_skip(f, "it does not say which version it is");
	else if (!named || !(*named >= '0' && *named <= '9') || !strchr(named, '.'))
		finding_skip(f, "its name says no version");
	else if (!starts_with(named, k->content.version) && !starts_with(k->content.version, named))
		finding_add(f, k->where,
			"install the package of the kernel that it is meant to be, or give it the "
			"name of its version: initrds and modules are made by the name",
			"its name says %s, and it is Linux %s", named, k->content.version);
	return 0;
}

/* A driver that the root file system needs and that is a module; NULL when none is. */
static const char *needed_module(const struct image_guest *g, struct image *image)
{
	struct rootfs *root;

	if (driver_find(&g->drivers, "virtio_blk", "VIRTIO_BLK") == DRIVER_MODULE)
		return "virtio_blk";
	if (driver_find(&g->drivers, "virtio_pci", "VIRTIO_PCI") == DRIVER_MODULE)
		return "virtio_pci";
	if (image_rootfs(image, &root, NULL) < 0)
		return NULL;
	if (driver_find(&g->drivers, rootfs_facts(root)->type, NULL) == DRIVER_MODULE)
		return rootfs_facts(root)->type;
	return NULL;
}

/* Why it is no fault of its own that the default entry's initrd is none; NULL: it may be one. */
static const char *initrd_excused(const struct boot_chain *chain)
{
	if (chain_is_broken(chain))
		return "the default entry boots no kernel";
	if (!chain->complete)
		return "the default entry boots no kernel that is known";
	if (chain_default(chain)->initrds.n)
		return "the initrd that is to be loaded is missing";
	return chain_fails_by(chain, CHAIN_ROOT_NONE) ? "loader.root reports that there is none"
						      : NULL;
}

static int run_initrd(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	const struct image_initrd *rd;
	const struct boot_chain *chain;
	const char *module, *excuse;
	struct err why = { 0 };
	int ret = image_guest(image, &g, err);

	if (ret < 0)
		return ret;
	ret = image_initrd(image, &rd, &why);
	if (ret < 0 && ret != -ENOENT) {
		if (err)
			*err = why;
		return ret;
	}
	excuse = ret == -ENOENT && image_chain(image, &chain, NULL) == 0 && chain_default(chain)
			 ? initrd_excused(chain)
			 : NULL;
	if (excuse) {
		finding_skip_for(f, "loader", "%s", excuse);
		return 0;
	}
	module = ret == -ENOENT && g->kernel ? needed_module(g, image) : NULL;
	if (module)
		finding_add(f, g->kernel->image,
			"make one (Debian: update-initramfs -c -k all) and let the loader load it",
			"it boots without an initrd, but its driver %s is a module", module);
	return 0;
}

/* For the checks of what is in the initrd: 1 when there is one to look at, 0 when skipped. */
static int initrd_to_judge(
	struct image *image, struct findings *f, const struct image_initrd **rd, struct err *err)
{
	struct err why = { 0 };
	int ret = image_initrd(image, rd, &why);

	if (ret == -ENOENT) {
		finding_skip_for(f, "loader guest.initrd", "%s", why.text);
		return 0;
	}
	if (ret < 0) {
		if (err)
			*err = why;
		return ret;
	}
	return 1;
}

/* What rdinit= has the kernel start in place of /init; NULL: nothing. The caller frees it. */
static char *rdinit_of(const struct chain_entry *e)
{
	char *value = e ? cmdline_value(e->cmdline, "rdinit=") : NULL;

	if (value && *value)
		return value;
	free(value);
	return NULL;
}

/* Whether the kernel lacks what it starts in the initrd. Wherever a program of that name is, links may lead to it. */
static bool lacks_init(const struct initrd *rd, const char *rdinit)
{
	const char *slash = rdinit ? strrchr(rdinit, '/') : NULL;

	if (!rdinit || strcmp(rdinit, "/init") == 0)
		return !rd->has_init;
	return !rd->more_programs && !strlist_has(&rd->programs, slash ? slash + 1 : rdinit);
}

/* Whether a kernel that leaves its initrd mounts the root itself; PRESENCE_UNKNOWN: its drivers are not known. */
static enum presence mounts_itself(struct image *image, const struct chain_entry *e)
{
	CLEANUP(xfree) char *root = cmdline_value(e->cmdline, "root=");
	const struct chain_view *view;
	const struct image_guest *g;
	const char *built_in;

	if (image_guest(image, &g, NULL) < 0 || !g->kernel || image_volumes(image, &view, NULL) < 0)
		return PRESENCE_UNKNOWN;
	/* One that has an initrd in itself starts that one's. */
	built_in = g->drivers.have_config
			   ? strstr(buf_text(&g->drivers.config), "CONFIG_INITRAMFS_SOURCE=\"")
			   : NULL;
	if (built_in && built_in[strlen("CONFIG_INITRAMFS_SOURCE=\"")] != '"')
		return PRESENCE_UNKNOWN;
	if (!root || !cmdline_name(view, e->cmdline, root).by_kernel || needed_module(g, image))
		return ABSENT;
	return driver_find(&g->drivers, "virtio_blk", "VIRTIO_BLK") == DRIVER_BUILTIN
		       ? PRESENT
		       : PRESENCE_UNKNOWN;
}

static int judge_initrd_start(
	struct image *image, const struct image_initrd *rd, struct findings *f, struct err *err)
{
	const struct chain_entry *e = image_default_entry(image);
	CLEANUP(xfree) char *rdinit = rdinit_of(e);
	enum presence itself;

	if (!lacks_init(&rd->initrd, rdinit))
		return 0;
	itself = e ? mounts_itself(image, e) : ABSENT;
	if (itself == PRESENCE_UNKNOWN && rdinit)
		return err_set(err, EAGAIN,
			"%s: it has no %s, and whether the kernel boots without is not known",
			rd->where, rdinit);
	if (itself == PRESENT)
		return 0;
	if (rdinit)
		finding_add(f, rd->where,
			"take rdinit= off the command line, or name a program that is there",
			"it has no %s that can be started, which rdinit= names: the kernel leaves "
			"the initrd, and cannot mount the root itself",
			rdinit);
	else
		finding_add(f, rd->where, "make it again (Debian: update-initramfs -c -k all)",
			"it has no init to start");
	return 0;
}

static int run_initrd_intact(struct image *image, struct findings *f, struct err *err)
{
	const struct image_initrd *rd;
	int ret = initrd_to_judge(image, f, &rd, err);

	if (ret <= 0)
		return ret;
	if (rd->initrd.problem_code == EUCLEAN)
		finding_add(f, rd->where, "make it again (Debian: update-initramfs -c -k all)",
			"it is damaged: %s", rd->initrd.problem);
	else if (rd->initrd.problem_code)
		return err_set(
			err, rd->initrd.problem_code, "%s: %s", rd->where, rd->initrd.problem);
	else
		return judge_initrd_start(image, rd, f, err);
	return 0;
}

/* Whether the version is the kernel's own word, or that of a folder of modules. */
static bool is_version_known(struct image *image, const struct image_guest *g)
{
	const struct image_kernel *k;

	return g->kernel &&
	       (g->kernel->modules || (image_kernel(image, &k, NULL) == 0 && k->content.version &&
					      strcmp(k->content.version, g->kernel->version) == 0));
}

static int run_initrd_kernel(struct image *image, struct findings *f, struct err *err)
{
	const struct image_initrd *rd;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = initrd_to_judge(image, f, &rd, err);
	if (ret <= 0)
		return ret;
	if (rd->initrd.problem_code)
		finding_skip_for(f, "guest.initrd-intact", "the initrd cannot be read");
	else if (!is_version_known(image, g))
		finding_skip(f, "the kernel's version is not known");
	else if (!rd->initrd.versions.n)
		finding_skip(f, "the initrd has no modules");
	else if (!strlist_has(&rd->initrd.versions, g->kernel->version))
		finding_add(f, rd->where, "make it again for that kernel",
			"its modules are for %s, the kernel is %s", rd->initrd.versions.v[0],
			g->kernel->version);
	return 0;
}

static int run_initrd_compression(struct image *image, struct findings *f, struct err *err)
{
	static const struct {
		const char *name, *option;
	} options[] = {
		{ "gzip", "RD_GZIP" },
		{ "xz", "RD_XZ" },
		{ "lzma", "RD_LZMA" },
		{ "zstd", "RD_ZSTD" },
		{ "lz4", "RD_LZ4" },
		{ "lzo", "RD_LZO" },
	};
	const struct image_initrd *rd;
	const struct image_guest *g;
	bool known = false;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = initrd_to_judge(image, f, &rd, err);
	if (ret <= 0)
		return ret;
	if (strcmp(rd->initrd.compression, "lz4 frame") == 0)
		finding_add(f, rd->where, "compress it with lz4 -l",
			"the kernel reads lz4 in its legacy format only");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		known |= g->drivers.have_config &&
			 kconfig_get(buf_text(&g->drivers.config), g->drivers.config.len,
				 options[i].option) == KCONFIG_YES;
	/* Nothing set at all means a configuration that says nothing. */
	for (size_t i = 0; known && i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].name, rd->initrd.compression) == 0 &&
			kconfig_get(buf_text(&g->drivers.config), g->drivers.config.len,
				options[i].option) != KCONFIG_YES)
			finding_add(f, rd->where, "compress it in a way that the kernel reads",
				"it is packed with %s, and the kernel has no CONFIG_%s",
				options[i].name, options[i].option);
	return 0;
}

/* Whether the kernel that boots has modules: by its configuration, or else as its initrd brings some. */
static bool has_modules(struct image *image, const struct image_guest *g)
{
	const struct image_initrd *rd;

	if (g->drivers.have_config)
		return memmem(buf_bytes(&g->drivers.config), g->drivers.config.len, "=m\n", 3);
	return image_initrd(image, &rd, NULL) == 0 &&
	       strlist_has(&rd->initrd.versions, g->kernel->version);
}

static int run_modules(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret < 0)
		return ret;
	if (!g->kernel)
		finding_skip_for(f, "guest.kernel", "the guest has no kernel of its own");
	else if (!g->kernel->modules && has_modules(image, g))
		finding_add(f, "/usr/lib/modules", "install the kernel's package whole",
			"there is no folder for %s, whose drivers are modules", g->kernel->version);
	else if (!g->kernel->modules && !g->drivers.have_config)
		finding_skip(f, "the kernel's configuration is not there");
	return 0;
}

static bool is_ext(const struct rootfs *root)
{
	return strncmp(rootfs_facts(root)->type, "ext", 3) == 0;
}

static int run_fs_journal(struct image *image, struct findings *f, struct err *err)
{
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret < 0)
		return ret;
	if (rootfs_facts(root)->dirty_journal || rootfs_facts(root)->unclean)
		finding_add(f, "root file system",
			is_ext(root) ? "shut the machine down before its disk is copied, or run "
				       "e2fsck -f on it"
				     : "shut the machine down before its disk is copied, or mount "
				       "it once and unmount it",
			"it was in use when the image was made: %s",
			rootfs_facts(root)->dirty_journal ? "the journal was not replayed"
							  : "it was not unmounted");
	return 0;
}

static int run_fs_errors(struct image *image, struct findings *f, struct err *err)
{
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret < 0)
		return ret;
	if (rootfs_facts(root)->errors)
		finding_add(f, "root file system",
			is_ext(root)                                   ? "run e2fsck -f on it"
			: strcmp(rootfs_facts(root)->type, "xfs") == 0 ? "run xfs_repair on it"
								       : "run btrfs check on it",
			"the kernel found errors in it and noted so");
	return 0;
}

static const struct check checks[] = {
	{ "guest.architecture", SEV_ERROR, "VM-6", "the system is for ARM", NEED_ROOTFS,
		run_architecture },
	{ "guest.kernel", SEV_ERROR, "VM-2", "a kernel for ARM is installed", NEED_ROOTFS,
		run_kernel },
	{ "guest.kernel-format", SEV_ERROR, "VM-3", "UEFI loaders can start the kernel",
		NEED_ROOTFS, run_kernel_format },
	{ "guest.kernel-intact", SEV_ERROR, "VM-2", "the kernel is whole", NEED_CHAIN,
		run_kernel_intact },
	{ "guest.kernel-version", SEV_NOTE, "VM-21", "the kernel is the one that its name says",
		NEED_CHAIN, run_kernel_version },
	{ "guest.modules", SEV_WARNING, "VM-21", "the kernel's modules are installed", NEED_ROOTFS,
		run_modules },
	{ "guest.initrd", SEV_ERROR, "VM-21", "there is an initrd where one is needed", NEED_ROOTFS,
		run_initrd },
	{ "guest.initrd-intact", SEV_ERROR, "VM-2", "the initrd is whole", NEED_ROOTFS,
		run_initrd_intact },
	{ "guest.initrd-kernel", SEV_ERROR, "VM-21", "the initrd belongs to the kernel",
		NEED_ROOTFS, run_initrd_kernel },
	{ "guest.initrd-compression", SEV_ERROR, "VM-2", "the kernel can unpack the initrd",
		NEED_ROOTFS, run_initrd_compression },
	{ "guest.fs-journal", SEV_WARNING, "VM-2", "the root file system was cleanly unmounted",
		NEED_ROOTFS, run_fs_journal, .fix = fix_root_fsck },
	{ "guest.fs-errors", SEV_ERROR, "VM-2", "the root file system has no errors", NEED_ROOTFS,
		run_fs_errors, .fix = fix_root_fsck },
};

const struct check_group guest_checks = CHECK_GROUP(checks);
