/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per firmware. See firmware.h.
 */
#include <errno.h>
#include <unistd.h>

#include "verify/firmware.h"

static const char *const edk2_paths[] = {
	"/usr/share/AAVMF/AAVMF_CODE.fd",
	"/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
	"/usr/share/edk2/aarch64/QEMU_EFI.fd",
	"/usr/share/qemu/aavmf-aarch64-code.bin",
	NULL,
};

/* Without this the boot manager waits five seconds for a key. */
static const char *const edk2_args[] = { "-boot", "menu=on,splash-time=0", NULL };

static const char *const uboot_paths[] = {
	"/usr/lib/u-boot/qemu_arm64/u-boot.bin",
	"/usr/share/uboot/qemu_arm64/u-boot.bin",
	NULL,
};

static const char *const no_args[] = { NULL };

static const struct firmware firmwares[] = {
	[BOOT_EDK2] = {
		.name = "edk2",
		.package = "qemu-efi-aarch64",
		.paths = edk2_paths,
		.args = edk2_args,
		.banner = "UEFI firmware (version",
	},
	[BOOT_UBOOT] = {
		.name = "u-boot",
		.package = "u-boot-qemu",
		.paths = uboot_paths,
		.args = no_args,
		.banner = "U-Boot 2",
		.stop_at = "Hit any key to stop autoboot:",
		.prompt = "=>",
		.boot_command = "boot\r",
	},
};

const struct firmware *firmware_get(enum boot_firmware which)
{
	return &firmwares[which];
}

const char *firmware_path(const struct firmware *f, struct err *err)
{
	for (size_t i = 0; f->paths[i]; i++)
		if (access(f->paths[i], R_OK) == 0)
			return f->paths[i];
	err_set(err, ENOENT, "%s for QEMU's virt machine is not installed", f->name);
	err_hint(err, "apt-get install %s", f->package);
	return NULL;
}
