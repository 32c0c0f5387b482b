/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What form packages (UEFI 2.10 33.3.8) say of where settings are kept. Pure; the
 * bytes are hostile: an opcode that is cut short is the last one.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_FORMS_H
#define ARMVM_FIRMWARE_PROTO_HII_FORMS_H

#include "firmware/proto/hii_packages.h"

enum hii_storage {
	HII_STORAGE_NONE,     /* the forms have none of this name */
	HII_STORAGE_DRIVER,   /* by a driver, as a block, or as names and values */
	HII_STORAGE_VARIABLE, /* in a variable */
};

/* Which storage of a list's forms a configuration string (hii_config_text.h) is of. */
enum hii_storage hii_storage_of(const struct hii_list *list, const uint16_t *config);
/* Whether the forms name kinds of default values. */
bool hii_has_defaults(const struct hii_list *list);

#endif
