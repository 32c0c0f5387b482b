/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family, second part: the drivers that VMSPEC asks of the kernel
 * (VM-12, VM-14, VM-19 to VM-21), and that those which the root file system
 * needs are in the initrd. What a kernel has is known by its configuration and
 * module lists; where it has neither, nothing is judged. A driver that is there and may not start is as good
 * as none (rootfs/modprobe.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/groups.h"
#include "checks/guest_drivers.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/volume.h"
#include "rootfs/rootfs.h"

/* A driver by its module's name and its option; either may be NULL. */
struct driver {
	const char *module, *option;
};

#define MAX_DRIVERS 4

/* The drivers of one check. */
struct drivers_rule {
	const char *advice;
	struct driver drivers[MAX_DRIVERS]; /* all of them are needed; ends at an empty one */
};

int guest_drivers_known(
	struct image *image, struct findings *f, const struct image_guest **g, struct err *err)
{
	int ret = image_guest(image, g, err);

	if (ret < 0)
		return ret;
	if (!(*g)->kernel) {
		finding_skip_for(f, "guest.kernel", "the guest has no kernel of its own");
		return 0;
	}
	if (!(*g)->drivers.have_config &&
		!((*g)->drivers.have_builtin && (*g)->drivers.have_modules)) {
		finding_skip(
			f, "the kernel has neither its configuration nor module lists with it");
		return 0;
	}
	return 1;
}

/* ---- what may start ---- */

/* What keeps drivers from starting, in the initrd or in the guest. Starts zeroed. */
struct barring {
	struct bars cmdline;
	const struct bars *files;
	const struct kernel_drivers *drivers;
	bool known; /* whether blacklists count, by who loads modules */
};

static void barring_release(struct barring *b)
{
	bars_release(&b->cmdline);
}
DEFINE_RELEASE(struct barring, barring_release)

static void barring_read(struct barring *b, struct image *image, const struct image_guest *g,
	const struct image_initrd *rd)
{
	const struct initrd_root *root = rd ? &rd->initrd.root : NULL;
	const struct chain_entry *e = image_default_entry(image);
	CLEANUP(xfree) char *line = NULL;

	/* dracut reads what its own files add, too. */
	line = xasprintf("%s %s", e ? e->cmdline : "",
		root && initrd_made_by(root, INITRD_BY_DRACUT) ? text_str(&root->cmdline) : "");
	bars_add_cmdline(&b->cmdline, line, root ? root->maker : NULL);
	b->files = root ? &root->bars : &g->bars;
	b->drivers = &g->drivers;
	/* A script of one's own may use insmod; udev does not. */
	b->known = !root || root->is_initrd ||
		   (root->maker && strcmp(root->maker, INITRD_BY_POSTMARKETOS) != 0);
}

/* NULL: it may start; *unknown: whether it may is not determined. */
static const struct bar *barred(
	const struct barring *b, const struct driver *d, bool built_in, bool *unknown)
{
	const struct bar *bar = d->module ? bars_find(b->files, &b->cmdline, b->drivers, d->module,
						    built_in)
					  : NULL;
	bool by_modprobe = bar && (bar->kind == BAR_BLACKLIST || bar->kind == BAR_INSTALL);

	if ((by_modprobe && !b->known) || (!bar && !built_in && b->files->more)) {
		*unknown = true;
		return NULL;
	}
	return bar;
}

static int not_determined(const struct driver *d, struct err *err)
{
	return err_set(err, ENOTSUP,
		"%s is on a list of modules that are not loaded; whether its initrd minds that "
		"cannot be told",
		d->module);
}

#define BAR_ADVICE                                                                                 \
	"take that away; a list in a file is in the initrd, too, which is then made again"

/* ---- the kernel ---- */

/* A driver that an initrd's check is about, which says so of its module. */
static const char *initrd_check_of(const struct driver *d)
{
	static const char *const modules[] = { "virtio_pci", "virtio_blk", "virtio_mmio",
		"xen_blkfront" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (d->module && strcmp(d->module, modules[i]) == 0)
			return i < 2 ? "guest.initrd-virtio" : "guest.initrd-disks";
	return NULL;
}

/* Whether what is booted loads the module before the guest's own root is there. */
static bool in_initrd(struct image *image, const struct image_guest *g, const struct driver *d)
{
	CLEANUP(barring_release) struct barring bars = { 0 };
	const struct image_initrd *rd;
	bool unknown = false;

	if (image_initrd(image, &rd, NULL) < 0 || !module_listed(&rd->initrd.modules, d->module))
		return false;
	barring_read(&bars, image, g, rd);
	return !barred(&bars, d, false, &unknown);
}

/* Whether an initrd is read, of which the check of its drivers speaks. */
static bool has_initrd(struct image *image)
{
	const struct image_initrd *rd;

	return image_initrd(image, &rd, NULL) == 0 && !rd->initrd.problem_code;
}

/* One that the kernel has: whether it may start. */
static int judge_start(struct image *image, const struct image_guest *g, const struct driver *d,
	enum driver_state state, struct findings *f, struct err *err)
{
	CLEANUP(barring_release) struct barring bars = { 0 };
	bool unknown = false, built_in = state == DRIVER_BUILTIN;
	const char *other = initrd_check_of(d);
	const struct bar *bar;

	barring_read(&bars, image, g, NULL);
	bar = barred(&bars, d, built_in, &unknown);
	if ((!bar && !unknown) || (!built_in && in_initrd(image, g, d)))
		return 0;
	if (built_in && other && strcmp(other, "guest.initrd-virtio") == 0)
		finding_skip_for(f, "guest.root-driver", "its driver may not start");
	else if (!built_in && other && has_initrd(image))
		finding_skip_for(f, other, "its driver may not be loaded");
	else if (unknown)
		return not_determined(d, err);
	else
		finding_add(f, bar->where, BAR_ADVICE, "the kernel has %s, and does not %s it",
			d->module, built_in ? "start" : "load");
	return 0;
}

static int run_drivers(struct image *image, struct findings *f, struct err *err)
{
	const struct drivers_rule *rule = finding_rule(f)->drivers;
	const struct image_guest *g;
	int ret = guest_drivers_known(image, f, &g, err);

	if (ret <= 0)
		return ret;
	ret = 0;
	for (size_t i = 0; ret == 0 && i < MAX_DRIVERS; i++) {
		const struct driver *d = &rule->drivers[i];
		enum driver_state state = d->module || d->option
						  ? driver_find(&g->drivers, d->module, d->option)
						  : DRIVER_UNKNOWN;

		if (state == DRIVER_ABSENT)
			finding_add(f, g->kernel->image, rule->advice,
				"the kernel %s has no CONFIG_%s", g->kernel->version, d->option);
		else if (d->module && state != DRIVER_UNKNOWN)
			ret = judge_start(image, g, d, state, f, err);
	}
	return ret;
}

/* ---- the initrd ---- */

/* 1 when there are an initrd and drivers to compare, 0 when the check is skipped. */
static int initrd_known(struct image *image, struct findings *f, const struct image_guest **g,
	const struct image_initrd **rd, struct err *err)
{
	struct err why = { 0 };
	int ret = guest_drivers_known(image, f, g, err);

	if (ret <= 0)
		return ret;
	ret = image_initrd(image, rd, &why);
	if (ret == -ENOENT || (ret == 0 && (*rd)->initrd.problem_code)) {
		finding_skip_for(f, "loader guest.initrd guest.initrd-intact", "%s",
			ret ? why.text : "the initrd cannot be read");
		return 0;
	}
	if (ret < 0 && err)
		*err = why;
	return ret < 0 ? ret : 1;
}

/* Of the drivers that are modules: those that are not in the initrd, and those that are and may not be loaded. */
struct lacking {
	struct text names;
	size_t n;
	const struct bar *bar;
	const char *barred;
};

static int look_for(const struct driver *d, const struct image_guest *g,
	const struct image_initrd *rd, const struct barring *bars, struct lacking *lacking,
	struct err *err)
{
	bool unknown = false;
	const struct bar *bar;

	if (driver_find(&g->drivers, d->module, d->option) != DRIVER_MODULE)
		return 0;
	if (!module_listed(&rd->initrd.modules, d->module)) {
		text_printf(&lacking->names, "%s%s", lacking->n++ ? ", " : "", d->module);
		return 0;
	}
	bar = barred(bars, d, false, &unknown);
	if (bar && !lacking->bar) {
		lacking->bar = bar;
		lacking->barred = d->module;
	}
	return unknown ? not_determined(d, err) : 0;
}

static int run_initrd_drivers(const struct driver *drivers, size_t n, struct image *image,
	struct findings *f, const char *advice, struct err *err)
{
	CLEANUP(barring_release) struct barring bars = { 0 };
	const struct image_guest *g;
	const struct image_initrd *rd;
	struct lacking lacking = { .names = TEXT_INIT };
	int ret = initrd_known(image, f, &g, &rd, err);

	if (ret <= 0)
		return ret;
	ret = 0;
	barring_read(&bars, image, g, rd);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = look_for(&drivers[i], g, rd, &bars, &lacking, err);
	if (lacking.n)
		finding_add(f, rd->where, advice, "%s %s %s not in it",
			lacking.n == 1 ? "the module" : "the modules", text_str(&lacking.names),
			lacking.n == 1 ? "is" : "are");
	if (lacking.bar)
		finding_add(f, rd->where, BAR_ADVICE,
			"the module %s is in it, and is not loaded: %s", lacking.barred,
			lacking.bar->where);
	text_release(&lacking.names);
	return ret;
}

#define INITRD_ADVICE                                                                              \
	"make the initrd for any machine, not for the one it is made on "                          \
	"(Debian: MODULES=most; dracut: --no-hostonly)"

static int run_initrd_virtio(struct image *image, struct findings *f, struct err *err)
{
	static const struct driver drivers[] = { { "virtio_pci", "VIRTIO_PCI" },
		{ "virtio_blk", "VIRTIO_BLK" } };

	return run_initrd_drivers(drivers, ARRAY_SIZE(drivers), image, f, INITRD_ADVICE, err);
}

static int run_initrd_disks(struct image *image, struct findings *f, struct err *err)
{
	static const struct driver drivers[] = { { "virtio_mmio", "VIRTIO_MMIO" },
		{ "virtio_scsi", "SCSI_VIRTIO" }, { "sd_mod", "BLK_DEV_SD" },
		{ "xen_blkfront", "XEN_BLKDEV_FRONTEND" } };

	return run_initrd_drivers(drivers, ARRAY_SIZE(drivers), image, f, INITRD_ADVICE, err);
}

/* The driver of a file system, of which the type's name is not always that one. */
static struct driver fs_driver(const char *type)
{
	static const struct {
		const char *type;
		struct driver driver;
	} table[] = {
		{ "ext2", { "ext4", "EXT4_FS" } },
		{ "ext3", { "ext4", "EXT4_FS" } },
		{ "ext4", { "ext4", "EXT4_FS" } },
		{ "xfs", { "xfs", "XFS_FS" } },
		{ "btrfs", { "btrfs", "BTRFS_FS" } },
		{ "f2fs", { "f2fs", "F2FS_FS" } },
		{ "squashfs", { "squashfs", "SQUASHFS" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].type, type) == 0)
			return table[i].driver;
	return (struct driver){ type, NULL };
}

static int run_initrd_filesystem(struct image *image, struct findings *f, struct err *err)
{
	struct rootfs *root;
	struct driver driver;
	int ret = image_rootfs(image, &root, err);

	if (ret < 0)
		return ret;
	driver = fs_driver(rootfs_facts(root)->type);
	return run_initrd_drivers(&driver, 1, image, f,
		"make the initrd again with the root file system's driver in it", err);
}

/* One that is built in: whether the kernel calls what starts it. */
static void judge_built_in(struct image *image, const struct image_guest *g, const struct driver *d,
	struct findings *f)
{
	CLEANUP(barring_release) struct barring bars = { 0 };
	const struct bar *bar;
	bool unknown;

	if (driver_find(&g->drivers, d->module, d->option) != DRIVER_BUILTIN)
		return;
	barring_read(&bars, image, g, NULL);
	bar = barred(&bars, d, true, &unknown);
	if (bar)
		finding_add(f, g->kernel->image, BAR_ADVICE,
			"the driver %s is built in, and is not started: %s", d->module, bar->where);
}

/* ---- what else the kernel needs for the root ---- */

/* Whether its configuration is there, and has not the option. */
static bool is_off(const struct image_guest *g, const char *option)
{
	return g->drivers.have_config && driver_find(&g->drivers, NULL, option) == DRIVER_ABSENT;
}

/* The bytes of a page of memory; 0: not known. */
static uint32_t page_size(const struct image_guest *g)
{
	static const struct {
		const char *option;
		uint32_t size;
	} pages[] = { { "ARM64_4K_PAGES", 4096 }, { "ARM64_16K_PAGES", 16384 },
		{ "ARM64_64K_PAGES", 65536 } };

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (driver_find(&g->drivers, NULL, pages[i].option) == DRIVER_BUILTIN)
			return pages[i].size;
	return 0;
}

/* Linux mounts no file system with blocks larger than a page, xfs from 6.12 on and others later than that. */
static void judge_blocks(
	const struct image_guest *g, const struct rootfs_facts *facts, struct findings *f)
{
	static const struct {
		const char *type;
		unsigned major, minor; /* the first version that may */
	} types[] = { { "xfs", 6, 12 }, { "ext2", 6, 19 }, { "ext3", 6, 19 }, { "ext4", 6, 19 },
		{ "btrfs", 6, 18 } };
	unsigned major, minor;
	uint32_t page = page_size(g);

	if (!page || facts->block_size <= page ||
		sscanf(g->kernel->version, "%u.%u", &major, &minor) != 2)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].type, facts->type) == 0 &&
			(major < types[i].major ||
				(major == types[i].major && minor < types[i].minor)))
			finding_add(f, g->kernel->image,
				"make the file system with blocks of 4096 bytes",
				"the kernel %s has pages of %u bytes, and mounts no %s with blocks "
				"of %u, as the root has",
				g->kernel->version, page, facts->type, facts->block_size);
}

/* What the root's squashfs is compressed by. */
static void judge_packed(const struct image_guest *g, const char *packed, struct findings *f)
{
	static const char *const options[][2] = { { "gzip", "SQUASHFS_ZLIB" },
		{ "lzo", "SQUASHFS_LZO" }, { "xz", "SQUASHFS_XZ" }, { "lz4", "SQUASHFS_LZ4" },
		{ "zstd", "SQUASHFS_ZSTD" } };
	const char *option = NULL;

	for (size_t i = 0; packed && i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i][0], packed) == 0)
			option = options[i][1];
	if (packed && (option ? is_off(g, option) : strcmp(packed, "lzma") == 0))
		finding_add(f, g->kernel->image,
			"compress the squashfs by what the kernel unpacks (mksquashfs -comp)",
			"the root is a squashfs compressed by %s, and the kernel %s has no CONFIG_%s",
			packed, g->kernel->version, option ? option : "SQUASHFS_LZMA");
}

/* What the very file system needs beside its driver. */
static void judge_features(
	struct image *image, const struct image_guest *g, struct rootfs *root, struct findings *f)
{
	const struct volume *volume = image_root_volume(image);

	judge_blocks(g, rootfs_facts(root), f);
	judge_packed(g, volume ? volume->packed : NULL, f);
	if (strstr(rootfs_facts(root)->not_for_grub, "casefold") && is_off(g, "UNICODE"))
		finding_add(f, g->kernel->image,
			"use a kernel with CONFIG_UNICODE, or make the file system without casefold",
			"the root is an ext4 with casefold, which the kernel %s does not mount without "
			"CONFIG_UNICODE",
			g->kernel->version);
}

static int run_root_driver(struct image *image, struct findings *f, struct err *err)
{
	static const struct driver disks[] = { { "virtio_pci", "VIRTIO_PCI" },
		{ "virtio_blk", "VIRTIO_BLK" } };
	const struct image_guest *g;
	struct rootfs *root;
	struct driver driver;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = guest_drivers_known(image, f, &g, err);
	if (ret <= 0)
		return ret;
	driver = fs_driver(rootfs_facts(root)->type);
	if (driver_find(&g->drivers, driver.module, driver.option) == DRIVER_ABSENT)
		finding_add(f, g->kernel->image, "use a kernel that has it",
			"the kernel %s cannot mount its root file system (%s)", g->kernel->version,
			rootfs_facts(root)->type);
	judge_built_in(image, g, &driver, f);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		judge_built_in(image, g, &disks[i], f);
	judge_features(image, g, root, f);
	return 0;
}

static const struct check checks[] = {
	{ "guest.console-pl011", SEV_ERROR, "VM-19", "the kernel has a console on a pl011",
		NEED_ROOTFS, run_drivers,
		RULE(drivers, "use a kernel with CONFIG_SERIAL_AMBA_PL011_CONSOLE=y",
			{ { "amba_pl011", "SERIAL_AMBA_PL011" },
				{ NULL, "SERIAL_AMBA_PL011_CONSOLE" } }) },
	{ "guest.console-virtio", SEV_ERROR, "VM-19", "the kernel has virtio-console", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_CONSOLE",
			{ { "virtio_console", "VIRTIO_CONSOLE" } }) },
	{ "guest.console-xen", SEV_ERROR, "VM-19", "the kernel has the Xen PV console", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_HVC_XEN=y", { { NULL, "HVC_XEN" } }) },
	{ "guest.gic", SEV_ERROR, "VM-20", "the kernel has drivers for GICv2 and GICv3",
		NEED_ROOTFS, run_drivers,
		RULE(drivers, "use a kernel with CONFIG_ARM_GIC=y and CONFIG_ARM_GIC_V3=y",
			{ { NULL, "ARM_GIC" }, { NULL, "ARM_GIC_V3" } }) },
	{ "guest.hardware-tables", SEV_ERROR, "VM-14", "the kernel reads devicetrees and ACPI",
		NEED_ROOTFS, run_drivers,
		RULE(drivers, "use a kernel with CONFIG_OF=y and CONFIG_ACPI=y",
			{ { NULL, "OF" }, { NULL, "ACPI" } }) },
	{ "guest.rtc", SEV_ERROR, "VM-12", "the kernel uses UEFI's clock", NEED_ROOTFS, run_drivers,
		RULE(drivers, "use a kernel with CONFIG_RTC_DRV_EFI",
			{ { "rtc_efi", "RTC_DRV_EFI" } }) },
	{ "guest.virtio-pci", SEV_WARNING, "VM-21", "the kernel has virtio-pci", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_PCI",
			{ { "virtio_pci", "VIRTIO_PCI" } }) },
	{ "guest.virtio-mmio", SEV_WARNING, "VM-21", "the kernel has virtio-mmio", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_MMIO",
			{ { "virtio_mmio", "VIRTIO_MMIO" } }) },
	{ "guest.virtio-blk", SEV_WARNING, "VM-21", "the kernel has virtio-blk", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_BLK",
			{ { "virtio_blk", "VIRTIO_BLK" } }) },
	{ "guest.virtio-net", SEV_WARNING, "VM-21", "the kernel has virtio-net", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_NET",
			{ { "virtio_net", "VIRTIO_NET" } }) },
	{ "guest.xen-devices", SEV_WARNING, "VM-21", "the kernel has Xen's disks and networks",
		NEED_ROOTFS, run_drivers,
		RULE(drivers,
			"use a kernel with CONFIG_XEN_BLKDEV_FRONTEND and CONFIG_XEN_NETDEV_FRONTEND",
			{ { "xen_blkfront", "XEN_BLKDEV_FRONTEND" },
				{ "xen_netfront", "XEN_NETDEV_FRONTEND" } }) },
	{ "guest.balloon", SEV_WARNING, "VM-21", "the kernel has balloon drivers", NEED_ROOTFS,
		run_drivers,
		RULE(drivers, "use a kernel with CONFIG_VIRTIO_BALLOON and CONFIG_XEN_BALLOON=y",
			{ { "virtio_balloon", "VIRTIO_BALLOON" }, { NULL, "XEN_BALLOON" } }) },
	{ "guest.root-driver", SEV_ERROR, "VM-2", "the kernel can mount its root file system",
		NEED_ROOTFS, run_root_driver },
	{ "guest.initrd-virtio", SEV_ERROR, "VM-21", "the initrd has the drivers of virtio disks",
		NEED_ROOTFS, run_initrd_virtio },
	{ "guest.initrd-disks", SEV_WARNING, "VM-21", "the initrd has the drivers of other disks",
		NEED_ROOTFS, run_initrd_disks },
	{ "guest.initrd-filesystem", SEV_ERROR, "VM-21",
		"the initrd has the root file system's driver", NEED_ROOTFS,
		run_initrd_filesystem },
};

const struct check_group guest_drivers_checks = CHECK_GROUP(checks);
