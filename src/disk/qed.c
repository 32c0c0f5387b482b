/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of QED (QEMU's docs/interop/qed_spec.rst), a format given up in
 * favour of qcow2: read by QEMU still, refused by OpenStack.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "disk/ops.h"

enum {
	HDR_CLUSTER_SIZE = 4,
	HDR_TABLE_SIZE = 8,
	HDR_FEATURES = 16,
	HDR_IMAGE_SIZE = 48,
};

#define L2_TABLES 50

#define FEATURE_BACKING    0x1
#define FEATURE_NEED_CHECK 0x2
#define FEATURES_KNOWN     0x7

int inspect_qed(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t hdr[64];
	uint64_t features;
	int ret = disk_read(d, 0, hdr, sizeof(hdr), err);

	if (ret < 0)
		return ret;
	f->virtual_size = le64(hdr + HDR_IMAGE_SIZE);
	features = le64(hdr + HDR_FEATURES);
	/* QEMU keeps an L1 table and several L2 tables of this size. */
	table_is_bounded(f,
		(uint64_t)le32(hdr + HDR_CLUSTER_SIZE) * le32(hdr + HDR_TABLE_SIZE) * L2_TABLES,
		HDR_CLUSTER_SIZE, "tables");
	problem_add(f, PROBLEM_VERSION, false, 0, "is in the format QED, superseded by qcow2");
	if (features & FEATURE_BACKING)
		problem_add(f, PROBLEM_BACKING, true, HDR_FEATURES, "refers to a backing file");
	if (features & FEATURE_NEED_CHECK)
		problem_add(f, PROBLEM_DIRTY, true, HDR_FEATURES,
			"was not closed properly (needs a check)");
	if (features & ~(uint64_t)FEATURES_KNOWN)
		problem_add(f, PROBLEM_FEATURE, true, HDR_FEATURES,
			"has features that are unknown: bits 0x%" PRIx64,
			features & ~(uint64_t)FEATURES_KNOWN);
	return 0;
}
