/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk/format: formats distinguished, and headers made by hand of which one field
 * at a time is hostile. Every header also survives being cut short at each byte.
 */
#include <errno.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/format.h"
#include "tap.h"

#define CLUSTER    512u
#define QCOW2_SIZE (6 * CLUSTER)

/* Clusters: header, reference count table, its block, L1, L2, data. */
static void make_qcow2(uint8_t *p)
{
	memset(p, 0, QCOW2_SIZE);
	memcpy(p, "QFI\xfb", 4);
	put_be32(p + 4, 3);
	put_be32(p + 20, 9);
	put_be64(p + 24, CLUSTER * 32);
	put_be32(p + 36, 1);
	put_be64(p + 40, 3 * CLUSTER);
	put_be64(p + 48, 1 * CLUSTER);
	put_be32(p + 56, 1);
	put_be32(p + 96, 4);
	put_be32(p + 100, 104);
	put_be64(p + 1 * CLUSTER, 2 * CLUSTER);
	put_be64(p + 3 * CLUSTER, 4 * CLUSTER | 1ull << 63);
	put_be64(p + 4 * CLUSTER, 5 * CLUSTER | 1ull << 63);
}

/*
 * Cut short at every byte: it is of another format, or something is wrong with
 * it. From `needed` bytes on only data of the last block is missing, and that is for nobody to see.
 */
static void cut_everywhere(const uint8_t *p, size_t len, enum disk_format format, size_t needed)
{
	size_t other = 0, wrong = 0, good = 0;

	for (size_t n = 0; n < len; n++) {
		/* Its own block, so that ASan sees a read beyond the end. */
		uint8_t *copy CLEANUP(xfree) = xmemdup(p, n);
		struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };

		disk_inspect_memory(copy, n, &facts);
		if (facts.format != format)
			other++;
		else if (facts.n_problems)
			wrong++;
		else if (n < needed)
			good++;
	}
	ok(other + wrong >= needed && !good,
		"cut short, %zu are of another format, %zu wrong, and %zu as if they were whole",
		other, wrong, good);
}

static void test_good_qcow2(void)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	uint8_t p[QCOW2_SIZE];

	make_qcow2(p);
	disk_inspect_memory(p, sizeof(p), &facts);
	is_int(facts.format, FORMAT_QCOW2, "a qcow2 is known");
	is_int(facts.matches, 1 << FORMAT_QCOW2, "as nothing else");
	is_int(facts.n_problems, 0, "and nothing is wrong with it");
	if (facts.n_problems)
		printf("# %s\n", facts.problems[0].text);
	is_int(facts.virtual_size, CLUSTER * 32, "its size");
	is_int(facts.qcow2.allocated, 1, "one cluster holds data");
	cut_everywhere(p, sizeof(p), FORMAT_QCOW2, 5 * CLUSTER + 1);
}

static const struct {
	const char *what;
	unsigned at, width; /* bytes: 4 or 8 */
	uint64_t value;
	enum disk_problem_kind kind;
	bool fatal;
} bad_qcow2[] = {
	{ "version 4", 4, 4, 4, PROBLEM_VERSION, true },
	{ "version 2", 4, 4, 2, PROBLEM_VERSION, false },
	{ "a backing file beyond the end", 8, 8, 1 << 20, PROBLEM_BACKING, true },
	{ "a backing file with an offset that wraps", 8, 8, UINT64_MAX, PROBLEM_BACKING, true },
	{ "tiny clusters", 20, 4, 8, PROBLEM_HEADER, true },
	{ "huge clusters", 20, 4, 4000000000u, PROBLEM_HEADER, true },
	{ "no size", 24, 8, 0, PROBLEM_SIZE, true },
	{ "half a sector", 24, 8, CLUSTER * 63 + 1, PROBLEM_SIZE, false },
	{ "an L1 table too small for the size", 24, 8, 1ull << 60, PROBLEM_METADATA, true },
	{ "AES encryption", 32, 4, 1, PROBLEM_ENCRYPTED, true },
	{ "LUKS encryption", 32, 4, 2, PROBLEM_ENCRYPTED, true },
	{ "another encryption", 32, 4, 3, PROBLEM_HEADER, true },
	{ "an L1 table of 32 GiB", 36, 4, UINT32_MAX, PROBLEM_METADATA, true },
	{ "an L1 table beyond the end", 40, 8, 6 * CLUSTER, PROBLEM_METADATA, true },
	{ "an L1 table that wraps", 40, 8, UINT64_MAX & ~511ull, PROBLEM_METADATA, true },
	{ "a misaligned L1 table", 40, 8, 3 * CLUSTER + 8, PROBLEM_METADATA, true },
	{ "an L1 table over the header", 40, 8, 0, PROBLEM_METADATA, true },
	{ "no reference counts", 48, 8, 0, PROBLEM_METADATA, true },
	{ "reference counts beyond the end", 48, 8, 1ull << 40, PROBLEM_METADATA, true },
	{ "a reference count table of 2 TiB", 56, 4, UINT32_MAX, PROBLEM_METADATA, true },
	{ "a snapshot", 60, 4, 1, PROBLEM_SNAPSHOTS, false },
	{ "the dirty bit", 72, 8, 1, PROBLEM_DIRTY, true },
	{ "the corrupt bit", 72, 8, 2, PROBLEM_CORRUPT, true },
	{ "an external data file", 72, 8, 4, PROBLEM_EXTERNAL, true },
	{ "extended L2 entries", 72, 8, 16, PROBLEM_FEATURE, false },
	{ "an unknown feature", 72, 8, 1ull << 63, PROBLEM_FEATURE, true },
	{ "wide reference counts", 96, 4, 7, PROBLEM_HEADER, true },
	{ "a short header", 100, 4, 96, PROBLEM_HEADER, true },
	{ "a header longer than a cluster", 100, 4, 1024, PROBLEM_HEADER, true },
	{ "a data file's name", 104, 8, 0x4441544100000004, PROBLEM_EXTERNAL, true },
	{ "a reference count block beyond the end", 512, 8, 1 << 20, PROBLEM_TRUNCATED, false },
	{ "an L2 table beyond the end", 3 * CLUSTER, 8, 1 << 20, PROBLEM_TRUNCATED, false },
	{ "an L2 table over the L1 table", 3 * CLUSTER, 8, 3 * CLUSTER, PROBLEM_METADATA, false },
	{ "data beyond the end", 4 * CLUSTER, 8, 1 << 20, PROBLEM_TRUNCATED, false },
	{ "data over the L2 table", 4 * CLUSTER, 8, 4 * CLUSTER, PROBLEM_METADATA, false },
	{ "compressed data beyond the end", 4 * CLUSTER, 8, 1ull << 62 | 1 << 20, PROBLEM_TRUNCATED,
		false },
};

static void test_bad_qcow2(void)
{
	uint8_t p[QCOW2_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(bad_qcow2); i++) {
		struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
		const struct disk_problem *problem;

		make_qcow2(p);
		if (bad_qcow2[i].width == 4)
			put_be32(p + bad_qcow2[i].at, (uint32_t)bad_qcow2[i].value);
		else
			put_be64(p + bad_qcow2[i].at, bad_qcow2[i].value);
		disk_inspect_memory(p, sizeof(p), &facts);
		problem = disk_facts_problem(&facts, bad_qcow2[i].kind);
		ok(problem && problem->fatal == bad_qcow2[i].fatal, "%s: %s", bad_qcow2[i].what,
			problem ? problem->text : "not seen");
		is_int(facts.n_problems, 1, "and nothing else is said");
		for (size_t j = 0; facts.n_problems > 1 && j < facts.n_problems; j++)
			printf("# %s\n", facts.problems[j].text);
	}
}

static void test_names(void)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	uint8_t p[QCOW2_SIZE];

	make_qcow2(p);
	put_be64(p + 8, 400);
	put_be32(p + 16, 9);
	memcpy(p + 400, "../\033[2Jab", 9);
	disk_inspect_memory(p, sizeof(p), &facts);
	is_str(facts.qcow2.backing_file, "../?[2Jab",
		"a name does not reach the terminal as it is");
	disk_facts_release(&facts);
	put_be32(p + 16, UINT32_MAX);
	disk_inspect_memory(p, sizeof(p), &facts);
	is_str(facts.qcow2.backing_file, "", "nor does one of 4 GiB");
	disk_facts_release(&facts);
	make_qcow2(p);
	/* An extension of 4 GiB, and then a loop of empty ones. */
	put_be64(p + 104, 0x12345678ffffffff);
	disk_inspect_memory(p, sizeof(p), &facts);
	is_int(facts.n_problems, 0, "an extension that reaches beyond the end ends the list");
}

static struct disk_facts inspect_at(size_t at, const char *magic, size_t n)
{
	static uint8_t p[40960];
	struct disk_facts facts;

	memset(p, 0, sizeof(p));
	memcpy(p + at, magic, n);
	disk_inspect_memory(p, sizeof(p), &facts);
	return facts;
}

static void test_magics(void)
{
	static const struct {
		enum disk_format format;
		size_t at;
		const char *magic;
		size_t n;
		bool opens;
	} rows[] = {
		{ FORMAT_RAW, 0, "\xeb\x3c\x90", 3, true },
		{ FORMAT_RAW, 510, "\x55\xaa", 2, true },
		{ FORMAT_RAW, 512, "EFI PART", 8, true },
		{ FORMAT_ISO, 0x8001, "CD001", 5, true },
		{ FORMAT_QCOW, 0, "QFI\xfb\0\0\0\1", 8, false },
		{ FORMAT_QED, 0, "QED\0", 4, false },
		{ FORMAT_VMDK, 0, "KDMV", 4, false },
		{ FORMAT_VMDK, 0, "COWD", 4, false },
		{ FORMAT_VMDK, 0, "# Disk DescriptorFile\n", 22, false },
		{ FORMAT_VDI, 0x40, "\x7f\x10\xda\xbe", 4, false },
		{ FORMAT_VHDX, 0, "vhdxfile", 8, false },
		{ FORMAT_VPC, 0, "conectix", 8, false },
		{ FORMAT_VPC, 40960 - 512, "conectix", 8, false },
		{ FORMAT_DMG, 40960 - 512, "koly", 4, false },
		{ FORMAT_LUKS, 0, "LUKS\xba\xbe", 6, false },
		{ FORMAT_TAR, 257, "ustar", 5, false },
		{ FORMAT_GZIP, 0, "\x1f\x8b\x08", 3, false },
		{ FORMAT_XZ, 0, "\xfd\x37zXZ\0", 6, false },
		{ FORMAT_ZSTD, 0, "\x28\xb5\x2f\xfd", 4, false },
		{ FORMAT_BZIP2, 0, "BZh9", 4, false },
		{ FORMAT_LZ4, 0, "\x04\x22\x4d\x18", 4, false },
		{ FORMAT_ZIP, 0, "PK\3\4", 4, false },
		{ FORMAT_7Z, 0, "7z\xbc\xaf\x27\x1c", 6, false },
		{ FORMAT_PARALLELS, 0, "WithoutFreeSpace", 16, false },
		{ FORMAT_PARALLELS, 0, "WithouFreSpacExt", 16, false },
		{ FORMAT_RAW, 0, "WithoutFreeSpac", 15, true },
		{ FORMAT_BOCHS, 0, "Bochs Virtual HD Image", 22, false },
		{ FORMAT_CLOOP, 0, "#!/bin/sh\n#V2.0 Format\n", 23, false },
		{ FORMAT_RAW, 0, "#!/bin/sh\n#V2.1 Format\n", 23, true },
		{ FORMAT_SIMG, 0, "\x3a\xff\x26\xed", 4, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct disk_facts facts CLEANUP(disk_facts_release) = inspect_at(
			rows[i].at, rows[i].magic, rows[i].n);
		bool fatal = false;

		is_str(disk_format_name(facts.format), disk_format_name(rows[i].format),
			disk_format_name(rows[i].format));
		is_int(facts.matches, 1 << rows[i].format, "and nothing else");
		for (size_t j = 0; j < facts.n_problems; j++)
			fatal |= facts.problems[j].fatal;
		is_int(fatal, !rows[i].opens, rows[i].opens ? "opens" : "does not open as it is");
	}
}

static void test_ambiguous(void)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	uint8_t p[QCOW2_SIZE + 512] = { 0 };
	const struct disk_problem *problem;

	make_qcow2(p);
	memcpy(p + QCOW2_SIZE, "conectix", 8);
	disk_inspect_memory(p, sizeof(p), &facts);
	problem = disk_facts_problem(&facts, PROBLEM_AMBIGUOUS);
	ok(problem && problem->fatal, "a file of two formats is refused: %s",
		problem ? problem->text : "not seen");
	is_int(facts.matches, 1 << FORMAT_QCOW2 | 1 << FORMAT_VPC, "and both are named");
}

/* The sparse header and its descriptor, in 4 sectors. */
static struct disk_facts inspect_vmdk_with(const char *descriptor, bool truncate)
{
	uint8_t p[2048] = "KDMV";
	struct disk_facts facts;

	put_le32(p + 4, 1);
	put_le64(p + 12, 128);
	put_le64(p + 28, 1);
	put_le64(p + 36, 2);
	put_le64(p + 56, 3);
	memcpy(p + 73, "\n \r\n", 4);
	memcpy(p + 512, descriptor, strlen(descriptor));
	disk_inspect_memory(p, sizeof(p), &facts);
	if (truncate)
		cut_everywhere(p, sizeof(p), FORMAT_VMDK, 3 * 512 + 1);
	return facts;
}

static void test_vmdk(void)
{
	static const struct {
		const char *what, *descriptor;
		enum disk_problem_kind kind;
	} bad[] = {
		{ "a parent", "parentCID=12345678\ncreateType=\"monolithicSparse\"\n",
			PROBLEM_BACKING },
		{ "a flat extent",
			"parentCID=ffffffff\ncreateType=\"monolithicSparse\"\n"
			"RW 128 FLAT \"/etc/shadow\" 0\n",
			PROBLEM_EXTERNAL },
		{ "two extents",
			"parentCID=ffffffff\ncreateType=\"monolithicSparse\"\n"
			"RW 64 SPARSE \"a\"\nRW 64 SPARSE \"b\"\n",
			PROBLEM_EXTERNAL },
		{ "another type", "parentCID=ffffffff\n createType = \"monolithicFlat\"\n",
			PROBLEM_EXTERNAL },
		{ "no type", "parentCID=ffffffff\n", PROBLEM_EXTERNAL },
	};
	struct disk_facts good CLEANUP(disk_facts_release) = inspect_vmdk_with(
		"# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\n"
		"createType=\"monolithicSparse\"\nRW 128 SPARSE \"x.vmdk\"\n",
		true);

	is_int(good.n_problems, 0, "a whole VMDK is fine");
	is_int(good.virtual_size, 65536, "its size");
	is_str(good.subformat, "monolithicSparse", "its type");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct disk_facts facts CLEANUP(disk_facts_release) = inspect_vmdk_with(
			bad[i].descriptor, false);
		const struct disk_problem *problem = disk_facts_problem(&facts, bad[i].kind);

		ok(problem && problem->fatal, "%s: %s", bad[i].what,
			problem ? problem->text : "not seen");
	}
}

/* A descriptor alone is a text of any length; what it leads to has a size, and is the one thing that is wrong. */
static void test_descriptor(void)
{
	static const char text[] = "# Disk DescriptorFile\nparentCID=ffffffff\n"
				   "createType=\"twoGbMaxExtentFlat\"\nRW 128 FLAT \"a\" 0\n"
				   "RW 64 FLAT \"b\" 0\n";
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };

	disk_inspect_memory(text, strlen(text), &facts);
	is_int(facts.n_problems, 1, "a short descriptor has one problem");
	ok(disk_facts_problem(&facts, PROBLEM_EXTERNAL), "its data is in other files");
	is_int(facts.virtual_size, 192 * 512, "its size is that of its extents");
	disk_facts_release(&facts);
	disk_inspect_memory("# Disk DescriptorFile\ncreateType=\"monolithicFlat\"\n", 50, &facts);
	ok(disk_facts_problem(&facts, PROBLEM_EXTERNAL) &&
			!disk_facts_problem(&facts, PROBLEM_SIZE),
		"without extents its size is not known");
	disk_facts_release(&facts);
	disk_inspect_memory("KDMV\1\0\0\0", 8, &facts);
	is_int(facts.n_problems, 1, "a short header has one problem");
	ok(disk_facts_problem(&facts, PROBLEM_HEADER), "it is cut short");
}

static void test_vdi(void)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	uint8_t p[1536] = { 0 };

	put_le32(p + 0x40, 0xbeda107f);
	put_le32(p + 0x44, 0x00010001);
	put_le32(p + 0x4c, 1);
	put_le32(p + 0x154, 512);
	put_le32(p + 0x158, 1024);
	put_le64(p + 0x170, 1 << 20);
	put_le32(p + 0x178, 1 << 20);
	put_le32(p + 0x180, 1);
	disk_inspect_memory(p, sizeof(p), &facts);
	is_int(facts.n_problems, 0, "a VDI is fine");
	cut_everywhere(p, sizeof(p), FORMAT_VDI, 1024 + 1);
	put_le32(p + 512, 1);
	p[0x1b8] = 1;
	disk_facts_release(&facts);
	disk_inspect_memory(p, sizeof(p), &facts);
	ok(disk_facts_problem(&facts, PROBLEM_BACKING), "a parent is seen");
	ok(disk_facts_problem(&facts, PROBLEM_TRUNCATED), "a block beyond the end is seen");
	put_le32(p + 0x180, UINT32_MAX);
	disk_facts_release(&facts);
	disk_inspect_memory(p, sizeof(p), &facts);
	ok(disk_facts_problem(&facts, PROBLEM_METADATA), "a map of 16 GiB is seen");
}

static void test_vpc(void)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	uint8_t p[4096] = { 0 };

	memcpy(p + 3584, "conectix", 8);
	put_be64(p + 3584 + 48, 3584);
	put_be32(p + 3584 + 60, 4);
	disk_inspect_memory(p, sizeof(p), &facts);
	ok(disk_facts_problem(&facts, PROBLEM_BACKING), "a differencing VHD is seen");
	ok(disk_facts_problem(&facts, PROBLEM_METADATA), "and its wrong checksum");
	put_be32(p + 3584 + 60, 2);
	put_be64(p + 3584 + 48, 1 << 20);
	disk_facts_release(&facts);
	disk_inspect_memory(p, sizeof(p), &facts);
	ok(disk_facts_problem(&facts, PROBLEM_TRUNCATED), "a fixed VHD cut short is seen");
	cut_everywhere(p, sizeof(p), FORMAT_VPC, sizeof(p));
}

int main(void)
{
	test_good_qcow2();
	test_bad_qcow2();
	test_names();
	test_magics();
	test_ambiguous();
	test_vmdk();
	test_descriptor();
	test_vdi();
	test_vpc();
	return tap_done();
}
