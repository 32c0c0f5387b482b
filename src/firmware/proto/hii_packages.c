/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Package lists. See hii_packages.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/proto/hii_packages.h"
#include "firmware/proto/hii_strings.h"

#define LENGTH_MAX 0xffffffu

#define GUID_SIZE 16

/* A list has so many packages, those of a guest's included. */
#define PACKAGES_MAX 1024

/* EFI_HII_KEYBOARD_PACKAGE_HDR (33.3.10.1): behind the header the number of layouts, then the layouts */
#define KEYBOARD_COUNT   4
#define KEYBOARD_LAYOUTS 6
#define LAYOUT_GUID      2
#define LAYOUT_MIN       (LAYOUT_GUID + GUID_SIZE)

/* In which order edk2 exports. */
static const uint8_t order[] = { HII_PACKAGE_GUID, HII_PACKAGE_FORMS, HII_PACKAGE_KEYBOARD,
	HII_PACKAGE_STRINGS, HII_PACKAGE_FONTS, HII_PACKAGE_IMAGES, HII_PACKAGE_SIMPLE_FONTS,
	HII_PACKAGE_DEVICE_PATH };

/* Its place among the types, from 1; 0 for one that is not kept. */
static size_t rank(uint8_t type)
{
	const uint8_t *at = memchr(order, type, sizeof(order));

	return at ? (size_t)(at - order) + 1 : 0;
}

bool hii_length_fits(uint64_t len)
{
	return len <= LENGTH_MAX;
}

void hii_put_length(struct buf *package)
{
	uint8_t *p = buf_edit(package);

	put_le32(p, (uint32_t)package->len | (uint32_t)p[3] << 24);
}

uint8_t hii_type(const struct buf *package)
{
	return (uint8_t)buf_bytes(package)[3];
}

const uint8_t *hii_content(const struct buf *package, size_t *n)
{
	*n = package->len - HII_PACKAGE_HEADER;
	return buf_bytes(package) + HII_PACKAGE_HEADER;
}

struct guid hii_guid(const struct buf *package)
{
	return guid_load(buf_bytes(package) + HII_PACKAGE_HEADER);
}

void hii_list_release(struct hii_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		buf_release(&list->packages[i]);
	free(list->packages);
	list->packages = NULL;
	list->n = 0;
}

void hii_list_copy(struct hii_list *to, const struct hii_list *from)
{
	*to = *from;
	to->packages = xcalloc(from->n + 1, sizeof(*to->packages));
	for (size_t i = 0; i < from->n; i++)
		buf_add(&to->packages[i], buf_bytes(&from->packages[i]), from->packages[i].len);
}

bool hii_next(const uint8_t *bytes, size_t len, size_t *at, const uint8_t **package, size_t *n)
{
	if (!range_within(*at, HII_PACKAGE_HEADER, len))
		return false;
	*package = bytes + *at;
	*n = le32(*package) & LENGTH_MAX;
	if ((*package)[3] == HII_PACKAGE_END || *n < HII_PACKAGE_HEADER ||
		!range_within(*at, *n, len))
		return false;
	*at += *n;
	return true;
}

bool hii_next_layout(const struct buf *package, size_t *at, const uint8_t **layout, size_t *n)
{
	if (!*at)
		*at = KEYBOARD_LAYOUTS;
	if (!range_within(*at, LAYOUT_MIN, package->len))
		return false;
	*layout = buf_bytes(package) + *at;
	*n = le16(*layout);
	if (*n < LAYOUT_MIN || !range_within(*at, *n, package->len))
		return false;
	*at += *n;
	return true;
}

struct guid hii_layout_guid(const uint8_t *layout)
{
	return guid_load(layout + LAYOUT_GUID);
}

/* It has as many layouts as it says. */
static bool is_keyboard(const struct buf *package)
{
	const uint8_t *layout;
	size_t at = 0, n;

	if (package->len < KEYBOARD_LAYOUTS)
		return false;
	for (unsigned left = le16(buf_bytes(package) + KEYBOARD_COUNT); left; left--)
		if (!hii_next_layout(package, &at, &layout, &n))
			return false;
	return true;
}

static bool is_strings(const struct buf *package)
{
	const uint8_t *p = buf_bytes(package);
	uint32_t last;
	size_t end;

	return hii_languages(p, package->len) && hii_last(p, package->len, &last, &end);
}

static bool has_type(const struct hii_list *list, uint8_t type)
{
	for (size_t i = 0; i < list->n; i++)
		if (hii_type(&list->packages[i]) == type)
			return true;
	return false;
}

/* Whether the list has strings of the same primary language. */
static bool has_language_of(const struct hii_list *list, const struct buf *package)
{
	const char *all = hii_languages(buf_bytes(package), package->len);
	CLEANUP(xfree) char *language = xstrndup(all, strcspn(all, ";"));

	for (size_t i = 0; i < list->n; i++) {
		const struct buf *other = &list->packages[i];

		if (hii_type(other) == HII_PACKAGE_STRINGS &&
			hii_has_language(buf_bytes(other), other->len, language))
			return true;
	}
	return false;
}

/* What is to be said against a package in this list. */
static efi_status judge(const struct hii_list *list, const struct buf *package)
{
	switch (hii_type(package)) {
	case HII_PACKAGE_GUID:
		return package->len < HII_PACKAGE_HEADER + GUID_SIZE ? EFI_INVALID_PARAMETER
								     : EFI_SUCCESS;
	case HII_PACKAGE_KEYBOARD:
		return is_keyboard(package) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
	case HII_PACKAGE_STRINGS:
		if (!is_strings(package))
			return EFI_INVALID_PARAMETER;
		return has_language_of(list, package) ? EFI_UNSUPPORTED : EFI_SUCCESS;
	case HII_PACKAGE_IMAGES:
	case HII_PACKAGE_DEVICE_PATH:
		return has_type(list, hii_type(package)) ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
	default:
		return EFI_SUCCESS;
	}
}

/* Puts it behind those of its type. */
static efi_status insert(struct hii_list *list, struct buf *take_package)
{
	size_t at = 0, place = rank(hii_type(take_package));
	efi_status status = judge(list, take_package);

	if (status != EFI_SUCCESS)
		return status;
	if (list->n == PACKAGES_MAX)
		return EFI_OUT_OF_RESOURCES;
	while (at < list->n && rank(hii_type(&list->packages[at])) <= place)
		at++;
	list->packages = xreallocarray(list->packages, list->n + 1, sizeof(*list->packages));
	memmove(list->packages + at + 1, list->packages + at,
		(list->n - at) * sizeof(*list->packages));
	list->packages[at] = *take_package;
	*take_package = (struct buf)BUF_INIT;
	list->n++;
	return EFI_SUCCESS;
}

efi_status hii_list_add_one(
	struct hii_list *list, enum hii_package_type type, const void *content, size_t n)
{
	CLEANUP(buf_release) struct buf package = BUF_INIT;
	uint8_t header[HII_PACKAGE_HEADER] = { 0, 0, 0, (uint8_t)type };

	if (!hii_length_fits(HII_PACKAGE_HEADER + (uint64_t)n))
		return EFI_INVALID_PARAMETER;
	buf_add(&package, header, sizeof(header));
	buf_add(&package, content, n);
	hii_put_length(&package);
	return insert(list, &package);
}

/* Identifiers are the list's, so each language has all of them. */
static bool align_strings(struct hii_list *list)
{
	uint32_t most = 0, last;
	size_t end;

	for (size_t i = 0; i < list->n; i++) {
		const struct buf *p = &list->packages[i];

		if (hii_type(p) == HII_PACKAGE_STRINGS &&
			hii_last(buf_bytes(p), p->len, &last, &end))
			most = last > most ? last : most;
	}
	for (size_t i = 0; i < list->n; i++)
		if (hii_type(&list->packages[i]) == HII_PACKAGE_STRINGS &&
			!hii_leave_out(&list->packages[i], most))
			return false;
	return true;
}

efi_status hii_list_add(struct hii_list *list, const uint8_t *bytes, size_t len)
{
	const uint8_t *p;
	size_t at = HII_LIST_HEADER, n;

	while (hii_next(bytes, len, &at, &p, &n)) {
		CLEANUP(buf_release) struct buf package = BUF_INIT;
		efi_status status;

		if (!rank(p[3]))
			continue;
		buf_add(&package, p, n);
		status = insert(list, &package);
		if (status != EFI_SUCCESS)
			return status;
	}
	return align_strings(list) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

bool hii_drops(const struct buf *package, const uint8_t *bytes, size_t len)
{
	const uint8_t *p;
	size_t at = HII_LIST_HEADER, n;

	while (hii_next(bytes, len, &at, &p, &n))
		if (p[3] == hii_type(package))
			return true;
	return false;
}

void hii_list_drop(struct hii_list *list, const uint8_t *bytes, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (hii_drops(&list->packages[i], bytes, len))
			buf_release(&list->packages[i]);
		else
			list->packages[kept++] = list->packages[i];
	}
	list->n = kept;
}

uint64_t hii_list_size(const struct hii_list *list)
{
	uint64_t size = HII_LIST_HEADER + HII_PACKAGE_HEADER;

	for (size_t i = 0; i < list->n; i++)
		size += list->packages[i].len;
	return size;
}

void hii_list_export(const struct hii_list *list, struct buf *out)
{
	static const uint8_t end[HII_PACKAGE_HEADER] = { HII_PACKAGE_HEADER, 0, 0,
		HII_PACKAGE_END };
	uint8_t length[4];

	put_le32(length, (uint32_t)hii_list_size(list));
	buf_add(out, &list->guid, sizeof(list->guid));
	buf_add(out, length, sizeof(length));
	for (size_t i = 0; i < list->n; i++)
		buf_add(out, buf_bytes(&list->packages[i]), list->packages[i].len);
	buf_add(out, end, sizeof(end));
}
