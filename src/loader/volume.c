/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at files through struct volume, and finding volumes by their names.
 * Leaves out everything that would need to open or mount something.
 */
#include "loader/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/sha256.h"
#include "base/xalloc.h"

#define READ_PIECE ((size_t)256 << 10)

/* Links that lead back to themselves lead nowhere, for a loader and for Linux. */
static bool is_absent(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP;
}

enum presence volume_stat(const struct volume *v, const char *path, struct file_info *info)
{
	struct file_info local = { 0 };
	int rc;

	if (!v->readable)
		return PRESENCE_UNKNOWN;
	rc = v->ops->stat(v->ctx, path, info ? info : &local, NULL);
	if (rc == 0)
		return PRESENT;
	return is_absent(rc) ? ABSENT : PRESENCE_UNKNOWN;
}

/* Linux' bound is 40. */
#define GRUB_LINKS_MAX       7u
#define GRUB_BTRFS_LINKS_MAX 31u

bool volume_grub_follows(const struct volume *v, const char *path)
{
	unsigned max = v->fstype && strcmp(v->fstype, "btrfs") == 0 ? GRUB_BTRFS_LINKS_MAX
								    : GRUB_LINKS_MAX;
	unsigned links;

	return !v->readable || !v->ops->links || v->ops->links(v->ctx, path, &links, NULL) < 0 ||
	       links <= max;
}

const char *volume_no_file(const struct volume *v, const char *path, enum presence presence)
{
	struct file_info info = { 0 };
	int rc = v && v->readable && path ? v->ops->stat(v->ctx, path, &info, NULL) : -ENOENT;

	if (presence == PRESENCE_UNKNOWN)
		return "and whether it is there cannot be told";
	if (presence == PRESENT)
		return rc == 0 && info.type == FILE_DIR ? "which is a folder" : NULL;
	if (rc == 0 && info.type == FILE_REGULAR && !volume_grub_follows(v, path))
		return "which lies behind more symbolic links than GRUB follows";
	return rc == -ELOOP ? "which is a symbolic link that leads back to itself"
			    : "which is not in the image";
}

enum presence volume_by_firmware(const struct volume *v)
{
	static const char *const maybe[] = { "vfat", "iso9660", "udf" };

	if (v->by_firmware)
		return PRESENT;
	for (size_t i = 0; i < ARRAY_SIZE(maybe) && v->number && v->fstype; i++)
		if (strcmp(v->fstype, maybe[i]) == 0)
			return PRESENCE_UNKNOWN;
	return ABSENT;
}

int volume_read_head(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t done = 0;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	while (done < max) {
		size_t want = max - done < READ_PIECE ? max - done : READ_PIECE;
		size_t got = 0;
		int rc;

		rc = v->ops->read(v->ctx, path, done, buf_reserve(out, want + 1), want, &got, err);
		if (rc < 0)
			return rc;
		if (got > want)
			return err_set(err, EIO, "%s: more was read than asked for", path);
		buf_added(out, got);
		done += got;
		if (got < want)
			break;
	}
	return 0;
}

int volume_read(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t before = out->len;
	int rc = volume_read_head(v, path, max + 1, out, err);

	if (rc == 0 && out->len - before > max)
		return err_set(err, EFBIG, "%s: larger than %zu bytes", path, max);
	return rc;
}

enum presence volume_file(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	int rc = volume_read(v, path, max, out, err);

	if (rc == 0)
		return PRESENT;
	return rc == -ENOENT || rc == -ENOTDIR ? ABSENT : PRESENCE_UNKNOWN;
}

int volume_sha256(
	const struct volume *v, const char *path, char hex[65], uint64_t *size, struct err *err)
{
	uint8_t *piece CLEANUP(xfree) = xmalloc(READ_PIECE);
	struct sha256_ctx sum;
	size_t got = READ_PIECE;
	int rc = 0;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	sha256_init(&sum);
	for (*size = 0; rc == 0 && got == READ_PIECE; *size += got) {
		rc = v->ops->read(v->ctx, path, *size, piece, READ_PIECE, &got, err);
		if (rc == 0 && got > READ_PIECE)
			rc = err_set(err, EIO, "%s: more was read than asked for", path);
		else if (rc == 0 && *size + got > VOLUME_HASH_MAX)
			rc = err_set(err, EFBIG, "%s: too large for a kernel or an initrd", path);
		if (rc < 0)
			break;
		sha256_update(&sum, got, piece);
	}
	sha256_hex(&sum, hex);
	return rc;
}

int volume_list(const struct volume *v, const char *path, struct strlist *names, struct err *err)
{
	int rc;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	rc = v->ops->list(v->ctx, path, names, err);
	if (rc == 0 && names->n > VOLUME_LIST_MAX)
		return err_set(
			err, EFBIG, "%s: it holds more than %d files", path, VOLUME_LIST_MAX);
	return rc;
}

enum presence volume_folder(
	const struct volume *v, const char *path, struct strlist *names, struct err *err)
{
	int rc = volume_list(v, path, names, err);

	if (rc == 0)
		return PRESENT;
	strlist_release(names);
	return is_absent(rc) ? ABSENT : PRESENCE_UNKNOWN;
}

bool volume_has_uuid(const struct volume *v, const char *uuid)
{
	return v->uuid && *v->uuid && strcasecmp(v->uuid, uuid) == 0;
}

bool volume_has_label(const struct volume *v, const char *label)
{
	return v->label && *v->label && strcmp(v->label, label) == 0;
}

static const struct volume *view_find(const struct chain_view *view, const char *name,
	bool (*has)(const struct volume *, const char *))
{
	for (size_t i = 0; i < view->n; i++)
		if (has(&view->volumes[i], name))
			return &view->volumes[i];
	return NULL;
}

const struct volume *view_by_uuid(const struct chain_view *view, const char *uuid)
{
	return view_find(view, uuid, volume_has_uuid);
}

const struct volume *view_by_label(const struct chain_view *view, const char *label)
{
	return view_find(view, label, volume_has_label);
}

const struct volume *view_by_number(const struct chain_view *view, unsigned number)
{
	for (size_t i = 0; i < view->n; i++)
		if (number && view->volumes[i].number == number)
			return &view->volumes[i];
	return NULL;
}

bool view_has_containers(const struct chain_view *view)
{
	static const char *const types[] = { "crypto_LUKS", "LVM2_member", "linux_raid_member",
		"bcache", "zfs_member" };

	for (size_t i = 0; i < view->n; i++) {
		if (view->volumes[i].unread)
			return true;
		for (size_t t = 0; t < ARRAY_SIZE(types); t++)
			if (view->volumes[i].fstype && !view->volumes[i].opened &&
				strcmp(view->volumes[i].fstype, types[t]) == 0)
				return true;
	}
	return false;
}

const char *volume_name(const struct volume *v, char *buf)
{
	if (v->is_esp)
		strcpy(buf, "ESP");
	else if (v->number)
		snprintf(buf, VOLUME_NAME_MAX, "partition %u", v->number);
	else if (v->lvm_path)
		snprintf(buf, VOLUME_NAME_MAX, "logical volume %s", v->lvm_path);
	else if (v->md_uuid)
		snprintf(buf, VOLUME_NAME_MAX, "RAID array %s",
			*v->md_name ? v->md_name : v->md_uuid);
	else if (v->luks_uuid)
		snprintf(buf, VOLUME_NAME_MAX, "encrypted volume %s", v->luks_uuid);
	else
		strcpy(buf, "file system");
	return buf;
}

char *path_clean(const char *path)
{
	size_t len = strlen(path), used = 0;
	char *out = xmalloc(len + 2);

	while (*path) {
		size_t part;

		path += strspn(path, "/\\");
		part = strcspn(path, "/\\");
		if (part == 2 && path[0] == '.' && path[1] == '.') {
			while (used && out[--used] != '/')
				;
		} else if (part && !(part == 1 && path[0] == '.')) {
			out[used++] = '/';
			memcpy(out + used, path, part);
			used += part;
		}
		path += part;
	}
	if (!used)
		out[used++] = '/';
	out[used] = '\0';
	return out;
}
