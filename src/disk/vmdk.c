/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMDK (VMware's Virtual Disk Format 5.0): the sparse header and the
 * descriptor, a text that says which files the disk consists of. Only a disk
 * that is one file with the descriptor inside stands for itself; all else
 * would make the reader open other files. Grain tables are not read.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

enum {
	HDR_VERSION = 4,
	HDR_CAPACITY = 12,
	HDR_GRAIN_SECTORS = 20,
	HDR_DESCRIPTOR_OFFSET = 28,
	HDR_DESCRIPTOR_SIZE = 36,
	HDR_TABLE_ENTRIES = 44,
	HDR_GRAIN_DIRECTORY = 56,
	HDR_UNCLEAN = 72,
	HDR_LINE_ENDS = 73,
	COWD_SECTORS = 12,
};

#define SECTOR           512u
#define MAX_DESCRIPTOR   65536u
#define DIRECTORY_AT_END UINT64_MAX
#define NO_PARENT        "ffffffff"

struct descriptor {
	char *create_type; /* NULL: not said */
	char *parent_cid;
	char *other_file; /* the first extent that is not sparse or not the first */
	char *strange;    /* the first thing that OpenStack does not take; NULL: none */
	unsigned extents;
	uint64_t sectors; /* of all extents; 0: not known */
};

static void descriptor_release(struct descriptor *desc)
{
	free(desc->create_type);
	free(desc->parent_cid);
	free(desc->other_file);
	free(desc->strange);
}
DEFINE_RELEASE(struct descriptor, descriptor_release)

/* The value of `key = value` or `key="value"` when line is of that key; the caller frees it. */
static char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	line += strspn(line, " \t");
	if (strncasecmp(line, key, n) != 0)
		return NULL;
	line += n + strspn(line + n, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t\"");
	return xstrndup(line, strcspn(line, "\"\r\t "));
}

/* `RW 4096 SPARSE "name.vmdk"` and its likes. */
static bool is_extent(const char *line)
{
	return strncmp(line, "RW ", 3) == 0 || strncmp(line, "RDONLY ", 7) == 0 ||
	       strncmp(line, "NOACCESS ", 9) == 0;
}

static void note_extent(struct descriptor *desc, const char *line)
{
	const char *kind = strchr(line, ' ');
	const char *name = strchr(line, '"');

	if (kind && !checked_add(desc->sectors, strtoull(kind, NULL, 10), &desc->sectors))
		desc->sectors = 0;
	kind = kind ? strchr(kind + 1, ' ') : NULL;
	if (desc->extents++ == 0 && kind && strncmp(kind + 1, "SPARSE ", 7) == 0)
		return;
	if (!desc->other_file)
		desc->other_file = name ? xstrndup(name + 1, strcspn(name + 1, "\""))
					: xstrdup("(not named)");
}

static void keep(char **slot, char *take_value)
{
	if (*slot || !take_value)
		free(take_value);
	else
		*slot = take_value;
}

/* Why OpenStack's format_inspector takes no such line; NULL: it does. */
static const char *line_problem(const char *line)
{
	static const char *const accesses[] = { "RW", "RDONLY", "NOACCESS" };
	size_t word;

	for (const char *c = line; *c; c++)
		if (*c & 0x80)
			return "is not ASCII";
	line += strspn(line, " \t\r");
	if (!*line || *line == '#' || strncasecmp(line, "ddb", 3) == 0)
		return NULL;
	if (line[strcspn(line, " =")] == '=')
		return NULL;
	word = strcspn(line, " \r");
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		if (word == strlen(accesses[i]) && strncasecmp(line, accesses[i], word) == 0)
			return strchr(line, '/') ? "names a path" : NULL;
	return "is no comment, no field and no extent";
}

static void note_strange(struct descriptor *desc, unsigned number, const char *line)
{
	const char *why = line_problem(line);

	if (why && !desc->strange)
		desc->strange = xasprintf("line %u of its descriptor %s", number, why);
}

/* Control characters have no place in a descriptor and become '?' before any is shown. */
static void parse(struct descriptor *desc, char *text)
{
	char *rest = text, *line;

	if (!strcasestr(text, "createType=\""))
		desc->strange = xstrdup("its descriptor has no createType=\"...\"");
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		note_strange(desc, number, line);
		for (char *c = line; *c; c++)
			if (((unsigned char)*c < 0x20 && *c != '\t' && *c != '\r') || *c == 0x7f)
				*c = '?';
		keep(&desc->create_type, value_of(line, "createType"));
		keep(&desc->parent_cid, value_of(line, "parentCID"));
		if (is_extent(line))
			note_extent(desc, line);
	}
	if (!desc->extents && !desc->strange)
		desc->strange = xstrdup("its descriptor has no extents");
}

static void judge(struct disk_facts *f, const struct descriptor *desc, bool embedded, uint64_t at)
{
	const char *type = desc->create_type ? desc->create_type : "";

	if (desc->create_type)
		f->subformat = xstrdup(desc->create_type);
	if (desc->parent_cid && strcasecmp(desc->parent_cid, NO_PARENT) != 0)
		problem_add(f, PROBLEM_BACKING, true, at, "refers to a parent disk (parentCID=%s)",
			desc->parent_cid);
	if (!embedded || desc->other_file || desc->extents > 1)
		problem_add(f, PROBLEM_EXTERNAL, true, at, "keeps its data in other files: %s",
			desc->other_file ? desc->other_file : "the descriptor stands alone");
	else if (strcmp(type, "monolithicSparse") != 0 && strcmp(type, "streamOptimized") != 0)
		problem_add(f, PROBLEM_EXTERNAL, true, at,
			"is of type \"%s\"; monolithicSparse and streamOptimized are whole in one "
			"file",
			type);
	if (desc->strange)
		problem_add(f, PROBLEM_DESCRIPTOR, false, at, "%s", desc->strange);
}

static int read_descriptor(struct disk *d, struct disk_facts *f, uint64_t off, uint64_t len,
	bool embedded, struct err *err)
{
	struct descriptor desc CLEANUP(descriptor_release) = { 0 };
	char *text CLEANUP(xfree) = NULL;
	int ret;

	if (len > MAX_DESCRIPTOR)
		len = MAX_DESCRIPTOR;
	text = xcalloc(1, len + 1);
	ret = disk_read(d, off, text, len, err);
	if (ret < 0)
		return ret;
	parse(&desc, text);
	judge(f, &desc, embedded, off);
	if (!embedded && (!checked_mul(desc.sectors, SECTOR, &f->virtual_size) ||
				 f->virtual_size > INT64_MAX))
		f->virtual_size = 0;
	return 0;
}

/* Whether the grain directory that this header leads to, and its copy, can be read into memory. */
static void check_directory(struct disk_facts *f, const uint8_t *hdr, uint64_t at)
{
	uint64_t sectors = le64(hdr + HDR_CAPACITY), covered, entries;

	if (!checked_mul(le64(hdr + HDR_GRAIN_SECTORS), le32(hdr + HDR_TABLE_ENTRIES), &covered) ||
		!covered)
		return;
	entries = sectors / covered;
	table_is_bounded(f, entries > UINT64_MAX / 8 ? UINT64_MAX : entries * 8,
		at + HDR_TABLE_ENTRIES, "grain directory");
}

/* Whether OpenStack takes this copy of the header. */
static void compare_headers(
	struct disk_facts *f, const uint8_t *hdr, const uint8_t *footer, uint64_t at)
{
	if (le32(hdr + HDR_VERSION) != le32(footer + HDR_VERSION) ||
		le64(hdr + HDR_DESCRIPTOR_OFFSET) != le64(footer + HDR_DESCRIPTOR_OFFSET) ||
		le64(hdr + HDR_DESCRIPTOR_SIZE) != le64(footer + HDR_DESCRIPTOR_SIZE) ||
		le64(footer + HDR_GRAIN_DIRECTORY) == DIRECTORY_AT_END)
		problem_add(f, PROBLEM_DESCRIPTOR, false, at,
			"the header at its end is not the one at its start");
}

/* Of a stream QEMU believes the header's copy at the end of the file. */
static int check_footer(struct disk *d, struct disk_facts *f, const uint8_t *start, struct err *err)
{
	uint64_t at = f->file_size - 2 * SECTOR;
	uint8_t hdr[SECTOR];
	int ret = f->file_size < 3 * SECTOR ? -ENOENT : disk_read(d, at, hdr, sizeof(hdr), err);

	if (ret == 0 && memcmp(hdr, "KDMV", 4) == 0) {
		check_directory(f, hdr, at);
		compare_headers(f, start, hdr, at);
	}
	return ret == -ENOENT ? 0 : ret;
}

/* A sparse extent with its descriptor inside. */
static int inspect_sparse(struct disk *d, struct disk_facts *f, const uint8_t *hdr, struct err *err)
{
	uint64_t sectors = le64(hdr + HDR_CAPACITY), off = 0, len = 0;
	uint64_t directory = le64(hdr + HDR_GRAIN_DIRECTORY), at;

	if (!checked_mul(sectors, SECTOR, &f->virtual_size) || f->virtual_size > INT64_MAX) {
		f->virtual_size = 0;
		problem_add(f, PROBLEM_HEADER, true, HDR_CAPACITY,
			"a capacity of %" PRIu64 " sectors", sectors);
	}
	if (memcmp(hdr + HDR_LINE_ENDS, "\n \r\n", 4) != 0)
		problem_add(f, PROBLEM_HEADER, true, HDR_LINE_ENDS,
			"was damaged by a transfer that converted line ends");
	if (directory != DIRECTORY_AT_END &&
		(!checked_mul(directory, SECTOR, &at) || at >= f->file_size))
		problem_add(f, PROBLEM_METADATA, true, HDR_GRAIN_DIRECTORY,
			"the grain directory (sector %" PRIu64 ") is beyond the end of the file",
			directory);
	check_directory(f, hdr, 0);
	if (directory == DIRECTORY_AT_END) {
		int ret = check_footer(d, f, hdr, err);

		if (ret < 0)
			return ret;
	}
	if (le32(hdr + HDR_VERSION) > 3)
		problem_add(f, PROBLEM_VERSION, true, HDR_VERSION,
			"is of version %" PRIu32 "; 1 to 3 are known", le32(hdr + HDR_VERSION));
	else if (!le32(hdr + HDR_VERSION) || le64(hdr + HDR_DESCRIPTOR_OFFSET) > 1)
		problem_add(f, PROBLEM_DESCRIPTOR, false, HDR_VERSION,
			"is of version 0, or its descriptor is not in sector 1");
	if (hdr[HDR_UNCLEAN])
		problem_add(f, PROBLEM_DIRTY, false, HDR_UNCLEAN, "was not closed properly");
	if (!le64(hdr + HDR_DESCRIPTOR_OFFSET) ||
		!checked_mul(le64(hdr + HDR_DESCRIPTOR_OFFSET), SECTOR, &off) ||
		!checked_mul(le64(hdr + HDR_DESCRIPTOR_SIZE), SECTOR, &len) ||
		!range_within(off, len, f->file_size)) {
		problem_add(f, PROBLEM_EXTERNAL, true, HDR_DESCRIPTOR_OFFSET,
			"has no descriptor inside: it is a part of another disk");
		return 0;
	}
	return read_descriptor(d, f, off, len, true, err);
}

int inspect_vmdk(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t hdr[SECTOR] = { 0 };
	bool whole = disk_size(d) >= sizeof(hdr);
	int ret = disk_read(d, 0, hdr, whole ? sizeof(hdr) : (size_t)disk_size(d), err);

	if (ret < 0)
		return ret;
	if (hdr[0] != '#' && !whole) {
		problem_cut_short(f);
		return 0;
	}
	if (memcmp(hdr, "KDMV", 4) == 0)
		return inspect_sparse(d, f, hdr, err);
	if (memcmp(hdr, "COWD", 4) == 0) {
		f->virtual_size = (uint64_t)le32(hdr + COWD_SECTORS) * SECTOR;
		problem_add(f, PROBLEM_EXTERNAL, true, 0,
			"is an extent of an ESX disk (COWD); the descriptor is another file");
		return 0;
	}
	return read_descriptor(d, f, 0, disk_size(d), false, err);
}
