/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmwares that an image can be booted with: where a distribution keeps
 * the file, and how its way to the default boot is shortened.
 */
#ifndef ARMVM_VERIFY_FIRMWARE_H
#define ARMVM_VERIFY_FIRMWARE_H

#include "verify/verify.h"

struct firmware {
	const char *name;
	const char *package;      /* what to install when none of paths exists */
	const char *const *paths; /* in this order; NULL ends it */
	const char *const *args;  /* for QEMU; NULL ends it */
	const char *banner;       /* a line that begins so says that the firmware starts (again) */
	const char *stop_at;      /* what its countdown says; NULL when it has none to cut short */
	const char *prompt;       /* where a key leads then, and where a failed boot ends */
	const char *boot_command; /* what continues from the prompt as if no key had been hit */
};

const struct firmware *firmware_get(enum boot_firmware which);

/* The firmware's file, static; NULL and -ENOENT with a hint when it is not installed. */
const char *firmware_path(const struct firmware *f, struct err *err);

#endif
