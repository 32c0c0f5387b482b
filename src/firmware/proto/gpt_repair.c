/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GPT of which one copy is no good gets it back from the other one. UEFI 2.10
 * 5.3.2 wants somebody to be asked first; edk2 doesn't ask, and a loader that
 * reads the table by itself, as GRUB does, may find its partitions for that
 * reason alone. Nothing reaches the disk's file.
 *
 * Events: gpt-repaired.
 */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/proto/disks.h"
#include "part/part.h"

enum gpt_offset { /* UEFI 2.10 table 5.5 */
	GPT_HEADER_CRC = 16,
	GPT_MY_LBA = 24,
	GPT_ALTERNATE_LBA = 32,
	GPT_ENTRIES_LBA = 72,
};

#define PRIMARY_LBA 1

/* Where the copy that is to be written has its header and its array. */
struct place {
	uint64_t header, entries; /* LBAs */
	const char *name;
};

static bool write_copy(
	const struct block_device *disk, const struct part_gpt *good, const struct place *to)
{
	uint64_t size = disk->block_size, length = (uint64_t)good->entry_count * good->entry_size;
	CLEANUP(xfree) uint8_t *block = xmalloc(size);

	if (!good->entries || good->header_size > size ||
		disk_read(disk->view, good->lba * size, block, size, NULL) < 0)
		return false;
	put_le64(block + GPT_MY_LBA, to->header);
	put_le64(block + GPT_ALTERNATE_LBA, good->lba);
	put_le64(block + GPT_ENTRIES_LBA, to->entries);
	put_le32(block + GPT_HEADER_CRC, 0);
	put_le32(block + GPT_HEADER_CRC, (uint32_t)crc32(0, block, good->header_size));
	return disk_write(disk->view, to->header * size, block, size, NULL) == 0 &&
	       disk_write(disk->view, to->entries * size, good->entries, length, NULL) == 0;
}

void gpt_repair(struct machine *m, const struct block_device *disk)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	const struct part_gpt *good;
	struct place to;

	if (part_read(disk->view, &t, NULL) < 0 || !t->used || !partitions_protected(&t->mbr) ||
		t->wrong & PART_TABLE_SECTOR_SIZE || (t->primary.valid && t->backup.valid))
		return;
	good = t->used;
	if (good == &t->backup)
		to = (struct place){ PRIMARY_LBA, PRIMARY_LBA + 1, "primary" };
	else
		to = (struct place){ good->alternate_lba, good->last_usable + 1, "backup" };
	if (to.header >= disk->blocks || to.entries >= disk->blocks || !write_copy(disk, good, &to))
		return;
	trace_begin(&m->trace, "gpt-repaired");
	trace_u64(&m->trace, "handle", disk->number);
	trace_text(&m->trace, "copy", to.name);
	trace_end(&m->trace);
}
