/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the tables of a qcow2 image (docs/interop/qcow2.txt: L1 and L2
 * tables, reference counts) point to clusters inside the file, aligned, and
 * not onto each other. Reads the L1 table, the reference count table and L2
 * tables up to a limit; reference counts themselves are left to qemu-img
 * check. The tables of internal snapshots are not followed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define HDR_L1_OFFSET       40
#define HDR_REFCOUNT_OFFSET 48

#define OFFSET_MASK   0x00fffffffffffe00ull
#define L2_COMPRESSED (1ull << 62)
#define REFCOUNT_MASK 0xfffffffffffffe00ull

/* What QEMU allows for each table, and what is read of them here. */
#define MAX_L1_BYTES        (32u << 20)
#define MAX_REFTABLE_BYTES  (8u << 20)
#define READ_L1_BYTES       (1u << 20)
#define READ_L2_BYTES       (8u << 20)
/* The map of metadata clusters has a bit for each cluster of the file, at most this many. */
#define MAX_MAPPED_CLUSTERS (16u << 20)
/* Of one kind of fault only this many are reported one by one. */
#define MAX_REPORTED        4

struct tables {
	struct disk *d;
	struct disk_facts *f;
	unsigned bits; /* of a cluster */
	uint64_t n_clusters;
	uint8_t *map; /* a bit for each cluster that holds metadata; NULL: the file is too large */
	unsigned reported[PROBLEM_SIZE + 1];
};

static void add_problem(struct tables *t, enum disk_problem_kind kind, uint64_t at,
	const char *what, uint64_t target, const char *how)
{
	if (t->reported[kind]++ < MAX_REPORTED)
		problem_add(t->f, kind, false, at,
			"%s at offset %" PRIu64 " points to %" PRIu64 ": %s", what, at, target,
			how);
}

static bool is_metadata(const struct tables *t, uint64_t cluster)
{
	return t->map && cluster < t->n_clusters && t->map[cluster / 8] >> cluster % 8 & 1;
}

/* Claims the clusters of a table for it; false when one is taken. */
static bool claim(struct tables *t, uint64_t off, uint64_t len)
{
	uint64_t first = off >> t->bits, last = (off + len - 1) >> t->bits;
	bool free_before = true;

	for (uint64_t c = first; t->map && c <= last && c < t->n_clusters; c++) {
		free_before &= !is_metadata(t, c);
		t->map[c / 8] |= (uint8_t)(1u << c % 8);
	}
	return free_before;
}

/* A pointer from a table to another: aligned, inside, free. Returns whether it can be followed. */
static bool check_pointer(
	struct tables *t, uint64_t at, const char *what, uint64_t target, uint64_t len)
{
	if (target & ((1ull << t->bits) - 1)) {
		add_problem(t, PROBLEM_METADATA, at, what, target, "not at the start of a cluster");
		return false;
	}
	if (!range_within(target, len, t->f->file_size)) {
		add_problem(t, PROBLEM_TRUNCATED, at, what, target,
			target < t->f->file_size ? "a table that the file ends in"
						 : "beyond the end of the file");
		return false;
	}
	if (!claim(t, target, len)) {
		add_problem(t, PROBLEM_METADATA, at, what, target, "another table is there");
		return false;
	}
	return true;
}

/* An entry that refers to data. */
static void check_data(struct tables *t, uint64_t at, uint64_t entry)
{
	unsigned shift = 62 - (t->bits - 8);
	uint64_t target = entry & OFFSET_MASK;

	if (entry & L2_COMPRESSED) {
		target = entry & ((1ull << shift) - 1);
		t->f->qcow2.compressed++;
	} else if (!target) {
		return;
	} else if (target & ((1ull << t->bits) - 1)) {
		add_problem(t, PROBLEM_METADATA, at, "the L2 entry", target,
			"not at the start of a cluster");
		return;
	}
	t->f->qcow2.allocated++;
	if (target >= t->f->file_size)
		add_problem(t, PROBLEM_TRUNCATED, at, "the L2 entry", target,
			"beyond the end of the file");
	else if (is_metadata(t, target >> t->bits))
		add_problem(t, PROBLEM_METADATA, at, "the L2 entry", target, "a table is there");
}

/* Reads up to len bytes; what is beyond the end of the file reads as zeroes, as QEMU has it. */
static int read_padded(struct disk *d, uint64_t off, uint8_t *buf, size_t len, struct err *err)
{
	size_t there = len;

	if (off >= d->size)
		there = 0;
	else if (d->size - off < len)
		there = (size_t)(d->size - off);
	memset(buf + there, 0, len - there);
	return disk_read(d, there ? off : 0, buf, there, err);
}

static int check_l2(struct tables *t, uint64_t off, uint8_t *buf, struct err *err)
{
	size_t len = (size_t)1 << t->bits;
	size_t step = t->f->qcow2.incompatible & QCOW2_INCOMPAT_EXTENDED_L2 ? 16 : 8;
	int ret = read_padded(t->d, off, buf, len, err);

	for (size_t i = 0; ret == 0 && i < len; i += step)
		check_data(t, off + i, be64(buf + i));
	return ret;
}

/* Claims every L2 table first, so that data which lies on one is seen whatever their order. */
static int check_l1(struct tables *t, uint64_t *l2, size_t *n_l2, struct err *err)
{
	const struct qcow2_facts *q = &t->f->qcow2;
	uint64_t len = (uint64_t)q->l1_entries * 8, target;
	uint8_t entries[4096];
	size_t part;
	int ret;

	if (len > READ_L1_BYTES)
		len = READ_L1_BYTES;
	for (uint64_t done = 0; done < len; done += part) {
		part = len - done < sizeof(entries) ? (size_t)(len - done) : sizeof(entries);
		ret = read_padded(t->d, q->l1_offset + done, entries, part, err);
		if (ret < 0)
			return ret;
		for (size_t i = 0; i < part; i += 8) {
			target = be64(entries + i) & OFFSET_MASK;
			if (target && check_pointer(t, q->l1_offset + done + i, "the L1 entry",
					      target, 1ull << t->bits))
				l2[(*n_l2)++] = target;
		}
	}
	return 0;
}

static int check_refcount_table(struct tables *t, struct err *err)
{
	const struct qcow2_facts *q = &t->f->qcow2;
	uint64_t len = (uint64_t)q->refcount_clusters << t->bits, target;
	uint8_t entries[4096];
	int ret;

	/* The table has no more entries than the file needs, whatever room it was given. */
	if (len > READ_L1_BYTES)
		len = READ_L1_BYTES;
	for (uint64_t done = 0; done < len; done += sizeof(entries)) {
		ret = read_padded(t->d, q->refcount_offset + done, entries, sizeof(entries), err);
		if (ret < 0)
			return ret;
		for (size_t i = 0; i < sizeof(entries) && done + i < len; i += 8) {
			target = be64(entries + i) & REFCOUNT_MASK;
			if (target)
				check_pointer(t, q->refcount_offset + done + i,
					"the reference count table's entry", target,
					1ull << t->bits);
		}
	}
	return 0;
}

/* The two tables that the header points to. False when L2 tables cannot be reached. */
static bool check_header_tables(struct tables *t)
{
	const struct qcow2_facts *q = &t->f->qcow2;
	uint64_t l2_entries = (1ull << t->bits) /
			      (q->incompatible & QCOW2_INCOMPAT_EXTENDED_L2 ? 16 : 8);
	uint64_t covered = l2_entries << t->bits, l1 = (uint64_t)q->l1_entries * 8;
	uint64_t need = t->f->virtual_size / covered + (t->f->virtual_size % covered != 0);
	uint64_t reftable = (uint64_t)q->refcount_clusters << t->bits;
	uint64_t misaligned = (1ull << t->bits) - 1;
	bool good = true;

	claim(t, 0, q->header_length);
	if (l1 > MAX_L1_BYTES || q->l1_entries < need || q->l1_offset & misaligned ||
		(l1 && !q->l1_offset) || !range_within(q->l1_offset, l1, t->f->file_size)) {
		problem_add(t->f, PROBLEM_METADATA, true, HDR_L1_OFFSET,
			"the L1 table (%" PRIu32 " entries at offset %" PRIu64 ") %s",
			q->l1_entries, q->l1_offset,
			q->l1_entries < need ? "is too small for the virtual size"
					     : "is too large, misaligned or outside the file");
		good = false;
	}
	if (!q->refcount_clusters || reftable > MAX_REFTABLE_BYTES ||
		q->refcount_offset & misaligned || !q->refcount_offset ||
		q->refcount_offset >= t->f->file_size) {
		problem_add(t->f, PROBLEM_METADATA, true, HDR_REFCOUNT_OFFSET,
			"the reference count table (%" PRIu32 " clusters at offset %" PRIu64
			") is missing, too large, misaligned or outside the file",
			q->refcount_clusters, q->refcount_offset);
		good = false;
	}
	if (!good)
		return false;
	if ((l1 && !claim(t, q->l1_offset, l1)) || !claim(t, q->refcount_offset, reftable))
		problem_add(t->f, PROBLEM_METADATA, false, HDR_L1_OFFSET,
			"the L1 table, the reference count table and the header overlap");
	return true;
}

int inspect_qcow2_tables(struct disk *d, struct disk_facts *f, struct err *err)
{
	struct tables t = { .d = d, .f = f, .bits = f->qcow2.cluster_bits };
	uint8_t *map CLEANUP(xfree) = NULL;
	uint8_t *buf CLEANUP(xfree) = NULL;
	uint64_t *l2 CLEANUP(xfree) = NULL;
	size_t n_l2 = 0, limit = READ_L2_BYTES >> t.bits;
	int ret;

	t.n_clusters = (f->file_size >> t.bits) + 1;
	if (t.n_clusters <= MAX_MAPPED_CLUSTERS)
		t.map = map = xcalloc(t.n_clusters / 8 + 1, 1);
	/* Data in another file is not at places in this one. */
	if (!check_header_tables(&t) || disk_facts_problem(f, PROBLEM_EXTERNAL))
		return 0;
	l2 = xcalloc(READ_L1_BYTES / 8, sizeof(*l2));
	buf = xmalloc((size_t)1 << t.bits);
	ret = check_refcount_table(&t, err);
	if (ret == 0)
		ret = check_l1(&t, l2, &n_l2, err);
	for (size_t i = 0; ret == 0 && i < n_l2 && i < limit; i++)
		ret = check_l2(&t, l2[i], buf, err);
	return ret;
}
