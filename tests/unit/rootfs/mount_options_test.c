/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/mount_options: subvol= and subvolid= as Linux reads them.
 */
#include "rootfs/mount_options.h"

#include <string.h>

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

int main(void)
{
	test_subvolumes();
	return tap_done();
}
