/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nvram family: what would make the image rely on UEFI variables, now or
 * after its next update (VM-9). One row per mechanism of nvram/'s catalogue.
 */

#include "checks/groups.h"
#include "image/guest.h"
#include "nvram/nvram.h"
#include "plan/plan.h"

static int run_mechanism(struct image *image, struct findings *f, struct err *err)
{
	const struct nvram_mechanism *m = nvram_mechanism(finding_rule(f)->mechanism);
	struct nvram_answer a CLEANUP(nvram_answer_release) = { 0 };
	struct nvram_scene scene = { 0 };
	int ret = image_rootfs(image, &scene.root, err);

	if (ret == 0)
		ret = image_inventory(image, &scene.inventory, err);
	if (ret == 0)
		ret = image_esp(image, &scene.fat, err);
	if (ret == 0)
		ret = image_esp_inventory(image, &scene.esp, err);
	scene.parts = image_mount_parts(image);
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

static int fix_mechanism(struct image *image, struct plan *plan, struct err *err)
{
	const struct nvram_mechanism *m = nvram_mechanism(plan->rule->mechanism);
	struct nvram_scene scene = { 0 };
	int ret = plan_root(plan, &scene.root, err);

	if (ret == 0)
		ret = plan_esp(plan, &scene.esp_files, err);
	if (ret == 0)
		ret = image_inventory(image, &scene.inventory, err);
	if (ret == 0)
		ret = image_esp(image, &scene.fat, err);
	if (ret == 0)
		ret = image_esp_inventory(image, &scene.esp, err);
	scene.parts = image_mount_parts(image);
	if (ret == 0)
		ret = m->turn_off(m, &scene, plan->now, err);
	if (ret == 0)
		plan_say(plan, "%s", m->done);
	return ret;
}

static const struct check checks[] = {
	{ "nvram.debian-update", SEV_WARNING, "VM-9", "Debian's GRUB updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "debian-update" },
		.fix = fix_mechanism },
	{ "nvram.debian-removable", SEV_WARNING, "VM-9",
		"Debian's GRUB updates refresh \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS, run_mechanism,
		{ .mechanism = "debian-removable" }, .fix = fix_mechanism },
	{ "nvram.ubuntu-update", SEV_WARNING, "VM-9", "Ubuntu's GRUB updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "ubuntu-update" },
		.fix = fix_mechanism },
	{ "nvram.ubuntu-removable", SEV_WARNING, "VM-9",
		"Ubuntu's GRUB updates refresh \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS, run_mechanism,
		{ .mechanism = "ubuntu-removable" }, .fix = fix_mechanism },
	{ "nvram.suse-update", SEV_WARNING, "VM-9", "SUSE's boot loader updates leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "suse-update" },
		.fix = fix_mechanism },
	{ "nvram.systemd-boot-update", SEV_WARNING, "VM-9",
		"updates of systemd-boot leave NVRAM alone", NEED_ESP | NEED_ROOTFS, run_mechanism,
		{ .mechanism = "systemd-boot-update" }, .fix = fix_mechanism },
	{ "nvram.random-seed", SEV_WARNING, "VM-9", "no random seed is shared by all copies",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "random-seed" },
		.fix = fix_mechanism },
	{ "nvram.kernel-install-uki", SEV_WARNING, "VM-9", "installing a kernel leaves NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "kernel-install-uki" },
		.fix = fix_mechanism },
	{ "nvram.boot-entry-hook", SEV_WARNING, "VM-9",
		"no hook makes boot entries or removes \\EFI\\BOOT", NEED_ESP | NEED_ROOTFS,
		run_mechanism, { .mechanism = "boot-entry-hook" }, .fix = fix_mechanism },
	{ "nvram.mok", SEV_NOTE, "VM-9", "no module depends on a machine owner key",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "mok" } },
	{ "nvram.fwupd", SEV_WARNING, "VM-9", "fwupd makes no capsule updates",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "fwupd" },
		.fix = fix_mechanism },
	{ "nvram.bootupd", SEV_WARNING, "VM-9", "bootupd leaves \\EFI\\BOOT whole",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "bootupd" },
		.fix = fix_mechanism },
	{ "nvram.secure-boot-enroll", SEV_WARNING, "VM-9", "systemd-boot enrols no keys by itself",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "secure-boot-enroll" },
		.fix = fix_mechanism },
	{ "nvram.fallback-refresh", SEV_WARNING, "VM-9",
		"the next update keeps \\EFI\\BOOT current", NEED_ESP | NEED_ROOTFS, run_mechanism,
		{ .mechanism = "fallback-refresh" }, .fix = fix_mechanism },
	{ "nvram.nixos-variables", SEV_WARNING, "VM-9", "NixOS's rebuilds leave NVRAM alone",
		NEED_ESP | NEED_ROOTFS, run_mechanism, { .mechanism = "nixos-variables" },
		.fix = fix_mechanism },
};

const struct check_group nvram_checks = CHECK_GROUP(checks);
