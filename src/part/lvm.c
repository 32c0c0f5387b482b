/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical volumes and their metadata (lvm2 lib/format_text/layout.h), and from
 * those the logical volumes: see lvm.h.
 */
#include "part/lvm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "part/lvm_text.h"

#define SECTOR UINT64_C(512)

/* The label, and behind it the physical volume's header. */
#define LABEL_SECTORS 4
#define LABEL_SECTOR  8
#define LABEL_CRC     16
#define LABEL_OFFSET  20
#define LABEL_TYPE    24
#define PV_ID         0
#define PV_ID_SIZE    32
#define PV_AREAS      40
#define AREA_BYTES    16

/* An area of metadata: struct mda_header, and its first raw_locn. */
#define MDA_CRC      0
#define MDA_MAGIC    4
#define MDA_START    24
#define MDA_SIZE     32
#define MDA_LOCN     40
#define MDA_BYTES    512
#define LOCN_OFFSET  0
#define LOCN_SIZE    8
#define LOCN_CRC     16
#define LOCN_FLAGS   20
#define LOCN_IGNORED 1

#define TEXT_MAX    (4u << 20)
#define VOLUMES_MAX 1000
#define PIECES_MAX  100000

/* A physical volume. */
struct member {
	char id[PV_ID_SIZE + 1];
	struct lvm_node *text; /* NULL: it carries no metadata */
};

struct reader {
	struct disk *const *disks;
	struct member *members;
	unsigned n;
	struct lvm *out;
};

/* LVM starts its CRC-32 elsewhere, and inverts neither the start nor the end. */
static uint32_t lvm_crc(const uint8_t *bytes, size_t len)
{
	return ~(uint32_t)crc32(~UINT32_C(0xf597a6cf), bytes, (uInt)len);
}

static int read_text(
	struct disk *disk, const uint8_t *mda, uint64_t at, struct lvm_node **out, struct err *err)
{
	const uint8_t *locn = mda + MDA_LOCN;
	uint64_t off = le64(locn + LOCN_OFFSET), size = le64(locn + LOCN_SIZE);
	uint64_t area = le64(mda + MDA_SIZE), first;
	CLEANUP(xfree) char *text = NULL;
	int r;

	if (off == 0 || le32(locn + LOCN_FLAGS) & LOCN_IGNORED)
		return 0;
	if (size == 0 || size > TEXT_MAX || off < MDA_BYTES || off >= area ||
		size > area - MDA_BYTES)
		return err_set(err, EUCLEAN, "metadata of LVM beyond their area");
	text = xmalloc(size + 1);
	/* It is a ring: what does not fit goes on behind the header. */
	first = size < area - off ? size : area - off;
	r = disk_read(disk, at + off, text, (size_t)first, err);
	if (r == 0 && first < size)
		r = disk_read(disk, at + MDA_BYTES, text + first, (size_t)(size - first), err);
	if (r < 0)
		return r;
	text[size] = '\0';
	if (lvm_crc((const uint8_t *)text, (size_t)size) != le32(locn + LOCN_CRC))
		return err_set(err, EUCLEAN, "metadata of LVM with a wrong checksum");
	return lvm_text_parse(text, (size_t)size, out, err);
}

static int read_area(
	struct disk *disk, uint64_t at, uint64_t size, struct lvm_node **out, struct err *err)
{
	uint8_t mda[MDA_BYTES];
	int r;

	if (size < MDA_BYTES || !range_within(at, size, disk_size(disk)))
		return err_set(err, EUCLEAN, "an area of LVM's metadata beyond its disk");
	r = disk_read(disk, at, mda, sizeof(mda), err);
	if (r < 0)
		return r;
	if (memcmp(mda + MDA_MAGIC, " LVM2 x[5A%r0N*>", 16) != 0 ||
		lvm_crc(mda + MDA_MAGIC, sizeof(mda) - MDA_MAGIC) != le32(mda + MDA_CRC) ||
		le64(mda + MDA_START) != at || le64(mda + MDA_SIZE) > size)
		return err_set(err, EUCLEAN, "a damaged area of LVM's metadata");
	return read_text(disk, mda, at, out, err);
}

/* Two lists of areas, each ended by zeroes: for data, and for metadata. */
static int read_header(
	struct disk *disk, const uint8_t *header, size_t len, struct member *m, struct err *err)
{
	size_t at = PV_AREAS;
	int r = 0;

	memcpy(m->id, header + PV_ID, PV_ID_SIZE);
	while (at + AREA_BYTES <= len && le64(header + at))
		at += AREA_BYTES;
	at += AREA_BYTES;
	/* Any copy will do: the first that can be read. */
	for (; !m->text && at + AREA_BYTES <= len && le64(header + at); at += AREA_BYTES)
		r = read_area(disk, le64(header + at), le64(header + at + 8), &m->text, err);
	return m->text ? 0 : r;
}

static int read_member(struct disk *disk, struct member *m, struct err *err)
{
	uint8_t sector[SECTOR];

	for (uint64_t i = 0; i < LABEL_SECTORS; i++) {
		uint32_t off;
		int r = disk_read(disk, i * SECTOR, sector, sizeof(sector), err);

		if (r < 0)
			return r;
		if (memcmp(sector, "LABELONE", 8) != 0 || le64(sector + LABEL_SECTOR) != i ||
			memcmp(sector + LABEL_TYPE, "LVM2 001", 8) != 0)
			continue;
		off = le32(sector + LABEL_OFFSET);
		if (off < 32 || off > SECTOR - PV_AREAS - AREA_BYTES ||
			lvm_crc(sector + LABEL_OFFSET, SECTOR - LABEL_OFFSET) !=
				le32(sector + LABEL_CRC))
			return err_set(err, EUCLEAN, "a damaged label of LVM");
		return read_header(disk, sector + off, SECTOR - off, m, err);
	}
	return err_set(err, EUCLEAN, "no label of LVM");
}

/* An identifier is written in groups, "abcdef-0123-...", and stored without them. */
static bool same_id(const char *written, const char *stored)
{
	for (; *written; written++)
		if (*written != '-' && *written != *stored++)
			return false;
	return *stored == '\0';
}

/* The physical volume that a section names; r->n when it is not among those that are here. */
static unsigned member_named(const struct reader *r, const struct lvm_node *group, const char *name)
{
	const struct lvm_node *all = lvm_find(group, "physical_volumes", LVM_SECTION);
	const struct lvm_node *pv = all ? lvm_find(all, name, LVM_SECTION) : NULL;

	for (unsigned i = 0; pv && i < r->n; i++)
		if (same_id(lvm_string(pv, "id"), r->members[i].id))
			return i;
	return r->n;
}

static uint64_t pe_start_of(const struct lvm_node *group, const char *name)
{
	const struct lvm_node *all = lvm_find(group, "physical_volumes", LVM_SECTION);

	return lvm_number(lvm_find(all, name, LVM_SECTION), "pe_start");
}

static int add_piece(struct lvm_volume *v, struct lvm_piece piece, struct err *err)
{
	struct lvm_piece *last = v->n_pieces ? &v->pieces[v->n_pieces - 1] : NULL;

	if (last && last->member == piece.member && last->off + last->len == piece.off) {
		last->len += piece.len;
		return 0;
	}
	if (v->n_pieces == PIECES_MAX)
		return err_set(err, EFBIG, "a logical volume in over %d pieces", PIECES_MAX);
	if (v->n_pieces == v->pieces_cap) {
		v->pieces_cap = v->pieces_cap ? 2 * v->pieces_cap : 8;
		v->pieces = xreallocarray(v->pieces, v->pieces_cap, sizeof(*v->pieces));
	}
	v->pieces[v->n_pieces++] = piece;
	return 0;
}

/* Where a segment's parts lie. */
struct stripe {
	unsigned member;
	uint64_t off; /* bytes */
};
#define STRIPES_MAX 128

static int read_stripes(const struct reader *r, const struct lvm_node *group,
	const struct lvm_node *segment, uint64_t extent, struct stripe *stripes, unsigned n,
	struct lvm_volume *v, struct err *err)
{
	const struct lvm_node *list = lvm_find(segment, "stripes", LVM_LIST);
	const struct lvm_node *item = list ? list->below : NULL;

	for (unsigned i = 0; i < n; i++, item = item->next->next) {
		uint64_t start, off;

		if (!item || item->kind != LVM_STRING || !item->next ||
			item->next->kind != LVM_NUMBER)
			return err_set(err, EUCLEAN, "a segment of LVM without its stripes");
		stripes[i].member = member_named(r, group, item->text);
		if (stripes[i].member == r->n) {
			snprintf(v->why, sizeof(v->why), "a part of it is on another disk");
			v->idle |= LVM_PARTIAL;
			return 0;
		}
		start = pe_start_of(group, item->text);
		if (!checked_mul(item->next->number, extent, &off) ||
			!checked_mul(start, SECTOR, &start) || !checked_add(off, start, &off))
			return err_set(err, EUCLEAN, "a segment of LVM beyond its disk");
		stripes[i].off = off;
	}
	return 0;
}

static int add_segment(const struct reader *r, const struct lvm_node *group,
	const struct lvm_node *segment, struct lvm_volume *v, struct err *err)
{
	struct stripe stripes[STRIPES_MAX];
	uint64_t extent, len, step, n = lvm_number(segment, "stripe_count");
	const char *type = lvm_string(segment, "type");
	int ret;

	if (strcmp(type, "striped") != 0 && strcmp(type, "linear") != 0) {
		snprintf(v->why, sizeof(v->why), "segments of type %.20s are not read here", type);
		return 0;
	}
	if (!checked_mul(lvm_number(group, "extent_size"), SECTOR, &extent) || extent == 0 ||
		!checked_mul(lvm_number(segment, "extent_count"), extent, &len) || n == 0 ||
		n > STRIPES_MAX || len % n)
		return err_set(err, EUCLEAN, "a segment of LVM that contradicts itself");
	ret = read_stripes(r, group, segment, extent, stripes, (unsigned)n, v, err);
	if (ret < 0 || *v->why)
		return ret;
	len /= n;
	step = n == 1 ? len : lvm_number(segment, "stripe_size") * SECTOR;
	if (step == 0 || len % step)
		return err_set(err, EUCLEAN, "a segment of LVM that contradicts itself");
	for (unsigned i = 0; i < n; i++)
		if (!range_within(stripes[i].off, len, disk_size(r->disks[stripes[i].member])))
			return err_set(err, EUCLEAN, "a segment of LVM beyond its disk");
	for (uint64_t done = 0; done < len && ret == 0; done += step)
		for (unsigned i = 0; i < n && ret == 0; i++)
			ret = add_piece(v,
				(struct lvm_piece){
					stripes[i].member, stripes[i].off + done, step },
				err);
	return ret;
}

/* Segments stand in their order: each begins where the one before ends. */
static int add_segments(const struct reader *r, const struct lvm_node *group,
	const struct lvm_node *lv, struct lvm_volume *v, struct err *err)
{
	uint64_t next = 0;
	int ret = 0;

	for (const struct lvm_node *n = lv->below; n && ret == 0 && !*v->why; n = n->next) {
		if (n->kind != LVM_SECTION)
			continue;
		if (lvm_number(n, "start_extent") != next)
			return err_set(err, EUCLEAN, "segments of LVM that are out of order");
		ret = add_segment(r, group, n, v, err);
		if (!checked_add(next, lvm_number(n, "extent_count"), &next))
			return err_set(err, EUCLEAN, "segments of LVM without an end");
	}
	return ret;
}

static bool has_word(const struct lvm_node *section, const char *key, const char *word)
{
	const struct lvm_node *list = lvm_find(section, key, LVM_LIST);

	for (const struct lvm_node *n = list ? list->below : NULL; n; n = n->next)
		if (n->kind == LVM_STRING && strcmp(n->text, word) == 0)
			return true;
	return false;
}

/* What older releases of LVM may ignore is in a list of its own. */
static bool has_status(const struct lvm_node *section, const char *status)
{
	return has_word(section, "status", status) || has_word(section, "flags", status);
}

static void double_dashes(struct text *to, const char *name)
{
	for (; *name; name++) {
		text_add(to, name, 1);
		if (*name == '-')
			text_puts(to, "-");
	}
}

static int add_volume(struct reader *r, const struct lvm_node *group, unsigned idle,
	const struct lvm_node *lv, struct err *err)
{
	struct text name = TEXT_INIT;
	struct lvm_volume *v;

	if (lv->kind != LVM_SECTION || !has_status(lv, "VISIBLE"))
		return 0;
	if (r->out->n == VOLUMES_MAX)
		return err_set(err, EFBIG, "over %d logical volumes", VOLUMES_MAX);
	r->out->volumes = xreallocarray(r->out->volumes, r->out->n + 1, sizeof(*r->out->volumes));
	v = &r->out->volumes[r->out->n++];
	*v = (struct lvm_volume){ .path = xasprintf("%s/%s", group->key, lv->key), .idle = idle };
	v->idle |= has_status(lv, "ACTIVATION_SKIP") ? LVM_SKIPPED : 0;
	v->idle |= has_status(lv, "NOAUTOACTIVATE") ? LVM_BY_HAND : 0;
	double_dashes(&name, group->key);
	text_puts(&name, "-");
	double_dashes(&name, lv->key);
	v->name = text_detach(&name);
	return add_segments(r, group, lv, v, err);
}

static const struct lvm_node *group_of(const struct member *m)
{
	for (const struct lvm_node *n = m->text ? m->text->below : NULL; n; n = n->next)
		if (n->kind == LVM_SECTION && lvm_find(n, "physical_volumes", LVM_SECTION))
			return n;
	return NULL;
}

/* Whether no other member says something newer of the same group. */
static bool is_newest(const struct reader *r, unsigned at, const struct lvm_node *group)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct lvm_node *other = group_of(&r->members[i]);

		if (i == at || !other || strcmp(lvm_string(other, "id"), lvm_string(group, "id")))
			continue;
		if (lvm_number(other, "seqno") > lvm_number(group, "seqno") ||
			(lvm_number(other, "seqno") == lvm_number(group, "seqno") && i < at))
			return false;
	}
	return true;
}

static bool same_name_elsewhere(const struct reader *r, const struct lvm_node *group)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct lvm_node *other = group_of(&r->members[i]);

		if (other && strcmp(other->key, group->key) == 0 &&
			strcmp(lvm_string(other, "id"), lvm_string(group, "id")) != 0)
			return true;
	}
	return false;
}

static bool lacks_member(const struct reader *r, const struct lvm_node *group)
{
	const struct lvm_node *all = lvm_find(group, "physical_volumes", LVM_SECTION);

	for (const struct lvm_node *pv = all->below; pv; pv = pv->next)
		if (pv->kind == LVM_SECTION && member_named(r, group, pv->key) == r->n)
			return true;
	return false;
}

/* What holds for all volumes of a group. */
static unsigned group_idle(const struct reader *r, const struct lvm_node *group)
{
	return (has_status(group, "EXPORTED") ? LVM_EXPORTED : 0) |
	       (has_status(group, "NOAUTOACTIVATE") ? LVM_BY_HAND : 0) |
	       (same_name_elsewhere(r, group) ? LVM_SAME_NAME : 0) |
	       (lacks_member(r, group) ? LVM_LACKS : 0);
}

static int read_groups(struct reader *r, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < r->n && ret == 0; i++)
		ret = read_member(r->disks[i], &r->members[i], err);
	for (unsigned i = 0; i < r->n && ret == 0; i++) {
		const struct lvm_node *group = group_of(&r->members[i]), *all;

		if (!group || !is_newest(r, i, group))
			continue;
		all = lvm_find(group, "logical_volumes", LVM_SECTION);
		for (const struct lvm_node *lv = all ? all->below : NULL; lv && ret == 0;
			lv = lv->next)
			ret = add_volume(r, group, group_idle(r, group), lv, err);
	}
	return ret;
}

int lvm_read(struct disk *const *members, unsigned n, struct lvm *out, struct err *err)
{
	struct reader r = { members, xcalloc(n ? n : 1, sizeof(*r.members)), n, out };
	int ret = read_groups(&r, err);

	for (unsigned i = 0; i < n; i++)
		lvm_text_free(r.members[i].text);
	free(r.members);
	if (ret < 0)
		lvm_release(out);
	return ret;
}

void lvm_release(struct lvm *lvm)
{
	for (size_t i = 0; i < lvm->n; i++) {
		free(lvm->volumes[i].name);
		free(lvm->volumes[i].path);
		free(lvm->volumes[i].pieces);
	}
	free(lvm->volumes);
	*lvm = (struct lvm){ 0 };
}
