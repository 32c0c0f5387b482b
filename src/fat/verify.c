/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding a whole volume against the Microsoft FAT specification: the copies
 * of the FAT, every chain, every folder, FSInfo. Each cluster is marked in a
 * bitmap by the first chain that reaches it, so the work is bounded by the
 * number of clusters whatever the chains do. File contents are not read.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/internal.h"

struct verify {
	struct fat *fat;
	struct fat_report *out;
	struct err *err;
	uint8_t *reached; /* a bit per cluster */
	struct text path;
	uint32_t entries;
};

static bool is_reached(const struct verify *v, uint32_t cluster)
{
	return v->reached[cluster / 8] >> cluster % 8 & 1;
}

static void reach(struct verify *v, uint32_t cluster)
{
	v->reached[cluster / 8] |= (uint8_t)(1 << cluster % 8);
}

#define COMPLAIN(v, code, cluster, ...)                                                            \
	fat_problems_add(&(v)->out->problems, code, path_text(v), cluster, __VA_ARGS__)

static const char *path_text(const struct verify *v)
{
	return v->path.len ? text_str(&v->path) : "\\";
}

/* ---- the table ---- */

/* The first entry in which two pieces of table differ, counted from the piece's start. */
static uint32_t first_difference(
	const struct fat *fat, const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return (uint32_t)(i * 8 / fat->facts.type);
}

/* Copies beyond the entries that are in use may hold anything. */
static int compare_copy(struct verify *v, unsigned copy)
{
	const struct fat *fat = v->fat;
	CLEANUP(xfree) uint8_t *other = xmalloc(TABLE_PAGE);
	uint64_t used = ((uint64_t)fat->last + 1) * fat->facts.type / 8;
	uint64_t base = fat->facts.fat_offset + copy * fat->table_size;

	for (uint32_t page = 0; page * (uint64_t)TABLE_PAGE < used; page++) {
		uint64_t off = page * (uint64_t)TABLE_PAGE;
		const uint8_t *bytes;
		size_t len;
		int r;

		r = fat_table_page(v->fat, page, &bytes, &len, v->err);
		if (r < 0)
			return r;
		if (len > used - off)
			len = (size_t)(used - off);
		r = disk_read(fat->disk, base + off, other, len, v->err);
		if (r < 0)
			return err_push(v->err, "reading FAT %u", copy);
		if (memcmp(bytes, other, len) == 0)
			continue;
		fat_problems_add(&v->out->problems, FAT_COPIES_DIFFER, NULL,
			(uint32_t)(off * 8 / fat->facts.type) +
				first_difference(fat, bytes, other, len),
			"FAT %u and FAT %u differ, first in the entry of cluster %u",
			fat->facts.active_fat + 1, copy + 1,
			(uint32_t)(off * 8 / fat->facts.type) +
				first_difference(fat, bytes, other, len));
		return 0;
	}
	return 0;
}

static int compare_copies(struct verify *v)
{
	const struct fat_facts *f = &v->fat->facts;
	int r = 0;

	if (!f->mirrored)
		return 0;
	for (unsigned copy = 1; copy < f->fat_copies && copy < 4 && r == 0; copy++)
		r = compare_copy(v, copy);
	return r;
}

/* What is allocated but was reached from nowhere, and what is free. */
static int scan_table(struct verify *v)
{
	struct fat *fat = v->fat;
	struct fat_report *out = v->out;
	uint32_t first_lost = 0, value;

	for (uint32_t c = 2; c <= fat->last; c++) {
		int r = fat_table_get(fat, c, &value, v->err);

		if (r < 0)
			return r;
		if (value == 0) {
			out->free_clusters++;
		} else if (fat_table_link(fat, value) == LINK_BAD) {
			out->bad_clusters++;
		} else if (!is_reached(v, c)) {
			if (out->lost_clusters++ == 0)
				first_lost = c;
		}
	}
	out->used_bytes = (uint64_t)(fat->last - 1 - out->free_clusters - out->bad_clusters) *
			  fat->facts.cluster_size;
	if (out->lost_clusters && out->complete)
		fat_problems_add(&out->problems, FAT_LOST, NULL, first_lost,
			"%u allocated clusters belong to no file, first %u", out->lost_clusters,
			first_lost);
	if (fat->facts.fsinfo_free != FAT_NO_COUNT && fat->facts.fsinfo_free != out->free_clusters)
		fat_problems_add(&out->problems, FAT_FREE_COUNT, NULL, 0,
			"FSInfo counts %u free clusters, the FAT has %u", fat->facts.fsinfo_free,
			out->free_clusters);
	return 0;
}

/* ---- chains ---- */

/* Whether cluster is one of the first n of the chain that begins at first. */
static bool in_own_chain(struct fat *fat, uint32_t first, uint32_t n, uint32_t cluster)
{
	uint32_t at = first;

	for (uint32_t i = 0; i < n; i++) {
		if (at == cluster)
			return true;
		if (fat_table_get(fat, at, &at, NULL) < 0)
			return false;
	}
	return false;
}

/* Follows and marks a chain; *n is its length up to the end or the first fault, *whole says which. */
static int follow(struct verify *v, uint32_t first, uint32_t *n, bool *whole)
{
	struct fat *fat = v->fat;
	uint32_t cluster = first, value;

	*n = 0;
	*whole = false;
	if (!fat_cluster_valid(fat, first)) {
		COMPLAIN(v, FAT_BROKEN_CHAIN, first,
			"begins at cluster %u, which the volume does not have", first);
		return 0;
	}
	for (;;) {
		enum fat_link link;
		int r;

		if (is_reached(v, cluster)) {
			bool cycle = in_own_chain(fat, first, *n, cluster);

			COMPLAIN(v, cycle ? FAT_CYCLE : FAT_CROSS_LINK, cluster,
				cycle ? "its chain comes back to its own cluster %u"
				      : "its chain runs into cluster %u of another file",
				cluster);
			return 0;
		}
		reach(v, cluster);
		++*n;
		r = fat_table_get(fat, cluster, &value, v->err);
		if (r < 0)
			return r;
		link = fat_table_link(fat, value);
		if (link == LINK_END) {
			*whole = true;
			return 0;
		}
		if (link != LINK_NEXT) {
			COMPLAIN(v, FAT_BROKEN_CHAIN, cluster,
				"its chain runs into %s after cluster %u", fat_link_text(link),
				cluster);
			return 0;
		}
		cluster = value;
	}
}

static int verify_file(struct verify *v, const struct fat_entry *entry)
{
	uint32_t size = v->fat->facts.cluster_size, n = 0;
	uint32_t wanted = entry->size / size + (entry->size % size != 0);
	bool whole = true;
	int r = 0;

	if (entry->cluster != 0)
		r = follow(v, entry->cluster, &n, &whole);
	if (r < 0 || !whole)
		return r;
	if (n < wanted)
		COMPLAIN(v, FAT_SHORT_CHAIN, entry->cluster,
			"has %u bytes, but its chain only %" PRIu64, entry->size,
			(uint64_t)n * size);
	else if (n > wanted)
		COMPLAIN(v, FAT_LONG_CHAIN, entry->cluster,
			"has %u bytes, but its chain %u clusters instead of %u", entry->size, n,
			wanted);
	return 0;
}

/* ---- folders ---- */

/* Hashes of the names in one folder; open addressing, 0 is an empty slot. */
struct name_set {
	uint64_t *slots;
	size_t room, used;
};

static uint64_t name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3;
	}
	return h | 1;
}

static bool name_set_insert(struct name_set *set, uint64_t hash)
{
	size_t i = hash >> 1 & (set->room - 1);

	for (; set->slots[i]; i = (i + 1) & (set->room - 1))
		if (set->slots[i] == hash)
			return false;
	set->slots[i] = hash;
	set->used++;
	return true;
}

/* False when the name is there already. */
static bool name_set_add(struct name_set *set, const char *name)
{
	if (set->used * 2 >= set->room) {
		struct name_set bigger = { .room = set->room ? set->room * 2 : 32 };

		bigger.slots = xcalloc(bigger.room, sizeof(*bigger.slots));
		for (size_t i = 0; i < set->room; i++)
			if (set->slots[i])
				name_set_insert(&bigger, set->slots[i]);
		free(set->slots);
		*set = bigger;
	}
	return name_set_insert(set, name_hash(name));
}

static void name_set_release(struct name_set *set)
{
	free(set->slots);
}
DEFINE_RELEASE(struct name_set, name_set_release)

static size_t utf16_units(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		if ((*s & 0xc0) != 0x80)
			n += (*s & 0xf8) == 0xf0 ? 2 : 1;
	return n;
}

/* A folder and the one that it is in. */
struct folder {
	const struct fat_entry *entry;
	uint32_t parent;   /* as ".." says it: 0 for the root */
	uint32_t clusters; /* that its chain has up to the end or the first fault */
	unsigned depth;
	bool dot, dotdot; /* seen, and right */
};

static int verify_folder(struct verify *v, struct folder *folder);

static void check_dot(struct verify *v, struct folder *folder, const struct dir_item *item)
{
	const struct fat_entry *self = folder->entry;
	bool up = item->kind == DIR_DOTDOT;
	uint32_t want = up ? folder->parent : self->cluster;

	if (folder->depth == 0) {
		COMPLAIN(v, FAT_DOTS, 0, "the root has an entry \"%s\"", item->entry.name);
	} else if (item->index != (up ? 1 : 0) || !item->entry.is_dir ||
		   item->entry.cluster != want) {
		COMPLAIN(v, FAT_DOTS, item->entry.cluster,
			"entry \"%s\" points to cluster %u instead of %u", item->entry.name,
			item->entry.cluster, want);
	}
	if (up)
		folder->dotdot = true;
	else
		folder->dot = true;
}

/* An entry whose path is v->path now. */
static int verify_entry(struct verify *v, struct folder *folder, const struct dir_item *item)
{
	struct folder below = { .entry = &item->entry, .depth = folder->depth + 1 };
	size_t units = utf16_units(path_text(v));
	bool whole;
	int r;

	if (units > v->out->longest_path)
		v->out->longest_path = units;
	if (item->bad_name)
		COMPLAIN(
			v, FAT_BAD_NAME, item->entry.cluster, "has a name that FAT does not allow");
	if (item->bad_fields)
		COMPLAIN(v, FAT_BAD_ENTRY, item->entry.cluster, "is a folder that has a size");
	if (!item->entry.is_dir) {
		v->out->files++;
		return verify_file(v, &item->entry);
	}
	v->out->directories++;
	r = follow(v, item->entry.cluster, &below.clusters, &whole);
	/* A folder that another chain has reached is not entered twice. */
	if (r < 0 || below.clusters == 0)
		return r;
	if (below.depth > FAT_DEPTH_MAX) {
		COMPLAIN(v, FAT_TOO_DEEP, item->entry.cluster,
			"is more than %u folders deep and was not looked into", FAT_DEPTH_MAX);
		v->out->complete = false;
		return 0;
	}
	below.parent = folder->depth == 0 ? 0 : folder->entry->cluster;
	return verify_folder(v, &below);
}

static int verify_item(struct verify *v, struct folder *folder, struct name_set *names,
	const struct dir_item *item)
{
	size_t path_len = v->path.len;
	bool fresh, short_fresh;
	int r;

	switch (item->kind) {
	case DIR_DOT:
	case DIR_DOTDOT:
		check_dot(v, folder, item);
		return 0;
	case DIR_LABEL:
		if (folder->depth != 0 || item->bad_fields)
			COMPLAIN(
				v, FAT_BAD_ENTRY, 0, "has a volume label in entry %u", item->index);
		return 0;
	case DIR_ORPHAN:
		COMPLAIN(v, FAT_ORPHAN_LFN, 0,
			"has parts of a long name without a file at entry %u", item->index);
		return 0;
	case DIR_ENTRY:
		break;
	}
	fresh = name_set_add(names, item->entry.name);
	short_fresh = fat_name_eq(
			      item->entry.name, strlen(item->entry.name), item->entry.short_name) ||
		      name_set_add(names, item->entry.short_name);
	text_printf(&v->path, "\\%s", item->entry.name);
	if (!fresh || !short_fresh)
		COMPLAIN(v, FAT_DUPLICATE, item->entry.cluster, "is there twice (short name %s)",
			item->entry.short_name);
	r = verify_entry(v, folder, item);
	text_cut(&v->path, path_len);
	return r;
}

static int verify_folder(struct verify *v, struct folder *folder)
{
	CLEANUP(fat_dir_release) struct fat_dir cursor = { 0 };
	CLEANUP(name_set_release) struct name_set names = { 0 };
	struct dir_item item;
	int r;

	r = fat_dir_open(v->fat, folder->entry, &cursor, v->err);
	if (r == 0)
		r = 1;
	cursor.clusters = folder->clusters;
	while (r == 1) {
		r = fat_dir_next(&cursor, &item, v->err);
		if (r != 1)
			break;
		if (v->entries++ == WALK_ENTRIES_MAX) {
			if (v->out->complete)
				fat_problems_add(&v->out->problems, FAT_LIMIT, NULL, 0,
					"more than %u files and folders; the rest was not looked at",
					WALK_ENTRIES_MAX);
			v->out->complete = false;
		}
		if (v->entries > WALK_ENTRIES_MAX)
			return 0;
		r = verify_item(v, folder, &names, &item);
		if (r == 0)
			r = 1;
	}
	if (r == -EUCLEAN) {
		COMPLAIN(v, FAT_LIMIT, folder->entry->cluster,
			"has more than %u entries; the rest was not looked at", DIR_ENTRIES_MAX);
		v->out->complete = false;
		err_clear(v->err);
		r = 0;
	}
	if (r == 0 && folder->depth > 0 && (!folder->dot || !folder->dotdot))
		COMPLAIN(v, FAT_DOTS, folder->entry->cluster, "lacks its entry \"%s\"",
			folder->dot ? ".." : ".");
	return r;
}

static int verify_tree(struct verify *v)
{
	struct fat_entry root = fat_root_entry(v->fat);
	struct folder folder = { .entry = &root };
	bool fixed = v->fat->facts.type != 32, whole;
	int r = 0;

	if (!fixed)
		r = follow(v, root.cluster, &folder.clusters, &whole);
	if (r == 0 && (fixed || folder.clusters > 0))
		r = verify_folder(v, &folder);
	return r;
}

int fat_verify(struct fat *fat, struct fat_report *out, struct err *err)
{
	struct verify v = { .fat = fat, .out = out, .err = err };
	int r;

	memset(out, 0, sizeof(*out));
	out->complete = true;
	if ((fat->last + 1ULL) * fat->facts.type / 8 > TABLE_HELD) {
		fat_problems_add(&out->problems, FAT_LIMIT, NULL, 0,
			"%u clusters are too many to be verified here", fat->facts.clusters);
		out->complete = false;
		return 0;
	}
	v.reached = xcalloc(fat->last / 8 + 1, 1);
	r = compare_copies(&v);
	if (r == 0)
		r = verify_tree(&v);
	if (r == 0)
		r = scan_table(&v);
	free(v.reached);
	text_release(&v.path);
	return r;
}

void fat_report_release(struct fat_report *r)
{
	fat_problems_release(&r->problems);
	memset(r, 0, sizeof(*r));
}
