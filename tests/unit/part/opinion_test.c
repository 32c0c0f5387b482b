/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/opinion: that libparted and libblkid read a disk in memory, that
 * libparted's questions are noted and not asked, and that libblkid distinguishes file
 * systems from disks, at an offset too.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk/disk.h"
#include "gpt_bytes.h"
#include "part/opinion.h"
#include "tap.h"

static bool ignores_advice; /* as qemu-user does */

int madvise(void *p, size_t len, int advice)
{
	return ignores_advice ? 0 : (int)syscall(SYS_madvise, p, len, advice);
}

static void parted(unsigned ss)
{
	CLEANUP(part_parted_release) struct part_parted p = { .label = "" };
	CLEANUP(disk_close) struct disk *disk = NULL;
	struct err err = { 0 };
	struct gpt_bytes g;

	gb_init(&g, ss, 128, 0);
	/* U+00F6, whatever the locale of this test */
	gb_entry(&g, 0, 2)[58] = gb_entry(&g, 1, 2)[58] = 0xf6;
	gb_fix(&g);
	disk = disk_from_memory(g.b, g.size);
	is_int(part_parted_disk(disk, ss, &p, &err), 0, "libparted reads a disk in memory");
	is_str(p.label, "gpt", "it sees a GPT");
	is_int(p.complaints.n, 0, "and has nothing to say");
	ok(p.n_parts == 2 && p.parts[0].index == 1 && p.parts[0].first_lba == (1 << 20) / ss &&
			p.parts[0].sectors == (1 << 20) / ss && p.parts[0].esp,
		"it sees the ESP");
	ok(p.n_parts == 2 && p.parts[1].index == 2 && !p.parts[1].esp &&
			strcmp(p.parts[1].name, "L\303\266") == 0,
		"and the other partition");
	gb_release(&g);
}

static void parted_complains(void)
{
	CLEANUP(part_parted_release) struct part_parted p = { .label = "" };
	CLEANUP(disk_close) struct disk *disk = NULL;
	struct err err = { 0 };
	struct gpt_bytes g;

	gb_init(&g, 512, 128, 0);
	gb_header(&g, 1)[0] = 'e';
	disk = disk_from_memory(g.b, g.size);
	is_int(part_parted_disk(disk, 512, &p, &err), 0, "a broken backup is an answer");
	ok(p.complaints.n > 0 && strstr(p.complaints.v[0], "backup"), "libparted says so: %s",
		p.complaints.n ? p.complaints.v[0] : "nothing");
	is_int(p.n_parts, 2, "and goes on with the primary");
	gb_release(&g);
}

static void blkid_of_disk(void)
{
	CLEANUP(disk_close) struct disk *disk = NULL;
	struct part_blkid b;
	struct err err = { 0 };
	struct gpt_bytes g;

	gb_init(&g, 512, 128, 0);
	disk = disk_from_memory(g.b, g.size);
	is_int(part_blkid_disk(disk, &b, &err), 0, "libblkid reads a disk in memory");
	is_str(b.table, "gpt", "it sees a GPT");
	is_str(b.table_uuid, "d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1", "its GUID");
	ok(!*b.type && !b.ambivalent, "and no file system");
	gb_release(&g);
}

static int temporary(char path[32], const char *command)
{
	char line[256];
	int fd;

	strcpy(path, "/tmp/armvm-blkid-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, 8 << 20) != 0)
		abort();
	snprintf(line, sizeof(line), command, path);
	if (system(line) != 0)
		printf("# failed: %s\n", line);
	unlink(path);
	return fd;
}

static void blkid_of_files(void)
{
	/* A squashfs in ext4's boot block. */
	static const uint8_t squashfs[32] = { 'h', 's', 'q', 's', [28] = 4 };
	char path[32];
	struct part_blkid b;
	struct err err = { 0 };
	int fd = temporary(path,
		"mke2fs -q -F -t ext4 -L guest -U 5a3ab1e0-0000-4000-8000-000000000002 "
		"-E offset=1048576 %s 4M >/dev/null 2>&1");

	is_int(part_blkid_fd(fd, 1048576, 4194304, &b, &err), 0, "libblkid probes at an offset");
	is_str(b.type, "ext4", "it sees ext4");
	is_str(b.usage, "filesystem", "which is a file system");
	is_str(b.uuid, "5a3ab1e0-0000-4000-8000-000000000002", "its UUID");
	is_str(b.label, "guest", "its label");
	is_str(b.table, "", "and no table");
	is_int(part_blkid_fd(fd, 0, 0, &b, &err), 0, "at the beginning");
	ok(!*b.type && !*b.table && !b.ambivalent, "there is nothing");
	if (pwrite(fd, squashfs, sizeof(squashfs), 1048576) < 0)
		abort();
	is_int(part_blkid_fd(fd, 1048576, 4194304, &b, &err), 0, "with the signature of another");
	ok(b.ambivalent && !*b.type, "it is ambivalent, and no file system");
	close(fd);
}

int main(void)
{
	parted(512);
	parted(4096);
	parted_complains();
	ignores_advice = true;
	parted(4096);
	parted(512);
	ignores_advice = false;
	blkid_of_disk();
	if (tap_has("file systems", "mke2fs"))
		blkid_of_files();
	return tap_done();
}
