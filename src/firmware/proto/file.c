/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_FILE_PROTOCOL, revisions 1 and 2 (UEFI 2.10 13.5), over firmware/fs.
 * Asynchronous requests are done at once. GetInfo() and SetInfo() are in
 * file_info.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/fs/fs.h"
#include "firmware/proto/disks.h"
#include "firmware/proto/file_info.h"

#define REVISION2 0x00020000u

/* UTF-16 units in a name that is opened. */
#define PATH_UNITS_MAX 4096

#define MODE_READ   UINT64_C(1)
#define MODE_WRITE  UINT64_C(2)
#define MODE_CREATE (UINT64_C(1) << 63)

enum file_offset {
	FILE_REVISION = 0,
	FILE_OPEN = 8,
	FILE_CLOSE = 16,
	FILE_DELETE = 24,
	FILE_READ = 32,
	FILE_WRITE = 40,
	FILE_GET_POSITION = 48,
	FILE_SET_POSITION = 56,
	FILE_GET_INFO = 64,
	FILE_SET_INFO = 72,
	FILE_FLUSH = 80,
	FILE_OPEN_EX = 88,
	FILE_READ_EX = 96,
	FILE_WRITE_EX = 104,
	FILE_FLUSH_EX = 112,
	FILE_SIZE = 120,
};

/* EFI_FILE_IO_TOKEN */
enum file_token_offset {
	TOKEN_EVENT = 0,
	TOKEN_STATUS = 8,
	TOKEN_BUFFER_SIZE = 16,
	TOKEN_BUFFER = 24,
	TOKEN_SIZE = 32,
};

struct open_file *file_of(struct machine *m, struct gaddr address)
{
	struct disks *disks = m->disks;

	/* The one that was opened last is used most. */
	for (size_t i = disks ? disks->n_files : 0; i-- > 0;)
		if (disks->files[i].address.v == address.v)
			return &disks->files[i];
	return NULL;
}

static struct open_file *this_file(struct machine *m, const struct call *c)
{
	return file_of(m, call_addr(c, 0));
}

void file_set_time(struct machine *m, const struct open_file *f)
{
	fs_set_time(f->device->fs, machine_time(m));
}

void file_event(struct machine *m, const struct open_file *f, const char *what)
{
	char *path = fs_path(f->node);

	trace_begin(&m->trace, what);
	trace_u64(&m->trace, "handle", f->device->number);
	trace_text(&m->trace, "path", path);
	trace_u64(&m->trace, "size", f->node->size);
	trace_end(&m->trace);
	free(path);
}

static void forget(struct disks *disks, struct open_file *f)
{
	fs_drop(f->device->fs, f->node);
	*f = disks->files[--disks->n_files];
}

void files_release(struct disks *disks)
{
	while (disks->n_files)
		forget(disks, &disks->files[disks->n_files - 1]);
	free(disks->files);
	disks->files = NULL;
}

void files_encode(const struct disks *disks, struct buf *out)
{
	for (size_t i = 0; i < disks->n_files; i++) {
		const struct open_file *f = &disks->files[i];
		CLEANUP(xfree) char *path = fs_path(f->node);
		const uint64_t numbers[] = { f->address.v, f->device->number, f->position,
			f->writable, f->read, f->written };

		buf_add(out, numbers, sizeof(numbers));
		buf_add(out, path, strlen(path) + 1);
	}
}

static const struct service *file_rows(size_t *n);

void file_prepare(struct machine *m)
{
	struct disks *disks = disks_of(m);
	const struct service *rows;
	size_t n;

	if (disks->file_template.v)
		return;
	rows = file_rows(&n);
	disks->file_template = machine_data(m, MEM_BOOT_DATA, FILE_SIZE);
	service_install(m, disks->file_template, rows, n);
	if (!guest_write64(m->ram, gaddr_add(disks->file_template, FILE_REVISION), REVISION2))
		abort();
}

efi_status file_open(struct machine *m, struct block_device *d, struct fs_node *node, bool writable,
	struct gaddr *out)
{
	struct disks *disks = disks_of(m);
	uint8_t interface[FILE_SIZE];
	struct open_file *stale;
	efi_status status;

	if (disks->n_files == OPEN_FILES_MAX)
		return EFI_OUT_OF_RESOURCES;
	status = pool_allocate(m->pool, MEM_BOOT_DATA, FILE_SIZE, out);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_read(m->ram, disks->file_template, interface, FILE_SIZE) ||
		!guest_write(m->ram, *out, interface, FILE_SIZE))
		abort();
	/* A guest may have freed the memory of an open file, which was ours to free. */
	stale = file_of(m, *out);
	if (stale)
		forget(disks, stale);
	disks->files = xreallocarray(disks->files, disks->n_files + 1, sizeof(struct open_file));
	disks->files[disks->n_files++] = (struct open_file){
		.address = *out, .device = d, .node = fs_hold(node), .writable = writable
	};
	return EFI_SUCCESS;
}

static void close_file(struct machine *m, struct open_file *f)
{
	struct gaddr address = f->address;

	if (f->read && !f->node->deleted) {
		char *path = fs_path(f->node);

		trace_begin(&m->trace, "file-read");
		trace_u64(&m->trace, "handle", f->device->number);
		trace_text(&m->trace, "path", path);
		trace_u64(&m->trace, "size", f->node->size);
		trace_u64(&m->trace, "bytes", f->read);
		trace_end(&m->trace);
		free(path);
	}
	forget(m->disks, f);
	/* Fails when the guest has freed it: its business. */
	(void)pool_free(m->pool, address);
}

/* Open(): This, **NewHandle, FileName, OpenMode, Attributes */
static efi_status find_or_create(struct machine *m, struct open_file *from, const char *path,
	uint64_t mode, uint64_t attributes, struct gaddr *out)
{
	bool writable = mode & MODE_WRITE;
	struct block_device *d = from->device;
	struct fs_node *node = NULL;
	efi_status status;

	if (writable && d->read_only)
		return EFI_WRITE_PROTECTED;
	status = fs_look_up(d->fs, from->node, path, (uint32_t)attributes, &node);
	if (status == EFI_NOT_FOUND && mode & MODE_CREATE) {
		file_set_time(m, from);
		status = fs_create(d->fs, from->node, path, (uint32_t)attributes, &node);
		if (status == EFI_SUCCESS) {
			struct open_file made = { .device = d, .node = node };

			file_event(m, &made, "file-created");
		}
	}
	if (status != EFI_SUCCESS)
		return status;
	if (writable && node->attributes & FS_READ_ONLY && !node->is_dir)
		return EFI_ACCESS_DENIED;
	return file_open(m, d, node, writable, out);
}

static void emit_open(struct machine *m, struct block_device *d, struct gaddr file,
	const char *path, efi_status status)
{
	struct open_file *f = status == EFI_SUCCESS ? file_of(m, file) : NULL;
	char *whole = f ? fs_path(f->node) : NULL;

	trace_begin(&m->trace, "file-open");
	trace_u64(&m->trace, "handle", d->number);
	trace_text(&m->trace, "path", whole ? whole : path);
	trace_text(&m->trace, "status", efi_status_name(status));
	trace_end(&m->trace);
	free(whole);
}

static efi_status open_path(struct machine *m, const struct call *c)
{
	uint64_t mode = c->arg[3], attributes = c->arg[4];
	struct open_file *f = this_file(m, c);
	CLEANUP(xfree) char *path = NULL;
	struct block_device *d;
	struct gaddr file;
	efi_status status;

	if (!f || !c->arg[2] || !guest_ok(m->ram, call_addr(c, 1), 8))
		return EFI_INVALID_PARAMETER;
	if (mode != MODE_READ && mode != (MODE_READ | MODE_WRITE) &&
		mode != (MODE_READ | MODE_WRITE | MODE_CREATE))
		return EFI_INVALID_PARAMETER;
	if (mode & MODE_CREATE && attributes & ~(uint64_t)(FS_ATTRIBUTES & ~FS_READ_ONLY))
		return EFI_INVALID_PARAMETER;
	path = guest_string16(m->ram, call_addr(c, 2), PATH_UNITS_MAX);
	if (!path)
		return EFI_INVALID_PARAMETER;
	d = f->device;
	status = find_or_create(m, f, path, mode, attributes, &file);
	emit_open(m, d, file, path, status);
	if (status == EFI_SUCCESS && !guest_write64(m->ram, call_addr(c, 1), file.v))
		return EFI_INVALID_PARAMETER;
	return status;
}

static efi_status close_this(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);

	if (!f)
		return EFI_INVALID_PARAMETER;
	close_file(m, f);
	return EFI_SUCCESS;
}

/* The file is closed whatever happens (13.5.4). */
static efi_status delete_this(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);
	efi_status status = EFI_ACCESS_DENIED;
	bool gone = f && f->node->deleted;
	struct open_file closed;
	char *path;

	if (!f)
		return EFI_INVALID_PARAMETER;
	closed = *f;
	path = fs_path(f->node);
	if (f->writable) {
		file_set_time(m, f);
		status = fs_delete(f->device->fs, f->node);
	}
	close_file(m, f);
	if (!gone) {
		trace_begin(&m->trace, "file-deleted");
		trace_u64(&m->trace, "handle", closed.device->number);
		trace_text(&m->trace, "path", path);
		trace_text(&m->trace, "status", efi_status_name(status));
		trace_end(&m->trace);
	}
	free(path);
	return status == EFI_SUCCESS ? EFI_SUCCESS : EFI_WARN_DELETE_FAILURE;
}

/* "." and ".." stand before the other entries in all folders but the root. */
static uint64_t dots_of(const struct open_file *f)
{
	return f->node->parent ? 2 : 0;
}

static efi_status next_entry(
	struct open_file *f, uint64_t *position, struct fs_node **node, const char **name)
{
	uint64_t dots = dots_of(f), at;
	efi_status status;

	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (*position < dots) {
		*node = *position ? f->node->parent : f->node;
		*name = *position ? ".." : ".";
		++*position;
		return EFI_SUCCESS;
	}
	at = *position - dots;
	status = fs_next(f->device->fs, f->node, &at, node);
	*position = at + dots;
	*name = *node ? (*node)->name : NULL;
	return status;
}

static efi_status read_folder(
	struct machine *m, struct open_file *f, uint64_t *size, struct gaddr buffer)
{
	CLEANUP(buf_release) struct buf info = BUF_INIT;
	uint64_t position = f->position, room = *size;
	struct fs_node *node;
	const char *name;
	efi_status status = next_entry(f, &position, &node, &name);

	if (status != EFI_SUCCESS)
		return status;
	if (!node) {
		*size = 0;
		return EFI_SUCCESS;
	}
	file_info_encode(
		node, name, f->position < dots_of(f) ? &f->node->dots : NULL, f->device->fs, &info);
	*size = info.len;
	if (room < info.len)
		return EFI_BUFFER_TOO_SMALL;
	if (!guest_write(m->ram, buffer, buf_bytes(&info), info.len))
		return EFI_INVALID_PARAMETER;
	f->position = position;
	return EFI_SUCCESS;
}

static efi_status read_bytes(
	struct machine *m, struct open_file *f, uint64_t *size, struct gaddr buffer)
{
	uint64_t len = *size, left;
	efi_status status;
	size_t got = 0;
	uint8_t *to;

	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (f->node->is_dir)
		return read_folder(m, f, size, buffer);
	if (f->position > f->node->size)
		return EFI_DEVICE_ERROR;
	left = f->node->size - f->position;
	if (len > left)
		len = left;
	if (!len) {
		*size = 0;
		return EFI_SUCCESS;
	}
	to = guest_out(m->ram, buffer, len);
	if (!to)
		return EFI_INVALID_PARAMETER;
	status = fs_read(f->device->fs, f->node, f->position, to, (size_t)len, &got);
	if (status != EFI_SUCCESS)
		return status;
	f->position += got;
	f->read += got;
	*size = got;
	return EFI_SUCCESS;
}

static efi_status write_bytes(
	struct machine *m, struct open_file *f, uint64_t *size, struct gaddr buffer)
{
	uint64_t len = *size;
	const uint8_t *from;
	efi_status status;

	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (f->node->is_dir)
		return EFI_UNSUPPORTED;
	if (f->device->read_only)
		return EFI_WRITE_PROTECTED;
	if (!f->writable)
		return EFI_ACCESS_DENIED;
	from = len ? guest_in(m->ram, buffer, len) : NULL;
	if (len && !from)
		return EFI_INVALID_PARAMETER;
	file_set_time(m, f);
	status = fs_write(f->device->fs, f->node, f->position, from, (size_t)len);
	if (status != EFI_SUCCESS) {
		*size = 0;
		return status;
	}
	if (len && !f->written)
		file_event(m, f, "file-written");
	f->position += len;
	f->written += len;
	*size = len;
	return EFI_SUCCESS;
}

typedef efi_status transfer(
	struct machine *m, struct open_file *f, uint64_t *size, struct gaddr buffer);

/* This, *BufferSize, Buffer */
static efi_status transfer_now(struct machine *m, const struct call *c, transfer *run)
{
	struct open_file *f = this_file(m, c);
	efi_status status;
	uint64_t size;

	if (!f || !guest_read64(m->ram, call_addr(c, 1), &size))
		return EFI_INVALID_PARAMETER;
	status = run(m, f, &size, call_addr(c, 2));
	if (!guest_write64(m->ram, call_addr(c, 1), size))
		return EFI_INVALID_PARAMETER;
	return status;
}

static efi_status read_this(struct machine *m, const struct call *c)
{
	return transfer_now(m, c, read_bytes);
}

static efi_status write_this(struct machine *m, const struct call *c)
{
	return transfer_now(m, c, write_bytes);
}

static efi_status get_position(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);

	if (!f)
		return EFI_INVALID_PARAMETER;
	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (f->node->is_dir)
		return EFI_UNSUPPORTED;
	return guest_write64(m->ram, call_addr(c, 1), f->position) ? EFI_SUCCESS
								   : EFI_INVALID_PARAMETER;
}

static efi_status set_position(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);

	if (!f)
		return EFI_INVALID_PARAMETER;
	if (f->node->deleted)
		return EFI_DEVICE_ERROR;
	if (f->node->is_dir && c->arg[1])
		return EFI_UNSUPPORTED;
	f->position = c->arg[1] == UINT64_MAX ? f->node->size : c->arg[1];
	return EFI_SUCCESS;
}

static efi_status flush(const struct open_file *f)
{
	if (f->node->deleted)
		return EFI_NOT_FOUND;
	if (f->device->read_only)
		return EFI_WRITE_PROTECTED;
	return f->writable ? EFI_SUCCESS : EFI_ACCESS_DENIED;
}

static efi_status flush_this(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);

	return f ? flush(f) : EFI_INVALID_PARAMETER;
}

/*
 * Ends a request with a token: the status goes with its event, or without one is the return value, as any error is:
 * what fails at once was never under way (13.5), and leaves the token alone.
 */
static efi_status finish(struct machine *m, struct gaddr token, efi_status status)
{
	struct gaddr event;

	if (!guest_read_addr(m->ram, gaddr_add(token, TOKEN_EVENT), &event))
		return EFI_INVALID_PARAMETER;
	if (!event.v || EFI_IS_ERROR(status))
		return status;
	if (!guest_write64(m->ram, gaddr_add(token, TOKEN_STATUS), status))
		return EFI_INVALID_PARAMETER;
	event_signal(m, event);
	return EFI_SUCCESS;
}

/* This, **NewHandle, FileName, OpenMode, Attributes, Token */
static efi_status open_ex(struct machine *m, const struct call *c)
{
	if (!guest_ok(m->ram, call_addr(c, 5), TOKEN_SIZE))
		return EFI_INVALID_PARAMETER;
	return finish(m, call_addr(c, 5), open_path(m, c));
}

/* This, Token */
static efi_status transfer_ex(struct machine *m, const struct call *c, transfer *run)
{
	struct open_file *f = this_file(m, c);
	struct gaddr token = call_addr(c, 1), buffer;
	efi_status status;
	uint64_t size;

	if (!f || !guest_ok(m->ram, token, TOKEN_SIZE) ||
		!guest_read64(m->ram, gaddr_add(token, TOKEN_BUFFER_SIZE), &size) ||
		!guest_read_addr(m->ram, gaddr_add(token, TOKEN_BUFFER), &buffer))
		return EFI_INVALID_PARAMETER;
	status = run(m, f, &size, buffer);
	if (!guest_write64(m->ram, gaddr_add(token, TOKEN_BUFFER_SIZE), size))
		return EFI_INVALID_PARAMETER;
	return finish(m, token, status);
}

static efi_status read_ex(struct machine *m, const struct call *c)
{
	return transfer_ex(m, c, read_bytes);
}

static efi_status write_ex(struct machine *m, const struct call *c)
{
	return transfer_ex(m, c, write_bytes);
}

static efi_status flush_ex(struct machine *m, const struct call *c)
{
	struct open_file *f = this_file(m, c);

	if (!f || !guest_ok(m->ram, call_addr(c, 1), TOKEN_SIZE))
		return EFI_INVALID_PARAMETER;
	return finish(m, call_addr(c, 1), flush(f));
}

static const struct service *file_rows(size_t *n)
{
	static const struct service rows[] = {
		{ FILE_OPEN, "File.Open", open_path,
			{ ARG_THIS, ARG_OUT(8), ARG_STR16, ARG_U64, ARG_U64 }, 0 },
		{ FILE_CLOSE, "File.Close", close_this, { ARG_THIS }, 0 },
		{ FILE_DELETE, "File.Delete", delete_this, { ARG_THIS }, 0 },
		{ FILE_READ, "File.Read", read_this, { ARG_THIS, ARG_INOUT64, ARG_ROOM(1) }, 0 },
		{ FILE_WRITE, "File.Write", write_this, { ARG_THIS, ARG_INOUT64, ARG_IN_AT(1) },
			0 },
		{ FILE_GET_POSITION, "File.GetPosition", get_position, { ARG_THIS, ARG_OUT(8) },
			0 },
		{ FILE_SET_POSITION, "File.SetPosition", set_position, { ARG_THIS, ARG_U64 }, 0 },
		{ FILE_GET_INFO, "File.GetInfo", file_get_info,
			{ ARG_THIS, ARG_GUID, ARG_INOUT64, ARG_ROOM(2) }, 0 },
		{ FILE_SET_INFO, "File.SetInfo", file_set_info,
			{ ARG_THIS, ARG_GUID, ARG_U64, ARG_IN_BY(2, 1) }, 0 },
		{ FILE_FLUSH, "File.Flush", flush_this, { ARG_THIS }, 0 },
		{ FILE_OPEN_EX, "File.OpenEx", open_ex,
			{ ARG_THIS, ARG_OUT(8), ARG_STR16, ARG_U64, ARG_U64, ARG_BOTH(TOKEN_SIZE) },
			0 },
		{ FILE_READ_EX, "File.ReadEx", read_ex, { ARG_THIS, ARG_BOTH(TOKEN_SIZE) }, 0,
			"the buffer that the token leads to" },
		{ FILE_WRITE_EX, "File.WriteEx", write_ex, { ARG_THIS, ARG_BOTH(TOKEN_SIZE) }, 0,
			"the buffer that the token leads to" },
		{ FILE_FLUSH_EX, "File.FlushEx", flush_ex, { ARG_THIS, ARG_BOTH(TOKEN_SIZE) }, 0 },
	};

	*n = ARRAY_SIZE(rows);
	return rows;
}
