/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family, second part: the drivers that VMSPEC asks of the kernel
 * (VM-12, VM-14, VM-19 to VM-21), and that those which the root file system
 * needs are in the initrd. What a kernel has is known by its configuration and
 * module lists; where it has neither, nothing is judged.
 */
#include <errno.h>
#include <string.h>

#include "checks/groups.h"
#include "image/guest.h"
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

/* 1 when the kernel's drivers are known, 0 when the check is skipped. */
static int drivers_known(
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

static int run_drivers(struct image *image, struct findings *f, struct err *err)
{
	const struct drivers_rule *rule = finding_rule(f)->drivers;
	const struct image_guest *g;
	int ret = drivers_known(image, f, &g, err);

	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < MAX_DRIVERS; i++) {
		const struct driver *d = &rule->drivers[i];

		if ((d->module || d->option) &&
			driver_find(&g->drivers, d->module, d->option) == DRIVER_ABSENT)
			finding_add(f, g->kernel->image, rule->advice,
				"the kernel %s has no CONFIG_%s", g->kernel->version, d->option);
	}
	return 0;
}

/* 1 when there are an initrd and drivers to compare, 0 when the check is skipped. */
static int initrd_known(struct image *image, struct findings *f, const struct image_guest **g,
	const struct image_initrd **rd, struct err *err)
{
	struct err why = { 0 };
	int ret = drivers_known(image, f, g, err);

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

/* Whether a driver that is a module is missing from the initrd. */
static bool left_out(
	const struct image_guest *g, const struct image_initrd *rd, const struct driver *d)
{
	return driver_find(&g->drivers, d->module, d->option) == DRIVER_MODULE &&
	       !module_listed(&rd->initrd.modules, d->module);
}

static int run_initrd_drivers(const struct driver *drivers, size_t n, struct image *image,
	struct findings *f, const char *advice, struct err *err)
{
	const struct image_guest *g;
	const struct image_initrd *rd;
	CLEANUP(text_release) struct text names = TEXT_INIT;
	size_t lacks = 0;
	int ret = initrd_known(image, f, &g, &rd, err);

	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (left_out(g, rd, &drivers[i]))
			text_printf(&names, "%s%s", lacks++ ? ", " : "", drivers[i].module);
	if (lacks)
		finding_add(f, rd->where, advice, "%s %s %s not in it",
			lacks == 1 ? "the module" : "the modules", text_str(&names),
			lacks == 1 ? "is" : "are");
	return 0;
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

static int run_root_driver(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	struct rootfs *root;
	struct driver driver;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = drivers_known(image, f, &g, err);
	if (ret <= 0)
		return ret;
	driver = fs_driver(rootfs_facts(root)->type);
	if (driver_find(&g->drivers, driver.module, driver.option) == DRIVER_ABSENT)
		finding_add(f, g->kernel->image, "use a kernel that has it",
			"the kernel %s cannot mount its root file system (%s)", g->kernel->version,
			rootfs_facts(root)->type);
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
