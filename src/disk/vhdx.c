/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers and the metadata region of VHDX ([MS-VHDX], section 2): whether
 * there is a log to be replayed, whether it has a parent, and its size. The
 * block allocation table and the log itself are not read.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/guid.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define HEADER_1     (64u << 10)
#define HEADER_2     (128u << 10)
#define HEADER_SIZE  4096u
#define REGIONS      (192u << 10)
#define REGIONS_SIZE 65536u
#define MAX_ENTRIES  2047u

enum {
	HDR_CHECKSUM = 4,
	HDR_SEQUENCE = 8,
	HDR_LOG_GUID = 48,
	HDR_VERSION = 66,
	REGIONS_COUNT = 8,
	REGIONS_FIRST = 16,
	REGION_ENTRY = 32,
	REGION_OFFSET = 16,
	REGION_LENGTH = 24,
	METADATA_COUNT = 10,
	METADATA_FIRST = 32,
	METADATA_ENTRY = 32,
	ITEM_OFFSET = 16,
	PARAMETERS_BITS = 4,
};

#define PARAMETER_HAS_PARENT 2u

static const char allocation_region[] = "2dc27766-f623-4200-9d64-115e9bfd4a08";
static const char metadata_region[] = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
static const char item_parameters[] = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
static const char item_disk_size[] = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";

/* CRC-32C (Castagnoli) with the four bytes of the checksum taken as zero. */
static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= i >= HDR_CHECKSUM && i < HDR_CHECKSUM + 4 ? 0 : p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* Of one of the texts above. */
static struct guid known_guid(const char *text)
{
	struct guid g = { { 0 } };

	return guid_parse(text, &g) ? g : (struct guid){ { 0 } };
}

/* The valid header with the higher sequence number; false when neither is valid. */
static bool load_header(struct disk *d, uint8_t *best, uint64_t *at)
{
	uint8_t hdr[HEADER_SIZE];
	bool found = false;

	for (uint64_t off = HEADER_1; off <= HEADER_2; off += HEADER_2 - HEADER_1) {
		if (disk_read(d, off, hdr, sizeof(hdr), NULL) < 0 || memcmp(hdr, "head", 4) != 0 ||
			(!FUZZING && crc32c(hdr, sizeof(hdr)) != le32(hdr + HDR_CHECKSUM)))
			continue;
		if (found && le64(hdr + HDR_SEQUENCE) <= le64(best + HDR_SEQUENCE))
			continue;
		memcpy(best, hdr, sizeof(hdr));
		*at = off;
		found = true;
	}
	return found;
}

/* Where the metadata region is, after a look at the size of the block allocation table's; false when the region table does not say. */
static bool find_metadata(struct disk *d, struct disk_facts *f, uint64_t *off)
{
	const struct guid allocation = known_guid(allocation_region),
			  metadata = known_guid(metadata_region);
	bool found = false, good = false;
	uint8_t *table CLEANUP(xfree) = xmalloc(REGIONS_SIZE);
	const uint8_t *entry;
	uint32_t n;

	if (disk_read(d, REGIONS, table, REGIONS_SIZE, NULL) < 0 || memcmp(table, "regi", 4) != 0)
		return false;
	n = le32(table + REGIONS_COUNT);
	if (n > MAX_ENTRIES)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		entry = table + REGIONS_FIRST + i * REGION_ENTRY;
		if (guid_eq(guid_load(entry), allocation))
			table_is_bounded(f, le32(entry + REGION_LENGTH),
				REGIONS + REGIONS_FIRST + i * REGION_ENTRY + REGION_LENGTH,
				"block allocation table");
		if (found || !guid_eq(guid_load(entry), metadata))
			continue;
		found = true;
		*off = le64(entry + REGION_OFFSET);
		good = range_within(*off, le32(entry + REGION_LENGTH), disk_size(d));
	}
	return good;
}

static void read_item(struct disk *d, struct disk_facts *f, uint64_t at, const uint8_t *entry,
	const struct guid *size, const struct guid *parameters)
{
	uint8_t value[8] = { 0 };

	if (!checked_add(at, le32(entry + ITEM_OFFSET), &at) ||
		disk_read(d, at, value, sizeof(value), NULL) < 0)
		return;
	if (guid_eq(guid_load(entry), *size))
		f->virtual_size = le64(value);
	else if (guid_eq(guid_load(entry), *parameters) &&
		 le32(value + PARAMETERS_BITS) & PARAMETER_HAS_PARENT)
		problem_add(f, PROBLEM_BACKING, true, at,
			"is a differencing disk, which needs its "
			"parent");
}

static void read_metadata(struct disk *d, struct disk_facts *f, uint64_t at)
{
	const struct guid size = known_guid(item_disk_size),
			  parameters = known_guid(item_parameters);
	uint8_t *table CLEANUP(xfree) = xmalloc(REGIONS_SIZE);
	uint16_t n;

	if (disk_read(d, at, table, REGIONS_SIZE, NULL) < 0 || memcmp(table, "metadata", 8) != 0) {
		problem_add(f, PROBLEM_HEADER, true, at,
			"there is no metadata table at offset "
			"%" PRIu64,
			at);
		return;
	}
	n = le16(table + METADATA_COUNT);
	for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++)
		read_item(
			d, f, at, table + METADATA_FIRST + i * METADATA_ENTRY, &size, &parameters);
}

int inspect_vhdx(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t hdr[HEADER_SIZE];
	uint64_t at = 0, metadata;

	(void)err;
	if (!load_header(d, hdr, &at)) {
		problem_add(f, PROBLEM_HEADER, true, HEADER_1, "neither VHDX header is valid");
		return 0;
	}
	if (le16(hdr + HDR_VERSION) != 1)
		problem_add(f, PROBLEM_VERSION, true, at + HDR_VERSION,
			"is VHDX version %u; only 1 is known", le16(hdr + HDR_VERSION));
	if (!guid_is_zero(guid_load(hdr + HDR_LOG_GUID)))
		problem_add(f, PROBLEM_DIRTY, true, at + HDR_LOG_GUID,
			"was not closed properly: its log must be replayed");
	if (!find_metadata(d, f, &metadata)) {
		problem_add(f, PROBLEM_HEADER, true, REGIONS,
			"the region table does not say where the metadata is");
		return 0;
	}
	read_metadata(d, f, metadata);
	return 0;
}
