/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's files that decide whether it relies on variables: hooks, units, debconf, settings of
 * update tools. Each piece of the input is one of them; all mechanisms look, and are turned off in a layer.
 */
#include "memroot.h"
#include "nvram/nvram.h"
#include "pieces.h"
#include "rootfs/inventory.h"
#include "rootfs/staged.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 16

static const char *const paths[] = { "/etc/os-release", "/var/lib/dpkg/status",
	"/var/cache/debconf/config.dat", "/etc/kernel/postinst.d/zz-a", "/etc/cron.d/a",
	"/etc/crontab", "/etc/apt/apt.conf.d/a", "/etc/cloud/cloud.cfg.d/a.cfg",
	"/etc/systemd/system/a.service", "/usr/lib/systemd/system/b.service",
	"/etc/systemd/system/multi-user.target.wants/a.service", "/etc/rc.local",
	"/etc/sysconfig/bootloader", "/etc/fwupd/fwupd.conf", "/etc/default/grub",
	"/etc/kernel/install.d/a.install", "/etc/kernel/install.conf", "/loader/loader.conf",
	"/usr/lib/bootupd/updates/EFI.json", "/etc/init.d/a", "/usr/local/sbin/a",
	"/var/lib/cloud/seed/nocloud/user-data", "/var/lib/dpkg/arch", "/etc/fstab" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strlist_release) struct strlist changes = { 0 };
	CLEANUP(inventory_release) struct inventory inventory = { 0 };
	struct memfile files[MAX + 6] = {
		{ .path = "/usr/lib/fwupd/fwupd", .bytes = "x" },
		{ .path = "/usr/sbin/grub-install", .bytes = "x" },
		{ .path = "/usr/bin/bootctl", .bytes = "x" },
		{ .path = "/usr/lib/kernel/install.d/90-loaderentry.install", .bytes = "x" },
		{ .path = "/boot/vmlinuz-6.1", .bytes = "MZ" },
		{ .path = "/var/lib/shim-signed/mok/MOK.der", .bytes = "x" },
	};
	struct nvram_scene scene = { .inventory = &inventory };
	struct memroot root;
	struct rootfs *below;
	struct piece p;
	size_t n = 6;

	for (size_t at = 0; n < ARRAY_SIZE(files) && piece_next((const char *)data, size, &at, &p);)
		if (p.len && p.which >= 'a' && p.which < 'a' + (char)ARRAY_SIZE(paths))
			files[n++] = (struct memfile){ paths[p.which - 'a'], p.bytes, p.len, 0 };
	below = memroot_init(&root, files, n);
	scene.root = rootfs_stage(below);
	if (inventory_read(&inventory, below, NULL, NULL) == 0)
		nvram_turn_off_all(&scene, 1700000000, &changes, NULL);
	rootfs_close(scene.root);
	return 0;
}
