/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The footer of VPC (VHD), Microsoft's Virtual Hard Disk Image Format
 * Specification of 2006: at the end of the file, and of a dynamic disk also at
 * its start. Integers are big-endian.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

enum {
	FOOTER_SIZE = 512,
	FOOTER_DATA_OFFSET = 16,
	FOOTER_CURRENT_SIZE = 48,
	FOOTER_TYPE = 60,
	FOOTER_CHECKSUM = 64,
};

enum {
	TYPE_FIXED = 2,
	TYPE_DYNAMIC = 3,
	TYPE_DIFFERENCING = 4
};

#define DYNAMIC_HEADER_SIZE 1024
#define DYNAMIC_ENTRIES     28

/* The complement of the sum of all bytes, the checksum's own left out. */
static uint32_t checksum(const uint8_t *footer)
{
	uint32_t sum = 0;

	for (int i = 0; i < FOOTER_SIZE; i++)
		if (i < FOOTER_CHECKSUM || i >= FOOTER_CHECKSUM + 4)
			sum += footer[i];
	return ~sum;
}

/* The footer: the copy at the start when there is one, as QEMU chooses. */
static int load_footer(struct disk *d, uint8_t *footer, uint64_t *at, struct err *err)
{
	int ret = disk_read(d, *at = 0, footer, FOOTER_SIZE, err);

	if (ret == 0 && memcmp(footer, "conectix", 8) != 0)
		ret = disk_read(d, *at = disk_size(d) - FOOTER_SIZE, footer, FOOTER_SIZE, err);
	return ret;
}

static int check_dynamic(struct disk *d, struct disk_facts *f, uint64_t header, struct err *err)
{
	uint8_t head[DYNAMIC_ENTRIES + 4];
	int ret = 0;

	if (!range_within(header, DYNAMIC_HEADER_SIZE, f->file_size)) {
		problem_add(f, PROBLEM_HEADER, true, FOOTER_DATA_OFFSET,
			"the dynamic disk header at offset %" PRIu64 " is outside the file",
			header);
		return 0;
	}
	ret = disk_read(d, header, head, sizeof(head), err);
	if (ret < 0)
		return ret;
	if (memcmp(head, "cxsparse", 8) != 0)
		problem_add(f, PROBLEM_HEADER, true, header,
			"there is no dynamic disk header at offset %" PRIu64, header);
	else
		table_is_bounded(f, (uint64_t)be32(head + DYNAMIC_ENTRIES) * 4,
			header + DYNAMIC_ENTRIES, "block allocation table");
	return 0;
}

int inspect_vpc(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t footer[FOOTER_SIZE];
	uint64_t at;
	uint32_t type;
	int ret = load_footer(d, footer, &at, err);

	if (ret < 0)
		return ret;
	f->virtual_size = be64(footer + FOOTER_CURRENT_SIZE);
	type = be32(footer + FOOTER_TYPE);
	f->subformat = xstrdup(type == TYPE_FIXED          ? "fixed"
			       : type == TYPE_DYNAMIC      ? "dynamic"
			       : type == TYPE_DIFFERENCING ? "differencing"
							   : "");
	if (checksum(footer) != be32(footer + FOOTER_CHECKSUM))
		problem_add(f, PROBLEM_METADATA, false, at + FOOTER_CHECKSUM,
			"the footer's checksum is wrong");
	if (type == TYPE_DIFFERENCING)
		problem_add(f, PROBLEM_BACKING, true, at + FOOTER_TYPE,
			"is a differencing disk, which needs its parent");
	else if (type == TYPE_DYNAMIC)
		return check_dynamic(d, f, be64(footer + FOOTER_DATA_OFFSET), err);
	else if (type != TYPE_FIXED)
		problem_add(f, PROBLEM_HEADER, true, at + FOOTER_TYPE,
			"is of type %" PRIu32 ", which does not exist", type);
	else if (f->virtual_size > f->file_size - FOOTER_SIZE)
		problem_add(f, PROBLEM_TRUNCATED, true, at + FOOTER_CURRENT_SIZE,
			"is %" PRIu64 " bytes short of its size",
			f->virtual_size - (f->file_size - FOOTER_SIZE));
	return 0;
}
