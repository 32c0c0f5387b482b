/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocols for package lists and strings (UEFI 2.10 34.8, 34.3), and
 * making lists.
 */
#ifndef ARMVM_GUEST_HII_H
#define ARMVM_GUEST_HII_H

#include "test.h"

typedef uint64_t hii_handle;

typedef efi_status notify_fn(uint8_t type, const struct guid *guid, const uint8_t *package,
	hii_handle handle, uint64_t change);

struct database {
	efi_status (*new_list)(
		struct database *this, const void *list, efi_handle driver, hii_handle *out);
	efi_status (*remove)(struct database *this, hii_handle list);
	efi_status (*update)(struct database *this, hii_handle handle, const void *list);
	efi_status (*list)(struct database *this, uint8_t type, const struct guid *guid,
		uint64_t *size, hii_handle *out);
	efi_status (*export)(
		struct database *this, hii_handle handle, uint64_t *size, uint8_t *out);
	efi_status (*watch)(struct database *this, uint8_t type, const struct guid *guid,
		notify_fn *fn, uint64_t change, efi_handle *out);
	efi_status (*unwatch)(struct database *this, efi_handle watcher);
	efi_status (*find_layouts)(struct database *this, uint16_t *size, struct guid *out);
	efi_status (*get_layout)(
		struct database *this, const struct guid *guid, uint16_t *size, uint8_t *out);
	efi_status (*set_layout)(struct database *this, const struct guid *guid);
	efi_status (*driver)(struct database *this, hii_handle list, efi_handle *out);
};

struct strings {
	efi_status (*new)(struct strings *this, hii_handle list, uint16_t *id, const char *language,
		const char16 *name, const char16 *text, const void *font);
	efi_status (*get)(struct strings *this, const char *language, hii_handle list, uint16_t id,
		char16 *out, uint64_t *size, void **font);
	efi_status (*set)(struct strings *this, hii_handle list, uint16_t id, const char *language,
		const char16 *text, const void *font);
	efi_status (*languages)(struct strings *this, hii_handle list, char *out, uint64_t *size);
	efi_status (*secondary)(struct strings *this, hii_handle list, const char *primary,
		char *out, uint64_t *size);
};

static const struct guid guid_database = { 0xef9fc172, 0xa1b2, 0x4693,
	{ 0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42 } };
static const struct guid guid_strings = { 0x0fd96974, 0x23aa, 0x4cdc,
	{ 0xb9, 0xcb, 0x98, 0xd1, 0x77, 0x50, 0x32, 0x2a } };
/* Of this program's list. */
static const struct guid guid_list = { 0x4dc9d8a0, 0x5f1b, 0x4a3e,
	{ 0x8e, 0x11, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 } };

enum {
	GUIDS = 1,
	STRINGS = 4,
	PATH = 8,
	KEYBOARD = 9
};
/* --- making lists */

/* The list that is made, and room for answers. */
static uint8_t bytes[2048], out[4096];
static uint32_t length;

static inline void add(const void *p, uint32_t n)
{
	bs->copy_mem(bytes + length, p, n);
	length += n;
}

static inline void add_le(uint32_t v, uint32_t n)
{
	add(&v, n);
}

/* Once its content is there: how long the package is, and of which type. */
static inline void close_package(uint32_t start, uint32_t type)
{
	uint32_t head = (length - start) | type << 24;

	bs->copy_mem(bytes + start, &head, 4);
}

static inline void begin_list(void)
{
	length = 0;
	add(&guid_list, 16);
	add_le(0, 4);
}

static inline void end_list(void)
{
	add_le(4 | 0xdfu << 24, 4);
	bs->copy_mem(bytes + 16, &length, 4);
}

static inline uint32_t begin_strings(const char *languages, uint32_t n)
{
	static const uint8_t windows[32];
	uint32_t start = length;

	add_le(0, 4);
	add_le(46 + n, 4);
	add_le(46 + n, 4);
	add(windows, 32);
	add_le(1, 2);
	add(languages, n);
	return start;
}

static inline void add_strings(void)
{
	uint32_t start = begin_strings("en-US;fr", 9);

	add("\x14"
	    "E\0n\0g\0l\0i\0s\0h\0\0",
		17);
	add("\x14"
	    "p\0l\0a\0i\0n\0\0",
		13);
	add("\x22\x03", 2); /* 3, 4 and 5 are left out */
	add("\x16\x02\0"
	    "s\0i\0x\0\0\0s\0e\0v\0e\0n\0\0",
		23);
	add("\x20\x02", 3); /* 8 is 2 */
	add("\x10"
	    "SCSU\0",
		6);
	add("", 1);
	close_package(start, STRINGS);
}

#endif
