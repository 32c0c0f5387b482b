/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk/qcow2_write: what was put in is what QEMU reads, whatever the runs'
 * alignment, and qemu-img check finds nothing wrong; the same content gives
 * the same bytes; runs out of order or out of range are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "disk/qcow2_write.h"
#include "tap.h"

#define KIB  1024u
#define MIB  (1024u * 1024u)
#define SIZE (1100ull * MIB + 512) /* three L2 tables, the end within a cluster */

static char dir[] = "/tmp/armvm-qcow2-test.XXXXXX";

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static int create(const char *name)
{
	char *path CLEANUP(xfree) = in_dir(name);

	return open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
}

/* Bytes that neither repeat nor compress much. */
static void fill(uint8_t *p, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
}

/* Runs: from memory, and from the source file at another alignment. */
static const struct run {
	uint64_t off, src, len;
	bool from_fd;
} runs[] = {
	{ 0, 0, 100, false },
	{ 512, 0, 100, false },
	{ 64 * KIB - 1, 0, 2, false },
	{ 100 * KIB, 5000, 60000, true },
	{ 100 * KIB + 60000, 0, 7, false },
	{ 1 * MIB, 0, 9 * MIB + 12345, true },
	{ 11 * MIB, 1 * MIB, 3 * MIB, true },      /* over a hole in the source */
	{ 511 * MIB + 77, 4096, 2 * MIB, true },   /* across two L2 tables */
	{ 1024 * MIB, 20 * MIB, 64 * KIB, true },  /* written zeroes */
	{ 1030 * MIB, 30 * MIB, 200 * KIB, true }, /* text */
	{ 1031 * MIB, 30 * MIB + 9, 20 * KIB, true },
	{ SIZE - 10, 0, 10, false },
};

/* 31 MiB: data, a hole from 2 to 3 MiB, written zeroes at 20 MiB, text at 30 MiB. */
static int make_source(void)
{
	uint8_t *bytes CLEANUP(xfree) = xcalloc(31, MIB);
	int fd = create("source");
	bool good;

	fill(bytes, 19 * MIB, 1);
	for (size_t i = 0; i < MIB; i++)
		bytes[30 * MIB + i] = (uint8_t)("compress me "[i % 12]);
	good = pwrite(fd, bytes, 2 * MIB, 0) == 2 * MIB &&
	       pwrite(fd, bytes + 3 * MIB, 28 * MIB, 3 * MIB) == 28 * MIB;
	ok(good, "a source is made");
	return fd;
}

static void put_raw(int raw, int source, const struct run *r, const uint8_t *memory)
{
	uint8_t *bytes CLEANUP(xfree) = xmalloc(r->len);

	if (r->from_fd) {
		if (pread(source, bytes, r->len, (off_t)r->src) != (ssize_t)r->len)
			ok(false, "the source is read");
	} else {
		memcpy(bytes, memory, r->len);
	}
	if (pwrite(raw, bytes, r->len, (off_t)r->off) != (ssize_t)r->len)
		ok(false, "the same as raw is written");
}

static int write_all(int fd, int source, unsigned flags, const uint8_t *memory, struct err *err)
{
	struct qcow2_writer *w CLEANUP(qcow2_writer_free) = NULL;
	int ret = qcow2_writer_open(fd, SIZE, flags, &w, err);

	for (size_t i = 0; i < ARRAY_SIZE(runs) && ret == 0; i++) {
		const struct run *r = &runs[i];

		ret = r->from_fd ? qcow2_writer_put_fd(w, r->off, source, r->src, r->len, err)
				 : qcow2_writer_put(w, r->off, memory, r->len, err);
	}
	return ret < 0 ? ret : qcow2_writer_finish(w, err);
}

static void same_bytes(const char *a, const char *b, const char *what)
{
	char *pa CLEANUP(xfree) = in_dir(a);
	char *pb CLEANUP(xfree) = in_dir(b);
	const char *argv[] = { "cmp", pa, pb, NULL };
	struct err err = { 0 };

	ok(spawn_run(argv, NULL, NULL, &err) == 0, "%s %s", what, err.text);
}

static void test_mode(int source, unsigned flags, const char *name, const char *again)
{
	char *path CLEANUP(xfree) = in_dir(name);
	char *raw CLEANUP(xfree) = in_dir("raw");
	const char *check[] = { "qemu-img", "check", "-f", "qcow2", path, NULL };
	const char *compare[] = { "qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, path,
		NULL };
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	struct disk *d CLEANUP(disk_close) = NULL;
	struct err err = { 0 };
	uint8_t memory[100];
	int fd = create(name), fd2 = create(again);
	struct stat st;

	fill(memory, sizeof(memory), 2);
	ok(write_all(fd, source, flags, memory, &err) == 0, "%s is written %s", name, err.text);
	ok(spawn_run(check, NULL, NULL, &err) == 0, "qemu-img check is content %s", err.text);
	ok(spawn_run(compare, NULL, NULL, &err) == 0, "qemu-img compare too %s", err.text);
	ok(disk_open(path, &facts, &d, &err) == 0, "it can be opened %s", err.text);
	is_int(facts.n_problems, 0, "and its tables are in order");
	is_int(facts.virtual_size, SIZE, "it has the size asked for");
	fstat(fd, &st);
	printf("# %s: %lld bytes, %llu clusters, %llu compressed\n", name, (long long)st.st_size,
		(unsigned long long)facts.qcow2.allocated,
		(unsigned long long)facts.qcow2.compressed);
	is_int(facts.qcow2.compressed > 0, flags == QCOW2_WRITE_COMPRESS,
		"compressed as asked for");
	ok(write_all(fd2, source, flags, memory, &err) == 0, "a second time %s", err.text);
	same_bytes(name, again, "gives the same bytes");
	close(fd);
	close(fd2);
}

/* Without holes in the source the canonical form is the same. */
static void test_canonical(int source)
{
	uint8_t *bytes CLEANUP(xfree) = xmalloc(31 * MIB);
	int full = create("full"), fd = create("canonical-full");
	struct err err = { 0 };
	uint8_t memory[100];

	fill(memory, sizeof(memory), 2);
	ok(pread(source, bytes, 31 * MIB, 0) == 31 * MIB &&
			pwrite(full, bytes, 31 * MIB, 0) == 31 * MIB,
		"a source without holes");
	ok(write_all(fd, full, QCOW2_WRITE_CANONICAL, memory, &err) == 0, "is written %s",
		err.text);
	same_bytes("canonical", "canonical-full", "and gives the same bytes as one with holes");
	close(full);
	close(fd);
}

static void test_refusals(int source)
{
	struct qcow2_writer *w CLEANUP(qcow2_writer_free) = NULL;
	struct qcow2_writer *none = NULL;
	int fd = create("refused");
	struct err err;

	is_int(qcow2_writer_open(fd, 0, 0, &none, &err), -EINVAL, "no size is refused");
	is_int(qcow2_writer_open(fd, 513, 0, &none, &err), -EINVAL, "half a sector too");
	is_int(qcow2_writer_open(fd, UINT64_MAX - 511, 0, &none, &err), -EINVAL, "and too much");
	is_int(qcow2_writer_open(fd, MIB, 0, &w, &err), 0, "a small one");
	is_int(qcow2_writer_put(w, 1000, "abc", 3, &err), 0, "takes a run");
	is_int(qcow2_writer_put(w, 1002, "abc", 3, &err), -EINVAL, "but not one that overlaps it");
	is_int(qcow2_writer_put(w, MIB - 2, "abc", 3, &err), -ERANGE, "nor one beyond the end");
	is_int(qcow2_writer_put_fd(w, 2000, source, 31 * MIB - 10, 20, &err), 0,
		"what the source does not have is a hole");
	is_int(qcow2_writer_put_fd(w, 3000, source, UINT64_MAX - 5, 10, &err), -ERANGE,
		"unless it cannot exist");
	close(fd);
}

static void remove_all(void)
{
	static const char *const left[] = { "source", "full", "raw", "plain", "plain2", "canonical",
		"canonical2", "canonical-full", "compressed", "compressed2", "refused" };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		char *path CLEANUP(xfree) = in_dir(left[i]);

		unlink(path);
	}
	ok(rmdir(dir) == 0, "nothing else was left behind");
}

int main(void)
{
	int source, raw;
	uint8_t memory[100];

	requires("qemu-img");
	if (!mkdtemp(dir))
		return 1;
	source = make_source();
	raw = create("raw");
	fill(memory, sizeof(memory), 2);
	is_int(ftruncate(raw, (off_t)SIZE), 0, "the same as raw");
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		put_raw(raw, source, &runs[i], memory);
	test_mode(source, 0, "plain", "plain2");
	test_mode(source, QCOW2_WRITE_CANONICAL, "canonical", "canonical2");
	test_mode(source, QCOW2_WRITE_COMPRESS, "compressed", "compressed2");
	test_canonical(source);
	test_refusals(source);
	close(source);
	close(raw);
	remove_all();
	return tap_done();
}
