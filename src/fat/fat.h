/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FAT12, FAT16 and FAT32 with VFAT long names, read over a struct disk
 * (Microsoft FAT specification 1.03; UEFI 2.10 13.3). Strict, yet it judges
 * nothing: whatever can be read is opened, and what is wrong with it is a fact
 * or an entry in a list of problems. Nothing is ever written.
 *
 * Offsets are bytes from the start of the volume, that is, of the struct disk
 * (a partition's window), unless a name says sectors. Paths are UTF-8,
 * separated by '/' or '\\'; a leading separator is optional and "" or "/" is
 * the root. Names compare without regard to the case of ASCII letters; others
 * must be equal. Times are stored without a zone and are taken for UTC.
 *
 * Memory is bounded whatever the volume claims: at most 16 MiB of the table
 * are held. One struct fat must not be used by two threads at once.
 */
#ifndef ARMVM_FAT_FAT_H
#define ARMVM_FAT_FAT_H

#include "base/buf.h"
#include "base/err.h"

struct disk;

#define FAT_NAME_MAX     768 /* a long name in UTF-8, NUL included */
#define FAT_DEPTH_MAX    32  /* folders below the root that a walk enters */
#define FAT_PROBLEMS_MAX 64  /* problems kept in one list; more are only counted */
#define FAT_NO_COUNT     UINT32_MAX

/* ---- problems ---- */

/* X(code, name): the name is permanent. Those up to DIRTY are found by fat_open(). */
#define FAT_PROBLEMS(X)                                                                            \
	X(FAT_NO_SIGNATURE, "no-signature")   /* 55 AA missing at byte 510 */                      \
	X(FAT_NO_JUMP, "no-jump")             /* the first byte is neither EB nor E9 */            \
	X(FAT_TYPE_STRING, "type-string")     /* text and structure name different types */        \
	X(FAT_CLUSTER_COUNT, "cluster-count") /* structure and count of clusters disagree */       \
	X(FAT_CLUSTER_SIZE, "cluster-size")   /* over 32 KiB */                                    \
	X(FAT_COPIES, "fat-copies")           /* not two FATs */                                   \
	X(FAT_TOO_SMALL, "fat-too-small")     /* fewer entries than clusters */                    \
	X(FAT_BEYOND_DISK, "beyond-disk")     /* total sectors exceed the partition */             \
	X(FAT_MEDIA, "media")                 /* media byte invalid or unlike FAT[0] */            \
	X(FAT_FIELDS, "fields")               /* fields that must be 0 are not, or differ */       \
	X(FAT_VERSION, "version")             /* FAT32 version is not 0.0 */                       \
	X(FAT_ROOT_CLUSTER, "root-cluster")   /* outside of the data area */                       \
	X(FAT_NOT_MIRRORED, "not-mirrored")   /* one active FAT only */                            \
	X(FAT_FSINFO, "fsinfo")               /* sector misplaced or without signatures */         \
	X(FAT_BACKUP, "backup-boot-sector")   /* missing, misplaced or different */                \
	X(FAT_HARD_ERROR, "hard-error")       /* FAT[1]: a driver met I/O errors */                \
	X(FAT_DIRTY, "dirty")                 /* not cleanly unmounted */                          \
	X(FAT_COPIES_DIFFER, "copies-differ") /* the FATs are not equal */                         \
	X(FAT_CYCLE, "cycle")                 /* a chain comes back to itself */                   \
	X(FAT_CROSS_LINK, "cross-link")       /* two chains share a cluster */                     \
	X(FAT_BROKEN_CHAIN, "broken-chain")   /* runs into a free, bad or impossible one */        \
	X(FAT_SHORT_CHAIN, "short-chain")     /* holds less than the file's size */                \
	X(FAT_LONG_CHAIN, "long-chain")       /* more clusters than the size needs */              \
	X(FAT_LOST, "lost-clusters")          /* allocated, belonging to nothing */                \
	X(FAT_BAD_ENTRY, "bad-entry")         /* a folder entry that cannot be */                  \
	X(FAT_BAD_NAME, "bad-name")           /* a name with characters that cannot be */          \
	X(FAT_DUPLICATE, "duplicate-name")    /* the same name twice in a folder */                \
	X(FAT_ORPHAN_LFN, "orphan-long-name") /* long name parts without their entry */            \
	X(FAT_DOTS, "dot-entries")            /* "." or ".." missing or wrong */                   \
	X(FAT_FREE_COUNT, "free-count")       /* FSInfo's count of free clusters is wrong */       \
	X(FAT_TOO_DEEP, "too-deep")           /* folders below FAT_DEPTH_MAX not entered */        \
	X(FAT_LIMIT, "limit")                 /* too large to be verified whole */

#define FAT_PROBLEM_ENUM(code, name) code,
enum fat_problem_code {
	FAT_PROBLEMS(FAT_PROBLEM_ENUM) FAT_PROBLEM_COUNT
};
#undef FAT_PROBLEM_ENUM

struct fat_problem {
	enum fat_problem_code code;
	char *path;       /* "\EFI\BOOT"; NULL when it is about no entry */
	uint32_t cluster; /* 0: about no cluster */
	char *text;       /* one sentence without a full stop */
};

/* Starts zeroed; owns its strings. */
struct fat_problems {
	struct fat_problem *v;
	size_t n;
	uint64_t count[FAT_PROBLEM_COUNT]; /* how often, those not kept in v included */
};

/* "cross-link" for FAT_CROSS_LINK. */
const char *fat_problem_name(enum fat_problem_code code);
/* The first problem of that code; NULL when there is none. */
const struct fat_problem *fat_problems_find(
	const struct fat_problems *p, enum fat_problem_code code);
void fat_problems_release(struct fat_problems *p);
DEFINE_RELEASE(struct fat_problems, fat_problems_release)

/* ---- the volume ---- */

struct fat_facts {
	unsigned type;          /* 12, 16 or 32, as drivers take it: 32 when BPB_FATSz16 is 0 */
	unsigned type_by_count; /* the same by Microsoft's rule, the count of clusters alone */
	unsigned sector_size;   /* bytes: 512, 1024, 2048 or 4096 */
	unsigned sectors_per_cluster;
	uint32_t cluster_size; /* bytes */
	uint32_t clusters;     /* data clusters; their numbers are 2 .. clusters + 1 */
	uint32_t reserved_sectors;
	unsigned fat_copies;
	uint32_t fat_sectors;  /* of one FAT */
	uint32_t root_entries; /* FAT12/16; 0 on FAT32 */
	uint32_t root_cluster; /* FAT32; 0 otherwise */
	uint32_t total_sectors;
	uint32_t hidden_sectors; /* the partition's first LBA, says the BPB */
	uint32_t fsinfo_sector;  /* FAT32; 0 or 0xffff: none */
	uint32_t backup_sector;  /* FAT32 backup boot sector; 0 or 0xffff: none */
	uint8_t media;
	bool mirrored;        /* all FATs are kept equal */
	unsigned active_fat;  /* the one that counts; 0 when mirrored */
	bool dirty;           /* by FAT[1] or by the BPB's state byte */
	bool hard_error;      /* by FAT[1] or by the BPB's state byte */
	bool fsinfo_valid;    /* its three signatures are right */
	uint32_t fsinfo_free; /* FAT_NO_COUNT: unknown */
	uint32_t fsinfo_next; /* FAT_NO_COUNT: unknown */
	bool has_serial;      /* an extended boot signature says that serial is one */
	uint32_t serial;
	char oem[9];        /* trailing blanks removed from these; printable ASCII, '?' otherwise */
	char type_text[9];  /* "FAT32" */
	char label_bpb[12]; /* "NO NAME" when there is none */
	char label[12];     /* of the root folder's label entry; "" when there is none */
	uint64_t fat_offset;  /* bytes, of the first FAT */
	uint64_t root_offset; /* bytes, of a FAT12/16 root folder; 0 on FAT32 */
	uint64_t data_offset; /* bytes, of cluster 2 */
	uint64_t size;        /* bytes, by the BPB */
	uint64_t disk_size;   /* bytes, of the struct disk */
};

struct fat; /* opaque */

/*
 * Opens the volume that begins at offset 0 of disk, which must outlive it.
 * -EMEDIUMTYPE: it is not FAT, and the text says what it is when that is
 * known (NTFS, exFAT, ...); -EUCLEAN: FAT, but with a geometry that leaves
 * nothing to read; otherwise what disk_read() said.
 */
int fat_open(struct disk *disk, struct fat **out, struct err *err);
void fat_close(struct fat *fat);
DEFINE_CLEANUP(struct fat, fat_close)

const struct fat_facts *fat_facts(const struct fat *fat);
/* What fat_open() saw; belongs to fat. */
const struct fat_problems *fat_problems(const struct fat *fat);

/* ---- entries ---- */

enum {
	FAT_ATTR_READ_ONLY = 0x01,
	FAT_ATTR_HIDDEN = 0x02,
	FAT_ATTR_SYSTEM = 0x04,
	FAT_ATTR_LABEL = 0x08,
	FAT_ATTR_DIRECTORY = 0x10,
	FAT_ATTR_ARCHIVE = 0x20,
};

/* One file or folder. A value without ownership: it may be copied and outlives fat. */
struct fat_entry {
	char name[FAT_NAME_MAX]; /* the long name when there is a valid one, else the short */
	char short_name[40];     /* "BOOTAA64.EFI", upper case; UTF-8, read in code page 437 */
	uint8_t attr;
	bool is_dir;
	uint32_t size;    /* bytes; 0 for a folder */
	uint32_t cluster; /* the first; 0: empty (or the root of FAT12/16) */
	int64_t mtime;    /* seconds since 1970; -1 when the stored time is none */
	int64_t ctime;    /* creation; -1 when not stored */
	int64_t atime;    /* the day of the last access; -1 when not stored */
	uint64_t offset;  /* of its 32-byte entry; 0 for the root, which has none */
};

/* -ENOENT, -ENOTDIR, -EUCLEAN (a folder's chain is damaged) or what the disk said. */
int fat_lookup(struct fat *fat, const char *path, struct fat_entry *out, struct err *err);

/*
 * Called for each entry but ".", ".." and labels; a value other than 0 stops
 * the listing, which then returns it. `path` is the walk's, NULL in a listing.
 */
typedef int fat_visit_fn(void *arg, const char *path, const struct fat_entry *entry);

/* The entries of one folder, in the order in which they are stored. */
int fat_list(struct fat *fat, const struct fat_entry *dir, fat_visit_fn *visit, void *arg,
	struct err *err);

/* Bytes of the clusters that a folder has, as far as its chain holds; cluster: its first, 0: none. */
uint64_t fat_folder_size(struct fat *fat, uint32_t cluster);

/*
 * Every entry of the volume, a folder before what is in it; path is
 * "\EFI\BOOT\BOOTAA64.EFI", made of names as they are stored. Damaged folders
 * and those too deep are left out without an error: fat_verify() finds them.
 */
int fat_walk(struct fat *fat, fat_visit_fn *visit, void *arg, struct err *err);

/* ---- contents ---- */

/*
 * Reads up to len bytes from byte off of a file into buf and stores in *got
 * how many there were before its end. -EISDIR; -EUCLEAN when the chain is
 * damaged where the bytes should be.
 */
int fat_read(struct fat *fat, const struct fat_entry *file, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err);

/* Appends all of a file to out; -EFBIG when it is larger than max bytes. */
int fat_read_all(struct fat *fat, const struct fat_entry *file, uint64_t max, struct buf *out,
	struct err *err);

/* fat_lookup() and fat_read_all(). */
int fat_read_path(
	struct fat *fat, const char *path, uint64_t max, struct buf *out, struct err *err);

/* ---- verification ---- */

struct fat_report {
	struct fat_problems problems; /* not those that fat_problems() has */
	bool complete;                /* false when a limit kept it from looking at everything */
	uint32_t files, directories;  /* the root not counted */
	uint32_t free_clusters;       /* by the table */
	uint32_t bad_clusters;
	uint32_t lost_clusters;
	uint64_t used_bytes; /* of the data area */
	size_t longest_path; /* in UTF-16 units, leading separator included */
};

/*
 * Compares the FATs and follows every chain from the root. Costs one read of
 * the FATs and of the folders, no file contents, and a bit per cluster. A
 * volume whose FAT exceeds 16 MiB, or that has over 100,000 entries, is
 * reported as FAT_LIMIT with complete = false. Returns an error only when the
 * disk could not be read.
 */
int fat_verify(struct fat *fat, struct fat_report *out, struct err *err);
void fat_report_release(struct fat_report *r);
DEFINE_RELEASE(struct fat_report, fat_report_release)

#endif
