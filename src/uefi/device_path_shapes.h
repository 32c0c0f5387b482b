/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes whose text is a name and a list of fields (UEFI 2.10 table 10.67):
 * one table for both directions. Included by device_path_text.c and
 * device_path_parse.c alone.
 */
#ifndef ARMVM_UEFI_DEVICE_PATH_SHAPES_H
#define ARMVM_UEFI_DEVICE_PATH_SHAPES_H

#include "uefi/device_path.h"

/*
 * A field as it lies in the node:
 *	b w d q  an integer of 1, 2, 4, 8 bytes, written in hexadecimal
 *	D        2 bytes, written in decimal
 *	Q        8 bytes, 16 hexadecimal digits without 0x
 *	r        4 reserved bytes, not in the text
 *	g        a GUID
 *	*        the rest as hexadecimal bytes; left out of the text when there is none
 *	a        the rest as bytes of text
 *	s        the rest as UTF-16 text in quotes
 * order: which field comes first in the text, second ...; NULL: as in the node.
 */
struct dp_shape {
	uint8_t type, subtype;
	const char *name;
	const char *fields;
	const char *order;
};

#define DP_FIELDS_MAX 6

extern const struct dp_shape dp_shapes[];
extern const size_t dp_n_shapes;

/* Names for node types without a shape: "HardwarePath(9,0011)". */
extern const char *const dp_generic[6];

/* ACPI nodes with a name for their EISA identifier. */
struct dp_acpi_name {
	uint16_t pnp;
	const char *name;
};
extern const struct dp_acpi_name dp_acpi_names[];
extern const size_t dp_n_acpi_names;

/* Vendor-defined messaging nodes with a name. */
struct dp_vendor_name {
	struct guid guid;
	const char *name;
};
extern const struct dp_vendor_name dp_vendor_names[];
extern const size_t dp_n_vendor_names;

/* RAM disks, by the type of what they hold. */
extern const struct dp_vendor_name dp_ram_disks[];
extern const size_t dp_n_ram_disks;

/* How many bytes a field takes; 0: the rest. */
static inline size_t dp_field_size(char field)
{
	switch (field) {
	case 'b':
		return 1;
	case 'w':
	case 'D':
		return 2;
	case 'd':
	case 'r':
		return 4;
	case 'q':
	case 'Q':
		return 8;
	case 'g':
		return 16;
	default:
		return 0;
	}
}

#endif
