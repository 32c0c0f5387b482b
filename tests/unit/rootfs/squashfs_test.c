/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/squashfs: what mksquashfs packs of a real folder, with each compressor and with and
 * without fragments, read through every path a guest uses, and damaged at random.
 */
#include "guest_tree.h"

#include "rootfs/backend.h"

static const char *const kinds[] = {
	"",
	"-comp zstd -b 4096 -no-fragments",
	"-comp xz -b 1M",
	"-comp lz4 -noI -no-exports",
};

static bool make_image(const char *options)
{
	CLEANUP(xfree)
	char *command = xasprintf("cd \"$D\" && rm -f img && mksquashfs t img -quiet -no-progress "
				  "-all-root %s >err 2>&1",
		options);

	return sh(command);
}

static struct disk *open_disk(void)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	struct disk *disk = NULL;

	disk_open_raw(path, &disk, NULL);
	return disk;
}

static int open_layer(struct disk *disk, bool writable, struct rootfs **fs, struct err *err)
{
	struct rootfs_source src = { .disk = disk, .type = "squashfs", .writable = writable };

	return rootfs_open(fs, &src, err);
}

static void test_kind(const char *options)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	struct rootfs *none = NULL;
	struct rootfs_stat st;
	struct err err = { 0 };

	if (!ok(make_image(options), "mksquashfs %s", options))
		return;
	disk = open_disk();
	if (!is_int(disk ? open_layer(disk, false, &fs, &err) : -1, 0, "opens")) {
		printf("# %s\n", err.text);
		return;
	}
	is_str(rootfs_facts(fs)->type, "squashfs", "its type");
	is_int(rootfs_stat(fs, "/etc/os-release", &st, &err), 0, "a file");
	ok(st.uid == 0 && st.gid == 0 && st.mtime > 0, "its owner and time");
	test_reading(fs);
	is_int(open_layer(disk, true, &none, &err), -EROFS, "none is opened for writing");
}

static void test_hostile(const char *options)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	unsigned opened = 0, refused = 0;

	make_image(options);
	disk = open_disk();
	for (int round = 0; disk && round < 400; round++) {
		struct disk *layer = disk_overlay(disk);
		struct rootfs *fs = NULL;
		uint64_t size = disk_size(disk), span = round % 4 == 0 ? 96 : size;

		for (uint32_t n = next_random() % (round % 4 == 0 ? 3 : 40) + 1; n > 0; n--) {
			uint8_t byte = (uint8_t)next_random();
			uint64_t at = (((uint64_t)next_random() << 8) ^ next_random()) % span;

			/* The tables, which are smaller than what is packed, stand at the end. */
			if (round % 4 == 3)
				at = size - 1 - at % (size < 8192 ? size : 8192);
			if (disk_write(layer, at, &byte, 1, NULL) < 0)
				break;
		}
		if (open_layer(layer, false, &fs, NULL) == 0) {
			read_all(fs);
			rootfs_close(fs);
			opened++;
		} else {
			refused++;
		}
		disk_close(layer);
	}
	ok(opened + refused == 400, "400 damaged images end in an answer (%s)", options);
	ok(opened > 0 && refused > 0, "of both sorts: %u, %u", opened, refused);
}

static void test_refused(void)
{
	static const char *const damages[] = { "truncate -s -20000 img", "truncate -s 90 img",
		": >img", "printf x | dd of=img bs=1 conv=notrunc status=none" };

	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		CLEANUP(xfree) char *damage = xasprintf("cd \"$D\" && %s", damages[i]);
		struct disk *disk CLEANUP(disk_close) = NULL;
		struct rootfs *fs = NULL;

		ok(make_image("") && sh(damage), "%s", damages[i]);
		disk = open_disk();
		ok(!disk || open_layer(disk, false, &fs, NULL) < 0, "is refused");
		if (fs)
			rootfs_close(fs);
	}
}

int main(void)
{
	requires("mksquashfs");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	if (!ok(sh(tree), "a tree"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_kind(kinds[i]);
	test_refused();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_hostile(kinds[i]);
	sh("rm -r \"$D\"");
	return tap_done();
}
