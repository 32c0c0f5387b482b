/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading one folder: 32-byte entries along a cluster chain or in the fixed
 * root of FAT12/16, with VFAT long names put together and held against the
 * checksum of the short name that they belong to (Microsoft FAT specification,
 * sections 6 and 7).
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/internal.h"

#define READ_MAX 16384u

enum entry_offset {
	DE_NAME = 0,
	DE_ATTR = 11,
	DE_CASE = 12,
	DE_CREATE_TIME = 14,
	DE_CREATE_DATE = 16,
	DE_CLUSTER_HIGH = 20,
	DE_WRITE_TIME = 22,
	DE_ACCESS_DATE = 18,
	DE_WRITE_DATE = 24,
	DE_CLUSTER_LOW = 26,
	DE_SIZE = 28,
	LFN_CHECKSUM = 13,
};

#define LFN_UNITS      13 /* UTF-16 units in one entry */
#define LFN_LAST       0x40
#define LFN_PARTS      20
#define ATTR_LONG_NAME 0x0f

/* A long name while it is gathered; its parts come last first. */
struct long_name {
	uint8_t units[LFN_PARTS * LFN_UNITS * 2];
	unsigned parts;  /* 0: none */
	unsigned wanted; /* the part that must come next; 0: complete */
	uint8_t checksum;
};

bool fat_name_eq(const char *a, size_t a_len, const char *b)
{
	for (size_t i = 0; i < a_len; i++) {
		unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];

		if (x >= 'A' && x <= 'Z')
			x = (unsigned char)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (unsigned char)(y + 32);
		if (x != y || y == 0)
			return false;
	}
	return b[a_len] == 0;
}

struct fat_entry fat_root_entry(const struct fat *fat)
{
	struct fat_entry root = { .attr = FAT_ATTR_DIRECTORY,
		.is_dir = true,
		.cluster = fat->facts.root_cluster,
		.mtime = -1,
		.ctime = -1 };

	return root;
}

int fat_dir_open(
	struct fat *fat, const struct fat_entry *entry, struct fat_dir *dir, struct err *err)
{
	bool fixed = fat->facts.type != 32 && entry->offset == 0;
	size_t room = fat->facts.cluster_size < READ_MAX ? fat->facts.cluster_size : READ_MAX;

	if (!entry->is_dir)
		return err_set(err, ENOTDIR, "%s is not a folder", entry->name);
	dir->fat = fat;
	if (fixed) {
		dir->next = fat->facts.root_offset;
		dir->end = dir->next + (uint64_t)fat->facts.root_entries * ENTRY_SIZE;
	} else if (fat_cluster_valid(fat, entry->cluster)) {
		dir->cluster = entry->cluster;
		dir->next = fat_cluster_offset(fat, entry->cluster);
		dir->end = dir->next + fat->facts.cluster_size;
	} else {
		return err_set(err, EUCLEAN,
			"the folder begins at cluster %u, which the volume "
			"does not have",
			entry->cluster);
	}
	dir->landmark = dir->cluster;
	dir->lap = 1;
	dir->buf = xmalloc(room);
	return 0;
}

/* Moves to the next cluster. 1: there is one, 0: the chain ends. */
static int next_cluster(struct fat_dir *dir, struct err *err)
{
	struct fat *fat = dir->fat;
	uint32_t value;
	enum fat_link link;
	int r;

	if (dir->cluster == 0 || dir->clusters == 1)
		return 0;
	if (dir->clusters)
		dir->clusters--;
	r = fat_table_get(fat, dir->cluster, &value, err);
	if (r < 0)
		return r;
	link = fat_table_link(fat, value);
	if (link == LINK_END)
		return 0;
	if (link != LINK_NEXT)
		return err_set(err, EUCLEAN, "the folder's chain runs into %s after cluster %u",
			fat_link_text(link), dir->cluster);
	/* Brent: a landmark is moved after 1, 2, 4 ... steps, so a cycle meets one soon. */
	if (value == dir->landmark)
		return err_set(err, EUCLEAN, "the folder's chain comes back to cluster %u", value);
	if (++dir->steps == dir->lap) {
		dir->landmark = value;
		dir->lap *= 2;
		dir->steps = 0;
	}
	dir->cluster = value;
	dir->next = fat_cluster_offset(fat, value);
	dir->end = dir->next + fat->facts.cluster_size;
	return 1;
}

/* Makes 32 bytes available at pos. 1: they are, 0: the folder ends here. */
static int fill(struct fat_dir *dir, struct err *err)
{
	uint64_t left;
	int r;

	if (dir->pos < dir->len)
		return 1;
	if (dir->next == dir->end) {
		r = next_cluster(dir, err);
		if (r <= 0)
			return r;
	}
	left = dir->end - dir->next;
	dir->len = left;
	if (dir->len > READ_MAX)
		dir->len = READ_MAX;
	if (dir->len > dir->fat->facts.cluster_size)
		dir->len = dir->fat->facts.cluster_size;
	dir->pos = 0;
	r = disk_read(dir->fat->disk, dir->next, dir->buf, dir->len, err);
	if (r < 0)
		return r;
	dir->next += dir->len;
	return 1;
}

static uint8_t short_checksum(const uint8_t *name)
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)(((sum & 1) << 7) + (sum >> 1) + name[i]);
	return sum;
}

/* Adds one part; false when it does not continue what was gathered before it. */
static bool long_name_add(struct long_name *lfn, const uint8_t *e)
{
	static const uint8_t at[LFN_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	unsigned part = e[0] & ~LFN_LAST;
	bool first = e[0] & LFN_LAST;

	if (part == 0 || part > LFN_PARTS || first == (lfn->parts != 0))
		return false;
	if (first) {
		lfn->parts = part;
		lfn->checksum = e[LFN_CHECKSUM];
	} else if (part != lfn->wanted || e[LFN_CHECKSUM] != lfn->checksum) {
		return false;
	}
	for (unsigned i = 0; i < LFN_UNITS; i++)
		memcpy(lfn->units + ((part - 1) * LFN_UNITS + i) * 2, e + at[i], 2);
	lfn->wanted = part - 1;
	return true;
}

/* Whether the long name is whole and belongs to the short name at e. */
static bool long_name_fits(const struct long_name *lfn, const uint8_t *e)
{
	return lfn->wanted == 0 && !(e[DE_ATTR] & FAT_ATTR_LABEL) &&
	       lfn->checksum == short_checksum(e);
}

static bool bad_long_char(unsigned char c)
{
	return c < 0x20 || c == 0x7f || strchr("\"*/:<>?\\|", c);
}

static bool bad_short_char(unsigned char c)
{
	return c < 0x20 || c == 0x7f || (c >= 'a' && c <= 'z') || strchr("\"*+,./:;<=>?[\\]|", c);
}

/* An empty one or one that is too long leaves the short name as it is. */
static void long_name_take(const struct long_name *lfn, struct dir_item *item)
{
	CLEANUP(xfree) char *name = utf16le_to_utf8(lfn->units, lfn->parts * LFN_UNITS);

	if (name[0] == 0 || strlen(name) >= FAT_NAME_MAX) {
		item->bad_name = true;
		return;
	}
	for (char *c = name; *c; c++) {
		if (bad_long_char((unsigned char)*c)) {
			*c = '?';
			item->bad_name = true;
		}
	}
	strcpy(item->entry.name, name);
}

static size_t trimmed(const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == ' ')
		len--;
	return len;
}

/* Appends a part of a short name to the short name and to the name that is shown. */
static void short_part(const uint8_t *p, size_t len, bool lower, struct dir_item *item)
{
	char *shown = item->entry.name, *out = item->entry.short_name;
	size_t n = strlen(out);

	for (size_t i = 0; i < len; i++) {
		uint8_t c = p[i];
		size_t added;

		if (bad_short_char(c)) {
			item->bad_name = true;
			if (!(c >= 'a' && c <= 'z'))
				c = '?';
		}
		added = fat_oem_char(c, out + n);
		memcpy(shown + n, out + n, added);
		if (lower && c >= 'A' && c <= 'Z')
			shown[n] = (char)(c + 32);
		n += added;
	}
	out[n] = shown[n] = 0;
}

/* The short name as 8.3, and as it is shown: Windows keeps its case in two bits. */
static void short_name(const uint8_t *e, struct dir_item *item)
{
	size_t base = trimmed(e, 8), ext = trimmed(e + 8, 3);
	uint8_t first[8];

	memcpy(first, e, sizeof(first));
	/* E5 would mark the entry as deleted. */
	if (first[0] == 0x05)
		first[0] = 0xe5;
	item->bad_name = base == 0 || e[0] == ' ';
	item->entry.short_name[0] = 0;
	short_part(first, base, e[DE_CASE] & 0x08, item);
	if (ext) {
		strcat(item->entry.short_name, ".");
		strcat(item->entry.name, ".");
		short_part(e + 8, ext, e[DE_CASE] & 0x10, item);
	}
}

/* Seconds since 1970 of a FAT date and time, taken for UTC; -1 when there is none. */
static int64_t fat_time(uint16_t date, uint16_t time)
{
	unsigned year = 1980u + (date >> 9), month = date >> 5 & 15, day = date & 31;
	unsigned hour = time >> 11, minute = time >> 5 & 63, second = (time & 31) * 2;
	unsigned y = month > 2 ? year : year - 1;
	unsigned shifted = month > 2 ? month - 3 : month + 9; /* March is 0 */
	int64_t days;

	if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
		return -1;
	days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day -
	       719469;
	return days * 86400 + hour * 3600 + minute * 60 + second;
}

static void read_entry(
	struct fat_dir *dir, const uint8_t *e, const struct long_name *lfn, struct dir_item *item)
{
	struct fat_entry *entry = &item->entry;

	item->bad_name = false;
	entry->attr = e[DE_ATTR] & 0x3f;
	entry->is_dir = entry->attr & FAT_ATTR_DIRECTORY;
	entry->size = le32(e + DE_SIZE);
	entry->cluster = le16(e + DE_CLUSTER_LOW);
	if (dir->fat->facts.type == 32)
		entry->cluster |= (uint32_t)le16(e + DE_CLUSTER_HIGH) << 16;
	entry->mtime = fat_time(le16(e + DE_WRITE_DATE), le16(e + DE_WRITE_TIME));
	entry->ctime = fat_time(le16(e + DE_CREATE_DATE), le16(e + DE_CREATE_TIME));
	entry->atime = fat_time(le16(e + DE_ACCESS_DATE), 0);
	item->bad_fields = entry->is_dir && (entry->size != 0 || entry->attr & FAT_ATTR_LABEL);
	if (entry->is_dir)
		entry->size = 0;
	if (entry->attr & FAT_ATTR_LABEL) {
		size_t n = trimmed(e, 11);

		item->kind = DIR_LABEL;
		for (size_t i = 0; i < n; i++)
			entry->short_name[i] = e[i] >= 0x20 && e[i] < 0x7f ? (char)e[i] : '?';
		entry->short_name[n] = 0;
		strcpy(entry->name, entry->short_name);
		return;
	}
	item->kind = DIR_ENTRY;
	if (memcmp(e, ".          ", 11) == 0 || memcmp(e, "..         ", 11) == 0) {
		item->kind = e[1] == '.' ? DIR_DOTDOT : DIR_DOT;
		strcpy(entry->short_name, e[1] == '.' ? ".." : ".");
		strcpy(entry->name, entry->short_name);
		return;
	}
	short_name(e, item);
	if (lfn->parts)
		long_name_take(lfn, item);
}

static int orphan(const struct fat_dir *dir, struct dir_item *item)
{
	memset(item, 0, sizeof(*item));
	item->kind = DIR_ORPHAN;
	item->index = dir->index;
	return 1;
}

static void consume(struct fat_dir *dir)
{
	dir->pos += ENTRY_SIZE;
	dir->index++;
}

int fat_dir_next(struct fat_dir *dir, struct dir_item *item, struct err *err)
{
	struct long_name lfn = { .parts = 0 };

	for (;;) {
		const uint8_t *e;
		bool deleted;
		int r = fill(dir, err);

		if (r < 0)
			return r;
		if (r == 1 && dir->index == DIR_ENTRIES_MAX)
			return err_set(err, EUCLEAN, "the folder has more than %u entries",
				DIR_ENTRIES_MAX);
		e = dir->buf + dir->pos;
		if (r == 0 || e[0] == 0) {
			/* Stay at the end, whatever lies behind it. */
			dir->next = dir->end;
			dir->pos = dir->len;
			dir->cluster = 0;
			return lfn.parts ? orphan(dir, item) : 0;
		}
		deleted = e[0] == 0xe5;
		if (!deleted && (e[DE_ATTR] & 0x3f) == ATTR_LONG_NAME) {
			if (!long_name_add(&lfn, e)) {
				/* What was gathered is an orphan; this one may begin anew. */
				if (lfn.parts == 0)
					consume(dir);
				return orphan(dir, item);
			}
			consume(dir);
			continue;
		}
		/* The entry itself comes with the next call, under its short name. */
		if (lfn.parts && (deleted || !long_name_fits(&lfn, e)))
			return orphan(dir, item);
		if (!deleted) {
			item->index = dir->index;
			item->entry.offset = dir->next - dir->len + dir->pos;
			read_entry(dir, e, &lfn, item);
			consume(dir);
			return 1;
		}
		consume(dir);
	}
}

void fat_dir_release(struct fat_dir *dir)
{
	free(dir->buf);
	dir->buf = NULL;
}
