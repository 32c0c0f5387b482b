/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's environment block, loaded by a configuration that looks at what came of it. */
#include "loader/grub_cfg.h"
#include "memvol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memfile esp[] = {
		{ .path = "/EFI/debian/grub.cfg",
			.bytes =
				"load_env\nset default=\"${saved_entry}\"\n"
				"if [ \"$next_entry\" ]; then set default=$next_entry; save_env next_entry; fi\n"
				"eval \"set b=$kernelopts\"\n"
				"menuentry a --id a { linux /vmlinuz $kernelopts $b; }\n" },
		{ .path = "/vmlinuz", .bytes = "MZ" },
		{ "/EFI/debian/grubenv", (const char *)data, size, 0 },
	};
	struct memvol files = { esp, size ? 3 : 2, true };
	struct volume volume = { .number = 1, .is_esp = true, .uuid = "ABCD-0001" };
	const struct chain_view view = { &volume, 1, &volume, false };
	const struct grub_start start = {
		.view = &view,
		.device = &volume,
		.directory = "/EFI/BOOT",
		.prefix = "/EFI/debian",
	};
	struct grub_config config;

	volume_set_mem(&volume, &files);
	grub_config_run(&start, &config);
	grub_config_release(&config);
	return 0;
}
