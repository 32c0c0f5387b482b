/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a GPT with libfdisk. The library writes to a sparse file in memory
 * that has the size of the disk; the two ends of that file are the result, so
 * that every kind of output gets the same bytes. See write.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <libfdisk/libfdisk.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/utf16.h"
#include "base/write.h"
#include "part/write.h"

#define ENTRIES_BYTES 16384 /* 128 entries of 128 bytes: what libfdisk makes */
#define MAX_PARTS     128
#define NAME_UNITS    35 /* of UTF-16; the last of 36 is for the NUL */

static void context_free(struct fdisk_context *cxt)
{
	fdisk_deassign_device(cxt, 1);
	fdisk_unref_context(cxt);
}
DEFINE_CLEANUP(struct fdisk_context, context_free)
DEFINE_CLEANUP(struct fdisk_partition, fdisk_unref_partition)
DEFINE_CLEANUP(struct fdisk_parttype, fdisk_unref_parttype)

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
DEFINE_RELEASE(int, fd_close)

static unsigned layout_sector(const struct part_layout *l)
{
	return l->sector_size ? l->sector_size : 512;
}

static uint64_t head_bytes(const struct part_layout *l)
{
	return 2 * (uint64_t)layout_sector(l) + ENTRIES_BYTES;
}

static uint64_t tail_bytes(const struct part_layout *l)
{
	return layout_sector(l) + (uint64_t)ENTRIES_BYTES;
}

/* libfdisk gives numbers; what they mean is ours to say. */
static int fdisk_error(struct err *err, int rc, const char *what)
{
	return err_set(
		err, rc < 0 ? -rc : EIO, "libfdisk: %s: %s", what, strerror(rc < 0 ? -rc : EIO));
}

static int check_layout(const struct part_layout *l, struct err *err)
{
	unsigned ss = layout_sector(l);
	uint8_t name[2 * NAME_UNITS];
	uint64_t first, end;

	if (ss != 512 && ss != 4096)
		return err_set(err, EINVAL, "sectors of %u bytes", ss);
	if (l->disk_size % ss || l->disk_size < head_bytes(l) + tail_bytes(l))
		return err_set(
			err, EINVAL, "a disk of %" PRIu64 " bytes cannot hold a GPT", l->disk_size);
	if (l->n_parts < 1 || l->n_parts > MAX_PARTS)
		return err_set(err, EINVAL, "%zu partitions", l->n_parts);
	if (guid_is_zero(l->disk_guid))
		return err_set(err, EINVAL, "a disk GUID of zero");
	first = head_bytes(l) / ss;
	end = (l->disk_size - tail_bytes(l)) / ss;
	for (size_t i = 0; i < l->n_parts; i++) {
		const struct part_spec *p = &l->parts[i];

		if (p->number > MAX_PARTS)
			return err_set(err, EINVAL, "partition %u of %d", p->number, MAX_PARTS);
		if (p->sectors == 0 || p->first_lba < first ||
			!range_within(p->first_lba, p->sectors, end))
			return err_set(err, EINVAL,
				"partition %zu: %" PRIu64 " sectors from LBA %" PRIu64
				" on do not fit the disk",
				i + 1, p->sectors, p->first_lba);
		if (p->name && utf8_to_utf16le(p->name, name, NAME_UNITS) < 0)
			return err_set(
				err, EINVAL, "partition %zu: %s is no name for it", i + 1, p->name);
		if (guid_is_zero(p->type) || guid_is_zero(p->guid))
			return err_set(err, EINVAL, "partition %zu: a GUID of zero", i + 1);
	}
	return 0;
}

static int add_partition(
	struct fdisk_context *cxt, const struct part_spec *spec, unsigned index, struct err *err)
{
	CLEANUP(fdisk_unref_partition) struct fdisk_partition *p = fdisk_new_partition();
	CLEANUP(fdisk_unref_parttype) struct fdisk_parttype *type = fdisk_new_parttype();
	char text[GUID_TEXT_LEN + 1];
	int rc;

	if (!p || !type)
		return err_set(err, ENOMEM, "libfdisk: out of memory");
	guid_format(spec->type, text);
	rc = fdisk_parttype_set_typestr(type, text);
	if (!rc)
		rc = fdisk_partition_set_type(p, type);
	guid_format(spec->guid, text);
	if (!rc)
		rc = fdisk_partition_set_uuid(p, text);
	if (!rc && spec->name && *spec->name)
		rc = fdisk_partition_set_name(p, spec->name);
	if (!rc)
		rc = fdisk_partition_set_partno(p, index);
	if (!rc)
		rc = fdisk_partition_set_start(p, spec->first_lba);
	if (!rc)
		rc = fdisk_partition_set_size(p, spec->sectors);
	if (!rc)
		rc = fdisk_partition_size_explicit(p, 1);
	if (!rc)
		rc = fdisk_add_partition(cxt, p, NULL);
	if (!rc && spec->attrs)
		rc = fdisk_gpt_set_partition_attrs(cxt, index, spec->attrs);
	if (rc) {
		fdisk_error(err, rc == -ERANGE ? -EINVAL : rc, "adding it");
		return err_push(err, "partition %u", index + 1);
	}
	return 0;
}

static int make_label(const struct part_layout *l, int fd, struct err *err)
{
	CLEANUP(context_free) struct fdisk_context *cxt = fdisk_new_context();
	unsigned ss = layout_sector(l), index = 0;
	char text[GUID_TEXT_LEN + 1];
	int rc;

	if (!cxt)
		return err_set(err, ENOMEM, "libfdisk: out of memory");
	fdisk_disable_dialogs(cxt, 1);
	rc = fdisk_save_user_sector_size(cxt, ss, ss);
	if (!rc)
		rc = fdisk_assign_device_by_fd(cxt, fd, "table", 0);
	if (!rc)
		rc = fdisk_create_disklabel(cxt, "gpt");
	guid_format(l->disk_guid, text);
	if (!rc)
		rc = fdisk_set_disklabel_id_from_string(cxt, text);
	if (rc)
		return fdisk_error(err, rc, "creating a GPT");
	for (size_t i = 0; i < l->n_parts; i++) {
		index = l->parts[i].number ? l->parts[i].number - 1 : index;
		rc = add_partition(cxt, &l->parts[i], index++, err);
		if (rc)
			return rc;
	}
	rc = fdisk_write_disklabel(cxt);
	return rc ? fdisk_error(err, rc, "writing the GPT") : 0;
}

/* Appends len bytes of fd from off on. */
static int append_from(int fd, uint64_t off, size_t len, struct buf *b, struct err *err)
{
	char *to = buf_reserve(b, len);

	if (pread(fd, to, len, (off_t)off) != (ssize_t)len)
		return err_sys(err, "reading the new GPT back");
	buf_added(b, len);
	return 0;
}

int part_write_tables(
	const struct part_layout *layout, struct buf *head, struct buf *tail, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	int rc = check_layout(layout, err);

	if (rc)
		return rc;
	fd = memfd_create("gpt", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)layout->disk_size) < 0)
		return err_sys(err, "making a sparse file of %" PRIu64 " bytes in memory",
			layout->disk_size);
	rc = make_label(layout, fd, err);
	if (!rc)
		rc = append_from(fd, 0, (size_t)head_bytes(layout), head, err);
	if (!rc)
		rc = append_from(fd, layout->disk_size - tail_bytes(layout),
			(size_t)tail_bytes(layout), tail, err);
	return rc;
}

int part_write_fd(const struct part_layout *layout, int fd, struct err *err)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT, tail = BUF_INIT;
	int rc = part_write_tables(layout, &head, &tail, err);

	if (!rc)
		rc = write_at(fd, 0, buf_bytes(&head), head.len, "writing the GPT", err);
	if (!rc)
		rc = write_at(fd, layout->disk_size - tail.len, buf_bytes(&tail), tail.len,
			"writing the GPT", err);
	return rc;
}
