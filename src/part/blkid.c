/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libblkid sees. See opinion.h. Its low-level probing is used, on a file
 * that is open already: no cache file, no /dev scan, no udev.
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "part/opinion.h"
#include "part/sample.h"

static void probe_free(struct blkid_struct_probe *pr)
{
	blkid_free_probe(pr);
}
DEFINE_CLEANUP(struct blkid_struct_probe, probe_free)

static void copy_value(blkid_probe pr, const char *name, char *to, size_t size)
{
	const char *value;
	size_t len;

	if (blkid_probe_lookup_value(pr, name, &value, &len) != 0)
		return;
	len = strnlen(value, len);
	if (len >= size)
		len = size - 1;
	memcpy(to, value, len);
	to[len] = '\0';
}

static int set_up(blkid_probe pr, int fd, uint64_t off, uint64_t len, struct err *err)
{
	int wanted = BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_VERSION |
		     BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL;

	errno = 0;
	if (blkid_probe_set_device(pr, fd, (blkid_loff_t)off, (blkid_loff_t)len) != 0)
		return err_set(err, errno ? errno : EINVAL, "libblkid cannot probe this file");
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, wanted);
	blkid_probe_enable_partitions(pr, 1);
	return 0;
}

/* Debian 13's libblkid answers -1 to what is ambivalent as well, and -2 to nothing. */
static bool has_several(struct blkid_struct_probe *pr)
{
	unsigned n = 0;
	int rc;

	blkid_reset_probe(pr);
	while ((rc = blkid_do_probe(pr)) == 0)
		n += blkid_probe_has_value(pr, "TYPE") != 0;
	return rc == 1 && n > 1;
}

static int probe(int fd, uint64_t off, uint64_t len, unsigned sector_size, struct part_blkid *out,
	struct err *err)
{
	CLEANUP(probe_free) struct blkid_struct_probe *pr = blkid_new_probe();
	int rc;

	*out = (struct part_blkid){ 0 };
	if (!pr)
		return err_set(err, ENOMEM, "libblkid: out of memory");
	rc = set_up(pr, fd, off, len, err);
	if (rc)
		return rc;
	blkid_probe_set_sectorsize(pr, sector_size);
	errno = 0;
	rc = blkid_do_safeprobe(pr);
	if (rc == -1 && has_several(pr))
		rc = -2;
	if (rc == -1)
		return err_set(err, errno ? errno : EIO, "libblkid: probing failed");
	if (rc == -2)
		out->ambivalent = true;
	if (rc != 0)
		return 0;
	copy_value(pr, "TYPE", out->type, sizeof(out->type));
	copy_value(pr, "USAGE", out->usage, sizeof(out->usage));
	copy_value(pr, "VERSION", out->version, sizeof(out->version));
	copy_value(pr, "UUID", out->uuid, sizeof(out->uuid));
	copy_value(pr, "LABEL", out->label, sizeof(out->label));
	copy_value(pr, "PTTYPE", out->table, sizeof(out->table));
	copy_value(pr, "PTUUID", out->table_uuid, sizeof(out->table_uuid));
	return 0;
}

int part_blkid_fd(int fd, uint64_t off, uint64_t len, struct part_blkid *out, struct err *err)
{
	return probe(fd, off, len, 512, out, err);
}

int part_blkid_disk(struct disk *disk, struct part_blkid *out, struct err *err)
{
	int fd, rc = part_sample(disk, &fd, err);

	if (rc)
		return rc;
	rc = probe(fd, 0, disk_size(disk), disk_sector_size(disk), out, err);
	part_sample_drop();
	return rc;
}
