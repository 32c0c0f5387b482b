/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths, budget and block cache for the readers that know inodes. A path is
 * followed as a guest would: links from where they stand, ".." by the way that
 * was come, never out of the top.
 */
#include "rootfs/inodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/crc32c.h"

#define DEPTH_MAX 256

/* The folders from the top to where the walk is. */
struct walk {
	struct inode_fs *fs;
	struct inode_id way[DEPTH_MAX];
	size_t depth;
	char *rest; /* of the path; its memory */
	unsigned links;
};

void inode_fs_uuid(char out[37], const uint8_t *bytes)
{
	char *p = out;

	for (int i = 0; i < 16; i++)
		p += sprintf(
			p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
}

#if FUZZING
/* Damage of a fuzzer's is to get past the checksums. */
bool block_crc_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size)
{
	return size > crc->at && bytes;
}
#else
bool block_crc_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size)
{
	static const uint8_t none[4];
	uint32_t sum = ~0u, after = crc->from;

	if (crc->other)
		return crc->other(crc, bytes, size);
	if (crc->at >= crc->from) {
		sum = crc32c(sum, bytes + crc->from, crc->at - crc->from);
		sum = crc32c(sum, none, sizeof(none));
		after = crc->at + 4;
	}
	return le32(bytes + crc->at) == ~crc32c(sum, bytes + after, size - after);
}
#endif

int inode_fs_block(struct inode_fs *fs, uint64_t off, uint32_t size, const struct block_crc *crc,
	const uint8_t **bytes, struct err *err)
{
	struct inode_block *b = &fs->blocks[off / 512 % INODE_BLOCKS];
	int r;

	if (fs->budget == 0)
		return err_set(err, EUCLEAN, "more than %u blocks for one file", INODE_BUDGET);
	fs->budget--;
	*bytes = b->bytes;
	if (b->off == off && b->size == size)
		return 0;
	if (size > INODE_BLOCK_MAX)
		return err_set(err, EUCLEAN, "a block of %u bytes", size);
	b->off = UINT64_MAX;
	*bytes = b->bytes = xreallocarray(b->bytes, size, 1);
	r = disk_read(fs->disk, off, b->bytes, size, err);
	if (r == -ERANGE)
		return err_set(
			err, EUCLEAN, "a block at %llu, beyond the end", (unsigned long long)off);
	if (r < 0)
		return r;
	if (crc && !block_crc_ok(crc, b->bytes, size))
		return err_set(err, EUCLEAN, "the block at %llu has a wrong checksum",
			(unsigned long long)off);
	b->off = off;
	b->size = size;
	return 0;
}

/* The walk goes on at target, which was found in the folder that it is in. */
static int follow(struct walk *w, struct inode_id link, struct err *err)
{
	char target[ROOTFS_MAX_PATH], *rest;
	size_t got;
	int r;

	if (++w->links > ROOTFS_MAX_LINKS)
		return err_set(err, ELOOP, "over %d symbolic links", ROOTFS_MAX_LINKS);
	r = w->fs->inodes->read(w->fs, link, 0, target, sizeof(target), &got, err);
	if (r < 0)
		return r;
	if (got == sizeof(target) || memchr(target, '\0', got))
		return err_set(err, EUCLEAN, "a symbolic link with an impossible target");
	if (got && target[0] == '/')
		w->depth = 1;
	if (got + strlen(w->rest) + 2 > 4 * ROOTFS_MAX_PATH)
		return err_set(err, ENAMETOOLONG, "symbolic links grow too long");
	rest = xasprintf("%.*s/%s", (int)got, target, w->rest);
	free(w->rest);
	w->rest = rest;
	return 0;
}

/* Takes the next part off the path; false at its end. */
static bool next_part(struct walk *w, char *name, size_t *len)
{
	char *start = w->rest + strspn(w->rest, "/");

	*len = strcspn(start, "/");
	if (*len == 0)
		return false;
	/* A name that is too long for every file system is too long for the lookup as well. */
	if (*len > ROOTFS_MAX_PATH)
		*len = ROOTFS_MAX_PATH;
	memcpy(name, start, *len);
	memmove(w->rest, start + *len, strlen(start + *len) + 1);
	return true;
}

static int step(struct walk *w, const char *name, size_t len, bool follow_last, struct inode_id *at,
	struct err *err)
{
	struct rootfs_stat st;
	bool last = w->rest[strspn(w->rest, "/")] == '\0';
	int r;

	if (len == 1 && name[0] == '.')
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		w->depth -= w->depth > 1;
		*at = w->way[w->depth - 1];
		return 0;
	}
	r = w->fs->inodes->find(w->fs, w->way[w->depth - 1], name, len, at, err);
	if (r < 0)
		return r;
	if (at->number == 0)
		return err_set(err, ENOENT, "no such file or directory");
	if (last && !follow_last)
		return 0;
	r = w->fs->inodes->stat(w->fs, *at, &st, err);
	if (r < 0)
		return r;
	if (st.type == ROOTFS_LINK) {
		r = follow(w, *at, err);
		*at = w->way[w->depth - 1];
		return r;
	}
	if (st.type == ROOTFS_DIR && w->depth == DEPTH_MAX)
		return err_set(err, ENAMETOOLONG, "over %d folders deep", DEPTH_MAX);
	if (st.type == ROOTFS_DIR)
		w->way[w->depth++] = *at;
	else if (!last)
		return err_set(err, ENOTDIR, "not a directory");
	return 0;
}

static int resolve(struct inode_fs *fs, const char *path, bool follow_last, struct inode_id *at,
	struct err *err)
{
	struct walk w = { .fs = fs, .way = { fs->top }, .depth = 1, .rest = xstrdup(path) };
	char name[ROOTFS_MAX_PATH];
	size_t len;
	int r = 0;

	fs->budget = INODE_BUDGET;
	*at = fs->top;
	while (r == 0 && next_part(&w, name, &len))
		r = step(&w, name, len, follow_last, at, err);
	free(w.rest);
	if (r < 0)
		err_push(err, "%s", path);
	return r;
}

static int tree_stat(struct rootfs *base, const char *path, bool follow_last,
	struct rootfs_stat *st, struct err *err)
{
	struct inode_fs *fs = inode_fs_of(base);
	struct inode_id at;
	int r = resolve(fs, path, follow_last, &at, err);

	if (r == 0)
		r = fs->inodes->stat(fs, at, st, err);
	return r;
}

static int tree_readlink(struct rootfs *base, const char *path, char **target, struct err *err)
{
	struct inode_fs *fs = inode_fs_of(base);
	char text[ROOTFS_MAX_PATH];
	struct rootfs_stat st;
	struct inode_id at;
	size_t got = 0;
	int r = resolve(fs, path, false, &at, err);

	if (r == 0)
		r = fs->inodes->stat(fs, at, &st, err);
	if (r == 0 && st.type != ROOTFS_LINK)
		return err_set(err, EINVAL, "%s: not a symbolic link", path);
	if (r == 0)
		r = fs->inodes->read(fs, at, 0, text, sizeof(text), &got, err);
	if (r == 0 && (got == sizeof(text) || memchr(text, '\0', got)))
		return err_set(err, EUCLEAN, "%s: an impossible target", path);
	if (r == 0)
		*target = xstrndup(text, got);
	return r;
}

static int tree_list(struct rootfs *base, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct inode_fs *fs = inode_fs_of(base);
	struct rootfs_stat st;
	struct inode_id at;
	int r = resolve(fs, path, true, &at, err);

	if (r == 0)
		r = fs->inodes->stat(fs, at, &st, err);
	if (r == 0 && st.type != ROOTFS_DIR)
		return err_set(err, ENOTDIR, "%s: not a directory", path);
	if (r == 0)
		r = fs->inodes->list(fs, at, dir, err);
	return r;
}

static int tree_read(struct rootfs *base, const char *path, uint64_t off, void *bytes, size_t len,
	size_t *got, struct err *err)
{
	struct inode_fs *fs = inode_fs_of(base);
	struct rootfs_stat st;
	struct inode_id at;
	int r = resolve(fs, path, true, &at, err);

	if (r == 0)
		r = fs->inodes->stat(fs, at, &st, err);
	if (r == 0 && st.type != ROOTFS_FILE)
		return err_set(err, st.type == ROOTFS_DIR ? EISDIR : EINVAL,
			"%s: not a regular file", path);
	if (r == 0)
		r = fs->inodes->read(fs, at, off, bytes, len, got, err);
	if (r < 0)
		err_push(err, "%s", path);
	return r;
}

static void tree_close(struct rootfs *base)
{
	struct inode_fs *fs = inode_fs_of(base);

	fs->inodes->close(fs);
}

/* Those that change something are never called: writable is not set. */
static const struct rootfs_ops tree_ops = {
	.close = tree_close,
	.stat = tree_stat,
	.readlink = tree_readlink,
	.list = tree_list,
	.read_range = tree_read,
};

void inode_fs_init(struct inode_fs *fs, const struct inode_ops *inodes, struct disk *disk)
{
	fs->base.ops = &tree_ops;
	fs->inodes = inodes;
	fs->disk = disk;
	fs->budget = INODE_BUDGET;
	for (size_t i = 0; i < INODE_BLOCKS; i++)
		fs->blocks[i].off = UINT64_MAX;
}

void inode_fs_release(struct inode_fs *fs)
{
	for (size_t i = 0; i < INODE_BLOCKS; i++)
		free(fs->blocks[i].bytes);
}
