/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nvram family: what would make the image rely on UEFI variables, now or
 * after its next update (VM-9). One row per mechanism of nvram/'s catalogue.
 */

#include "checks/groups.h"
#include "image/image.h"
#include "nvram/nvram.h"

static int run_mechanism(struct image *image, struct findings *f, struct err *err)
{
	const struct nvram_mechanism *m = nvram_mechanism(finding_rule(f));
	struct nvram_answer a CLEANUP(nvram_answer_release) = { 0 };
	struct nvram_scene scene = { 0 };
	int ret = image_rootfs(image, &scene.root, err);

	if (ret == 0)
		ret = image_inventory(image, &scene.inventory, err);
	if (ret == 0)
		ret = image_esp(image, &scene.fat, err);
	if (ret == 0)
		ret = image_esp_inventory(image, &scene.esp, err);
	if (ret == 0)
		ret = m->detect(m, &scene, &a, err);
	if (ret < 0)
		return ret;
	if (a.state == NVRAM_ABSENT)
		finding_skip(f, "%s", a.reason);
	else if (a.state == NVRAM_ACTIVE)
		finding_add(f, a.where, m->advice, "%s", a.what);
	return 0;
}

static const struct check checks[] = {
	{ "nvram.debian-update", SEV_WARNING, "VM-9", "Debian's GRUB updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "debian-update" },
	{ "nvram.debian-removable", SEV_WARNING, "VM-9",
		"Debian's GRUB updates refresh \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS, run_mechanism,
		"debian-removable" },
	{ "nvram.ubuntu-update", SEV_WARNING, "VM-9", "Ubuntu's GRUB updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "ubuntu-update" },
	{ "nvram.ubuntu-removable", SEV_WARNING, "VM-9",
		"Ubuntu's GRUB updates refresh \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS, run_mechanism,
		"ubuntu-removable" },
	{ "nvram.suse-update", SEV_WARNING, "VM-9", "SUSE's boot loader updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "suse-update" },
	{ "nvram.systemd-boot-update", SEV_WARNING, "VM-9",
		"updates of systemd-boot leave NVRAM alone", NEED_ESP | NEED_ROOTFS, run_mechanism,
		"systemd-boot-update" },
	{ "nvram.random-seed", SEV_WARNING, "VM-9", "no random seed is shared by all copies",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "random-seed" },
	{ "nvram.kernel-install-uki", SEV_WARNING, "VM-9", "installing a kernel leaves NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "kernel-install-uki" },
	{ "nvram.boot-entry-hook", SEV_WARNING, "VM-9",
		"no hook makes boot entries or removes \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS,
		run_mechanism, "boot-entry-hook" },
	{ "nvram.mok", SEV_NOTE, "VM-9", "no module depends on a machine owner key",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "mok" },
	{ "nvram.fwupd", SEV_WARNING, "VM-9", "fwupd makes no capsule updates",
		NEED_ESP | NEED_ROOTFS, run_mechanism, "fwupd" },
};

const struct check_group nvram_checks = CHECK_GROUP(checks);
