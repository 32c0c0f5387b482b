/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storage in form packages. See hii_forms.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "firmware/proto/hii_config_text.h"
#include "firmware/proto/hii_forms.h"

/* EFI_IFR_OP_HEADER: a code, and a length whose highest bit is something else */
#define OP_HEADER 2
#define OP_LENGTH 0x7f
#define GUID_SIZE 16

enum {
	OP_FORM = 0x01,
	OP_STORE = 0x24,          /* a block: GUID, 16 bits of number, 16 of size, name */
	OP_STORE_NAMES = 0x25,    /* number, GUID */
	OP_STORE_VARIABLE = 0x26, /* number, GUID, 32 bits of attributes, 16 of size, name */
	OP_DEFAULTS = 0x5c,
	OP_FORM_MAP = 0x5d,
};
#define STORE_GUID          2
#define STORE_NAME          22
#define STORE_NAMES_GUID    4
#define STORE_VARIABLE_GUID 4
#define STORE_VARIABLE_NAME 26

/* The next opcode of a package; *at is 0 at first. */
static bool next_op(const struct buf *package, size_t *at, const uint8_t **op, size_t *n)
{
	if (!*at)
		*at = HII_PACKAGE_HEADER;
	if (!range_within(*at, OP_HEADER, package->len))
		return false;
	*op = buf_bytes(package) + *at;
	*n = (*op)[1] & OP_LENGTH;
	if (*n < OP_HEADER || !range_within(*at, *n, package->len))
		return false;
	*at += *n;
	return true;
}

/* Whether a string begins with this GUID and this name, an opcode's bytes up to a NUL. */
static bool is_named(const uint16_t *config, const uint8_t *op, size_t n, size_t guid, size_t name)
{
	uint16_t units[OP_LENGTH];
	size_t len = 0;
	char *header;
	bool is;

	if (n < guid + GUID_SIZE || n < name)
		return false;
	for (; name + len < n && op[name + len]; len++)
		units[len] = op[name + len];
	header = config_word("GUID=", op + guid, GUID_SIZE);
	is = config_begins(config, header);
	config += strlen(header);
	free(header);
	if (!is)
		return false;
	header = config_word16("NAME=", units, len);
	is = config_begins(config, header);
	free(header);
	return is;
}

enum hii_storage hii_storage_of(const struct hii_list *list, const uint16_t *config)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct buf *package = &list->packages[i];
		const uint8_t *op;
		size_t at = 0, n;

		if (hii_type(package) != HII_PACKAGE_FORMS)
			continue;
		while (next_op(package, &at, &op, &n)) {
			if (op[0] == OP_FORM || op[0] == OP_FORM_MAP)
				return HII_STORAGE_NONE;
			if (op[0] == OP_STORE && is_named(config, op, n, STORE_GUID, STORE_NAME))
				return HII_STORAGE_DRIVER;
			if (op[0] == OP_STORE_NAMES && is_named(config, op, n, STORE_NAMES_GUID, n))
				return HII_STORAGE_DRIVER;
			if (op[0] == OP_STORE_VARIABLE &&
				is_named(config, op, n, STORE_VARIABLE_GUID, STORE_VARIABLE_NAME))
				return HII_STORAGE_VARIABLE;
		}
	}
	return HII_STORAGE_NONE;
}

bool hii_has_defaults(const struct hii_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const uint8_t *op;
		size_t at = 0, n;

		if (hii_type(&list->packages[i]) != HII_PACKAGE_FORMS)
			continue;
		while (next_op(&list->packages[i], &at, &op, &n))
			if (op[0] == OP_DEFAULTS)
				return true;
	}
	return false;
}
