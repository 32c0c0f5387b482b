/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging what build was given. See input.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "build/input.h"
#include "disk/format.h"
#include "part/part.h"
#include "uefi/guids.h"

#define MIB ((uint64_t)1 << 20)

/* Types that libblkid calls file systems and that cannot be a root that build sets up. */
static const char *const unfit[] = { "vfat", "exfat", "ntfs", "iso9660", "udf", "squashfs", "erofs",
	"cramfs", "hfs", "hfsplus", "swap", "romfs", "apfs" };

static int judge_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		err_set(err, EISDIR, "%s: a folder, not a file system", path);
		return err_hint(err,
			"make one of it: truncate -s 2G rootfs.img && "
			"mke2fs -t ext4 -d %s rootfs.img",
			path);
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "%s: neither a file nor a block device", path);
	if (S_ISREG(st.st_mode) && st.st_size == 0) {
		err_set(err, EINVAL, "%s: empty", path);
		return err_hint(err, "build wants a file with one file system in it");
	}
	return 0;
}

/* Disk images, archives and compressed files are recognised by their headers. */
static int judge_container(const char *path, int fd, struct err *err)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	int ret = disk_inspect(fd, &facts, err);

	if (ret < 0 || facts.format == FORMAT_RAW || facts.format == FORMAT_LUKS)
		return ret;
	err_set(err, EINVAL, "%s: %s, not a bare file system", path,
		disk_format_name(facts.format));
	switch (facts.format) {
	case FORMAT_TAR:
		return err_hint(err, "unpack it into a folder and make a file system of that: "
				     "mke2fs -t ext4 -d FOLDER rootfs.img 2G");
	case FORMAT_GZIP:
	case FORMAT_XZ:
	case FORMAT_ZSTD:
	case FORMAT_BZIP2:
	case FORMAT_LZ4:
	case FORMAT_ZIP:
	case FORMAT_7Z:
	case FORMAT_SIMG:
		return err_hint(err, "uncompress it first");
	case FORMAT_ISO:
		return err_hint(err, "build makes no installation media");
	default:
		return err_hint(err,
			"if it is a bare file system inside: qemu-img convert -O raw "
			"%s rootfs.img; a whole disk is for: armvm-image check %s",
			path, path);
	}
}

/* Of a whole disk: how to cut out the partition that is most likely the root. */
static int whole_disk(const char *path, struct disk *disk, const char *table, struct err *err)
{
	struct part_table *t CLEANUP(part_table_free) = NULL;
	const struct part *root = NULL;

	if (part_read(disk, &t, NULL) < 0)
		t = NULL;
	for (size_t i = 0; t && i < t->n_parts; i++) {
		const struct uefi_part_type *type = uefi_part_type(t->parts[i].type);

		if (type && t->parts[i].size &&
			(type->role == UEFI_ROLE_ROOT || (type->role == UEFI_ROLE_LINUX && !root)))
			root = &t->parts[i];
	}
	err_set(err, EINVAL, "%s: a whole disk with a partition table (%s), not a file system",
		path, table);
	if (!root || root->start % MIB || root->size % MIB)
		return err_hint(err, "judge it with: armvm-image check %s", path);
	return err_hint(err,
		"judge it with: armvm-image check %s; or build from its partition %u alone: "
		"dd if=%s of=rootfs.img bs=1M skip=%" PRIu64 " count=%" PRIu64 " conv=sparse",
		path, root->index, path, root->start / MIB, root->size / MIB);
}

static int judge_content(
	const char *path, struct disk *disk, const struct part_blkid *what, struct err *err)
{
	if (what->ambivalent) {
		err_set(err, EINVAL, "%s: signatures of several file systems", path);
		return err_hint(err, "wipefs %s lists them; remove those that are left over", path);
	}
	if (what->table[0])
		return whole_disk(path, disk, what->table, err);
	if (!what->type[0]) {
		err_set(err, EINVAL, "%s: no file system that libblkid knows", path);
		return err_hint(err, "build wants a file with one file system in it");
	}
	if (strcmp(what->usage, "filesystem") != 0) {
		err_set(err, EINVAL, "%s: %s, not a file system", path, what->type);
		return err_hint(err, "build wants the bare file system that is inside");
	}
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		if (strcmp(what->type, unfit[i]) == 0) {
			err_set(err, ENOTSUP, "%s: %s cannot be the root of a Linux guest", path,
				what->type);
			return err_hint(err, "use ext4, xfs or btrfs");
		}
	return 0;
}

int input_open(struct input *input, const char *path, struct err *err)
{
	uint64_t off = 0;
	int ret = judge_file(path, err);

	if (ret == 0)
		ret = disk_open_raw(path, &input->disk, err);
	if (ret == 0)
		input->fd = disk_raw_fd(input->disk, &off);
	return ret;
}

int input_judge(struct disk *disk, const char *path, struct part_blkid *what, struct err *err)
{
	uint64_t off = 0;
	int fd = disk_raw_fd(disk, &off), ret = judge_container(path, fd, err);

	if (ret < 0)
		return ret;
	ret = part_blkid_fd(fd, 0, 0, what, err);
	if (ret == -EINVAL) {
		err_push(err, "%s: too small for a file system", path);
		return err_hint(err, "build wants a file with one file system in it");
	}
	return ret < 0 ? err_push(err, "%s", path) : judge_content(path, disk, what, err);
}

void input_release(struct input *input)
{
	if (input->disk)
		disk_close(input->disk);
	*input = (struct input){ .fd = -1 };
}
