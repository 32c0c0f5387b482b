/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts that every report begins with. See facts.h.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "image/facts.h"
#include "image/image.h"
#include "loader/chain.h"
#include "part/part.h"
#include "rootfs/inventory.h"

static char *copy(const char *s)
{
	return xstrdup(s ? s : "");
}

void facts_of_container(struct image *image, struct facts *f)
{
	const struct disk_facts *header = image_header(image);

	*f = (struct facts){
		.path = xstrdup(image_path(image)),
		.format = xstrdup(disk_format_name(header->format)),
		.virtual_size = header->virtual_size,
		.file_size = header->stored,
	};
}

bool facts_add_part(struct facts *f, const struct facts_part *part)
{
	struct facts_part *p;

	if (f->n_parts >= FACTS_PARTS_MAX)
		return false;
	f->parts = xreallocarray(f->parts, f->n_parts + 1, sizeof(*f->parts));
	p = &f->parts[f->n_parts++];
	*p = *part;
	p->type = copy(part->type);
	p->name = copy(part->name);
	p->fstype = copy(part->fstype);
	return true;
}

/* By where they begin; those without a place come last. */
static int by_start(const void *a, const void *b)
{
	const struct facts_part *x = a, *y = b;

	if (!x->size != !y->size)
		return !x->size - !y->size;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void add_parts(struct image *image, struct facts *f)
{
	const struct chain_view *view;
	const struct part_table *table;

	if (image_parts(image, &table, NULL) < 0)
		return;
	if (image_volumes(image, &view, NULL) < 0)
		view = NULL;
	for (size_t i = 0; i < table->n_parts; i++) {
		const struct part *part = &table->parts[i];
		const struct volume *v = view ? view_by_number(view, part->index) : NULL;
		char word[GUID_TEXT_LEN + 1];

		facts_add_part(f, &(struct facts_part){
					  .number = part->index,
					  .start = part->start,
					  .size = part->size,
					  .type = (char *)part_type_word(part->type, word),
					  .name = part->name,
					  .fstype = (char *)(v ? v->fstype : NULL),
				  });
	}
	if (f->n_parts)
		qsort(f->parts, f->n_parts, sizeof(*f->parts), by_start);
}

static void add_chain(struct image *image, struct facts *f)
{
	const struct boot_chain *chain;

	if (image_chain(image, &chain, NULL) == 0 && chain->n_steps)
		f->chain = chain_summary(chain);
}

void facts_of(struct image *image, struct facts *f)
{
	const struct inventory *inv;

	facts_of_container(image, f);
	add_parts(image, f);
	add_chain(image, f);
	if (image_inventory(image, &inv, NULL) < 0)
		return;
	f->guest_name = copy(inv->os.pretty_name ? inv->os.pretty_name : inv->os.id);
	f->guest_id = copy(inv->os.id);
	f->guest_version = copy(inv->os.version_id);
	f->architecture = copy(inv->arch);
}

void facts_release(struct facts *f)
{
	free(f->path);
	free(f->format);
	free(f->guest_name);
	free(f->guest_id);
	free(f->guest_version);
	free(f->architecture);
	free(f->sha256);
	free(f->chain);
	for (size_t i = 0; i < f->n_parts; i++) {
		free(f->parts[i].type);
		free(f->parts[i].name);
		free(f->parts[i].fstype);
	}
	free(f->parts);
	*f = (struct facts){ 0 };
}
