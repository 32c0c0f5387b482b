/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answering end of a file system in another process: see remote.h. Reads
 * only, and only the file system that it was opened for.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "rootfs/backend.h"
#include "rootfs/remote.h"

static void put_error(struct buf *answer, int code, const struct err *err)
{
	buf_reset(answer);
	message_put_number(answer, (uint64_t)(code > 0 && code < 4096 ? code : EIO));
	message_put_text(answer, err->text, ERR_TEXT_MAX);
	message_put_text(answer, err->hint, ERR_HINT_MAX);
}

static void put_facts(struct buf *answer, const struct rootfs_facts *f)
{
	message_put_text(answer, f->type, sizeof(f->type) - 1);
	message_put_text(answer, f->uuid, sizeof(f->uuid) - 1);
	message_put_text(answer, f->label, sizeof(f->label) - 1);
	message_put_text(answer, f->subvolume, sizeof(f->subvolume) - 1);
	message_put_text(answer, f->default_subvolume, sizeof(f->default_subvolume) - 1);
	message_put_text(answer, f->note, sizeof(f->note) - 1);
	message_put_number(answer, f->size);
	message_put_number(answer, f->free);
	message_put_number(answer, f->block_size);
}

static int put_stat(
	struct buf *answer, struct rootfs *fs, const char *path, bool follow, struct err *err)
{
	struct rootfs_stat st;
	int ret = fs->ops->stat(fs, path, follow, &st, err);

	if (ret < 0)
		return ret;
	message_put_number(answer, st.type);
	message_put_number(answer, st.mode & 07777);
	message_put_number(answer, st.uid);
	message_put_number(answer, st.gid);
	message_put_number(answer, st.size);
	message_put_number(answer, (uint64_t)st.mtime);
	message_put_number(answer, st.inode);
	return 0;
}

static int put_link(struct buf *answer, struct rootfs *fs, const char *path, struct err *err)
{
	CLEANUP(xfree) char *target = NULL;
	int ret = fs->ops->readlink(fs, path, &target, err);

	if (ret == 0)
		message_put_bytes(answer, target, strnlen(target, ROOTFS_MAX_PATH));
	return ret;
}

static int put_list(struct buf *answer, struct rootfs *fs, const char *path, struct err *err)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };
	int ret = fs->ops->list(fs, path, &dir, err);

	if (ret < 0)
		return ret;
	message_put_number(answer, dir.n);
	for (size_t i = 0; i < dir.n; i++) {
		message_put_number(answer, dir.v[i].type);
		message_put_bytes(answer, dir.v[i].name, strnlen(dir.v[i].name, ROOTFS_MAX_PATH));
	}
	return 0;
}

static int put_piece(struct buf *answer, struct rootfs *fs, const char *path, uint64_t off,
	size_t len, struct err *err)
{
	CLEANUP(xfree) char *bytes = xmalloc(len);
	size_t got;
	int ret = fs->ops->read_range(fs, path, off, bytes, len, &got, err);

	if (ret == 0)
		message_put_bytes(answer, bytes, got);
	return ret;
}

static int answer_to(struct rootfs *fs, struct message *m, struct buf *answer, struct err *err)
{
	uint64_t op = message_number(m, REMOTE_OPS - 1), off;
	size_t path_len, len;
	const uint8_t *bytes = message_bytes(m, ROOTFS_MAX_PATH - 1, &path_len);
	CLEANUP(xfree) char *path = NULL;

	off = message_number(m, INT64_MAX);
	len = (size_t)message_number(m, REMOTE_READ_MAX);
	if (!message_is_read(m) || !path_len || bytes[0] != '/' || memchr(bytes, '\0', path_len))
		return err_set(err, EPROTO, "a question about files that makes no sense");
	path = xstrndup((const char *)bytes, path_len);
	message_put_number(answer, 0);
	switch (op) {
	case REMOTE_STAT:
	case REMOTE_LSTAT:
		return put_stat(answer, fs, path, op == REMOTE_STAT, err);
	case REMOTE_READLINK:
		return put_link(answer, fs, path, err);
	case REMOTE_LIST:
		return put_list(answer, fs, path, err);
	default:
		return put_piece(answer, fs, path, off, len, err);
	}
}

void rootfs_serve(int fd, const struct rootfs_source *src)
{
	struct buf question CLEANUP(buf_release) = BUF_INIT;
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	struct message m;
	struct err err = { 0 };
	int ret = rootfs_guestfs_open(&fs, src, &err);

	if (ret < 0) {
		put_error(&answer, -ret, &err);
		remote_send(fd, &answer, NULL);
		return;
	}
	message_put_number(&answer, 0);
	put_facts(&answer, rootfs_facts(fs));
	while (remote_send(fd, &answer, NULL) == 0 &&
		remote_receive(fd, &question, &m, NULL) == 0) {
		buf_reset(&answer);
		err_clear(&err);
		ret = answer_to(fs, &m, &answer, &err);
		if (ret < 0)
			put_error(&answer, -ret, &err);
	}
}
