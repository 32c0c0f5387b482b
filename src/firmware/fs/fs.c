/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of files and folders. See fs.h; what is in files is in content.c, and who is where in names.c.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/fs/internal.h"

static void node_free(struct fs *fs, struct fs_node *node)
{
	for (size_t i = 0; i < node->n_children; i++)
		if (node->children[i])
			node_free(fs, node->children[i]);
	fs_content_release(fs, node);
	free(node->children);
	free(node->name);
	free(node);
	fs->n_nodes--;
}

static struct fs_node *node_new(struct fs *fs, struct fs_node *parent, const char *name)
{
	struct fs_node *node = xcalloc(1, sizeof(*node));

	node->name = xstrdup(name);
	node->parent = parent;
	node->depth = parent ? parent->depth + 1 : 0;
	node->created = node->modified = node->accessed = -1;
	fs->n_nodes++;
	return node;
}

static void add_child(struct fs_node *dir, struct fs_node *child)
{
	/* Room in powers of two. */
	if ((dir->n_children & (dir->n_children - 1)) == 0)
		dir->children = xreallocarray(dir->children,
			dir->n_children ? dir->n_children * 2 : 1, sizeof(*dir->children));
	dir->children[dir->n_children++] = child;
	child->parent = dir;
}

static void take_child(struct fs_node *dir, const struct fs_node *child)
{
	for (size_t i = 0; i < dir->n_children; i++)
		if (dir->children[i] == child)
			dir->children[i] = NULL;
}

/* The entries "." and ".." have the dates of when they were written. */
static void keep_dots(struct fs_node *node)
{
	node->dots = (struct fs_times){ node->created, node->modified, node->accessed };
}

int fs_open(struct disk *disk, bool read_only, struct fs **out, struct err *err)
{
	CLEANUP(fs_close) struct fs *fs = xcalloc(1, sizeof(*fs));
	struct fat_entry root;
	int r;

	r = fat_open(disk, &fs->fat, err);
	if (r == 0)
		r = fat_lookup(fs->fat, "/", &root, err);
	if (r < 0)
		return r;
	fs->read_only = read_only;
	fs->root = node_new(fs, NULL, "");
	fs->root->is_dir = true;
	fs->root->attributes = FS_DIRECTORY;
	fs->root->cluster = root.cluster;
	memcpy(fs->label, fat_facts(fs->fat)->label, sizeof(fs->label));
	*out = TAKE(fs);
	return 0;
}

void fs_close(struct fs *fs)
{
	if (!fs)
		return;
	if (fs->root)
		node_free(fs, fs->root);
	fat_close(fs->fat);
	free(fs);
}

void fs_set_time(struct fs *fs, int64_t now)
{
	fs->now = now;
}

struct fs_node *fs_root(struct fs *fs)
{
	return fs->root;
}

struct fs_node *fs_hold(struct fs_node *node)
{
	node->refs++;
	return node;
}

void fs_drop(struct fs *fs, struct fs_node *node)
{
	if (--node->refs == 0 && node->deleted)
		node_free(fs, node);
}

struct listing {
	struct fs *fs;
	struct fs_node *dir;
};

static int add_listed(void *arg, const char *path, const struct fat_entry *entry)
{
	struct listing *l = arg;
	struct fs_node *node;

	(void)path;
	if (l->fs->n_nodes >= FS_NODES_MAX)
		return -ENOMEM;
	node = node_new(l->fs, l->dir, entry->name);
	node->attributes = entry->attr & FS_ATTRIBUTES;
	node->is_dir = entry->is_dir;
	node->cluster = entry->cluster;
	node->offset = entry->offset;
	node->size = node->base_size = entry->size;
	node->created = entry->ctime;
	node->modified = entry->mtime;
	node->accessed = entry->atime;
	keep_dots(node);
	memcpy(node->short_name, entry->short_name, sizeof(node->short_name));
	add_child(l->dir, node);
	return 0;
}

efi_status fs_list(struct fs *fs, struct fs_node *dir)
{
	struct listing l = { fs, dir };
	struct fat_entry entry;
	int r;

	if (dir->listed)
		return EFI_SUCCESS;
	if (dir->depth >= FS_DEPTH_MAX)
		return EFI_VOLUME_CORRUPTED;
	fs_base_entry(dir, &entry);
	r = fat_list(fs->fat, &entry, add_listed, &l, NULL);
	if (r == 0) {
		dir->listed = true;
		return EFI_SUCCESS;
	}
	/* What was found before the error must not be found twice. */
	for (size_t i = 0; i < dir->n_children; i++)
		node_free(fs, dir->children[i]);
	dir->n_children = 0;
	return r == -ENOMEM ? EFI_OUT_OF_RESOURCES : fs_status(r);
}

efi_status fs_look_up(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_node **out)
{
	CLEANUP(fs_way_release) struct fs_way way;
	efi_status status = fs_walk(fs, from, path, attributes, &way);

	if (status == EFI_SUCCESS)
		*out = way.node;
	return status;
}

efi_status fs_find(struct fs *fs, struct fs_node *from, const char *path, struct fs_node **out)
{
	return fs_look_up(fs, from, path, 0, out);
}

efi_status fs_create(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_node **out)
{
	CLEANUP(fs_way_release) struct fs_way way;
	efi_status status = fs_walk(fs, from, path, attributes, &way);
	struct fs_node *dir = way.dir, *node;

	if (status == EFI_SUCCESS)
		return EFI_ACCESS_DENIED;
	if (status != EFI_NOT_FOUND || !dir)
		return status;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	if (fs->n_nodes >= FS_NODES_MAX || dir->depth + 1 >= FS_DEPTH_MAX)
		return EFI_OUT_OF_RESOURCES;
	if (attributes & FS_DIRECTORY) {
		status = fs_charge_clusters(fs, 1);
		if (status != EFI_SUCCESS)
			return status;
	}
	node = node_new(fs, dir, way.name);
	node->is_dir = attributes & FS_DIRECTORY;
	node->attributes = attributes & (FS_SETTABLE | FS_DIRECTORY);
	/* "." and ".." were written to it. */
	if (node->is_dir)
		node->attributes |= FS_ARCHIVE;
	node->listed = true;
	add_child(dir, node);
	fs_touch_folder(fs, dir);
	fs_touch(fs, node);
	node->created = node->modified;
	keep_dots(node);
	*out = node;
	return EFI_SUCCESS;
}

static bool is_empty(const struct fs_node *dir)
{
	for (size_t i = 0; i < dir->n_children; i++)
		if (dir->children[i])
			return false;
	return true;
}

efi_status fs_delete(struct fs *fs, struct fs_node *node)
{
	efi_status status;

	if (node->deleted)
		return EFI_SUCCESS;
	if (!node->parent)
		return EFI_ACCESS_DENIED;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	if (node->is_dir) {
		status = fs_list(fs, node);
		if (status != EFI_SUCCESS)
			return status;
		if (!is_empty(node))
			return EFI_ACCESS_DENIED;
		fs_charge_clusters(fs, -1);
	} else {
		fs_charge(fs, node->size, 0);
	}
	take_child(node->parent, node);
	fs_touch_folder(fs, node->parent);
	node->parent = NULL;
	node->deleted = true;
	if (!node->refs)
		node_free(fs, node);
	return EFI_SUCCESS;
}

/* The depths below a folder that has moved; false when they would be too many. */
static bool set_depth(struct fs_node *node, unsigned depth)
{
	if (depth >= FS_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < node->n_children; i++)
		if (node->children[i] && !set_depth(node->children[i], depth + 1))
			return false;
	node->depth = depth;
	return true;
}

/* Whether something in a folder is open. */
static bool is_used(const struct fs_node *dir)
{
	for (size_t i = 0; i < dir->n_children; i++)
		if (dir->children[i] && (dir->children[i]->refs || is_used(dir->children[i])))
			return true;
	return false;
}

/* To the end of a folder, its own or another. */
static void move(struct fs *fs, struct fs_node *node, struct fs_node *dir, char *name)
{
	free(node->name);
	node->name = name;
	node->short_name[0] = 0;
	fs_touch_folder(fs, node->parent);
	take_child(node->parent, node);
	add_child(dir, node);
	fs_touch_folder(fs, dir);
	node->attributes |= FS_ARCHIVE;
	fs_touch(fs, node);
	keep_dots(node);
}

efi_status fs_rename(struct fs *fs, struct fs_node *node, const char *path, bool writable)
{
	CLEANUP(fs_way_release) struct fs_way way = { .node = NULL };
	efi_status status;

	if (node->deleted)
		return EFI_DEVICE_ERROR;
	if (!node->parent)
		return EFI_ACCESS_DENIED;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	status = fs_walk(fs, node->parent, path, node->attributes, &way);
	/* Its own name, in whatever case, stays as it is written. */
	if (status == EFI_SUCCESS)
		return way.node == node ? EFI_SUCCESS : EFI_ACCESS_DENIED;
	if (status != EFI_NOT_FOUND || !way.dir)
		return status;
	if (is_used(node) || !writable)
		return EFI_ACCESS_DENIED;
	for (struct fs_node *up = way.dir; up; up = up->parent)
		if (up == node)
			return EFI_ACCESS_DENIED;
	if (!set_depth(node, way.dir->depth + 1)) {
		set_depth(node, node->parent->depth + 1);
		return EFI_OUT_OF_RESOURCES;
	}
	move(fs, node, way.dir, TAKE(way.name));
	return EFI_SUCCESS;
}

efi_status fs_next(struct fs *fs, struct fs_node *dir, uint64_t *position, struct fs_node **out)
{
	efi_status status;

	*out = NULL;
	if (dir->deleted || !dir->is_dir)
		return EFI_DEVICE_ERROR;
	status = fs_list(fs, dir);
	if (status != EFI_SUCCESS)
		return status;
	while (*position < dir->n_children && !*out)
		*out = dir->children[(*position)++];
	return EFI_SUCCESS;
}

efi_status fs_set_facts(struct fs *fs, struct fs_node *node, uint32_t attributes, int64_t created,
	int64_t modified, int64_t accessed)
{
	uint32_t set = (node->attributes & ~FS_SETTABLE) | (attributes & FS_SETTABLE);

	if (node->deleted)
		return EFI_DEVICE_ERROR;
	if (set == node->attributes && (created == -1 || created == node->created) &&
		(modified == -1 || modified == node->modified) &&
		(accessed == -1 || accessed == node->accessed))
		return EFI_SUCCESS;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	fs->changed = true;
	node->changed = true;
	node->attributes = set;
	if (created != -1)
		node->created = created;
	if (modified != -1)
		node->modified = modified;
	if (accessed != -1)
		node->accessed = accessed;
	return EFI_SUCCESS;
}

efi_status fs_set_label(struct fs *fs, const char *label)
{
	char made[FS_LABEL_MAX + 1] = "";
	size_t n = 0;

	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	/* As edk2 makes FAT's names: without dots and blanks, and no longer than they can be. */
	for (const char *c = label; *c && n < FS_LABEL_MAX; c++) {
		if (*c == '.' || *c == ' ')
			continue;
		if (!isalnum((unsigned char)*c) && !strchr("\\_^$~!#%&-{}()@`'", *c))
			return EFI_UNSUPPORTED;
		made[n++] = (char)toupper((unsigned char)*c);
	}
	fs->changed = true;
	memcpy(fs->label, made, sizeof(made));
	return EFI_SUCCESS;
}

char *fs_path(const struct fs_node *node)
{
	const struct fs_node *up[FS_DEPTH_MAX + 1];
	struct text b = TEXT_INIT;
	size_t n = 0;

	for (; node->parent && n < ARRAY_SIZE(up); node = node->parent)
		up[n++] = node;
	if (!n)
		text_puts(&b, "\\");
	while (n)
		text_printf(&b, "\\%s", up[--n]->name);
	return text_detach(&b);
}
