/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/staged: what is changed in a layer reads as changed, the file system
 * below stays, and the list carries over to another one.
 */
#include "rootfs/staged.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "tap.h"

#define NOW 1700000000

static char folder[] = "/tmp/staged_test.XXXXXX";

static const char make[] =
	"cd \"$D\" && mkdir -p t/etc/d t/usr/lib && ln -s usr/lib t/lib && ln -s loop t/loop && "
	"printf old >t/etc/conf && chmod 0600 t/etc/conf && printf gone >t/etc/gone && "
	"ln -s conf t/etc/link && "
	"mke2fs -q -t ext4 -d t fs.img 8M";

struct opened {
	struct disk *base, *layer;
	struct rootfs *fs;
};

static bool open_image(struct opened *o)
{
	CLEANUP(xfree) char *path = xasprintf("%s/fs.img", folder);
	struct rootfs_source src = { .type = "ext4", .writable = true, .now = NOW };

	*o = (struct opened){ 0 };
	if (disk_open_raw(path, &o->base, NULL) < 0)
		return false;
	o->layer = disk_overlay(o->base);
	src.disk = o->layer;
	return rootfs_open(&o->fs, &src, NULL) == 0;
}

static void close_image(struct opened *o)
{
	rootfs_close(o->fs);
	disk_close(o->layer);
	disk_close(o->base);
}

static void reads(struct rootfs *fs, const char *path, const char *want)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	if (want) {
		is_int(rootfs_read_file(fs, path, 100, &text, NULL), 0, path);
		is_str(buf_text(&text), want, "reads as it should");
	} else {
		is_int(rootfs_read_file(fs, path, 100, &text, NULL), -ENOENT, path);
	}
}

static void write_text(struct rootfs *fs, const char *path, uint32_t mode, const char *text)
{
	struct err err = { 0 };

	is_int(rootfs_write_file(fs, path, mode, text, strlen(text), NOW, &err), 0, err.text);
}

static void change(struct rootfs *s)
{
	char *target = NULL;

	write_text(s, "/etc/conf", 0644, "new");
	write_text(s, "/lib/file", 0755, "made");
	is_int(rootfs_mkdir_p(s, "/etc/a/b", NOW, NULL), 0, "folders are made");
	write_text(s, "/etc/a/b/c", ROOTFS_KEEP, "deep");
	is_int(rootfs_symlink(s, "/dev/null", "/etc/mask", NOW, NULL), 0, "a link is made");
	is_int(rootfs_remove(s, "/etc/gone", NULL), 0, "a file is removed");
	reads(s, "/etc/conf", "new");
	reads(s, "/etc/link", "new");
	reads(s, "/usr/lib/file", "made");
	reads(s, "/etc/a/../a/b/c", "deep");
	reads(s, "/etc/gone", NULL);
	is_int(rootfs_readlink(s, "/etc/mask", &target, NULL), 0, "the link is read");
	is_str(target, "/dev/null", "it says what was written");
	free(target);
	is_int(rootfs_write_file(s, "/nowhere/x", 0644, "", 0, NOW, NULL), -ENOENT,
		"no file in a folder that is not there");
	is_int(rootfs_write_file(s, "/etc/conf/x", 0644, "", 0, NOW, NULL), -ENOTDIR,
		"none in a file");
	is_int(rootfs_read_file(s, "/loop", 10, &(struct buf)BUF_INIT, NULL), -ELOOP,
		"a link to itself");
}

static void lists(struct rootfs *s)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	CLEANUP(text_release) struct text names = TEXT_INIT;

	is_int(rootfs_list(s, "/etc", &dir, NULL), 0, "/etc is listed");
	for (size_t i = 0; i < dir.n; i++)
		text_printf(&names, "%s ", dir.v[i].name);
	is_str(text_str(&names), "a conf d link mask ", "with what was made, without what was not");
}

static void applies(struct rootfs *s)
{
	struct rootfs_stat st = { 0 };
	struct err err = { 0 };
	struct opened to;

	if (!ok(open_image(&to), "the same file system again"))
		return;
	is_int(rootfs_staged_apply(s, to.fs, NOW, &err), 0, err.text);
	reads(to.fs, "/etc/conf", "new");
	reads(to.fs, "/usr/lib/file", "made");
	reads(to.fs, "/etc/a/b/c", "deep");
	reads(to.fs, "/etc/gone", NULL);
	rootfs_stat(to.fs, "/etc/conf", &st, NULL);
	is_int(st.mode, 0600, "what is replaced keeps its mode");
	is_int(st.uid, getuid(), "and its owner");
	rootfs_stat(to.fs, "/lib/file", &st, NULL);
	is_int(st.mode, 0755, "what is new has the mode asked for");
	is_int(rootfs_commit(to.fs, NULL), 0, "committed");
	close_image(&to);
}

int main(void)
{
	struct opened o;
	struct rootfs *s;

	if (!mkdtemp(folder) || setenv("D", folder, 1) || system(make) != 0 ||
		!ok(open_image(&o), "opened"))
		return 1;
	s = rootfs_stage(o.fs);
	change(s);
	lists(s);
	is_int(rootfs_staged_count(s), 7, "each changed path once");
	reads(o.fs, "/etc/conf", "old");
	reads(o.fs, "/etc/gone", "gone");
	applies(s);
	rootfs_close(s);
	close_image(&o);
	if (system("rm -r \"$D\""))
		return 1;
	return tap_done();
}
