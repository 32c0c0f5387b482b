/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks as rust-hypervisor-firmware reads them: one after the other in the
 * order of their PCI slots, removable or not. Of each it takes the primary GPT
 * by its signature alone; neither checksums nor the protective MBR nor the
 * backup count, a sector has 512 bytes and an entry 128. It has room for 16
 * entries in use, and stops for good at the next one. Its partitions become
 * handles when the disk's turn comes.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "disk/disk.h"
#include "firmware/bds/entries.h"
#include "firmware/bds/private.h"
#include "firmware/proto/disks.h"
#include "uefi/device_path.h"
#include "uefi/guids.h"

#define SECTOR           512u
#define ENTRY            128u
#define PARTS_MAX        16
#define FIRST_USABLE_MIN 34
#define SECTORS_MAX      65536 /* of an array that are read here */

enum gpt_offset { /* UEFI 2.10 tables 5.5 and 5.6 */
	GPT_FIRST_USABLE = 40,
	GPT_ENTRIES_LBA = 72,
	GPT_ENTRY_COUNT = 80,
	ENTRY_GUID = 16,
	ENTRY_FIRST_LBA = 32,
	ENTRY_LAST_LBA = 40,
};

struct parts {
	uint8_t entry[PARTS_MAX][ENTRY];
	unsigned index[PARTS_MAX]; /* from 1 */
	size_t n;
	bool full; /* there is one more */
};

/* In words why there are no partitions; NULL when there are. */
static const char *read_parts(struct disk *disk, struct parts *out)
{
	static const uint8_t unused[16];
	uint8_t sector[SECTOR];
	uint64_t first, usable, count;

	if (disk_read(disk, SECTOR, sector, SECTOR, NULL) < 0 || memcmp(sector, "EFI PART", 8) != 0)
		return "it has no primary GPT for sectors of 512 bytes";
	usable = le64(sector + GPT_FIRST_USABLE);
	first = le64(sector + GPT_ENTRIES_LBA);
	count = le32(sector + GPT_ENTRY_COUNT);
	if (usable < FIRST_USABLE_MIN)
		return "its GPT has usable sectors before the 34th";
	for (uint64_t i = 0; first + i < usable && i < SECTORS_MAX; i++) {
		uint64_t at;

		if (!checked_mul(first + i, SECTOR, &at) ||
			disk_read(disk, at, sector, SECTOR, NULL) < 0)
			return "its GPT's array cannot be read";
		for (unsigned k = 0; k < SECTOR / ENTRY; k++) {
			if (memcmp(sector + k * ENTRY + ENTRY_GUID, unused, sizeof(unused)) == 0)
				continue;
			if (out->n == PARTS_MAX) {
				out->full = true;
				return NULL;
			}
			memcpy(out->entry[out->n], sector + k * ENTRY, ENTRY);
			out->index[out->n++] = (unsigned)(i * (SECTOR / ENTRY)) + k + 1;
		}
		if ((i + 1) * (SECTOR / ENTRY) >= count)
			break;
	}
	return NULL;
}

static struct block_device *add_part(
	struct machine *m, const struct block_device *disk, const uint8_t *entry, unsigned index)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	uint64_t first = le64(entry + ENTRY_FIRST_LBA), last = le64(entry + ENTRY_LAST_LBA);
	struct dp_hd hd = {
		.partition = index,
		.start = first,
		.size = last - first + 1,
		.signature = guid_load(entry + ENTRY_GUID),
		.format = 2,
		.signature_type = DP_HD_GUID,
	};

	if (last < first || !range_within(first, hd.size, disk_size(disk->view) / SECTOR))
		return NULL;
	buf_add(&path, buf_bytes(&disk->path), disk->path.len - DP_HEADER);
	dp_add_hd(&path, &hd);
	dp_add_end(&path);
	return device_add(m, disk, first * SECTOR, hd.size * SECTOR, &path);
}

/* Makes handles of the partitions; the first of ESP type, or NULL. */
static struct block_device *add_parts(
	struct machine *m, const struct block_device *disk, const struct parts *parts)
{
	struct block_device *esp = NULL;
	struct guid type = { { 0 } };
	bool found = !guid_parse(UEFI_PART_ESP, &type);

	for (size_t i = 0; i < parts->n; i++) {
		struct block_device *d = add_part(m, disk, parts->entry[i], parts->index[i]);

		/* The first by its type, though it may be no good. */
		if (found || !guid_eq(guid_load(parts->entry[i]), type))
			continue;
		found = true;
		esp = d;
		if (d)
			d->system = true;
	}
	return esp;
}

static void stop(struct machine *m, const char *why)
{
	run_end_status(&m->run, VERDICT_NOTHING, EFI_ABORTED, "the firmware itself stops: %s", why);
}

/* Adds what is to be tried on the disk. */
static void look_at(struct machine *m, struct bds *b, const struct block_device *disk)
{
	struct candidate self = { (uint8_t *)buf_bytes(&disk->path), disk->path.len };
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct parts parts = { .n = 0 };
	const char *why = read_parts(disk->view, &parts);
	struct block_device *esp;

	if (why) {
		bds_emit_skip_path(m, &self, why);
		return;
	}
	if (parts.full) {
		stop(m, "it has room for 16 partitions, and the disk has more");
		return;
	}
	esp = add_parts(m, disk, &parts);
	if (!esp || !esp->fs) {
		bds_emit_skip_path(m, &self,
			esp ? "its first system partition has no FAT"
			    : "it has no system partition");
		return;
	}
	why = entries_look(m, esp->fs);
	if (why) {
		stop(m, why);
		return;
	}
	buf_add(&path, buf_bytes(&esp->path), esp->path.len - DP_HEADER);
	if (!dp_add_file(&path, BDS_DEFAULT_PATH))
		return;
	dp_add_end(&path);
	candidates_add(&b->candidates, buf_bytes(&path), path.len);
}

bool disks_next(struct machine *m, struct bds *b)
{
	while (m->disks && b->at_disk < m->disks->n_devices) {
		const struct block_device *d = m->disks->devices[b->at_disk++];

		if (d->partition || !d->blocks)
			continue;
		look_at(m, b, d);
		return true;
	}
	return false;
}
