/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes that outlive a machine: what was changed is found again, what was
 * not is read anew, and two of them are compared.
 */
#include "../fat/volume.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/fs/volumes.h"

struct one {
	struct disk *disk;
	struct volumes *volumes;
	struct fs *fs;
};

static void start(struct one *o, struct disk *below)
{
	o->disk = disk_overlay(below);
	o->volumes = volumes_new(o->disk);
	o->fs = volumes_open(o->volumes, 0, disk_size(below), false);
	if (!o->fs)
		exit(1);
}

static void stop(struct one *o)
{
	volumes_free(o->volumes);
	disk_close(o->disk);
}

static struct fs_node *find(struct fs *fs, const char *path)
{
	struct fs_node *node = NULL;

	return fs_find(fs, fs_root(fs), path, &node) == EFI_SUCCESS ? node : NULL;
}

static bool both_ways(const struct one *a, const struct one *b)
{
	bool r = volumes_same(a->volumes, b->volumes);

	ok(r == volumes_same(b->volumes, a->volumes), "either way");
	return r;
}

static void test_again(struct volume *v)
{
	uint8_t *entry = volume_entry(v, "HELLO   TXT");
	struct fs_node *node;
	struct fs *first;
	struct one o;

	start(&o, v->disk);
	first = o.fs;
	ok(volumes_are_clean(o.volumes), "nothing was changed");
	ok(find(o.fs, "\\EFI\\hello.txt"), "a file");
	memcpy(entry, "OTHER   ", 8);
	o.fs = volumes_open(o.volumes, 0, v->len, false);
	ok(find(o.fs, "\\EFI\\other.txt"), "blocks that were written are seen the next time");
	memcpy(entry, "HELLO   ", 8);
	o.fs = first = volumes_open(o.volumes, 0, v->len, false);
	is_int(fs_create(o.fs, fs_root(o.fs), "new", 0, &node), EFI_SUCCESS, "a new file");
	ok(!volumes_are_clean(o.volumes), "is a change");
	o.fs = volumes_open(o.volumes, 0, v->len, false);
	ok(o.fs == first && find(o.fs, "\\new"), "that is there the next time");
	ok(!volumes_open(o.volumes, 512, v->len - 512, false), "elsewhere is no volume");
	ok(!volumes_open(o.volumes, 512, v->len, false), "nor beyond the end");
	stop(&o);
}

static void test_same(struct volume *v)
{
	struct fs_node *x, *y;
	struct one a, b;

	start(&a, v->disk);
	start(&b, v->disk);
	ok(both_ways(&a, &b), "untouched");
	ok(find(a.fs, "\\EFI\\hello.txt"), "one is looked at");
	ok(both_ways(&a, &b), "which is no difference");
	is_int(fs_create(a.fs, find(a.fs, "\\EFI"), "new", 0, &x), EFI_SUCCESS, "a file in one");
	ok(!both_ways(&a, &b), "is a difference");
	fs_set_time(b.fs, 77);
	is_int(fs_create(b.fs, find(b.fs, "\\EFI"), "new", 0, &y), EFI_SUCCESS, "at another time");
	ok(both_ways(&a, &b), "is none");
	is_int(fs_write(a.fs, x, 20000, "x", 1), EFI_SUCCESS, "content");
	is_int(fs_resize(b.fs, y, 20001), EFI_SUCCESS, "of the same size");
	ok(!both_ways(&a, &b), "differs");
	is_int(fs_write(b.fs, y, 20000, "x", 1), EFI_SUCCESS, "and then");
	ok(both_ways(&a, &b), "doesn't");
	is_int(fs_rename(a.fs, find(a.fs, "\\EFI\\hello.txt"), "other.txt", true), EFI_SUCCESS,
		"renamed");
	ok(!both_ways(&a, &b), "differs");
	is_int(fs_rename(b.fs, find(b.fs, "\\EFI\\hello.txt"), "other.txt", true), EFI_SUCCESS,
		"as well");
	ok(both_ways(&a, &b), "doesn't");
	is_int(fs_rename(a.fs, find(a.fs, "\\EFI"), "MOVED", true), EFI_SUCCESS,
		"a folder renamed");
	is_int(fs_rename(b.fs, find(b.fs, "\\EFI"), "MOVED", true), EFI_SUCCESS, "as well");
	ok(both_ways(&a, &b), "doesn't");
	is_int(fs_set_facts(a.fs, x, FS_READ_ONLY, -1, -1, -1), EFI_SUCCESS, "an attribute");
	ok(!both_ways(&a, &b), "differs");
	is_int(fs_delete(b.fs, y), EFI_SUCCESS, "deleted in one");
	ok(!both_ways(&a, &b), "differs");
	stop(&a);
	stop(&b);
}

static void test_label(struct volume *v)
{
	struct one a, b;

	start(&a, v->disk);
	start(&b, v->disk);
	is_int(fs_set_label(a.fs, "other"), EFI_SUCCESS, "a label");
	ok(!both_ways(&a, &b), "differs");
	is_int(fs_set_label(b.fs, "OTHER"), EFI_SUCCESS, "in the other");
	ok(both_ways(&a, &b), "doesn't");
	stop(&a);
	stop(&b);
}

int main(void)
{
	struct volume v;

	scratch_enter();
	if (!ok(shell("truncate -s 4M v.img && mkfs.fat -F 12 -n V v.img >/dev/null && "
		      "printf hello > hello && mmd -i v.img ::/EFI ::/EFI/BOOT && "
		      "mcopy -i v.img hello ::/EFI/HELLO.TXT"),
		    "a volume"))
		return tap_done();
	v = volume_map("v.img", 12);
	test_again(&v);
	test_same(&v);
	test_label(&v);
	volume_unmap(&v);
	return tap_done();
}
