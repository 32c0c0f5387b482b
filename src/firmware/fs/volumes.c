/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes that outlive machines, and their comparison. See volumes.h.
 */
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/fs/internal.h"
#include "firmware/fs/volumes.h"

#define COMPARE_BYTES 16384u

struct volume {
	uint64_t start, size;
	struct disk *view;
	struct fs *fs;
};

struct volumes {
	struct disk *disk;
	struct volume *v;
	size_t n;
};

struct volumes *volumes_new(struct disk *disk)
{
	struct volumes *v = xcalloc(1, sizeof(*v));

	v->disk = disk;
	return v;
}

static void close_volume(struct volume *v)
{
	fs_close(v->fs);
	disk_close(v->view);
}

void volumes_free(struct volumes *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		close_volume(&v->v[i]);
	free(v->v);
	free(v);
}

static struct volume *find(const struct volumes *v, uint64_t start, uint64_t size)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].start == start && v->v[i].size == size)
			return &v->v[i];
	return NULL;
}

struct fs *volumes_open(struct volumes *v, uint64_t start, uint64_t size, bool read_only)
{
	struct volume *have = find(v, start, size), made = { .start = start, .size = size };
	struct err err = { 0 };

	if (have && have->fs->changed)
		return have->fs;
	if (have) {
		close_volume(have);
		*have = v->v[--v->n];
	}
	if (disk_window(v->disk, start, size, &made.view, &err) < 0)
		return NULL;
	if (fs_open(made.view, read_only, &made.fs, &err) < 0) {
		disk_close(made.view);
		return NULL;
	}
	v->v = xreallocarray(v->v, v->n + 1, sizeof(*v->v));
	v->v[v->n++] = made;
	return made.fs;
}

bool volumes_are_clean(const struct volumes *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].fs->changed)
			return false;
	return true;
}

/* --- comparing */

struct side {
	struct fs *fs;
	struct fs_node *node;
};

static bool same_content(struct side a, struct side b)
{
	uint8_t x[COMPARE_BYTES], y[COMPARE_BYTES];
	size_t n, m;

	if (!a.node->n_blocks && !b.node->n_blocks && a.node->cluster == b.node->cluster &&
		a.node->base_size == b.node->base_size)
		return true;
	for (uint64_t off = 0; off < a.node->size; off += n) {
		if (fs_read(a.fs, a.node, off, x, sizeof(x), &n) != EFI_SUCCESS ||
			fs_read(b.fs, b.node, off, y, sizeof(y), &m) != EFI_SUCCESS || !n ||
			n != m || memcmp(x, y, n) != 0)
			return false;
	}
	return true;
}

/* The child of this name; a guess is where it is in a folder that was hardly changed. */
static struct fs_node *child(const struct fs_node *dir, const char *name, size_t guess)
{
	if (guess < dir->n_children && dir->children[guess] &&
		strcmp(dir->children[guess]->name, name) == 0)
		return dir->children[guess];
	for (size_t i = 0; i < dir->n_children; i++)
		if (dir->children[i] && strcmp(dir->children[i]->name, name) == 0)
			return dir->children[i];
	return NULL;
}

/* Reads a folder's children, and counts them. */
static bool count(struct side dir, size_t *n)
{
	uint64_t position = 0;
	struct fs_node *node = NULL;

	*n = 0;
	do {
		if (fs_next(dir.fs, dir.node, &position, &node) != EFI_SUCCESS)
			return false;
		*n += node != NULL;
	} while (node);
	return true;
}

static bool same_node(struct side a, struct side b);

static bool same_folder(struct side a, struct side b)
{
	size_t n, m;

	if (!a.node->listed && !b.node->listed && a.node->cluster == b.node->cluster)
		return true;
	if (!count(a, &n) || !count(b, &m) || n != m)
		return false;
	for (size_t i = 0; i < a.node->n_children; i++) {
		struct side x = { a.fs, a.node->children[i] }, y = { b.fs, NULL };

		if (!x.node)
			continue;
		y.node = child(b.node, x.node->name, i);
		if (!y.node || !same_node(x, y))
			return false;
	}
	return true;
}

static bool same_node(struct side a, struct side b)
{
	if (a.node->attributes != b.node->attributes || a.node->is_dir != b.node->is_dir ||
		a.node->size != b.node->size)
		return false;
	return a.node->is_dir ? same_folder(a, b) : same_content(a, b);
}

static bool same_fs(struct fs *a, struct fs *b)
{
	struct side x = { a, a->root }, y = { b, b->root };

	return (!a->changed && !b->changed) || (strcmp(a->label, b->label) == 0 && same_node(x, y));
}

bool volumes_same(struct volumes *a, struct volumes *b)
{
	if (a->n != b->n)
		return volumes_are_clean(a) && volumes_are_clean(b);
	for (size_t i = 0; i < a->n; i++) {
		const struct volume *v = &a->v[i], *other = find(b, v->start, v->size);

		if (!other ? v->fs->changed : !same_fs(v->fs, other->fs))
			return false;
	}
	return true;
}
