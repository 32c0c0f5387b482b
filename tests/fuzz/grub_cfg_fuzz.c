/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's configuration: the input is the file on the ESP, beside a small root file system. */
#include "loader/grub_cfg.h"
#include "memvol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memfile esp[] = { { "/EFI/debian/grub.cfg", (const char *)data, size, 0 } };
	static const struct memfile root[] = {
		{ .path = "/boot/grub/grub.cfg", .bytes = "menuentry x { linux /vmlinuz }" },
		{ .path = "/vmlinuz", .bytes = "MZ" },
		{ .path = "/loader/entries/a.conf", .bytes = "linux /vmlinuz\noptions $x\n" },
		{ .path = "/grubenv", .bytes = "# GRUB Environment Block\na=b\n" },
	};
	struct memvol files[] = { { esp, size ? 1 : 0, true }, { root, ARRAY_SIZE(root), false } };
	struct volume volumes[] = {
		{ .number = 1, .is_esp = true, .uuid = "ABCD-0001" },
		{ .number = 2, .uuid = "1", .label = "r" },
	};
	const struct chain_view view = { volumes, 2, volumes, false };
	const struct grub_start start = {
		.view = &view,
		.device = volumes,
		.directory = "/EFI/BOOT",
		.prefix = "/EFI/debian",
	};
	struct grub_config config;

	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++)
		volume_set_mem(&volumes[i], &files[i]);
	grub_config_run(&start, &config);
	grub_config_release(&config);
	return 0;
}
