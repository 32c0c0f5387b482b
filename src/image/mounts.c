/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest mounts where. See guest.h.
 */
#include <string.h>

#include "base/xalloc.h"
#include "image/guest.h"
#include "image/private.h"
#include "loader/chain.h"
#include "loader/names.h"

/* The PARTUUID of the first partition with the role; NULL: there is none that the generator takes. */
static const char *partuuid_of(const struct image *image, enum uefi_part_role role, uint64_t unless)
{
	for (size_t i = 0; i < image->view.n; i++) {
		const struct content *c = &image->contents[i];

		if (content_has_role(c, role) && *c->partuuid && !(c->part->attrs & unless))
			return c->partuuid;
	}
	return NULL;
}

struct mount_parts image_mount_parts(const struct image *image)
{
	const struct chain_entry *e = image->chain ? chain_default(image->chain) : NULL;
	const char *cmdline = e ? e->cmdline : NULL;

	if (cmdline_gpt_auto_off(cmdline, false))
		return (struct mount_parts){ .cmdline = cmdline };
	return (struct mount_parts){
		.esp = partuuid_of(image, UEFI_ROLE_ESP, PART_ATTR_NO_BLOCK_IO),
		.xbootldr = partuuid_of(image, UEFI_ROLE_XBOOTLDR, PART_ATTR_NO_AUTO_MOUNT),
		.cmdline = cmdline,
	};
}

static int load_mounts(struct image *image, struct err *err)
{
	struct mount_parts parts = image_mount_parts(image);
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	return ret < 0 ? ret : mounts_read(root, &parts, &image->mounts, err);
}

int image_mounts(struct image *image, const struct fstab **out, struct err *err)
{
	struct kept *kept = &image->mounts_kept;
	const struct boot_chain *chain;

	/* For its command line; that there is one is for others to demand. */
	image_chain(image, &chain, NULL);
	if (!kept->asked) {
		kept->asked = true;
		kept->ret = load_mounts(image, &kept->err);
	}
	*out = &image->mounts;
	if (kept->ret < 0 && err)
		*err = kept->err;
	return kept->ret;
}

const struct volume *image_mount_at(struct image *image, const char *path)
{
	const struct fstab *mounts;
	const struct fstab_line *line = image_mounts(image, &mounts, NULL) < 0
						? NULL
						: fstab_find(mounts, path);

	return line ? name_resolve(&image->view, line->spec).volume : NULL;
}
