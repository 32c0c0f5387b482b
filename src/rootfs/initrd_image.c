/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See initrd_image.h. */
#include "rootfs/initrd_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/rootfs.h"

#define ENTRIES_MAX 100000
#define FOLDER_MAX  10000
#define READS_MAX   4096
#define DEPTH_MAX   64
#define PIECE       ((size_t)64 << 10)

struct walk {
	struct rootfs *fs;
	const struct cpio_visitor *visitor;
	size_t entries, reads;
	bool stopped;
};

bool initrd_image_is(const char *path)
{
	static const char *const names[] = { "squash-root.img", "squashfs-root.img",
		"erofs-root.img" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}

static int give_file(struct walk *w, const char *path, struct err *err)
{
	CLEANUP(xfree) char *piece = xmalloc(PIECE);
	enum cpio_go go = CPIO_DATA;
	uint64_t off = 0;
	size_t got = PIECE;

	while (go == CPIO_DATA && got == PIECE) {
		int r = rootfs_read_range(w->fs, path, off, piece, PIECE, &got, err);

		if (r < 0)
			return r;
		off += got;
		if (got)
			go = w->visitor->data(w->visitor->ctx, piece, got);
	}
	w->stopped = go == CPIO_STOP;
	return 0;
}

static int give_link(struct walk *w, const char *path, struct err *err)
{
	CLEANUP(xfree) char *target = NULL;
	int r = rootfs_readlink(w->fs, path, &target, err);

	if (r == 0)
		w->stopped = w->visitor->data(w->visitor->ctx, target, strlen(target)) == CPIO_STOP;
	return r;
}

/* Each is looked for in its folder, name by name. */
static int count_read(struct walk *w, struct err *err)
{
	return ++w->reads > READS_MAX
		       ? err_set(err, EFBIG, "over %d of its files would be read", READS_MAX)
		       : 0;
}

static int give(struct walk *w, const char *path, enum rootfs_type type, struct err *err)
{
	/* What is asked for is read; until then neither length nor permissions are known, nor needed. */
	struct cpio_entry entry = { .name = path + 1, .mode = S_IFCHR };
	enum cpio_go go;
	int r;

	if (type == ROOTFS_DIR)
		entry.mode = S_IFDIR;
	else if (type == ROOTFS_LINK || type == ROOTFS_FILE)
		entry = (struct cpio_entry){ path + 1, type == ROOTFS_LINK ? S_IFLNK : S_IFREG, 1 };
	go = w->visitor->entry(w->visitor->ctx, &entry);
	w->stopped = go == CPIO_STOP;
	if (go != CPIO_DATA || !w->visitor->data)
		return 0;
	r = count_read(w, err);
	if (r < 0)
		return r;
	if (type == ROOTFS_LINK)
		return give_link(w, path, err);
	return type == ROOTFS_FILE ? give_file(w, path, err) : 0;
}

/* Lists a folder; counts what is in it. */
static int list(struct walk *w, const char *folder, struct rootfs_dir *dir, struct err *err)
{
	int r = rootfs_list(w->fs, *folder ? folder : "/", dir, err);

	if (r < 0)
		return r;
	w->entries += dir->n;
	if (dir->n > FOLDER_MAX || w->entries > ENTRIES_MAX)
		return err_set(err, EFBIG, "it has over %d files in one folder, or over %d in all",
			FOLDER_MAX, ENTRIES_MAX);
	return 0;
}

static int walk_folder(struct walk *w, const char *folder, unsigned depth, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int r;

	if (depth > DEPTH_MAX)
		return err_set(err, EUCLEAN, "it has folders over %d deep", DEPTH_MAX);
	r = list(w, folder, &dir, err);
	for (size_t i = 0; r == 0 && i < dir.n && !w->stopped; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);

		r = give(w, path, dir.v[i].type, err);
		if (r == 0 && dir.v[i].type == ROOTFS_DIR && !w->stopped)
			r = walk_folder(w, path, depth + 1, err);
	}
	return r;
}

int initrd_image_walk(const struct buf *image, const struct cpio_visitor *visitor, struct err *err)
{
	CLEANUP(disk_close) struct disk *disk = NULL;
	CLEANUP(rootfs_close) struct rootfs *fs = NULL;
	struct rootfs_source source = { .type = "squashfs" };
	struct walk walk = { .visitor = visitor };
	int r;

	if (image->len < 4 || memcmp(buf_bytes(image), "hsqs", 4) != 0)
		return err_set(err, ENOTSUP, "it is no squashfs, which alone is read there");
	source.disk = disk = disk_from_memory(buf_bytes(image), image->len);
	r = rootfs_open(&fs, &source, err);
	if (r < 0)
		return r;
	walk.fs = fs;
	return walk_folder(&walk, "", 0, err);
}
