/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file allocation table: read in large pages when first needed and held in
 * a direct-mapped cache of bounded size, so that following a chain on an ESP
 * costs no system call. Only the FAT that counts is read here (Microsoft FAT
 * specification, section 4); verify.c compares the others with it.
 */
#include <errno.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/internal.h"

int fat_table_page(
	struct fat *fat, uint32_t number, const uint8_t **bytes, size_t *len, struct err *err)
{
	struct table_page *page = &fat->pages[number % TABLE_PAGES];
	uint64_t off = (uint64_t)number * TABLE_PAGE;
	uint64_t left = fat->table_size - off;
	int r;

	*len = left < TABLE_PAGE ? (size_t)left : TABLE_PAGE;
	*bytes = page->bytes;
	if (page->bytes && page->number == number)
		return 0;
	if (!page->bytes)
		page->bytes = xmalloc(TABLE_PAGE);
	page->number = UINT32_MAX;
	r = disk_read(fat->disk, fat->table_offset + off, page->bytes, *len, err);
	if (r < 0)
		return err_push(err, "reading the FAT");
	page->number = number;
	*bytes = page->bytes;
	return 0;
}

int fat_table_get(struct fat *fat, uint32_t cluster, uint32_t *value, struct err *err)
{
	unsigned type = fat->facts.type;
	uint64_t off = type == 12 ? cluster + cluster / 2 : (uint64_t)cluster * (type / 8);
	const uint8_t *bytes;
	size_t len;
	int r;

	r = fat_table_page(fat, (uint32_t)(off / TABLE_PAGE), &bytes, &len, err);
	if (r < 0)
		return r;
	bytes += off % TABLE_PAGE;
	if (type == 32)
		*value = le32(bytes) & 0x0fffffff;
	else if (type == 16)
		*value = le16(bytes);
	else
		*value = cluster % 2 ? le16(bytes) >> 4 : le16(bytes) & 0xfff;
	return 0;
}

enum fat_link fat_table_link(const struct fat *fat, uint32_t value)
{
	uint32_t top = fat->facts.type == 32 ? 0x0fffffff : fat->facts.type == 16 ? 0xffff : 0xfff;

	if (value == 0)
		return LINK_FREE;
	if (value >= top - 7)
		return LINK_END;
	if (value == top - 8)
		return LINK_BAD;
	return fat_cluster_valid(fat, value) ? LINK_NEXT : LINK_IMPOSSIBLE;
}

const char *fat_link_text(enum fat_link link)
{
	switch (link) {
	case LINK_FREE:
		return "a free cluster";
	case LINK_BAD:
		return "a cluster marked bad";
	case LINK_IMPOSSIBLE:
		return "a cluster that the volume does not have";
	default:
		return "a cluster";
	}
}

void fat_table_release(struct fat *fat)
{
	for (size_t i = 0; i < TABLE_PAGES; i++)
		free(fat->pages[i].bytes);
}

uint64_t fat_folder_size(struct fat *fat, uint32_t cluster)
{
	uint64_t size = 0, most = (uint64_t)DIR_ENTRIES_MAX * ENTRY_SIZE;
	uint32_t value;

	while (fat_cluster_valid(fat, cluster) && size < most) {
		struct err err = { 0 };

		size += fat->facts.cluster_size;
		if (fat_table_get(fat, cluster, &value, &err) < 0 ||
			fat_table_link(fat, value) != LINK_NEXT)
			break;
		cluster = value;
	}
	return size;
}
