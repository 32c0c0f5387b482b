/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the removable media path whole (VM-2, VM-6, VM-9) from what the image
 * holds: a loader that lies in a folder of its vendor's on the ESP, else one
 * that the guest's packages brought. A chain is put there as a whole: shim with the
 * loader that it starts, GRUB with a configuration where that GRUB looks.
 */
#ifndef ARMVM_LOADER_REPAIR_H
#define ARMVM_LOADER_REPAIR_H

#include "base/err.h"
#include "loader/install.h"

struct rootfs;

struct repair_scene {
	struct rootfs *esp;  /* writable: a staged layer */
	struct rootfs *root; /* the guest's; NULL: none can be read */
	/*
	 * How GRUB finds the menu: root_uuid, boot_prefix (NULL: there is none), and
	 * os_id, which vendor's folder is tried first. The rest is for a loader of
	 * the guest's packages.
	 */
	const struct install_options *install;
	int64_t mtime;
};

/*
 * Writes the fallback chain to the ESP. *what, which the caller frees, says
 * what it is made of. -ENOENT: neither the ESP nor the guest has a loader.
 */
int repair_fallback(const struct repair_scene *scene, char **what, struct err *err);

/* Adds a configuration that leads to the guest's, boot_prefix/grub.cfg on root_uuid. */
void repair_stub(const struct install_options *install, struct text *out);

/*
 * Where a GRUB's configuration leads by searching a file system and reading
 * $prefix/grub.cfg or a file named outright: *uuid and *path, which the caller frees.
 * False when it does anything else (has entries, say).
 */
bool grub_leads_to(const char *text, char **uuid, char **path);

#endif
