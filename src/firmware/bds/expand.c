/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot options to programs. See expand.h. URI and USB short forms lead
 * nowhere here: there is no network, and no USB.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/bds/expand.h"
#include "firmware/core/handles.h"
#include "firmware/machine.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

/* EFI_BLOCK_IO_PROTOCOL, EFI_BLOCK_IO_MEDIA */
#define BLOCK_IO_MEDIA       8
#define MEDIA_REMOVABLE      4
#define DEVICE_PATH_SIZE_MAX 4096 /* no handle of ours has nearly as much */

enum medium {
	MEDIUM_REMOVABLE,
	MEDIUM_FIXED,
	MEDIUM_OTHER
};

void candidates_release(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	*c = (struct candidates){ 0 };
}

static void add(struct candidates *out, const void *path, size_t size)
{
	out->v = xreallocarray(out->v, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = (struct candidate){ xmemdup(path, size), size };
}

/* device (its first size bytes, without an end) and the default loader's path. */
static void add_default(struct candidates *out, const void *device, size_t size)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_add(&b, device, size);
	if (!dp_add_file(&b, BDS_DEFAULT_PATH))
		return;
	dp_add_end(&b);
	add(out, b.data, b.len);
}

/* The device path of a handle without its end node into b; false when it has none. */
static bool path_of(struct machine *m, struct handle *h, struct buf *b)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_device_path);
	uint64_t size = p ? device_path_length(m, p->interface) : 0;

	buf_reset(b);
	if (size < DP_HEADER || size > DEVICE_PATH_SIZE_MAX)
		return false;
	if (!guest_read(&m->ram, p->interface, buf_reserve(b, size), size))
		return false;
	b->len = size - DP_HEADER;
	return true;
}

static enum medium medium_of(struct machine *m, struct handle *h)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_block_io);
	struct gaddr media;
	uint8_t removable;

	if (!p || !guest_read_addr(&m->ram, gaddr_add(p->interface, BLOCK_IO_MEDIA), &media) ||
		!guest_read8(&m->ram, gaddr_add(media, MEDIA_REMOVABLE), &removable))
		return MEDIUM_OTHER;
	return removable ? MEDIUM_REMOVABLE : MEDIUM_FIXED;
}

typedef void visit_fn(struct candidates *out, const struct buf *device, const void *ctx);

/* Visits what has a file system and a device path: removable, fixed, then without block I/O. */
static void for_file_systems(
	struct machine *m, visit_fn *visit, const void *ctx, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct handle *const *list;
	size_t n;

	list = handle_list(m, &n);
	for (int medium = MEDIUM_REMOVABLE; medium <= MEDIUM_OTHER; medium++)
		for (size_t i = 0; i < n; i++)
			if (handle_protocol(list[i], &uefi_simple_file_system) &&
				(int)medium_of(m, list[i]) == medium &&
				path_of(m, list[i], &device))
				visit(out, &device, ctx);
}

struct path_view {
	const uint8_t *path;
	size_t size;
};

static void visit_default(struct candidates *out, const struct buf *device, const void *ctx)
{
	const struct path_view *within = ctx;

	if (within && (device->len < within->size ||
			      memcmp(device->data, within->path, within->size) != 0))
		return;
	add_default(out, device->data, device->len);
}

/* A file alone may be on any file system. */
static void visit_file(struct candidates *out, const struct buf *device, const void *ctx)
{
	const struct path_view *file = ctx;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_add(&b, device->data, device->len);
	buf_add(&b, file->path, file->size);
	add(out, b.data, b.len);
}

static bool names_partition(const struct buf *device, const struct dp_hd *want)
{
	struct dp_node node;
	struct dp_hd hd;

	for (size_t pos = 0; dp_next((uint8_t *)device->data, device->len, &pos, &node);)
		if (dp_hd(&node, &hd) && dp_hd_same(&hd, want))
			return true;
	return false;
}

/* HD(...)/file: rest is what follows the node, with the end. */
static void expand_partition(
	struct machine *m, const struct dp_hd *want, struct path_view rest, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct handle *const *list;
	size_t n;

	list = handle_list(m, &n);
	for (size_t i = 0; i < n; i++) {
		if (!handle_protocol(list[i], &uefi_block_io) || !path_of(m, list[i], &device) ||
			!names_partition(&device, want))
			continue;
		if (rest.size <= DP_HEADER)
			add_default(out, device.data, device.len);
		else
			visit_file(out, &device, &rest);
	}
}

static void expand_full(struct machine *m, const uint8_t *path, size_t size, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct path_view within = { path, size - DP_HEADER };
	struct handle *const *list;
	struct handle *best = NULL;
	size_t n, longest = 0, before = out->n;

	list = handle_list(m, &n);
	for (size_t i = 0; i < n; i++) {
		if (!path_of(m, list[i], &device) || device.len <= longest ||
			device.len > within.size || memcmp(device.data, path, device.len) != 0)
			continue;
		longest = device.len;
		best = list[i];
	}
	if (!best)
		return;
	if (longest < within.size) {
		add(out, path, size);
		return;
	}
	/* The device itself: the file systems on it, or what it loads by itself. */
	for_file_systems(m, visit_default, &within, out);
	if (out->n == before && handle_protocol(best, &uefi_load_file))
		add(out, path, size);
}

void expand_option(struct machine *m, const uint8_t *path, size_t size, struct candidates *out)
{
	struct dp_node node;
	struct dp_hd hd;
	size_t pos = 0;

	if (!dp_next(path, size, &pos, &node))
		return;
	if (dp_hd(&node, &hd)) {
		expand_partition(m, &hd, (struct path_view){ path + pos, size - pos }, out);
	} else if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_FILE) {
		struct path_view file = { path, size };

		for_file_systems(m, visit_file, &file, out);
	} else {
		expand_full(m, path, size, out);
	}
}

void expand_default(struct machine *m, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct handle *const *list;
	size_t n;

	for_file_systems(m, visit_default, NULL, out);
	list = handle_list(m, &n);
	for (size_t i = 0; i < n; i++) {
		if (!handle_protocol(list[i], &uefi_load_file) ||
			handle_protocol(list[i], &uefi_simple_file_system) ||
			!path_of(m, list[i], &device))
			continue;
		dp_add_end(&device);
		add(out, device.data, device.len);
	}
}
