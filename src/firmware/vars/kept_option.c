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
#include "uefi/protocols.h"

#define DESCRIPTION      "UEFI Misc Device"
#define NUMBERS          0x10000u
#define OPTION_NAME_SIZE 16

void vars_keep_options(struct vars *v)
{
	v->keeps_options = true;
}

/* The number in the name of a load option, four digits that are capitals where they are letters (3.1.3); NUMBERS: it is none. */
static unsigned number_of(const struct variable *var)
{
	static const uint16_t prefix[] = { 'B', 'o', 'o', 't' };
	unsigned number = 0;

	if (var->name_units != ARRAY_SIZE(prefix) + 4 ||
		!guid_eq(var->vendor, uefi_global_variable) ||
		memcmp(var->name, prefix, sizeof(prefix)) != 0)
		return NUMBERS;
	for (size_t i = ARRAY_SIZE(prefix); i < var->name_units; i++) {
		uint16_t c = var->name[i];

		if (c >= '0' && c <= '9')
			number = number * 16 + c - '0';
		else if (c >= 'A' && c <= 'F')
			number = number * 16 + c - 'A' + 10;
		else
			return NUMBERS;
	}
	return number;
}

static bool holds(const struct variable *var, const struct buf *option)
{
	return var->size == option->len && memcmp(var->data, buf_bytes(option), option->len) == 0;
}

/* The lowest number of a variable that is this option, or else the lowest that no option has; NUMBERS: all are taken. */
static unsigned number_for(const struct vars *v, const struct buf *option)
{
	uint8_t used[NUMBERS / 8] = { 0 };
	unsigned same = NUMBERS, unused = 0;

	for (size_t i = 0; i < v->n; i++) {
		unsigned number = number_of(&v->v[i]);

		if (number == NUMBERS)
			continue;
		used[number / 8] |= (uint8_t)(1u << number % 8);
		if (number < same && holds(&v->v[i], option))
			same = number;
	}
	if (same != NUMBERS)
		return same;
	while (unused < NUMBERS && (used[unused / 8] >> unused % 8 & 1))
		unused++;
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
	number = number_for(v, &option);
	if (number == NUMBERS)
		return;
	snprintf(name, sizeof(name), "Boot%04X", number);
	vars_define(v, name, buf_bytes(&option), option.len);
	add_to_order(v, number);
	put_le16(bytes, (uint16_t)number);
	vars_define(v, "BootCurrent", bytes, sizeof(bytes));
}
