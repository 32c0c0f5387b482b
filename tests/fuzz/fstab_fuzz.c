/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text files of a guest: fstab, crypttab, os-release, debconf's database, kernel configurations. */
#include "base/xalloc.h"
#include "rootfs/debconf.h"
#include "rootfs/fstab.h"
#include "rootfs/kconfig.h"
#include "rootfs/mount_options.h"
#include "rootfs/osrelease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fstab_release) struct fstab fstab = { 0 };
	struct subvolume subvolume;
	CLEANUP(crypttab_release) struct crypttab crypttab = { 0 };
	CLEANUP(os_release_release) struct os_release os = { 0 };
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(text_release) struct text out = TEXT_INIT;
	CLEANUP(xfree) char *value = NULL;

	fstab_parse(&fstab, (const char *)data, size);
	for (size_t i = 0; i < fstab.n; i++) {
		fstab_by_device_name(fstab.v[i].spec);
		free(fstab_option_value(fstab.v[i].options, "subvol"));
		free(mount_option_refused("ext4", fstab.v[i].options, "6.1.0", true));
		subvolume_of(&subvolume, fstab.v[i].options);
		subvolume_release(&subvolume);
	}
	fstab_find(&fstab, "/boot/efi");
	crypttab_parse(&crypttab, (const char *)data, size);
	kconfig_get((const char *)data, size, "VIRTIO_BLK");
	text_add(&text, (const char *)data, size);
	os_release_parse(&os, text_str(&text));
	os_release_is_like(&os, "debian");
	debconf_set(text_str(&text), "grub2/update_nvram", "false", "grub-efi-arm64", &out);
	value = debconf_get(text_str(&out), "grub2/update_nvram");
	if (!value)
		abort();
	return 0;
}
