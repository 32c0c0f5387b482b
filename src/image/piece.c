/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of files on an image's volumes: kernels, initrds, sections of unified kernel images.
 */
#include <errno.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "rootfs/assembled.h"

int piece_read(
	const struct piece *p, uint64_t at, void *bytes, size_t len, size_t *got, struct err *err)
{
	*got = 0;
	if (len > p->len - at)
		len = (size_t)(p->len - at);
	return p->volume->ops->read(p->volume->ctx, p->path, p->off + at, bytes, len, got, err);
}

static int read_source(void *ctx, uint64_t off, void *bytes, size_t len, struct err *err)
{
	const struct piece *p = ctx;
	size_t got;
	int ret = piece_read(p, off, bytes, len, &got, err);

	if (ret == 0 && got < len)
		ret = err_set(err, EIO, "%s: short read", p->path);
	return ret;
}

struct pe_source piece_source(struct piece *p)
{
	return (struct pe_source){ .read = read_source, .size = p->len, .ctx = p };
}

static int read_fat_file(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct fat_file *file = ctx;
	size_t got;
	int ret = fat_read(file->fat, file->entry, off, buf, len, &got, err);

	if (ret == 0 && got != len)
		return err_set(err, EUCLEAN, "the file ends before its size");
	return ret;
}

struct pe_source fat_file_source(struct fat_file *file)
{
	return (struct pe_source){ read_fat_file, file->entry->size, file };
}

char *piece_where(const struct piece *p)
{
	return p->volume->is_esp ? xasprintf("ESP:%s", p->path) : xstrdup(p->path);
}

const struct volume *volume_of(const struct image *image, const struct rootfs *fs)
{
	for (size_t i = 0; i < image->view.n; i++)
		if (image->contents[i].rootfs == fs)
			return &image->volumes[i];
	return NULL;
}

int guest_file(const struct image *image, struct rootfs *fs, const char *file,
	const struct volume **volume, char **path, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	const char *subvolume;
	int ret = 0;

	if (fs == image->assembled)
		ret = rootfs_place(fs, file, &fs, &real, err);
	if (ret < 0)
		return ret;
	subvolume = rootfs_facts(fs)->subvolume;
	*volume = volume_of(image, fs);
	*path = xasprintf("%s%s%s", *subvolume ? "/" : "", subvolume, real ? real : file);
	/* Where it is missing, the loader's checks say so; here it is there. */
	if (*volume && rootfs_facts(fs)->dirty_journal &&
		volume_stat(*volume, *path, NULL) == ABSENT &&
		rootfs_exists(fs, real ? real : file)) {
		err_set(err, EOPNOTSUPP,
			"%s: it is there once the log is replayed, which a boot loader does not",
			file);
		free(*path);
		*path = NULL;
		return -EOPNOTSUPP;
	}
	return 0;
}
