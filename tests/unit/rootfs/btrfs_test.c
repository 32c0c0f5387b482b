/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/btrfs where a mount says more than the trees: checksums of content, copies, old blocks, snapshots,
 * features, several devices, a log. What Linux does with each of these changes stands beside it.
 */
#include "guest_tree.h"

#define EDIT   "python3 tests/lib/btrfsedit.py \"$D\"/img "
#define FAMILY "SIGNATURE-OF-A-KERNEL"

struct image {
	const char *what, *make; /* mkfs.btrfs's options */
	const char *change;
	int code;   /* of opening it */
	int kernel; /* of reading /kernel then */
};

static struct disk *open_image(const struct image *i)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	CLEANUP(xfree)
	char *command = xasprintf("cd \"$D\" && rm -f img && truncate -s 128M img && "
				  "mkfs.btrfs -q -r t %s img >err 2>&1",
		i->make);
	struct disk *disk = NULL;

	if (!ok(sh(command) && sh(i->change), "%s", i->what))
		return NULL;
	disk_open_raw(path, &disk, NULL);
	return disk;
}

static int read_kernel(struct rootfs *fs)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	return rootfs_read_file(fs, "/kernel", 1 << 20, &text, NULL);
}

static const struct image images[] = {
	{ "content as it was written", "", ":", 0, 0 },
	{ "one byte of it is another: EIO", "", EDIT "spoil " FAMILY " 1", 0, -EIO },
	{ "by xxHash64", "--csum xxhash", ":", 0, 0 },
	{ "another byte", "--csum xxhash", EDIT "spoil " FAMILY " 1", 0, -EIO },
	{ "by SHA-256", "--csum sha256", ":", 0, 0 },
	{ "another byte", "--csum sha256", EDIT "spoil " FAMILY " 1", 0, -EIO },
	{ "by BLAKE2b", "--csum blake2", ":", 0, 0 },
	{ "another byte", "--csum blake2", EDIT "spoil " FAMILY " 1", 0, -EIO },
	{ "a file without checksums (nodatasum)", "",
		EDIT "flag kernel 1 && " EDIT "spoil " FAMILY " 1", 0, 0 },
	{ "a tree block of which one copy is old", "-m dup", EDIT "age 1", 0, 0 },
	{ "of which both are", "-m dup", EDIT "age 2", -EUCLEAN, 0 },
	{ "the only one is", "-m single", EDIT "age 1", -EUCLEAN, 0 },
	{ "a flag that a reader may ignore", "", EDIT "sb 180 8 +0x100000", 0, 0 },
	{ "simple quotas", "", EDIT "sb 188 8 +0x10000", 0, 0 },
	{ "a stripe tree", "", EDIT "sb 188 8 +0x4000", -ENOTSUP, 0 },
	{ "a feature to come", "", EDIT "sb 188 8 +0x8000000", -ENOTSUP, 0 },
	{ "a seed", "", EDIT "sb 56 8 +0x100000000", 0, 0 },
	{ "UUIDs half changed", "", EDIT "sb 56 8 +0x800000000", -ENOTSUP, 0 },
	{ "metadata without content", "", EDIT "sb 56 8 +0x200000000", -ENOTSUP, 0 },
	{ "an unknown checksum", "", EDIT "sb 196 2 4", -ENOTSUP, 0 },
	{ "a superblock of another place", "", EDIT "sb 48 8 67108864", -EUCLEAN, 0 },
	{ "a superblock older than its trees", "", EDIT "sb 72 8 1", -EUCLEAN, 0 },
	{ "one of two mirrors", "",
		"cd \"$D\" && truncate -s 128M img2 && "
		"mkfs.btrfs -q -f -m raid1 -d raid1 img img2 >err 2>&1 && rm img2",
		-ENXIO, 0 },
};

/* Two devices are one file system, whichever of them is asked; half of one is none. */
static void test_devices(const char *metadata)
{
	CLEANUP(xfree)
	char *command = xasprintf("cd \"$D\" && rm -f img img2 && truncate -s 256M img img2 && "
				  "mkfs.btrfs -q -f -m %s -d single img img2 >err 2>&1",
		metadata);
	struct disk *disks[2] = { NULL };
	bool made = ok(sh(command), "two devices, metadata %s", metadata);

	for (size_t i = 0; made && i < 2; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, i ? "img2" : "img");

		disk_open_raw(path, &disks[i], NULL);
	}
	for (size_t i = 0; made && i < 2; i++) {
		struct rootfs_source src = {
			.disk = disks[i], .type = "btrfs", .devices = disks, .n_devices = 2
		};
		struct rootfs *fs CLEANUP(rootfs_close) = NULL;
		struct rootfs_stat st;

		is_int(rootfs_open(&fs, &src, NULL), 0, "are opened");
		if (!fs)
			continue;
		is_int((int)rootfs_facts(fs)->devices, 2, "as two");
		is_int(rootfs_stat(fs, "/", &st, NULL), 0, "and read");
	}
	for (size_t i = 0; i < 2; i++)
		disk_close(disks[i]);
}

static void test_image(const struct image *i)
{
	struct disk *disk CLEANUP(disk_close) = open_image(i);
	struct rootfs_source src = { .disk = disk, .type = "btrfs" };
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;

	if (!disk)
		return;
	is_int(rootfs_open(&fs, &src, NULL), i->code, "opens, or does not");
	if (fs)
		is_int(read_kernel(fs), i->kernel, "its content");
}

/* A kernel that sees damage says so in the superblock; a log is what fsync() wrote since the last commit. */
static void test_facts(void)
{
	static const struct {
		const char *change;
		bool errors, dirty;
	} rows[] = { { ":", false, false }, { EDIT "sb 56 8 +4", true, false },
		{ EDIT "sb 96 8 30000000", false, true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct image image = { "facts", "", rows[i].change, 0, 0 };
		struct disk *disk CLEANUP(disk_close) = open_image(&image);
		struct rootfs_source src = { .disk = disk, .type = "btrfs" };
		struct rootfs *fs CLEANUP(rootfs_close) = NULL;

		if (!disk || !is_int(rootfs_open(&fs, &src, NULL), 0, "opens"))
			continue;
		is_int(rootfs_facts(fs)->errors, rows[i].errors, "errors");
		is_int(rootfs_facts(fs)->dirty_journal, rows[i].dirty, "a log");
		is_int(read_kernel(fs), rows[i].dirty ? -ENOTSUP : 0, "with one, no file is known");
	}
}

/* What a boot loader reads is what is there; Linux shows an empty folder, and finds the damage. */
static void test_snapshot(void)
{
	static const struct image image = { "a snapshot of the top, in it", "",
		EDIT "snapshot sub && " EDIT "spoil " FAMILY " 1", 0, 0 };
	struct disk *disk CLEANUP(disk_close) = open_image(&image);

	for (int loader = 0; disk && loader < 2; loader++) {
		struct rootfs_source src = {
			.disk = disk, .type = "btrfs", .subvolume = "/", .as_loader = loader
		};
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
		struct rootfs *fs CLEANUP(rootfs_close) = NULL;
		struct rootfs_stat st;

		if (!is_int(rootfs_open(&fs, &src, NULL), 0, loader ? "as GRUB" : "as Linux"))
			continue;
		ok(rootfs_exists(fs, "/sub/kernel"), "the subvolume is where it was made");
		is_int(rootfs_lstat(fs, "/sub/sub", &st, NULL), 0, "and its entry is in itself");
		is_int(st.type, ROOTFS_DIR, "which is a folder");
		is_int(rootfs_list(fs, "/sub/sub", &dir, NULL), 0, "that can be read");
		is_int(dir.n, loader ? 4 : 0, "and which it leads to");
		is_int(rootfs_exists(fs, "/sub/sub/kernel"), loader, "with its files");
		is_int(read_kernel(fs), loader ? 0 : -EIO, "the kernel");
	}
	for (int deep = 0; disk && deep < 2; deep++) {
		struct rootfs_source src = {
			.disk = disk, .type = "btrfs", .subvolume = deep ? "sub/sub" : "sub"
		};
		struct rootfs *fs CLEANUP(rootfs_close) = NULL;

		is_int(rootfs_open(&fs, &src, NULL), deep ? -ENOENT : 0, src.subvolume);
	}
}

/* subvolid= alone, and with subvol=: which number the subvolume 256 has is in btrfsedit.py. */
static void test_numbers(void)
{
	static const struct image image = { "a subvolume", "", EDIT "snapshot sub", 0, 0 };
	static const struct {
		const char *path;
		uint64_t id;
		int code;
		uint64_t shown;
	} rows[] = { { "", 256, 0, 256 }, { "", 5, 0, 5 }, { NULL, 256, 0, 256 },
		{ "sub", 256, 0, 256 }, { "/", 5, 0, 5 }, { "sub", 5, -ENOENT, 0 },
		{ "/", 256, -ENOENT, 0 }, { "", 257, -ENOENT, 0 }, { "", 255, -ENOENT, 0 },
		{ "", 2, -ENOENT, 0 }, { "no", 256, -ENOENT, 0 } };
	struct disk *disk CLEANUP(disk_close) = open_image(&image);

	for (size_t i = 0; disk && i < ARRAY_SIZE(rows); i++) {
		struct rootfs_source src = { .disk = disk,
			.type = "btrfs",
			.subvolume = rows[i].path,
			.subvolume_id = rows[i].id };
		struct rootfs *fs CLEANUP(rootfs_close) = NULL;

		ok(rootfs_open(&fs, &src, NULL) == rows[i].code, "subvol=%s,subvolid=%d: %d",
			rows[i].path ? rows[i].path : "", (int)rows[i].id, rows[i].code);
		if (fs)
			is_int((int)rootfs_facts(fs)->subvolume_id, (int)rows[i].shown, "is shown");
	}
}

int main(void)
{
	static const char *const profiles[] = { "single", "raid1", "raid0", "raid10" };

	requires("mkfs.btrfs python3");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	if (!ok(sh("cd \"$D\" && mkdir -p t/sub t/etc t/boot && for i in $(seq 900); do "
		   "printf " FAMILY "$i; done >t/kernel"),
		    "a tree"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		test_image(&images[i]);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		test_devices(profiles[i]);
	test_facts();
	test_numbers();
	test_snapshot();
	sh("rm -r \"$D\"");
	return tap_done();
}
