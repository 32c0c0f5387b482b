/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fat: what mkfs.fat and mtools wrote is read back, on FAT12, FAT16 and FAT32,
 * with 512- and 4096-byte sectors: facts, names, times, contents.
 */
#include <errno.h>

#include "volume.h"

static int count_entry(void *arg, const char *path, const struct fat_entry *entry)
{
	(void)path;
	(void)entry;
	++*(int *)arg;
	return 0;
}

static int stop_at_two(void *arg, const char *path, const struct fat_entry *entry)
{
	(void)path;
	(void)entry;
	return ++*(int *)arg == 2 ? 77 : 0;
}

static int gather_paths(void *arg, const char *path, const struct fat_entry *entry)
{
	(void)entry;
	text_printf(arg, "%s\n", path);
	return 0;
}

static const char fill[] =
	"printf 'loader\\n' >a; head -c 100000 /dev/urandom >big; : >empty;"
	"TZ=UTC touch -d '2024-02-29 23:59:58' a big empty;"
	"fill() { mmd -i $1 ::/EFI ::/EFI/BOOT ::/EFI/debian ::/loader &&"
	" mcopy -m -i $1 a ::/EFI/BOOT/BOOTAA64.EFI &&"
	" mcopy -m -i $1 big '::/EFI/BOOT/A rather long name, with spaces.efi' &&"
	" mcopy -m -i $1 big ::/EFI/debian/grubaa64.efi &&"
	" mcopy -m -i $1 a '::/EFI/Übergröße.txt' &&"
	" mcopy -m -i $1 empty ::/empty && mdel -i $1 ::/EFI/debian/grubaa64.efi; };";

static bool make(const char *mkfs, const char *file)
{
	char command[2048];

	snprintf(command, sizeof(command), "%s %s >/dev/null && fill %s", fill, mkfs, file);
	return shell(command);
}

static void test_contents(struct fat *fat)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf big = BUF_INIT;
	CLEANUP(text_release) struct text paths = TEXT_INIT;
	CLEANUP(buf_release) struct buf same = BUF_INIT;
	struct err err = { 0 };
	struct fat_entry e;
	uint8_t part[1000];
	size_t got;
	int n = 0;

	is_int(fat_read_path(fat, "/efi\\Boot/bootaa64.efi", 100, &text, &err), 0,
		"a path is found in any case and with either separator");
	is_str(buf_text(&text), "loader\n", "and its file read");
	is_int(fat_lookup(fat, "\\EFI\\BOOT\\BOOTAA64.EFI", &e, &err), 0, "looked up");
	is_int(e.mtime, 1709251198, "its time is the one that was set");
	is_int(e.size, 7, "its size");
	is_str(e.short_name, "BOOTAA64.EFI", "its short name");
	is_int(fat_read_path(fat, "/EFI/BOOT/BOOTAA64.EFI", 6, &text, &err), -EFBIG,
		"a file over the bound is refused");
	is_int(fat_read_path(
		       fat, "/EFI/BOOT/a RATHER long name, with spaces.efi", 1 << 20, &big, &err),
		0, "a long name is found");
	is_int(big.len, 100000, "whole");
	is_int(fat_read_path(fat, "/EFI/BOOT/ARATHE~1.EFI", 1 << 20, &same, &err), 0,
		"its short name is found too");
	ok(same.len == big.len && memcmp(buf_bytes(&same), buf_bytes(&big), big.len) == 0,
		"and is the same");
	is_int(fat_lookup(fat, "EFI/BOOT/A rather long name, with spaces.efi", &e, &err), 0,
		"entry");
	is_int(fat_read(fat, &e, 99500, part, sizeof(part), &got, &err), 0, "a range at the end");
	is_int(got, 500, "is as long as the file lasts");
	ok(memcmp(part, buf_bytes(&big) + 99500, 500) == 0, "and has the right bytes");
	is_int(fat_read(fat, &e, 4000, part, sizeof(part), &got, &err), 0, "a range before it");
	ok(got == 1000 && memcmp(part, buf_bytes(&big) + 4000, 1000) == 0, "has the right bytes");
	is_int(fat_read(fat, &e, 100000, part, 1, &got, &err), 0, "a range beyond the end");
	is_int(got, 0, "is empty");
	is_int(fat_lookup(fat, "/EFI/Übergröße.txt", &e, &err), 0, "UTF-8 names");
	is_int(fat_lookup(fat, "/empty", &e, &err), 0, "an empty file");
	is_int(fat_read(fat, &e, 0, part, 1, &got, &err), 0, "reads as nothing");
	is_int(fat_lookup(fat, "/EFI/debian/grubaa64.efi", &e, &err), -ENOENT,
		"a deleted file is not there");
	is_int(fat_lookup(fat, "/EFI/BOOT/BOOTAA64.EFI/x", &e, &err), -ENOTDIR, "ENOTDIR");
	is_int(fat_lookup(fat, "", &e, &err), 0, "the root");
	is_int(fat_list(fat, &e, count_entry, &n, &err), 0, "is listed");
	is_int(n, 3, "its label left out");
	n = 0;
	is_int(fat_walk(fat, stop_at_two, &n, &err), 77, "a walk stops when told");
	text_reset(&paths);
	is_int(fat_walk(fat, gather_paths, &paths, &err), 0, "a walk");
	is_str(text_str(&paths),
		"\\EFI\n\\EFI\\BOOT\n\\EFI\\BOOT\\BOOTAA64.EFI\n"
		"\\EFI\\BOOT\\A rather long name, with spaces.efi\n"
		"\\EFI\\debian\n\\EFI\\Übergröße.txt\n\\loader\n\\empty\n",
		"meets every entry in order");
}

static void test_volume(const char *mkfs, const char *file, unsigned type, unsigned sector)
{
	CLEANUP(fat_close) struct fat *fat = NULL;
	struct fat_report report = { 0 };
	struct err err = { 0 };
	struct volume v;
	const struct fat_facts *f;

	printf("# %s\n", mkfs);
	if (!ok(make(mkfs, file), "made by mkfs.fat and mtools"))
		return;
	v = volume_map(file, type);
	if (!is_int(fat_open(v.disk, &fat, &err), 0, "opened")) {
		printf("# %s\n", err.text);
		return;
	}
	f = fat_facts(fat);
	is_int(f->type, type, "type");
	is_int(f->type_by_count, type, "type by count of clusters");
	is_int(f->sector_size, sector, "sector size");
	is_int(f->serial, 0x1234abcd, "serial");
	is_str(f->label, "ARM ESP", "label");
	is_str(f->label_bpb, "ARM ESP", "label in the boot sector");
	is_int(f->hidden_sectors, 2048, "hidden sectors");
	is_int(f->data_offset, v.data, "where data begins");
	is_int(fat_problems(fat)->n, 0, "no problems");
	for (size_t i = 0; i < fat_problems(fat)->n; i++)
		printf("# %s\n", fat_problems(fat)->v[i].text);
	test_contents(fat);
	is_int(fat_verify(fat, &report, &err), 0, "verified");
	is_int(report.problems.n, 0, "nothing wrong");
	for (size_t i = 0; i < report.problems.n; i++)
		printf("# %s: %s\n", report.problems.v[i].path, report.problems.v[i].text);
	is_int(report.files, 4, "files");
	is_int(report.directories, 4, "folders");
	is_int(report.longest_path, strlen("\\EFI\\BOOT\\A rather long name, with spaces.efi"),
		"the longest path");
	ok(report.complete, "all of it was looked at");
	if (type == 32)
		is_int(report.free_clusters, f->fsinfo_free, "free clusters as FSInfo has them");
	fat_report_release(&report);
	fat_close(TAKE(fat));
	volume_unmap(&v);
}

static void test_code_page(void)
{
	struct volume v = volume_map("f16", 16);
	CLEANUP(fat_close) struct fat *fat = NULL;
	struct err err = { 0 };
	struct fat_entry e;

	volume_entry(&v, "BOOTAA64EFI")[4] = 0x8e;
	if (!is_int(fat_open(v.disk, &fat, &err), 0, "a short name beyond ASCII"))
		return;
	is_int(fat_lookup(fat, "/EFI/BOOT/BOOTÄA64.EFI", &e, &err), 0, "is read in code page 437");
	is_str(e.short_name, "BOOTÄA64.EFI", "whole");
	fat_close(TAKE(fat));
	volume_unmap(&v);
}

static void test_foreign(void)
{
	static uint8_t bytes[70000];
	struct err err = { 0 };
	struct fat *fat;
	struct disk *disk = disk_from_memory(bytes, sizeof(bytes));

	is_int(fat_open(disk, &fat, &err), -EMEDIUMTYPE, "zeroes are not FAT");
	is_str(err.text, "not FAT: empty (never formatted)", "and said to be empty");
	memcpy(bytes, "\xeb\x52\x90NTFS    \0\x02\x08", 14);
	bytes[510] = 0x55;
	bytes[511] = 0xaa;
	is_int(fat_open(disk, &fat, &err), -EMEDIUMTYPE, "NTFS is not FAT");
	is_str(err.text, "not FAT: NTFS", "and is named");
	memcpy(bytes,
		"\xeb\x76\x90"
		"EXFAT   ",
		11);
	is_int(fat_open(disk, &fat, &err), -EMEDIUMTYPE, "exFAT is not FAT");
	is_str(err.text, "not FAT: exFAT", "and is named");
	memset(bytes, 0, 512);
	bytes[1080] = 0x53;
	bytes[1081] = 0xef;
	is_int(fat_open(disk, &fat, &err), -EMEDIUMTYPE, "ext4 is not FAT");
	is_str(err.text, "not FAT: ext2, ext3 or ext4", "and is named");
	disk_close(disk);
	disk = disk_from_memory(bytes, 100);
	is_int(fat_open(disk, &fat, NULL), -EMEDIUMTYPE, "100 bytes are not FAT");
	disk_close(disk);
}

int main(void)
{
	static const char options[] = "-i 1234abcd -n 'ARM ESP' -h 2048";
	char command[200];

	scratch_enter();
	snprintf(command, sizeof(command), "mkfs.fat -C -F 12 %s f12 2048", options);
	test_volume(command, "f12", 12, 512);
	snprintf(command, sizeof(command), "mkfs.fat -C -F 16 %s f16 16384", options);
	test_volume(command, "f16", 16, 512);
	snprintf(command, sizeof(command), "mkfs.fat -C -F 32 -s 1 %s f32 40960", options);
	test_volume(command, "f32", 32, 512);
	snprintf(command, sizeof(command), "mkfs.fat -C -F 32 -s 8 %s g32 307200", options);
	test_volume(command, "g32", 32, 512);
	snprintf(command, sizeof(command), "mkfs.fat -C -F 32 -S 4096 -s 1 %s h32 307200", options);
	test_volume(command, "h32", 32, 4096);
	test_code_page();
	test_foreign();
	return tap_done();
}
