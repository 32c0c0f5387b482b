/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which subvolume of a btrfs is shown: a mount without options takes the
 * default one, which is the top unless somebody has set another; rootflags=subvol= and GRUB
 * name them by their paths from the top on, rootflags=subvolid= by its number.
 */
#include "rootfs/btrfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"

/* struct btrfs_inode_ref */
#define IR_LEN  8
#define IR_NAME 10

#define DEPTH_MAX      64   /* folders and subvolumes above one */
#define CANDIDATES_MAX 1024 /* entries of the top that are looked into */

/* Puts "name/" before what path has, without the slash where that is nothing yet. */
static int put_before(char *path, size_t size, const uint8_t *name, size_t len, struct err *err)
{
	size_t had = strlen(path), slash = had ? 1 : 0;

	if (had + slash + len >= size)
		return err_set(err, ENAMETOOLONG, "the path of a subvolume is too long");
	memmove(path + len + slash, path, had + 1);
	memcpy(path, name, len);
	if (slash)
		path[len] = '/';
	return 0;
}

/* The first item of that object and type, whose name begins at name_at and has its length at len_at. */
static int find_ref(struct btrfs *b, struct btrfs_root root, struct btrfs_key key, size_t len_at,
	size_t name_at, struct btrfs_item *item, struct err *err)
{
	int r = btrfs_search(b, root, key, item, err);

	if (r < 0)
		return r;
	if (!item->bytes || item->key.object != key.object || item->key.type != key.type)
		return err_set(err, EUCLEAN, "nothing says where %" PRIu64 " is", key.object);
	if (item->len < name_at || le16(item->bytes + len_at) > item->len - name_at)
		return err_set(err, EUCLEAN, "a name that is cut off");
	return 0;
}

/* The path of a folder in its subvolume goes before what path has. */
static int add_folders(struct btrfs *b, struct inode_id dir, char *path, size_t size,
	unsigned *depth, struct err *err)
{
	struct btrfs_item item;
	struct btrfs_root root;
	int r = btrfs_tree_of(b, dir, &root, err);

	while (r == 0 && dir.number != BTRFS_FIRST_INODE) {
		if (++*depth > DEPTH_MAX)
			return err_set(err, EUCLEAN, "a subvolume lies in itself");
		r = find_ref(b, root, (struct btrfs_key){ dir.number, BTRFS_INODE_REF, 0 }, IR_LEN,
			IR_NAME, &item, err);
		if (r < 0)
			break;
		dir.number = item.key.offset;
		r = put_before(path, size, item.bytes + IR_NAME, le16(item.bytes + IR_LEN), err);
	}
	return r;
}

/* The path of a subvolume from the top on. */
static int path_of(struct btrfs *b, uint64_t tree, char *path, size_t size, struct err *err)
{
	unsigned depth = 0;
	int r = 0;

	*path = '\0';
	while (r == 0 && tree != BTRFS_TREE_FS) {
		struct btrfs_item item;
		struct inode_id dir;

		if (++depth > DEPTH_MAX)
			return err_set(err, EUCLEAN, "a subvolume lies in itself");
		r = find_ref(b, b->roots, (struct btrfs_key){ tree, BTRFS_ROOT_BACKREF, 0 },
			BTRFS_RR_LEN, BTRFS_RR_NAME, &item, err);
		if (r < 0)
			break;
		dir = (struct inode_id){ item.key.offset, le64(item.bytes + BTRFS_RR_DIR) };
		r = put_before(path, size, item.bytes + BTRFS_RR_NAME,
			le16(item.bytes + BTRFS_RR_LEN), err);
		if (r == 0)
			r = add_folders(b, dir, path, size, &depth, err);
		tree = dir.tree;
	}
	return r < 0 ? err_push(err, "subvolume %" PRIu64, tree) : 0;
}

static int find_name(struct btrfs *b, struct inode_id dir, const char *name, size_t len,
	struct inode_id *found, struct err *err)
{
	return b->fs.inodes->find(&b->fs, dir, name, len, found, err);
}

static bool has_etc(struct btrfs *b, struct inode_id top)
{
	struct inode_id etc;

	return find_name(b, top, "etc", 3, &etc, NULL) == 0 && etc.number;
}

/* The subvolume of that name in dir, if a system is in it. */
static bool has_system(
	struct btrfs *b, struct inode_id dir, const char *name, struct inode_id *found)
{
	return find_name(b, dir, name, strlen(name), found, NULL) == 0 && found->number &&
	       found->tree != dir.tree && has_etc(b, *found);
}

/*
 * The subvolume with the system, which a command line has to name: by the names of distributions
 * (Debian, Ubuntu, Fedora), else the only one at the top. *top stays when there is none.
 */
static int find_system(struct btrfs *b, struct inode_id *top, struct err *err)
{
	static const char *const names[] = { "@rootfs", "@", "root" };
	const struct inode_id first = { BTRFS_TREE_FS, BTRFS_FIRST_INODE };
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct inode_id other, only = *top;
	unsigned n = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (has_system(b, first, names[i], &other)) {
			*top = other;
			return 0;
		}
	r = b->fs.inodes->list(&b->fs, first, &dir, err);
	if (r == 0 && dir.n > CANDIDATES_MAX)
		r = err_set(err, EFBIG,
			"the top holds over %d files and folders, and no @rootfs, @ or root",
			CANDIDATES_MAX);
	for (size_t i = 0; r == 0 && i < dir.n; i++)
		if (has_system(b, first, dir.v[i].name, &other)) {
			only = other;
			n++;
		}
	if (n == 1)
		*top = only;
	return r;
}

static int find_path(struct btrfs *b, const char *path, struct inode_id *top, struct err *err)
{
	*top = (struct inode_id){ BTRFS_TREE_FS, BTRFS_FIRST_INODE };
	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");
		struct inode_id found;
		int r = find_name(b, *top, path, len, &found, err);

		if (r < 0)
			return r;
		if (!found.number)
			return err_set(err, ENOENT, "there is no subvolume of that name");
		*top = found;
		path += len;
	}
	/* Linux mounts no folder of one. */
	return top->number == BTRFS_FIRST_INODE
		       ? 0
		       : err_set(err, ENOENT, "it is a folder and no subvolume");
}

/* A tree that lies in no other is no subvolume, or one that is being deleted. */
static int find_id(struct btrfs *b, uint64_t id, struct inode_id *top, struct err *err)
{
	struct btrfs_item item;
	int r = 0;

	*top = (struct inode_id){ id, BTRFS_FIRST_INODE };
	if (id == BTRFS_TREE_FS)
		return 0;
	r = btrfs_search(b, b->roots, (struct btrfs_key){ id, BTRFS_ROOT_BACKREF, 0 }, &item, err);
	if (r == 0 && (!item.bytes || item.key.object != id || item.key.type != BTRFS_ROOT_BACKREF))
		r = err_set(err, ENOENT, "there is no subvolume of that number");
	return r;
}

/* What subvol= and subvolid= say; nothing changes *top where they say nothing. */
static int find_named(
	struct btrfs *b, const char *path, uint64_t id, struct inode_id *top, struct err *err)
{
	struct inode_id numbered;
	int r = path && *path ? find_path(b, path, top, err) : 0;

	if (r < 0 || !id)
		return r;
	r = find_id(b, id, &numbered, err);
	if (r == 0 && path && *path && numbered.tree != top->tree)
		r = err_set(err, ENOENT, "the subvolume of that name has another number");
	*top = numbered;
	return r;
}

int btrfs_choose_top(struct btrfs *b, const char *subvolume, uint64_t id, struct err *err)
{
	struct rootfs_facts *f = &b->fs.base.facts;
	struct inode_id top = { BTRFS_TREE_FS, BTRFS_FIRST_INODE }, other;
	struct rootfs_stat st;
	int r = btrfs_find_in(
		b, b->roots, (struct inode_id){ 0, BTRFS_DEFAULT_DIR }, "default", 7, &other, err);

	if (r == 0 && other.number)
		top = other;
	if (r == 0)
		r = path_of(b, top.tree, f->default_subvolume, sizeof(f->default_subvolume), err);
	if (r == 0)
		r = find_named(b, subvolume, id, &top, err);
	if (r == 0)
		r = b->fs.inodes->stat(&b->fs, top, &st, err);
	if (r == 0 && !subvolume && !id && !has_etc(b, top))
		r = find_system(b, &top, err);
	b->fs.top = top;
	f->subvolume_id = top.tree;
	return r < 0 ? r : path_of(b, top.tree, f->subvolume, sizeof(f->subvolume), err);
}
