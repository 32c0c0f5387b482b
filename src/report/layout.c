/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `info` shows: the disk drawn to scale, its partitions, and what boots
 * from it. See report.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "image/image.h"
#include "loader/chain.h"
#include "part/part.h"
#include "image/facts.h"
#include "report/style.h"
#include "rootfs/inventory.h"

#define DRAWING_MIN 40
#define DRAWING_MAX 96

/* Compares partitions by where they begin; those without a place come last. */
static int by_start(const void *a, const void *b)
{
	const struct part *x = *(const struct part *const *)a, *y = *(const struct part *const *)b;

	if (!x->size != !y->size)
		return !x->size - !y->size;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* One box of the drawing, `columns` wide in all: "[1 esp   ". */
static void draw_box(struct text *out, const struct part *part, unsigned columns)
{
	char word[GUID_TEXT_LEN + 1], text[64];
	const char *type = part_type_word(part->type, word);

	snprintf(text, sizeof(text), "%u %s", part->index, strlen(type) > 24 ? "" : type);
	text_printf(out, "[%-*.*s]", (int)columns - 2, (int)columns - 2, text);
}

static unsigned scaled(uint64_t bytes, uint64_t disk, unsigned width)
{
	return disk ? (unsigned)((double)bytes / (double)disk * width + 0.5) : 0;
}

/* Boxes are to scale but for a least width, so that a small ESP can still be read. */
static void draw(
	struct text *out, const struct part_table *t, const struct part **sorted, unsigned width)
{
	uint64_t end = 0;

	text_puts(out, "  ");
	for (size_t i = 0; i < t->n_parts; i++) {
		const struct part *p = sorted[i];
		unsigned columns = scaled(p->size, t->disk_size, width), gap;

		if (!p->size)
			continue;
		gap = p->start > end ? scaled(p->start - end, t->disk_size, width) : 0;
		for (unsigned k = 0; k < gap; k++)
			text_puts(out, ".");
		draw_box(out, p, columns < 7 ? 7 : columns);
		end = p->start + p->size;
	}
	for (unsigned k = scaled(t->disk_size > end ? t->disk_size - end : 0, t->disk_size, width);
		k > 0; k--)
		text_puts(out, ".");
	text_puts(out, "\n\n");
}

static const struct volume *volume_of(const struct chain_view *view, const struct part *part)
{
	return view ? view_by_number(view, part->index) : NULL;
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void list_parts(struct text *out, const struct part_table *t, const struct part **sorted,
	const struct chain_view *view)
{
	text_printf(out, "  %-3s %10s %10s  %-16s %-12s %-36s  %s\n", "No", "Start", "Size", "Type",
		"File system", "UUID", "Name");
	for (size_t i = 0; i < t->n_parts; i++) {
		const struct part *p = sorted[i];
		const struct volume *v = volume_of(view, p);
		char start[16], size[16], word[GUID_TEXT_LEN + 1];
		const char *uuid = or_dash(v ? v->uuid : NULL);

		text_printf(out, "  %-3u %10s %10s  %-16s %-12s ", p->index,
			report_size(p->start, start), report_size(p->size, size),
			part_type_word(p->type, word), or_dash(v ? v->fstype : NULL));
		report_safe(out, uuid);
		text_printf(out, "%*s", (int)(38 - style_columns(uuid)), "");
		report_safe(out, p->name);
		text_puts(out, "\n");
	}
}

static void describe_table(struct text *out, struct image *image, unsigned width)
{
	const struct part_table *t;
	const struct chain_view *view;
	struct err err = { 0 };
	const struct part **sorted;

	if (image_parts(image, &t, &err) < 0 || image_have_gpt(image, &err) < 0) {
		text_puts(out, "  ");
		report_safe(out, err.text);
		text_puts(out, "\n");
		return;
	}
	if (image_volumes(image, &view, NULL) < 0)
		view = NULL;
	sorted = xcalloc(t->n_parts, sizeof(*sorted));
	for (size_t i = 0; i < t->n_parts; i++)
		sorted[i] = &t->parts[i];
	if (t->n_parts)
		qsort(sorted, t->n_parts, sizeof(*sorted), by_start);
	draw(out, t, sorted, width);
	list_parts(out, t, sorted, view);
	free(sorted);
}

/* How the way to a kernel ends, unless it is whole. */
static const char *ending(const struct boot_chain *chain)
{
	if (chain->complete)
		return "";
	for (size_t i = 0; i < chain->n_problems; i++)
		if (chain->problems[i].on_default && !chain->problems[i].certain)
			return " (not followed further)";
	return " (broken)";
}

static void describe_way(struct text *out, const struct boot_chain *chain)
{
	CLEANUP(xfree) char *summary = chain_summary(chain);

	report_safe(out, *summary ? summary : "nothing at \\EFI\\BOOT\\BOOTAA64.EFI");
	text_printf(out, "%s\n", ending(chain));
}

/* What boots where firmware starts the image from another partition. */
static int describe_start(void *arg, const struct part *part, struct image *other, struct err *err)
{
	struct text *out = arg;
	const struct boot_chain *chain;

	(void)err;
	if (image_chain(other, &chain, NULL) < 0)
		return 0;
	text_printf(out, "  %-9s partition %u: ", "", part->index);
	describe_way(out, chain);
	return 0;
}

static void describe_boot(struct text *out, struct image *image)
{
	const struct boot_chain *chain;

	if (image_chain(image, &chain, NULL) < 0)
		return;
	text_puts(out, "\n  Boot      ");
	describe_way(out, chain);
	image_each_start(image, describe_start, out, NULL);
	for (size_t i = 0; i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];

		text_printf(out, "  %-9s %s ", i ? "" : "Entries", e->is_default ? "*" : " ");
		report_safe(out, e->title);
		text_puts(out, "\n");
	}
}

static void describe_esp(struct text *out, struct image *image)
{
	const struct esp_inventory *esp;
	bool first = true;

	if (image_esp_inventory(image, &esp, NULL) < 0)
		return;
	for (size_t i = 0; i < esp->n; i++) {
		const struct esp_file *f = &esp->files[i];
		char size[16];

		text_printf(out, "  %-9s   ", first ? "ESP" : "");
		report_safe(out, f->path);
		text_printf(out, ", %s, %s\n", esp_role_name(f->role),
			report_size(f->entry.size, size));
		first = false;
	}
}

static void describe_kernels(struct text *out, struct image *image)
{
	const struct inventory *inv;

	if (image_inventory(image, &inv, NULL) < 0)
		return;
	for (size_t i = 0; i < inv->n_kernels; i++) {
		const struct guest_kernel *k = &inv->kernels[i];
		char size[16];

		text_printf(out, "  %-9s   ", i ? "" : "Kernels");
		report_safe(out, k->image);
		text_printf(out, ", %s, %s", kernel_format_name(k->format),
			report_size(k->image_size, size));
		if (k->initrd) {
			text_printf(out, ", initrd %s", report_size(k->initrd_size, size));
		}
		text_puts(out, "\n");
	}
}

void report_info(struct text *out, struct image *image, unsigned width)
{
	struct facts facts CLEANUP(facts_release) = { 0 };

	width = width ? width - 4 : 80;
	if (width < DRAWING_MIN)
		width = DRAWING_MIN;
	if (width > DRAWING_MAX)
		width = DRAWING_MAX;
	facts_of(image, &facts);
	report_head(out, &facts);
	text_puts(out, "\n");
	describe_table(out, image, width);
	describe_boot(out, image);
	describe_esp(out, image);
	describe_kernels(out, image);
}
