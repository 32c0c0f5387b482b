/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the file that a device path names, as LoadImage() does (UEFI 2.10
 * 7.4.1): by SimpleFileSystem, then LoadFile2 unless it is boot policy, then
 * LoadFile. Each step is a call of a protocol's function through the guest,
 * whose answer starts the next.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/handles.h"
#include "firmware/core/image_private.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

/* Scratch memory in the guest: out parameters, FileInfo, the name. */
#define AT_ROOT   0
#define AT_FILE   8
#define AT_SIZE   16
#define AT_GUID   24
#define AT_INFO   64
#define INFO_SIZE 1024
#define AT_NAME   (AT_INFO + INFO_SIZE)
#define NAME_MAX_ 8192
#define SCRATCH   (AT_NAME + NAME_MAX_ + 2)

#define FILE_OPEN     8
#define FILE_CLOSE    16
#define FILE_READ     32
#define FILE_GET_INFO 64

#define INFO_FILE_SIZE 8
#define INFO_ATTRIBUTE 72
#define FILE_DIRECTORY 0x10
#define FILE_SIZE_MAX  (UINT64_C(1) << 30)

struct reader {
	struct gaddr path;
	bool boot_policy;
	image_file_done *done;
	void *ctx;
	struct gaddr scratch;
	struct gaddr rest; /* of the path, behind the device */
	struct gaddr protocol;
	struct gaddr root, file;
	struct gaddr buffer;
	uint64_t size, pages;
	efi_status status;
};

static void finish(struct machine *m, struct reader *r, efi_status status)
{
	struct reader job = *r;

	(void)!pool_free(m->pool, r->scratch);
	if (status != EFI_SUCCESS && r->buffer.v)
		(void)!pages_free(&m->pages, r->buffer.v, r->pages);
	free(r);
	if (status != EFI_SUCCESS) {
		/* Whatever hindered it, edk2's LoadImage() says this. */
		job.done(m, job.ctx, EFI_NOT_FOUND, GADDR_NULL, 0);
		return;
	}
	job.done(m, job.ctx, status, job.buffer, job.size);
}

static struct gaddr scratch(const struct reader *r, uint64_t at)
{
	return gaddr_add(r->scratch, at);
}

/* Calls the function whose pointer is at interface + offset; false when there is none. */
static bool call_method(struct machine *m, struct gaddr interface, unsigned offset,
	const uint64_t *args, unsigned n, call_done *done, struct reader *r)
{
	struct gaddr fn;

	if (!guest_read_addr(m->ram, gaddr_add(interface, offset), &fn) || !fn.v)
		return false;
	call_guest(m, fn, args, n, done, r, free);
	return true;
}

static efi_status allocate(struct machine *m, struct reader *r)
{
	uint64_t addr = 0;
	efi_status status;

	if (r->size > FILE_SIZE_MAX)
		return EFI_OUT_OF_RESOURCES;
	r->pages = (r->size + PAGE_SIZE - 1) / PAGE_SIZE + (r->size == 0);
	status = pages_allocate(&m->pages, ALLOCATE_ANY, MEM_BOOT_DATA, r->pages, &addr);
	r->buffer = gaddr(addr);
	if (status == EFI_SUCCESS)
		guest_expect(m->ram, r->buffer, r->pages * PAGE_SIZE);
	return status;
}

/* --- from a file system */

static void root_closed(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;

	(void)x0;
	finish(m, r, r->status);
}

static void close_root(struct machine *m, struct reader *r)
{
	uint64_t args[] = { r->root.v };

	if (!call_method(m, r->root, FILE_CLOSE, args, 1, root_closed, r))
		finish(m, r, r->status);
}

static void file_closed(struct machine *m, void *ctx, uint64_t x0)
{
	(void)x0;
	close_root(m, ctx);
}

static void close_file(struct machine *m, struct reader *r, efi_status status)
{
	uint64_t args[] = { r->file.v };

	r->status = status;
	if (!call_method(m, r->file, FILE_CLOSE, args, 1, file_closed, r))
		close_root(m, r);
}

static void file_was_read(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;
	uint64_t got = 0;

	if (x0 == EFI_SUCCESS &&
		(!guest_read64(m->ram, scratch(r, AT_SIZE), &got) || got > r->size))
		x0 = EFI_DEVICE_ERROR;
	/* It may end before the size that its information says. */
	if (x0 == EFI_SUCCESS)
		r->size = got;
	close_file(m, r, x0);
}

static void info_was_read(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;
	uint64_t attribute = 0, args[3];

	if (x0 == EFI_SUCCESS &&
		(!guest_read64(m->ram, scratch(r, AT_INFO + INFO_FILE_SIZE), &r->size) ||
			!guest_read64(m->ram, scratch(r, AT_INFO + INFO_ATTRIBUTE), &attribute)))
		x0 = EFI_DEVICE_ERROR;
	if (x0 == EFI_SUCCESS && (attribute & FILE_DIRECTORY))
		x0 = EFI_LOAD_ERROR;
	if (x0 == EFI_SUCCESS)
		x0 = allocate(m, r);
	if (x0 == EFI_SUCCESS && !guest_write64(m->ram, scratch(r, AT_SIZE), r->size))
		x0 = EFI_DEVICE_ERROR;
	args[0] = r->file.v;
	args[1] = scratch(r, AT_SIZE).v;
	args[2] = r->buffer.v;
	if (x0 != EFI_SUCCESS)
		close_file(m, r, x0);
	else if (!call_method(m, r->file, FILE_READ, args, 3, file_was_read, r))
		close_file(m, r, EFI_LOAD_ERROR);
}

static void file_opened(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;
	uint64_t args[4];

	r->status = x0;
	if (x0 != EFI_SUCCESS || !guest_read_addr(m->ram, scratch(r, AT_FILE), &r->file) ||
		!guest_write64(m->ram, scratch(r, AT_SIZE), INFO_SIZE) ||
		!guest_write_guid(m->ram, scratch(r, AT_GUID), uefi_file_info)) {
		close_root(m, r);
		return;
	}
	args[0] = r->file.v;
	args[1] = scratch(r, AT_GUID).v;
	args[2] = scratch(r, AT_SIZE).v;
	args[3] = scratch(r, AT_INFO).v;
	if (!call_method(m, r->file, FILE_GET_INFO, args, 4, info_was_read, r))
		close_file(m, r, EFI_LOAD_ERROR);
}

static void volume_opened(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;
	uint64_t args[5];

	if (x0 != EFI_SUCCESS || !guest_read_addr(m->ram, scratch(r, AT_ROOT), &r->root)) {
		finish(m, r, x0 == EFI_SUCCESS ? EFI_DEVICE_ERROR : x0);
		return;
	}
	args[0] = r->root.v;
	args[1] = scratch(r, AT_FILE).v;
	args[2] = scratch(r, AT_NAME).v;
	args[3] = 1; /* EFI_FILE_MODE_READ */
	args[4] = 0;
	r->status = EFI_LOAD_ERROR;
	if (!call_method(m, r->root, FILE_OPEN, args, 5, file_opened, r))
		close_root(m, r);
}

/* The file path nodes (UEFI 2.10 10.3.5.4) as one name; false when there is something else in the path. */
static bool gather_name(struct machine *m, struct reader *r)
{
	CLEANUP(buf_release) struct buf name = BUF_INIT;
	uint64_t len = device_path_length(m, r->rest);
	const uint8_t *p = guest_in(m->ram, r->rest, len);

	for (uint64_t at = 0; p && at + 4 < len; at += le16(p + at + 2)) {
		uint64_t bytes = le16(p + at + 2) - 4u;

		if (p[at] != 4 || p[at + 1] != 4 || name.len + bytes > NAME_MAX_)
			return false;
		if (name.len && (name.len < 2 || le16(buf_edit(&name) + name.len - 2) != '\\'))
			buf_add(&name, "\\", 2);
		/* Each node's text ends with a NUL; what follows it is nothing. */
		for (uint64_t i = 0; i + 2 <= bytes && le16(p + at + 4 + i); i += 2)
			buf_add(&name, p + at + 4 + i, 2);
	}
	if (!name.len || name.len > NAME_MAX_)
		return false;
	buf_add(&name, "\0", 2);
	return guest_write(m->ram, scratch(r, AT_NAME), buf_bytes(&name), name.len);
}

static bool try_file_system(struct machine *m, struct reader *r)
{
	struct handle *h;
	uint64_t args[2];

	r->rest = r->path;
	h = handle_on_path(m, &uefi_simple_file_system, &r->rest);
	if (!h || !gather_name(m, r))
		return false;
	r->protocol = handle_protocol(h, &uefi_simple_file_system)->interface;
	args[0] = r->protocol.v;
	args[1] = scratch(r, AT_ROOT).v;
	return call_method(m, r->protocol, 8, args, 2, volume_opened, r);
}

/* --- by LoadFile2 or LoadFile */

static void file_loaded(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;

	if (x0 == EFI_SUCCESS && !guest_read64(m->ram, scratch(r, AT_SIZE), &r->size))
		x0 = EFI_DEVICE_ERROR;
	if (x0 == EFI_SUCCESS && r->size > r->pages * PAGE_SIZE)
		x0 = EFI_DEVICE_ERROR;
	finish(m, r, x0);
}

static bool call_load_file(struct machine *m, struct reader *r, call_done *done)
{
	uint64_t args[5] = { r->protocol.v, r->rest.v, r->boot_policy, scratch(r, AT_SIZE).v,
		r->buffer.v };

	return guest_write64(m->ram, scratch(r, AT_SIZE), r->buffer.v ? r->size : 0) &&
	       call_method(m, r->protocol, 0, args, 5, done, r);
}

static void got_size(struct machine *m, void *ctx, uint64_t x0)
{
	struct reader *r = ctx;
	efi_status status = x0 == EFI_BUFFER_TOO_SMALL ? EFI_SUCCESS
			    : x0 == EFI_SUCCESS        ? EFI_LOAD_ERROR
						       : x0;

	if (status == EFI_SUCCESS && !guest_read64(m->ram, scratch(r, AT_SIZE), &r->size))
		status = EFI_DEVICE_ERROR;
	if (status == EFI_SUCCESS)
		status = allocate(m, r);
	if (status == EFI_SUCCESS && call_load_file(m, r, file_loaded))
		return;
	finish(m, r, status == EFI_SUCCESS ? EFI_LOAD_ERROR : status);
}

static bool try_load_file(struct machine *m, struct reader *r, const struct guid *guid)
{
	struct handle *h;

	r->rest = r->path;
	h = handle_on_path(m, guid, &r->rest);
	if (!h)
		return false;
	r->protocol = handle_protocol(h, guid)->interface;
	return call_load_file(m, r, got_size);
}

void image_file_read(
	struct machine *m, struct gaddr path, bool boot_policy, image_file_done *done, void *ctx)
{
	struct reader *r = xcalloc(1, sizeof(*r));

	*r = (struct reader){ .path = path, .boot_policy = boot_policy, .done = done, .ctx = ctx };
	if (pool_allocate(m->pool, MEM_BOOT_DATA, SCRATCH, &r->scratch) != EFI_SUCCESS) {
		free(r);
		done(m, ctx, EFI_OUT_OF_RESOURCES, GADDR_NULL, 0);
		return;
	}
	if (try_file_system(m, r) || (!boot_policy && try_load_file(m, r, &uefi_load_file2)) ||
		try_load_file(m, r, &uefi_load_file))
		return;
	finish(m, r, EFI_NOT_FOUND);
}
