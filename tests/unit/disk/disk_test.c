/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk/disk: every kind of disk reads the same bytes; ranges are checked;
 * holes are found; an overlay keeps writes to itself; other formats come
 * through qemu-nbd and nothing of it stays behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "tap.h"

#define MIB (1u << 20)

static char dir[] = "/tmp/armvm-disk-test.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void test_memory_and_window(void)
{
	uint8_t bytes[1000], got[16];
	struct disk *m CLEANUP(disk_close) = NULL;
	struct disk *w CLEANUP(disk_close) = NULL;
	struct disk *bad = NULL;
	struct err err;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	m = disk_from_memory(bytes, sizeof(bytes));
	is_int(disk_size(m), 1000, "memory has its size");
	is_int(disk_sector_size(m), 512, "sectors are 512 bytes");
	is_int(disk_read(m, 984, got, 16, &err), 0, "its last bytes can be read");
	is_int(got[15], 999 & 0xff, "and are right");
	is_int(disk_read(m, 985, got, 16, &err), -ERANGE, "not beyond the end");
	is_int(disk_read(m, UINT64_MAX - 4, got, 16, &err), -ERANGE, "nor around it");
	is_int(disk_write(m, 0, got, 1, &err), -EROFS, "it cannot be written");
	disk_set_sector_size(m, 4096);
	is_int(disk_window(m, 100, 50, &w, &err), 0, "a window");
	is_int(disk_sector_size(w), 4096, "inherits the sector size");
	is_int(disk_read(w, 40, got, 10, &err), 0, "is read");
	is_int(got[0], 140, "from its place in the parent");
	is_int(disk_read(w, 41, got, 10, &err), -ERANGE, "up to its end");
	is_int(disk_window(m, 990, 11, &bad, &err), -ERANGE, "a window must fit");
	is_int(disk_window(m, UINT64_MAX, 2, &bad, &err), -ERANGE, "and not wrap");
}

static void test_overlay(void)
{
	static uint8_t bytes[3 * OVERLAY_BLOCK + 100], got[2 * OVERLAY_BLOCK];
	struct disk *m CLEANUP(disk_close) = disk_from_memory(bytes, sizeof(bytes));
	struct disk *o CLEANUP(disk_close) = disk_overlay(m);
	struct disk *w CLEANUP(disk_close) = NULL;
	uint64_t start, len;
	struct err err;

	memset(bytes, 'a', sizeof(bytes));
	ok(!disk_overlay_next(o, 0, &start, &len), "a fresh overlay keeps nothing");
	is_int(disk_write(o, OVERLAY_BLOCK - 2, "1234", 4, &err), 0, "a write across two blocks");
	is_int(disk_read(o, OVERLAY_BLOCK - 4, got, 8, &err), 0, "is read back");
	ok(memcmp(got, "aa1234aa", 8) == 0, "between what was there");
	is_int(bytes[OVERLAY_BLOCK - 2], 'a', "the parent is untouched");
	is_int(disk_write(o, 3 * OVERLAY_BLOCK + 99, "z", 1, &err), 0, "the last byte");
	is_int(disk_write(o, 3 * OVERLAY_BLOCK + 99, "zz", 2, &err), -ERANGE, "and not more");
	is_int(disk_overlay_bytes(o), 3 * OVERLAY_BLOCK, "three blocks are kept");
	ok(disk_overlay_next(o, 0, &start, &len) && start == 0 && len == 2 * OVERLAY_BLOCK,
		"the first run is two blocks");
	ok(disk_overlay_next(o, start + len, &start, &len) && start == 3 * OVERLAY_BLOCK &&
			len == 100,
		"the second is the short last block");
	ok(!disk_overlay_next(o, start + len, &start, &len), "and there are no more");
	ok(disk_overlay_next(o, 1, &start, &len) && start == OVERLAY_BLOCK,
		"a block that began earlier does not count");
	is_int(disk_window(o, 10, 20, &w, &err), 0, "a window over it");
	is_int(disk_write(w, 5, "x", 1, &err), 0, "can be written through");
	is_int(disk_read(o, 15, got, 1, &err), 0, "and the overlay");
	is_int(got[0], 'x', "has it");
}

static void test_overlays_compared(void)
{
	static uint8_t bytes[3 * OVERLAY_BLOCK + 100];
	struct disk *m CLEANUP(disk_close) = disk_from_memory(bytes, sizeof(bytes));
	struct disk *a CLEANUP(disk_close) = disk_overlay(m);
	struct disk *b CLEANUP(disk_close) = disk_overlay(m);
	struct disk *c CLEANUP(disk_close) = disk_overlay(b);
	struct err err;

	ok(disk_overlay_is_clean(a) && disk_overlay_is_clean(m), "nothing was written");
	ok(disk_overlay_same(a, b), "two fresh overlays are the same");
	is_int(disk_write(a, OVERLAY_BLOCK - 1, "12", 2, &err), 0, "one is written");
	ok(!disk_overlay_is_clean(a) && disk_overlay_is_clean(b), "and is not clean any more");
	ok(!disk_overlay_same(a, b) && !disk_overlay_same(b, a), "they differ");
	is_int(disk_write(b, OVERLAY_BLOCK, "2", 1, &err), 0, "half of it in the other");
	ok(!disk_overlay_same(a, b) && !disk_overlay_same(b, a), "is not enough");
	is_int(disk_write(b, OVERLAY_BLOCK - 1, "1", 1, &err), 0, "all of it");
	ok(disk_overlay_same(a, b), "makes them the same");
	is_int(disk_write(b, 3 * OVERLAY_BLOCK + 99, "\0", 1, &err), 0, "what was there already");
	ok(disk_overlay_same(a, b) && disk_overlay_same(b, a), "makes no difference");
	is_int(disk_write(a, 3 * OVERLAY_BLOCK + 99, "z", 1, &err), 0, "the last byte");
	ok(!disk_overlay_same(a, b) && !disk_overlay_same(b, a), "does");
	ok(!disk_overlay_same(b, c), "those of other disks are not compared");
}

static void test_many_blocks(void)
{
	uint8_t *bytes CLEANUP(xfree) = xcalloc(40, MIB);
	struct disk *m CLEANUP(disk_close) = disk_from_memory(bytes, 40 * MIB);
	struct disk *o CLEANUP(disk_close) = disk_overlay(m);
	struct err err;
	uint8_t got = 0;
	int ret = 0;

	for (uint64_t off = 0; off < 8 * MIB && ret == 0; off += OVERLAY_BLOCK)
		ret = disk_write(o, off * 3 % (8 * MIB), "q", 1, &err);
	is_int(ret, 0, "two thousand blocks are written");
	is_int(disk_overlay_bytes(o), 8 * MIB, "and kept once each");
	is_int(disk_read(o, 5 * OVERLAY_BLOCK, &got, 1, &err), 0, "one of them");
	is_int(got, 'q', "is found after the table has grown");
	for (uint64_t off = 0; off < 40 * MIB && ret == 0; off += OVERLAY_BLOCK)
		ret = disk_write(o, off, "q", 1, &err);
	is_int(ret, -ENOSPC, "there is a limit to what it keeps");
}

/* 64 MiB with "begin" at 0, "middle" at 20 MiB + 3, "end" in the last bytes. */
static void make_raw(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	ok(fd >= 0 && ftruncate(fd, 64 * MIB) == 0 && pwrite(fd, "begin", 5, 0) == 5 &&
			pwrite(fd, "middle", 6, 20 * MIB + 3) == 6 &&
			pwrite(fd, "end", 3, 64 * MIB - 3) == 3,
		"a sparse file");
	close(fd);
}

/* QEMU does not report holes in VHDX. */
static void check_content(struct disk *d, const char *what, bool holes)
{
	uint8_t *big CLEANUP(xfree) = xmalloc(3 * MIB);
	char got[8] = "";
	bool is_data = true;
	uint64_t len = 0;
	struct err err = { 0 };

	is_int(disk_size(d), 64 * MIB, what);
	is_int(disk_read(d, 0, got, 5, &err), 0, "begin is read");
	is_str(got, "begin", "begin");
	is_int(disk_read(d, 64 * MIB - 3, got, 3, &err), 0, "end is read");
	is_str(got, "endin", "end");
	is_int(disk_read(d, 19 * MIB, big, 3 * MIB, &err), 0, "a large read");
	ok(memcmp(big + MIB + 3, "middle", 6) == 0, "middle");
	ok(big[0] == 0 && big[3 * MIB - 1] == 0, "among zeroes");
	is_int(disk_extent(d, 64 * MIB, &len, &is_data, &err), -ERANGE,
		"nothing is beyond the end");
	if (!holes)
		return;
	is_int(disk_extent(d, 0, &len, &is_data, &err), 0, "the first extent");
	ok(is_data && len <= 2 * MIB, "is a little data");
	is_int(disk_extent(d, 2 * MIB, &len, &is_data, &err), 0, "the second");
	ok(!is_data && 2 * MIB + len > 18 * MIB && 2 * MIB + len <= 20 * MIB,
		"is a hole up to the middle");
	is_int(disk_extent(d, 64 * MIB - 1, &len, &is_data, &err), 0, "the last");
	ok(is_data && len == 1, "is data to the end");
}

static void test_raw(void)
{
	char *raw CLEANUP(xfree) = xstrdup(in_dir("raw"));
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	struct disk *d CLEANUP(disk_close) = NULL;
	struct disk *w CLEANUP(disk_close) = NULL;
	struct err err = { 0 };
	uint64_t off;

	make_raw(raw);
	if (!ok(disk_open(raw, &facts, &d, &err) == 0, "a raw file opens: %s", err.text))
		return;
	is_int(facts.format, FORMAT_RAW, "as raw");
	is_int(facts.matches, 1 << FORMAT_RAW, "and as nothing else");
	ok(facts.stored < MIB, "its holes take no space");
	check_content(d, "raw", true);
	is_str(disk_name(d), raw, "it is called by its path");
	ok(disk_raw_fd(d, &off) >= 0 && off == 0, "it has a descriptor");
	is_int(disk_window(d, MIB, MIB, &w, &err), 0, "a window of it");
	ok(disk_raw_fd(w, &off) >= 0 && off == MIB, "has it too, with its offset");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_qemu_format(const char *format, const char *option)
{
	char *raw CLEANUP(xfree) = xstrdup(in_dir("raw"));
	char *image CLEANUP(xfree) = xstrdup(in_dir(format));
	const char *argv[] = { "qemu-img", "convert", "-q", "-f", "raw", "-O", format, "-o", option,
		raw, image, NULL };
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	struct disk *d CLEANUP(disk_close) = NULL;
	struct err err = { 0 };
	uint64_t off;
	double start;

	if (!ok(spawn_run(argv, NULL, NULL, &err) == 0, "%s (%s) is made: %s", format, option,
		    err.text))
		return;
	start = now();
	if (!ok(disk_open(image, &facts, &d, &err) == 0, "it opens: %s", err.text))
		return;
	is_str(disk_format_name(facts.format), format, "as its format");
	is_int(facts.n_problems, 0, "without problems");
	if (facts.n_problems)
		printf("# %s\n", facts.problems[0].text);
	is_int(disk_raw_fd(d, &off), -1, "it has no descriptor to offer");
	check_content(d, format, strcmp(format, "vhdx") != 0);
	printf("# %s: %.1f ms\n", format, (now() - start) * 1e3);
	unlink(image);
}

static void refused(const char *name, const char *text, const char *what)
{
	struct disk *d = NULL;
	struct err err = { 0 };

	ok(disk_open(in_dir(name), NULL, &d, &err) < 0, "%s is refused", what);
	ok(strstr(err.text, text), "and the error says so: %s", err.text);
}

static void test_refusals(void)
{
	char *image CLEANUP(xfree) = xstrdup(in_dir("child"));
	char *raw CLEANUP(xfree) = xstrdup(in_dir("raw"));
	const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw",
		image, NULL };
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	struct disk *d = NULL;
	struct err err = { 0 };

	refused("absent", "No such file", "a file that is not there");
	mkfifo(in_dir("fifo"), 0600);
	refused("fifo", "regular file", "a FIFO");
	refused("", "directory", "a folder");
	close(open(in_dir("empty"), O_CREAT | O_WRONLY, 0600));
	refused("empty", "is empty", "an empty file");
	ok(spawn_run(argv, NULL, NULL, &err) == 0, "an image with a backing file: %s", err.text);
	is_int(disk_open(image, &facts, &d, &err), -EINVAL, "is refused");
	ok(strstr(err.text, "backing file") && *err.hint, "with a hint: %s", err.hint);
	ok(disk_facts_problem(&facts, PROBLEM_BACKING), "and the facts say why");
	is_str(facts.qcow2.backing_file, raw, "and which file it is");
}

/* A qcow2 whose header was fine but which QEMU cannot open gives QEMU's words. */
static void test_server_that_fails(void)
{
	char *image CLEANUP(xfree) = xstrdup(in_dir("strange"));
	const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", image, "1M", NULL };
	struct disk *d CLEANUP(disk_close) = NULL;
	struct err err = { 0 };
	char byte;
	int fd;

	ok(spawn_run(argv, NULL, NULL, &err) == 0, "an image");
	is_int(disk_open(image, NULL, &d, &err), 0, "opens");
	/* The header is broken after it was looked at and before QEMU reads it. */
	fd = open(image, O_WRONLY);
	ok(pwrite(fd, "\xff", 1, 20) == 1, "and breaks");
	close(fd);
	is_int(disk_read(d, 0, &byte, 1, &err), -EIO, "reading fails");
	ok(strstr(err.text, "luster size"), "with what QEMU says: %s", err.text);
	is_int(disk_read(d, 0, &byte, 1, &err), -EIO, "again and again");
}

/* The process id in a file of /proc, 0 when there is none. */
static int first_number(const char *path)
{
	FILE *f = fopen(path, "r");
	int n = 0;

	if (f && fscanf(f, "%d", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* Whether it runs still; one that is dead and not yet waited for does not. */
static bool runs(int pid)
{
	char path[64], state = 'X';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	if (f)
		fclose(f);
	return state != 'X' && state != 'Z';
}

/* In a child: reads from an image, says which process serves it, and waits to be killed. */
static void serve_and_wait(const char *image, int to)
{
	struct disk *d = NULL;
	char byte, path[64];
	int server;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (disk_open(image, NULL, &d, NULL) < 0 || disk_read(d, 0, &byte, 1, NULL) < 0)
		_exit(1);
	server = first_number(path);
	if (write(to, &server, sizeof(server)) != sizeof(server))
		_exit(1);
	pause();
	_exit(0);
}

static void test_server_dies_with_us(void)
{
	char *image CLEANUP(xfree) = xstrdup(in_dir("served"));
	const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", image, "1M", NULL };
	int ends[2], server = 0;
	pid_t child;

	ok(spawn_run(argv, NULL, NULL, NULL) == 0 && pipe(ends) == 0, "an image");
	fflush(stdout);
	child = fork();
	if (child == 0)
		serve_and_wait(image, ends[1]);
	ok(read(ends[0], &server, sizeof(server)) == sizeof(server) && server > 0,
		"is served by a process of its own");
	ok(server > 0 && runs(server), "which runs");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int i = 0; i < 500 && runs(server); i++)
		usleep(10000);
	ok(!runs(server), "until the reader is killed");
	close(ends[0]);
	close(ends[1]);
}

static void remove_all(void)
{
	static const char *const left[] = { "raw", "fifo", "empty", "child", "strange", "served" };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		unlink(in_dir(left[i]));
	ok(rmdir(dir) == 0, "nothing else was left behind");
}

int main(void)
{
	requires("qemu-img qemu-nbd");
	if (!mkdtemp(dir))
		return 1;
	test_memory_and_window();
	test_overlay();
	test_overlays_compared();
	test_many_blocks();
	test_raw();
	test_qemu_format("qcow2", "compat=1.1");
	test_qemu_format("qcow2", "cluster_size=512");
	test_qemu_format("vdi", "static=off");
	test_qemu_format("vhdx", "subformat=dynamic,block_size=1M");
	test_qemu_format("vpc", "subformat=dynamic,force_size=on");
	test_qemu_format("vpc", "subformat=fixed,force_size=on");
	test_qemu_format("vmdk", "subformat=monolithicSparse");
	test_qemu_format("vmdk", "subformat=streamOptimized");
	test_refusals();
	test_server_that_fails();
	test_server_dies_with_us();
	remove_all();
	return tap_done();
}
