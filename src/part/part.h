/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables as they stand on a disk: the MBR and both copies of the GPT
 * (UEFI 2.10 5.2, 5.3), for sectors of 512 and 4096 bytes.
 *
 * part_read() does not judge. A wrong table is no error: what the bytes say is
 * in the fields, and what is wrong with them is in `wrong`, a set of bits, one
 * per distinct rule, so that a check is a bit and a sentence. The only errors
 * are those of reading the disk. Everything in a table is hostile: numbers in
 * here are as found, except where a comment says that they were checked.
 *
 * The reader never repairs and never guesses: a copy whose checksums fail is
 * not used for `parts`, however good it looks.
 */
#ifndef ARMVM_PART_PART_H
#define ARMVM_PART_PART_H

#include "base/err.h"
#include "base/guid.h"

struct disk;

/* An array of entries larger than this is not read (128 entries take 16 KiB). */
#define PART_ENTRIES_MAX (1u << 20)

#define PART_ATTR_REQUIRED      (UINT64_C(1) << 0) /* the platform needs it to function */
#define PART_ATTR_NO_BLOCK_IO   (UINT64_C(1) << 1) /* firmware makes no file system of it */
#define PART_ATTR_LEGACY_BOOT   (UINT64_C(1) << 2) /* bootable by a legacy BIOS */
#define PART_ATTR_RESERVED      UINT64_C(0x0000fffffffffff8)
#define PART_ATTR_GROW_FS       (UINT64_C(1) << 59) /* DPS; also Microsoft's basic data */
#define PART_ATTR_READ_ONLY     (UINT64_C(1) << 60)
#define PART_ATTR_NO_AUTO_MOUNT (UINT64_C(1) << 63)

/* What holds the disk together. */
enum part_scheme {
	PART_SCHEME_NONE, /* no table and nothing known in its place */
	PART_SCHEME_GPT,  /* a GPT signature in at least one copy, or a protective MBR */
	PART_SCHEME_MBR,  /* partitions in the MBR and no GPT */
	PART_SCHEME_BARE, /* a file system from the first sector on: see part_table.bare */
};

/* One of the four records of an MBR (UEFI 2.10 table 5.2), as found. */
struct part_mbr_entry {
	uint8_t boot; /* 0x80: active */
	uint8_t type; /* 0: unused; 0xEE: protective */
	uint8_t first_chs[3];
	uint8_t last_chs[3];
	uint32_t lba;
	uint32_t sectors;
};

/* UEFI 2.10 5.2.3, with the exactness that oslo.utils (Glance, Nova) asks of a GPT disk. */
enum part_mbr_wrong {
	PART_MBR_SIGNATURE = 1 << 0,     /* the sector does not end in 55 AA */
	PART_MBR_NO_PROTECTIVE = 1 << 1, /* no record has type 0xEE */
	PART_MBR_NOT_FIRST = 1 << 2,     /* the first 0xEE record is not the first record */
	PART_MBR_SEVERAL = 1 << 3,       /* more than one 0xEE record */
	PART_MBR_HYBRID = 1 << 4,        /* a 0xEE record beside records of other types */
	PART_MBR_BOOT_FLAG = 1 << 5,     /* of any record: neither 0x00 nor 0x80 */
	/* of the first 0xEE record: */
	PART_MBR_ACTIVE = 1 << 6,    /* 0x80: UEFI wants 0x00, Glance takes it */
	PART_MBR_START_CHS = 1 << 7, /* not 00 02 00 */
	PART_MBR_START_LBA = 1 << 8, /* not 1 */
	PART_MBR_SIZE = 1 << 9,      /* not min(sectors of the disk - 1, 0xFFFFFFFF) */
};

struct part_mbr {
	unsigned wrong; /* enum part_mbr_wrong; the protective ones mean nothing unless GPT */
	struct part_mbr_entry entry[4];
	int protective; /* index of the first 0xEE record; -1: none */
};

/* Of one copy of the GPT (UEFI 2.10 5.3.2). */
enum part_gpt_wrong {
	PART_GPT_MISSING = 1 << 0,     /* no "EFI PART"; no other bit is set, no field is filled */
	PART_GPT_REVISION = 1 << 1,    /* not 00010000h */
	PART_GPT_HEADER_SIZE = 1 << 2, /* not within 92..sector: its CRC cannot be computed */
	PART_GPT_HEADER_CRC = 1 << 3,
	PART_GPT_RESERVED = 1 << 4,      /* the reserved field, or the sector's rest, is not zero */
	PART_GPT_MY_LBA = 1 << 5,        /* not the LBA that it was read from */
	PART_GPT_ALTERNATE_LBA = 1 << 6, /* not the LBA of the other copy (see part_read()) */
	PART_GPT_USABLE = 1 << 7,        /* first > last, or outside the disk */
	PART_GPT_DISK_GUID = 1 << 8,     /* zero */
	PART_GPT_ENTRIES_LBA = 1 << 9, /* the array is not wholly on the disk, or covers a header */
	PART_GPT_ENTRY_COUNT = 1 << 10, /* zero, or an array of over PART_ENTRIES_MAX: not read */
	PART_GPT_ENTRY_SIZE = 1 << 11,  /* not 128 * 2^n: the array is not read */
	PART_GPT_ENTRIES_CRC = 1 << 12,
	PART_GPT_ENTRIES_SMALL = 1 << 13,   /* less than 16 KiB set aside for the array */
	PART_GPT_ENTRIES_OVERLAP = 1 << 14, /* the array or header lies within the usable LBAs */
};

struct part_gpt {
	unsigned wrong; /* enum part_gpt_wrong */
	bool valid;     /* what firmware demands: signature, size, CRCs, MyLBA */
	uint64_t lba;   /* where it was read; 0: nowhere, the disk is too small */
	uint32_t revision;
	uint32_t header_size;
	uint32_t header_crc, header_crc_computed;
	uint64_t my_lba;
	uint64_t alternate_lba;
	uint64_t first_usable, last_usable; /* LBAs, both inclusive */
	struct guid disk_guid;
	uint64_t entries_lba;
	uint32_t entry_count, entry_size;
	uint32_t entries_crc, entries_crc_computed;
	uint8_t *entries; /* entry_count * entry_size bytes, or NULL when not read */
};

/* Of one used entry (UEFI 2.10 5.3.3). */
enum part_wrong {
	PART_ORDER = 1 << 0,          /* its end is before its start */
	PART_OUTSIDE_DISK = 1 << 1,   /* not wholly on the disk; start and size are then 0 */
	PART_OUTSIDE_USABLE = 1 << 2, /* not wholly within the usable LBAs */
	PART_OVERLAP = 1 << 3,        /* shares sectors with part.overlaps */
	PART_UNALIGNED_4K = 1 << 4,   /* does not start on 4 KiB */
	PART_UNALIGNED_1M = 1 << 5,   /* does not start on 1 MiB */
	PART_GUID_ZERO = 1 << 6,
	PART_GUID_TWICE = 1 << 7, /* part.same_guid has the same unique GUID */
	PART_ATTRS_RESERVED = 1 << 8,
	PART_NAME_NO_NUL = 1 << 9, /* all 36 units are used: the terminating NUL is missing */
};

struct part {
	unsigned wrong; /* enum part_wrong */
	unsigned index; /* from 1, the number that Linux and UEFI give it */
	struct guid type;
	struct guid guid;             /* PARTUUID */
	uint64_t first_lba, last_lba; /* as found, both inclusive */
	uint64_t start, size;         /* in bytes, checked to be on the disk; else both 0 */
	uint64_t attrs;               /* PART_ATTR_* */
	char *name;                   /* UTF-8; "" when there is none */
	unsigned overlaps, same_guid; /* an index; 0: none */
};

/* Of the table as a whole. */
enum part_table_wrong {
	PART_TABLE_SECTOR_SIZE = 1 << 0, /* the GPT is laid out for other sectors than the disk's */
	PART_TABLE_ODD_SIZE = 1 << 1,    /* the disk ends within a sector */
	PART_TABLE_COPIES_DIFFER = 1 << 2,  /* both are valid and do not describe the same */
	PART_TABLE_BACKUP_NOT_END = 1 << 3, /* a backup was found elsewhere than in the last LBA */
};

struct part_table {
	unsigned wrong; /* enum part_table_wrong */
	enum part_scheme scheme;
	unsigned sector_size; /* the one that the table was read with */
	uint64_t disk_size;   /* bytes */
	uint64_t last_lba;    /* of the disk; 0 for a disk of less than two sectors */
	const char *bare;     /* PART_SCHEME_BARE: "ext4", "vfat" ...; else NULL */
	struct part_mbr mbr;
	struct part_gpt primary, backup;
	const char *copies_differ_in; /* the first field that differs; NULL: none */
	/* The copy that parts come from: primary if valid, else backup if valid, else NULL. */
	const struct part_gpt *used;
	struct part *parts; /* used entries in the order of their indexes */
	size_t n_parts;
};

/*
 * Reads the tables of a disk that stays the caller's. The backup is looked for
 * where a valid primary says, then in the last LBA. When no copy has a
 * signature in sectors of disk_sector_size(), the other size is tried, and
 * PART_TABLE_SECTOR_SIZE set if that finds one. Reads about 50 KiB of a usual
 * disk. Returns 0 with *out the caller's, or what disk_read() returned.
 */
int part_read(struct disk *disk, struct part_table **out, struct err *err);
void part_table_free(struct part_table *t);
DEFINE_CLEANUP(struct part_table, part_table_free)

/* Whether partitions can be listed: t->used is set. */
bool part_table_usable(const struct part_table *t);

/* The partition of this number (from 1); NULL when the entry is unused. */
const struct part *part_find(const struct part_table *t, unsigned index);

/*
 * The next partition of a type, in the order of indexes: start with prev =
 * NULL; NULL when there are no more.
 */
const struct part *part_next_of_type(
	const struct part_table *t, const struct part *prev, struct guid type);

/* The same for EFI System Partitions (VM-4). */
const struct part *part_next_esp(const struct part_table *t, const struct part *prev);
bool part_is_esp(const struct part *part);

/* A word for the type: "esp", "root-arm64" ..., or its GUID as text, in a buffer of the caller's. */
const char *part_type_word(struct guid type, char text[GUID_TEXT_LEN + 1]);

#endif
