/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which order what is tried: lists of options as variables have them, and
 * the order that may come from outside and overrides BootOrder.
 */
#ifndef ARMVM_FIRMWARE_BDS_ORDER_H
#define ARMVM_FIRMWARE_BDS_ORDER_H

#include "firmware/bds/bds.h"
#include "firmware/bds/expand.h"

#define NO_OPTION (-1)

/* The number of an option, or when that is NO_OPTION a program that no option names. */
struct boot_entry {
	int option;
	struct candidate program;
};

struct boot_list {
	struct boot_entry *v;
	size_t n;
};

void boot_list_release(struct boot_list *list);
DEFINE_RELEASE(struct boot_list, boot_list_release)

/* Appends a copy of the entry. */
void boot_list_add(struct boot_list *list, const struct boot_entry *entry);

/* The numbers in BootOrder, DriverOrder or SysPrepOrder; half a number at the end is none. */
void boot_list_read(struct machine *m, const char *name, struct boot_list *list);
/* Writes the numbers into BootOrder. */
void boot_list_write(struct machine *m, const struct boot_list *list);

#define OPTION_NAME_MAX 16

/* "Boot001A", of a prefix and a number. */
void option_name(const char *prefix, int number, char name[OPTION_NAME_MAX]);

/*
 * Puts what the paths of the order name first: of each path the first active
 * option of the list that leads to a place below it, else (unless options are
 * saved for devices) the default loaders there. Then the options that are on
 * no device such a path could name; all others are dropped. When nothing is
 * named that exists, the list stays as it is, and false is returned. With
 * options that are saved, BootOrder is written and what was dropped deleted:
 * so edk2 does it.
 */
bool order_from_outside(struct machine *m, const struct bds_config *config, struct boot_list *list);

#endif
