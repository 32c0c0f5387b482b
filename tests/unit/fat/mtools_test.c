/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fat/mtools: what is formatted and written is what was asked for, whatever
 * the image is called; fsck.fat finds nothing wrong with it, and a second run
 * at another moment gives the same bytes; a disk's partition table is not in it.
 */
#include <errno.h>

#include "base/buf.h"
#include "fat/mtools.h"
#include "volume.h"

#define TIME 1700000001

static const struct mtools_format format = {
	.size = 64 << 20,
	.sector_size = 512,
	.hidden_sectors = 2048,
	.serial = 0xcafe1234,
	.label = "ESP",
};

static bool say(int r, const struct err *err, const char *what)
{
	if (r != 0)
		printf("# %s\n", err->text);
	return is_int(r, 0, what);
}

static bool make(const char *image, uint64_t offset)
{
	struct mtools m = { .image = image, .offset = offset, .time = TIME };
	int fd = open("host file", O_RDONLY | O_CLOEXEC);
	const struct mtools_file files[] = {
		{ "/EFI/BOOT/BOOTAA64.EFI", fd, NULL, 0 },
		{ "/EFI/BOOT/grub.cfg", -1, "configfile x\n", 13 },
		{ "/EFI/debian/grub.cfg", -1, "configfile y\n", 13 },
		{ "/loader/entries/debian 6.1.0~bpo+1-arm64.conf", -1, "title x\n", 8 },
		{ "/EFI/BOOT/grub.cfg", -1, "second\n", 7 },
		{ "/empty", -1, NULL, 0 },
		{ "/EFI/Ünïcode/größer als €.conf", -1, "é", 2 },
	};
	struct err err = { 0 };
	bool good;

	good = say(mtools_format(&m, &format, &err), &err, "formatted") &&
	       say(mtools_write(&m, files, ARRAY_SIZE(files), &err), &err, "written");
	close(fd);
	return good;
}

static void test_written(void)
{
	struct volume v = volume_map("one", 32);
	CLEANUP(fat_close) struct fat *fat = NULL;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct err err = { 0 };
	struct fat_entry e;

	if (!say(fat_open(v.disk, &fat, &err), &err, "read back"))
		return;
	is_int(fat_problems(fat)->n, 0, "without problems");
	is_int(fat_facts(fat)->type_by_count, 32, "FAT32 by its clusters");
	is_int(fat_facts(fat)->size, format.size, "size");
	is_int(fat_facts(fat)->hidden_sectors, 2048, "hidden sectors");
	is_int(fat_facts(fat)->serial, 0xcafe1234, "serial");
	is_str(fat_facts(fat)->label, "ESP", "label");
	is_int(fat_lookup(fat, "/EFI/BOOT/BOOTAA64.EFI", &e, &err), 0, "the loader");
	is_int(e.size, 3000000, "its size");
	is_int(e.mtime, TIME - 1, "its time");
	is_int(e.ctime, TIME - 1, "its creation");
	is_int(fat_lookup(fat, "/EFI/BOOT", &e, &err), 0, "its folder");
	is_int(e.mtime, TIME - 1, "its time");
	is_int(fat_read_path(fat, "/EFI/BOOT/grub.cfg", 100, &text, &err), 0, "a file");
	is_str(buf_text(&text), "second\n", "has what was written last");
	is_int(fat_lookup(fat, "/loader/entries/debian 6.1.0~bpo+1-arm64.conf", &e, &err), 0,
		"a long name");
	is_int(fat_lookup(fat, "/EFI/Ünïcode/größer als €.conf", &e, &err), 0,
		"a name in other letters");
	volume_unmap(&v);
}

static void test_errors(void)
{
	static char large[] = "x";
	struct mtools m = { .image = "one", .time = TIME };
	struct mtools_format f = format;
	struct mtools_file file = { "/EFI/BOOT/[x].efi", -1, large, 1 };
	struct err err = { 0 };
	int fd;

	is_int(mtools_write(&m, &file, 1, &err), -EINVAL, "a pattern is no name");
	file.path = "EFI/x";
	is_int(mtools_write(&m, &file, 1, &err), -EINVAL, "a path begins with a slash");
	file.path = "/EFI/BOOT/grub.cfg/x";
	is_int(mtools_write(&m, &file, 1, &err), -ENOTDIR, "a file is no folder");
	fd = open("too large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ok(ftruncate(fd, 70 << 20) == 0, "a file of 70 MiB");
	file = (struct mtools_file){ "/EFI/large", fd, NULL, 0 };
	is_int(mtools_write(&m, &file, 1, &err), -ENOSPC, "does not fit");
	close(fd);
	ok(shell("fsck.fat -n one >fsck.out || { cat fsck.out; false; }"), "and does no harm");
	is_int(mtools_remove(&m, "/EFI/debian/grub.cfg", &err), 0, "a file is removed");
	is_int(mtools_remove(&m, "/EFI/debian/grub.cfg", &err), -ENOENT, "once");
	f.label = "esp";
	is_int(mtools_format(&m, &f, &err), -EINVAL, "a label in lower case");
	f.label = "-ESP";
	is_int(mtools_format(&m, &f, &err), -EINVAL, "a label like an option");
	f.label = "ESP";
	f.size = mtools_min_size(512) - 512;
	is_int(mtools_format(&m, &f, &err), -ENOSPC, "too small for FAT32");
	m.image = "no such folder/x";
	is_int(mtools_format(&m, &format, &err), -ENOENT, "no such image");
	m.image = "junk";
	ok(shell("head -c 1000000 /dev/zero >junk"), "a file without FAT");
	is_int(mtools_write(&m, &file, 1, &err), -EMEDIUMTYPE, "is not written to");
}

/* mformat writes one of its own, into the sixth sector, too. */
static bool has_no_table(unsigned sector_size)
{
	static const uint8_t none[64];
	uint8_t sector[512];
	bool good = true;
	int fd = open("sized", O_RDONLY | O_CLOEXEC);

	for (off_t at = 0; good && at <= 6 * sector_size; at += 6 * sector_size) {
		good = pread(fd, sector, sizeof(sector), at) == sizeof(sector);
		good = good && le16(sector + 510) == 0xaa55;
		good = good && memcmp(sector + 446, none, sizeof(none)) == 0;
	}
	close(fd);
	return good && shell("! sfdisk -d sized | grep start=");
}

/* The smallest volume, each class of size, and 4096-byte sectors: FAT32 by count, and sound. */
static void test_sizes(void)
{
	const struct {
		uint64_t size;
		unsigned sector, cluster;
	} sizes[] = { { mtools_min_size(512), 512, 512 }, { 260ULL << 20, 512, 512 },
		{ 261ULL << 20, 512, 4096 }, { 1ULL << 30, 512, 4096 }, { 9ULL << 30, 512, 8192 },
		{ mtools_min_size(4096), 4096, 4096 }, { 1ULL << 30, 4096, 4096 } };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct mtools m = { .image = "sized", .time = TIME };
		struct mtools_format f = format;
		CLEANUP(disk_close) struct disk *disk = NULL;
		CLEANUP(fat_close) struct fat *fat = NULL;
		struct err err = { 0 };
		int fd = open("sized", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		f.size = sizes[i].size;
		f.sector_size = sizes[i].sector;
		printf("# %llu bytes, sectors of %u\n", (unsigned long long)f.size, f.sector_size);
		say(mtools_format(&m, &f, &err), &err, "formatted");
		ok(shell("fsck.fat -n sized >fsck.out || { cat fsck.out; false; }"),
			"fsck.fat agrees");
		ok(has_no_table(f.sector_size), "no partition in it");
		if (say(disk_open_raw("sized", &disk, &err), &err, "opened") &&
			say(fat_open(disk, &fat, &err), &err, "read")) {
			is_int(fat_facts(fat)->type_by_count, 32, "FAT32 by count");
			is_int(fat_facts(fat)->cluster_size, sizes[i].cluster, "cluster size");
			is_int(fat_facts(fat)->size, f.size, "size");
			is_int(fat_problems(fat)->n, 0, "no problems");
		}
		close(fd);
	}
}

int main(void)
{
	scratch_enter();
	ok(shell("head -c 3000000 /dev/urandom >'host file'; touch -- one -two@@3.img inside"),
		"files");
	if (!make("one", 0))
		return tap_done();
	ok(shell("fsck.fat -n one >fsck.out || { cat fsck.out; false; }"), "fsck.fat agrees");
	test_written();
	sleep(2);
	make("-two@@3.img", 0);
	ok(shell("cmp one ./-two@@3.img"), "two seconds later the same bytes");
	setenv("MTOOLS_NO_VFAT", "1", 1);
	setenv("MTOOLS_LOWER_CASE", "1", 1);
	setenv("TZ", "Asia/Tokyo", 1);
	make("inside", 1048576);
	ok(shell("tail -c +1048577 inside | cmp - one"), "and inside a larger file, elsewhere");
	test_errors();
	test_sizes();
	return tap_done();
}
