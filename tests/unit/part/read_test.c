/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part/: that a right table has nothing wrong, that each rule's violation sets
 * its bit and no other, and that no truncation is too much for the reader.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk/disk.h"
#include "gpt_bytes.h"
#include "part/part.h"
#include "tap.h"

static struct part_table *read_bytes(const void *b, size_t size, unsigned ss)
{
	struct disk *disk = disk_from_memory(b, size);
	struct part_table *t = NULL;
	struct err err = { 0 };

	disk_set_sector_size(disk, ss);
	if (part_read(disk, &t, &err)) {
		printf("# part_read: %s\n", err.text);
		exit(1);
	}
	disk_close(disk);
	return t;
}

static struct part_table *read_gpt_bytes(const struct gpt_bytes *g)
{
	return read_bytes(g->b, g->size, g->ss);
}

static unsigned parts_wrong(const struct part_table *t)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < t->n_parts; i++)
		wrong |= t->parts[i].wrong;
	return wrong;
}

static void good_table(unsigned ss)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	struct gpt_bytes g;
	const struct part *esp;

	gb_init(&g, ss, 128, 0);
	t = read_gpt_bytes(&g);
	is_int(t->scheme, PART_SCHEME_GPT, "a GPT is a GPT");
	is_int(t->wrong | t->mbr.wrong | t->primary.wrong | t->backup.wrong | parts_wrong(t), 0,
		"nothing is wrong in a right table");
	ok(t->primary.valid && t->backup.valid && t->used == &t->primary,
		"both copies are valid, the primary is used");
	is_int(t->n_parts, 2, "it has two partitions");
	esp = part_next_esp(t, NULL);
	ok(esp && esp->index == 1 && esp->start == 1 << 20 && esp->size == 1 << 20,
		"the ESP is where it is");
	ok(esp && !part_next_esp(t, esp), "there is one ESP");
	is_str(esp ? esp->name : NULL, "E", "its name is read");
	ok(part_find(t, 2) && !part_find(t, 3), "entries are found by number");
	gb_release(&g);
}

/* Bytes of the image that is built, changed; which checksums are made right again. */
enum where {
	HEADER0,
	HEADER1,
	HEADERS,
	ENTRY1,
	ENTRY2,
	MBR,
	PMBR
};
enum fix {
	FIX_NONE,
	FIX_ALL
};

struct mutation {
	const char *what;
	enum where where;
	unsigned offset, bytes;
	uint64_t value;
	enum fix fix;
	unsigned table, mbr, primary, backup, parts; /* what is then wrong */
};

#define MIB (UINT64_C(1048576) / 512)

static const struct mutation mutations[] = {
	{ "no MBR signature", MBR, 510, 2, 0, FIX_NONE, .mbr = PART_MBR_SIGNATURE },
	{ "protective record of another type", PMBR, 4, 1, 0x83, FIX_NONE,
		.mbr = PART_MBR_NO_PROTECTIVE },
	{ "a second record", PMBR, 16 + 4, 1, 0x83, FIX_NONE, .mbr = PART_MBR_HYBRID },
	{ "a second protective record", PMBR, 16 + 4, 1, 0xee, FIX_NONE, .mbr = PART_MBR_SEVERAL },
	{ "active flag", PMBR, 0, 1, 0x80, FIX_NONE, .mbr = PART_MBR_ACTIVE },
	{ "odd boot flag", PMBR, 0, 1, 0x81, FIX_NONE, .mbr = PART_MBR_BOOT_FLAG },
	{ "start CHS", PMBR, 1, 3, 0x000100, FIX_NONE, .mbr = PART_MBR_START_CHS },
	{ "start LBA", PMBR, 8, 4, 2, FIX_NONE, .mbr = PART_MBR_START_LBA },
	{ "size", PMBR, 12, 4, 0xffffffff, FIX_NONE, .mbr = PART_MBR_SIZE },
	{ "primary signature", HEADER0, 0, 1, 'e', FIX_NONE, .primary = PART_GPT_MISSING },
	{ "backup signature", HEADER1, 0, 1, 'e', FIX_NONE, .backup = PART_GPT_MISSING },
	{ "revision", HEADERS, 8, 4, 0x20000, FIX_ALL, .primary = PART_GPT_REVISION,
		.backup = PART_GPT_REVISION },
	{ "header size too small", HEADER0, 12, 4, 91, FIX_NONE, .primary = PART_GPT_HEADER_SIZE },
	{ "header size too large", HEADER0, 12, 4, 513, FIX_NONE, .primary = PART_GPT_HEADER_SIZE },
	{ "primary header CRC", HEADER0, 16, 1, 0x5a, FIX_NONE, .primary = PART_GPT_HEADER_CRC },
	{ "backup header CRC", HEADER1, 16, 1, 0x5a, FIX_NONE, .backup = PART_GPT_HEADER_CRC },
	{ "reserved field", HEADER1, 20, 4, 1, FIX_ALL, .backup = PART_GPT_RESERVED },
	{ "rest of the sector", HEADER0, 511, 1, 1, FIX_NONE, .primary = PART_GPT_RESERVED },
	{ "MyLBA", HEADER0, 24, 8, 2, FIX_ALL, .primary = PART_GPT_MY_LBA },
	{ "AlternateLBA beyond the disk", HEADER0, 32, 8, UINT64_MAX, FIX_ALL,
		.primary = PART_GPT_ALTERNATE_LBA },
	{ "AlternateLBA to nothing", HEADER0, 32, 8, 5000, FIX_ALL,
		.primary = PART_GPT_ALTERNATE_LBA },
	{ "backup's AlternateLBA", HEADER1, 32, 8, 7, FIX_ALL, .backup = PART_GPT_ALTERNATE_LBA },
	{ "last usable LBA beyond the disk", HEADERS, 48, 8, UINT64_MAX, FIX_ALL,
		.primary = PART_GPT_USABLE, .backup = PART_GPT_USABLE | PART_GPT_ENTRIES_OVERLAP },
	{ "disk GUIDs differ", HEADER1, 56, 1, 9, FIX_ALL, .table = PART_TABLE_COPIES_DIFFER },
	{ "usable LBAs differ", HEADER1, 40, 8, 35, FIX_ALL, .table = PART_TABLE_COPIES_DIFFER },
	{ "entries outside the disk", HEADER0, 72, 8, 8190, FIX_ALL,
		.primary = PART_GPT_ENTRIES_LBA },
	{ "entries at LBA 2^64 - 1", HEADER0, 72, 8, UINT64_MAX, FIX_ALL,
		.primary = PART_GPT_ENTRIES_LBA },
	{ "entries over the MBR", HEADER0, 72, 8, 0, FIX_ALL, .primary = PART_GPT_ENTRIES_LBA },
	{ "no entries", HEADER0, 80, 4, 0, FIX_ALL, .primary = PART_GPT_ENTRY_COUNT },
	{ "2^32 - 1 entries", HEADER0, 80, 4, UINT32_MAX, FIX_ALL,
		.primary = PART_GPT_ENTRY_COUNT },
	{ "entries of 127 bytes", HEADER0, 84, 4, 127, FIX_ALL, .primary = PART_GPT_ENTRY_SIZE },
	{ "entries of 384 bytes", HEADER0, 84, 4, 384, FIX_ALL, .primary = PART_GPT_ENTRY_SIZE },
	{ "entries of 2^31 bytes", HEADER0, 84, 4, 1u << 31, FIX_ALL,
		.primary = PART_GPT_ENTRY_COUNT },
	{ "first usable LBA within the entries", HEADERS, 40, 8, 33, FIX_ALL,
		.primary = PART_GPT_ENTRIES_OVERLAP | PART_GPT_ENTRIES_SMALL },
	{ "last usable LBA within the entries", HEADERS, 48, 8, 8159, FIX_ALL,
		.backup = PART_GPT_ENTRIES_OVERLAP },
	{ "end before start", ENTRY2, 40, 8, 2 * MIB - 1, FIX_ALL, .parts = PART_ORDER },
	{ "beyond the disk", ENTRY2, 40, 8, 8192, FIX_ALL,
		.parts = PART_OUTSIDE_DISK | PART_OUTSIDE_USABLE },
	{ "end at 2^64 - 1", ENTRY2, 40, 8, UINT64_MAX, FIX_ALL,
		.parts = PART_OUTSIDE_DISK | PART_OUTSIDE_USABLE },
	{ "over the backup", ENTRY2, 40, 8, 8191, FIX_ALL, .parts = PART_OUTSIDE_USABLE },
	{ "overlap", ENTRY1, 40, 8, 2 * MIB, FIX_ALL, .parts = PART_OVERLAP },
	{ "4 KiB alignment", ENTRY2, 32, 8, 2 * MIB + 1, FIX_ALL,
		.parts = PART_UNALIGNED_4K | PART_UNALIGNED_1M },
	{ "1 MiB alignment", ENTRY2, 32, 8, 2 * MIB + 8, FIX_ALL, .parts = PART_UNALIGNED_1M },
	{ "reserved attribute", ENTRY2, 48, 8, 8, FIX_ALL, .parts = PART_ATTRS_RESERVED },
	{ "attributes of the type's owner", ENTRY2, 48, 8, UINT64_C(1) << 63, FIX_ALL, .parts = 0 },
};

static uint8_t *place(const struct gpt_bytes *g, enum where where, int copy)
{
	switch (where) {
	case HEADER0:
		return copy == 0 ? gb_header(g, 0) : NULL;
	case HEADER1:
		return copy == 1 ? gb_header(g, 1) : NULL;
	case HEADERS:
		return gb_header(g, copy);
	case ENTRY1:
		return gb_entry(g, copy, 1);
	case ENTRY2:
		return gb_entry(g, copy, 2);
	case MBR:
		return copy == 0 ? g->b : NULL;
	case PMBR:
		return copy == 0 ? g->b + 446 : NULL;
	}
	return NULL;
}

static bool same_wrong(const char *what, const char *of, unsigned got, unsigned want)
{
	if (got != want)
		printf("# %s: %s wrong is 0x%x, not 0x%x\n", what, of, got, want);
	return got == want;
}

static void mutate(const struct mutation *m)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	struct gpt_bytes g;
	bool right;

	gb_init(&g, 512, 128, 0);
	for (int copy = 0; copy < 2; copy++)
		if (place(&g, m->where, copy))
			gb_put(place(&g, m->where, copy) + m->offset, m->value, (int)m->bytes);
	if (m->fix == FIX_ALL)
		gb_fix(&g);
	t = read_gpt_bytes(&g);
	right = same_wrong(m->what, "table", t->wrong, m->table);
	right &= same_wrong(m->what, "MBR", t->mbr.wrong, m->mbr);
	right &= same_wrong(m->what, "primary", t->primary.wrong, m->primary);
	right &= same_wrong(m->what, "backup", t->backup.wrong, m->backup);
	right &= same_wrong(m->what, "parts", parts_wrong(t), m->parts);
	ok(right, "%s", m->what);
	gb_release(&g);
}

static void broken_copies(void)
{
	struct part_table *t;
	struct gpt_bytes g;

	gb_init(&g, 512, 128, 0);
	gb_entry(&g, 0, 1)[56] = 'X';
	t = read_gpt_bytes(&g);
	is_int(t->primary.wrong, PART_GPT_ENTRIES_CRC, "the primary's entries fail their CRC");
	ok(t->used == &t->backup && t->n_parts == 2, "so the backup is used");
	is_str(t->parts[0].name, "E", "and its names");
	part_table_free(t);
	gb_entry(&g, 1, 1)[56] = 'X';
	t = read_gpt_bytes(&g);
	ok(!part_table_usable(t) && t->n_parts == 0 && t->scheme == PART_SCHEME_GPT,
		"with both broken it is a GPT without a usable copy");
	part_table_free(t);
	gb_fix(&g);
	memcpy(gb_entry(&g, 0, 2) + 16, gb_entry(&g, 0, 1) + 16, 16);
	memcpy(gb_entry(&g, 1, 2) + 16, gb_entry(&g, 1, 1) + 16, 16);
	for (int copy = 0; copy < 2; copy++)
		memset(gb_entry(&g, copy, 2) + 56, 'n', 72);
	gb_fix(&g);
	t = read_gpt_bytes(&g);
	is_int(t->parts[1].wrong, PART_GUID_TWICE | PART_NAME_NO_NUL,
		"a GUID used twice and a name without a NUL");
	is_int(t->parts[1].same_guid, 1, "it is the one of partition 1");
	part_table_free(t);
	gb_release(&g);
}

static void grown_and_misread(void)
{
	struct part_table *t;
	struct gpt_bytes g;

	gb_init(&g, 512, 128, 0);
	g.b = realloc(g.b, g.size + 1048576 + 100);
	memset(g.b + g.size, 0, 1048576 + 100);
	t = read_bytes(g.b, g.size + 1048576, 512);
	is_int(t->wrong, PART_TABLE_BACKUP_NOT_END, "of a grown disk the backup is not at the end");
	is_int(t->mbr.wrong, PART_MBR_SIZE, "and the protective MBR is too small");
	ok(t->backup.valid && t->backup.wrong == 0, "but the backup is found and right");
	part_table_free(t);
	t = read_bytes(g.b, g.size + 100, 512);
	is_int(t->wrong, PART_TABLE_ODD_SIZE, "a disk that ends within a sector");
	part_table_free(t);
	t = read_bytes(g.b, g.size, 4096);
	is_int(t->wrong, PART_TABLE_SECTOR_SIZE, "a table for 512 on a disk of 4096");
	ok(t->sector_size == 512 && t->n_parts == 2, "is read all the same");
	part_table_free(t);
	gb_release(&g);

	gb_init(&g, 4096, 128, 0);
	t = read_bytes(g.b, g.size, 512);
	ok(t->wrong == PART_TABLE_SECTOR_SIZE && t->sector_size == 4096 && t->n_parts == 2,
		"and one for 4096 on a disk of 512");
	part_table_free(t);
	gb_release(&g);

	gb_init(&g, 512, 4, 16384);
	for (int copy = 0; copy < 2; copy++) {
		gb_put(gb_header(&g, copy) + 40, 3, 8);
		gb_put(gb_header(&g, copy) + 48, 29, 8);
		gb_fix_header(&g, copy);
	}
	t = read_gpt_bytes(&g);
	ok(t->primary.wrong == PART_GPT_ENTRIES_SMALL && t->backup.wrong == PART_GPT_ENTRIES_SMALL,
		"four entries and no room for more");
	part_table_free(t);
	gb_release(&g);
}

static void other_schemes(void)
{
	static uint8_t b[128 << 10];
	static const uint8_t bpb[] = { 0xeb, 0x3c, 0x90, 'm', 'k', 'f', 's', '.', 'f', 'a', 't',
		0x00, 0x02, 0x04, 0x01, 0x00, 0x02, 0x00, 0x02, 0x00, 0x01, 0xf8 };
	struct part_table *t = read_bytes(b, sizeof(b), 512);

	is_int(t->scheme, PART_SCHEME_NONE, "zeroes are no scheme");
	part_table_free(t);
	b[510] = 0x55;
	b[511] = 0xaa;
	memcpy(b, bpb, sizeof(bpb));
	t = read_bytes(b, sizeof(b), 512);
	ok(t->scheme == PART_SCHEME_BARE && t->bare && strcmp(t->bare, "vfat") == 0,
		"a FAT in the first sector is no table");
	part_table_free(t);
	gb_put(b + 446 + 4, 0x83, 1);
	gb_put(b + 446 + 8, 64, 4);
	gb_put(b + 446 + 12, 64, 4);
	t = read_bytes(b, sizeof(b), 512);
	ok(t->scheme == PART_SCHEME_MBR && !t->bare, "with a record it is an MBR disk");
	is_int(t->mbr.entry[0].lba, 64, "whose record is read");
	part_table_free(t);
	memset(b, 0, sizeof(b));
	b[1080] = 0x53;
	b[1081] = 0xef;
	t = read_bytes(b, sizeof(b), 512);
	is_str(t->bare, "ext", "an ext file system is told");
	part_table_free(t);
	memset(b, 0, sizeof(b));
	memcpy(b + 65600, "_BHRfS_M", 8);
	t = read_bytes(b, sizeof(b), 512);
	is_str(t->bare, "btrfs", "and a btrfs");
	part_table_free(t);
}

static void truncations(unsigned ss, unsigned entries, uint64_t size)
{
	struct gpt_bytes g;
	bool survived = true;

	gb_init(&g, ss, entries, size);
	for (size_t n = 0; n < g.size; n++) {
		/* An allocation of its own, so that ASan sees a read past the end. */
		uint8_t *b = malloc(n ? n : 1);
		struct part_table *t;

		memcpy(b, g.b, n);
		t = read_bytes(b, n, ss);
		survived &= !t->backup.valid || t->backup.lba < t->last_lba;
		part_table_free(t);
		free(b);
	}
	ok(survived, "every truncation of %u entries on sectors of %u is read", entries, ss);
	gb_release(&g);
}

/* Outside confirmation that the bytes of gpt_bytes.h are what they claim to be. */
static void sgdisk_agrees(void)
{
	char path[] = "/tmp/armvm-gpt-XXXXXX", command[128];
	struct gpt_bytes g;
	int fd, rc;

	if (!tap_has("sgdisk -v has nothing against the fixture", "sgdisk"))
		return;
	gb_init(&g, 512, 128, 0);
	fd = mkstemp(path);
	ok(fd >= 0 && write(fd, g.b, g.size) == (ssize_t)g.size, "the fixture is written");
	close(fd);
	snprintf(command, sizeof(command), "sgdisk -v %s | grep -q 'No problems found'", path);
	rc = system(command);
	ok(WIFEXITED(rc) && WEXITSTATUS(rc) == 0, "sgdisk -v has nothing against the fixture");
	unlink(path);
	gb_release(&g);
}

int main(void)
{
	sgdisk_agrees();
	good_table(512);
	good_table(4096);
	for (size_t i = 0; i < ARRAY_SIZE(mutations); i++)
		mutate(&mutations[i]);
	broken_copies();
	grown_and_misread();
	other_schemes();
	truncations(512, 4, 34304);
	truncations(4096, 128, 57344);
	return tap_done();
}
