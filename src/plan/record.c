/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a plan to what is shown of it. See record.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "image/image.h"
#include "loader/volume.h"
#include "part/part.h"
#include "plan/diff.h"
#include "plan/record.h"
#include "rootfs/staged.h"

#define TEXT_MAX  ((size_t)1 << 20)
#define LINES_MAX 200

static struct record_change *add(struct record *r, const char *action, const char *place)
{
	r->changes = xreallocarray(r->changes, r->n_changes + 1, sizeof(*r->changes));
	r->changes[r->n_changes] = (struct record_change){ .action = action,
		.place = xstrdup(place) };
	return &r->changes[r->n_changes++];
}

void record_add(struct record *record, const char *action, const char *place, char *take_note)
{
	add(record, action, place)->note = take_note;
}

/* ---- files ---- */

static void describe_texts(struct record_change *to, const char *before, size_t before_len,
	const char *after, size_t after_len)
{
	struct text diff CLEANUP(text_release) = TEXT_INIT;

	to->before = before_len;
	to->after = after_len;
	if (before_len > TEXT_MAX || after_len > TEXT_MAX || !diff_is_text(before, before_len) ||
		!diff_is_text(after, after_len))
		return;
	diff_lines(&diff, before, before_len, after, after_len, LINES_MAX);
	to->diff = text_detach(&diff);
}

/* The size of what cannot be compared is reported all the same. */
static void read_before(
	struct rootfs *base, const char *path, struct buf *before, uint64_t *size, bool *read)
{
	struct rootfs_stat st;

	*size = rootfs_lstat(base, path, &st, NULL) == 0 ? st.size : 0;
	*read = *size <= TEXT_MAX && rootfs_read_file(base, path, TEXT_MAX, before, NULL) == 0;
}

static void record_change(
	struct record *r, const char *place, struct rootfs *base, const struct staged_change *c)
{
	static const char *const actions[] = {
		[STAGED_DIR] = "folder", [STAGED_LINK] = "link", [STAGED_REMOVED] = "remove"
	};
	struct buf before CLEANUP(buf_release) = BUF_INIT;
	struct record_change *to;
	uint64_t size = 0;
	bool read = true;

	if ((c->kind == STAGED_REMOVED || c->kind == STAGED_DIR) &&
		c->existed == (c->kind == STAGED_DIR))
		return;
	if (c->existed)
		read_before(base, c->path, &before, &size, &read);
	to = add(r,
		c->kind != STAGED_FILE ? actions[c->kind]
		: c->existed           ? "change"
				       : "create",
		place);
	to->path = xstrdup(c->path);
	to->before = size;
	if (c->kind == STAGED_LINK)
		to->note = xasprintf("to %s", buf_text(&c->bytes));
	else if (c->kind == STAGED_FILE && read)
		describe_texts(
			to, buf_text(&before), before.len, buf_text(&c->bytes), c->bytes.len);
	else if (c->kind == STAGED_FILE)
		to->after = c->bytes.len;
	else if (c->kind == STAGED_REMOVED && read)
		describe_texts(to, buf_text(&before), before.len, "", 0);
}

static void record_files(struct record *r, const struct plan_files *files)
{
	char name[VOLUME_NAME_MAX];
	const char *place = volume_name(files->volume, name);

	for (size_t i = 0; i < rootfs_staged_count(files->staged); i++)
		record_change(r, place, rootfs_staged_base(files->staged),
			rootfs_staged_at(files->staged, i));
}

/* ---- the partition table ---- */

static void add_part(struct text *out, const struct plan_part *p)
{
	char type[GUID_TEXT_LEN + 1], guid[GUID_TEXT_LEN + 1];

	guid_format(p->guid, guid);
	text_printf(out, "%u: LBA %" PRIu64 " to %" PRIu64 ", %s, %s", p->number, p->first_lba,
		p->first_lba + p->sectors - 1, part_type_word(p->type, type), guid);
	if (p->attrs)
		text_printf(out, ", attributes %" PRIx64, p->attrs);
	text_printf(out, "%s%s\n", *p->name ? ", " : "", p->name);
}

static void state_of_copies(struct text *out, const struct part_table *t)
{
	static const char *const schemes[] = { [PART_SCHEME_NONE] = "no table",
		[PART_SCHEME_GPT] = "GPT",
		[PART_SCHEME_MBR] = "MBR",
		[PART_SCHEME_BARE] = "no table" };

	text_puts(out, schemes[t->scheme]);
	if (t->scheme == PART_SCHEME_GPT)
		text_printf(out, ": protective MBR %s, primary %s, backup %s",
			t->mbr.wrong ? "wrong" : "right", t->primary.wrong ? "wrong" : "right",
			t->backup.wrong || t->wrong & PART_TABLE_BACKUP_NOT_END ? "wrong"
										: "right");
	text_printf(out, ", %" PRIu64 " bytes\n", t->disk_size);
}

static void before_of(struct text *out, const struct part_table *t)
{
	state_of_copies(out, t);
	for (size_t i = 0; i < t->n_parts; i++) {
		const struct part *p = &t->parts[i];
		const struct plan_part same = { p->index, p->type, p->guid, p->name, p->first_lba,
			p->last_lba - p->first_lba + 1, p->attrs };

		add_part(out, &same);
	}
	for (unsigned i = 0; t->scheme == PART_SCHEME_MBR && i < 4; i++) {
		const struct part_mbr_entry *e = &t->mbr.entry[i];

		if (e->type)
			text_printf(out, "%u: LBA %u to %u, type %02x\n", i + 1, e->lba,
				e->lba + e->sectors - 1, e->type);
	}
}

static void record_table(struct record *r, const struct plan *plan)
{
	struct text before CLEANUP(text_release) = TEXT_INIT,
			   after CLEANUP(text_release) = TEXT_INIT;
	const struct part_table *t;
	struct record_change *to = add(r, "change", "partition table");
	const struct plan_table *wanted = plan->table;

	if (image_parts(plan->image, &t, NULL) == 0)
		before_of(&before, t);
	text_printf(&after,
		"GPT: protective MBR right, primary right, backup right, %" PRIu64 " bytes\n",
		wanted->disk_size);
	for (size_t i = 0; i < wanted->n; i++)
		add_part(&after, &wanted->parts[i]);
	describe_texts(to, text_str(&before), before.len, text_str(&after), after.len);
	to->before = to->after = 0;
	to->note = wanted->because ? xstrdup(wanted->because) : NULL;
}

/* ---- the rest ---- */

static void record_work(struct record *r, const struct plan_work *w)
{
	static const char *const notes[] = { [PLAN_FSCK_FAT] = "fsck.fat",
		[PLAN_FAT32] = "made anew as FAT32, with the same files in it",
		[PLAN_NEW_FAT32] = "made as an empty FAT32",
		[PLAN_FSCK_EXT] = "e2fsck" };
	CLEANUP(xfree) char *place = xasprintf("partition %u", w->partition);

	add(r, w->what == PLAN_FAT32 || w->what == PLAN_NEW_FAT32 ? "rewrite" : "repair", place)
		->note = xstrdup(notes[w->what]);
}

static void record_container(struct record *r, enum plan_container what)
{
	static const char *const notes[] = { [PLAN_CONTAINER_REWRITE] = "written anew",
		[PLAN_CONTAINER_QCOW2] = "written anew, as qcow2",
		[PLAN_CONTAINER_REPAIR] = "repaired by qemu-img in a copy, and written anew",
		[PLAN_CONTAINER_FLATTEN] = "written anew, with what its backing files hold" };

	if (what != PLAN_CONTAINER_KEEP)
		add(r, "rewrite", "container")->note = xstrdup(notes[what]);
}

void record_plan(struct record *r, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_mends; i++) {
		r->mends = xreallocarray(r->mends, r->n_mends + 1, sizeof(*r->mends));
		r->mends[r->n_mends++] = (struct record_mend){ plan->mends[i].id,
			xstrdup(plan->mends[i].text) };
	}
	record_container(r, plan->container);
	if (plan->table_changed)
		record_table(r, plan);
	for (size_t i = 0; i < plan->n_works; i++)
		record_work(r, &plan->works[i]);
	for (size_t i = 0; i < plan->n_files; i++)
		record_files(r, &plan->files[i]);
}

void record_release(struct record *r)
{
	for (size_t i = 0; i < r->n_mends; i++)
		free(r->mends[i].text);
	for (size_t i = 0; i < r->n_changes; i++) {
		free(r->changes[i].place);
		free(r->changes[i].path);
		free(r->changes[i].diff);
		free(r->changes[i].note);
	}
	free(r->mends);
	free(r->changes);
	*r = (struct record){ 0 };
}
