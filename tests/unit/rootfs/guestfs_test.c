/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/guestfs: what is said when the appliance cannot be had. With
 * ARMVM_TEST_APPLIANCE=1 also a file written to and read from xfs, which
 * takes minutes without KVM.
 */
#include "rootfs/rootfs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static void test_failures(void)
{
	struct rootfs_source src = { .type = "f2fs" };
	struct rootfs *fs = NULL;
	struct err err = { 0 };

	is_int(rootfs_open(&fs, &src, &err), -ENOTSUP, "f2fs needs an image file");
	src.path = "/dev/zero";
	src.format = "raw";
	setenv("LIBGUESTFS_BACKEND", "direct", 1);
	setenv("LIBGUESTFS_HV", "/nonexistent/qemu", 1);
	ok(rootfs_open(&fs, &src, &err) < 0, "without QEMU there is no appliance");
	ok(strstr(err.hint, "install") || strstr(err.hint, "chmod"), "and it is said what to do");
	printf("# %s (%s)\n", err.text, err.hint);
	unsetenv("LIBGUESTFS_HV");
}

static void test_xfs(void)
{
	static const char image[] = "/tmp/guestfs_test.img";
	struct rootfs_source src = {
		.type = "xfs", .path = image, .format = "raw", .writable = true
	};
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct rootfs *fs = NULL;
	struct err err = { 0 };

	ok(system("truncate -s 320M /tmp/guestfs_test.img && mkfs.xfs -q /tmp/guestfs_test.img") ==
			0,
		"an xfs");
	if (is_int(rootfs_open(&fs, &src, &err), 0, "is opened")) {
		rootfs_mkdir_p(fs, "/a/b", 1, &err);
		is_int(rootfs_write_file(fs, "/a/b/c", 0600, "hello", 5, 1, &err), 0, "written");
		is_int(rootfs_commit(fs, &err), 0, "and closed");
		rootfs_close(fs);
	}
	src.writable = false;
	if (is_int(rootfs_open(&fs, &src, &err), 0, "opened again")) {
		is_int(rootfs_read_file(fs, "/a/b/c", 10, &text, &err), 0, "and read");
		is_str(buf_text(&text), "hello", "it is the same");
		rootfs_close(fs);
	}
	unlink(image);
}

int main(void)
{
	test_failures();
	if (getenv("ARMVM_TEST_APPLIANCE"))
		test_xfs();
	return tap_done();
}
