/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of VDI, VirtualBox's format, as QEMU's block/vdi.c describes it.
 * The block map is read up to a limit, for blocks beyond the end of the file.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/guid.h"
#include "base/xalloc.h"
#include "disk/ops.h"

enum {
	HDR_VERSION = 0x44,
	HDR_TYPE = 0x4c,
	HDR_MAP_OFFSET = 0x154,
	HDR_DATA_OFFSET = 0x158,
	HDR_DISK_SIZE = 0x170,
	HDR_BLOCK_SIZE = 0x178,
	HDR_BLOCKS = 0x180,
	HDR_UUID_LINK = 0x1a8,
	HDR_UUID_PARENT = 0x1b8,
	HDR_END = 0x1c8,
};

#define VERSION_1_1 0x00010001u

enum {
	TYPE_DYNAMIC = 1,
	TYPE_FIXED = 2
};

#define MAP_NONE 0xfffffffeu /* this and the next: not allocated, all zeroes */

#define READ_MAP_BYTES (1u << 20)

static int check_map(struct disk *d, struct disk_facts *f, const uint8_t *hdr, struct err *err)
{
	uint64_t map = le32(hdr + HDR_MAP_OFFSET), data = le32(hdr + HDR_DATA_OFFSET);
	uint64_t block = le32(hdr + HDR_BLOCK_SIZE), len = (uint64_t)le32(hdr + HDR_BLOCKS) * 4;
	uint8_t entries[4096];
	size_t part;
	int ret;

	if (!range_within(map, len, f->file_size)) {
		problem_add(f, PROBLEM_METADATA, true, HDR_MAP_OFFSET,
			"the block map (%" PRIu64 " bytes at offset %" PRIu64
			") reaches beyond the end of the file",
			len, map);
		return 0;
	}
	if (!table_is_bounded(f, len, HDR_BLOCKS, "block map"))
		return 0;
	if (len > READ_MAP_BYTES)
		len = READ_MAP_BYTES;
	for (uint64_t done = 0; done < len; done += part) {
		part = len - done < sizeof(entries) ? (size_t)(len - done) : sizeof(entries);
		ret = disk_read(d, map + done, entries, part, err);
		if (ret < 0)
			return ret;
		for (size_t i = 0; i < part; i += 4) {
			uint32_t index = le32(entries + i);

			if (index >= MAP_NONE || data + index * block < f->file_size)
				continue;
			problem_add(f, PROBLEM_TRUNCATED, false, map + done + i,
				"block %" PRIu32 " lies beyond the end of the file", index);
			return 0;
		}
	}
	return 0;
}

int inspect_vdi(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t hdr[512];
	uint32_t type;
	int ret = disk_read(d, 0, hdr, sizeof(hdr), err);

	if (ret < 0)
		return ret;
	f->virtual_size = le64(hdr + HDR_DISK_SIZE);
	type = le32(hdr + HDR_TYPE);
	f->subformat = xstrdup(type == TYPE_DYNAMIC ? "dynamic"
			       : type == TYPE_FIXED ? "fixed"
						    : "");
	if (le32(hdr + HDR_VERSION) != VERSION_1_1) {
		problem_add(f, PROBLEM_VERSION, true, HDR_VERSION,
			"is VDI version 0x%08" PRIx32 "; only 1.1 is known",
			le32(hdr + HDR_VERSION));
		return 0;
	}
	if (type != TYPE_DYNAMIC && type != TYPE_FIXED)
		problem_add(f, PROBLEM_BACKING, true, HDR_TYPE,
			"is of type %" PRIu32 " (undo or differencing), which needs a parent",
			type);
	else if (!guid_is_zero(guid_load(hdr + HDR_UUID_LINK)) ||
		 !guid_is_zero(guid_load(hdr + HDR_UUID_PARENT)))
		problem_add(f, PROBLEM_BACKING, true, HDR_UUID_LINK, "names a parent image");
	return check_map(d, f, hdr, err);
}
