/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages of the Human Interface Infrastructure (UEFI 2.10 33.3.6):
 * finding texts in the bytes that a program hands over. Pure. The bytes are
 * hostile: whatever is cut short has no more strings.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_STRINGS_H
#define ARMVM_FIRMWARE_PROTO_HII_STRINGS_H

#include "base/buf.h"

struct hii_package {
	uint8_t type;
	const uint8_t *p; /* its header first */
	size_t len;
};

#define HII_PACKAGE_STRINGS 0x04
#define HII_PACKAGE_END     0xdf

/*
 * The package at *at of a package list of len bytes, and *at moved behind it;
 * false at the end. *at is 0 at first, and the list's header is skipped.
 */
bool hii_next_package(const uint8_t *list, size_t len, size_t *at, struct hii_package *out);

/* A string package's language, such as "en-US"; NULL when it is malformed. */
const char *hii_language(const struct hii_package *package);

/* Appends string `id`, UTF-16LE with its NUL; false when the package has no such. */
bool hii_string(const struct hii_package *package, uint16_t id, struct buf *out);

#endif
