/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bootconfig behind the initrd that boots: what it adds to the kernel's command line. The kernel reads it when its
 * command line says "bootconfig", or was built to.
 */
#include "base/xalloc.h"
#include "image/guest.h"
#include "image/private.h"
#include "loader/bootconfig.h"
#include "rootfs/kconfig.h"

static enum kconfig_value option(const struct image_guest *g, const char *name)
{
	return kconfig_get(buf_text(&g->drivers.config), g->drivers.config.len, name);
}

static bool is_read(struct image *image, const char *cmdline)
{
	CLEANUP(xfree) char *asked = cmdline_value(cmdline, "bootconfig");
	bool said = asked && (!*asked || *asked == '=');
	const struct image_guest *g;

	if (image_guest(image, &g, NULL) < 0 || !g->drivers.have_config)
		return said;
	if (option(g, "BOOT_CONFIG") == KCONFIG_NO)
		return false;
	return said || option(g, "BOOT_CONFIG_FORCE") == KCONFIG_YES;
}

void image_configure(struct image *image)
{
	const struct chain_entry *e = image->chain ? chain_default(image->chain) : NULL;
	CLEANUP(buf_release) struct buf tail = BUF_INIT;
	CLEANUP(text_release) struct text added = TEXT_INIT;
	const char *text;
	size_t len;

	if (!e || image_initrd_tail(image, BOOTCONFIG_TAIL, &tail) < 0 ||
		!bootconfig_find(buf_bytes(&tail), tail.len, &text, &len) ||
		!is_read(image, e->cmdline))
		return;
	if (bootconfig_cmdline(text, len, &added) && added.len)
		chain_configure(image->chain, &image->view, text_str(&added));
}
