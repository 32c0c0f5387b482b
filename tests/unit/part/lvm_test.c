/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/lvm: physical volumes made by tests/lib/mklvm.py from the documented
 * layout, and by LVM itself where a loop device can be had; then damaged.
 */
#include "part/lvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "tap.h"

static char folder[] = "/tmp/lvm_test.XXXXXX";

static bool sh(const char *command)
{
	return system(command) == 0;
}

static struct disk *open_disk(const char *name)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, name);
	struct disk *disk = NULL;

	disk_open_raw(path, &disk, NULL);
	return disk;
}

/* The content of a volume, joined, against the file that it was made of. */
static bool holds(struct disk *member, const struct lvm_volume *v, const char *file)
{
	struct disk *want CLEANUP(disk_close) = open_disk(file);
	struct disk *have CLEANUP(disk_close) = NULL;
	struct disk_part *parts = xcalloc(v->n_pieces + 1, sizeof(*parts));
	static uint8_t a[1 << 20], b[1 << 20];
	bool same = true;

	for (size_t i = 0; i < v->n_pieces; i++)
		parts[i] = (struct disk_part){ member, v->pieces[i].off, v->pieces[i].len };
	if (disk_join(parts, v->n_pieces, v->name, &have, NULL) < 0)
		same = false;
	free(parts);
	for (uint64_t off = 0; same && off < disk_size(want); off += sizeof(a)) {
		uint64_t left = disk_size(want) - off;
		size_t n = left < sizeof(a) ? (size_t)left : sizeof(a);

		same = disk_read(want, off, a, n, NULL) == 0 &&
		       disk_read(have, off, b, n, NULL) == 0 && memcmp(a, b, n) == 0;
	}
	return same;
}

static void test_made(const char *options)
{
	CLEANUP(xfree)
	char *command = xasprintf(
		"cd \"$D\" && \"$OLDPWD\"/tests/lib/mklvm.py pv my-vg %s root=one var=two",
		options);
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct lvm lvm CLEANUP(lvm_release) = { 0 };
	struct err err = { 0 };

	ok(sh(command), "a physical volume %s", options);
	disk = open_disk("pv");
	if (!is_int(lvm_read(&disk, 1, &lvm, &err), 0, "is read"))
		printf("# %s\n", err.text);
	if (!is_int(lvm.n, 2, "two volumes"))
		return;
	is_str(lvm.volumes[0].name, "my--vg-root", "the mapper's name");
	is_str(lvm.volumes[0].path, "my-vg/root", "the path");
	ok(holds(disk, &lvm.volumes[0], "one") && holds(disk, &lvm.volumes[1], "two"),
		"hold what was put there");
}

static void test_refused(void)
{
	static const struct {
		const char *what, *change;
		int code;
	} rows[] = {
		{ "a label's checksum", "poke 530 x", -EUCLEAN },
		{ "an area's checksum", "poke 4097 x", -EUCLEAN },
		{ "the text's checksum", "poke 4700 x", -EUCLEAN },
		{ "no label at all", "truncate -s 0 pv; truncate -s 1M pv", -EUCLEAN },
		{ "an area beyond the disk", "truncate -s 9000 pv", -EUCLEAN },
		{ "a volume beyond the disk", "truncate -s 3M pv", -EUCLEAN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(xfree)
		char *command = xasprintf(
			"cd \"$D\" && poke() { printf \"$2\" | dd of=pv bs=1 seek=$1 conv=notrunc "
			"status=none; }; \"$OLDPWD\"/tests/lib/mklvm.py pv vg root=one; %s",
			rows[i].change);
		struct disk *disk CLEANUP(disk_close) = NULL;
		struct lvm lvm CLEANUP(lvm_release) = { 0 };
		struct err err = { 0 };

		ok(sh(command), "%s is damaged", rows[i].what);
		disk = open_disk("pv");
		is_int(lvm_read(&disk, 1, &lvm, &err), rows[i].code, "it is refused");
		is_int(lvm.n, 0, "and nothing is told");
		printf("# %s\n", err.text);
	}
}

static void test_unread(void)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct lvm lvm CLEANUP(lvm_release) = { 0 };

	sh("cd \"$D\" && \"$OLDPWD\"/tests/lib/mklvm.py pv vg --type thin root=one");
	disk = open_disk("pv");
	is_int(lvm_read(&disk, 1, &lvm, NULL), 0, "a thin volume is named");
	ok(lvm.n == 1 && strstr(lvm.volumes[0].why, "thin"), "with why it is not read");
}

static void test_by_lvm(void)
{
	static const char make[] =
		"cd \"$D\" && command -v vgcreate >/dev/null && truncate -s 200M real && "
		"L=$(losetup -f --show real 2>/dev/null) && exec 9>&- && { export DM_DISABLE_UDEV=1; "
		"C=\"devices { use_devicesfile=0 filter=[\\\"a|$L|\\\",\\\"r|.*|\\\"] }\"; "
		"n='--driverloaded n'; pvcreate $n -y --config \"$C\" $L && "
		"vgcreate $n --config \"$C\" vg $L && "
		"lvcreate $n -an -Zn -Wn --config \"$C\" -L 20M -n a vg && "
		"lvcreate $n -an -Zn -Wn --config \"$C\" -L 40M -n root vg && "
		"lvextend $n --config \"$C\" -L 60M vg/a; r=$?; losetup -d $L; exit $r; } >log 2>&1";
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct lvm lvm CLEANUP(lvm_release) = { 0 };
	struct err err = { 0 };

	if (!sh(make)) {
		printf("# no loop device or no LVM here: not compared with LVM's own volumes\n");
		return;
	}
	disk = open_disk("real");
	if (!is_int(lvm_read(&disk, 1, &lvm, &err), 0, "what LVM made is read"))
		printf("# %s\n", err.text);
	if (!is_int(lvm.n, 2, "two volumes"))
		return;
	is_str(lvm.volumes[0].path, "vg/a", "the first");
	is_int(lvm.volumes[0].n_pieces, 2, "is in two pieces");
	ok(lvm.volumes[0].pieces[0].off == 1 << 20 && lvm.volumes[0].pieces[0].len == 20 << 20,
		"of which the first begins at 1 MiB");
	ok(lvm.volumes[0].pieces[1].off == 61 << 20 && lvm.volumes[0].pieces[1].len == 40 << 20,
		"and the other behind the second volume");
	ok(lvm.volumes[1].n_pieces == 1 && lvm.volumes[1].pieces[0].off == 21 << 20,
		"which lies between them");
}

static void test_hostile(void)
{
	struct disk *base CLEANUP(disk_close) = NULL;
	unsigned done = 0, state = 7;

	sh("cd \"$D\" && \"$OLDPWD\"/tests/lib/mklvm.py pv vg --split root=one var=two");
	base = open_disk("pv");
	for (int round = 0; base && round < 2000; round++) {
		struct disk *layer = disk_overlay(base);
		struct lvm lvm = { 0 };

		for (int n = 0; n < 1 + round % 5; n++) {
			uint8_t byte;

			state = state * 1664525 + 1013904223;
			byte = (uint8_t)(state >> 24);
			if (disk_write(layer, 512 + (state >> 8) % (round % 2 ? 512 : 6000), &byte,
				    1, NULL) < 0)
				break;
		}
		if (lvm_read(&layer, 1, &lvm, NULL) == 0)
			lvm_release(&lvm);
		disk_close(layer);
		done++;
	}
	is_int(done, 2000, "2000 damaged ones end in an answer");
}

int main(void)
{
	requires("python3");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	ok(sh("cd \"$D\" && seq 1000000 >one && seq 7 900000 >two"), "two files");
	test_made("");
	test_made("--split");
	test_refused();
	test_unread();
	test_by_lvm();
	test_hostile();
	sh("rm -r \"$D\"");
	return tap_done();
}
