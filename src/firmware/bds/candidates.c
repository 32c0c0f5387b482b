/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot options to programs. See candidates.h. URI and USB short forms lead
 * nowhere here: there is no network, and no USB.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/bds/candidates.h"
#include "firmware/core/handles.h"
#include "firmware/fs/fs.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/platform.h"
#include "firmware/proto/disks.h"
#include "uefi/device_path.h"
#include "uefi/guids.h"
#include "uefi/protocols.h"

/* EFI_BLOCK_IO_PROTOCOL, EFI_BLOCK_IO_MEDIA */
#define BLOCK_IO_MEDIA       8
#define MEDIA_REMOVABLE      4
#define MEDIA_PARTITION      6
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

void candidates_add(struct candidates *out, const void *path, size_t size)
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
	candidates_add(out, buf_bytes(&b), b.len);
}

/* The machine as it is seen. */
struct view {
	struct machine *m;
	const struct platform_view *platform;
	struct handle_view handles;
};

static struct view view_of(struct machine *m, const struct platform_view *platform)
{
	struct view w = { m, platform, { 0 } };

	handle_view_make(m, platform->disks, &w.handles);
	return w;
}

static void view_release(struct view *w)
{
	handle_view_release(&w->handles);
}
DEFINE_RELEASE(struct view, view_release)

/* The device path of a handle without its end node into b; false when it has none. */
static bool path_of(const struct view *w, struct handle *h, struct buf *b)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_device_path);
	const struct block_device *d = h->disk ? device_on(w->m, h->address) : NULL;
	uint64_t size = p ? device_path_length(w->m, p->interface) : 0;

	buf_reset(b);
	if (size < DP_HEADER || size > DEVICE_PATH_SIZE_MAX)
		return false;
	if (!guest_read(w->m->ram, p->interface, buf_reserve(b, size), size))
		return false;
	buf_added(b, size - DP_HEADER);
	if (d)
		device_put_slot(w->m, d, w->platform->disks, b);
	return true;
}

/* A flag of the handle's EFI_BLOCK_IO_MEDIA; -1 when it has none. */
static int media_flag(const struct view *w, struct handle *h, unsigned offset)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_block_io);
	const struct block_device *d = p ? device_on(w->m, h->address) : NULL;
	struct machine *m = w->m;
	struct gaddr media;
	uint8_t flag;

	/* What the guest would be answered, once it asks. */
	if (d)
		return offset == MEDIA_PARTITION ? d->partition
						 : device_removable_in(d, w->platform);
	if (!p || !guest_read_addr(m->ram, gaddr_add(p->interface, BLOCK_IO_MEDIA), &media) ||
		!guest_read8(m->ram, gaddr_add(media, offset), &flag))
		return -1;
	return flag != 0;
}

static enum medium medium_of(const struct view *w, struct handle *h)
{
	int removable = media_flag(w, h, MEDIA_REMOVABLE);

	return removable < 0 ? MEDIUM_OTHER : removable ? MEDIUM_REMOVABLE : MEDIUM_FIXED;
}

/* Whether the file system on it is one where a default loader is looked for. */
static bool is_system(const struct view *w, struct handle *h)
{
	const struct block_device *d = device_on(w->m, h->address);
	struct guid esp = { { 0 } };

	if (guid_parse(UEFI_PART_ESP, &esp) && handle_protocol(h, &esp))
		return true;
	if (d && d->partition)
		return d->system;
	return medium_of(w, h) != MEDIUM_FIXED && media_flag(w, h, MEDIA_PARTITION) != 1;
}

struct visited {
	const struct buf *device; /* its path without an end */
	bool system, bootable;
	const struct view *view;
};

/* Whether U-Boot calls it bootable: a system partition, or one that its table says is for a BIOS to boot. */
static bool is_bootable(const struct view *w, struct handle *h)
{
	const struct block_device *d = device_on(w->m, h->address);

	return is_system(w, h) || (d && d->flagged);
}

/* Whether it is bootable, or the first partition of a disk that has nothing bootable. */
static bool is_bootable_or_first(const struct visited *v)
{
	const struct view *w = v->view;
	const struct buf *device = v->device;
	CLEANUP(buf_release) struct buf other = BUF_INIT;
	struct dp_node node;
	struct dp_hd hd = { 0 };
	size_t pos = 0, disk = 0;

	if (v->bootable)
		return true;
	while (dp_next(buf_bytes(device), device->len, &pos, &node) && !dp_hd(&node, &hd))
		disk = pos;
	for (size_t i = 0; i < w->handles.n; i++)
		if (is_bootable(w, w->handles.v[i]) && path_of(w, w->handles.v[i], &other) &&
			other.len > disk && memcmp(buf_bytes(&other), buf_bytes(device), disk) == 0)
			return false;
	return hd.partition == 1;
}

typedef void visit_fn(struct candidates *out, const struct visited *v, const void *ctx);

/* Visits what has a file system and a device path: removable, fixed, then without block I/O. */
static void for_file_systems(
	const struct view *w, visit_fn *visit, const void *ctx, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct handle *const *list = w->handles.v;
	size_t n = w->handles.n;

	for (int medium = MEDIUM_REMOVABLE; medium <= MEDIUM_OTHER; medium++)
		for (size_t i = 0; i < n; i++)
			if (handle_protocol(list[i], &uefi_simple_file_system) &&
				(int)medium_of(w, list[i]) == medium &&
				path_of(w, list[i], &device))
				visit(out,
					&(struct visited){ &device, is_system(w, list[i]),
						is_bootable(w, list[i]), w },
					ctx);
}

struct path_view {
	const uint8_t *path;
	size_t size;
};

struct default_visit {
	struct path_view within; /* only what is below this */
	bool any_partition, bootable_or_first;
	struct candidates *passed; /* or NULL */
};

static void visit_default(struct candidates *out, const struct visited *v, const void *ctx)
{
	const struct default_visit *d = ctx;
	const struct buf *device = v->device;

	if (device->len < d->within.size ||
		(d->within.size && memcmp(buf_bytes(device), d->within.path, d->within.size) != 0))
		return;
	if (d->any_partition || v->system || (d->bootable_or_first && is_bootable_or_first(v)) ||
		device->len == d->within.size) {
		add_default(out, buf_bytes(device), device->len);
	} else if (d->passed) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		buf_add(&b, buf_bytes(device), device->len);
		dp_add_end(&b);
		candidates_add(d->passed, buf_bytes(&b), b.len);
	}
}

static void add_file(struct candidates *out, const struct buf *device, struct path_view file)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_add(&b, buf_bytes(device), device->len);
	buf_add(&b, file.path, file.size);
	candidates_add(out, buf_bytes(&b), b.len);
}

/* A file alone may be on any file system. */
static void visit_file(struct candidates *out, const struct visited *v, const void *ctx)
{
	const struct path_view *file = ctx;

	add_file(out, v->device, *file);
}

static bool names_partition(const struct buf *device, const struct dp_hd *want)
{
	struct dp_node node;
	struct dp_hd hd;

	for (size_t pos = 0; dp_next(buf_bytes(device), device->len, &pos, &node);)
		if (dp_hd(&node, &hd) && dp_hd_same(&hd, want))
			return true;
	return false;
}

/* HD(...)/file: rest is what follows the node, with the end. */
static void expand_partition(const struct view *w, const struct dp_hd *want, struct path_view rest,
	const struct candidate_rules *rules, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct handle *const *list = w->handles.v;
	size_t n = w->handles.n;

	for (size_t i = 0; i < n; i++) {
		if (!handle_protocol(list[i], &uefi_block_io) || !path_of(w, list[i], &device) ||
			!names_partition(&device, want))
			continue;
		if (rest.size > DP_HEADER)
			add_file(out, &device, rest);
		else if (!rules->no_default)
			add_default(out, buf_bytes(&device), device.len);
	}
}

static void expand_full(const struct view *w, struct path_view full,
	const struct candidate_rules *rules, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	struct default_visit visit = { .within = { full.path, full.size - DP_HEADER },
		.any_partition = rules->any_partition };
	struct handle *const *list = w->handles.v;
	struct handle *best = NULL;
	size_t n = w->handles.n, longest = 0, before = out->n;

	for (size_t i = 0; i < n; i++) {
		if (!path_of(w, list[i], &device) || device.len <= longest ||
			device.len > visit.within.size ||
			memcmp(buf_bytes(&device), full.path, device.len) != 0)
			continue;
		longest = device.len;
		best = list[i];
	}
	if (!best)
		return;
	if (longest < visit.within.size) {
		candidates_add(out, full.path, full.size);
		return;
	}
	/* The device itself: the file systems on it, or what it loads by itself. */
	if (!rules->no_default)
		for_file_systems(w, visit_default, &visit, out);
	if (out->n == before && handle_protocol(best, &uefi_load_file))
		candidates_add(out, full.path, full.size);
}

void candidates_of_option(struct machine *m, const struct platform_view *view, const uint8_t *path,
	size_t size, const struct candidate_rules *rules, struct candidates *out)
{
	CLEANUP(view_release) struct view w = view_of(m, view);
	struct path_view all = { path, size };
	struct dp_node node;
	struct dp_hd hd;
	size_t pos = 0;

	if (!dp_next(path, size, &pos, &node))
		return;
	if (dp_hd(&node, &hd))
		expand_partition(&w, &hd, (struct path_view){ path + pos, size - pos }, rules, out);
	else if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_FILE)
		for_file_systems(&w, visit_file, &all, out);
	else
		expand_full(&w, all, rules, out);
}

static void add_handle(const struct view *w, struct handle *h, struct candidates *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;

	if (!path_of(w, h, &device))
		return;
	dp_add_end(&device);
	candidates_add(out, buf_bytes(&device), device.len);
}

void candidates_by_default(struct machine *m, const struct platform_view *view,
	const struct candidate_rules *rules, struct candidates *out, struct candidates *passed)
{
	CLEANUP(view_release) struct view w = view_of(m, view);
	struct default_visit visit = { .any_partition = rules->any_partition,
		.bootable_or_first = rules->bootable_or_first,
		.passed = passed };
	struct handle *const *list = w.handles.v;

	for_file_systems(&w, visit_default, &visit, out);
	for (size_t i = 0; i < w.handles.n; i++)
		if (handle_protocol(list[i], &uefi_load_file) &&
			!handle_protocol(list[i], &uefi_simple_file_system))
			add_handle(&w, list[i], out);
}

void candidates_on_media(
	struct machine *m, const struct platform_view *view, struct candidates *out)
{
	CLEANUP(view_release) struct view w = view_of(m, view);
	struct handle *const *list = w.handles.v;

	for (int medium = MEDIUM_REMOVABLE; medium <= MEDIUM_FIXED; medium++)
		for (size_t i = 0; i < w.handles.n; i++)
			if ((int)medium_of(&w, list[i]) == medium &&
				media_flag(&w, list[i], MEDIA_PARTITION) == 0)
				add_handle(&w, list[i], out);
}

bool candidate_is_missing(
	struct machine *m, const struct platform_view *view, const struct candidate *c)
{
	CLEANUP(view_release) struct view w = view_of(m, view);
	CLEANUP(buf_release) struct buf device = BUF_INIT;

	for (size_t i = 0; i < w.handles.n; i++) {
		const struct block_device *d = device_on(m, w.handles.v[i]->address);
		CLEANUP(xfree) char *file = NULL;
		struct fs_node *node;

		if (!d || !d->fs || !path_of(&w, w.handles.v[i], &device) ||
			c->size <= device.len ||
			memcmp(c->path, buf_bytes(&device), device.len) != 0)
			continue;
		file = dp_file_path(c->path, c->size, device.len);
		return file && fs_find(d->fs, fs_root(d->fs), file, &node) == EFI_NOT_FOUND;
	}
	return false;
}
