/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks of software RAID, and the arrays that they describe: see md.h.
 */
#include "part/md.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"

#define SECTOR UINT64_C(512)

#define SB_MAGIC     0
#define SB_MAJOR     4
#define SB_FEATURES  8
#define SB_UUID      16
#define SB_NAME      32
#define SB_NAME_SIZE 32
#define SB_LEVEL     72
#define SB_SIZE      80
#define SB_CHUNK     88
#define SB_DISKS     92
#define SB_DATA      128
#define SB_DATA_SIZE 136
#define SB_SUPER     144
#define SB_NUMBER    160
#define SB_EVENTS    200
#define SB_CSUM      216
#define SB_MAX_DEV   220
#define SB_ROLES     256
#define SB_BYTES     4096

#define MAGIC            UINT32_C(0xa92b4efc)
#define FEATURE_RECOVERY 2
#define FEATURE_RESHAPE  4

/* A superblock of version 0.90, in words of whichever order of bytes its machine had; 64 KiB before the end. */
#define OLD_PLACE UINT64_C(65536)
#define OLD_BYTES 64
#define OLD_MAJOR 4
#define OLD_MINOR 8
#define OLD_UUID  20 /* its first word, and three more: */
#define OLD_LEVEL 28
#define OLD_MORE  52

#define LEVEL_LINEAR (-1)
#define OLD_METADATA "0.90"
#define ROLE_NONE    0xfffe /* a spare, a faulty one, a journal */
#define PIECES_MAX   100000

struct member {
	struct disk *disk;
	uint8_t sb[SB_BYTES];
	bool found;
	unsigned role;
	const char *metadata; /* "1.2" */
	int32_t level;
};

/* The sum of the superblock's words, folded, its own field left out. */
static uint32_t checksum(const uint8_t *sb)
{
	size_t len = SB_ROLES + 2 * (size_t)le32(sb + SB_MAX_DEV);
	uint64_t sum = 0;

	for (size_t i = 0; i + 4 <= len; i += 4)
		sum += i == SB_CSUM ? 0 : le32(sb + i);
	if (len % 4 == 2)
		sum += le16(sb + len - 2);
	return (uint32_t)sum + (uint32_t)(sum >> 32);
}

static int read_super(struct member *m, uint64_t at, struct err *err)
{
	uint32_t number;
	int r;

	if (!range_within(at, SB_BYTES, disk_size(m->disk)))
		return 0;
	r = disk_read(m->disk, at, m->sb, SB_BYTES, err);
	if (r < 0)
		return r;
	if (le32(m->sb + SB_MAGIC) != MAGIC || le32(m->sb + SB_MAJOR) != 1 ||
		le64(m->sb + SB_SUPER) != at / SECTOR)
		return 0;
	if (le32(m->sb + SB_MAX_DEV) > (SB_BYTES - SB_ROLES) / 2 ||
		checksum(m->sb) != le32(m->sb + SB_CSUM))
		return err_set(err, EUCLEAN, "a damaged superblock of RAID");
	m->found = true;
	m->level = (int32_t)le32(m->sb + SB_LEVEL);
	number = le32(m->sb + SB_NUMBER);
	m->role = number < le32(m->sb + SB_MAX_DEV) ? le16(m->sb + SB_ROLES + 2 * number)
						    : ROLE_NONE;
	return 0;
}

/* What 0.90 says of its array goes where version 1 has it, as far as an array that is not read is named by it. */
static int find_old(struct member *m, struct err *err)
{
	uint64_t end = disk_size(m->disk) & ~(OLD_PLACE - 1);
	uint32_t (*word)(const uint8_t *) = le32;
	uint8_t old[OLD_BYTES];
	int r;

	if (end < OLD_PLACE)
		return 0;
	r = disk_read(m->disk, end - OLD_PLACE, old, sizeof(old), err);
	if (r < 0)
		return r;
	if (be32(old) == MAGIC)
		word = be32;
	if (word(old) != MAGIC || word(old + OLD_MAJOR) != 0 || word(old + OLD_MINOR) < 90)
		return 0;
	memset(m->sb, 0, sizeof(m->sb));
	put_be32(m->sb + SB_UUID, word(old + OLD_UUID));
	for (size_t i = 0; i < 3; i++)
		put_be32(m->sb + SB_UUID + 4 * (i + 1), word(old + OLD_MORE + 4 * i));
	m->level = (int32_t)word(old + OLD_LEVEL);
	m->metadata = OLD_METADATA;
	m->found = true;
	return 0;
}

/* At the end (1.0), at the start (1.1), or 4 KiB behind it (1.2). */
static int find_super(struct member *m, struct err *err)
{
	uint64_t sectors = disk_size(m->disk) / SECTOR;
	const uint64_t places[] = { 0, 4096,
		sectors >= 16 ? ((sectors - 16) & ~UINT64_C(7)) * SECTOR : 0 };
	static const char *const metadata[] = { "1.1", "1.2", "1.0" };
	int r = 0;

	for (size_t i = 0; r == 0 && !m->found && i < ARRAY_SIZE(places); i++) {
		r = read_super(m, places[i], err);
		m->metadata = metadata[i];
	}
	return r == 0 && !m->found ? find_old(m, err) : r;
}

static bool same_array(const struct member *a, const struct member *b)
{
	return memcmp(a->sb + SB_UUID, b->sb + SB_UUID, 16) == 0;
}

static void name_array(struct md_array *a, const struct member *m)
{
	const uint8_t *u = m->sb + SB_UUID;
	const char *name = (const char *)m->sb + SB_NAME, *colon;
	size_t len = strnlen(name, SB_NAME_SIZE);

	snprintf(a->uuid, sizeof(a->uuid), "%08" PRIx32 ":%08" PRIx32 ":%08" PRIx32 ":%08" PRIx32,
		be32(u), be32(u + 4), be32(u + 8), be32(u + 12));
	colon = memchr(name, ':', len);
	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	memcpy(a->name, name, len);
}

static void add_piece(struct md_array *a, struct disk *disk, uint64_t off, uint64_t len)
{
	a->pieces = xreallocarray(a->pieces, a->n_pieces + 1, sizeof(*a->pieces));
	a->pieces[a->n_pieces++] = (struct disk_part){ disk, off, len };
}

/* In bytes, within the member; false: beyond it. */
static bool data_of(const struct member *m, uint64_t sectors, uint64_t *off, uint64_t *len)
{
	return checked_mul(le64(m->sb + SB_DATA), SECTOR, off) &&
	       checked_mul(sectors, SECTOR, len) && *len &&
	       range_within(*off, *len, disk_size(m->disk));
}

/* The member with this role that was written last; NULL: none. */
static const struct member *by_role(
	const struct member *members, unsigned n, const struct member *of, unsigned role)
{
	const struct member *best = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct member *m = &members[i];

		if (m->found && same_array(m, of) && m->role == role &&
			!(le32(m->sb + SB_FEATURES) & FEATURE_RECOVERY) &&
			(!best || le64(m->sb + SB_EVENTS) > le64(best->sb + SB_EVENTS)))
			best = m;
	}
	return best;
}

static const char *lay_mirror(
	struct md_array *a, const struct member *members, unsigned n, const struct member *of)
{
	const struct member *best = NULL;
	uint64_t off, len;

	for (unsigned role = 0; role < le32(of->sb + SB_DISKS) && role < ROLE_NONE; role++) {
		const struct member *m = by_role(members, n, of, role);

		if (m && (!best || le64(m->sb + SB_EVENTS) > le64(best->sb + SB_EVENTS)))
			best = m;
		if (role >= (SB_BYTES - SB_ROLES) / 2)
			break;
	}
	if (!best)
		return "no member of the mirror is whole";
	if (!data_of(best, le64(best->sb + SB_SIZE), &off, &len))
		return "its data ends beyond a member";
	add_piece(a, best->disk, off, len);
	return NULL;
}

/* Pieces of `step` bytes of each member in turn; 0: each whole. */
static const char *lay_in_turn(struct md_array *a, const struct member *members, unsigned n,
	const struct member *of, uint64_t step)
{
	unsigned disks = le32(of->sb + SB_DISKS);
	uint64_t chunk = le32(of->sb + SB_CHUNK) * SECTOR, size = 0, at = 0;

	if (disks == 0 || disks > n)
		return "a member is not in the image";
	do {
		for (unsigned role = 0; role < disks; role++) {
			const struct member *m = by_role(members, n, of, role);
			uint64_t off, len;

			if (!m)
				return "a member is not in the image";
			if (!data_of(m, le64(m->sb + SB_DATA_SIZE), &off, &len))
				return "its data ends beyond a member";
			if (chunk)
				len -= len % chunk;
			if (!len)
				return "a member is smaller than one chunk";
			if (!size)
				size = len;
			if (step && len != size)
				return "its members differ in size";
			if (a->n_pieces >= PIECES_MAX)
				return "it has too many pieces";
			add_piece(a, m->disk, off + at, step ? step : len);
		}
		at += step;
	} while (step && at < size);
	return NULL;
}

/* Why an array of this kind is not read; the caller frees it. */
static char *not_read(const struct member *of)
{
	const char *why = "its blocks are in an order of its own";

	if (strcmp(of->metadata, OLD_METADATA) == 0)
		why = "superblocks of version 1 alone are";
	else if (of->level >= 4 && of->level <= 6)
		why = "its blocks are spread, with parity";
	else if (of->level == 10)
		why = "its blocks are spread, and mirrored";
	if (of->level == LEVEL_LINEAR)
		return xasprintf(
			"linear RAID (metadata %s) is not read here: %s", of->metadata, why);
	return xasprintf("RAID %" PRId32 " (metadata %s) is not read here: %s", of->level,
		of->metadata, why);
}

/* Whether over `spare` of its members are not here, or not whole. */
static bool lacks_over(
	const struct member *members, unsigned n, const struct member *of, unsigned spare)
{
	unsigned disks = le32(of->sb + SB_DISKS), here = 0;

	for (unsigned role = 0; role < disks && role < (SB_BYTES - SB_ROLES) / 2; role++)
		here += by_role(members, n, of, role) != NULL;
	return disks > here && disks - here > spare;
}

/* What Linux has for a level, and how many members that can do without; ALL_BUT_ONE stays. */
#define ALL_BUT_ONE UINT32_MAX
static const struct level {
	int32_t level;
	const char *driver;
	unsigned spare;
} levels[] = {
	{ LEVEL_LINEAR, "linear", 0 },
	{ 0, "raid0", 0 },
	{ 1, "raid1", ALL_BUT_ONE },
	{ 4, "raid456", 1 },
	{ 5, "raid456", 1 },
	{ 6, "raid456", 2 },
	{ 10, "raid10", ALL_BUT_ONE },
};

static void judge_level(
	struct md_array *a, const struct member *members, unsigned n, const struct member *of)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		unsigned spare = levels[i].spare;

		if (levels[i].level != of->level)
			continue;
		a->driver = levels[i].driver;
		if (strcmp(of->metadata, OLD_METADATA) == 0 ||
			le32(of->sb + SB_FEATURES) & FEATURE_RESHAPE)
			return;
		if (spare == ALL_BUT_ONE)
			spare = le32(of->sb + SB_DISKS) ? le32(of->sb + SB_DISKS) - 1 : 0;
		a->lacks = lacks_over(members, n, of, spare);
		if (a->lacks && spare)
			snprintf(a->why, sizeof(a->why),
				"too few of its members are in the image, and whole");
		else if (a->lacks)
			snprintf(a->why, sizeof(a->why), "a member is not in the image");
	}
}

static void lay(
	struct md_array *a, const struct member *members, unsigned n, const struct member *of)
{
	uint64_t chunk = le32(of->sb + SB_CHUNK) * SECTOR;
	CLEANUP(xfree) char *unknown = not_read(of);
	const char *why = unknown;

	if (strcmp(of->metadata, OLD_METADATA) == 0)
		why = unknown;
	else if (le32(of->sb + SB_FEATURES) & FEATURE_RESHAPE)
		why = "it is being reshaped";
	else if (of->level == 1)
		why = lay_mirror(a, members, n, of);
	else if (of->level == LEVEL_LINEAR)
		why = lay_in_turn(a, members, n, of, 0);
	else if (of->level == 0 && chunk)
		why = lay_in_turn(a, members, n, of, chunk);
	if (why)
		snprintf(a->why, sizeof(a->why), "%s", why);
	judge_level(a, members, n, of);
}

int md_read(struct disk *const *disks, unsigned n, bool *used, struct md *out, struct err *err)
{
	CLEANUP(xfree) struct member *members = xcalloc(n ? n : 1, sizeof(*members));
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		members[i].disk = disks[i];
		r = find_super(&members[i], err);
		used[i] = members[i].found;
	}
	out->arrays = xcalloc(n ? n : 1, sizeof(*out->arrays));
	for (unsigned i = 0; r == 0 && i < n; i++) {
		bool first = members[i].found;

		for (unsigned k = 0; first && k < i; k++)
			first = !members[k].found || !same_array(&members[k], &members[i]);
		if (!first)
			continue;
		name_array(&out->arrays[out->n], &members[i]);
		lay(&out->arrays[out->n++], members, n, &members[i]);
	}
	return r;
}

void md_release(struct md *md)
{
	for (size_t i = 0; i < md->n; i++)
		free(md->arrays[i].pieces);
	free(md->arrays);
	*md = (struct md){ 0 };
}
