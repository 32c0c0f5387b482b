/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_LOAD_OPTION, what Boot#### holds (UEFI 2.10 3.1.3), to and from bytes.
 * Guests write these, so nothing in one is believed.
 */
#ifndef ARMVM_UEFI_LOAD_OPTION_H
#define ARMVM_UEFI_LOAD_OPTION_H

#include "base/buf.h"
#include "base/err.h"

#define LOAD_OPTION_ACTIVE 0x00000001u
#define LOAD_OPTION_FORCE_RECONNECT                                                                \
	0x00000002u /* of a driver: disconnect all before it is connected */
#define LOAD_OPTION_HIDDEN   0x00000008u
#define LOAD_OPTION_CATEGORY 0x00001f00u /* 0: a boot option, 0x100: an application */

/* All of these point into the bytes that were parsed. */
struct load_option {
	uint32_t attributes;
	const uint8_t *description; /* UTF-16LE, not aligned */
	size_t description_units;   /* without the NUL */
	const uint8_t *paths;       /* the list; its first is the program to load */
	size_t paths_size;
	size_t path_size; /* of the first one, its end node included */
	const uint8_t *data;
	size_t data_size;
};

/* -EINVAL when the bytes are no load option; the list has at least one device path. */
int load_option_parse(const uint8_t *p, size_t size, struct load_option *out, struct err *err);
/* The description in UTF-8; the caller frees it. */
char *load_option_description(const struct load_option *option);
/* Appends the bytes of an option. paths is one or more device paths, at most 64 KiB. */
void load_option_encode(struct buf *out, uint32_t attributes, const char *description,
	const void *paths, size_t paths_size, const void *data, size_t data_size);

#endif
