/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext2, ext3 and ext4 through libext2fs: opening, the superblock's facts,
 * path lookup, listing. The superblock is judged here before libext2fs sees
 * it, because libext2fs allocates by what it says. A dirty journal is a fact
 * and replayed (ext_journal.c) for reading, and an error for writing.
 */
#include "rootfs/ext.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"

/* The superblock (ext4 disk layout, "Super Block"): 1024 bytes at 1024. */
#define SB_OFFSET           1024
#define SB_SIZE             1024
#define SB_BLOCKS_COUNT     0x04
#define SB_FREE_BLOCKS      0x0c
#define SB_LOG_BLOCK_SIZE   0x18
#define SB_BLOCKS_PER_GROUP 0x20
#define SB_INODES_PER_GROUP 0x28
#define SB_MAGIC            0x38
#define SB_STATE            0x3a
#define SB_REV_LEVEL        0x4c
#define SB_INODE_SIZE       0x58
#define SB_COMPAT           0x5c
#define SB_INCOMPAT         0x60
#define SB_RO_COMPAT        0x64
#define SB_UUID             0x68
#define SB_LABEL            0x78
#define SB_LAST_MOUNTED     0x88
#define SB_JOURNAL_INUM     0xe0
#define SB_DESC_SIZE        0xfe
#define SB_BLOCKS_HI        0x150
#define SB_FREE_HI          0x158
#define SB_ERROR_COUNT      0x194

#define MAX_DESCRIPTOR_BYTES (16 * 1024 * 1024)
#define OPEN_BUDGET          65536

/* Features that ext3 does not have: any of them makes it ext4. */
#define EXT4_INCOMPAT_ANY (~0x1fu)
#define EXT4_RO_ANY       (~0x7u)

static const struct {
	uint32_t bit;
	const char *name;
} incompat_names[] = {
	{ 0x1, "compression" },
	{ 0x1000, "dirdata" },
	{ 0x8, "journal_dev" },
	{ 0x10000, "encrypt" },
};

/* Features that libext2fs reads and GRUB (2.06 to 2.14, its fs/ext2.c) does not. */
static const struct {
	uint32_t bit;
	const char *name;
} not_for_grub[] = {
	{ EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode" },
	{ EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data" },
	{ EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold" },
};

int ext_fail(struct ext_fs *e, errcode_t code, struct err *err, const char *what)
{
	int number = EUCLEAN;

	/* An inode with a wrong checksum stays in libext2fs's cache under the number of another. */
	if (e->fs)
		ext2fs_flush_icache(e->fs);
	if (e->io.err.code)
		return err_set(err, e->io.err.code, "%s: %s", what, e->io.err.text);
	if (code == EXT2_ET_FILE_NOT_FOUND)
		number = ENOENT;
	else if (code == EXT2_ET_NO_DIRECTORY)
		number = ENOTDIR;
	else if (code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL)
		number = ENOSPC;
	else if (code == EXT2_ET_UNSUPP_FEATURE || code == EXT2_ET_RO_UNSUPP_FEATURE)
		number = ENOTSUP;
	else if (code > 0 && code < 256)
		number = (int)code;
	return err_set(err, number, "%s: %s", what, error_message(code));
}

static void read_facts(struct rootfs_facts *f, const uint8_t *sb)
{
	uint32_t compat = le32(sb + SB_COMPAT), incompat = le32(sb + SB_INCOMPAT);
	bool wide = incompat & EXT4_FEATURE_INCOMPAT_64BIT;
	uint64_t blocks = le32(sb + SB_BLOCKS_COUNT), unused = le32(sb + SB_FREE_BLOCKS);
	static const char *const names[] = { "ext2", "ext3", "ext4" };
	bool is_ext4 = incompat & EXT4_INCOMPAT_ANY || le32(sb + SB_RO_COMPAT) & EXT4_RO_ANY;
	bool journal = compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL;
	const uint8_t *u = sb + SB_UUID;
	char *p = f->uuid;

	if (wide) {
		blocks |= (uint64_t)le32(sb + SB_BLOCKS_HI) << 32;
		unused |= (uint64_t)le32(sb + SB_FREE_HI) << 32;
	}
	snprintf(f->type, sizeof(f->type), "%s", names[is_ext4 ? 2 : journal ? 1 : 0]);
	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
	rootfs_printable(f->label, sizeof(f->label), sb + SB_LABEL, 16);
	rootfs_printable(f->last_mount, sizeof(f->last_mount), sb + SB_LAST_MOUNTED, 64);
	f->block_size = 1024u << (le32(sb + SB_LOG_BLOCK_SIZE) & 15);
	if (!checked_mul(blocks, f->block_size, &f->size))
		f->size = UINT64_MAX;
	if (!checked_mul(unused, f->block_size, &f->free))
		f->free = 0;
	f->dirty_journal = incompat & EXT3_FEATURE_INCOMPAT_RECOVER;
	f->unclean = !(le16(sb + SB_STATE) & EXT2_VALID_FS);
	f->errors = le16(sb + SB_STATE) & EXT2_ERROR_FS || le32(sb + SB_ERROR_COUNT);
}

static void read_features(struct rootfs_facts *f, const uint8_t *sb)
{
	struct text names CLEANUP(text_release) = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(not_for_grub); i++)
		if (le32(sb + SB_INCOMPAT) & not_for_grub[i].bit)
			text_printf(&names, "%s%s", names.len ? " " : "", not_for_grub[i].name);
	snprintf(f->not_for_grub, sizeof(f->not_for_grub), "%s", text_str(&names));
}

/* The library's headers leave MMP out: it is for who mounts a file system, and reading is done without. */
static int check_features(const uint8_t *sb, struct err *err)
{
	uint32_t known = (EXT2_LIB_FEATURE_INCOMPAT_SUPP | EXT4_FEATURE_INCOMPAT_MMP) &
			 ~(uint32_t)EXT3_FEATURE_INCOMPAT_JOURNAL_DEV;
	uint32_t bad = le32(sb + SB_INCOMPAT) & ~known;

	for (size_t i = 0; bad && i < ARRAY_SIZE(incompat_names); i++)
		if (bad & incompat_names[i].bit)
			return err_set(err, ENOTSUP, "an ext file system with the feature %s",
				incompat_names[i].name);
	if (bad)
		return err_set(
			err, ENOTSUP, "an ext file system with unknown features (0x%x)", bad);
	return 0;
}

/*
 * A journal on another device is found by the device number in the superblock, unless an option of the mount names
 * another (ext4's journal_dev=, journal_path=). On another machine that number is another device's, or nobody's, and
 * the mount fails. Boot loaders never look at it.
 */
static bool has_journal_elsewhere(const uint8_t *sb)
{
	return le32(sb + SB_COMPAT) & EXT3_FEATURE_COMPAT_HAS_JOURNAL &&
	       le32(sb + SB_JOURNAL_INUM) == 0;
}

/* Refuses what would make libext2fs allocate or loop beyond reason. */
static int check_superblock(
	const struct rootfs_facts *f, const uint8_t *sb, uint64_t disk_bytes, struct err *err)
{
	uint32_t log = le32(sb + SB_LOG_BLOCK_SIZE), per_group = le32(sb + SB_BLOCKS_PER_GROUP);
	uint32_t inodes = le32(sb + SB_INODES_PER_GROUP);
	unsigned desc = le32(sb + SB_INCOMPAT) & EXT4_FEATURE_INCOMPAT_64BIT
				? le16(sb + SB_DESC_SIZE)
				: 32;
	unsigned inode_size = le32(sb + SB_REV_LEVEL) ? le16(sb + SB_INODE_SIZE) : 128;
	uint64_t groups;

	if (log > 6)
		return err_set(err, EUCLEAN, "superblock: a block size of 2^%u", log + 10);
	if (f->size > disk_bytes) {
		err_set(err, EUCLEAN,
			"the file system has %" PRIu64 " bytes, but what holds it only %" PRIu64,
			f->size, disk_bytes);
		err_hint(err, "the image was cut short: copy it again");
		return -EUCLEAN;
	}
	if (per_group < 256 || per_group > UINT64_C(8) * f->block_size * 65536 || inodes == 0 ||
		inodes > 8 * f->block_size)
		return err_set(err, EUCLEAN, "superblock: impossible group sizes");
	if (desc < 32 || desc > 1024 || desc & (desc - 1))
		return err_set(err, EUCLEAN, "superblock: group descriptors of %u bytes", desc);
	if (inode_size < 128 || inode_size > f->block_size || inode_size & (inode_size - 1))
		return err_set(err, EUCLEAN, "superblock: inodes of %u bytes", inode_size);
	groups = f->size / f->block_size / per_group + 1;
	if (groups > MAX_DESCRIPTOR_BYTES / desc)
		return err_set(err, EFBIG, "superblock: %" PRIu64 " block groups", groups);
	return 0;
}

static void ext_close(struct rootfs *fs)
{
	struct ext_fs *e = ext_of(fs);

	if (e->fs)
		ext2fs_free(e->fs);
	ext_map_forget(e);
	ext_io_release(&e->io);
	if (e->layer)
		disk_close(e->layer);
	free(e);
}

struct find {
	const char *name;
	size_t len;
	ext2_ino_t ino;
	unsigned seen;
};

static int find_entry(ext2_ino_t dir, int entry, struct ext2_dir_entry *d, int offset,
	int blocksize, char *buf, void *priv)
{
	struct find *f = priv;

	(void)dir, (void)entry, (void)offset, (void)blocksize, (void)buf;
	if (d->inode && (size_t)ext2fs_dirent_name_len(d) == f->len &&
		memcmp(d->name, f->name, f->len) == 0) {
		f->ino = d->inode;
		return DIRENT_ABORT;
	}
	return ++f->seen > 4 * ROOTFS_MAX_ENTRIES ? DIRENT_ABORT : 0;
}

int ext_lookup(struct ext_fs *e, ext2_ino_t dir, const char *name, size_t len, ext2_ino_t *ino,
	struct err *err)
{
	struct find f = { name, len, 0, 0 };
	errcode_t code = ext2fs_dir_iterate2(
		e->fs, dir, DIRENT_FLAG_INCLUDE_EMPTY, NULL, find_entry, &f);

	if (code)
		return ext_fail(e, code, err, "reading a folder");
	if (f.seen > 4 * ROOTFS_MAX_ENTRIES)
		return err_set(err, EFBIG, "a folder without an end");
	*ino = f.ino;
	return 0;
}

static int read_inode(struct ext_fs *e, ext2_ino_t ino, struct ext2_inode *inode, struct err *err)
{
	errcode_t code = ext2fs_read_inode(e->fs, ino, inode);

	return code ? ext_fail(e, code, err, "reading an inode") : 0;
}

/* The text of link ino, NUL-terminated, into target (ROOTFS_MAX_PATH bytes). */
static int read_link(
	struct ext_fs *e, ext2_ino_t ino, struct ext2_inode *inode, char *target, struct err *err)
{
	size_t len = inode->i_size, got;
	int r;

	if (len == 0 || len >= ROOTFS_MAX_PATH)
		return err_set(err, EUCLEAN, "a symbolic link of %zu bytes", len);
	if (ext2fs_is_fast_symlink(inode)) {
		if (len > sizeof(inode->i_block))
			return err_set(
				err, EUCLEAN, "a symbolic link of %zu bytes in its inode", len);
		memcpy(target, inode->i_block, len);
	} else {
		r = ext_map_load(e, ino, err);
		if (r == 0)
			r = ext_map_read(e, 0, target, len, &got, err);
		if (r < 0)
			return r;
	}
	target[len] = '\0';
	return 0;
}

/*
 * The names still to be walked stand at the end of a buffer, so that a link's
 * text is put in front of them.
 */
struct walk {
	char text[2 * ROOTFS_MAX_PATH];
	size_t at; /* where the rest begins */
	unsigned links;
};

static int walk_link(struct ext_fs *e, struct walk *w, ext2_ino_t ino, struct ext2_inode *inode,
	ext2_ino_t *dir, struct err *err)
{
	char target[ROOTFS_MAX_PATH];
	size_t len;
	int r;

	if (++w->links > ROOTFS_MAX_LINKS)
		return err_set(err, ELOOP, "over %d symbolic links", ROOTFS_MAX_LINKS);
	r = read_link(e, ino, inode, target, err);
	if (r < 0)
		return r;
	len = strlen(target);
	if (len + 1 > w->at)
		return err_set(err, ENAMETOOLONG, "symbolic links make too long a path");
	w->text[--w->at] = '/';
	w->at -= len;
	memcpy(w->text + w->at, target, len);
	if (target[0] == '/')
		*dir = EXT2_ROOT_INO;
	return 0;
}

int ext_resolve(struct ext_fs *e, const char *path, bool follow, ext2_ino_t *out, struct err *err)
{
	struct walk w = { .at = sizeof(w.text) - strlen(path) - 1 };
	ext2_ino_t dir = EXT2_ROOT_INO;

	ext_io_begin(&e->io, EXT_BUDGET);
	strcpy(w.text + w.at, path);
	for (;;) {
		struct ext2_inode inode;
		ext2_ino_t ino;
		const char *name;
		size_t len;
		int r;

		w.at += strspn(w.text + w.at, "/");
		name = w.text + w.at;
		len = strcspn(name, "/");
		if (len == 0)
			break;
		r = ext_lookup(e, dir, name, len, &ino, err);
		if (r == 0 && ino == 0)
			r = err_set(err, ENOENT, "%s: no such file", path);
		if (r == 0)
			r = read_inode(e, ino, &inode, err);
		if (r < 0)
			return r;
		w.at += len;
		if (LINUX_S_ISLNK(inode.i_mode) && (follow || w.text[w.at])) {
			r = walk_link(e, &w, ino, &inode, &dir, err);
			if (r < 0)
				return r;
		} else {
			dir = ino;
		}
	}
	*out = dir;
	return 0;
}

static int ext_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	struct ext2_inode inode;
	ext2_ino_t ino;
	int r = ext_resolve(e, path, follow, &ino, err);

	if (r == 0)
		r = read_inode(e, ino, &inode, err);
	if (r < 0)
		return r;
	*st = (struct rootfs_stat){
		.type = rootfs_type_of(inode.i_mode),
		.mode = inode.i_mode & 07777,
		.uid = inode_uid(inode),
		.gid = inode_gid(inode),
		.size = LINUX_S_ISREG(inode.i_mode) ? EXT2_I_SIZE(&inode) : inode.i_size,
		.mtime = (int32_t)inode.i_mtime,
		.inode = ino,
	};
	return 0;
}

static int ext_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	char text[ROOTFS_MAX_PATH];
	struct ext2_inode inode;
	ext2_ino_t ino;
	int r = ext_resolve(e, path, false, &ino, err);

	if (r == 0)
		r = read_inode(e, ino, &inode, err);
	if (r == 0 && !LINUX_S_ISLNK(inode.i_mode))
		r = err_set(err, EINVAL, "%s: not a symbolic link", path);
	if (r == 0)
		r = read_link(e, ino, &inode, text, err);
	if (r < 0)
		return r;
	*target = xstrdup(text);
	return 0;
}

struct listing {
	struct ext_fs *e;
	struct rootfs_dir *dir;
	struct err *err;
	unsigned seen;
	int result;
};

static int list_entry(ext2_ino_t dir, int entry, struct ext2_dir_entry *d, int offset,
	int blocksize, char *buf, void *priv)
{
	struct listing *l = priv;
	enum rootfs_type type = ROOTFS_OTHER;
	struct ext2_inode inode;

	(void)dir, (void)entry, (void)offset, (void)blocksize, (void)buf;
	if (++l->seen > 4 * ROOTFS_MAX_ENTRIES)
		l->result = err_set(l->err, EFBIG, "a folder without an end");
	if (d->inode && l->result == 0) {
		switch (ext2fs_dirent_file_type(d)) {
		case EXT2_FT_UNKNOWN: /* file systems without the filetype feature */
			l->result = read_inode(l->e, d->inode, &inode, l->err);
			type = l->result == 0 ? rootfs_type_of(inode.i_mode) : type;
			break;
		case EXT2_FT_REG_FILE:
			type = ROOTFS_FILE;
			break;
		case EXT2_FT_DIR:
			type = ROOTFS_DIR;
			break;
		case EXT2_FT_SYMLINK:
			type = ROOTFS_LINK;
			break;
		}
		if (l->result == 0)
			l->result = rootfs_dir_add(
				l->dir, d->name, (size_t)ext2fs_dirent_name_len(d), type, l->err);
	}
	return l->result < 0 ? DIRENT_ABORT : 0;
}

static int ext_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	struct listing l = { e, dir, err, 0, 0 };
	errcode_t code;
	ext2_ino_t ino;
	int r = ext_resolve(e, path, true, &ino, err);

	if (r < 0)
		return r;
	code = ext2fs_dir_iterate2(e->fs, ino, DIRENT_FLAG_INCLUDE_EMPTY, NULL, list_entry, &l);
	return code ? ext_fail(e, code, err, path) : l.result;
}

static int ext_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct ext_fs *e = ext_of(fs);
	ext2_ino_t ino;
	int r = ext_resolve(e, path, true, &ino, err);

	if (r == 0)
		r = ext_map_load(e, ino, err);
	if (r < 0)
		return r;
	r = ext_map_read(e, off, bytes, len, got, err);
	if (r < 0)
		err_push(err, "%s", path);
	return r;
}

static const struct rootfs_ops ext_ops = {
	.close = ext_close,
	.commit = ext_commit,
	.stat = ext_stat,
	.readlink = ext_readlink,
	.list = ext_list,
	.read_range = ext_read_range,
	.write_file = ext_write_file,
	.mkdir = ext_mkdir,
	.symlink = ext_symlink,
	.remove = ext_remove,
};

static int open_library(struct ext_fs *e, const struct rootfs_source *src, struct err *err)
{
	int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP;
	char name[EXT_IO_NAME];
	errcode_t code;

	initialize_ext2_error_table();
	ext_io_name(&e->io, name);
	if (src->writable)
		flags |= EXT2_FLAG_RW;
	if (FUZZING)
		flags |= EXT2_FLAG_IGNORE_CSUM_ERRORS;
	code = ext2fs_open2(name, NULL, flags, 0, 0, &ext_io_manager, &e->fs);
	if (code)
		return ext_fail(e, code, err, "opening the file system");
	e->fs->now = (time_t)src->now;
	/* What is made has the modes that it is made with, whoever runs us. */
	e->fs->umask = 022;
	return 0;
}

/* What is read from now on is what a mount would show. */
static int replay(struct ext_fs *e, const struct rootfs_source *src, struct err *err)
{
	int r;

	e->layer = disk_overlay(src->disk);
	r = ext_journal_replay(e, e->layer, err);
	if (r < 0 || disk_overlay_is_clean(e->layer))
		return r;
	ext2fs_free(e->fs);
	e->fs = NULL;
	ext_io_release(&e->io);
	ext_io_init(&e->io, e->layer);
	ext_io_begin(&e->io, OPEN_BUDGET);
	return open_library(e, src, err);
}

int rootfs_ext_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	struct ext_fs *e = xcalloc(1, sizeof(*e));
	CLEANUP(rootfs_close) struct rootfs *fs = &e->base;
	uint8_t sb[SB_SIZE];
	int r;

	fs->ops = &ext_ops;
	fs->writable = src->writable;
	ext_io_init(&e->io, src->disk);
	ext_io_begin(&e->io, OPEN_BUDGET);
	r = ext_io_read(&e->io, SB_OFFSET, sb, SB_SIZE);
	if (r < 0)
		return err_set(err, -r, "reading the superblock: %s", e->io.err.text);
	if (le16(sb + SB_MAGIC) != EXT2_SUPER_MAGIC)
		return err_set(err, EUCLEAN, "no ext superblock");
	read_facts(&fs->facts, sb);
	read_features(&fs->facts, sb);
	r = check_superblock(&fs->facts, sb, disk_size(src->disk), err);
	if (r == 0)
		r = check_features(sb, err);
	if (r == 0 && !src->as_loader && has_journal_elsewhere(sb))
		r = err_set(err, ENXIO, "an %s whose journal is on another device", fs->facts.type);
	if (r < 0)
		return r;
	if (src->writable && (fs->facts.dirty_journal || fs->facts.errors)) {
		r = err_set(err, EUCLEAN, "the file system %s",
			fs->facts.errors ? "has recorded errors"
					 : "was not unmounted: its journal holds changes that are "
					   "not in it yet");
		err_hint(err, "run e2fsck -f on it first");
		return r;
	}
	r = open_library(e, src, err);
	if (r == 0 && fs->facts.dirty_journal && !src->as_loader)
		r = replay(e, src, err);
	if (r < 0)
		return r;
	*out = TAKE(fs);
	return 0;
}
