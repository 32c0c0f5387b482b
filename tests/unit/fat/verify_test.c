/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fat: damage done to a good volume is reported as what it is, and as nothing
 * else; and no cut or change of the bytes makes the reader run wild.
 */
#include <errno.h>

#include "volume.h"

static const char fill[] =
	"fill() { mmd -i $1 ::/EFI ::/EFI/BOOT ::/EFI/debian && head -c 5000 /dev/zero >five &&"
	" mcopy -i $1 five ::/EFI/BOOT/BOOTAA64.EFI && mcopy -i $1 five ::/EFI/debian/GRUBAA64.EFI &&"
	" mcopy -i $1 five '::/EFI/debian/a long name.efi'; };";

static bool make(const char *mkfs, const char *file)
{
	char command[1024];

	snprintf(command, sizeof(command), "%s %s -n ESP %s >/dev/null && fill %s", fill, mkfs,
		file, file);
	return shell(command);
}

/* Each damages one thing and says what should be found: by opening or by verifying. */
struct damage {
	const char *what;
	enum fat_problem_code code;
	void (*damage)(struct volume *v);
	unsigned also; /* a second problem that the same damage is; 0: none */
};

static uint32_t loader(struct volume *v)
{
	return entry_cluster(volume_entry(v, "BOOTAA64EFI"));
}

static uint32_t grub(struct volume *v)
{
	return entry_cluster(volume_entry(v, "GRUBAA64EFI"));
}

static void nothing(struct volume *v)
{
	(void)v;
}

static void no_signature(struct volume *v)
{
	v->p[511] = 0;
	v->p[6 * 512 + 511] = 0xaa;
}

static void no_jump(struct volume *v)
{
	v->p[0] = 0;
}

static void type_string(struct volume *v)
{
	memcpy(v->p + 82, "FAT16   ", 8);
	memcpy(v->p + 6 * 512 + 82, "FAT16   ", 8);
}

static void beyond_disk(struct volume *v)
{
	/* fewer than a cluster more, so that the FAT is still large enough */
	put_le32(v->p + 32, le32(v->p + 32) + 1);
	put_le32(v->p + 6 * 512 + 32, le32(v->p + 32));
}

static void media(struct volume *v)
{
	v->p[21] = v->p[6 * 512 + 21] = 0xf0;
}

static void version(struct volume *v)
{
	v->p[43] = v->p[6 * 512 + 43] = 1;
}

static void fsinfo(struct volume *v)
{
	v->p[512] = 0;
}

static void backup(struct volume *v)
{
	v->p[6 * 512 + 71] ^= 1;
}

static void dirty(struct volume *v)
{
	volume_link(v, 1, 0x07ffffff);
}

static void dirty_byte(struct volume *v)
{
	v->p[65] |= 1;
}

static void hard_error(struct volume *v)
{
	volume_link(v, 1, 0x0bffffff);
}

static void not_mirrored(struct volume *v)
{
	v->p[40] = v->p[6 * 512 + 40] = 0x80;
}

static void copies_differ(struct volume *v)
{
	put_le32(v->p + v->fat + v->fat_len + 4 * 60000, 0x0ffffff7);
}

static void cycle(struct volume *v)
{
	volume_link(v, loader(v) + 9, loader(v) + 2);
}

static void folder_cycle(struct volume *v)
{
	uint32_t folder = entry_cluster(volume_entry(v, "BOOT       "));

	/* full, or the entry that ends it would end it */
	for (size_t i = 3; i < 16; i++)
		v->p[v->data + (folder - 2) * v->cluster + 32 * i] = 0xe5;
	volume_link(v, folder, folder);
}

static void cross_link(struct volume *v)
{
	/* the same length, and what is cut off is freed and counted as free */
	for (uint32_t c = grub(v) + 5; c < grub(v) + 10; c++)
		volume_link(v, c, 0);
	volume_link(v, grub(v) + 4, loader(v) + 5);
	put_le32(v->p + 512 + 488, le32(v->p + 512 + 488) + 5);
}

static void into_free(struct volume *v)
{
	volume_link(v, loader(v) + 9, 0);
	put_le32(v->p + 512 + 488, le32(v->p + 512 + 488) + 1);
}

static void into_nowhere(struct volume *v)
{
	volume_link(v, loader(v) + 9, 0x0ffffff0);
}

static void short_chain(struct volume *v)
{
	put_le32(volume_entry(v, "BOOTAA64EFI") + 28, 5121);
}

static void long_chain(struct volume *v)
{
	put_le32(volume_entry(v, "BOOTAA64EFI") + 28, 4608);
}

static void lost(struct volume *v)
{
	volume_link(v, 60000, 60001);
	volume_link(v, 60001, 0x0fffffff);
	put_le32(v->p + 512 + 488, le32(v->p + 512 + 488) - 2);
}

static void folder_size(struct volume *v)
{
	put_le32(volume_entry(v, "DEBIAN     ") + 28, 512);
}

static void bad_name(struct volume *v)
{
	volume_entry(v, "GRUBAA64EFI")[3] = '*';
}

static void duplicate(struct volume *v)
{
	memcpy(volume_entry(v, "ALONGN~1EFI"), "GRUBAA64EFI", 11);
}

static void orphan(struct volume *v)
{
	memcpy(volume_entry(v, "ALONGN~1EFI"), "OTHER   EFI", 11);
}

static void dots(struct volume *v)
{
	put_le16(volume_entry(v, "..         ") + 26, 77);
}

static void free_count(struct volume *v)
{
	put_le32(v->p + 512 + 488, 5);
}

static void root_cluster(struct volume *v)
{
	put_le32(v->p + 44, 1);
	put_le32(v->p + 6 * 512 + 44, 1);
}

static const struct damage damages[] = {
	{ "no damage", FAT_PROBLEM_COUNT, nothing, 0 },
	{ "boot sector without 55 AA", FAT_NO_SIGNATURE, no_signature, 0 },
	{ "boot sector without a jump", FAT_NO_JUMP, no_jump, 0 },
	{ "FAT32 that says FAT16", FAT_TYPE_STRING, type_string, 0 },
	{ "a volume beyond its partition", FAT_BEYOND_DISK, beyond_disk, 0 },
	{ "another media byte", FAT_MEDIA, media, 0 },
	{ "a version", FAT_VERSION, version, 0 },
	{ "FSInfo without a signature", FAT_FSINFO, fsinfo, 0 },
	{ "another backup boot sector", FAT_BACKUP, backup, 0 },
	{ "the dirty flag in FAT[1]", FAT_DIRTY, dirty, 0 },
	{ "the dirty flag in the boot sector", FAT_DIRTY, dirty_byte, 0 },
	{ "the error flag", FAT_HARD_ERROR, hard_error, 0 },
	{ "one active FAT", FAT_NOT_MIRRORED, not_mirrored, 0 },
	{ "a difference between the FATs", FAT_COPIES_DIFFER, copies_differ, 0 },
	{ "a file's chain in a circle", FAT_CYCLE, cycle, 0 },
	{ "a folder's chain in a circle", FAT_CYCLE, folder_cycle, 0 },
	{ "two files in one cluster", FAT_CROSS_LINK, cross_link, 0 },
	{ "a chain into a free cluster", FAT_BROKEN_CHAIN, into_free, 0 },
	{ "a chain out of the volume", FAT_BROKEN_CHAIN, into_nowhere, 0 },
	{ "a file longer than its chain", FAT_SHORT_CHAIN, short_chain, 0 },
	{ "a chain longer than its file", FAT_LONG_CHAIN, long_chain, 0 },
	{ "clusters of no file", FAT_LOST, lost, 0 },
	{ "a folder with a size", FAT_BAD_ENTRY, folder_size, 0 },
	{ "a star in a name", FAT_BAD_NAME, bad_name, 0 },
	{ "a name twice", FAT_DUPLICATE, duplicate, FAT_ORPHAN_LFN },
	{ "a long name of no file", FAT_ORPHAN_LFN, orphan, 0 },
	{ "a wrong parent", FAT_DOTS, dots, 0 },
	{ "a wrong count of free clusters", FAT_FREE_COUNT, free_count, 0 },
	{ "no root folder", FAT_ROOT_CLUSTER, root_cluster, FAT_BROKEN_CHAIN },
};

static void print_problems(const struct fat_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		printf("# %s: %s: %s\n", fat_problem_name(p->v[i].code),
			p->v[i].path ? p->v[i].path : "-", p->v[i].text);
}

static void test_damage(const struct damage *d)
{
	struct volume v = volume_map("v32", 32);
	CLEANUP(fat_close) struct fat *fat = NULL;
	CLEANUP(fat_report_release) struct fat_report report = { 0 };
	struct err err = { 0 };
	bool good = true;

	d->damage(&v);
	if (!is_int(fat_open(v.disk, &fat, &err), 0, d->what) ||
		!is_int(fat_verify(fat, &report, &err), 0, "verified"))
		return;
	for (unsigned code = 0; code < FAT_PROBLEM_COUNT; code++) {
		uint64_t found = fat_problems(fat)->count[code] + report.problems.count[code];
		bool wanted = code == d->code || (d->also && code == d->also);
		/* What lies behind a damaged chain may also count as lost. */
		bool may = d->code == FAT_ROOT_CLUSTER && code == FAT_LOST;

		good = good && (found == (wanted ? 1 : 0) || may);
	}
	if (!ok(good, "%s: told once and nothing else", d->what)) {
		print_problems(fat_problems(fat));
		print_problems(&report.problems);
	}
	fat_close(TAKE(fat));
	volume_unmap(&v);
}

/* What became of volumes that were cut or changed. */
struct outcomes {
	size_t refused, faulty, good, files;
	struct fat *fat;
};

static int visit(void *arg, const char *path, const struct fat_entry *entry)
{
	struct outcomes *o = arg;
	uint8_t bytes[700];
	size_t got;

	(void)path;
	o->files += fat_read(o->fat, entry, 0, bytes, sizeof(bytes), &got, NULL) == 0;
	return 0;
}

/* Everything that the reader does, on bytes of a length of their own. */
static void exercise(const uint8_t *bytes, size_t len, struct outcomes *o)
{
	uint8_t *own = malloc(len ? len : 1);
	struct disk *disk;

	memcpy(own, bytes, len);
	disk = disk_from_memory(own, len);
	if (fat_open(disk, &o->fat, NULL) == 0) {
		struct fat_report report;
		bool fails = fat_walk(o->fat, visit, o, NULL) < 0;

		fails |= fat_verify(o->fat, &report, NULL) < 0 || report.problems.n ||
			 fat_problems(o->fat)->n;
		*(fails ? &o->faulty : &o->good) += 1;
		fat_report_release(&report);
		fat_close(o->fat);
	} else {
		o->refused++;
	}
	disk_close(disk);
	free(own);
}

/* Some must be refused at once, some be found out later, and of some files be read. */
static void print_outcomes(const char *what, const struct outcomes *o)
{
	ok(o->refused && o->faulty && o->files,
		"%s: %zu are refused, %zu faulty, %zu good, and %zu files are read", what,
		o->refused, o->faulty, o->good, o->files);
}

static void test_cut_and_changed(void)
{
	struct volume v;
	struct outcomes cuts = { 0 }, changes = { 0 };

	if (!ok(make("mkfs.fat -C -F 12 -r 16 -s 1 --invariant", "v12 40"), "a volume of 40 KiB"))
		return;
	v = volume_map("v12", 12);
	for (size_t len = 0; len <= v.len; len += len < 4096 ? 1 : 13)
		exercise(v.p, len, &cuts);
	print_outcomes("cuts", &cuts);
	for (size_t at = 0; at < v.data + 3000; at++) {
		static const uint8_t values[] = { 0, 1, 0x7f, 0xff };
		uint8_t was = v.p[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			v.p[at] = values[i];
			exercise(v.p, 16384, &changes);
		}
		v.p[at] = was;
	}
	print_outcomes("changed bytes", &changes);
	volume_unmap(&v);
}

/* FAT32 by layout with too few clusters, which mkfs.fat makes when it is asked to. */
static void test_few_clusters(void)
{
	struct volume v;
	struct fat *fat = NULL;
	struct err err = { 0 };

	ok(shell("mkfs.fat -C -F 32 -s 8 few 40960 >/dev/null 2>&1"), "a FAT32 of 10,000 clusters");
	v = volume_map("few", 32);
	if (is_int(fat_open(v.disk, &fat, &err), 0, "opens")) {
		is_int(fat_facts(fat)->type, 32, "as FAT32");
		is_int(fat_facts(fat)->type_by_count, 16, "although it counts as FAT16");
		is_int(fat_problems(fat)->count[FAT_CLUSTER_COUNT], 1, "which is told");
	}
	fat_close(fat);
	volume_unmap(&v);
}

int main(void)
{
	scratch_enter();
	if (!ok(make("mkfs.fat -C -F 32 -s 1", "v32 40960"), "a volume made by mkfs.fat"))
		return tap_done();
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		test_damage(&damages[i]);
	test_few_clusters();
	test_cut_and_changed();
	return tap_done();
}
