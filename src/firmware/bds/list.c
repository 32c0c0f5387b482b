/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of options as variables have them. See list.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/list.h"
#include "firmware/bds/store.h"

void boot_list_release(struct boot_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].program.path);
	free(list->v);
	*list = (struct boot_list){ 0 };
}

void boot_list_add(struct boot_list *list, const struct boot_entry *entry)
{
	struct boot_entry *e;

	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	e = &list->v[list->n++];
	*e = *entry;
	e->program.path = entry->program.path ? xmemdup(entry->program.path, entry->program.size)
					      : NULL;
}

void boot_list_read(struct machine *m, const char *name, struct boot_list *list)
{
	const struct variable *var = bds_var(m, name);

	for (size_t at = 0; var && at + 2 <= var->size; at += 2)
		boot_list_add(list, &(struct boot_entry){ .option = le16(var->data + at) });
}

void boot_list_write(struct machine *m, const struct boot_list *list)
{
	CLEANUP(xfree) uint8_t *data = xcalloc(list->n + 1, 2);
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].option != NO_OPTION)
			put_le16(data + 2 * n++, (uint16_t)list->v[i].option);
	bds_define(m, "BootOrder", data, 2 * n);
}

void option_name(const char *prefix, int number, char name[OPTION_NAME_MAX])
{
	snprintf(name, OPTION_NAME_MAX, "%s%04X", prefix, (unsigned)number & 0xffff);
}
