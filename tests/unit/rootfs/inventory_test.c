/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/inventory: kernels and what belongs to them by the names that
 * distributions use, architecture, drivers, initrds.
 */
#include "rootfs/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "tap.h"

static char folder[] = "/tmp/inventory_test.XXXXXX";

/* Headers with nothing behind them: an arm64 Image with and without EFI stub, zboot, gzip. */
#define HELPERS                                                                                    \
	"image() { { printf \"$2\"; head -c 54 /dev/zero; printf 'ARM\\144'; head -c 500 "         \
	"/dev/zero; } >\"$1\"; }; "                                                                \
	"elf() { { printf '\\177ELF\\002\\001\\001'; head -c 11 /dev/zero; printf \"$2\\000\"; "   \
	"head -c 44 /dev/zero; } >\"$1\"; chmod 755 \"$1\"; }; "                                   \
	"initrd() { (cd \"$D/i\" && find . | cpio -o -H newc --quiet | gzip) >\"$1\"; }; "         \
	"cd \"$D\" && mkdir -p i/usr/lib/modules/6.1.0-9-arm64 && "                                \
	": >i/init && : >i/usr/lib/modules/6.1.0-9-arm64/xen-blkfront.ko.xz && "

static const char debian[] = HELPERS
	"mkdir -p t/usr/bin t/usr/lib/modules/6.1.0-9-arm64 t/usr/lib/modules/6.1.0-10-arm64 t/boot t/etc "
	"t/var/lib/dpkg && ln -s usr/bin t/bin && ln -s usr/lib t/lib && ln -s dash t/usr/bin/sh && "
	"elf t/usr/bin/dash '\\267' && echo ID=debian >t/usr/lib/os-release && "
	"printf 'Package: a\\nArchitecture: all\\n\\nPackage: dpkg\\nArchitecture: arm64\\n' >t/var/lib/dpkg/status && "
	"image t/boot/vmlinuz-6.1.0-9-arm64 MZ && image t/boot/vmlinuz-6.1.0-10-arm64 '\\0\\0' && "
	"image t/boot/vmlinuz-6.1.0-9-arm64.old MZ && initrd t/boot/initrd.img-6.1.0-9-arm64 && "
	"printf 'CONFIG_EXT4_FS=y\\nCONFIG_XFS_FS=m\\n# CONFIG_NET_9P is not set\\nCONFIG_BTRFS_FS=m\\n' "
	">t/boot/config-6.1.0-9-arm64 && ln -s vmlinuz-6.1.0-9-arm64 t/boot/vmlinuz && "
	"ln -s nowhere t/boot/vmlinuz-7 && "
	"echo kernel/drivers/virtio/virtio-pci.ko >t/usr/lib/modules/6.1.0-9-arm64/modules.builtin && "
	"printf 'kernel/fs/xfs/xfs.ko.xz: kernel/lib/libcrc32c.ko.xz\\nkernel/lib/libcrc32c.ko.xz:\\n' "
	">t/usr/lib/modules/6.1.0-9-arm64/modules.dep";

static const char fedora[] = HELPERS
	"mkdir -p t/usr/bin t/usr/lib/modules/6.11.4-301.fc41.aarch64 t/boot t/etc && "
	"elf t/usr/bin/env '\\076' && "
	"image t/usr/lib/modules/6.11.4-301.fc41.aarch64/vmlinuz MZ && "
	"echo CONFIG_VIRTIO_BLK=y >t/usr/lib/modules/6.11.4-301.fc41.aarch64/config";

static const char arch[] = HELPERS
	"mkdir -p t/usr/lib/modules/6.12.1-1-aarch64 t/boot && printf '\\037\\213xx' >t/boot/Image.gz && "
	"image t/boot/Image MZ && initrd t/boot/initramfs-linux.img && : >t/boot/initrd-empty && "
	"{ printf 'MZ\\0\\0zimg'; head -c 52 /dev/zero; printf '\\100\\0\\0\\0PE\\0\\0\\144\\252'; } >t/boot/vmlinuz-linux";

struct guest {
	struct disk *disk;
	struct rootfs *fs;
	struct inventory inv;
};

static bool make(struct guest *g, const char *tree, const char *name)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	struct rootfs_source src = { .type = "ext4" };
	struct err err = { 0 };

	*g = (struct guest){ 0 };
	if (system("cd \"$D\" && rm -rf t i img") != 0 || system(tree) != 0 ||
		system("cd \"$D\" && mke2fs -q -F -d t img 16M >err 2>&1") != 0)
		return ok(false, "%s is made", name);
	if (disk_open_raw(path, &g->disk, &err) < 0)
		return ok(false, "%s: %s", name, err.text);
	src.disk = g->disk;
	if (rootfs_open(&g->fs, &src, &err) < 0 || inventory_read(&g->inv, g->fs, NULL, &err) < 0)
		return ok(false, "%s: %s", name, err.text);
	return ok(true, "%s is read", name);
}

static void end(struct guest *g)
{
	inventory_release(&g->inv);
	if (g->fs)
		rootfs_close(g->fs);
	if (g->disk)
		disk_close(g->disk);
}

static void test_drivers(struct guest *g)
{
	CLEANUP(kernel_drivers_release) struct kernel_drivers kd = { 0 };
	struct err err = { 0 };

	is_int(kernel_drivers_read(&kd, &g->inv.kernels[1], g->fs, &err), 0, "drivers are read");
	is_int(driver_find(&kd, "virtio_pci", "VIRTIO_PCI"), DRIVER_BUILTIN, "by modules.builtin");
	is_int(driver_find(&kd, "xfs", "XFS_FS"), DRIVER_MODULE, "by modules.dep");
	is_int(driver_find(&kd, "ext4", "EXT4_FS"), DRIVER_BUILTIN, "by the configuration");
	is_int(driver_find(&kd, "btrfs", "BTRFS_FS"), DRIVER_ABSENT, "a module that was left out");
	is_int(driver_find(&kd, "9p", "NET_9P"), DRIVER_ABSENT, "one that is off");
	is_int(driver_find(&kd, "9p", NULL), DRIVER_ABSENT, "and by its module's name alone");
}

static void test_initrd(struct guest *g)
{
	CLEANUP(initrd_release) struct initrd rd = { 0 };
	CLEANUP(initrd_release) struct initrd none = { 0 };
	struct err err = { 0 };

	is_int(initrd_read(&rd, g->fs, g->inv.kernels[1].initrd, &err), 0, "the initrd is read");
	ok(rd.has_init && !rd.problem_code, "it is fine");
	ok(module_listed(&rd.modules, "xen_blkfront"), "its module, by the kernel's name for it");
	ok(rd.versions.n == 1 && strcmp(rd.versions.v[0], "6.1.0-9-arm64") == 0, "its version");
	is_str(rd.compression, "gzip", "its compression");
	is_int(initrd_read(&none, g->fs, "/boot/nothing", &err), -ENOENT,
		"a missing one is an error");
}

static void test_debian(void)
{
	struct guest g;
	const struct guest_kernel *k;

	if (make(&g, debian, "a Debian")) {
		is_str(g.inv.arch, "aarch64", "architecture, through two links");
		is_str(g.inv.dpkg_arch, "arm64", "dpkg's architecture");
		is_str(g.inv.os.id, "debian", "os-release without a link in /etc");
		is_int(g.inv.n_kernels, 2, "two kernels; no copy, no link");
		k = g.inv.kernels;
		is_str(k[0].version, "6.1.0-10-arm64", "10 is newer than 9");
		is_int(k[0].format, KERNEL_IMAGE, "an Image without stub");
		ok(!k[0].initrd && !k[0].config, "with nothing beside it");
		is_int(k[1].format, KERNEL_EFI_IMAGE, "an Image with stub");
		is_str(k[1].initrd, "/boot/initrd.img-6.1.0-9-arm64", "its initrd");
		is_str(k[1].config, "/boot/config-6.1.0-9-arm64", "its configuration");
		is_str(k[1].modules, "/usr/lib/modules/6.1.0-9-arm64", "its modules");
		test_drivers(&g);
		test_initrd(&g);
	}
	end(&g);
}

static void test_others(void)
{
	CLEANUP(kernel_drivers_release) struct kernel_drivers kd = { 0 };
	CLEANUP(initrd_release) struct initrd empty = { 0 };
	struct err err = { 0 };
	struct guest g;

	if (make(&g, fedora, "a Fedora")) {
		is_str(g.inv.arch, "x86_64", "another architecture");
		is_int(g.inv.n_kernels, 1, "a kernel in its modules' folder");
		is_str(g.inv.kernels[0].image, "/usr/lib/modules/6.11.4-301.fc41.aarch64/vmlinuz",
			"there");
		kernel_drivers_read(&kd, &g.inv.kernels[0], g.fs, &err);
		is_int(driver_find(&kd, "virtio_blk", "VIRTIO_BLK"), DRIVER_BUILTIN,
			"its configuration, too");
		is_int(driver_find(&kd, "xfs", NULL), DRIVER_UNKNOWN,
			"what nothing tells is not known");
	}
	end(&g);
	if (make(&g, arch, "an Arch Linux ARM")) {
		is_str(g.inv.arch, "", "no program tells the architecture");
		is_int(g.inv.n_kernels, 2, "kernels without versions");
		is_str(g.inv.kernels[0].version, "6.12.1-1-aarch64", "that the modules tell");
		is_int(g.inv.kernels[1].format, KERNEL_ZBOOT, "a zboot kernel");
		is_str(g.inv.kernels[1].arch, "aarch64", "and its architecture");
		is_str(g.inv.kernels[1].initrd, "/boot/initramfs-linux.img", "and its initrd");
		is_int(initrd_read(&empty, g.fs, "/boot/initrd-empty", &err), 0, "an empty initrd");
		is_int(empty.problem_code, EUCLEAN, "is damaged");
	}
	end(&g);
}

int main(void)
{
	requires("mke2fs cpio gzip");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	test_debian();
	test_others();
	if (system("rm -r \"$D\"") != 0)
		return 1;
	return tap_done();
}
