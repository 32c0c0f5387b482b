/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that keeps an option for each device, against UEFI 2.10 3.3, where
 * what the default behaviour makes is not saved.
 *
 * Events: boot-saved.
 */
#ifndef ARMVM_FIRMWARE_BDS_SAVED_H
#define ARMVM_FIRMWARE_BDS_SAVED_H

#include "base/base.h"
#include "base/guid.h"

struct bds;
struct load_option;
struct machine;

/* A program in the firmware itself that an option is made for. */
struct saved_program {
	const char *description;
	uint32_t attributes;
	struct guid file;
};

struct bds_saving {
	struct guid mark; /* the optional data of what was made by itself; no program sees it */
	const char *first, *more; /* descriptions; the other ones with a number */
	unsigned second;          /* the number of the second one */
	bool has_programs;        /* one before the devices, one behind them */
};

extern const struct bds_saving bds_saving_edk2, bds_saving_u_boot;

/*
 * Brings BootOrder up to date: options that were made for devices which are
 * gone are deleted, those for new ones made and appended, removable media first.
 */
void saved_refresh(struct machine *m, const struct bds_saving *saving);

/* Whether it is for edk2's Shell. */
bool saved_is_shell(const struct load_option *option);

/* Whether saved_refresh() has made it. */
bool saved_is_own(const struct bds_saving *saving, const struct load_option *option);

#endif
