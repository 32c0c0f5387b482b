/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of qcow2 (QEMU's docs/interop/qcow2.txt), versions 2 and 3, and
 * of its ancestor qcow. Tables are qcow2_tables.c's. Header extensions other
 * than the data file's name, bitmaps for one, change nothing for a reader and
 * are passed over. All integers are big-endian.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

enum {
	HDR_VERSION = 4,
	HDR_BACKING_OFFSET = 8,
	HDR_BACKING_SIZE = 16,
	HDR_CLUSTER_BITS = 20,
	HDR_SIZE = 24,
	HDR_CRYPT_METHOD = 32,
	HDR_L1_SIZE = 36,
	HDR_L1_OFFSET = 40,
	HDR_REFCOUNT_OFFSET = 48,
	HDR_REFCOUNT_CLUSTERS = 56,
	HDR_SNAPSHOTS = 60,
	HDR_V2_LENGTH = 72,
	HDR_INCOMPATIBLE = 72,
	HDR_COMPATIBLE = 80,
	HDR_AUTOCLEAR = 88,
	HDR_REFCOUNT_ORDER = 96,
	HDR_LENGTH = 100,
	HDR_V3_LENGTH = 104,
	HDR_COMPRESSION = 104,
};

#define EXTENSION_DATA_FILE 0x44415441u
#define MAX_NAME            1023u
#define MAX_EXTENSIONS      64

#define KNOWN_INCOMPATIBLE 0x1full

/* A name inside the file as a string without surprises for a terminal; NULL when out of bounds. */
static char *name_at(struct disk *d, uint64_t off, uint32_t len)
{
	uint8_t bytes[MAX_NAME + 1] = { 0 };

	if (len > MAX_NAME || !range_within(off, len, d->size) ||
		disk_read(d, off, bytes, len, NULL) < 0)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			bytes[i] = bytes[i] ? '?' : '\0';
	return xstrdup((char *)bytes);
}

static void note_backing(struct disk *d, struct disk_facts *f, const uint8_t *hdr)
{
	uint64_t off = be64(hdr + HDR_BACKING_OFFSET);

	if (!off)
		return;
	f->qcow2.backing_file = name_at(d, off, be32(hdr + HDR_BACKING_SIZE));
	if (!f->qcow2.backing_file) {
		f->qcow2.backing_file = xstrdup("");
		problem_add(f, PROBLEM_BACKING, true, HDR_BACKING_OFFSET,
			"refers to a backing file whose name is out of bounds");
		return;
	}
	problem_add(f, PROBLEM_BACKING, true, HDR_BACKING_OFFSET, "refers to a backing file: %s",
		f->qcow2.backing_file);
}

static void note_features(struct disk_facts *f)
{
	const struct qcow2_facts *q = &f->qcow2;
	uint64_t unknown = q->incompatible & ~KNOWN_INCOMPATIBLE;

	if (unknown)
		problem_add(f, PROBLEM_FEATURE, true, HDR_INCOMPATIBLE,
			"has incompatible features that are unknown: bits 0x%" PRIx64, unknown);
	if (q->incompatible & QCOW2_INCOMPAT_EXTENDED_L2)
		problem_add(f, PROBLEM_FEATURE, false, HDR_INCOMPATIBLE,
			"uses extended L2 entries (incompatible bit 4), which OpenStack refuses");
	if (q->incompatible & QCOW2_INCOMPAT_DIRTY)
		problem_add(f, PROBLEM_DIRTY, true, HDR_INCOMPATIBLE,
			"was not closed properly (dirty bit): reference counts may be wrong");
	if (q->incompatible & QCOW2_INCOMPAT_CORRUPT)
		problem_add(f, PROBLEM_CORRUPT, true, HDR_INCOMPATIBLE,
			"was marked corrupt by the program that wrote it");
}

/* The name in the data file extension, when there is one. */
static void find_data_file(struct disk *d, struct disk_facts *f)
{
	uint64_t off = f->qcow2.header_length;
	uint8_t ext[8];
	uint32_t type, len;

	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		if (!range_within(off, sizeof(ext), d->size) ||
			disk_read(d, off, ext, sizeof(ext), NULL) < 0)
			return;
		type = be32(ext);
		len = be32(ext + 4);
		if (!type)
			return;
		off += sizeof(ext);
		if (type == EXTENSION_DATA_FILE) {
			f->qcow2.data_file = name_at(d, off, len);
			return;
		}
		off += ((uint64_t)len + 7) & ~7ull;
	}
}

static void note_data_file(struct disk *d, struct disk_facts *f)
{
	find_data_file(d, f);
	if (!(f->qcow2.incompatible & QCOW2_INCOMPAT_DATA_FILE) && !f->qcow2.data_file)
		return;
	problem_add(f, PROBLEM_EXTERNAL, true, HDR_INCOMPATIBLE,
		"keeps its data in another file: %s",
		f->qcow2.data_file && *f->qcow2.data_file ? f->qcow2.data_file : "(not named)");
}

static void load_header(struct qcow2_facts *q, const uint8_t *hdr)
{
	q->version = be32(hdr + HDR_VERSION);
	q->cluster_bits = be32(hdr + HDR_CLUSTER_BITS);
	q->crypt_method = be32(hdr + HDR_CRYPT_METHOD);
	q->l1_entries = be32(hdr + HDR_L1_SIZE);
	q->l1_offset = be64(hdr + HDR_L1_OFFSET);
	q->refcount_offset = be64(hdr + HDR_REFCOUNT_OFFSET);
	q->refcount_clusters = be32(hdr + HDR_REFCOUNT_CLUSTERS);
	q->snapshots = be32(hdr + HDR_SNAPSHOTS);
	q->header_length = HDR_V2_LENGTH;
	q->refcount_order = 4;
	if (q->version < 3)
		return;
	q->incompatible = be64(hdr + HDR_INCOMPATIBLE);
	q->compatible = be64(hdr + HDR_COMPATIBLE);
	q->autoclear = be64(hdr + HDR_AUTOCLEAR);
	q->refcount_order = be32(hdr + HDR_REFCOUNT_ORDER);
	q->header_length = be32(hdr + HDR_LENGTH);
	if (q->header_length > HDR_COMPRESSION)
		q->compression_type = hdr[HDR_COMPRESSION];
}

/* Fields that no reader can go on with when they are wrong. Returns whether it can. */
static bool header_makes_sense(struct disk_facts *f)
{
	const struct qcow2_facts *q = &f->qcow2;
	size_t before = f->n_problems;

	if (q->cluster_bits < 9 || q->cluster_bits > 21)
		problem_add(f, PROBLEM_HEADER, true, HDR_CLUSTER_BITS,
			"clusters of 2^%" PRIu32 " bytes; 2^9 to 2^21 are possible",
			q->cluster_bits);
	else if (q->header_length > 1u << q->cluster_bits || q->header_length % 8)
		problem_add(f, PROBLEM_HEADER, true, HDR_LENGTH, "a header of %" PRIu32 " bytes",
			q->header_length);
	if (q->version >= 3 && q->header_length < HDR_V3_LENGTH)
		problem_add(f, PROBLEM_HEADER, true, HDR_LENGTH,
			"a header of %" PRIu32 " bytes; version 3 has at least %d",
			q->header_length, HDR_V3_LENGTH);
	if (q->refcount_order > 6)
		problem_add(f, PROBLEM_HEADER, true, HDR_REFCOUNT_ORDER,
			"reference counts of 2^%" PRIu32 " bits; 2^6 are possible",
			q->refcount_order);
	if (q->crypt_method > 2)
		problem_add(f, PROBLEM_HEADER, true, HDR_CRYPT_METHOD,
			"encryption method %" PRIu32 ", which does not exist", q->crypt_method);
	if (q->compression_type > 1 ||
		(q->compression_type && !(q->incompatible & QCOW2_INCOMPAT_COMPRESSION)))
		problem_add(f, PROBLEM_HEADER, true, HDR_COMPRESSION,
			"compression type %" PRIu32 " %s", q->compression_type,
			q->compression_type > 1 ? "does not exist" : "without its feature bit");
	return f->n_problems == before;
}

int inspect_qcow2(struct disk *d, struct disk_facts *f, struct err *err)
{
	struct qcow2_facts *q = &f->qcow2;
	uint8_t hdr[512];
	int ret = disk_read(d, 0, hdr, sizeof(hdr), err);

	if (ret < 0)
		return ret;
	load_header(q, hdr);
	q->present = true;
	f->virtual_size = be64(hdr + HDR_SIZE);
	f->subformat = xasprintf("version %" PRIu32, q->version);
	if (q->version < 2 || q->version > 3) {
		problem_add(f, PROBLEM_VERSION, true, HDR_VERSION,
			"is qcow2 version %" PRIu32 "; 2 and 3 exist", q->version);
		return 0;
	}
	if (q->version == 2)
		problem_add(f, PROBLEM_VERSION, false, HDR_VERSION,
			"is qcow2 version 2 (compat=0.10), superseded by 3 in 2012");
	note_backing(d, f, hdr);
	note_features(f);
	if (q->crypt_method == 1 || q->crypt_method == 2)
		problem_add(f, PROBLEM_ENCRYPTED, true, HDR_CRYPT_METHOD, "is encrypted (%s)",
			q->crypt_method == 1 ? "AES" : "LUKS");
	if (!header_makes_sense(f)) {
		f->virtual_size = 0;
		return 0;
	}
	note_data_file(d, f);
	if (q->snapshots)
		problem_add(f, PROBLEM_SNAPSHOTS, false, HDR_SNAPSHOTS,
			"holds internal snapshots: %" PRIu32, q->snapshots);
	return inspect_qcow2_tables(d, f, err);
}

enum {
	QCOW_BACKING_OFFSET = 8,
	QCOW_SIZE = 24,
	QCOW_CLUSTER_BITS = 32,
	QCOW_L2_BITS = 33,
	QCOW_CRYPT_METHOD = 36,
};

int inspect_qcow(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t hdr[48];
	unsigned covered;
	int ret = disk_read(d, 0, hdr, sizeof(hdr), err);

	if (ret < 0)
		return ret;
	f->virtual_size = be64(hdr + QCOW_SIZE);
	/* Bits of an offset that an entry of the L1 table leaves. */
	covered = hdr[QCOW_CLUSTER_BITS] + hdr[QCOW_L2_BITS];
	table_is_bounded(f, covered < 61 ? (f->virtual_size >> covered) * 8 : 0, QCOW_CLUSTER_BITS,
		"L1 table");
	problem_add(f, PROBLEM_VERSION, false, HDR_VERSION,
		"is in the format qcow (version 1), out of use since 2008");
	if (be64(hdr + QCOW_BACKING_OFFSET))
		problem_add(
			f, PROBLEM_BACKING, true, QCOW_BACKING_OFFSET, "refers to a backing file");
	if (be32(hdr + QCOW_CRYPT_METHOD))
		problem_add(f, PROBLEM_ENCRYPTED, true, QCOW_CRYPT_METHOD, "is encrypted");
	return 0;
}
