/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/md: members of software RAID made by tests/lib/mkmd.py from the documented superblock, which
 * mdadm finds right where it is installed; then degraded, and damaged.
 */
#include "part/md.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tap.h"

static char folder[] = "/tmp/md_test.XXXXXX";

static bool sh(const char *command)
{
	return system(command) == 0;
}

static bool make(const char *arguments)
{
	CLEANUP(xfree)
	char *command = xasprintf("cd \"$D\" && rm -f m? && %s %s", getenv("MKMD"), arguments);

	return sh(command);
}

static struct disk *open_disk(const char *name)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, name);
	struct disk *disk = NULL;

	disk_open_raw(path, &disk, NULL);
	return disk;
}

/* The members m0, m1, ... that are there. */
static unsigned open_members(struct disk *members[3])
{
	unsigned n = 0;

	for (unsigned i = 0; i < 3; i++) {
		char name[] = { 'm', (char)('0' + i), '\0' };

		members[n] = open_disk(name);
		n += members[n] != NULL;
	}
	return n;
}

static bool holds(const struct md_array *a)
{
	struct disk *want CLEANUP(disk_close) = open_disk("content");
	struct disk *have CLEANUP(disk_close) = NULL;
	static uint8_t x[1 << 20], y[1 << 20];
	size_t size = (size_t)disk_size(want);

	return disk_join(a->pieces, a->n_pieces, "array", &have, NULL) == 0 &&
	       disk_size(have) >= size && disk_read(want, 0, x, size, NULL) == 0 &&
	       disk_read(have, 0, y, size, NULL) == 0 && memcmp(x, y, size) == 0;
}

/* What is made by these arguments is read, or not for this reason. */
static void made(const char *arguments, const char *why)
{
	struct disk *members[4] = { NULL };
	struct md md CLEANUP(md_release) = { 0 };
	bool used[3] = { false };
	struct err err = { 0 };
	unsigned n;

	if (!ok(make(arguments), "%s", arguments))
		return;
	if (sh("command -v mdadm >/dev/null"))
		ok(sh("cd \"$D\" && mdadm --examine m0 | grep -q 'Checksum.*correct'"),
			"mdadm finds it right");
	n = open_members(members);
	if (is_int(md_read(members, n, used, &md, &err), 0, "is read") &&
		is_int(md.n, 1, "one array")) {
		is_str(md.arrays[0].name, "root", "its name");
		is_str(md.arrays[0].uuid, "a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf", "its UUID");
		ok(used[0], "the member is known");
		is_str(md.arrays[0].why, why, "whether it can be read");
		if (!*why)
			ok(holds(&md.arrays[0]), "its content");
	}
	for (unsigned i = 0; i < n; i++)
		disk_close(members[i]);
}

static void test_other(void)
{
	struct disk *members[4] = { NULL };
	struct md md CLEANUP(md_release) = { 0 };
	bool used[3] = { false };
	unsigned n;

	ok(make("1 1.2 root content m0 m1") &&
			sh("cd \"$D\" && dd if=/dev/zero of=m1 bs=4096 seek=1 count=1 conv=notrunc status=none"),
		"a member without a superblock");
	n = open_members(members);
	is_int(md_read(members, n, used, &md, NULL), 0, "is read");
	ok(md.n == 1 && used[0] && !used[1], "and is none of the array");
	for (unsigned i = 0; i < n; i++)
		disk_close(members[i]);
}

static void test_hostile(const char *arguments)
{
	unsigned read = 0, refused = 0, seed = 1;

	ok(make(arguments), "%s", arguments);
	for (int round = 0; round < 500; round++) {
		struct disk *members[4] = { NULL }, *layers[3] = { NULL };
		struct md md = { 0 };
		bool used[3];
		unsigned n = open_members(members);

		for (unsigned i = 0; i < n; i++) {
			layers[i] = disk_overlay(members[i]);
			for (unsigned k = 0; k < 3; k++) {
				uint8_t byte = (uint8_t)((seed = seed * 1103515245 + 12345) >> 3);

				if (disk_write(layers[i], 4096 + (seed >> 8) % 264, &byte, 1,
					    NULL) < 0)
					break;
			}
		}
		if (md_read(layers, n, used, &md, NULL) == 0)
			read++;
		else
			refused++;
		md_release(&md);
		for (unsigned i = 0; i < n; i++) {
			disk_close(layers[i]);
			disk_close(members[i]);
		}
	}
	ok(read + refused == 500 && refused > 0, "damage ends in an answer: %u, %u", read, refused);
}

/* Arrays whose superblocks are older have no name. */
static void test_old(const char *arguments, const char *why)
{
	struct disk *members[3];
	struct md md CLEANUP(md_release) = { 0 };
	bool used[3] = { false };
	unsigned n;

	ok(make(arguments), "%s", arguments);
	n = open_members(members);
	is_int(md_read(members, n, used, &md, NULL), 0, "is read");
	ok(used[0] && used[n - 1], "its members belong to it");
	is_int(md.n, 1, "one array");
	is_str(md.n ? md.arrays[0].uuid : NULL, "a0a1a2a3:00000001:00000002:00000003",
		"by its UUID");
	is_str(md.n ? md.arrays[0].why : NULL, why, "and why it is not read");
	while (n)
		disk_close(members[--n]);
}

int main(void)
{
	char *here = realpath("tests/lib/mkmd.py", NULL);

	requires("python3");
	if (!here || !mkdtemp(folder))
		return 1;
	setenv("MKMD", here, 1);
	setenv("D", folder, 1);
	ok(sh("head -c 900000 /dev/urandom >\"$D/content\""), "a content");
	made("1 1.0 root content m0 m1", "");
	made("1 1.1 root content m0 m1", "");
	made("1 1.2 root content m0 m1", "");
	made("1 1.2 root content m0 missing", "");
	made("linear 1.2 root content m0 m1", "");
	made("linear 1.0 root content m0", "");
	made("0 1.2 root content m0 m1 m2", "");
	made("0 1.2 root content m0 missing", "a member is not in the image");
	made("linear 1.2 root content m0 missing", "a member is not in the image");
	made("5 1.2 root content m0 m1 m2",
		"RAID 5 (metadata 1.2) is not read here: its blocks are spread, with parity");
	made("4 1.0 root content m0 m1 m2",
		"RAID 4 (metadata 1.0) is not read here: its blocks are spread, with parity");
	made("6 1.1 root content m0 m1 m2",
		"RAID 6 (metadata 1.1) is not read here: its blocks are spread, with parity");
	made("10 1.2 root content m0 m1",
		"RAID 10 (metadata 1.2) is not read here: its blocks are spread, and mirrored");
	test_old("1 0.90 root content m0 m1",
		"RAID 1 (metadata 0.90) is not read here: superblocks of version 1 alone are");
	test_old("5 0.90b root content m0 m1 m2",
		"RAID 5 (metadata 0.90) is not read here: superblocks of version 1 alone are");
	test_other();
	test_hostile("1 1.2 root content m0 m1");
	test_hostile("0 1.2 root content m0 m1");
	free(here);
	sh("rm -r \"$D\"");
	return tap_done();
}
