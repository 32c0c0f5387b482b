/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of file a disk image is, and what its header says about it, found
 * by reading bytes alone, before any program opens the image by its format:
 * other files that it refers to, encryption, feature bits, metadata that
 * points outside the file. Judging is the caller's; what is wrong or notable is
 * listed as problems, and `fatal` marks those for which disk_open() refuses.
 *
 * Formats: raw; qcow2 and qcow, QED, VMDK (sparse, stream-optimised, ESX
 * sparse, descriptor), VDI, VHDX and VPC as QEMU reads them; LUKS, ISO 9660;
 * and those that are mistaken for images: compressed files, archives, DMG, and
 * what else QEMU knows by a magic number: Parallels, Bochs, cloop. All that
 * match are reported, since an image that is two things at once is read
 * differently by different programs. A partition table makes no format: a raw
 * disk has one.
 */
#ifndef ARMVM_DISK_FORMAT_H
#define ARMVM_DISK_FORMAT_H

#include "base/err.h"

enum disk_format {
	FORMAT_RAW,
	FORMAT_QCOW2,
	FORMAT_QCOW,
	FORMAT_QED,
	FORMAT_VMDK,
	FORMAT_VDI,
	FORMAT_VHDX,
	FORMAT_VPC,
	FORMAT_LUKS,
	FORMAT_ISO,
	FORMAT_DMG,
	FORMAT_TAR,
	FORMAT_GZIP,
	FORMAT_XZ,
	FORMAT_ZSTD,
	FORMAT_BZIP2,
	FORMAT_LZ4,
	FORMAT_ZIP,
	FORMAT_7Z,
	FORMAT_PARALLELS,
	FORMAT_BOCHS,
	FORMAT_CLOOP,
	FORMAT_SIMG,
	FORMAT_COUNT
};

/* "qcow2"; for those that QEMU knows, the name that it gives them. */
const char *disk_format_name(enum disk_format format);

enum disk_problem_kind {
	PROBLEM_AMBIGUOUS,  /* several formats match */
	PROBLEM_UNREADABLE, /* a format that is not read here: ISO and raw are */
	PROBLEM_COMPRESSED, /* the whole file is compressed or an archive */
	PROBLEM_HEADER,     /* header truncated, or a field in it makes no sense */
	PROBLEM_VERSION,    /* a version of the format that is out of use or unknown */
	PROBLEM_BACKING,    /* needs a backing or parent file */
	PROBLEM_EXTERNAL,   /* its data is in other files */
	PROBLEM_ENCRYPTED,  /* encrypted, LUKS included */
	PROBLEM_FEATURE,    /* an incompatible feature that not every reader has */
	PROBLEM_DIRTY,      /* not closed properly: dirty bit, log to be replayed */
	PROBLEM_CORRUPT,    /* marked corrupt by its writer */
	PROBLEM_METADATA,   /* tables outside the file, overlapping or misaligned */
	PROBLEM_TRUNCATED,  /* data that tables refer to lies beyond the end */
	PROBLEM_SNAPSHOTS,  /* holds internal snapshots */
	PROBLEM_SIZE,       /* a virtual size that is not a whole number of sectors, or zero */
	PROBLEM_DESCRIPTOR, /* VMDK: QEMU reads it; OpenStack's format_inspector does not */
};

struct disk_problem {
	enum disk_problem_kind kind;
	bool fatal;      /* disk_open() refuses the image for it */
	uint64_t offset; /* the place in the file, of the field or structure */
	char *text;      /* one line: what it is, with the values found */
};

/* Header fields of qcow2, as found, valid when `present`. */
struct qcow2_facts {
	bool present;
	uint32_t version;
	uint32_t header_length;
	uint32_t cluster_bits;
	uint32_t refcount_order;
	uint32_t crypt_method;
	uint32_t compression_type; /* 0: zlib, 1: zstd */
	uint64_t incompatible, compatible, autoclear;
	uint64_t l1_offset;
	uint32_t l1_entries;
	uint64_t refcount_offset;
	uint32_t refcount_clusters;
	uint32_t snapshots;
	char *backing_file;  /* NULL: none */
	char *data_file;     /* NULL: none named */
	uint64_t allocated;  /* data clusters that L2 tables refer to */
	uint64_t compressed; /* of them, compressed ones */
};

#define QCOW2_INCOMPAT_DIRTY       0x01
#define QCOW2_INCOMPAT_CORRUPT     0x02
#define QCOW2_INCOMPAT_DATA_FILE   0x04
#define QCOW2_INCOMPAT_COMPRESSION 0x08
#define QCOW2_INCOMPAT_EXTENDED_L2 0x10

struct disk_facts {
	enum disk_format format; /* the one that it would be opened as */
	unsigned matches;        /* 1u << FORMAT_... for each that matches */
	uint64_t file_size;      /* bytes */
	uint64_t stored;         /* bytes that the file occupies; holes are not */
	uint64_t virtual_size;   /* bytes that a guest sees; 0 while unknown */
	bool block_device;
	char *subformat; /* "monolithicSparse", "fixed", "dynamic" ...; NULL: none */
	struct qcow2_facts qcow2;
	struct disk_problem *problems; /* in the order found */
	size_t n_problems;
};

/*
 * Reads what the open file fd says about itself. Fails only when fd is neither
 * a regular file nor a block device or reading it fails; a bad header is a problem in
 * *facts, which the caller releases in either case. Reads at most a few MiB:
 * headers and, of qcow2, the L1 and L2 tables up to a limit.
 */
int disk_inspect(int fd, struct disk_facts *facts, struct err *err);

/* The same for bytes in memory: for tests. */
void disk_inspect_memory(const void *bytes, size_t len, struct disk_facts *facts);

/* The first problem of a kind, or NULL. */
const struct disk_problem *disk_facts_problem(
	const struct disk_facts *facts, enum disk_problem_kind kind);

/* Accepts a zeroed struct. */
void disk_facts_release(struct disk_facts *facts);
DEFINE_RELEASE(struct disk_facts, disk_facts_release)

#endif
