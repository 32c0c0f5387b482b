/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration strings of the Human Interface Infrastructure (UEFI 2.10
 * 35.2.1): GUID=...&NAME=...&PATH=... say whose, then follows what is asked for or
 * set, and &GUID= begins the next. Pure. A string is UTF-16 with its NUL, and
 * hostile. Places in it are counted in units from its beginning.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_CONFIG_TEXT_H
#define ARMVM_FIRMWARE_PROTO_HII_CONFIG_TEXT_H

#include "base/buf.h"
#include "uefi/status.h"

/* No string is longer, in units. */
#define CONFIG_UNITS_MAX (1u << 20)

/* A guest's n units with a NUL behind them; the caller frees it. */
uint16_t *config_units(const uint8_t *bytes, size_t n);

bool config_begins(const uint16_t *s, const char *word);
/* The first place of a word from s on; the string's end when there is none. */
const uint16_t *config_find(const uint16_t *s, const char *word);
/* How many units the first of the strings has that stand together. */
size_t config_first(const uint16_t *s);

/* "WORD=" and bytes in hexadecimal, "&"; the caller frees it. */
char *config_word(const char *word, const uint8_t *bytes, size_t n);
/* The same of a number, or of a name's units, which have their high bytes first. */
char *config_word16(const char *word, const uint16_t *units, size_t n);

/*
 * Appends the device path of one string. EFI_INVALID_PARAMETER: it has none. EFI_NOT_FOUND: that is no device path.
 */
efi_status config_path(const uint16_t *s, struct buf *path);
/* Whether anything is behind the path. */
bool config_has_elements(const uint16_t *s);
/* Whether one request is well-formed; when not, *at is where it stops to be. */
bool config_is_request(const uint16_t *s, size_t *at);

/*
 * A request for parts of a block is answered: appended to out, UTF-16 without a NUL.
 * EFI_DEVICE_ERROR: it asks for more than the block. EFI_OUT_OF_RESOURCES: the answer gets too long.
 */
efi_status config_from_block(const uint16_t *request, const uint8_t *block, uint64_t size,
	struct buf *out, size_t *progress);
/*
 * Writes parts of a block of `room` bytes; block NULL: none. *size becomes the place of the last byte, or with
 * EFI_BUFFER_TOO_SMALL how much room is needed. What is before a fault is written.
 */
efi_status config_to_block(
	const uint16_t *text, uint8_t *block, uint64_t room, uint64_t *size, size_t *progress);

/* Which of several strings is wanted, as config_word() writes it; NULL: any, or no alternative but the setting itself. */
struct config_wanted {
	char *guid, *name, *path, *alternative;
};
/* Appends it to out, UTF-16 without a NUL. */
efi_status config_choose(const uint16_t *all, const struct config_wanted *wanted, struct buf *out);

#endif
