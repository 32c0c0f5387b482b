/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_FILE_PROTOCOL.GetInfo() and SetInfo() (UEFI 2.10 13.5.11 to 13.5.18) for
 * the three kinds of information that the specification has.
 */
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/fs/fs.h"
#include "firmware/proto/disks.h"
#include "firmware/proto/file_info.h"

#define NAME_UNITS_MAX 4096

enum file_info_offset {
	INFO_SIZE = 0,
	INFO_FILE_SIZE = 8,
	INFO_PHYSICAL_SIZE = 16,
	INFO_CREATED = 24,
	INFO_ACCESSED = 40,
	INFO_MODIFIED = 56,
	INFO_ATTRIBUTE = 72,
	INFO_NAME = 80,
};

enum system_info_offset {
	SYSTEM_SIZE = 0,
	SYSTEM_READ_ONLY = 8,
	SYSTEM_VOLUME_SIZE = 16,
	SYSTEM_FREE_SPACE = 24,
	SYSTEM_BLOCK_SIZE = 32,
	SYSTEM_LABEL = 36,
};

enum time_offset {
	TIME_YEAR = 0,
	TIME_MONTH = 2,
	TIME_DAY = 3,
	TIME_HOUR = 4,
	TIME_MINUTE = 5,
	TIME_SECOND = 6,
	TIME_NANOSECOND = 8,
	TIME_ZONE = 12,
	TIME_SIZE = 16,
};

#define ZONE_UNSPECIFIED 0x7ff

/* FAT's date of zeroes is in 1980, of no month. */
static void encode_time(int64_t t, uint8_t *p)
{
	time_t seconds = t;
	struct tm tm;

	if (t < 0 || !gmtime_r(&seconds, &tm)) {
		put_le16(p + TIME_YEAR, 1980);
		return;
	}
	put_le16(p + TIME_YEAR, (uint16_t)(tm.tm_year + 1900));
	p[TIME_MONTH] = (uint8_t)(tm.tm_mon + 1);
	p[TIME_DAY] = (uint8_t)tm.tm_mday;
	p[TIME_HOUR] = (uint8_t)tm.tm_hour;
	p[TIME_MINUTE] = (uint8_t)tm.tm_min;
	p[TIME_SECOND] = (uint8_t)tm.tm_sec;
	put_le16(p + TIME_ZONE, ZONE_UNSPECIFIED);
}

/* -1 in *out for a time of zeroes, which leaves it as it is; false for one that cannot be on FAT. */
static bool decode_time(const uint8_t *p, int64_t *out)
{
	static const uint8_t zeroes[TIME_SIZE];
	struct tm tm = {
		.tm_year = le16(p + TIME_YEAR) - 1900,
		.tm_mon = p[TIME_MONTH] - 1,
		.tm_mday = p[TIME_DAY],
		.tm_hour = p[TIME_HOUR],
		.tm_min = p[TIME_MINUTE],
		.tm_sec = p[TIME_SECOND] & ~1, /* FAT counts every second one */
	};
	struct tm real = tm;

	*out = -1;
	if (memcmp(p, zeroes, TIME_SIZE) == 0)
		return true;
	if (tm.tm_year < 80 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
		tm.tm_hour > 23 || tm.tm_min > 59 || p[TIME_SECOND] > 59 ||
		le32(p + TIME_NANOSECOND) > 999999999)
		return false;
	/* A day that the month does not have becomes one of the next. */
	(void)timegm(&real);
	if (real.tm_mon != tm.tm_mon || real.tm_mday != tm.tm_mday)
		return false;
	if (tm.tm_year > 207) /* the last that FAT has */
		tm.tm_year = 207;
	*out = timegm(&tm);
	return true;
}

/* text and its NUL in UTF-16. */
static void add_utf16(struct buf *out, const char *text)
{
	size_t max = strlen(text);
	uint8_t *units = buf_reserve(out, max * 2 + 2);
	int n = utf8_to_utf16le(text, units, max);

	if (n < 0)
		n = 0;
	put_le16(units + 2 * n, 0);
	buf_added(out, (size_t)n * 2 + 2);
}

static uint64_t size_of(struct fs *fs, const struct fs_node *node)
{
	return node->is_dir ? fs_folder_size(fs, node) : node->size;
}

void file_info_encode(const struct fs_node *node, const char *name, const struct fs_times *dots,
	struct fs *fs, struct buf *out)
{
	const struct fs_times own = { node->created, node->modified, node->accessed };
	const struct fs_times *times = dots ? dots : &own;
	uint64_t size = size_of(fs, node);
	uint8_t head[INFO_NAME] = { 0 };
	struct fs_info info;
	uint64_t block;

	fs_get_block(fs, &info);
	block = info.block_size;
	buf_add(out, head, sizeof(head));
	add_utf16(out, name);
	put_le64(head + INFO_SIZE, out->len);
	put_le64(head + INFO_FILE_SIZE, size);
	put_le64(head + INFO_PHYSICAL_SIZE, (size + block - 1) / block * block);
	encode_time(times->created, head + INFO_CREATED);
	encode_time(times->accessed, head + INFO_ACCESSED);
	encode_time(times->modified, head + INFO_MODIFIED);
	put_le64(head + INFO_ATTRIBUTE, dots ? FS_DIRECTORY : node->attributes);
	memcpy(buf_edit(out), head, sizeof(head));
}

static void encode_system(struct fs *fs, struct buf *out)
{
	uint8_t head[SYSTEM_LABEL] = { 0 };
	struct fs_info info;

	fs_get_info(fs, &info);
	buf_add(out, head, sizeof(head));
	add_utf16(out, info.label);
	put_le64(head + SYSTEM_SIZE, out->len);
	head[SYSTEM_READ_ONLY] = info.read_only;
	put_le64(head + SYSTEM_VOLUME_SIZE, info.size);
	put_le64(head + SYSTEM_FREE_SPACE, info.free);
	put_le32(head + SYSTEM_BLOCK_SIZE, info.block_size);
	memcpy(buf_edit(out), head, sizeof(head));
}

/* This, *InformationType, *BufferSize, Buffer */
efi_status file_get_info(struct machine *m, const struct call *c)
{
	struct open_file *f = file_of(m, call_addr(c, 0));
	CLEANUP(buf_release) struct buf info = BUF_INIT;
	struct fs_info facts;
	struct guid type;
	uint64_t room;

	if (!f || !guest_read_guid(m->ram, call_addr(c, 1), &type) ||
		!guest_read64(m->ram, call_addr(c, 2), &room))
		return EFI_INVALID_PARAMETER;
	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (guid_eq(type, uefi_file_info)) {
		file_info_encode(f->node, f->node->name, NULL, f->device->fs, &info);
	} else if (guid_eq(type, uefi_file_system_info)) {
		encode_system(f->device->fs, &info);
	} else if (guid_eq(type, uefi_file_system_volume_label)) {
		fs_get_block(f->device->fs, &facts);
		add_utf16(&info, facts.label);
	} else {
		return EFI_UNSUPPORTED;
	}
	if (!guest_write64(m->ram, call_addr(c, 2), info.len))
		return EFI_INVALID_PARAMETER;
	if (room < info.len)
		return EFI_BUFFER_TOO_SMALL;
	return guest_write(m->ram, call_addr(c, 3), buf_bytes(&info), info.len)
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

/* What SetInfo() for a file is asked for. When it was looked at cannot be set. */
struct wanted {
	uint64_t size, attributes;
	int64_t created, modified;
	char *name;
};

/* Size may say less than there is, even nothing, but no more. */
static efi_status decode_info(struct machine *m, struct gaddr a, size_t size, struct wanted *w)
{
	const uint8_t *p = guest_in(m->ram, a, size);

	if (!p || size < INFO_NAME + 2 || le64(p + INFO_SIZE) > size)
		return EFI_BAD_BUFFER_SIZE;
	w->size = le64(p + INFO_FILE_SIZE);
	w->attributes = le64(p + INFO_ATTRIBUTE);
	if (w->attributes & ~(uint64_t)FS_ATTRIBUTES ||
		!decode_time(p + INFO_CREATED, &w->created) ||
		!decode_time(p + INFO_MODIFIED, &w->modified))
		return EFI_INVALID_PARAMETER;
	/*
	 * As far as its NUL, even when that lies behind Size: systemd-boot counts boots by
	 * writing a longer name over the one that it was given, and firmware takes it.
	 */
	w->name = guest_string16(m->ram, gaddr_add(a, INFO_NAME), NAME_UNITS_MAX);
	if (!w->name)
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static efi_status rename_and_resize(
	struct machine *m, struct open_file *f, const struct wanted *w, bool writable)
{
	CLEANUP(xfree) char *before = fs_path(f->node);
	CLEANUP(xfree) char *after = NULL;
	struct fs *fs = f->device->fs;
	struct fs_node *n = f->node;
	efi_status status = fs_rename(fs, n, w->name, writable);

	if (status != EFI_SUCCESS)
		return status;
	after = fs_path(n);
	if (strcmp(before, after) != 0)
		file_event(m, f, "file-renamed");
	if (w->size == size_of(fs, n))
		return EFI_SUCCESS;
	if (n->is_dir || !writable)
		return EFI_ACCESS_DENIED;
	status = fs_resize(fs, n, w->size);
	if (status == EFI_SUCCESS)
		file_event(m, f, "file-resized");
	return status;
}

/*
 * In edk2's order: what is refused later leaves set what was set before. Through a handle that may not write, and on a
 * file that was read-only until now, times are passed over, and the name and the size are refused.
 */
static efi_status apply(struct machine *m, struct open_file *f, const struct wanted *w)
{
	struct fs *fs = f->device->fs;
	struct fs_node *n = f->node;
	bool writable = f->writable && !(n->attributes & FS_READ_ONLY);
	efi_status status;
	int64_t modified;

	if ((w->attributes & FS_DIRECTORY) != (n->attributes & FS_DIRECTORY))
		return EFI_ACCESS_DENIED;
	file_set_time(m, f);
	status = fs_set_facts(fs, n, (uint32_t)w->attributes, writable ? w->created : -1,
		writable ? w->modified : -1, -1);
	if (status != EFI_SUCCESS)
		return status;
	modified = n->modified;
	status = rename_and_resize(m, f, w, writable);
	if (status != EFI_SUCCESS)
		return status;
	fs_touch(fs, n);
	return w->modified == -1 ? EFI_SUCCESS
				 : fs_set_facts(fs, n, n->attributes, -1, modified, -1);
}

static efi_status set_label(struct open_file *f, const uint8_t *units, size_t size)
{
	char *label = utf16le_to_utf8(units, size / 2);
	efi_status status = fs_set_label(f->device->fs, label);

	free(label);
	return status;
}

static efi_status set_system(struct open_file *f, const uint8_t *p, size_t size)
{
	if (size < SYSTEM_LABEL + 2 || le64(p + SYSTEM_SIZE) > size)
		return EFI_BAD_BUFFER_SIZE;
	return set_label(f, p + SYSTEM_LABEL, size - SYSTEM_LABEL);
}

/* This, *InformationType, BufferSize, Buffer */
efi_status file_set_info(struct machine *m, const struct call *c)
{
	struct open_file *f = file_of(m, call_addr(c, 0));
	uint64_t size = c->arg[2];
	struct wanted w = { .name = NULL };
	const uint8_t *p;
	struct guid type;
	efi_status status;

	if (!f || !guest_read_guid(m->ram, call_addr(c, 1), &type))
		return EFI_INVALID_PARAMETER;
	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (f->device->read_only)
		return EFI_WRITE_PROTECTED;
	/* No kind of information is longer. */
	if (size > INFO_NAME + 2 * NAME_UNITS_MAX)
		size = INFO_NAME + 2 * NAME_UNITS_MAX;
	p = size ? guest_in(m->ram, call_addr(c, 3), size) : NULL;
	if (size && !p)
		return EFI_INVALID_PARAMETER;
	if (guid_eq(type, uefi_file_info)) {
		if (!f->node->parent)
			return EFI_ACCESS_DENIED;
		status = decode_info(m, call_addr(c, 3), (size_t)size, &w);
		if (status == EFI_SUCCESS)
			status = apply(m, f, &w);
		free(w.name);
		return status;
	}
	if (guid_eq(type, uefi_file_system_info))
		return set_system(f, p, (size_t)size);
	if (guid_eq(type, uefi_file_system_volume_label))
		return size < 2 ? EFI_BAD_BUFFER_SIZE : set_label(f, p, (size_t)size);
	return EFI_UNSUPPORTED;
}
