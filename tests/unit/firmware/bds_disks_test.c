/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager on disks with partition tables and file systems: what
 * counts as a system partition (UEFI 2.10 13.3), a damaged GPT (5.3.2) without
 * quirks and in edk2's way, and rust-hypervisor-firmware's own way.
 */
#include "../fat/volume.h"
#include "../part/gpt_bytes.h"
#include "bds_bench.h"
#include "firmware/bds/entries.h"
#include "firmware/proto/disks.h"
#include "part/part.h"

#define MiB (1u << 20)

/* A FAT of 1 MiB that the recipe fills, in memory. */
static void make_fat(const char *recipe, uint8_t out[MiB])
{
	static const char *const start =
		"rm -f fat; truncate -s 1M fat && mkfs.fat fat >/dev/null && "
		"mmd -i fat ::/EFI ::/EFI/BOOT && mcopy -i fat loader ::/EFI/BOOT/BOOTAA64.EFI && ";
	CLEANUP(xfree) char *command = xasprintf("%s%s", start, recipe);
	FILE *f;

	if (!shell(command) || !(f = fopen("fat", "rb")))
		exit(1);
	if (fread(out, 1, MiB, f) != MiB)
		exit(1);
	fclose(f);
}

static void make_loader(void)
{
	uint8_t program[PROGRAM_SIZE];
	FILE *f = fopen("loader", "wb");

	make_program(EFI_ABORTED, program);
	if (!f || fwrite(program, 1, sizeof(program), f) != sizeof(program) || fclose(f) != 0)
		exit(1);
}

/* A disk with two partitions, whose ESP has the FAT. */
static void make_disk(struct gpt_bytes *g, const char *recipe)
{
	gb_init(g, 512, 128, 0);
	make_fat(recipe, g->b + MiB);
}

struct rig {
	struct bench b;
	struct disk *file, *disk; /* as it was, and as the guest sees it */
};

/* Boots the bytes of one disk, or CD, to the end. */
static void rig_boot(
	struct rig *r, const uint8_t *bytes, size_t size, const char *quirks, bool cdrom)
{
	const struct bds_quirks *q = quirks ? bds_quirks_find(quirks) : &bds_quirks[0];
	struct disk_attachment a = { .number = 1, .cdrom = cdrom, .removable = cdrom };

	bench_open(&r->b, quirks);
	r->file = disk_from_memory(bytes, size);
	a.disk = r->disk = disk_overlay(r->file);
	a.table = q->own_way ? TABLE_LEFT : q->repairs_gpt ? TABLE_REPAIRED : TABLE_READ;
	protocols_attach_disk(r->b.m, &a);
	bench_run(&r->b);
}

static void rig_close(struct rig *r)
{
	bench_close(&r->b);
	disk_close(r->disk);
	disk_close(r->file);
}

static void boots(const struct gpt_bytes *g, const char *quirks, bool want, const char *what)
{
	struct rig r;

	rig_boot(&r, g->b, g->size, quirks, false);
	is_int(r.b.m->run.end.kind, want ? VERDICT_RETURNED : VERDICT_NOTHING, what);
	rig_close(&r);
}

#define RHF "rust-hypervisor-firmware"

/* ---- 13.3: system partitions ---- */

static void test_gpt_type(void)
{
	struct gpt_bytes g;

	make_disk(&g, "true");
	boots(&g, NULL, true, "3.5.1.1: a partition of ESP type has the default loader");
	for (int copy = 0; copy < 2; copy++)
		memcpy(gb_entry(&g, copy, 1), GB_LINUX, 16);
	gb_fix(&g);
	boots(&g, NULL, false, "3.5.1.1: a FAT in a partition of another type has not");
	boots(&g, "edk2", true, "but for edk2");
	boots(&g, "u-boot", true, "and for U-Boot");
	boots(&g, RHF, false, "and not for rust-hypervisor-firmware");
	gb_release(&g);
}

static void test_mbr_type(void)
{
	struct gpt_bytes g = { .size = 4 * MiB };
	uint8_t *entry;

	g.b = xcalloc(1, g.size);
	entry = g.b + 446;
	make_fat("true", g.b + MiB);
	entry[4] = 0xef;
	put_le32(entry + 8, 2048);
	put_le32(entry + 12, 2048);
	put_le16(g.b + 510, 0xaa55);
	boots(&g, NULL, true, "13.3.2: type 0xEF in an MBR is a system partition");
	boots(&g, RHF, false, "rust-hypervisor-firmware knows no MBR");
	entry[4] = 0x0c;
	boots(&g, NULL, false, "13.3.2: type 0x0C is none");
	boots(&g, "edk2", true, "but for edk2");
	gb_release(&g);
}

static void test_whole_disk(void)
{
	struct gpt_bytes g = { .size = MiB };
	struct rig r = { 0 };

	g.b = xmalloc(g.size);
	make_fat("true", g.b);
	boots(&g, NULL, false, "13.3.1.1: a fixed disk that is a FAT has no system partition");
	boots(&g, "edk2", true, "but for edk2");
	bench_open(&r.b, NULL);
	r.disk = disk_from_memory(g.b, g.size);
	protocols_attach_disk(
		r.b.m, &(struct disk_attachment){ .disk = r.disk, .number = 1, .removable = true });
	bench_run(&r.b);
	is_int(r.b.m->run.end.kind, VERDICT_RETURNED, "13.3.1.1: a removable one is booted");
	rig_close(&r);
	gb_release(&g);
}

#define CD 2048u

/* platform: of the catalog; of the section that the image is in, or -1: it is the initial entry. */
static void cd_boots(int platform, int section, bool want, const char *what)
{
	size_t size = 32 * CD + MiB;
	CLEANUP(xfree) uint8_t *p = xcalloc(1, size);
	uint8_t *catalog = p + 20 * CD, *entry = catalog + 32;
	uint16_t sum = 0;
	struct rig r;

	memcpy(p + 16 * CD, "\1CD001", 6);
	memcpy(p + 17 * CD, "\0CD001\1EL TORITO SPECIFICATION", 30);
	put_le32(p + 17 * CD + 0x47, 20);
	memcpy(p + 18 * CD, "\377CD001", 6);
	catalog[0] = 1;
	catalog[1] = (uint8_t)platform;
	put_le16(catalog + 30, 0xaa55);
	for (int i = 0; i < 32; i += 2)
		sum = (uint16_t)(sum + le16(catalog + i));
	put_le16(catalog + 28, (uint16_t)-sum);
	if (section >= 0) {
		entry[32] = 0x91;
		entry[33] = (uint8_t)section;
		entry += 64;
	}
	entry[0] = 0x88;
	put_le32(entry + 8, 32);
	make_fat("true", p + 32 * CD);
	rig_boot(&r, p, size, NULL, true);
	is_int(r.b.m->run.end.kind, want ? VERDICT_RETURNED : VERDICT_NOTHING, what);
	rig_close(&r);
}

static void test_el_torito(void)
{
	cd_boots(0xef, -1, true, "13.3.2.2: a CD's boot image for EFI is a system partition");
	cd_boots(0, -1, false, "13.3.2.2: one for another platform is none");
	cd_boots(0, 0xef, true, "13.3.2.2: a section has a platform of its own");
	cd_boots(0xef, 0, false, "13.3.2.2: be it another one");
}

/* ---- 5.3.2: a damaged GPT ---- */

/* How many copies of the table are good as the guest sees the disk, and in *same if it is g's. */
static int good_copies(struct rig *r, const struct gpt_bytes *g, bool *same)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	struct disk *view = r->b.m->disks->devices[0]->view;
	CLEANUP(xfree) uint8_t *now = xmalloc(g->size);

	*same = disk_read(view, 0, now, g->size, NULL) == 0 && memcmp(now, g->b, g->size) == 0;
	if (part_read(view, &t, NULL) < 0)
		return -1;
	return t->primary.valid + t->backup.valid;
}

static void damaged(int copy, unsigned offset, const char *what)
{
	struct gpt_bytes good, g;
	struct rig r;
	bool same;

	make_disk(&good, "true");
	g = good;
	g.b = xmemdup(good.b, good.size);
	gb_header(&g, copy)[offset] ^= 1;
	rig_boot(&r, g.b, g.size, NULL, false);
	is_int(good_copies(&r, &g, &same), 1, what);
	ok(same && !strstr(r.b.text, "gpt-repaired"), "5.3.2: it is not written to unasked");
	is_int(r.b.m->run.end.kind, VERDICT_RETURNED, "and boots by the other copy");
	rig_close(&r);
	rig_boot(&r, g.b, g.size, "edk2", false);
	is_int(good_copies(&r, &good, &same), 2, "edk2 makes it good");
	ok(same, "by the same bytes that it had");
	ok(IN_ORDER(r.b.text, "gpt-repaired", copy ? "backup" : "primary"), "which is told");
	rig_close(&r);
	gb_release(&good);
	gb_release(&g);
}

static void test_damage(void)
{
	struct gpt_bytes g;

	damaged(0, 16, "the primary's checksum is wrong");
	damaged(0, 0, "the primary's signature is gone");
	damaged(1, 56, "the backup's disk GUID is damaged");
	make_disk(&g, "true");
	gb_header(&g, 0)[16] ^= 1;
	gb_header(&g, 1)[16] ^= 1;
	boots(&g, NULL, false, "5.3.2: without a good copy there are no partitions");
	boots(&g, "edk2", false, "for edk2 neither");
	boots(&g, RHF, true, "rust-hypervisor-firmware doesn't look at checksums");
	gb_header(&g, 0)[0] ^= 1;
	gb_fix_header(&g, 1);
	boots(&g, NULL, true, "5.3.2: a backup will do");
	boots(&g, RHF, false, "rust-hypervisor-firmware wants the primary");
	gb_release(&g);
}

/* ---- rust-hypervisor-firmware ---- */

static void said(const struct gpt_bytes *g, const char *piece, const char *what)
{
	struct rig r;

	rig_boot(&r, g->b, g->size, RHF, false);
	if (!ok(strstr(r.b.text, piece) || strstr(r.b.m->run.end.reason, piece), "%s", what))
		printf("# %s\n", r.b.text);
	rig_close(&r);
}

static void test_own_table(void)
{
	struct gpt_bytes g;

	make_disk(&g, "true");
	boots(&g, RHF, true, "a usual disk boots");
	for (unsigned i = 3; i <= 16; i++)
		gb_add(&g, i, GB_LINUX, 6000 + 16 * i, 16, 'x');
	gb_fix(&g);
	boots(&g, RHF, true, "with 16 partitions, too");
	gb_add(&g, 40, GB_LINUX, 7000, 16, 'x');
	gb_fix(&g);
	boots(&g, NULL, true, "with 17 it is still a good disk");
	said(&g, "the firmware itself stops: it has room for 16", "but too much for that firmware");
	gb_release(&g);

	make_disk(&g, "true");
	gb_add(&g, 1, GB_ESP, 4096, 2048, 'x');
	gb_add(&g, 2, GB_ESP, 2048, 2048, 'E');
	gb_fix(&g);
	boots(&g, NULL, true, "the loader is in the second system partition");
	said(&g, "first system partition has no FAT", "and not looked for there");
	gb_put(gb_header(&g, 0) + 40, 33, 8);
	gb_fix_header(&g, 0);
	said(&g, "before the 34th", "the first usable sector must be the 34th or later");
	gb_release(&g);
}

static void test_own_order(void)
{
	struct gpt_bytes g;
	struct rig r = { 0 };
	struct disk *second;

	make_disk(&g, "true");
	bench_open(&r.b, RHF);
	r.disk = disk_from_memory(g.b, 16 * 512);
	second = disk_from_memory(g.b, g.size);
	protocols_attach_disk(r.b.m,
		&(struct disk_attachment){ .disk = r.disk, .number = 1, .table = TABLE_LEFT });
	protocols_attach_disk(r.b.m,
		&(struct disk_attachment){ .disk = second, .number = 2, .table = TABLE_LEFT });
	var_store_define(r.b.m->vars, "BootNext", "\0\0", 2);
	r.b.config.order = "/pci@i0cf8/scsi@1/disk@0,0\n";
	bench_run(&r.b);
	ok(IN_ORDER(r.b.text, "boot-skip", "Pci(0x1,0x0)", "boot-try", "\"disk\"", "Pci(0x2,0x0)"),
		"disk after disk");
	ok(bench_var(&r.b, "BootNext") && !strstr(r.b.text, "boot-order"),
		"3.1: variables and the order from outside are not looked at");
	rig_close(&r);
	disk_close(second);
	gb_release(&g);
}

static const struct {
	const char *recipe;
	const char *piece;
} entries[] = {
	{ "true", "loader.conf\",\"reason\":\"it is not there" },
	{ "mmd -i fat ::/loader && echo timeout 0 | mcopy -i fat - ::/loader/loader.conf",
		"loader\\\\entries\",\"reason\":\"it is not there" },
	{ "mmd -i fat ::/loader ::/loader/entries && "
	  "echo default x | mcopy -i fat - ::/loader/loader.conf",
		"entries\",\"reason\":\"it has no entry" },
	{ "mmd -i fat ::/loader ::/loader/entries && "
	  "echo default b* | mcopy -i fat - ::/loader/loader.conf && "
	  "echo 'linux /no' | mcopy -i fat - ::/loader/entries/a.conf && "
	  "echo 'linux /no' | mcopy -i fat - ::/loader/entries/b.conf",
		"b.conf\",\"reason\":\"the kernel that it names is not on" },
	{ "mmd -i fat ::/loader ::/loader/entries && "
	  "echo | mcopy -i fat - ::/loader/loader.conf && "
	  "echo 'linux /no' | mcopy -i fat - ::/loader/entries/a.txt && "
	  "echo 'linux /EFI/BOOT/BOOTAA64.EFI' | mcopy -i fat - ::/loader/entries/b.conf",
		"b.conf\",\"reason\":\"the firmware reads its kernel as one for x86" },
	{ "mmd -i fat ::/loader ::/loader/entries && head -c 4096 /dev/zero | tr '\\0' x | "
	  "mcopy -i fat - ::/loader/loader.conf",
		"it has no entry" },
};

static const struct {
	const char *recipe;
	const char *why;
} stops[] = {
	{ "head -c 4097 /dev/zero | mcopy -i fat - ::/loader/loader.conf", "more than 4096 bytes" },
	{ "echo 'default a[12]' | mcopy -i fat - ::/loader/loader.conf && "
	  "echo 'linux /no' | mcopy -i fat - ::/loader/entries/a1",
		"a set in brackets" },
	{ "{ printf default; head -c 261 /dev/zero | tr '\\0' x; } | "
	  "mcopy -i fat - ::/loader/loader.conf",
		"pattern of its default loader entry has more than 260" },
	{ "echo | mcopy -i fat - ::/loader/loader.conf && "
	  "{ printf initrd; head -c 261 /dev/zero | tr '\\0' x; } | "
	  "mcopy -i fat - ::/loader/entries/a.conf",
		"names a file by more than 260" },
	{ "echo | mcopy -i fat - ::/loader/loader.conf && "
	  "echo linux/x86 | mcopy -i fat - ::/loader/entries/a.conf && "
	  "{ head -c 510 /dev/zero; printf '\\125\\252\\0\\0HdrS'; } | mcopy -i fat - ::/x86",
		"kernel for x86" },
};

static void test_entries(void)
{
	struct gpt_bytes g;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		make_disk(&g, entries[i].recipe);
		said(&g, entries[i].piece, "loader entries: told");
		boots(&g, RHF, true, "and the default loader's turn comes");
		gb_release(&g);
	}
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		CLEANUP(xfree)
		char *recipe = xasprintf(
			"mmd -i fat ::/loader ::/loader/entries && %s", stops[i].recipe);

		make_disk(&g, recipe);
		said(&g, stops[i].why, stops[i].why);
		said(&g, "the firmware itself stops", "and the firmware stops");
		gb_release(&g);
	}
}

static void test_patterns(void)
{
	static const struct {
		const char *pattern;
		bool match, stops;
	} rows[] = {
		{ "", false, false },
		{ "foobar.conf", true, false },
		{ "barfoo.conf", false, false },
		{ "*", true, false },
		{ "*.conf", true, false },
		{ "foo*.conf", true, false },
		{ "foob*", true, false },
		{ "bar*", false, false },
		{ "*obar.conf", true, false },
		{ "fo?bar.conf", true, false },
		{ "foo?bar.conf", false, false },
		{ "foo\\bar.conf", true, false },
		{ "foo\\?ar.conf", false, false },
		{ "foobar.conf\\", false, false },
		{ "*o*o*b*.*f*", true, false },
		{ "***", true, false },
		{ "foo[b]ar.conf", false, true },
		{ "x[b]", false, false },
		{ "*[", false, true },
		{ "FOOBAR.CONF", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool stopped, match = entries_match("foobar.conf", rows[i].pattern, &stopped);

		ok(match == rows[i].match && stopped == rows[i].stops, "the pattern %s",
			rows[i].pattern);
	}
}

int main(void)
{
	scratch_enter();
	make_loader();
	test_gpt_type();
	test_mbr_type();
	test_whole_disk();
	test_el_torito();
	test_damage();
	test_own_table();
	test_own_order();
	test_entries();
	test_patterns();
	return tap_done();
}
