/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/verity: hashes made by tests/lib/mkverity.py, which veritysetup writes the same; then damaged.
 */
#include "part/verity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "tap.h"

static char folder[] = "/tmp/verity_test.XXXXXX";

struct made {
	struct disk *data, *hashes;
	char hex[VERITY_HEX];
};

static struct disk *open_disk(const char *name)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, name);
	struct disk *disk = NULL;

	disk_open_raw(path, &disk, NULL);
	return disk;
}

static bool make(unsigned bytes, const char *options, struct made *m)
{
	CLEANUP(xfree)
	char *command = xasprintf(
		"cd \"$D\" && head -c %u /dev/zero | tr '\\0' x >data && \"$MKVERITY\" data hashes %s",
		bytes, options);
	FILE *p = popen(command, "r");
	/* The blank reads on to the end: who prints it may still be writing. */
	bool ok = p && fscanf(p, "%128s ", m->hex) == 1;

	ok = (p ? pclose(p) : -1) == 0 && ok;
	m->data = open_disk("data");
	m->hashes = open_disk("hashes");
	return ok && m->data && m->hashes;
}

static void unmake(struct made *m)
{
	disk_close(m->data);
	disk_close(m->hashes);
}

static void test_hashes(void)
{
	static const struct {
		unsigned bytes;
		const char *options;
	} cases[] = { { 4096, "" }, { 8192, "" }, { 128 * 4096, "" }, { 129 * 4096, "" },
		{ 129 * 4096, "--type=0" }, { 40960, "--hash=sha1" },
		{ 40960, "--hash=sha512 --salt=" }, { 40960, "--hash=sha384 --type=0" },
		{ 1 << 20, "--data-block=512 --hash-block=1024 --hash=sha224" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made m = { NULL, NULL, "" };
		struct err err = { 0 };
		char hex[VERITY_HEX] = "";
		struct verity v;
		int ret = make(cases[i].bytes, cases[i].options, &m) ? 0 : -ENOENT;

		if (ret == 0)
			ret = verity_read(m.hashes, 0, &v, &err);
		if (ret == 0)
			ret = verity_root(&v, m.hashes, m.data, hex, &err);
		ok(ret == 0 && strcmp(hex, m.hex) == 0, "%u bytes, '%s'", cases[i].bytes,
			cases[i].options);
		unmake(&m);
	}
}

/* What the superblock's bytes at a place are changed to, and what comes of it. */
static void test_damage(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t byte;
		int read, root;
	} cases[] = { { "no magic", 0, 'X', -EUCLEAN, 0 }, { "another version", 8, 2, -EUCLEAN, 0 },
		{ "another type", 12, 2, -EUCLEAN, 0 }, { "a block size of 3", 64, 3, -EUCLEAN, 0 },
		{ "no block size", 69, 0, -EUCLEAN, 0 }, { "a large block", 71, 1, -EUCLEAN, 0 },
		{ "a long salt", 81, 2, -EUCLEAN, 0 },
		{ "another algorithm", 32, 'S', 0, -ENOTSUP }, { "no data", 72, 0, 0, -ENOTSUP },
		{ "too much data", 74, 1, 0, -EUCLEAN },
		{ "far too much data", 79, 1, 0, -ENOTSUP } };
	struct made m = { NULL, NULL, "" };
	static uint8_t bytes[8192];

	ok(make(40960, "", &m) && disk_read(m.hashes, 0, bytes, sizeof(bytes), NULL) == 0,
		"hashes to damage");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk *damaged CLEANUP(disk_close) = disk_from_memory(bytes, sizeof(bytes));
		uint8_t was = bytes[cases[i].at];
		char hex[VERITY_HEX];
		struct verity v;
		int ret;

		bytes[cases[i].at] = cases[i].byte;
		ret = verity_read(damaged, 0, &v, NULL);
		ok(ret == cases[i].read, "%s", cases[i].what);
		if (ret == 0)
			ok(verity_root(&v, damaged, m.data, hex, NULL) == cases[i].root,
				"%s: its root hash", cases[i].what);
		bytes[cases[i].at] = was;
	}
	unmake(&m);
}

static void test_ends(void)
{
	struct made m = { NULL, NULL, "" };
	struct disk *head CLEANUP(disk_close) = NULL;
	char hex[VERITY_HEX];
	struct verity v;

	make(40960, "", &m);
	ok(verity_read(m.hashes, 100, &v, NULL) == -EUCLEAN, "no whole sector");
	ok(verity_read(m.hashes, 8192, &v, NULL) == -EUCLEAN, "behind the end");
	ok(verity_read(m.hashes, UINT64_MAX - 511, &v, NULL) == -EUCLEAN, "far behind the end");
	disk_window(m.hashes, 0, 4096, &head, NULL);
	ok(verity_read(head, 0, &v, NULL) == 0 &&
			verity_root(&v, head, m.data, hex, NULL) == -EUCLEAN,
		"a superblock without hashes");
	unmake(&m);
}

int main(void)
{
	char *here = realpath("tests/lib/mkverity.py", NULL);
	bool can = mkdtemp(folder) && here;
	CLEANUP(xfree) char *clean = xasprintf("rm -rf %s", folder);

	setenv("D", folder, 1);
	setenv("MKVERITY", here ? here : "", 1);
	requires("python3");
	ok(can, "a folder");
	test_hashes();
	test_damage();
	test_ends();
	ok(system(clean) == 0, "it is removed");
	free(here);
	return tap_done();
}
