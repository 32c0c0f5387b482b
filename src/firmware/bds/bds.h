/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager (UEFI 2.10 chapter 3): BootNext, the active options of
 * BootOrder, and when those lead nowhere the default behaviour of 3.3 and
 * 3.5.1.1: the loader at its path on removable media, then on fixed ones, then
 * whatever has LoadFile. It saves nothing of what it found. There is no menu:
 * where one would wait for the user, the run ends with a verdict.
 *
 * Events: boot-try, boot-skip, boot-result.
 */
#ifndef ARMVM_FIRMWARE_BDS_BDS_H
#define ARMVM_FIRMWARE_BDS_BDS_H

#include "base/base.h"

struct machine;
struct bds; /* opaque; m->bds */

#define BDS_DEFAULT_PATH "\\EFI\\BOOT\\BOOTAA64.EFI"

/*
 * Gives m->vars (which exist) the variables that a guest finds at power-on;
 * non-volatile ones that are there already stay. After protocols_init().
 */
void bds_init(struct machine *m);
void bds_free(struct bds *b);

/*
 * Starts to boot, at the top level: when it returns, the processor is to be
 * run, or there is a verdict. Goes on by itself whenever an image comes back.
 */
void bds_start(struct machine *m);

#endif
