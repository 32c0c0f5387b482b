/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a volume: the boot sector and its BIOS parameter block, FSInfo, the
 * backup boot sector, FAT[0] and FAT[1] (Microsoft FAT specification 1.03,
 * sections 3 to 5). What cannot be worked with is refused here, so that the
 * other files need not doubt the geometry; everything else becomes a fact.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/internal.h"

#define BOOT_SIZE 512u

enum bpb_offset {
	BPB_OEM = 3,
	BPB_SECTOR_SIZE = 11,
	BPB_SECTORS_PER_CLUSTER = 13,
	BPB_RESERVED = 14,
	BPB_FATS = 16,
	BPB_ROOT_ENTRIES = 17,
	BPB_TOTAL16 = 19,
	BPB_MEDIA = 21,
	BPB_FAT_SIZE16 = 22,
	BPB_HIDDEN = 28,
	BPB_TOTAL32 = 32,
	BPB_EXTENDED16 = 36, /* where FAT12/16 have what follows FAT32's own fields */
	BPB_FAT_SIZE32 = 36,
	BPB_FLAGS = 40,
	BPB_VERSION = 42,
	BPB_ROOT_CLUSTER = 44,
	BPB_FSINFO = 48,
	BPB_BACKUP = 50,
	BPB_EXTENDED32 = 64,
	BPB_SIGNATURE = 510,
};

/* Relative to BPB_EXTENDED16 or BPB_EXTENDED32. */
enum extended_offset {
	EXT_STATE = 1,
	EXT_BOOT_SIGNATURE = 2,
	EXT_SERIAL = 3,
	EXT_LABEL = 7,
	EXT_TYPE = 18,
};

enum fsinfo_offset {
	FSI_LEAD = 0,
	FSI_STRUCTURE = 484,
	FSI_FREE = 488,
	FSI_NEXT = 492,
	FSI_TRAIL = 508,
};

static const struct {
	uint32_t offset;
	const char *magic;
	uint8_t len;
	const char *what;
} foreign[] = {
	{ 3, "NTFS    ", 8, "NTFS" },
	{ 3, "EXFAT   ", 8, "exFAT" },
	{ 3, "ReFS", 4, "ReFS" },
	{ 0, "XFSB", 4, "XFS" },
	{ 0, "LUKS\xba\xbe", 6, "LUKS" },
	{ 0, "hsqs", 4, "SquashFS" },
	{ 512, "EFI PART", 8, "a whole disk with a GPT" },
	{ 1080, "\x53\xef", 2, "ext2, ext3 or ext4" },
	{ 32769, "CD001", 5, "ISO 9660" },
	{ 65600, "_BHRfS_M", 8, "Btrfs" },
};

static bool is_power_of_two(unsigned v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static void printable(char *out, const uint8_t *p, size_t len)
{
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == 0))
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	out[len] = 0;
}

/* What else the volume is, for the message only; NULL when nothing is known. */
static const char *foreign_name(struct disk *disk, const uint8_t *boot)
{
	static const uint8_t zeroes[BOOT_SIZE];
	uint8_t at[8];

	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (!range_within(foreign[i].offset, foreign[i].len, disk_size(disk)))
			continue;
		if (disk_read(disk, foreign[i].offset, at, foreign[i].len, NULL) == 0 &&
			memcmp(at, foreign[i].magic, foreign[i].len) == 0)
			return foreign[i].what;
	}
	return memcmp(boot, zeroes, BOOT_SIZE) == 0 ? "empty (never formatted)" : NULL;
}

/* Whether the fields by which FAT is distinguished from anything else are plausible. */
static bool looks_like_fat(const uint8_t *boot)
{
	unsigned sector = le16(boot + BPB_SECTOR_SIZE);
	bool jump = boot[0] == 0xeb || boot[0] == 0xe9;
	bool signature = boot[BPB_SIGNATURE] == 0x55 && boot[BPB_SIGNATURE + 1] == 0xaa;

	return (jump || signature) && is_power_of_two(sector) && sector >= 512 && sector <= 4096 &&
	       is_power_of_two(boot[BPB_SECTORS_PER_CLUSTER]) && le16(boot + BPB_RESERVED) != 0 &&
	       boot[BPB_FATS] != 0;
}

static void read_fields(struct fat_facts *f, const uint8_t *boot)
{
	const uint8_t *ext;

	f->sector_size = le16(boot + BPB_SECTOR_SIZE);
	f->sectors_per_cluster = boot[BPB_SECTORS_PER_CLUSTER];
	f->cluster_size = f->sector_size * f->sectors_per_cluster;
	f->reserved_sectors = le16(boot + BPB_RESERVED);
	f->fat_copies = boot[BPB_FATS];
	f->root_entries = le16(boot + BPB_ROOT_ENTRIES);
	f->media = boot[BPB_MEDIA];
	f->hidden_sectors = le32(boot + BPB_HIDDEN);
	f->total_sectors = le16(boot + BPB_TOTAL16);
	if (f->total_sectors == 0)
		f->total_sectors = le32(boot + BPB_TOTAL32);
	f->fat_sectors = le16(boot + BPB_FAT_SIZE16);
	f->mirrored = true;
	printable(f->oem, boot + BPB_OEM, 8);
	if (f->fat_sectors == 0) {
		f->type = 32;
		f->fat_sectors = le32(boot + BPB_FAT_SIZE32);
		f->mirrored = !(le16(boot + BPB_FLAGS) & 0x80);
		f->active_fat = f->mirrored ? 0 : le16(boot + BPB_FLAGS) & 0xf;
		f->root_cluster = le32(boot + BPB_ROOT_CLUSTER);
		f->fsinfo_sector = le16(boot + BPB_FSINFO);
		f->backup_sector = le16(boot + BPB_BACKUP);
	}
	ext = boot + (f->type == 32 ? BPB_EXTENDED32 : BPB_EXTENDED16);
	f->has_serial = ext[EXT_BOOT_SIGNATURE] == 0x29 || ext[EXT_BOOT_SIGNATURE] == 0x28;
	if (f->has_serial)
		f->serial = le32(ext + EXT_SERIAL);
	if (ext[EXT_BOOT_SIGNATURE] == 0x29) {
		printable(f->label_bpb, ext + EXT_LABEL, 11);
		printable(f->type_text, ext + EXT_TYPE, 8);
	}
	f->dirty = ext[EXT_STATE] & 1;
	f->hard_error = ext[EXT_STATE] & 2;
	f->fsinfo_free = FAT_NO_COUNT;
	f->fsinfo_next = FAT_NO_COUNT;
}

/* Where things are; -EUCLEAN when that leaves no data area. */
static int lay_out(struct fat *fat, struct err *err)
{
	struct fat_facts *f = &fat->facts;
	uint64_t root_sectors, data_sector, entries, on_disk;

	root_sectors = 0;
	if (f->type != 32)
		root_sectors = (f->root_entries * (uint64_t)ENTRY_SIZE + f->sector_size - 1) /
			       f->sector_size;
	data_sector = f->reserved_sectors + (uint64_t)f->fat_copies * f->fat_sectors + root_sectors;
	if (f->fat_sectors == 0)
		return err_set(err, EUCLEAN, "FAT boot sector: the FAT has no sectors");
	if (data_sector + f->sectors_per_cluster > f->total_sectors)
		return err_set(err, EUCLEAN,
			"FAT boot sector: %u sectors in total leave no room for data",
			f->total_sectors);
	f->size = (uint64_t)f->total_sectors * f->sector_size;
	f->fat_offset = (uint64_t)f->reserved_sectors * f->sector_size;
	f->data_offset = data_sector * f->sector_size;
	f->root_offset = f->type == 32 ? 0 : f->data_offset - root_sectors * f->sector_size;
	if (f->data_offset + f->cluster_size > f->disk_size)
		return err_set(err, EUCLEAN,
			"FAT boot sector: the data area begins beyond the partition's end");

	f->clusters = (uint32_t)((f->total_sectors - data_sector) / f->sectors_per_cluster);
	f->type_by_count = f->clusters < 4085 ? 12 : f->clusters < 65525 ? 16 : 32;
	if (f->type != 32)
		f->type = f->clusters < 4085 ? 12 : 16;
	fat->table_size = (uint64_t)f->fat_sectors * f->sector_size;
	fat->table_offset = f->fat_offset;
	if (f->active_fat < f->fat_copies)
		fat->table_offset += f->active_fat * fat->table_size;

	/* FAT32 numbers end at 0x0ffffff6, FAT16 at 0xfff6. */
	entries = fat->table_size * 8 / f->type;
	on_disk = (f->disk_size - f->data_offset) / f->cluster_size + 2;
	if (entries > (uint64_t)f->clusters + 2)
		entries = (uint64_t)f->clusters + 2;
	else if (entries < (uint64_t)f->clusters + 2)
		fat_problems_add(&fat->problems, FAT_TOO_SMALL, NULL, 0,
			"the FAT has room for %llu of %u clusters",
			entries < 2 ? 0ULL : (unsigned long long)entries - 2, f->clusters);
	if (entries > on_disk)
		entries = on_disk;
	if (entries > (f->type == 32 ? 0x0ffffff7u : f->type == 16 ? 0xfff7u : 0xff7u))
		entries = f->type == 32 ? 0x0ffffff7u : f->type == 16 ? 0xfff7u : 0xff7u;
	if (entries < 3)
		return err_set(err, EUCLEAN, "FAT boot sector: the FAT has no entry for data");
	fat->last = (uint32_t)entries - 1;
	return 0;
}

static void judge_type(struct fat *fat)
{
	const struct fat_facts *f = &fat->facts;
	char want[9] = "FAT32";

	if (f->type != f->type_by_count)
		fat_problems_add(&fat->problems, FAT_CLUSTER_COUNT, NULL, 0,
			"laid out as FAT%u, but with %u clusters it counts as FAT%u", f->type,
			f->clusters, f->type_by_count);
	want[3] = f->type == 32 ? '3' : '1';
	want[4] = f->type == 16 ? '6' : '2';
	if (f->type_text[0] && strcmp(f->type_text, want) != 0 &&
		!(f->type != 32 && strcmp(f->type_text, "FAT") == 0))
		fat_problems_add(&fat->problems, FAT_TYPE_STRING, NULL, 0,
			"laid out as FAT%u, but its type field says \"%s\"", f->type, f->type_text);
}

static void judge_boot_sector(struct fat *fat, const uint8_t *boot)
{
	const struct fat_facts *f = &fat->facts;
	struct fat_problems *p = &fat->problems;

	if (boot[BPB_SIGNATURE] != 0x55 || boot[BPB_SIGNATURE + 1] != 0xaa)
		fat_problems_add(
			p, FAT_NO_SIGNATURE, NULL, 0, "the boot sector does not end in 55 AA");
	if (boot[0] != 0xeb && boot[0] != 0xe9)
		fat_problems_add(p, FAT_NO_JUMP, NULL, 0,
			"the boot sector begins with %02X instead of EB or E9", boot[0]);
	judge_type(fat);
	if (f->cluster_size > 32768)
		fat_problems_add(
			p, FAT_CLUSTER_SIZE, NULL, 0, "clusters of %u bytes", f->cluster_size);
	if (f->fat_copies != 2)
		fat_problems_add(
			p, FAT_COPIES, NULL, 0, "%u FAT copies instead of 2", f->fat_copies);
	if (f->size > f->disk_size)
		fat_problems_add(p, FAT_BEYOND_DISK, NULL, 0,
			"the volume has %llu bytes, its partition %llu",
			(unsigned long long)f->size, (unsigned long long)f->disk_size);
	if (f->media != 0xf0 && f->media < 0xf8)
		fat_problems_add(
			p, FAT_MEDIA, NULL, 0, "media byte %02X is not a defined one", f->media);
	if (le16(boot + BPB_TOTAL16) != 0 && le32(boot + BPB_TOTAL32) != 0 &&
		le16(boot + BPB_TOTAL16) != le32(boot + BPB_TOTAL32))
		fat_problems_add(p, FAT_FIELDS, NULL, 0, "two different totals of sectors");
	if (f->type != 32 &&
		(f->root_entries == 0 || f->root_entries * ENTRY_SIZE % f->sector_size != 0))
		fat_problems_add(p, FAT_FIELDS, NULL, 0,
			"%u root folder entries do not fill whole sectors", f->root_entries);
	if (f->type != 32)
		return;
	if (f->root_entries != 0 || le16(boot + BPB_TOTAL16) != 0)
		fat_problems_add(p, FAT_FIELDS, NULL, 0, "FAT12/16 fields are set on FAT32");
	if (le16(boot + BPB_VERSION) != 0)
		fat_problems_add(p, FAT_VERSION, NULL, 0, "FAT32 version %u.%u is unknown",
			boot[BPB_VERSION + 1], boot[BPB_VERSION]);
	if (!fat_cluster_valid(fat, f->root_cluster))
		fat_problems_add(p, FAT_ROOT_CLUSTER, NULL, f->root_cluster,
			"the root folder is said to be at cluster %u", f->root_cluster);
	if (!f->mirrored)
		fat_problems_add(p, FAT_NOT_MIRRORED, NULL, 0,
			"only FAT %u is in use, mirroring is off", f->active_fat);
}

static int read_fsinfo(struct fat *fat, struct err *err)
{
	struct fat_facts *f = &fat->facts;
	uint8_t info[BOOT_SIZE];
	int r;

	if (f->fsinfo_sector == 0 || f->fsinfo_sector >= f->reserved_sectors) {
		fat_problems_add(&fat->problems, FAT_FSINFO, NULL, 0,
			"there is no FSInfo sector (sector %u of %u reserved ones)",
			f->fsinfo_sector, f->reserved_sectors);
		return 0;
	}
	r = disk_read(
		fat->disk, (uint64_t)f->fsinfo_sector * f->sector_size, info, sizeof(info), err);
	if (r < 0)
		return err_push(err, "reading FSInfo");
	f->fsinfo_valid = le32(info + FSI_LEAD) == 0x41615252 &&
			  le32(info + FSI_STRUCTURE) == 0x61417272 &&
			  le32(info + FSI_TRAIL) == 0xaa550000;
	if (f->fsinfo_valid) {
		f->fsinfo_free = le32(info + FSI_FREE);
		f->fsinfo_next = le32(info + FSI_NEXT);
	} else {
		fat_problems_add(&fat->problems, FAT_FSINFO, NULL, 0,
			"FSInfo (sector %u) lacks its signatures", f->fsinfo_sector);
	}
	return 0;
}

/* The copy may differ in its code, but not in the parameters. */
static int read_backup(struct fat *fat, const uint8_t *boot, struct err *err)
{
	const struct fat_facts *f = &fat->facts;
	uint8_t copy[BOOT_SIZE];
	int r;

	if (f->backup_sector == 0 || f->backup_sector >= f->reserved_sectors) {
		fat_problems_add(&fat->problems, FAT_BACKUP, NULL, 0,
			"there is no backup boot sector (sector %u of %u reserved ones)",
			f->backup_sector, f->reserved_sectors);
		return 0;
	}
	r = disk_read(
		fat->disk, (uint64_t)f->backup_sector * f->sector_size, copy, sizeof(copy), err);
	if (r < 0)
		return err_push(err, "reading the backup boot sector");
	/* Drivers set the state byte in the first sector only. */
	copy[BPB_EXTENDED32 + EXT_STATE] = boot[BPB_EXTENDED32 + EXT_STATE];
	if (memcmp(boot + BPB_SECTOR_SIZE, copy + BPB_SECTOR_SIZE, 90 - BPB_SECTOR_SIZE) != 0 ||
		copy[BPB_SIGNATURE] != 0x55 || copy[BPB_SIGNATURE + 1] != 0xaa)
		fat_problems_add(&fat->problems, FAT_BACKUP, NULL, 0,
			"the backup boot sector (sector %u) does not match the first one",
			f->backup_sector);
	return 0;
}

/* FAT[0] repeats the media byte; FAT[1] has the flags of FAT16 and FAT32. */
static int read_reserved_entries(struct fat *fat, struct err *err)
{
	struct fat_facts *f = &fat->facts;
	uint32_t first, second;
	int r;

	r = fat_table_get(fat, 0, &first, err);
	if (r == 0)
		r = fat_table_get(fat, 1, &second, err);
	if (r < 0)
		return r;
	if ((first & 0xff) != f->media)
		fat_problems_add(&fat->problems, FAT_MEDIA, NULL, 0,
			"the media byte is %02X in the boot sector and %02X in the FAT", f->media,
			first & 0xff);
	if (f->type != 12) {
		uint32_t clean = f->type == 32 ? 0x08000000 : 0x8000;

		f->dirty = f->dirty || !(second & clean);
		f->hard_error = f->hard_error || !(second & clean / 2);
	}
	if (f->dirty)
		fat_problems_add(
			&fat->problems, FAT_DIRTY, NULL, 0, "it was not cleanly unmounted");
	if (f->hard_error)
		fat_problems_add(
			&fat->problems, FAT_HARD_ERROR, NULL, 0, "a driver has met disk errors");
	return 0;
}

static int read_label(struct fat *fat, struct err *err)
{
	struct fat_entry root = fat_root_entry(fat);
	CLEANUP(fat_dir_release) struct fat_dir dir = { 0 };
	struct dir_item item;
	int r;

	r = fat_dir_open(fat, &root, &dir, err);
	if (r == 0)
		r = 1;
	while (r == 1) {
		r = fat_dir_next(&dir, &item, err);
		if (r == 1 && item.kind == DIR_LABEL) {
			memcpy(fat->facts.label, item.entry.short_name, sizeof(fat->facts.label));
			return 0;
		}
	}
	/* A damaged root folder is for fat_verify() to report. */
	if (r == -EUCLEAN) {
		err_clear(err);
		return 0;
	}
	return r;
}

static int open_volume(struct fat *fat, struct err *err)
{
	uint8_t boot[BOOT_SIZE];
	int r;

	fat->facts.disk_size = disk_size(fat->disk);
	if (fat->facts.disk_size < BOOT_SIZE)
		return err_set(err, EMEDIUMTYPE, "not FAT: smaller than a sector");
	r = disk_read(fat->disk, 0, boot, sizeof(boot), err);
	if (r < 0)
		return err_push(err, "reading the FAT boot sector");
	if (!looks_like_fat(boot)) {
		const char *what = foreign_name(fat->disk, boot);

		if (what)
			return err_set(err, EMEDIUMTYPE, "not FAT: %s", what);
		return err_set(err, EMEDIUMTYPE, "not FAT: no FAT boot sector");
	}
	read_fields(&fat->facts, boot);
	r = lay_out(fat, err);
	if (r < 0)
		return r;
	judge_boot_sector(fat, boot);
	if (fat->facts.type == 32) {
		r = read_fsinfo(fat, err);
		if (r == 0)
			r = read_backup(fat, boot, err);
	}
	if (r == 0)
		r = read_reserved_entries(fat, err);
	if (r == 0)
		r = read_label(fat, err);
	return r;
}

int fat_open(struct disk *disk, struct fat **out, struct err *err)
{
	CLEANUP(fat_close) struct fat *fat = xcalloc(1, sizeof(*fat));
	int r;

	*out = NULL;
	fat->disk = disk;
	r = open_volume(fat, err);
	if (r < 0)
		return r;
	*out = TAKE(fat);
	return 0;
}

void fat_close(struct fat *fat)
{
	if (!fat)
		return;
	fat_table_release(fat);
	fat_problems_release(&fat->problems);
	free(fat);
}

const struct fat_facts *fat_facts(const struct fat *fat)
{
	return &fat->facts;
}

const struct fat_problems *fat_problems(const struct fat *fat)
{
	return &fat->problems;
}
