/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The asking end of a file system in another process. See remote.h.
 */
#include "rootfs/remote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "rootfs/backend.h"

struct remote {
	struct rootfs base;
	struct child child;
	int fd;
};

static struct remote *remote_of(struct rootfs *fs)
{
	return (struct remote *)fs;
}

static int send_all(int fd, const void *bytes, size_t len, struct err *err)
{
	const char *p = bytes;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "asking for a file system");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, void *bytes, size_t len, struct err *err)
{
	char *p = bytes;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "reading a file system");
		if (n == 0)
			return err_set(
				err, EPIPE, "the process that reads this file system is gone");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int remote_send(int fd, const struct buf *message, struct err *err)
{
	struct buf head CLEANUP(buf_release) = BUF_INIT;
	int ret;

	message_put_number(&head, message->len);
	ret = send_all(fd, buf_bytes(&head), head.len, err);
	return ret < 0 ? ret : send_all(fd, buf_bytes(message), message->len, err);
}

int remote_receive(int fd, struct buf *message, struct message *m, struct err *err)
{
	uint8_t head[8];
	struct message length = { head, sizeof(head), false };
	size_t len;
	int ret = receive_all(fd, head, sizeof(head), err);

	if (ret < 0)
		return ret;
	len = (size_t)message_number(&length, REMOTE_MAX);
	if (length.bad)
		return err_set(err, EMSGSIZE, "a file system's answer is too long");
	buf_reset(message);
	ret = receive_all(fd, buf_reserve(message, len), len, err);
	if (ret < 0)
		return ret;
	buf_added(message, len);
	*m = (struct message){ buf_bytes(message), len, false };
	return 0;
}

/* Reads the answer up to what was asked for, which m then begins with. */
static int receive_answer(int fd, struct buf *answer, struct message *m, struct err *err)
{
	int ret = remote_receive(fd, answer, m, err);
	CLEANUP(xfree) char *text = NULL;
	CLEANUP(xfree) char *hint = NULL;
	int code;

	if (ret < 0)
		return ret;
	code = (int)message_number(m, 4095);
	if (m->bad)
		return err_set(err, EPROTO, "a file system's answer makes no sense");
	if (!code)
		return 0;
	text = message_text(m, ERR_TEXT_MAX);
	hint = message_text(m, ERR_HINT_MAX);
	err_set(err, code, "%s", text);
	if (*hint)
		err_hint(err, "%s", hint);
	return -code;
}

static int ask(struct remote *r, enum remote_op op, const char *path, uint64_t off, size_t len,
	struct buf *answer, struct message *m, struct err *err)
{
	struct buf question CLEANUP(buf_release) = BUF_INIT;
	int ret;

	message_put_number(&question, op);
	message_put_bytes(&question, path, strlen(path));
	message_put_number(&question, off);
	message_put_number(&question, len);
	ret = remote_send(r->fd, &question, err);
	return ret < 0 ? ret : receive_answer(r->fd, answer, m, err);
}

static int finish(const struct message *m, struct err *err)
{
	return message_is_read(m) ? 0
				  : err_set(err, EPROTO, "a file system's answer makes no sense");
}

static int remote_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct message m;
	int ret = ask(
		remote_of(fs), follow ? REMOTE_STAT : REMOTE_LSTAT, path, 0, 0, &answer, &m, err);

	if (ret < 0)
		return ret;
	st->type = (enum rootfs_type)message_number(&m, ROOTFS_LINK);
	st->mode = (uint32_t)message_number(&m, 07777);
	st->uid = (uint32_t)message_number(&m, UINT32_MAX);
	st->gid = (uint32_t)message_number(&m, UINT32_MAX);
	st->size = message_number(&m, UINT64_MAX);
	st->mtime = (int64_t)message_number(&m, UINT64_MAX);
	st->inode = message_number(&m, UINT64_MAX);
	return finish(&m, err);
}

static int remote_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct message m;
	const uint8_t *bytes;
	size_t len;
	int ret = ask(remote_of(fs), REMOTE_READLINK, path, 0, 0, &answer, &m, err);

	if (ret < 0)
		return ret;
	bytes = message_bytes(&m, ROOTFS_MAX_PATH, &len);
	ret = finish(&m, err);
	if (ret == 0)
		*target = xstrndup((const char *)bytes, len);
	return ret;
}

static int remote_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct message m;
	size_t n;
	int ret = ask(remote_of(fs), REMOTE_LIST, path, 0, 0, &answer, &m, err);

	if (ret < 0)
		return ret;
	n = (size_t)message_number(&m, ROOTFS_MAX_ENTRIES);
	for (size_t i = 0; i < n && !m.bad && ret == 0; i++) {
		enum rootfs_type type = (enum rootfs_type)message_number(&m, ROOTFS_LINK);
		size_t len;
		const uint8_t *name = message_bytes(&m, ROOTFS_MAX_PATH, &len);

		if (!m.bad)
			ret = rootfs_dir_add(dir, (const char *)name, len, type, err);
	}
	return ret < 0 ? ret : finish(&m, err);
}

static int remote_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	uint8_t *out = bytes;

	*got = 0;
	while (*got < len) {
		size_t want = len - *got < REMOTE_READ_MAX ? len - *got : REMOTE_READ_MAX, n;
		struct message m;
		const uint8_t *piece;
		int ret = ask(remote_of(fs), REMOTE_READ, path, off + *got, want, &answer, &m, err);

		if (ret < 0)
			return ret;
		piece = message_bytes(&m, want, &n);
		ret = finish(&m, err);
		if (ret < 0)
			return ret;
		if (n == 0)
			break;
		memcpy(out + *got, piece, n);
		*got += n;
	}
	return 0;
}

static void remote_close(struct rootfs *fs)
{
	struct remote *r = remote_of(fs);

	if (r->fd >= 0)
		close(r->fd);
	child_kill(&r->child);
	free(r);
}

static const struct rootfs_ops remote_ops = {
	.close = remote_close,
	.stat = remote_stat,
	.readlink = remote_readlink,
	.list = remote_list,
	.read_range = remote_read_range,
};

static void take_text(struct message *m, char *place, size_t size)
{
	CLEANUP(xfree) char *text = message_text(m, size - 1);

	rootfs_printable(place, size, text, strlen(text));
}

static int receive_facts(struct remote *r, struct err *err)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct rootfs_facts *f = &r->base.facts;
	struct message m;
	int ret = receive_answer(r->fd, &answer, &m, err);

	if (ret < 0)
		return ret;
	take_text(&m, f->type, sizeof(f->type));
	take_text(&m, f->uuid, sizeof(f->uuid));
	take_text(&m, f->label, sizeof(f->label));
	take_text(&m, f->subvolume, sizeof(f->subvolume));
	take_text(&m, f->default_subvolume, sizeof(f->default_subvolume));
	take_text(&m, f->note, sizeof(f->note));
	f->size = message_number(&m, UINT64_MAX);
	f->free = message_number(&m, UINT64_MAX);
	f->block_size = (uint32_t)message_number(&m, UINT32_MAX);
	return finish(&m, err);
}

/* "vg/lv" as a request has it. */
static bool put_logical(struct helper_request *q, const char *logical)
{
	const char *slash = logical ? strchr(logical, '/') : NULL;
	CLEANUP(xfree) char *group = slash ? xstrndup(logical, (size_t)(slash - logical)) : NULL;

	return !logical || (slash && helper_word(q, 2, group) && helper_word(q, 3, slash + 1));
}

int rootfs_remote_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	const struct broker *broker = broker_get();
	struct helper_request q = { .kind = HELPER_APPLIANCE,
		.number = { src->partition, (uint32_t)src->subvolume_id } };
	struct helper h = { .n_fds = 0 };
	struct remote *r;
	int ret;

	if (src->writable)
		return err_set(err, EROFS, "%s cannot be changed from here", src->type);
	if (src->subvolume_id > UINT32_MAX || !put_logical(&q, src->logical) ||
		!helper_word(&q, 0, src->type) ||
		!helper_word(&q, 1, src->format ? src->format : ""))
		return err_set(err, ENOTSUP, "%s is not read here", src->type);
	ret = broker->start(broker->ctx, &q, &h, err);
	if (ret < 0)
		return ret;
	if (h.n_fds != 1) {
		helper_drop(&h);
		return err_set(err, EPROTO, "no way to the process that reads %s", src->type);
	}
	r = xcalloc(1, sizeof(*r));
	r->base.ops = &remote_ops;
	r->child = h.child;
	r->fd = h.fds[0];
	ret = receive_facts(r, err);
	if (ret < 0)
		remote_close(&r->base);
	else
		*out = &r->base;
	return ret;
}
