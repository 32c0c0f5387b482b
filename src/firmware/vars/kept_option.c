/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option for the medium that the firmware boots from by default, as edk2 and U-Boot keep one: the
 * device's path without a file, so that it leads to the default loader on it (UEFI 2.10 3.1.2). See vars.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/vars/private.h"
#include "uefi/load_option.h"

#define DESCRIPTION      "UEFI Misc Device"
#define NUMBERS          0x10000u
#define OPTION_NAME_SIZE 16

void vars_keep_options(struct vars *v)
{
	v->keeps_options = true;
}

/* The number of the variable that is this option, or else the first that no option has. */
static unsigned number_for(
	const struct vars *v, const struct buf *option, char name[OPTION_NAME_SIZE])
{
	unsigned unused = NUMBERS;

	for (unsigned i = 0; i < NUMBERS; i++) {
		const struct variable *var;

		snprintf(name, OPTION_NAME_SIZE, "Boot%04X", i);
		var = vars_global(v, name);
		if (var && var->size == option->len &&
			memcmp(var->data, buf_bytes(option), option->len) == 0)
			return i;
		if (!var && unused == NUMBERS)
			unused = i;
	}
	snprintf(name, OPTION_NAME_SIZE, "Boot%04X", unused);
	return unused;
}

/* Appends the number to BootOrder, unless it has it. */
static void add_to_order(struct vars *v, unsigned number)
{
	const struct variable *order = vars_global(v, "BootOrder");
	CLEANUP(buf_release) struct buf numbers = BUF_INIT;
	uint8_t bytes[2];

	put_le16(bytes, (uint16_t)number);
	for (size_t at = 0; order && at + 2 <= order->size; at += 2)
		if (memcmp(order->data + at, bytes, 2) == 0)
			return;
	if (order)
		buf_add(&numbers, order->data, order->size & ~(size_t)1);
	buf_add(&numbers, bytes, sizeof(bytes));
	vars_define(v, "BootOrder", buf_bytes(&numbers), numbers.len);
}

void vars_keep_option(struct vars *v, const void *device, size_t size)
{
	CLEANUP(buf_release) struct buf option = BUF_INIT;
	char name[OPTION_NAME_SIZE];
	uint8_t bytes[2];
	unsigned number;

	if (!v->keeps_options)
		return;
	load_option_encode(&option, LOAD_OPTION_ACTIVE, DESCRIPTION, device, size, "", 0);
	number = number_for(v, &option, name);
	if (number == NUMBERS)
		return;
	vars_define(v, name, buf_bytes(&option), option.len);
	add_to_order(v, number);
	put_le16(bytes, (uint16_t)number);
	vars_define(v, "BootCurrent", bytes, sizeof(bytes));
}
