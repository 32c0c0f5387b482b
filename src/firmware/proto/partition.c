/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partitions of a disk become handles of their own, looked for in the order of
 * UEFI 2.10 13.3.1: GPT, El Torito, MBR. As strict as edk2: a GPT wants its
 * protective MBR, and entries that overlap or leave the disk are no partitions.
 * Nothing is repaired. Extended MBR partitions are left out.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "disk/disk.h"
#include "firmware/proto/disks.h"
#include "part/part.h"
#include "uefi/guids.h"
#include "uefi/protocols.h"

#define MBR_UNIQUE_ID 440
#define MBR_ENTRIES   446
#define MBR_ENTRY     16
#define GPT_ENTRY     128 /* of an entry, what UEFI defines */
#define MBR_TYPE_GPT  0xee
#define MBR_TYPE_ESP  0xef
#define MBR_ACTIVE    0x80

#define CD_SECTOR          2048u
#define CD_FIRST           16 /* the first volume descriptor */
#define CD_DESCRIPTORS_MAX 64
#define CD_ENTRY           32u
#define CD_BOOTABLE        0x88
#define CD_HEADER          0x90 /* of a section; 0x91: of the last */
#define CD_PLATFORM_EFI    0xef

enum cd_offset {
	CD_BOOT_SYSTEM = 7,
	CD_CATALOG = 0x47,
	CD_PLATFORM = 1, /* in the validation entry, and in a section's header */
	CD_ENTRY_MEDIA = 1,
	CD_ENTRY_COUNT = 6,
	CD_ENTRY_LBA = 8,
};

/* EFI_PARTITION_INFO_PROTOCOL (13.18) */
enum info_offset {
	INFO_REVISION = 0,
	INFO_TYPE = 4,
	INFO_SYSTEM = 8,
	INFO_ENTRY = 16,
	INFO_SIZE = 144,
};

enum info_type {
	INFO_OTHER,
	INFO_MBR,
	INFO_GPT,
};

#define INFO_REVISION_1 0x1000

/* What the table says of a partition, as it lies there; without memory for it there is no protocol. */
static void add_info(struct machine *m, const struct block_device *d, enum info_type type,
	const uint8_t *entry, size_t len)
{
	struct handle *h = handle_of(m, d->handle);
	uint8_t info[INFO_SIZE] = { 0 };
	struct gaddr a;

	put_le32(info + INFO_REVISION, INFO_REVISION_1);
	put_le32(info + INFO_TYPE, type);
	info[INFO_SYSTEM] = d->system && type != INFO_OTHER;
	if (len)
		memcpy(info + INFO_ENTRY, entry, len);
	if (h && pool_allocate(m->pool, MEM_BOOT_DATA, INFO_SIZE, &a) == EFI_SUCCESS &&
		guest_write(m->ram, a, info, sizeof(info)))
		handle_install(m, h, &uefi_partition_info, a, NULL);
}

/* The disk's path without its end. */
static void start_path(const struct block_device *disk, struct buf *path)
{
	buf_add(path, buf_bytes(&disk->path), disk->path.len - DP_HEADER);
}

static struct block_device *add_hd(struct machine *m, const struct block_device *disk,
	const struct dp_hd *hd, uint64_t start, uint64_t size, bool esp, bool flagged)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct block_device *d;
	struct handle *h;
	struct guid type;

	start_path(disk, &path);
	dp_add_hd(&path, hd);
	dp_add_end(&path);
	d = device_add(m, disk, start, size, &path);
	h = d ? handle_of(m, d->handle) : NULL;
	if (d) {
		d->system = esp;
		d->flagged = flagged;
	}
	/* edk2 marks partitions by their type; the mark of ESPs is one that programs look for. */
	if (h && esp && guid_parse(UEFI_PART_ESP, &type))
		handle_install(m, h, &type, GADDR_NULL, NULL);
	return d;
}

bool partitions_protected(const struct part_mbr *mbr)
{
	if (mbr->wrong & PART_MBR_SIGNATURE)
		return false;
	for (int i = 0; i < 4; i++)
		if (mbr->entry[i].type == MBR_TYPE_GPT && mbr->entry[i].boot == 0 &&
			mbr->entry[i].lba == 1)
			return true;
	return false;
}

static size_t attach_gpt(
	struct machine *m, const struct block_device *disk, const struct part_table *t)
{
	struct guid esp = { { 0 } };
	size_t n = 0;

	if (!part_table_usable(t) || t->wrong & PART_TABLE_SECTOR_SIZE ||
		!partitions_protected(&t->mbr) || !guid_parse(UEFI_PART_ESP, &esp))
		return 0;
	for (size_t i = 0; i < t->n_parts && n < PARTITIONS_MAX; i++) {
		const struct part *p = &t->parts[i];
		struct block_device *d;
		struct dp_hd hd = {
			.partition = p->index,
			.start = p->start / disk->block_size,
			.size = p->size / disk->block_size,
			.signature = p->guid,
			.format = 2,
			.signature_type = DP_HD_GUID,
		};

		if (!p->size || p->wrong & PART_OVERLAP || p->attrs & PART_ATTR_NO_BLOCK_IO)
			continue;
		d = add_hd(m, disk, &hd, p->start, p->size, guid_eq(p->type, esp),
			p->attrs & PART_ATTR_LEGACY_BOOT);
		if (!d)
			continue;
		add_info(m, d, INFO_GPT,
			t->used->entries + (size_t)(p->index - 1) * t->used->entry_size, GPT_ENTRY);
		n++;
	}
	/* A GPT without partitions is a divided disk all the same. */
	return n ? n : 1;
}

static size_t attach_mbr(
	struct machine *m, const struct block_device *disk, const struct part_table *t)
{
	uint8_t id[4], entries[4 * MBR_ENTRY];
	size_t n = 0;

	if (t->scheme != PART_SCHEME_MBR ||
		disk_read(disk->view, MBR_UNIQUE_ID, id, sizeof(id), NULL) < 0 ||
		disk_read(disk->view, MBR_ENTRIES, entries, sizeof(entries), NULL) < 0)
		return 0;
	for (unsigned i = 0; i < 4; i++) {
		const struct part_mbr_entry *e = &t->mbr.entry[i];
		struct block_device *d;
		struct dp_hd hd = {
			.partition = i + 1,
			.start = e->lba,
			.size = e->sectors,
			.format = 1,
			.signature_type = DP_HD_MBR,
		};

		memcpy(hd.signature.b, id, sizeof(id));
		if (!e->type || e->type == MBR_TYPE_GPT || !e->lba || !e->sectors ||
			!range_within(e->lba, e->sectors, disk->blocks))
			continue;
		d = add_hd(m, disk, &hd, (uint64_t)e->lba * disk->block_size,
			(uint64_t)e->sectors * disk->block_size, e->type == MBR_TYPE_ESP,
			e->boot == MBR_ACTIVE);
		if (!d)
			continue;
		add_info(m, d, INFO_MBR, entries + (size_t)i * MBR_ENTRY, MBR_ENTRY);
		n++;
	}
	return n;
}

/* Finds the boot catalog of an ISO 9660 volume. */
static bool find_catalog(const struct block_device *disk, uint8_t catalog[CD_SECTOR])
{
	uint8_t sector[CD_SECTOR];

	for (uint64_t i = 0; i < CD_DESCRIPTORS_MAX; i++) {
		if (disk_read(disk->view, (CD_FIRST + i) * CD_SECTOR, sector, CD_SECTOR, NULL) <
				0 ||
			memcmp(sector + 1, "CD001", 5) != 0 || sector[0] == 0xff)
			return false;
		if (sector[0] == 0 &&
			memcmp(sector + CD_BOOT_SYSTEM, "EL TORITO SPECIFICATION", 23) == 0)
			return disk_read(disk->view,
				       (uint64_t)le32(sector + CD_CATALOG) * CD_SECTOR, catalog,
				       CD_SECTOR, NULL) == 0;
	}
	return false;
}

/* The validation entry: its mark and a checksum of zero. */
static bool catalog_valid(const uint8_t *catalog)
{
	uint16_t sum = 0;

	for (unsigned i = 0; i < CD_ENTRY; i += 2)
		sum = (uint16_t)(sum + le16(catalog + i));
	return catalog[0] == 1 && le16(catalog + 30) == 0xaa55 && sum == 0;
}

/*
 * How many bytes a boot entry has: a whole diskette, 512-byte sectors, or up to
 * the end of the medium. An image without emulation is counted in the sectors
 * of a CD, as edk2 does: who writes ISO images counts 512 bytes there, so this
 * says four times as much, and may be more than is left. GRUB sees by it
 * whether the image is a partition of a hybrid ISO's GPT, too.
 */
static uint64_t image_size(const uint8_t *entry, uint64_t left)
{
	static const uint64_t diskettes[] = { 0, 1200u << 10, 1440u << 10, 2880u << 10 };
	unsigned media = entry[CD_ENTRY_MEDIA] & 0xf, count = le16(entry + CD_ENTRY_COUNT);
	uint64_t size;

	if (media && media < ARRAY_SIZE(diskettes))
		size = diskettes[media];
	else if (count < 2) /* what 16 bits cannot hold reads 0 or 1 */
		size = left;
	else
		size = (uint64_t)count * (media ? 512 : CD_SECTOR);
	return (size + CD_SECTOR - 1) / CD_SECTOR * CD_SECTOR;
}

static size_t attach_el_torito(struct machine *m, const struct block_device *disk)
{
	uint64_t total = disk->blocks * disk->block_size / CD_SECTOR * CD_SECTOR;
	uint8_t catalog[CD_SECTOR], platform;
	size_t n = 0;

	if (!find_catalog(disk, catalog) || !catalog_valid(catalog))
		return 0;
	platform = catalog[CD_PLATFORM];
	for (const uint8_t *e = catalog + CD_ENTRY; e < catalog + CD_SECTOR; e += CD_ENTRY) {
		uint64_t start = (uint64_t)le32(e + CD_ENTRY_LBA) * CD_SECTOR, size;
		CLEANUP(buf_release) struct buf path = BUF_INIT;
		struct block_device *d;

		if ((e[0] | 1) == (CD_HEADER | 1))
			platform = e[CD_PLATFORM];
		if (e[0] != CD_BOOTABLE || !start || start >= total)
			continue;
		size = image_size(e, total - start);
		start_path(disk, &path);
		/* The initial entry is number 0. */
		dp_add_cdrom(&path, (uint32_t)n, start / disk->block_size, size / disk->block_size);
		dp_add_end(&path);
		if (size > total - start)
			size = total - start;
		d = device_add(m, disk, start, size, &path);
		if (!d)
			continue;
		d->system = platform == CD_PLATFORM_EFI;
		add_info(m, d, INFO_OTHER, NULL, 0);
		n++;
	}
	return n;
}

size_t partitions_attach(struct machine *m, const struct block_device *disk, bool cdrom)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	size_t n = 0;

	/* Tables for sectors of 512 bytes are none on a medium with 2048. */
	if (!cdrom && part_read(disk->view, &t, NULL) == 0)
		n = attach_gpt(m, disk, t);
	if (!n)
		n = attach_el_torito(m, disk);
	if (!n && t)
		n = attach_mbr(m, disk, t);
	return n;
}
