/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nodes of device paths look like as text (UEFI 2.10 table 10.67): a row
 * for each kind of node, for both directions. Included by device_path_text.c,
 * device_path_parse.c, device_path_fields.c and device_path_groups.c alone.
 */
#ifndef ARMVM_UEFI_DEVICE_PATH_SHAPES_H
#define ARMVM_UEFI_DEVICE_PATH_SHAPES_H

#include "uefi/device_path.h"

struct dp_field;

/*
 * How a field is written and read. take() reads from parameters (below) into
 * data, which has the row's size; a field without a size is added behind it. A
 * parameter that is missing or malformed counts as zero: callers of edk2's
 * ConvertTextToDevicePath() use what it returns without a look.
 */
struct dp_kind {
	/* p: n bytes of the node, as many as the field has. */
	void (*put)(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f);
	void (*take)(char **params, struct buf *data, const struct dp_field *f);
};

enum dp_field_flag {
	DP_FIELD_LONG = 1,     /* DP_TEXT_DISPLAY leaves it out */
	DP_FIELD_OPTIONAL = 2, /* nodes may end before it */
	DP_FIELD_ONES = 4,     /* a missing one has all bits set */
};

/* A field in the order of the text. */
struct dp_field {
	const struct dp_kind *kind;
	uint8_t at;   /* in the node's data */
	uint8_t size; /* 0: the rest */
	uint8_t flags;
	const void *more; /* of the kind */
};

#define DP_FIELDS_MAX 7

/* What a node has to hold at a place, for the row to be its own. */
struct dp_mark {
	uint8_t at, size; /* size 0: nothing */
	uint8_t bytes[16];
};

enum dp_shape_flag {
	DP_SHAPE_SHORTCUT = 1, /* as text only with DP_TEXT_SHORTCUTS */
	DP_SHAPE_PARSED = 2,   /* from text alone: another row writes such nodes */
	DP_SHAPE_FILLED = 4,   /* no text makes a node without data */
};

struct dp_shape {
	uint8_t type, subtype;
	const char *name;
	uint8_t size; /* of the data, without the rest */
	uint8_t flags;
	struct dp_mark mark;
	struct dp_field fields[DP_FIELDS_MAX]; /* up to one without kind */
	/* In the place of the fields, when the text is no list of them; NULL: none. */
	void (*put)(struct text *out, const struct dp_node *node, unsigned how);
};

/* To text, the first row that fits counts. */
extern const struct dp_shape dp_shapes[];
extern const size_t dp_n_shapes;

/* Names for node types without a shape: "HardwarePath(9,0011)". */
extern const char *const dp_generic[6];

/* ---- device_path_fields.c ---- */

/* The next of the parameters apart by commas, "" when there is none; *params moves behind it. */
char *dp_param(char **params);
/* Decimal, or hexadecimal with 0x: as far as it is a number, at most UINT64_MAX. */
uint64_t dp_number(const char *text);
uint64_t dp_hex_number(const char *text); /* without 0x */
void dp_put_hex(struct text *out, const uint8_t *p, size_t n);
/* Adds n bytes of hexadecimal digits: zeros unless all of them are digits. */
void dp_add_hex(struct buf *out, const char *text, size_t n);
/* They write to p what is not malformed: 16, 4 and 16 bytes. */
void dp_take_guid(const char *text, uint8_t *p);
void dp_take_ip4(const char *text, uint8_t *p);
void dp_take_ip6(const char *text, uint8_t *p);
void dp_put_utf16(struct text *out, const uint8_t *p, size_t size);

extern const struct dp_kind dp_hex, dp_hex_padded, dp_decimal, dp_digits, dp_guid, dp_bytes, dp_big,
	dp_text8, dp_text16, dp_word, dp_ip4, dp_ip6, dp_eisa, dp_hid;

/* dp_word: what numbers are called. */
struct dp_words {
	const char *rest; /* any other number as text; NULL: in hexadecimal */
	int other;        /* any other text as a number; negative: it is one */
	struct {
		const char *name;
		uint16_t value;
	} v[8]; /* up to one without name */
};

/* ---- device_path_groups.c ---- */

extern const struct dp_kind dp_list32, dp_list_ip, dp_signature, dp_topology, dp_login, dp_uuid8,
	dp_mac, dp_acpi_strings, dp_acpi_uid;

void dp_put_acpi_ex(struct text *out, const struct dp_node *node, unsigned how);

#endif
