/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a read partition table offers to others. See part.h; the reading is in
 * read.c.
 */
#include <string.h>

#include "base/xalloc.h"
#include "part/part.h"
#include "uefi/guids.h"

void part_table_free(struct part_table *t)
{
	for (size_t i = 0; i < t->n_parts; i++)
		free(t->parts[i].name);
	free(t->parts);
	free(t->primary.entries);
	free(t->backup.entries);
	free(t);
}

bool part_table_usable(const struct part_table *t)
{
	return t->used != NULL;
}

const struct part *part_find(const struct part_table *t, unsigned index)
{
	for (size_t i = 0; i < t->n_parts; i++)
		if (t->parts[i].index == index)
			return &t->parts[i];
	return NULL;
}

const struct part *part_next_of_type(
	const struct part_table *t, const struct part *prev, struct guid type)
{
	size_t i = prev ? (size_t)(prev - t->parts) + 1 : 0;

	for (; i < t->n_parts; i++)
		if (guid_eq(t->parts[i].type, type))
			return &t->parts[i];
	return NULL;
}

const struct part *part_next_esp(const struct part_table *t, const struct part *prev)
{
	struct guid esp;

	if (!guid_parse(UEFI_PART_ESP, &esp))
		return NULL;
	return part_next_of_type(t, prev, esp);
}

bool part_is_esp(const struct part *part)
{
	struct guid esp;

	return guid_parse(UEFI_PART_ESP, &esp) && guid_eq(part->type, esp);
}

const char *part_type_word(struct guid type, char text[GUID_TEXT_LEN + 1])
{
	const struct uefi_part_type *known = uefi_part_type(type);

	if (known)
		return known->word;
	guid_format(type, text);
	return text;
}
