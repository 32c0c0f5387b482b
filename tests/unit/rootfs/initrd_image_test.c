/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/initrd_image: an initrd whose files are in an image in it, as dracut's module "squash" makes it, holds what the
 * image holds; one whose image is not read is no initrd that lacks something.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "rootfs/inventory.h"
#include "tap.h"

static char folder[] = "/tmp/initrd_image_test.XXXXXX";

/* What dracut puts into the image, and the loader that is left outside. */
static const char trees[] =
	"cd \"$D\" && M=usr/lib/modules/6.9.5-200.fc40.aarch64/kernel && mkdir -p in/$M/drivers in/etc/cmdline.d "
	"in/usr/lib/systemd in/usr/lib/dracut in/etc/modprobe.d out/$M/fs out/usr/lib/dracut && "
	": >in/$M/drivers/virtio-blk.ko.xz && : >in/usr/lib/systemd/systemd && echo dracut-059 >in/usr/lib/dracut/dracut-059 && ln -s usr/lib in/lib && "
	"ln -s usr/lib/systemd/systemd in/init && echo VERSION=1 >in/etc/initrd-release && "
	"echo root=LABEL=fedora >in/etc/cmdline.d/20-root.conf && "
	"{ echo 'install nvme /bin/false'; head -c 70000 /dev/zero | tr '\\0' '\\n'; } >in/etc/modprobe.d/long.conf && "
	"mkfifo in/pipe && : >out/$M/fs/overlay.ko && "
	"printf '#!/bin/sh\\nmodprobe overlay\\nexec switch_root /newroot /init\\n' >out/init";

/* NAME OPTIONS: the image by that name, and the archive around it. */
static bool make(const char *name, const char *how)
{
	CLEANUP(xfree)
	char *command = xasprintf("cd \"$D\" && rm -f out/*.img && %s && "
				  "(cd out && find . | cpio -o -H newc --quiet | gzip) >initrd",
		how);

	setenv("IMG", name, 1);
	return system(command) == 0;
}

static int64_t read_file(void *ctx, void *bytes, size_t len, struct err *err)
{
	(void)err;
	return (int64_t)fread(bytes, 1, len, ctx);
}

static void read_initrd(struct initrd *rd)
{
	CLEANUP(xfree) char *path = xasprintf("%s/initrd", folder);
	FILE *file = fopen(path, "r");
	struct cpio_source source = { read_file, file };
	struct err err = { 0 };

	if (ok(file != NULL, "there is an initrd")) {
		is_int(initrd_add(rd, &source, &err), 0, "it is read");
		fclose(file);
	}
}

static void test_read(const char *name, const char *options)
{
	CLEANUP(xfree)
	char *how = xasprintf("mksquashfs in out/$IMG -quiet -no-progress -all-root %s", options);
	CLEANUP(initrd_release) struct initrd rd = { 0 };

	if (!ok(make(name, how), "%s %s", name, options))
		return;
	read_initrd(&rd);
	is_str(rd.problem, "", "all of it");
	ok(module_listed(&rd.modules, "virtio_blk"), "a module of the image");
	ok(module_listed(&rd.modules, "overlay"), "and one outside");
	ok(rd.has_init && rd.has_systemd && rd.root.is_initrd, "its init is the image's");
	is_str(text_str(&rd.root.cmdline), " root=LABEL=fedora", "as are its words");
	is_str(rd.root.maker, INITRD_BY_DRACUT, "and its maker");
	ok(rd.root.bars.n == 2 && rd.root.bars.more,
		"of a file that is too long the beginning counts");
	is_int(rd.files, 2, "what is in the image is not unpacked to memory");
}

static void test_not_read(const char *name, const char *how, int code, const char *why)
{
	CLEANUP(initrd_release) struct initrd rd = { 0 };

	if (!ok(make(name, how), "%s: %s", name, why))
		return;
	read_initrd(&rd);
	is_int(rd.problem_code, code, "is not read to its end");
	ok(strstr(rd.problem, name) != NULL, "and the image is named");
	ok(strstr(rd.problem, why) != NULL, "with the reason: %s", rd.problem);
}

int main(void)
{
	CLEANUP(initrd_release) struct initrd other = { 0 };

	requires("mksquashfs cpio gzip");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	if (!ok(system(trees) == 0, "the trees are made"))
		return tap_done();
	test_read("squash-root.img", "-comp zstd");
	test_read("squashfs-root.img", "-comp xz");
	test_read("squash-root.img", "-noI -noD -noF");
	test_not_read("erofs-root.img", "head -c 9000 /dev/zero >out/$IMG", ENOTSUP, "no squashfs");
	test_not_read("squash-root.img", ": >out/$IMG", EFBIG, "it is empty");
	test_not_read("squash-root.img", "truncate -s 65M out/$IMG", EFBIG, "larger than 64 MiB");
	test_not_read("squash-root.img",
		"mksquashfs in out/$IMG -quiet -no-progress && truncate -s 400 out/$IMG", EUCLEAN,
		"squash-root.img");
	test_not_read("squash-root.img",
		"mkdir -p many && (cd many && seq 1 10001 | xargs touch) && "
		"mksquashfs many out/$IMG -quiet -no-progress",
		EFBIG, "10000 files in one folder");
	test_not_read("squash-root.img",
		"mkdir -p words/scripts && for i in $(seq 1 4200); do echo 1 >words/scripts/$i; done && "
		"mksquashfs words out/$IMG -quiet -no-progress",
		EFBIG, "4096");
	test_not_read("squash-root.img",
		"mkdir -p $(printf 'deep/%0200d' 0 | sed 's#0#/d#g') && "
		"mksquashfs deep out/$IMG -quiet -no-progress",
		EUCLEAN, "64 deep");
	ok(make("other.img", "mksquashfs in out/$IMG -quiet -no-progress"), "another name");
	read_initrd(&other);
	ok(!module_listed(&other.modules, "virtio_blk") && !other.problem_code,
		"is no image that the boot goes on with");
	if (system("rm -r \"$D\"") != 0)
		return 1;
	return tap_done();
}
