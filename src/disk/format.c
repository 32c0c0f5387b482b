/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinguishing formats by their magic numbers, all that match, and handing
 * the file to the reader of the one it will be opened as. See format.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define FOOTER 512 /* bytes before the end that VPC and DMG begin their footers at */

/*
 * Where each format has its magic number. offset < 0 counts from the end.
 * The order decides which of several is the one that the image is taken for.
 * qcow and qcow2 share theirs and are distinguished by the version.
 */
static const struct {
	enum disk_format format;
	int32_t offset;
	uint8_t len;
	const char *magic;
} magics[] = {
	{ FORMAT_QCOW2, 0, 4, "QFI\xfb" },
	{ FORMAT_QED, 0, 4, "QED\0" },
	{ FORMAT_VMDK, 0, 4, "KDMV" },
	{ FORMAT_VMDK, 0, 4, "COWD" },
	{ FORMAT_VMDK, 0, 21, "# Disk DescriptorFile" },
	{ FORMAT_VHDX, 0, 8, "vhdxfile" },
	{ FORMAT_VPC, 0, 8, "conectix" },
	{ FORMAT_LUKS, 0, 6, "LUKS\xba\xbe" },
	{ FORMAT_GZIP, 0, 3, "\x1f\x8b\x08" },
	{ FORMAT_XZ, 0, 6,
		"\xfd"
		"7zXZ\0" },
	{ FORMAT_ZSTD, 0, 4, "\x28\xb5\x2f\xfd" },
	{ FORMAT_BZIP2, 0, 3, "BZh" },
	{ FORMAT_LZ4, 0, 4, "\x04\x22\x4d\x18" },
	{ FORMAT_ZIP, 0, 4, "PK\3\4" },
	{ FORMAT_7Z, 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ FORMAT_PARALLELS, 0, 16, "WithoutFreeSpace" },
	{ FORMAT_PARALLELS, 0, 16, "WithouFreSpacExt" },
	{ FORMAT_BOCHS, 0, 22, "Bochs Virtual HD Image" },
	{ FORMAT_CLOOP, 0, 23, "#!/bin/sh\n#V2.0 Format\n" },
	{ FORMAT_SIMG, 0, 4, "\x3a\xff\x26\xed" },
	{ FORMAT_VDI, 0x40, 4, "\x7f\x10\xda\xbe" },
	{ FORMAT_TAR, 257, 5, "ustar" },
	{ FORMAT_VPC, -FOOTER, 8, "conectix" },
	{ FORMAT_DMG, -FOOTER, 4, "koly" },
	{ FORMAT_ISO, 0x8001, 5, "CD001" },
	{ FORMAT_ISO, 0x8001, 5, "NSR02" }, /* UDF, as OpenStack's format_inspector knows it */
	{ FORMAT_ISO, 0x8001, 5, "NSR03" },
};

static const struct {
	enum disk_format format;
	uint64_t least; /* bytes that a whole header has */
	int (*inspect)(struct disk *d, struct disk_facts *f, struct err *err);
} readers[] = {
	{ FORMAT_QCOW2, 512, inspect_qcow2 },
	{ FORMAT_QCOW, 512, inspect_qcow },
	{ FORMAT_QED, 512, inspect_qed },
	{ FORMAT_VMDK, 0, inspect_vmdk }, /* a text of any length, or a header: it looks itself */
	{ FORMAT_VDI, 512, inspect_vdi },
	{ FORMAT_VHDX, 512, inspect_vhdx },
	{ FORMAT_VPC, 512, inspect_vpc },
};

static int find_matches(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t bytes[32];
	uint64_t at;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (magics[i].offset < 0 && d->size < FOOTER)
			continue;
		at = magics[i].offset < 0 ? d->size - FOOTER : (uint64_t)magics[i].offset;
		if (at + magics[i].len > d->size)
			continue;
		ret = disk_read(d, at, bytes, magics[i].len, err);
		if (ret < 0)
			return ret;
		if (memcmp(bytes, magics[i].magic, magics[i].len) != 0)
			continue;
		if (!f->matches)
			f->format = magics[i].format;
		f->matches |= 1u << magics[i].format;
	}
	if (!f->matches)
		f->matches = 1u << FORMAT_RAW;
	return 0;
}

/* Version 1 of the same magic number is another format, with a header of its own. */
static int determine_qcow(struct disk *d, struct disk_facts *f, struct err *err)
{
	uint8_t version[4];
	int ret;

	if (f->format != FORMAT_QCOW2 || d->size < 8)
		return 0;
	ret = disk_read(d, 4, version, sizeof(version), err);
	if (ret == 0 && be32(version) == 1) {
		f->format = FORMAT_QCOW;
		f->matches = (f->matches & ~(1u << FORMAT_QCOW2)) | 1u << FORMAT_QCOW;
	}
	return ret;
}

static void note_ambiguous(struct disk_facts *f)
{
	struct text list CLEANUP(text_release) = TEXT_INIT;

	if (!(f->matches & (f->matches - 1)))
		return;
	for (unsigned i = 0; i < FORMAT_COUNT; i++)
		if (f->matches & 1u << i)
			text_printf(&list, "%s%s", list.len ? ", " : "", disk_format_name(i));
	problem_add(f, PROBLEM_AMBIGUOUS, true, 0, "is of several formats at once: %s",
		text_str(&list));
}

static void note_by_format(struct disk_facts *f)
{
	switch (f->format) {
	case FORMAT_RAW:
	case FORMAT_ISO:
		f->virtual_size = f->file_size;
		if (!f->file_size)
			problem_add(f, PROBLEM_SIZE, true, 0, "is empty");
		else if (f->file_size % 512)
			problem_add(f, PROBLEM_SIZE, false, 0,
				"its size, %" PRIu64 " bytes, is not a whole number of sectors",
				f->file_size);
		break;
	case FORMAT_LUKS:
		problem_add(f, PROBLEM_ENCRYPTED, true, 0, "the whole file is a LUKS container");
		break;
	case FORMAT_DMG:
		problem_add(f, PROBLEM_UNREADABLE, true, f->file_size - FOOTER,
			"is an Apple disk image (dmg), which is not supported");
		break;
	case FORMAT_PARALLELS:
	case FORMAT_BOCHS:
	case FORMAT_CLOOP:
		problem_add(f, PROBLEM_UNREADABLE, true, 0, "is a %s image, which is not supported",
			disk_format_name(f->format));
		break;
	case FORMAT_SIMG:
		problem_add(f, PROBLEM_COMPRESSED, true, 0,
			"is a sparse image of Android's (simg), not a disk image");
		break;
	case FORMAT_TAR:
	case FORMAT_ZIP:
	case FORMAT_7Z:
		problem_add(f, PROBLEM_COMPRESSED, true, 0, "is a %s archive, not a disk image",
			disk_format_name(f->format));
		break;
	case FORMAT_GZIP:
	case FORMAT_XZ:
	case FORMAT_ZSTD:
	case FORMAT_BZIP2:
	case FORMAT_LZ4:
		problem_add(f, PROBLEM_COMPRESSED, true, 0, "is compressed as a whole with %s",
			disk_format_name(f->format));
		break;
	default:
		break;
	}
}

static bool is_refused(const struct disk_facts *f)
{
	for (size_t i = 0; i < f->n_problems; i++)
		if (f->problems[i].fatal)
			return true;
	return false;
}

static void check_virtual_size(struct disk_facts *f)
{
	bool known = f->format >= FORMAT_QCOW2 && f->format <= FORMAT_VPC;

	if (!known || disk_facts_problem(f, PROBLEM_HEADER))
		return;
	/* What is not read to its end, for a reason that is reported, has a size that is not known. */
	if (!f->virtual_size && is_refused(f))
		return;
	if (!f->virtual_size)
		problem_add(f, PROBLEM_SIZE, true, 0, "the virtual disk has no size");
	else if (f->virtual_size % 512)
		problem_add(f, PROBLEM_SIZE, false, 0,
			"the virtual size, %" PRIu64 " bytes, is not a whole number of sectors",
			f->virtual_size);
}

static int inspect(struct disk *d, struct disk_facts *f, struct err *err)
{
	int ret;

	f->file_size = d->size;
	ret = find_matches(d, f, err);
	if (ret == 0)
		ret = determine_qcow(d, f, err);
	if (ret < 0)
		return ret;
	note_ambiguous(f);
	note_by_format(f);
	for (size_t i = 0; i < ARRAY_SIZE(readers) && ret == 0; i++) {
		if (readers[i].format != f->format)
			continue;
		if (d->size < readers[i].least)
			problem_cut_short(f);
		else
			ret = readers[i].inspect(d, f, err);
	}
	check_virtual_size(f);
	return ret;
}

int disk_inspect(int fd, struct disk_facts *facts, struct err *err)
{
	struct disk *d CLEANUP(disk_close) = NULL;
	uint64_t size, stored;
	struct stat st;
	int ret;

	*facts = (struct disk_facts){ 0 };
	ret = raw_file_size(fd, &size, &stored, err);
	if (ret < 0)
		return ret;
	d = raw_borrow(fd, size);
	ret = inspect(d, facts, err);
	facts->stored = stored;
	facts->block_device = fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
	return ret;
}

void disk_inspect_memory(const void *bytes, size_t len, struct disk_facts *facts)
{
	struct disk *d CLEANUP(disk_close) = disk_from_memory(bytes, len);

	*facts = (struct disk_facts){ 0 };
	/* Reading memory within its bounds does not fail. */
	(void)!inspect(d, facts, NULL);
	facts->stored = len;
}
