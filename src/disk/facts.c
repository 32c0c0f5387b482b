/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reader of a header notes, and the formats' names. See format.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "disk/ops.h"

static const char *const names[FORMAT_COUNT] = {
	[FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_QCOW] = "qcow",
	[FORMAT_QED] = "qed",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	[FORMAT_VPC] = "vpc",
	[FORMAT_LUKS] = "luks",
	[FORMAT_ISO] = "iso9660",
	[FORMAT_DMG] = "dmg",
	[FORMAT_TAR] = "tar",
	[FORMAT_GZIP] = "gzip",
	[FORMAT_XZ] = "xz",
	[FORMAT_ZSTD] = "zstd",
	[FORMAT_BZIP2] = "bzip2",
	[FORMAT_LZ4] = "lz4",
	[FORMAT_ZIP] = "zip",
	[FORMAT_7Z] = "7z",
	[FORMAT_PARALLELS] = "parallels",
	[FORMAT_BOCHS] = "bochs",
	[FORMAT_CLOOP] = "cloop",
	[FORMAT_SIMG] = "simg",
};

const char *disk_format_name(enum disk_format format)
{
	return (unsigned)format < FORMAT_COUNT ? names[format] : "unknown";
}

void problem_add(struct disk_facts *f, enum disk_problem_kind kind, bool fatal, uint64_t offset,
	const char *fmt, ...)
{
	struct disk_problem *p;
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	f->problems = xreallocarray(f->problems, f->n_problems + 1, sizeof(*f->problems));
	p = &f->problems[f->n_problems++];
	*p = (struct disk_problem){ kind, fatal, offset, text };
}

void problem_cut_short(struct disk_facts *f)
{
	problem_add(f, PROBLEM_HEADER, true, 0,
		"the %s header is cut short: the file has %" PRIu64 " bytes",
		disk_format_name(f->format), f->file_size);
}

bool table_is_bounded(struct disk_facts *f, uint64_t bytes, uint64_t offset, const char *what)
{
	if (bytes <= TABLE_BYTES_MAX)
		return true;
	problem_add(f, PROBLEM_METADATA, true, offset,
		"the %s would take %" PRIu64 " MiB of memory, more than the %u that are read here",
		what, bytes >> 20, (unsigned)(TABLE_BYTES_MAX >> 20));
	return false;
}

const struct disk_problem *disk_facts_problem(
	const struct disk_facts *facts, enum disk_problem_kind kind)
{
	for (size_t i = 0; i < facts->n_problems; i++)
		if (facts->problems[i].kind == kind)
			return &facts->problems[i];
	return NULL;
}

void disk_facts_release(struct disk_facts *facts)
{
	for (size_t i = 0; i < facts->n_problems; i++)
		free(facts->problems[i].text);
	free(facts->problems);
	free(facts->subformat);
	free(facts->qcow2.backing_file);
	free(facts->qcow2.data_file);
	*facts = (struct disk_facts){ 0 };
}
