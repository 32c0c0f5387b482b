/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nvram family: what would make the image rely on UEFI variables, now or
 * after its next update (VM-9). One row per mechanism of nvram/'s catalogue.
 */
#include <string.h>

#include "checks/groups.h"
#include "image/image.h"
#include "nvram/nvram.h"

static int run_mechanism(
	const struct check *check, struct image *image, struct findings *f, struct err *err)
{
	const struct nvram_mechanism *m = nvram_mechanism(strchr(check->id, '.') + 1);
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

#define MECHANISM(name, severity, title)                                                           \
	{                                                                                          \
		"nvram." name, severity, "VM-9", title, NEED_ESP | NEED_ROOTFS, run_mechanism      \
	}

static const struct check checks[] = {
	MECHANISM("debian-update", SEV_WARNING, "Debian's GRUB updates leave NVRAM alone"),
	MECHANISM("debian-removable", SEV_WARNING, "Debian's GRUB updates refresh \\EFI\\BOOT"),
	MECHANISM("ubuntu-update", SEV_WARNING, "Ubuntu's GRUB updates leave NVRAM alone"),
	MECHANISM("ubuntu-removable", SEV_WARNING, "Ubuntu's GRUB updates refresh \\EFI\\BOOT"),
	MECHANISM("suse-update", SEV_WARNING, "SUSE's boot loader updates leave NVRAM alone"),
	MECHANISM("systemd-boot-update", SEV_WARNING, "updates of systemd-boot leave NVRAM alone"),
	MECHANISM("random-seed", SEV_WARNING, "no random seed is shared by all copies"),
	MECHANISM("kernel-install-uki", SEV_WARNING, "installing a kernel leaves NVRAM alone"),
	MECHANISM("boot-entry-hook", SEV_WARNING,
		"no hook makes boot entries or removes \\EFI\\BOOT"),
	MECHANISM("mok", SEV_NOTE, "no module depends on a machine owner key"),
	MECHANISM("fwupd", SEV_WARNING, "fwupd makes no capsule updates"),
};

const struct check_group nvram_checks = CHECK_GROUP(checks);
