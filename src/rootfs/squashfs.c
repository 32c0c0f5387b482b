/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * squashfs, the root of appliances and of read-only A/B images, by libsquashfs of
 * squashfs-tools-ng. An inode's number is here its reference (where it stands in the table
 * of inodes), plus one. It cannot be written: a new one is made of its files.
 */
#include "rootfs/inodes.h"

#include <errno.h>
#include <inttypes.h>
#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/error.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>
#include <sqfs/super.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"

/* A fragment is described by 16 bytes, and a block of 512 of them by 8 in the table. */
#define FRAGMENTS_MAX   ((64u << 20) / 16)
#define FRAGMENTS_BLOCK 512
#define FRAGMENTS_PLACE 8

struct squashfs {
	struct inode_fs fs;
	sqfs_file_t file; /* fs.disk, as the library reads it */
	struct err why;   /* the disk's last error */
	sqfs_super_t super;
	sqfs_compressor_t *compressor;
	sqfs_id_table_t *ids;
	sqfs_meta_reader_t *inodes, *folders;
	sqfs_data_reader_t *data;
	uint64_t kept_number; /* of the inode that was read last, as a file is read in pieces */
	sqfs_inode_generic_t *kept;
};

static struct squashfs *squashfs_of(struct inode_fs *fs)
{
	return (struct squashfs *)fs;
}

/* ---- the disk ---- */

static int file_read(sqfs_file_t *file, sqfs_u64 off, void *bytes, size_t size)
{
	struct squashfs *s = (struct squashfs *)(void *)((char *)file -
							 offsetof(struct squashfs, file));

	if (off > disk_size(s->fs.disk) || size > disk_size(s->fs.disk) - off)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return disk_read(s->fs.disk, off, bytes, size, &s->why) < 0 ? SQFS_ERROR_IO : 0;
}

static int file_write(sqfs_file_t *file, sqfs_u64 off, const void *bytes, size_t size)
{
	(void)file, (void)off, (void)bytes, (void)size;
	return SQFS_ERROR_UNSUPPORTED;
}

static sqfs_u64 file_size(const sqfs_file_t *file)
{
	const struct squashfs *s = (const struct squashfs *)(const void *)((const char *)file -
									   offsetof(struct squashfs,
										   file));

	return disk_size(s->fs.disk);
}

static int file_truncate(sqfs_file_t *file, sqfs_u64 size)
{
	(void)file, (void)size;
	return SQFS_ERROR_UNSUPPORTED;
}

static void file_destroy(sqfs_object_t *file)
{
	(void)file;
}

/* The library's answer as one of ours. */
static int answer(struct squashfs *s, int code, const char *what, struct err *err)
{
	switch (code) {
	case 0:
		return 0;
	case SQFS_ERROR_IO:
		if (err)
			*err = s->why;
		return s->why.code ? -s->why.code : err_set(err, EIO, "%s", what);
	case SQFS_ERROR_ALLOC:
		return err_set(err, ENOMEM, "squashfs: %s: it asks for too much memory", what);
	case SQFS_ERROR_UNSUPPORTED:
	case SFQS_ERROR_SUPER_VERSION:
		return err_set(err, ENOTSUP, "squashfs: %s: not supported here", what);
	default:
		return err_set(err, EUCLEAN, "squashfs: %s: damaged (%d)", what, code);
	}
}

/* ---- inodes ---- */

/* The inode, which stays until the next call. */
static int get_inode(
	struct squashfs *s, uint64_t number, const sqfs_inode_generic_t **out, struct err *err)
{
	uint64_t ref = number - 1;
	int r;

	if (number == 0 || ref >> 48)
		return err_set(err, EUCLEAN, "squashfs: no such inode");
	if (s->kept_number != number) {
		sqfs_free(TAKE(s->kept));
		s->kept_number = 0;
		r = sqfs_meta_reader_read_inode(
			s->inodes, &s->super, ref >> 16, ref & 0xffff, &s->kept);
		if (r)
			return answer(s, r, "an inode", err);
		s->kept_number = number;
	}
	*out = s->kept;
	return 0;
}

static bool is_folder(const sqfs_inode_generic_t *inode)
{
	return inode->base.type == SQFS_INODE_DIR || inode->base.type == SQFS_INODE_EXT_DIR;
}

static bool is_link(const sqfs_inode_generic_t *inode)
{
	return inode->base.type == SQFS_INODE_SLINK || inode->base.type == SQFS_INODE_EXT_SLINK;
}

static bool is_file(const sqfs_inode_generic_t *inode)
{
	return inode->base.type == SQFS_INODE_FILE || inode->base.type == SQFS_INODE_EXT_FILE;
}

static enum rootfs_type type_of(unsigned type)
{
	switch (type) {
	case SQFS_INODE_FILE:
	case SQFS_INODE_EXT_FILE:
		return ROOTFS_FILE;
	case SQFS_INODE_DIR:
	case SQFS_INODE_EXT_DIR:
		return ROOTFS_DIR;
	case SQFS_INODE_SLINK:
	case SQFS_INODE_EXT_SLINK:
		return ROOTFS_LINK;
	default:
		return ROOTFS_OTHER;
	}
}

static uint64_t size_of(const sqfs_inode_generic_t *inode)
{
	sqfs_u64 size = 0;

	if (is_file(inode))
		sqfs_inode_get_file_size(inode, &size);
	else if (inode->base.type == SQFS_INODE_SLINK)
		size = inode->data.slink.target_size;
	else if (inode->base.type == SQFS_INODE_EXT_SLINK)
		size = inode->data.slink_ext.target_size;
	return size;
}

static int squashfs_stat(
	struct inode_fs *fs, struct inode_id id, struct rootfs_stat *st, struct err *err)
{
	struct squashfs *s = squashfs_of(fs);
	const sqfs_inode_generic_t *inode;
	sqfs_u32 uid = 0, gid = 0;
	int r = get_inode(s, id.number, &inode, err);

	if (r < 0)
		return r;
	r = sqfs_id_table_index_to_id(s->ids, inode->base.uid_idx, &uid);
	if (r == 0)
		r = sqfs_id_table_index_to_id(s->ids, inode->base.gid_idx, &gid);
	if (r)
		return answer(s, r, "an owner", err);
	*st = (struct rootfs_stat){
		.type = type_of(inode->base.type),
		.mode = inode->base.mode & 07777,
		.uid = uid,
		.gid = gid,
		.size = size_of(inode),
		.mtime = inode->base.mod_time,
		.inode = inode->base.inode_number,
	};
	return 0;
}

/* ---- folders ---- */

/* Starts with the first entry of a folder. */
static int open_folder(
	struct squashfs *s, struct inode_id dir, sqfs_readdir_state_t *state, struct err *err)
{
	const sqfs_inode_generic_t *inode;
	int r = get_inode(s, dir.number, &inode, err);

	if (r < 0)
		return r;
	if (!is_folder(inode))
		return err_set(err, ENOTDIR, "not a folder");
	return answer(s, sqfs_readdir_state_init(state, &s->super, inode), "a folder", err);
}

/* The next entry, to be freed by sqfs_free(); *entry is NULL behind the last. */
static int next_entry(struct squashfs *s, sqfs_readdir_state_t *state, sqfs_dir_entry_t **entry,
	uint64_t *number, struct err *err)
{
	sqfs_u64 ref = 0;
	int r = sqfs_meta_reader_readdir(s->folders, state, entry, NULL, &ref);

	*number = ref + 1;
	if (r > 0)
		*entry = NULL;
	return r > 0 ? 0 : answer(s, r, "a folder", err);
}

static int squashfs_find(struct inode_fs *fs, struct inode_id dir, const char *name, size_t len,
	struct inode_id *found, struct err *err)
{
	struct squashfs *s = squashfs_of(fs);
	sqfs_readdir_state_t state;
	int r = open_folder(s, dir, &state, err);

	*found = (struct inode_id){ 0 };
	for (unsigned n = 0; r == 0 && !found->number; n++) {
		sqfs_dir_entry_t *entry = NULL;
		uint64_t number;

		r = next_entry(s, &state, &entry, &number, err);
		if (r < 0 || !entry)
			break;
		if (entry->size + 1u == len && memcmp(entry->name, name, len) == 0)
			found->number = number;
		sqfs_free(entry);
		if (n > ROOTFS_MAX_ENTRIES)
			r = err_set(err, EFBIG, "a folder of too many entries");
	}
	return r;
}

static int squashfs_list(
	struct inode_fs *fs, struct inode_id dir, struct rootfs_dir *out, struct err *err)
{
	struct squashfs *s = squashfs_of(fs);
	sqfs_readdir_state_t state;
	int r = open_folder(s, dir, &state, err);

	while (r == 0) {
		sqfs_dir_entry_t *entry = NULL;
		uint64_t number;

		r = next_entry(s, &state, &entry, &number, err);
		if (r < 0 || !entry)
			break;
		r = rootfs_dir_add(out, (const char *)entry->name, entry->size + 1u,
			type_of(entry->type), err);
		sqfs_free(entry);
	}
	return r;
}

/* ---- content ---- */

static int squashfs_read(struct inode_fs *fs, struct inode_id id, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct squashfs *s = squashfs_of(fs);
	const sqfs_inode_generic_t *inode;
	uint64_t size;
	sqfs_s32 n;
	int r = get_inode(s, id.number, &inode, err);

	*got = 0;
	if (r < 0)
		return r;
	size = size_of(inode);
	if (off >= size || len == 0)
		return 0;
	if (len > size - off)
		len = (size_t)(size - off);
	if (is_link(inode)) {
		memcpy(bytes, (const char *)inode->extra + off, *got = len);
		return 0;
	}
	if (!is_file(inode))
		return err_set(err, EINVAL, "not a regular file");
	while (*got < len) {
		size_t piece = len - *got < INT32_MAX ? len - *got : INT32_MAX;

		n = sqfs_data_reader_read(
			s->data, inode, off + *got, (char *)bytes + *got, (sqfs_u32)piece);
		if (n < 0)
			return answer(s, n, "content", err);
		if (n == 0)
			return err_set(err, EUCLEAN, "squashfs: less content than its inode says");
		*got += (size_t)n;
	}
	return 0;
}

/* ---- opening ---- */

static void squashfs_close(struct inode_fs *fs)
{
	struct squashfs *s = squashfs_of(fs);

	sqfs_free(s->kept);
	sqfs_destroy(s->data);
	sqfs_destroy(s->folders);
	sqfs_destroy(s->inodes);
	sqfs_destroy(s->ids);
	sqfs_destroy(s->compressor);
	inode_fs_release(fs);
	free(s);
}

static const struct inode_ops squashfs_ops = {
	.close = squashfs_close,
	.stat = squashfs_stat,
	.find = squashfs_find,
	.list = squashfs_list,
	.read = squashfs_read,
};

static int make_compressor(struct squashfs *s)
{
	sqfs_compressor_config_t config;
	int r = sqfs_compressor_config_init(&config, (SQFS_COMPRESSOR)s->super.compression_id,
		s->super.block_size, SQFS_COMP_FLAG_UNCOMPRESS);

	if (r == 0)
		r = sqfs_compressor_create(&config, &s->compressor);
	if (r == 0 && s->super.flags & SQFS_FLAG_COMPRESSOR_OPTIONS)
		r = s->compressor->read_options(s->compressor, &s->file);
	return r;
}

/* Folders end where the next table begins. */
static uint64_t folders_end(const sqfs_super_t *super)
{
	uint64_t end = super->id_table_start;

	if (super->fragment_table_start < end)
		end = super->fragment_table_start;
	if (super->export_table_start < end)
		end = super->export_table_start;
	return end;
}

/* The library allocates what the superblock claims, before it looks whether that much is there. */
static bool has_fragments(const sqfs_super_t *super)
{
	uint64_t blocks = (super->fragment_entry_count + FRAGMENTS_BLOCK - 1u) / FRAGMENTS_BLOCK;

	if (super->flags & SQFS_FLAG_NO_FRAGMENTS || !super->fragment_entry_count)
		return true;
	return super->fragment_entry_count <= FRAGMENTS_MAX &&
	       super->fragment_table_start <= super->bytes_used &&
	       blocks * FRAGMENTS_PLACE <= super->bytes_used - super->fragment_table_start;
}

static int make_readers(struct squashfs *s)
{
	const sqfs_super_t *super = &s->super;

	s->ids = sqfs_id_table_create(0);
	s->inodes = sqfs_meta_reader_create(
		&s->file, s->compressor, super->inode_table_start, super->directory_table_start);
	s->folders = sqfs_meta_reader_create(
		&s->file, s->compressor, super->directory_table_start, folders_end(super));
	s->data = sqfs_data_reader_create(&s->file, super->block_size, s->compressor, 0);
	if (!s->ids || !s->inodes || !s->folders || !s->data)
		return SQFS_ERROR_ALLOC;
	if (!has_fragments(super))
		return SQFS_ERROR_CORRUPTED;
	return sqfs_data_reader_load_fragment_table(s->data, super);
}

static int read_super(struct squashfs *s, struct err *err)
{
	struct rootfs_facts *f = &s->fs.base.facts;
	int r = sqfs_super_read(&s->super, &s->file);

	if (r == 0 && s->super.bytes_used > disk_size(s->fs.disk))
		return err_set(err, EUCLEAN,
			"the squashfs of %" PRIu64 " bytes is larger than its disk",
			(uint64_t)s->super.bytes_used);
	if (r == 0 && make_compressor(s) == SQFS_ERROR_UNSUPPORTED)
		return err_set(err, ENOTSUP, "a squashfs packed with %s",
			sqfs_compressor_name_from_id((SQFS_COMPRESSOR)s->super.compression_id));
	if (r == 0)
		r = s->compressor ? make_readers(s) : SQFS_ERROR_COMPRESSOR;
	if (r == 0)
		r = sqfs_id_table_read(s->ids, &s->file, &s->super, s->compressor);
	if (r)
		return answer(s, r, "its superblock or tables", err);
	s->fs.top.number = s->super.root_inode_ref + 1;
	snprintf(f->type, sizeof(f->type), "squashfs");
	f->size = s->super.bytes_used;
	f->block_size = s->super.block_size;
	return 0;
}

int rootfs_squashfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	struct squashfs *s;
	const sqfs_inode_generic_t *top;
	int r;

	if (src->writable)
		return err_set(err, EROFS, "squashfs cannot be written");
	s = xcalloc(1, sizeof(*s));
	inode_fs_init(&s->fs, &squashfs_ops, src->disk);
	s->file = (sqfs_file_t){
		.base = { .destroy = file_destroy },
		.read_at = file_read,
		.write_at = file_write,
		.get_size = file_size,
		.truncate = file_truncate,
	};
	r = read_super(s, err);
	if (r == 0)
		r = get_inode(s, s->fs.top.number, &top, err);
	if (r == 0 && !is_folder(top))
		r = err_set(err, EUCLEAN, "the root of the squashfs is no folder");
	if (r < 0) {
		squashfs_close(&s->fs);
		return r;
	}
	*out = &s->fs.base;
	return 0;
}
