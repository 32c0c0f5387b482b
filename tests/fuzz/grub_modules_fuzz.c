/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a GRUB binary carries: the input is a module, and a memory disk. */
#include "base/xalloc.h"
#include "loader/grub_modules.h"
#include "loader/memdisk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct volume *v, const char *path, unsigned depth)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	volume_stat(v, path, NULL);
	volume_read_head(v, path, 4096, &text, NULL);
	if (depth > 3 || volume_list(v, path, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n && i < 16; i++) {
		CLEANUP(xfree) char *below = xasprintf("%s/%s", path, names.v[i]);

		look(v, below, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(grub_modules_release) struct grub_modules modules = { 0 };
	CLEANUP(strlist_release) struct strlist needs = { 0 };
	CLEANUP(memdisk_close) struct memdisk *disk = memdisk_open(data, size);

	if (grub_modules_add(&modules, data, size, &needs)) {
		if (!modules.names.n)
			abort();
		grub_modules_bring(&modules, "linux");
		grub_modules_truncate(&modules, 0, 0);
	}
	if (disk)
		look(memdisk_volume(disk), "", 0);
	return 0;
}
