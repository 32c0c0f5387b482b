/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces of part_read(), private to part/: one MBR, one copy of a GPT, the
 * entries of the copy that is used.
 */
#ifndef ARMVM_PART_TABLES_H
#define ARMVM_PART_TABLES_H

#include "disk/disk.h"
#include "part/part.h"

#define MBR_SIZE 512

/* Reads an MBR's MBR_SIZE bytes on a disk whose last sector is last_lba. */
void mbr_parse(const uint8_t *sector, uint64_t last_lba, struct part_mbr *mbr);

/* Whether it has partitions of its own: a used record that could be real, not 0xEE. */
bool mbr_has_partitions(const struct part_mbr *mbr);

/*
 * Reads the copy of the GPT whose header is at lba into a zeroed struct.
 * AlternateLBA is left to the caller, who knows the other copy.
 */
int gpt_read(struct disk *disk, unsigned sector_size, uint64_t last_lba, uint64_t lba,
	struct part_gpt *gpt, struct err *err);

/* Fills t->parts from t->used. */
void gpt_list_parts(struct part_table *t);

/*
 * The name of what fills a disk without partitions, recognised by signatures in its
 * first 68 KiB; NULL when none is known.
 */
int bare_filesystem(struct disk *disk, const char **name, struct err *err);

#endif
