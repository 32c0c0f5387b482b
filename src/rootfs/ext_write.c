/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing ext file systems through libext2fs: files, folders and links that
 * belong to root. Checksums, bitmaps and counts are libext2fs's work; times
 * come from the caller, so that the same change gives the same bytes. The
 * journal is clean (rootfs_ext_open refuses others) and is not used.
 */
#include "rootfs/ext.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"

/* Writing reads bitmaps and descriptors of whole file systems. */
#define WRITE_BUDGET 1000000

/* Ready to allocate: reads the bitmaps the first time. */
static int begin_write(struct ext_fs *e, int64_t mtime, struct err *err)
{
	errcode_t code = 0;

	ext_map_forget(e);
	ext_io_begin(&e->io, WRITE_BUDGET);
	e->fs->now = (time_t)mtime;
	if (!e->bitmaps)
		code = ext2fs_read_bitmaps(e->fs);
	if (code)
		return ext_fail(e, code, err, "reading the bitmaps");
	e->bitmaps = true;
	return 0;
}

int ext_commit(struct rootfs *fs, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	errcode_t code;

	ext_io_begin(&e->io, WRITE_BUDGET);
	if (!e->bitmaps)
		return 0;
	code = ext2fs_write_bitmaps(e->fs);
	if (code == 0)
		code = ext2fs_flush(e->fs);
	return code ? ext_fail(e, code, err, "writing the file system's structures") : 0;
}

/* Resolves the folder that path is in; *name points at the last part within path. */
static int resolve_parent(
	struct ext_fs *e, const char *path, ext2_ino_t *dir, const char **name, struct err *err)
{
	char parent[ROOTFS_MAX_PATH];
	const char *slash = strrchr(path, '/');
	size_t len = (size_t)(slash - path);

	*name = slash + 1;
	if (!**name || strcmp(*name, "..") == 0 || strlen(*name) > EXT2_NAME_LEN)
		return err_set(err, EINVAL, "no name for a file");
	memcpy(parent, path, len);
	memcpy(parent + len, "/", len ? 1 : 2);
	parent[len ? len : 1] = '\0';
	return ext_resolve(e, parent, true, dir, err);
}

/* Before and after any change: the bitmaps are there, the folder is found, the budget is large. */
static int begin_change(struct ext_fs *e, const char *path, int64_t mtime, ext2_ino_t *dir,
	const char **name, ext2_ino_t *old, struct err *err)
{
	int r = resolve_parent(e, path, dir, name, err);

	if (r == 0)
		r = ext_lookup(e, *dir, *name, strlen(*name), old, err);
	if (r == 0)
		r = begin_write(e, mtime, err);
	return r;
}

/* Takes the name out of the folder and, with its last name, the file itself. */
static int unlink_name(
	struct ext_fs *e, ext2_ino_t dir, const char *name, ext2_ino_t ino, struct err *err)
{
	struct ext2_inode_large inode;
	struct ext2_inode *small = ext2fs_inode(&inode);
	errcode_t code = ext2fs_read_inode_full(e->fs, ino, small, sizeof(inode));

	if (code == 0 && LINUX_S_ISDIR(inode.i_mode))
		return err_set(err, EISDIR, "%s is a folder", name);
	if (code == 0)
		code = ext2fs_unlink(e->fs, dir, name, ino, 0);
	if (code)
		return ext_fail(e, code, err, name);
	if (inode.i_links_count > 1) {
		inode.i_links_count--;
		code = ext2fs_write_inode_full(e->fs, ino, small, sizeof(inode));
		return code ? ext_fail(e, code, err, name) : 0;
	}
	inode.i_links_count = 0;
	inode.i_dtime = (uint32_t)e->fs->now;
	code = ext2fs_free_ext_attr(e->fs, ino, &inode);
	if (code == 0 && ext2fs_inode_has_valid_blocks2(e->fs, small))
		code = ext2fs_punch(e->fs, ino, small, NULL, 0, ~0ULL);
	if (code == 0)
		code = ext2fs_write_inode_full(e->fs, ino, small, sizeof(inode));
	if (code)
		return ext_fail(e, code, err, name);
	ext2fs_inode_alloc_stats2(e->fs, ino, -1, 0);
	return 0;
}

/* Makes an empty regular file without a name. */
static errcode_t new_file(struct ext_fs *e, ext2_ino_t dir, uint32_t mode, ext2_ino_t *ino)
{
	struct ext2_inode inode = { 0 };
	errcode_t code = ext2fs_new_inode(e->fs, dir, (int)(LINUX_S_IFREG | mode), NULL, ino);

	if (code)
		return code;
	ext2fs_inode_alloc_stats2(e->fs, *ino, +1, 0);
	inode.i_mode = (uint16_t)(LINUX_S_IFREG | mode);
	inode.i_links_count = 1;
	inode.i_atime = inode.i_ctime = inode.i_mtime = (uint32_t)e->fs->now;
	if (ext2fs_has_feature_extents(e->fs->super)) {
		ext2_extent_handle_t handle;

		/* Opening is what lays an empty extent tree into the inode. */
		inode.i_flags |= EXT4_EXTENTS_FL;
		code = ext2fs_extent_open2(e->fs, *ino, &inode, &handle);
		if (code)
			return code;
		ext2fs_extent_free(handle);
	}
	return ext2fs_write_new_inode(e->fs, *ino, &inode);
}

static errcode_t add_name(
	struct ext_fs *e, ext2_ino_t dir, const char *name, ext2_ino_t ino, int type)
{
	errcode_t code = ext2fs_link(e->fs, dir, name, ino, type);

	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(e->fs, dir);
		if (code == 0)
			code = ext2fs_link(e->fs, dir, name, ino, type);
	}
	return code;
}

static errcode_t put_content(struct ext_fs *e, ext2_ino_t ino, const void *bytes, size_t len)
{
	const char *p = bytes;
	ext2_file_t file;
	errcode_t code = ext2fs_file_open(e->fs, ino, EXT2_FILE_WRITE, &file), closed;

	if (code)
		return code;
	code = ext2fs_file_set_size2(file, 0);
	while (code == 0 && len > 0) {
		unsigned piece = len > 1 << 20 ? 1u << 20 : (unsigned)len, done = 0;

		code = ext2fs_file_write(file, p, piece, &done);
		if (code == 0 && done == 0)
			code = EXT2_ET_SHORT_WRITE;
		p += done;
		len -= done;
	}
	closed = ext2fs_file_close(file);
	return code ? code : closed;
}

struct owner {
	unsigned mode;
	uint32_t uid, gid;
};

/* What a file will have: as asked for, or as old (0: there is none) has it. */
static errcode_t find_owner(struct ext_fs *e, ext2_ino_t old, uint32_t mode, struct owner *o)
{
	struct ext2_inode inode;
	errcode_t code;

	*o = (struct owner){ .mode = mode == ROOTFS_KEEP ? 0644 : mode };
	if (mode != ROOTFS_KEEP || !old)
		return 0;
	code = ext2fs_read_inode(e->fs, old, &inode);
	if (code == 0 && LINUX_S_ISREG(inode.i_mode))
		*o = (struct owner){ .mode = inode.i_mode & 07777u,
			.uid = inode_uid(inode),
			.gid = inode_gid(inode) };
	return code;
}

/* Mode, owner and times, on what is new or was rewritten. */
static errcode_t put_attributes(struct ext_fs *e, ext2_ino_t ino, const struct owner *o)
{
	struct ext2_inode_large inode;
	struct ext2_inode *small = ext2fs_inode(&inode);
	errcode_t code = ext2fs_read_inode_full(e->fs, ino, small, sizeof(inode));
	size_t extra = EXT2_INODE_SIZE(e->fs->super) > EXT2_GOOD_OLD_INODE_SIZE
			       ? inode.i_extra_isize
			       : 0;

	if (code)
		return code;
	inode.i_mode = (uint16_t)((inode.i_mode & LINUX_S_IFMT) | o->mode);
	inode.i_uid = (uint16_t)o->uid;
	inode.i_gid = (uint16_t)o->gid;
	inode.osd2.linux2.l_i_uid_high = (uint16_t)(o->uid >> 16);
	inode.osd2.linux2.l_i_gid_high = (uint16_t)(o->gid >> 16);
	inode.i_atime = inode.i_ctime = inode.i_mtime = (uint32_t)e->fs->now;
	/* The fractions of seconds, where the inode has room for them. */
	if (extra >= 16)
		inode.i_ctime_extra = inode.i_mtime_extra = inode.i_atime_extra = 0;
	return ext2fs_write_inode_full(e->fs, ino, small, sizeof(inode));
}

/* Whether ino can be rewritten in place, which keeps its extended attributes (SELinux labels). */
static bool rewritable(struct ext_fs *e, ext2_ino_t ino)
{
	struct ext2_inode inode;

	return ext2fs_read_inode(e->fs, ino, &inode) == 0 && LINUX_S_ISREG(inode.i_mode) &&
	       inode.i_links_count == 1 && !(inode.i_flags & (EXT4_ENCRYPT_FL | EXT4_VERITY_FL));
}

int ext_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	ext2_ino_t dir, old;
	const char *name;
	struct owner owner = { 0 };
	errcode_t code = 0;
	int r = begin_change(e, path, mtime, &dir, &name, &old, err);

	if (r == 0)
		code = find_owner(e, old, mode, &owner);
	if (code)
		return ext_fail(e, code, err, name);
	if (r == 0 && old && !rewritable(e, old)) {
		r = unlink_name(e, dir, name, old, err);
		old = 0;
	}
	if (r < 0)
		return r;
	if (!old) {
		code = new_file(e, dir, owner.mode, &old);
		if (code == 0)
			code = add_name(e, dir, name, old, EXT2_FT_REG_FILE);
	}
	if (code == 0)
		code = put_content(e, old, bytes, len);
	if (code == 0)
		code = put_attributes(e, old, &owner);
	return code ? ext_fail(e, code, err, name) : 0;
}

int ext_mkdir(struct rootfs *fs, const char *path, int64_t mtime, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	ext2_ino_t dir, old;
	const char *name;
	errcode_t code;
	int r = begin_change(e, path, mtime, &dir, &name, &old, err);

	if (r < 0)
		return r;
	if (old)
		return err_set(err, EEXIST, "%s exists", name);
	code = ext2fs_mkdir(e->fs, dir, 0, name);
	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(e->fs, dir);
		if (code == 0)
			code = ext2fs_mkdir(e->fs, dir, 0, name);
	}
	return code ? ext_fail(e, code, err, name) : 0;
}

int ext_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	ext2_ino_t dir, old;
	const char *name;
	errcode_t code;
	int r = begin_change(e, path, mtime, &dir, &name, &old, err);

	if (r == 0 && (!*target || strlen(target) >= e->fs->blocksize))
		r = err_set(err, EINVAL, "a link's text of %zu bytes", strlen(target));
	if (r == 0 && old)
		r = unlink_name(e, dir, name, old, err);
	if (r < 0)
		return r;
	code = ext2fs_symlink(e->fs, dir, 0, name, target);
	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(e->fs, dir);
		if (code == 0)
			code = ext2fs_symlink(e->fs, dir, 0, name, target);
	}
	return code ? ext_fail(e, code, err, name) : 0;
}

int ext_remove(struct rootfs *fs, const char *path, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	ext2_ino_t dir, old;
	const char *name;
	int r = begin_change(e, path, (int64_t)e->fs->now, &dir, &name, &old, err);

	if (r < 0)
		return r;
	return old ? unlink_name(e, dir, name, old, err) : 0;
}
