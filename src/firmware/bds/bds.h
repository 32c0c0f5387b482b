/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager (UEFI 2.10 chapter 3): drivers and system preparation
 * applications, BootNext, the active options of BootOrder, and when those lead
 * nowhere the default behaviour of 3.3 and 3.5.1.1: the loader at its path on
 * removable media, then on fixed ones, then whatever has LoadFile. Before anything
 * of the guest's ran, default loaders that are not there are passed over without
 * it. It saves nothing of what it found. There is no menu: where one would wait for the
 * user, the run ends with a verdict.
 *
 * Firmware in the field does otherwise; bds/quirks.h says how, and the
 * configuration which.
 *
 * Events: boot-order, boot-try, boot-skip, boot-result, boot-saved, os-indications.
 */
#ifndef ARMVM_FIRMWARE_BDS_BDS_H
#define ARMVM_FIRMWARE_BDS_BDS_H

#include "base/base.h"
#include "firmware/bds/quirks.h"

struct machine;
struct bds; /* opaque; m->bds */

#define BDS_DEFAULT_PATH "\\EFI\\BOOT\\BOOTAA64.EFI"

struct bds_config {
	const struct bds_quirks *quirks; /* NULL: none, the first row of the table */
	/*
	 * A boot order from outside the variables, which overrides BootOrder: QEMU's
	 * fw_cfg file "bootorder", OpenFirmware device paths, a line each. NULL: none.
	 */
	const char *order;
};

/*
 * Gives the machine's store the variables that a guest finds at power-on;
 * non-volatile ones that are there already stay. After protocols_init().
 * What config points to outlives the machine; NULL is a config of zeroes.
 */
void bds_init(struct machine *m, const struct bds_config *config);
void bds_free(struct bds *b);

/*
 * Starts to boot, at the top level: when it returns, the processor is to be
 * run, or there is a verdict. Goes on by itself whenever an image comes back.
 */
void bds_start(struct machine *m);

#endif
