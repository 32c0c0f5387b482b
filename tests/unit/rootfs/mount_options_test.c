/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/mount_options: subvol= and subvolid= as Linux reads them, and which options a file system refuses.
 */
#include "rootfs/mount_options.h"

#include <string.h>

#include "base/xalloc.h"
#include "tap.h"

static void test_subvolumes(void)
{
	static const struct {
		const char *options, *path;
		uint64_t id;
		bool bad;
	} rows[] = {
		{ NULL, NULL, 0, false },
		{ "ro,noatime", NULL, 0, false },
		{ "subvol=@", "@", 0, false },
		{ "ro,subvol=@/a b,noatime", "@/a b", 0, false },
		{ "subvol=@,subvol=@b", "@b", 0, false },
		{ "subvol=@,subvol=", "@", 0, false },
		{ "xsubvol=@,subvolid", NULL, 0, false },
		{ "subvolid=256", NULL, 256, false },
		{ "subvolid=256,subvolid=257", NULL, 257, false },
		{ "subvolid=0", NULL, 5, false },
		{ "subvolid=0x100", NULL, 256, false },
		{ "subvolid=0400", NULL, 256, false },
		{ "subvolid=+7", NULL, 7, false },
		{ "subvolid=@", NULL, 0, true },
		{ "subvolid=", NULL, 0, true },
		{ "subvolid=-1", NULL, 0, true },
		{ "subvolid=256x", NULL, 0, true },
		{ "subvolid=08", NULL, 0, true },
		{ "subvolid=18446744073709551616", NULL, 0, true },
		{ "subvol=@,subvolid=256", "@", 256, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *options = rows[i].options ? rows[i].options : "no options";
		CLEANUP(subvolume_release) struct subvolume s = { 0 };

		subvolume_of(&s, rows[i].options);
		is_str(s.path ? s.path : "-", rows[i].path ? rows[i].path : "-", options);
		is_int((int)s.bad_id, (int)rows[i].bad, "whether Linux reads its number");
		if (!rows[i].bad)
			is_int((int)s.id, (int)rows[i].id, "its number");
	}
}

static void test_refused(void)
{
	static const struct {
		const char *type, *options, *release, *refused;
		bool by_kernel;
	} rows[] = {
		{ "ext4", "defaults", NULL, NULL, false },
		{ "ext4", "rw,relatime,errors=remount-ro,data=ordered,commit=30,barrier=1", NULL,
			NULL, false },
		{ "ext4", "ro,subvol=@", NULL, "subvol=@", false },
		{ "ext3", "subvolid=5", NULL, "subvolid=5", false },
		{ "ext4", "discard", NULL, NULL, false },
		{ "ext4", "discard=async", NULL, "discard=async", false },
		{ "ext4", "compress=zstd:1", NULL, "compress=zstd:1", false },
		{ "ext4", "compress", NULL, "compress", false },
		{ "ext4", "umask=0077", NULL, "umask=0077", false },
		{ "ext4", "user_xattr,acl,quota", NULL, NULL, false },
		{ "ext2", "inode64", NULL, "inode64", false },
		{ "ext4", "nobootwait", NULL, "nobootwait", false },
		{ "xfs", "rw,attr2,inode64,logbufs=8,logbsize=32k,noquota", NULL, NULL, false },
		{ "xfs", "errors=remount-ro", NULL, "errors=remount-ro", false },
		{ "xfs", "user_xattr", NULL, "user_xattr", false },
		{ "xfs", "nobarrier", "4.18.0-80.el8.aarch64", NULL, false },
		{ "xfs", "nobarrier", "6.1.0-32-arm64", "nobarrier", false },
		{ "xfs", "nobarrier", NULL, NULL, false },
		{ "btrfs",
			"ssd,discard=async,space_cache=v2,subvolid=256,subvol=/@,compress-force=zstd",
			NULL, NULL, false },
		{ "btrfs", "data=ordered", NULL, "data=ordered", false },
		{ "btrfs", "barrier=1", NULL, "barrier=1", false },
		{ "btrfs", "usrquota", NULL, "usrquota", false },
		{ "vfat",
			"umask=0077,shortname=winnt,uid=0,codepage=437,utf8,flush,errors=remount-ro",
			NULL, NULL, false },
		{ "vfat", "acl", NULL, "acl", false },
		{ "f2fs", "background_gc=on,discard,user_xattr,mode=adaptive,active_logs=6", NULL,
			NULL, false },
		{ "f2fs", "data=ordered", NULL, "data=ordered", false },
		{ "ntfs", "subvol=@", NULL, NULL, false },
		{ "ext4", "unheard-of,subvolume=@,x-subvol=@", NULL, NULL, false },
		{ "ext4", "noatime,nofail,x-systemd.growfs", NULL, NULL, false },
		{ "ext4", "noatime", NULL, "noatime", true },
		{ "ext4", "ro,data=journal", NULL, NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(xfree)
		char *refused = mount_option_refused(
			rows[i].type, rows[i].options, rows[i].release, rows[i].by_kernel);

		is_str(refused ? refused : "-", rows[i].refused ? rows[i].refused : "-",
			rows[i].options);
	}
}

int main(void)
{
	test_subvolumes();
	test_refused();
	return tap_done();
}
