/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding entries: by path, in one folder, and in the whole volume. A damaged
 * volume must not send a walk round in circles: it does not enter a folder
 * that it is in already, and it ends after WALK_ENTRIES_MAX entries.
 */
#include <errno.h>
#include <string.h>

#include "fat/internal.h"

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* Looks for one name; 1: found, 0: not there. */
static int find_in(struct fat *fat, const struct fat_entry *dir, const char *name, size_t len,
	struct fat_entry *out, struct err *err)
{
	CLEANUP(fat_dir_release) struct fat_dir cursor = { 0 };
	struct dir_item item;
	int r;

	r = fat_dir_open(fat, dir, &cursor, err);
	while (r == 0) {
		r = fat_dir_next(&cursor, &item, err);
		if (r <= 0)
			return r;
		if (item.kind == DIR_ENTRY &&
			(fat_name_eq(name, len, item.entry.name) ||
				fat_name_eq(name, len, item.entry.short_name))) {
			*out = item.entry;
			return 1;
		}
		r = 0;
	}
	return r;
}

int fat_lookup(struct fat *fat, const char *path, struct fat_entry *out, struct err *err)
{
	struct fat_entry at = fat_root_entry(fat);
	const char *p = path;

	for (;;) {
		size_t len = 0;
		int r;

		while (is_separator(*p))
			p++;
		if (!*p) {
			*out = at;
			return 0;
		}
		while (p[len] && !is_separator(p[len]))
			len++;
		if (!at.is_dir)
			return err_set(err, ENOTDIR, "%s: %s is not a folder", path, at.name);
		r = find_in(fat, &at, p, len, &at, err);
		if (r < 0) {
			err_push(err, "%s", path);
			return r;
		}
		if (r == 0)
			return err_set(err, ENOENT, "%s: no such file", path);
		p += len;
	}
}

int fat_list(struct fat *fat, const struct fat_entry *dir, fat_visit_fn *visit, void *arg,
	struct err *err)
{
	CLEANUP(fat_dir_release) struct fat_dir cursor = { 0 };
	struct dir_item item;
	int r, stop;

	r = fat_dir_open(fat, dir, &cursor, err);
	if (r < 0)
		return r;
	while ((r = fat_dir_next(&cursor, &item, err)) == 1) {
		if (item.kind != DIR_ENTRY)
			continue;
		stop = visit(arg, NULL, &item.entry);
		if (stop != 0)
			return stop;
	}
	return r;
}

struct walk {
	struct fat *fat;
	fat_visit_fn *visit;
	void *arg;
	struct err *err;
	struct text path;
	uint32_t entries;
	uint32_t above[FAT_DEPTH_MAX + 1]; /* first clusters of the folders that it is in */
};

static int walk_folder(struct walk *w, const struct fat_entry *folder, unsigned depth);

static int walk_entry(struct walk *w, const struct fat_entry *entry, unsigned depth)
{
	int r;

	r = w->visit(w->arg, text_str(&w->path), entry);
	if (r != 0 || !entry->is_dir)
		return r;
	for (unsigned i = 0; i <= depth; i++)
		if (w->above[i] == entry->cluster)
			return 0;
	if (depth == FAT_DEPTH_MAX)
		return err_set(w->err, EFBIG, "%s: over %d folders deep", text_str(&w->path),
			FAT_DEPTH_MAX);
	return walk_folder(w, entry, depth + 1);
}

static int walk_folder(struct walk *w, const struct fat_entry *folder, unsigned depth)
{
	CLEANUP(fat_dir_release) struct fat_dir cursor = { 0 };
	size_t path_len = w->path.len;
	struct dir_item item;
	struct err ignored;
	int r, stop;

	w->above[depth] = folder->cluster;
	r = fat_dir_open(w->fat, folder, &cursor, &ignored);
	if (r < 0)
		return 0;
	while ((r = fat_dir_next(&cursor, &item, w->err)) == 1) {
		if (item.kind != DIR_ENTRY)
			continue;
		if (w->entries++ == WALK_ENTRIES_MAX)
			return err_set(
				w->err, EFBIG, "over %u files and folders", WALK_ENTRIES_MAX);
		text_printf(&w->path, "\\%s", item.entry.name);
		stop = walk_entry(w, &item.entry, depth);
		text_cut(&w->path, path_len);
		if (stop != 0)
			return stop;
	}
	if (r != -EUCLEAN)
		return r;
	err_clear(w->err);
	return 0;
}

int fat_walk(struct fat *fat, fat_visit_fn *visit, void *arg, struct err *err)
{
	struct fat_entry root = fat_root_entry(fat);
	struct walk w = { .fat = fat, .visit = visit, .arg = arg, .err = err };
	int r;

	r = walk_folder(&w, &root, 0);
	text_release(&w.path);
	return r;
}
