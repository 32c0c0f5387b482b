/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes for tests: made by mkfs.fat and mtools in a temporary folder, mapped
 * privately so that a test can damage the bytes without touching the file, and
 * measured here by the test's own reading of the boot sector.
 */
#ifndef ARMVM_TESTS_VOLUME_H
#define ARMVM_TESTS_VOLUME_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "tap.h"

static char scratch[] = "/tmp/armvm-fat-test.XXXXXX";

static inline void scratch_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	if (system(command) != 0)
		perror("rm");
}

/* Enters a temporary folder; ends the program as skipped when a tool is missing. */
static inline void scratch_enter(void)
{
	setenv("MTOOLSRC", "/dev/null", 1);
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	setenv("TZ", "UTC", 1);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	requires("mkfs.fat fsck.fat mcopy");
	if (!mkdtemp(scratch) || chdir(scratch) != 0)
		exit(1);
	atexit(scratch_remove);
}

static inline bool shell(const char *command)
{
	int r = system(command);

	if (r != 0)
		printf("# exit %d: %s\n", r, command);
	return r == 0;
}

struct volume {
	uint8_t *p;
	size_t len;
	struct disk *disk;
	/* by the test's own reading */
	size_t sector, cluster, fat, fat_len, data;
	unsigned type;
};

static inline struct volume volume_map(const char *path, unsigned type)
{
	struct volume v = { .type = type };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(1);
	v.len = (size_t)st.st_size;
	v.p = mmap(NULL, v.len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (v.p == MAP_FAILED)
		exit(1);
	v.disk = disk_from_memory(v.p, v.len);
	v.sector = le16(v.p + 11);
	v.cluster = v.sector * v.p[13];
	v.fat = v.sector * le16(v.p + 14);
	v.fat_len = v.sector * (type == 32 ? le32(v.p + 36) : le16(v.p + 22));
	v.data = v.fat + 2 * v.fat_len + 32u * le16(v.p + 17);
	return v;
}

static inline void volume_unmap(struct volume *v)
{
	disk_close(v->disk);
	munmap(v->p, v->len);
}

/* The 32-byte entry whose 11 bytes of short name these are, wherever it stands. */
static inline uint8_t *volume_entry(struct volume *v, const char *name)
{
	for (size_t i = v->fat + 2 * v->fat_len; i + 32 <= v->len; i += 32)
		if (memcmp(v->p + i, name, 11) == 0)
			return v->p + i;
	printf("Bail out! no entry %s\n", name);
	exit(1);
}

static inline uint32_t entry_cluster(const uint8_t *e)
{
	return le16(e + 26) | (uint32_t)le16(e + 20) << 16;
}

/* Sets an entry of both FATs of a FAT16 or FAT32 volume. */
static inline void volume_link(struct volume *v, uint32_t cluster, uint32_t value)
{
	for (size_t copy = 0; copy < 2; copy++) {
		uint8_t *fat = v->p + v->fat + copy * v->fat_len;

		if (v->type == 32)
			put_le32(fat + 4 * cluster, value);
		else
			put_le16(fat + 2 * cluster, (uint16_t)value);
	}
}

static inline uint32_t volume_linked(const struct volume *v, uint32_t cluster)
{
	const uint8_t *fat = v->p + v->fat;

	return v->type == 32 ? le32(fat + 4 * cluster) : le16(fat + 2 * cluster);
}

#endif
