/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/write: that what is written pleases sgdisk, sfdisk and parted, holds
 * what was asked for, is the same each time, and that nonsense is refused.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "part/write.h"
#include "tap.h"
#include "uefi/guids.h"

#define DISK_SIZE (UINT64_C(64) << 20)

static struct guid guid_of(const char *text)
{
	struct guid g = { { 0 } };

	ok(guid_parse(text, &g), "%s is a GUID", text);
	return g;
}

static struct part_spec specs[2];

static struct part_layout sample_layout(unsigned ss)
{
	struct part_layout l = {
		.disk_size = DISK_SIZE, .sector_size = ss, .parts = specs, .n_parts = 2
	};

	l.disk_guid = guid_of("11111111-2222-4333-8444-555555555555");
	specs[0] = (struct part_spec){ .type = guid_of(UEFI_PART_ESP),
		.guid = guid_of("aaaaaaaa-2222-4333-8444-555555555555"),
		.name = "ESP",
		.first_lba = (1 << 20) / ss,
		.sectors = (32 << 20) / ss };
	specs[1] = (struct part_spec){ .type = guid_of(UEFI_PART_ROOT_ARM64),
		.guid = guid_of("bbbbbbbb-2222-4333-8444-555555555555"),
		.name = "r\303\266\303\266t",
		.first_lba = (33 << 20) / ss,
		.sectors = (30 << 20) / ss,
		.attrs = UINT64_C(1) << 59 };
	return l;
}

/* A command of this program's, with %s for the image, succeeds. */
static void agrees(const char *program, const char *format, const char *path, const char *what)
{
	char command[256];

	if (!tap_has(what, program))
		return;
	snprintf(command, sizeof(command), format, path);
	ok(system(command) == 0, "%s", what);
}

static void oracles(void)
{
	char path[] = "/tmp/armvm-gpt-XXXXXX";
	struct part_layout l = sample_layout(512);
	struct err err = { 0 };
	int fd = mkstemp(path);

	ok(fd >= 0 && ftruncate(fd, DISK_SIZE) == 0, "a file of the disk's size");
	is_int(part_write_fd(&l, fd, &err), 0, "a GPT is written to it");
	close(fd);
	agrees("sgdisk", "sgdisk -v %s | grep -q 'No problems found'", path, "sgdisk -v agrees");
	agrees("sgdisk", "sgdisk -i 2 %s | grep -q \"^Partition name: 'r\303\266\303\266t'\"", path,
		"sgdisk reads the name");
	agrees("sfdisk", "sfdisk --verify %s | grep -q 'No errors detected'", path,
		"sfdisk --verify agrees");
	agrees("sfdisk", "sfdisk -J %s | grep -q BBBBBBBB-2222-4333-8444-555555555555", path,
		"sfdisk reads the GUID");
	agrees("sfdisk", "sfdisk --part-attrs %s 2 | grep -q GUID:59", path,
		"sfdisk reads the attribute");
	agrees("parted", "parted -sm %s unit s print | grep -q '^2:67584s:129023s:'", path,
		"parted reads the partition's place");
	agrees("parted", "test -z \"$(parted -sm %s print 2>&1 >/dev/null)\"", path,
		"parted has nothing to say");
	unlink(path);
}

static void bytes(unsigned ss)
{
	struct part_layout l = sample_layout(ss);
	CLEANUP(buf_release) struct buf head = BUF_INIT, tail = BUF_INIT, again = BUF_INIT;
	static const uint8_t protective[] = { 0, 0, 2, 0, 0xee };
	struct err err = { 0 };
	const uint8_t *h;

	is_int(part_write_tables(&l, &head, &tail, &err), 0, "tables are made");
	is_int(head.len, 2 * ss + 16384, "the head is MBR, header and entries");
	is_int(tail.len, ss + 16384, "the tail is entries and header");
	h = buf_bytes(&head);
	ok(memcmp(h + 446, protective, sizeof(protective)) == 0 && le32(h + 454) == 1,
		"the protective record begins as Glance wants it");
	is_int(le32(h + 458), DISK_SIZE / ss - 1, "and covers the disk");
	ok(h[510] == 0x55 && h[511] == 0xaa, "the MBR is signed");
	ok(memcmp(h + ss, "EFI PART", 8) == 0, "the primary header is in LBA 1");
	ok(memcmp(buf_bytes(&tail) + 16384, "EFI PART", 8) == 0, "the backup header is last");
	ok(memcmp(h + 2 * ss, buf_bytes(&tail), 16384) == 0, "both arrays are the same");
	is_int(part_write_tables(&l, &again, &again, &err), 0, "made a second time");
	ok(again.len == head.len + tail.len &&
			memcmp(buf_bytes(&again), buf_bytes(&head), head.len) == 0 &&
			memcmp(buf_bytes(&again) + head.len, buf_bytes(&tail), tail.len) == 0,
		"they are the same bytes");
}

static void refused(const char *what, const struct part_layout *l)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT, tail = BUF_INIT;
	struct err err = { 0 };

	is_int(part_write_tables(l, &head, &tail, &err), -22, what);
	ok(err.text[0] != '\0', "with a reason: %s", err.text);
}

static void nonsense(void)
{
	struct part_layout l = sample_layout(512), small = l, odd = l;
	struct part_spec before = specs[1];

	small.disk_size = 65536 - 32768;
	refused("a disk too small for a GPT", &small);
	odd.disk_size += 100;
	refused("a disk that ends within a sector", &odd);
	specs[1].first_lba = 4096;
	refused("overlapping partitions", &l);
	specs[1] = before;
	specs[1].sectors = UINT64_MAX;
	refused("a partition beyond the disk", &l);
	specs[1] = before;
	specs[1].first_lba = 1;
	refused("a partition over the table", &l);
	specs[1] = before;
	memset(&specs[1].guid, 0, sizeof(specs[1].guid));
	refused("a partition without a GUID", &l);
	specs[1] = before;
	specs[1].name = "a name of thirty-six characters, one too many";
	refused("a name that does not fit", &l);
	specs[1].name = "\377";
	refused("a name that is not UTF-8", &l);
}

int main(void)
{
	oracles();
	bytes(512);
	bytes(4096);
	nonsense();
	return tap_done();
}
