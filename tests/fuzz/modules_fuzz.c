/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel brings: its configuration (piece a), modules.builtin (b) and modules.dep (c); and what keeps its
 * modules from being loaded: a file of modprobe.d (d), and a command line (e).
 */
#include "memroot.h"
#include "pieces.h"
#include "rootfs/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char modules[] = "/lib/modules/6.1", config[] = "/boot/config-6.1";
	static const char *const paths[] = { "/boot/config-6.1", "/lib/modules/6.1/modules.builtin",
		"/lib/modules/6.1/modules.dep", "/etc/modprobe.d/a.conf", "/cmdline" };
	CLEANUP(bars_release) struct bars bars = { 0 }, line = { 0 };
	CLEANUP(kernel_drivers_release) struct kernel_drivers drivers = { 0 };
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct guest_kernel kernel = { .config = config, .modules = modules };
	struct memfile files[ARRAY_SIZE(paths)];
	struct memroot root;
	struct piece p;
	size_t n = 0;

	for (size_t at = 0; n < ARRAY_SIZE(paths) && piece_next((const char *)data, size, &at, &p);)
		if (p.len && p.which >= 'a' && p.which < 'a' + (char)ARRAY_SIZE(paths))
			files[n++] = (struct memfile){ paths[p.which - 'a'], p.bytes, p.len, 0 };
	kernel.fs = memroot_init(&root, files, n);
	if (kernel_drivers_read(&drivers, &kernel, kernel.fs, NULL) == 0) {
		driver_find(&drivers, "virtio_blk", "VIRTIO_BLK");
		driver_find(&drivers, "ext4", "EXT4_FS");
	}
	if (bars_read(&bars, kernel.fs, NULL) == 0 &&
		rootfs_read_file(kernel.fs, "/cmdline", size, &text, NULL) == 0) {
		bars_add_cmdline(&line, buf_text(&text), INITRD_BY_DRACUT);
		bars_find(&bars, &line, &drivers, "virtio_blk", false);
	}
	return 0;
}
