/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Package lists of the Human Interface Infrastructure (UEFI 2.10 33.3) as the
 * database keeps them: each package by itself, in the order in which they are
 * exported. Pure. What a package says of its own lengths was checked when it
 * came in.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_PACKAGES_H
#define ARMVM_FIRMWARE_PROTO_HII_PACKAGES_H

#include "base/buf.h"
#include "base/guid.h"
#include "uefi/status.h"

/* EFI_HII_PACKAGE_LIST_HEADER: a GUID and the length of all */
#define HII_LIST_HEADER 20

/* EFI_HII_PACKAGE_HEADER: 24 bits of length, 8 of type */
#define HII_PACKAGE_HEADER 4
enum hii_package_type {
	HII_PACKAGE_ALL = 0x00,
	HII_PACKAGE_GUID = 0x01,
	HII_PACKAGE_FORMS = 0x02,
	HII_PACKAGE_STRINGS = 0x04,
	HII_PACKAGE_FONTS = 0x05,
	HII_PACKAGE_IMAGES = 0x06,
	HII_PACKAGE_SIMPLE_FONTS = 0x07,
	HII_PACKAGE_DEVICE_PATH = 0x08,
	HII_PACKAGE_KEYBOARD = 0x09,
	HII_PACKAGE_END = 0xdf,
};

/* What a package's header can say. */
bool hii_length_fits(uint64_t len);
/* Says in a package's header how long it is. */
void hii_put_length(struct buf *package);
uint8_t hii_type(const struct buf *package);
/* What is behind its header, of *n bytes. */
const uint8_t *hii_content(const struct buf *package, size_t *n);
/* The GUID of a package of GUIDs. */
struct guid hii_guid(const struct buf *package);

struct hii_list {
	uint64_t handle; /* what guests know it by */
	uint64_t driver; /* the handle that it was given for, or 0 */
	struct guid guid;
	struct buf *packages;
	size_t n;
};

void hii_list_release(struct hii_list *list);
DEFINE_RELEASE(struct hii_list, hii_list_release)
/* A copy of its own. */
void hii_list_copy(struct hii_list *to, const struct hii_list *from);

/*
 * Adds the packages of a guest's list, which ends with the package that ends it (hii_list_length()), and makes all
 * string packages have the same identifiers. What the database has no use for is left out, as by edk2.
 * EFI_INVALID_PARAMETER: malformed, or a second package where there may be one. EFI_UNSUPPORTED: a language a second
 * time. EFI_OUT_OF_RESOURCES: too many.
 */
efi_status hii_list_add(struct hii_list *list, const uint8_t *bytes, size_t len);
/* Adds one package of n bytes behind its header. */
efi_status hii_list_add_one(
	struct hii_list *list, enum hii_package_type type, const void *content, size_t n);
/* Takes away all packages of the types that a guest's list has. */
void hii_list_drop(struct hii_list *list, const uint8_t *bytes, size_t len);
/* Whether hii_list_drop() would take this one away. */
bool hii_drops(const struct buf *package, const uint8_t *bytes, size_t len);

/* The next package of a guest's list; *at is HII_LIST_HEADER at first. False at the end, or at what is no package. */
bool hii_next(const uint8_t *bytes, size_t len, size_t *at, const uint8_t **package, size_t *n);

/* Appends the whole list as guests have it. */
void hii_list_export(const struct hii_list *list, struct buf *out);
/* How many bytes that is. */
uint64_t hii_list_size(const struct hii_list *list);

/* The keyboard layout at *at of a package, or behind it with *at moved; *at is 0 at first. */
bool hii_next_layout(const struct buf *package, size_t *at, const uint8_t **layout, size_t *n);
/* A layout begins with its length, and this. */
struct guid hii_layout_guid(const uint8_t *layout);

#endif
