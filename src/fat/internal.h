/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this room share: the open volume, its table and the
 * cursor that reads one folder. Nothing outside of fat/ includes it.
 */
#ifndef ARMVM_FAT_INTERNAL_H
#define ARMVM_FAT_INTERNAL_H

#include "fat/fat.h"

/* The table is held in direct-mapped pages; a FAT12 table fits into one. */
#define TABLE_PAGE  (128u * 1024)
#define TABLE_PAGES 128u
#define TABLE_HELD  ((uint64_t)TABLE_PAGE * TABLE_PAGES)

/* Entries that a folder can have, and that a walk looks at in total. */
#define DIR_ENTRIES_MAX  65536u
#define WALK_ENTRIES_MAX 100000u

#define ENTRY_SIZE 32u

struct table_page {
	uint8_t *bytes; /* TABLE_PAGE of them; NULL: nothing held */
	uint32_t number;
};

struct fat {
	struct disk *disk;
	struct fat_facts facts;
	struct fat_problems problems;
	uint32_t last;         /* highest cluster that the table and the disk have */
	uint64_t table_offset; /* bytes, of the FAT that counts */
	uint64_t table_size;   /* bytes, of one FAT */
	struct table_page pages[TABLE_PAGES];
	/* Where the last fat_read() ended: sequential reading need not start over. */
	uint32_t seek_first, seek_index, seek_cluster;
};

/* problems.c */
void fat_problems_add(struct fat_problems *p, enum fat_problem_code code, const char *path,
	uint32_t cluster, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* codepage.c: writes one character of a short name as UTF-8; 1 to 3 bytes, no NUL. */
size_t fat_oem_char(uint8_t c, char *out);

/* table.c */
enum fat_link {
	LINK_NEXT,
	LINK_END,
	LINK_FREE,
	LINK_BAD,
	LINK_IMPOSSIBLE, /* 1, reserved, or beyond the volume */
};

/* What the table holds for cluster (0 .. fat->last), without FAT32's upper four bits. */
int fat_table_get(struct fat *fat, uint32_t cluster, uint32_t *value, struct err *err);
enum fat_link fat_table_link(const struct fat *fat, uint32_t value);
/* "a free cluster" ... for messages. */
const char *fat_link_text(enum fat_link link);
/* A page of the table; *len is how much of it the table has. */
int fat_table_page(
	struct fat *fat, uint32_t number, const uint8_t **bytes, size_t *len, struct err *err);
void fat_table_release(struct fat *fat);

static inline bool fat_cluster_valid(const struct fat *fat, uint32_t cluster)
{
	return cluster >= 2 && cluster <= fat->last;
}

/* Bytes from the volume's start; cluster is valid. */
static inline uint64_t fat_cluster_offset(const struct fat *fat, uint32_t cluster)
{
	return fat->facts.data_offset + (uint64_t)(cluster - 2) * fat->facts.cluster_size;
}

/* dir.c */
enum dir_kind {
	DIR_ENTRY,
	DIR_DOT,
	DIR_DOTDOT,
	DIR_LABEL,
	DIR_ORPHAN
};

struct dir_item {
	enum dir_kind kind;
	bool bad_name;   /* characters that a name cannot have; '?' in its place */
	bool bad_fields; /* label and folder at once, or a folder with a size */
	uint32_t index;  /* position of its 32-byte entry in the folder */
	struct fat_entry entry;
};

struct fat_dir {
	struct fat *fat;
	uint32_t cluster;    /* the one in buf; 0: the fixed root of FAT12/16 */
	uint32_t index;      /* of the next 32-byte entry */
	uint32_t landmark;   /* a cluster seen before: meeting it again is a cycle */
	uint32_t steps, lap; /* clusters since the landmark, and when to set the next */
	uint32_t clusters;   /* left to be read, this one included; 0: as many as there are */
	uint64_t next;       /* disk offset of what is read after buf */
	uint64_t end;        /* disk offset where the cluster or the fixed root ends */
	uint8_t *buf;
	size_t pos, len;
};

/* -ENOTDIR, -EUCLEAN when the first cluster cannot be. Release dir in any case. */
int fat_dir_open(
	struct fat *fat, const struct fat_entry *entry, struct fat_dir *dir, struct err *err);
/* 1: item is filled; 0: the end; -EUCLEAN: damaged from here on. */
int fat_dir_next(struct fat_dir *dir, struct dir_item *item, struct err *err);
void fat_dir_release(struct fat_dir *dir);
DEFINE_RELEASE(struct fat_dir, fat_dir_release)

struct fat_entry fat_root_entry(const struct fat *fat);
/* Whether two names are the same but for the case of ASCII letters. */
bool fat_name_eq(const char *a, size_t a_len, const char *b);

#endif
