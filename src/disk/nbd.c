/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image in one of QEMU's formats, read by a qemu-nbd of our own through
 * libnbd; serve.c starts it, here or, for a worker, in its supervisor. It is
 * started when the first byte is asked for, or at opening when only QEMU can
 * say the size, and killed when the disk is closed.
 *
 * Small reads, of which file systems make many, are served from a cache of
 * whole blocks: a round trip costs as much as copying a block. Whatever is
 * asked for, requests are of whole blocks of the server's (NBD allows it to
 * want up to 64 KiB; QEMU wants 512 bytes for VHDX).
 */
#include <errno.h>
#include <inttypes.h>
#include <libnbd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define SECTOR       512u
#define CACHE_BLOCK  65536u
#define CACHE_BLOCKS 64
#define MAX_REQUEST  (2u << 20)
#define MAX_EXTENTS  1024
/* Block status is asked for this much at a time: NBD's lengths have 32 bits. */
#define STATUS_CHUNK (1u << 30)

struct cached {
	uint64_t block;
	uint64_t used; /* the tick of its last use; 0: empty */
	uint8_t *bytes;
};

struct extent {
	uint64_t off, len;
	bool is_data;
};

struct nbd_disk {
	struct disk disk;
	int fd;
	enum disk_format format;
	struct nbd_handle *nbd; /* of clients[], the one in use; NULL until the first read */
	struct nbd_handle *clients[DISK_CLIENTS_MAX];
	unsigned n_clients;
	struct child server;
	uint32_t unit; /* bytes that requests are whole multiples of; known when it was started */
	struct err failed; /* why it could not be started; code 0: not tried or fine */
	struct cached cache[CACHE_BLOCKS];
	uint64_t tick;
	struct extent extents[MAX_EXTENTS]; /* of the last block status, in order */
	size_t n_extents;
};

static int nbd_error(struct nbd_disk *n, const char *what, struct err *err)
{
	int code = nbd_get_errno();

	return err_set(err, code ? code : EIO, "%s: %s: %s", n->disk.name, what, nbd_get_error());
}

/* What the server said before it went away, as the error. */
static int server_failed(struct nbd_disk *n, struct err *err)
{
	struct pollfd p = { .fd = n->server.out, .events = POLLIN };
	const char *reason;
	char said[1024];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(said) - 1 && poll(&p, 1, 2000) > 0) {
		got = read(n->server.out, said + len, sizeof(said) - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	said[len] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (!len)
		return nbd_error(n, "qemu-nbd", err);
	/* Our own description of the image, which it repeats, would say nothing to the reader. */
	reason = strstr(said, "}}': ");
	return err_set(err, EIO, "%s: qemu-nbd: %s", n->disk.name, reason ? reason + 5 : said);
}

static int check_size(struct nbd_disk *n, struct err *err)
{
	int64_t size = nbd_get_size(n->nbd), unit;

	unit = nbd_get_block_size(n->nbd, LIBNBD_SIZE_MINIMUM);
	if (size < 0 || unit < 0)
		return nbd_error(n, "size", err);
	/* A server that does not say takes whole sectors. */
	n->unit = unit > SECTOR ? (uint32_t)unit : SECTOR;
	if (CACHE_BLOCK % n->unit || size % n->unit)
		return err_set(err, EIO,
			"%s: %" PRId64 " bytes in blocks of %" PRIu32 " are not supported",
			n->disk.name, size, n->unit);
	if (!n->disk.size)
		n->disk.size = (uint64_t)size;
	if ((uint64_t)size != n->disk.size)
		return err_set(err, EIO,
			"%s: the header says %" PRIu64 " bytes, QEMU reads %" PRId64, n->disk.name,
			n->disk.size, size);
	return 0;
}

/* Takes the socket in any case. */
static int connect_client(struct nbd_disk *n, unsigned number, int take_socket, struct err *err)
{
	n->nbd = n->clients[number] = nbd_create();
	if (!n->nbd || nbd_add_meta_context(n->nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) < 0) {
		close(take_socket);
		return nbd_error(n, "libnbd", err);
	}
	if (nbd_connect_socket(n->nbd, take_socket) < 0)
		return server_failed(n, err);
	return check_size(n, err);
}

static int connect_server(struct nbd_disk *n, struct err *err)
{
	const struct broker *broker = broker_get();
	struct helper_request q = { .kind = HELPER_NBD, .number = { n->format, n->n_clients } };
	struct helper h = { .n_fds = 0 };
	int ret = broker ? broker->start(broker->ctx, &q, &h, err)
			 : disk_serve(n->fd, n->format, n->n_clients, &h, err);

	if (ret < 0)
		return ret;
	n->server = h.child;
	if (h.n_fds != n->n_clients)
		ret = err_set(err, EPROTO, "%u connections to qemu-nbd", h.n_fds);
	for (unsigned i = h.n_fds; i-- > 0;)
		if (ret == 0)
			ret = connect_client(n, i, h.fds[i], err);
		else
			close(h.fds[i]);
	return ret;
}

static void stop(struct nbd_disk *n)
{
	for (unsigned i = 0; i < n->n_clients; i++)
		if (n->clients[i])
			nbd_close(TAKE(n->clients[i]));
	n->nbd = NULL;
	child_kill(&n->server);
}

/* Once: what failed, fails again in the same words. */
static int ensure_started(struct nbd_disk *n, struct err *err)
{
	if (n->nbd)
		return 0;
	if (!n->failed.code && connect_server(n, &n->failed) < 0)
		stop(n);
	if (!n->failed.code)
		return 0;
	if (err)
		*err = n->failed;
	return -n->failed.code;
}

static int fetch(struct nbd_disk *n, uint64_t off, void *buf, size_t len, struct err *err)
{
	uint8_t *to = buf;
	size_t part;

	for (; len; len -= part, off += part, to += part) {
		part = len < MAX_REQUEST ? len : MAX_REQUEST;
		if (nbd_pread(n->nbd, to, part, off, 0) < 0)
			return nbd_error(n, "read", err);
	}
	return 0;
}

/* The block's entry in the cache, read from the server when it is not there. */
static int cached_block(struct nbd_disk *n, uint64_t block, struct cached **out, struct err *err)
{
	struct cached *oldest = &n->cache[0];
	uint64_t start = block * CACHE_BLOCK, left = n->disk.size - start;
	int ret;

	n->tick++;
	for (size_t i = 0; i < CACHE_BLOCKS; i++) {
		*out = &n->cache[i];
		if ((*out)->used && (*out)->block == block) {
			(*out)->used = n->tick;
			return 0;
		}
		if ((*out)->used < oldest->used)
			oldest = *out;
	}
	*out = oldest;
	oldest->used = 0;
	if (!oldest->bytes)
		oldest->bytes = xmalloc(CACHE_BLOCK);
	ret = fetch(n, start, oldest->bytes, left < CACHE_BLOCK ? (size_t)left : CACHE_BLOCK, err);
	if (ret < 0)
		return ret;
	oldest->block = block;
	oldest->used = n->tick;
	return 0;
}

static int nbd_disk_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	struct nbd_disk *n = (struct nbd_disk *)d;
	struct cached *c;
	uint8_t *to = buf;
	size_t skip, part;
	int ret = ensure_started(n, err);

	if (ret < 0)
		return ret;
	for (; len && ret == 0; len -= part, off += part, to += part) {
		skip = (size_t)(off % CACHE_BLOCK);
		part = len < CACHE_BLOCK - skip ? len : CACHE_BLOCK - skip;
		if (!(off % n->unit) && len >= CACHE_BLOCK) {
			part = len - len % n->unit;
			ret = fetch(n, off, to, part, err);
			continue;
		}
		ret = cached_block(n, off / CACHE_BLOCK, &c, err);
		if (ret == 0)
			memcpy(to, c->bytes + skip, part);
	}
	return ret;
}

static int on_extents(void *user, const char *context, uint64_t off, uint32_t *entries,
	size_t n_entries, int *error)
{
	struct nbd_disk *n = user;
	struct extent *e = NULL;
	bool is_data;

	(void)error;
	if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0)
		return 0;
	for (size_t i = 0; i + 1 < n_entries; i += 2, off += entries[i - 2]) {
		is_data = !(entries[i + 1] & LIBNBD_STATE_ZERO);
		if (e && e->is_data == is_data) {
			e->len += entries[i];
			continue;
		}
		if (n->n_extents == MAX_EXTENTS)
			break;
		e = &n->extents[n->n_extents++];
		*e = (struct extent){ off, entries[i], is_data };
	}
	return 0;
}

static const struct extent *known_extent(const struct nbd_disk *n, uint64_t off)
{
	size_t low = 0, high = n->n_extents, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (n->extents[mid].off + n->extents[mid].len <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n->n_extents && n->extents[low].off <= off ? &n->extents[low] : NULL;
}

static int nbd_disk_extent(
	struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	struct nbd_disk *n = (struct nbd_disk *)d;
	nbd_extent_callback callback = { .callback = on_extents, .user_data = n };
	uint64_t count, start;
	const struct extent *e = known_extent(n, off);
	int ret = ensure_started(n, err);

	if (ret < 0)
		return ret;
	if (!e) {
		start = off - off % n->unit;
		count = d->size - start < STATUS_CHUNK ? d->size - start : STATUS_CHUNK;
		n->n_extents = 0;
		if (nbd_block_status(n->nbd, count, start, callback, 0) < 0)
			return nbd_error(n, "block status", err);
		e = known_extent(n, off);
	}
	/* A server that says nothing of a place leaves it data, as it is by default. */
	if (e) {
		*len = e->off + e->len - off;
		*is_data = e->is_data;
	}
	return 0;
}

static void nbd_disk_close(struct disk *d)
{
	struct nbd_disk *n = (struct nbd_disk *)d;

	stop(n);
	for (size_t i = 0; i < CACHE_BLOCKS; i++)
		free(n->cache[i].bytes);
	close(n->fd);
	free(n);
}

static void nbd_use_client(struct disk *d, unsigned number)
{
	struct nbd_disk *n = (struct nbd_disk *)d;

	if (n->nbd)
		n->nbd = n->clients[number % n->n_clients];
}

static const struct disk_ops nbd_ops = {
	.read = nbd_disk_read,
	.extent = nbd_disk_extent,
	.use_client = nbd_use_client,
	.close = nbd_disk_close,
};

int nbd_open(int take_fd, unsigned clients, const struct disk_facts *facts, const char *name,
	struct disk **out, struct err *err)
{
	struct nbd_disk *n = xcalloc(1, sizeof(*n));
	/* QEMU counts in whole sectors. How it sizes the other formats only it knows. */
	uint64_t size = facts->format == FORMAT_QCOW2 ? facts->virtual_size & ~511ull : 0;
	int ret;

	disk_init(&n->disk, &nbd_ops, size, name);
	n->fd = take_fd;
	n->n_clients = clients < DISK_CLIENTS_MAX ? clients : DISK_CLIENTS_MAX;
	n->format = facts->format;
	n->server = (struct child){ .pid = -1, .out = -1, .in = -1 };
	ret = size ? 0 : ensure_started(n, err);
	if (ret < 0) {
		disk_close(&n->disk);
		return ret;
	}
	*out = &n->disk;
	return 0;
}
