/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of what is tried: options by their numbers, as variables have them, and programs. */
#ifndef ARMVM_FIRMWARE_BDS_LIST_H
#define ARMVM_FIRMWARE_BDS_LIST_H

#include "firmware/bds/bds.h"
#include "firmware/bds/candidates.h"

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

#endif
