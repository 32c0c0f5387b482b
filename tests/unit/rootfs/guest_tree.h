/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small guest's files, made by a shell in a folder of its own, and what must be
 * read of them whatever the file system: for the tests of each reader.
 */
#ifndef ARMVM_TESTS_GUEST_TREE_H
#define ARMVM_TESTS_GUEST_TREE_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/rootfs.h"
#include "tap.h"

#define NOW 1700000000

static char folder[] = "/tmp/rootfs_test.XXXXXX";

static const char tree[] =
	"cd \"$D\" && mkdir -p t/etc t/usr/bin t/usr/lib/modules/6.1 t/boot t/many && "
	"printf 'ID=debian\\n' >t/usr/lib/os-release && ln -s ../usr/lib/os-release t/etc/os-release && "
	"ln -s usr/bin t/bin && ln -s /usr/lib t/lib && ln -s loop2 t/loop1 && ln -s loop1 t/loop2 && "
	"ln -s ../../../../etc t/up && ln -s \"/usr/$(printf 'x%.0s' $(seq 100))/../lib\" t/long && "
	"printf sh >t/usr/bin/sh && chmod 4755 t/usr/bin/sh && "
	"mkdir t/usr/$(printf 'x%.0s' $(seq 100)) && "
	"seq 300000 >t/boot/big && cp t/boot/big big && "
	"dd if=big of=t/boot/holes bs=4096 count=1 seek=100 conv=notrunc status=none && "
	"for i in $(seq 700); do : >t/many/a-file-with-quite-a-long-name-number-$i; done";

/* Runs a shell command in which $D is the folder. */
static bool sh(const char *command)
{
	return system(command) == 0;
}

static inline void test_reading(struct rootfs *fs)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(text_release) struct text want = TEXT_INIT;
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs_stat st;
	struct err err = { 0 };
	char *target = NULL, block[100];
	size_t got;

	is_int(rootfs_read_file(fs, "/etc/os-release", 100, &text, &err), 0, "through a link");
	is_str(buf_text(&text), "ID=debian\n", "its content");
	buf_reset(&text);
	is_int(rootfs_read_file(fs, "/lib/os-release", 100, &text, &err), 0, "an absolute link");
	is_int(rootfs_read_file(fs, "/long/os-release", 100, &text, &err), 0, "a link in a block");
	is_int(rootfs_read_file(fs, "/up/./os-release", 100, &text, &err), 0, "no way out by ..");
	is_int(rootfs_read_file(fs, "/lib/os-release", 9, &text, &err), -EFBIG, "a limit");
	is_int(rootfs_stat(fs, "/bin/sh", &st, &err), 0, "usr-merge");
	is_int(st.mode, 04755, "mode");
	is_int(st.size, 2, "size");
	is_int(rootfs_stat(fs, "/loop1", &st, &err), -ELOOP, "a loop of links ends");
	is_int(rootfs_stat(fs, "/bin/nothing", &st, &err), -ENOENT, "what is not there");
	is_int(rootfs_stat(fs, "/bin/sh/x", &st, &err), -ENOTDIR, "a file is no folder");
	is_int(rootfs_lstat(fs, "/bin", &st, &err), 0, "lstat");
	is_int(st.type, ROOTFS_LINK, "does not follow");
	is_int(rootfs_readlink(fs, "/bin", &target, &err), 0, "readlink");
	is_str(target, "usr/bin", "its text");
	free(target);
	is_int(rootfs_readlink(fs, "/usr", &target, &err), -EINVAL, "a folder is no link");
	is_int(rootfs_list(fs, "/", &dir, &err), 0, "the root is listed");
	is_str(dir.v[0].name, "bin", "in order");
	is_int(dir.v[0].type, ROOTFS_LINK, "with types");
	rootfs_dir_release(&dir);
	is_int(rootfs_list(fs, "/many", &dir, &err), 0, "a big folder");
	is_int(dir.n, 700, "has all its files");
	ok(rootfs_exists(fs, "/many/a-file-with-quite-a-long-name-number-700"), "that are found");
	is_int(rootfs_read_file(fs, "/many", 10, &text, &err), -EISDIR, "a folder is no file");
	buf_reset(&text);
	is_int(rootfs_read_file(fs, "/boot/big", 1 << 24, &text, &err), 0, "a big file");
	for (unsigned i = 1; i <= 300000; i++)
		text_printf(&want, "%u\n", i);
	ok(text.len == want.len && memcmp(buf_bytes(&text), text_str(&want), want.len) == 0,
		"byte for byte");
	is_int(rootfs_read_range(fs, "/boot/big", 1234567, block, 100, &got, &err), 0, "a range");
	ok(got == 100 && memcmp(block, text_str(&want) + 1234567, 100) == 0, "of it");
	is_int(rootfs_read_range(fs, "/boot/big", want.len - 3, block, 100, &got, &err), 0,
		"its end");
	is_int(got, 3, "is short");
	is_int(rootfs_read_range(fs, "/boot/holes", 4096 * 100 - 50, block, 100, &got, &err), 0,
		"a hole");
	ok(block[49] == 0 && memcmp(block + 50, "1\n2\n", 4) == 0, "reads as zeroes");
	is_int(rootfs_write_file(fs, "/x", 0644, "x", 1, NOW, &err), -EROFS, "no writing");
}

static uint32_t random_state = 1;

static inline uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* Everything that reading can ask. */
static inline void read_all(struct rootfs *fs)
{
	static const char *const paths[] = { "/etc/os-release", "/boot/big", "/boot/holes",
		"/bin/sh", "/long/os-release" };
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs_stat st;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct buf text = BUF_INIT;

		rootfs_stat(fs, paths[i], &st, NULL);
		rootfs_read_file(fs, paths[i], 1 << 22, &text, NULL);
		buf_release(&text);
	}
	if (rootfs_list(fs, "/many", &dir, NULL) == 0)
		rootfs_dir_release(&dir);
	rootfs_list(fs, "/", &dir, NULL);
}

#endif
