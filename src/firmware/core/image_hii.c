/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The package list that an image brings along in its resources (UEFI 2.10 7.4.1).
 * Resources are a tree of three levels (Microsoft PE/COFF, "The .rsrc Section"): by type,
 * by name, by language; the first leaf of the type counts.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "firmware/core/image_private.h"

#define DIRECTORY_SIZE  16 /* of the header; entries follow, those with names first */
#define DIRECTORY_NAMED 12
#define ENTRY_SIZE      8
#define IS_STRING       0x80000000u /* of an entry's first half: an offset of its name */
#define IS_DIRECTORY    0x80000000u /* of its second half */
#define LEVELS          3
#define LIST_HEADER     20 /* EFI_HII_PACKAGE_LIST_HEADER */

/* The tree, from its beginning to the image's end. */
struct tree {
	const uint8_t *p;
	uint64_t size;
};

static const uint8_t *at(const struct tree *t, uint64_t off, uint64_t len)
{
	return range_within(off, len, t->size) ? t->p + off : NULL;
}

static bool is_hii(const struct tree *t, uint32_t name)
{
	static const uint8_t hii[] = { 3, 0, 'H', 0, 'I', 0, 'I', 0 };
	const uint8_t *p = name & IS_STRING ? at(t, name & ~IS_STRING, sizeof(hii)) : NULL;

	return p && memcmp(p, hii, sizeof(hii)) == 0;
}

/* The second half of the type's entry; 0 when there is none. */
static uint32_t find_type(const struct tree *t)
{
	const uint8_t *directory = at(t, 0, DIRECTORY_SIZE);
	unsigned n = directory ? le16(directory + DIRECTORY_NAMED) : 0;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *e = at(t, DIRECTORY_SIZE + (uint64_t)i * ENTRY_SIZE, ENTRY_SIZE);

		if (!e)
			break;
		if (is_hii(t, le32(e)))
			return le32(e + 4);
	}
	return 0;
}

uint32_t image_hii(const uint8_t *image, uint64_t size, uint32_t resources)
{
	struct tree t = { image + resources, size - resources };
	const uint8_t *p;
	uint32_t off;

	if (resources >= size)
		return 0;
	off = find_type(&t);
	for (unsigned level = 1; level < LEVELS; level++) {
		p = off & IS_DIRECTORY
			    ? at(&t, (off & ~IS_DIRECTORY) + (uint64_t)DIRECTORY_SIZE, ENTRY_SIZE)
			    : NULL;
		if (!p)
			return 0;
		off = le32(p + 4);
	}
	p = off & IS_DIRECTORY ? NULL : at(&t, off, 16);
	return p && range_within(le32(p), LIST_HEADER, size) ? le32(p) : 0;
}
