/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loader entries in rust-hypervisor-firmware's way. See entries.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/entries.h"
#include "firmware/bds/private.h"
#include "firmware/fs/fs.h"

#define CONF    "\\loader\\loader.conf"
#define ENTRIES "\\loader\\entries"

#define TEXT_MAX  4096 /* a longer file stops it */
#define VALUE_MAX 260  /* a longer pattern or path, too */

/* The header of an x86 kernel: its boot sector's mark, and that of its protocol. */
#define X86_BOOT_FLAG  0x1fe
#define X86_MAGIC      0x202
#define X86_HEADER_END 0x206

bool entries_match(const char *name, const char *pattern, bool *stops)
{
	const char *star = NULL, *resume = NULL; /* behind the last asterisk; what it began at */

	*stops = false;
	for (;;) {
		bool exact = *pattern == '\\' && pattern[1];
		char want = pattern[exact];

		if (*pattern == '[') {
			*stops = true;
			return false;
		}
		if (*pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (!want && !*name) {
			return true;
		} else if (*name && want && (want == *name || (!exact && want == '?'))) {
			pattern += exact + 1;
			name++;
		} else if (star && *resume) {
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
}

/* A whole text file; NULL when it has none, *stops when it is too long. */
static char *read_text(struct fs *fs, struct fs_node *node, const char **stops)
{
	CLEANUP(xfree) char *text = xcalloc(TEXT_MAX + 1, 1);
	size_t got;

	if (node->is_dir)
		return NULL;
	if (node->size > TEXT_MAX) {
		*stops = "a file of its loader entries has more than 4096 bytes";
		return NULL;
	}
	if (fs_read(fs, node, 0, text, (size_t)node->size, &got) != EFI_SUCCESS)
		return NULL;
	return TAKE(text);
}

/*
 * What follows the key in the last line that begins with it, without blanks
 * around it, into value; empty when there is none. Nothing needs to stand
 * between key and value. False when it is too long.
 */
static bool value_of(const char *text, const char *key, char value[VALUE_MAX + 1])
{
	size_t length = strlen(key);

	*value = '\0';
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *from = line + length;
		size_t n;

		if (strncmp(line, key, length) != 0)
			continue;
		from += strspn(from, " \t\r");
		n = strcspn(from, "\n");
		while (n && strchr(" \t\r", from[n - 1]))
			n--;
		if (n > VALUE_MAX)
			return false;
		memcpy(value, from, n);
		value[n] = '\0';
	}
	return true;
}

/* The entry's file: the first that matches, else the first *.conf. */
static struct fs_node *find_entry(
	struct fs *fs, struct fs_node *dir, const char *pattern, const char **stops)
{
	struct fs_node *node, *fallback = NULL;
	uint64_t position = 0;
	bool set = false, ignored;

	while (fs_next(fs, dir, &position, &node) == EFI_SUCCESS && node) {
		if (node->is_dir)
			continue;
		if (entries_match(node->name, pattern, &set))
			return node;
		if (set) {
			*stops = "the pattern of its default loader entry has a set in brackets";
			return NULL;
		}
		if (!fallback && entries_match(node->name, "*.conf", &ignored))
			fallback = node;
	}
	return fallback;
}

static const char *kernel_refused(struct fs *fs, const char *path, const char **stops)
{
	uint8_t head[X86_HEADER_END] = { 0 };
	struct fs_node *node;
	size_t got;

	if (fs_find(fs, fs_root(fs), path, &node) != EFI_SUCCESS || node->is_dir)
		return "the kernel that it names is not on the system partition";
	if (fs_read(fs, node, 0, head, sizeof(head), &got) != EFI_SUCCESS || got < sizeof(head))
		return "the kernel that it names cannot be read";
	if (le16(head + X86_BOOT_FLAG) != 0xaa55 || memcmp(head + X86_MAGIC, "HdrS", 4) != 0)
		return "the firmware reads its kernel as one for x86, and this is none";
	*stops = "it jumps into a kernel for x86, which a loader entry names";
	return NULL;
}

/* What becomes of an entry, in words; NULL when the firmware stops. */
static const char *try_entry(struct fs *fs, struct fs_node *node, const char **stops)
{
	CLEANUP(xfree) char *text = read_text(fs, node, stops);
	char kernel[VALUE_MAX + 1], initrd[VALUE_MAX + 1];

	if (!text)
		return *stops ? NULL : "it cannot be read";
	if (!value_of(text, "linux", kernel) || !value_of(text, "initrd", initrd)) {
		*stops = "a loader entry names a file by more than 260 characters";
		return NULL;
	}
	for (char *c = kernel; *c; c++)
		if (*c == '/')
			*c = '\\';
	return kernel_refused(fs, kernel, stops);
}

const char *entries_look(struct machine *m, struct fs *fs)
{
	CLEANUP(xfree) char *text = NULL;
	CLEANUP(xfree) char *path = NULL;
	char pattern[VALUE_MAX + 1];
	struct fs_node *node, *dir;
	const char *stops = NULL, *reason;

	if (fs_find(fs, fs_root(fs), CONF, &node) == EFI_SUCCESS)
		text = read_text(fs, node, &stops);
	if (stops)
		return stops;
	if (!text) {
		bds_emit_skip(m, CONF, "it is not there");
		return NULL;
	}
	if (!value_of(text, "default", pattern))
		return "the pattern of its default loader entry has more than 260 characters";
	if (fs_find(fs, fs_root(fs), ENTRIES, &dir) != EFI_SUCCESS || !dir->is_dir) {
		bds_emit_skip(m, ENTRIES, "it is not there");
		return NULL;
	}
	node = find_entry(fs, dir, pattern, &stops);
	if (stops)
		return stops;
	if (!node) {
		bds_emit_skip(m, ENTRIES, "it has no entry");
		return NULL;
	}
	path = fs_path(node);
	reason = try_entry(fs, node, &stops);
	if (reason)
		bds_emit_skip(m, path, reason);
	return stops;
}
