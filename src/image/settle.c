/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of the image a kernel and an initrd were that a boot handed over:
 * by size and digest, in the places where such files lie. See image.h.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"

#define DEPTH_MAX  4
#define LOOKED_MAX 4000 /* files and folders of one volume */
/* What is smaller than this is no kernel, and no initrd that matters. */
#define SIZE_MIN   512

struct wanted {
	uint64_t size;
	const char *sha256;
	bool may_be_packed; /* a loader may have unpacked it */
	unsigned looked;
};

static bool is_it(const struct wanted *w, const struct volume *v, const char *path, uint64_t size)
{
	char hex[65];
	uint64_t hashed;

	if (size == w->size)
		return volume_sha256(v, path, hex, &hashed, NULL) == 0 &&
		       strcmp(hex, w->sha256) == 0;
	return w->may_be_packed && size < w->size && size >= w->size / 16 &&
	       volume_packed(v, path) && volume_unpack_sha256(v, path, hex, NULL) == 0 &&
	       strcmp(hex, w->sha256) == 0;
}

/* The path below folder; the caller frees it. NULL: it is not there. */
static char *find_below(
	struct wanted *w, const struct volume *v, const char *folder, unsigned depth)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	volume_folder(v, folder, &names, NULL);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n && w->looked < LOOKED_MAX; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("%s/%s", strcmp(folder, "/") ? folder : "", names.v[i]);
		struct file_info info = { 0 };
		char *found = NULL;

		w->looked++;
		if (volume_stat(v, path, &info) != PRESENT)
			continue;
		if (info.type == FILE_DIR && depth)
			found = find_below(w, v, path, depth - 1);
		else if (info.type == FILE_REGULAR && is_it(w, v, path, info.size))
			return TAKE(path);
		if (found)
			return found;
	}
	return NULL;
}

/* The whole ESP; of others the folders that loaders read. */
static char *find_on(struct wanted *w, const struct volume *v)
{
	static const char *const folders[] = { "/boot", "/@/boot", "/@rootfs/boot" };
	char *found = NULL;

	w->looked = 0;
	if (!v->readable)
		return NULL;
	if (v->is_esp || v->is_xbootldr)
		return find_below(w, v, "/", DEPTH_MAX);
	found = find_below(w, v, "/", 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++)
		found = find_below(w, v, folders[i], 2);
	return found;
}

static char *find_file(const struct image *image, uint64_t size, const char *sha256,
	bool may_be_packed, const struct volume **volume)
{
	struct wanted w = { size, sha256, may_be_packed, 0 };
	char *found = NULL;

	*volume = NULL;
	for (size_t i = 0; i < image->view.n && sha256 && size >= SIZE_MIN && !found; i++) {
		/* A loader asks for a passphrase first, which nobody types here. */
		if (image->volumes[i].needs_key)
			continue;
		found = find_on(&w, &image->volumes[i]);
		if (found)
			*volume = &image->volumes[i];
	}
	return found;
}

int image_settle(struct image *image, const struct image_handed *handed, struct err *err)
{
	CLEANUP(xfree) char *kernel = NULL;
	CLEANUP(xfree) char *initrd = NULL;
	const struct boot_chain *chain;
	struct chain_handed h = {
		.command_line = handed->command_line,
		.version = handed->version,
		.has_initrd = handed->initrd_size > 0,
	};
	int ret = image_chain(image, &chain, err);

	if (ret < 0)
		return ret;
	h.kernel = kernel = find_file(
		image, handed->kernel_size, handed->kernel_sha256, true, &h.volume);
	h.initrd = initrd = find_file(
		image, handed->initrd_size, handed->initrd_sha256, false, &h.initrd_volume);
	image_guest_free(image);
	image_kernel_free(image);
	chain_settle(image->chain, &image->view, &h);
	image_guest_start(image);
	image_configure(image);
	return 0;
}
