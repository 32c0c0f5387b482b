/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a path to a node, as edk2's FAT driver goes. See fs.h.
 */
#include <string.h>

#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/fs/internal.h"

#define NAME_UNITS_MAX 255 /* of a long name */
#define PATH_UNITS_MAX                                                                             \
	260 /* of a whole one, with a drive's letter and colon before it and a NUL behind */

/* Upper case for ASCII and, behind its first byte in UTF-8, for Latin-1. */
static unsigned char folded(unsigned char before, unsigned char c)
{
	bool ascii = c >= 'a' && c <= 'z';

	return ascii || (before == 0xc3 && c >= 0xa0 && c < 0xbf && c != 0xb7) ? c - 0x20 : c;
}

static bool same_name(const char *have, const char *name, size_t len)
{
	unsigned char before = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char a = (unsigned char)have[i], b = (unsigned char)name[i];

		if (folded(before, a) != folded(before, b))
			return false;
		before = a;
	}
	return !have[len];
}

static efi_status find_child(
	struct fs *fs, struct fs_node *dir, const char *name, struct fs_node **out)
{
	efi_status status = fs_list(fs, dir);
	size_t len = strlen(name);

	if (status != EFI_SUCCESS)
		return status;
	/* Long names first: a short name may look like another file's long one. */
	for (int shorts = 0; shorts < 2; shorts++)
		for (size_t i = 0; i < dir->n_children; i++) {
			struct fs_node *n = dir->children[i];
			const char *have = n ? (shorts ? n->short_name : n->name) : "";

			if (*have && same_name(have, name, len)) {
				*out = n;
				return EFI_SUCCESS;
			}
		}
	return EFI_NOT_FOUND;
}

/* UTF-16 units that n bytes of UTF-8 take. */
static size_t units_in(const char *text, size_t n)
{
	size_t units = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		units += ((c & 0xc0) != 0x80) + (c >= 0xf0);
	}
	return units;
}

/* Without blanks before it, and blanks and dots behind it; NULL when no file can be called so. */
static char *trimmed(const char *name, size_t len)
{
	for (; len && *name == ' '; len--)
		name++;
	while (len && (name[len - 1] == ' ' || name[len - 1] == '.'))
		len--;
	if (!len || units_in(name, len) > NAME_UNITS_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || strchr("\"*/:<>?|", name[i]))
			return NULL;
	return xstrndup(name, len);
}

/* Whether path, seen from a folder, stays within what a whole path may have. */
static bool path_fits(const struct fs_node *at, const char *path)
{
	size_t units = 2 + 1 + units_in(path, strlen(path)) + 1;

	for (; at->parent; at = at->parent)
		units += 1 + units_in(at->name, strlen(at->name));
	return units <= PATH_UNITS_MAX;
}

efi_status fs_walk(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_way *way)
{
	size_t len = strlen(path);
	bool folder = len && path[len - 1] == '\\';
	struct fs_node *at = from;

	*way = (struct fs_way){ .node = NULL };
	if (from->deleted)
		return EFI_NOT_FOUND;
	if (!len)
		return EFI_INVALID_PARAMETER;
	if (*path == '\\') {
		at = fs->root;
		path++;
	}
	if (!path_fits(at, path))
		return EFI_INVALID_PARAMETER;
	/* Empty is the name between two backslashes at the begin, too: there the path ends. */
	for (const char *next; (len = strcspn(path, "\\")) > 0; path = next) {
		CLEANUP(xfree) char *name = NULL;
		efi_status status;

		next = path + len + strspn(path + len, "\\");
		if (len == 1 && *path == '.')
			continue;
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			if (!at->parent)
				return EFI_INVALID_PARAMETER;
			at = at->parent;
			continue;
		}
		name = trimmed(path, len);
		if (!name)
			return EFI_INVALID_PARAMETER;
		if (!at->is_dir)
			return EFI_NOT_FOUND;
		status = find_child(fs, at, name, &way->node);
		if (status == EFI_NOT_FOUND && !*next) {
			if (folder && !(attributes & FS_DIRECTORY))
				return EFI_INVALID_PARAMETER;
			way->dir = at;
			way->name = TAKE(name);
		}
		if (status != EFI_SUCCESS)
			return status;
		at = way->node;
	}
	way->node = at;
	return folder && !at->is_dir ? EFI_NOT_FOUND : EFI_SUCCESS;
}

void fs_way_release(struct fs_way *way)
{
	free(way->name);
}
