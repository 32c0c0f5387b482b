/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images: LoadImage(), StartImage(), Exit(), UnloadImage() (UEFI 2.10 7.4),
 * and the LoadedImage protocols that come with them. What Secure Boot makes of them is in
 * image_trust.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/core/image_private.h"
#include "firmware/mem/digests.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

#define IMAGES_MAX 256

struct images *images_new(void)
{
	return xcalloc(1, sizeof(struct images));
}

static void free_image(struct image *i)
{
	free(i->name);
	free(i);
}

void images_free(struct images *images)
{
	for (size_t i = 0; i < images->n; i++)
		free_image(images->v[i]);
	free(images->v);
	free(images->running);
	free(images);
}

static struct image *image_of(struct machine *m, struct gaddr handle)
{
	for (size_t i = 0; i < m->images->n; i++)
		if (m->images->v[i]->handle.v == handle.v)
			return m->images->v[i];
	return NULL;
}

static struct image *image_at(struct machine *m, uint64_t addr)
{
	for (size_t i = 0; i < m->images->n; i++) {
		struct image *image = m->images->v[i];

		if (addr >= image->base.v && addr - image->base.v < image->pages * PAGE_SIZE)
			return image;
	}
	return NULL;
}

bool image_describe(struct machine *m, uint64_t addr, char *text, size_t size)
{
	struct image *image = image_at(m, addr);

	if (image)
		snprintf(text, size, "%s+0x%" PRIx64, image->name, addr - image->base.v);
	return image;
}

static bool range_of(const struct image *image, struct gaddr *base, uint64_t *size)
{
	if (!image)
		return false;
	*base = image->base;
	*size = image->pages * PAGE_SIZE;
	return true;
}

bool image_range(struct machine *m, uint64_t addr, struct gaddr *base, uint64_t *size)
{
	return range_of(image_at(m, addr), base, size);
}

bool image_nth(struct machine *m, size_t i, struct gaddr *base, uint64_t *size)
{
	return range_of(i < m->images->n ? m->images->v[i] : NULL, base, size);
}

bool image_file_of(struct machine *m, struct gaddr base, struct image_file *out)
{
	struct image *image = image_at(m, base.v);

	if (!image || image->base.v != base.v)
		return false;
	*out = image->file;
	out->name = image->name;
	return true;
}

const char *image_running(struct machine *m)
{
	struct images *images = m->images;

	return images->n_running ? images->running[images->n_running - 1]->name : NULL;
}

/* --- names and paths */

/* The last component of the last file path node; NULL when there is none. */
static char *file_name(struct machine *m, struct gaddr path)
{
	uint64_t len = path.v ? device_path_length(m, path) : 0;
	const uint8_t *p = guest_in(m->ram, path, len);
	char *name = NULL, *slash;

	for (uint64_t at = 0; p && at + 4 < len; at += le16(p + at + 2))
		if (p[at] == 4 && p[at + 1] == 4) {
			free(name);
			name = utf16le_to_utf8(p + at + 4, (le16(p + at + 2) - 4u) / 2);
		}
	slash = name ? strrchr(name, '\\') : NULL;
	if (slash)
		memmove(name, slash + 1, strlen(slash + 1) + 1);
	if (name && !*name) {
		free(name);
		name = NULL;
	}
	return name;
}

/* A copy of len bytes in the firmware's own memory; 0 when there is no room. */
static struct gaddr copy_of(struct machine *m, struct gaddr from, uint64_t len)
{
	const uint8_t *p = guest_in(m->ram, from, len);
	struct gaddr to;

	if (!p || !len || pool_allocate(m->pool, MEM_BOOT_DATA, len, &to) != EFI_SUCCESS)
		return GADDR_NULL;
	return guest_write(m->ram, to, p, len) ? to : GADDR_NULL;
}

/* --- loading */

static bool put(struct machine *m, struct gaddr li, unsigned offset, uint64_t v)
{
	return guest_write64(m->ram, gaddr_add(li, offset), v);
}

/* The LoadedImage interface, and the device path that it was loaded from. */
static bool fill_loaded_image(
	struct machine *m, struct image *image, const struct image_source *source, struct gaddr li)
{
	uint32_t code = image_code_type(image->subsystem);
	uint64_t len = source->path.v ? device_path_length(m, source->path) : 0;
	struct gaddr rest = source->path, device = GADDR_NULL, path = GADDR_NULL;
	struct handle *h = len ? handle_on_path(m, &uefi_device_path, &rest) : NULL;

	if (h)
		device = h->address;
	if (len)
		path = copy_of(m, rest, device_path_length(m, rest));
	return guest_fill(m->ram, li, 0, LI_SIZE) &&
	       guest_write32(m->ram, gaddr_add(li, LI_REVISION), 0x1000) &&
	       put(m, li, LI_PARENT, source->parent.v ? source->parent.v : handles_firmware(m).v) &&
	       put(m, li, LI_SYSTEM_TABLE, m->system_table.v) && put(m, li, LI_DEVICE, device.v) &&
	       put(m, li, LI_FILE_PATH, path.v) && put(m, li, LI_IMAGE_BASE, image->base.v) &&
	       put(m, li, LI_IMAGE_SIZE, image->size) &&
	       guest_write32(m->ram, gaddr_add(li, LI_CODE_TYPE), code) &&
	       /* The data type follows the code type in each pair of EFI_MEMORY_TYPE. */
	       guest_write32(m->ram, gaddr_add(li, LI_DATA_TYPE), code + 1);
}

static efi_status install_image(
	struct machine *m, struct image *image, const struct image_source *source)
{
	struct handle *h = handle_create(m);
	uint64_t len = source->path.v ? device_path_length(m, source->path) : 0;
	struct gaddr li;
	efi_status status;

	if (!h || pool_allocate(m->pool, MEM_BOOT_DATA, LI_SIZE, &li) != EFI_SUCCESS ||
		!fill_loaded_image(m, image, source, li))
		return EFI_OUT_OF_RESOURCES;
	image->handle = h->address;
	image->loaded_image = li;
	status = handle_install(m, h, &uefi_loaded_image, li, NULL);
	if (status == EFI_SUCCESS)
		status = handle_install(m, h, &uefi_loaded_image_device_path,
			len ? copy_of(m, source->path, len) : GADDR_NULL, NULL);
	if (status == EFI_SUCCESS && image->hii.v)
		status = handle_install(m, h, &uefi_hii_package_list, image->hii, NULL);
	return status;
}

/* 7.4.1 knows each image by a handle, the firmware's, too. It was loaded from nowhere. */
void image_install_firmware(struct machine *m)
{
	static const uint8_t nowhere[4] = { 0x7f, 0xff, 4, 0 };
	struct gaddr li = machine_data(m, MEM_BOOT_DATA, LI_SIZE);
	struct gaddr path = machine_data(m, MEM_BOOT_DATA, sizeof(nowhere));
	struct handle *h = handle_create(m);

	if (!h || !guest_write(m->ram, path, nowhere, sizeof(nowhere)) ||
		!guest_write32(m->ram, gaddr_add(li, LI_REVISION), 0x1000) ||
		!put(m, li, LI_SYSTEM_TABLE, m->system_table.v) ||
		!put(m, li, LI_FILE_PATH, path.v) ||
		!put(m, li, LI_IMAGE_BASE, cpu_slot_address(m->cpu, 0).v) ||
		!put(m, li, LI_IMAGE_SIZE, PAGE_SIZE) ||
		!guest_write32(m->ram, gaddr_add(li, LI_CODE_TYPE), MEM_BOOT_CODE) ||
		!guest_write32(m->ram, gaddr_add(li, LI_DATA_TYPE), MEM_BOOT_DATA) ||
		handle_install(m, h, &uefi_loaded_image, li, NULL) != EFI_SUCCESS)
		abort();
	handles_set_firmware(m, h->address);
}

static void trace_loaded(struct machine *m, const struct image *image, uint64_t size)
{
	trace_begin(&m->trace, "image-loaded");
	trace_text(&m->trace, "name", image->name);
	trace_hex(&m->trace, "base", image->base.v);
	trace_u64(&m->trace, "file_size", size);
	trace_u64(&m->trace, "memory", image->size);
	trace_end(&m->trace);
}

const char *image_refusal(const struct machine *m)
{
	return m->images->refused;
}

static void emit_refused(struct machine *m, const char *name, efi_status status, const char *why)
{
	snprintf(m->images->refused, sizeof(m->images->refused), "%s", why);
	trace_begin(&m->trace, "image-refused");
	trace_text(&m->trace, "name", name);
	trace_text(&m->trace, "status", efi_status_name(status));
	trace_text(&m->trace, "reason", why);
	trace_end(&m->trace);
}

/* What events say of its file. One that a zboot kernel has unpacked is no file: it is of its parent's. */
static void note_file(struct machine *m, struct image *image, const struct image_source *source,
	const uint8_t *file, uint64_t size)
{
	const struct image *parent = source->parent.v ? image_of(m, source->parent) : NULL;

	if (image->is_kernel && parent && parent->is_zboot) {
		image->file = parent->file;
		return;
	}
	image->file.size = size;
	image->file.kernel = image->is_kernel || image->is_zboot;
	image->file.zboot = image->is_zboot;
	image->file.hashed = image->is_kernel;
	if (image->is_kernel)
		digests_sha256(m->digests, file, size, image->file.sha256);
}

/* The file's, or a number: freed by the caller. */
static char *image_name(struct machine *m, const struct image_source *source)
{
	char *name = source->path.v ? file_name(m, source->path) : NULL;

	return name ? name : xasprintf("image %u", m->images->loaded + 1);
}

static void emit_distrusted(struct machine *m, const struct image_source *source, efi_status status)
{
	CLEANUP(xfree) char *name = image_name(m, source);
	CLEANUP(xfree) char *why = NULL;

	why = xstrdup(*m->images->refused
			      ? m->images->refused
			      : "a program that replaced a security protocol refused it");
	emit_refused(m, name, status, why);
}

/* From a file that is in memory. */
static efi_status load(struct machine *m, const struct image_source *source, struct gaddr bytes,
	uint64_t size, struct gaddr *handle)
{
	const uint8_t *file = guest_in(m->ram, bytes, size);
	struct image *image = xcalloc(1, sizeof(*image));
	char why[256] = "it has no memory";
	efi_status status = EFI_OUT_OF_RESOURCES;

	m->images->refused[0] = '\0';
	image->name = image_name(m, source);
	if (!file || !size)
		status = EFI_INVALID_PARAMETER;
	else if (m->images->n < IMAGES_MAX)
		status = image_place(m, file, size, source->application, image, why, sizeof(why));
	if (status == EFI_SUCCESS)
		status = install_image(m, image, source);
	if (status != EFI_SUCCESS) {
		emit_refused(m, image->name, status, why);
		free_image(image);
		return status;
	}
	if (image->is_kernel && strncmp(image->name, "image ", 6) == 0) {
		free(image->name);
		image->name = xstrdup("kernel");
	}
	note_file(m, image, source, file, size);
	m->images->v = xreallocarray(m->images->v, m->images->n + 1, sizeof(struct image *));
	m->images->v[m->images->n++] = image;
	m->images->loaded++;
	trace_loaded(m, image, size);
	*handle = image->handle;
	return EFI_SUCCESS;
}

struct loading {
	struct image_source source; /* its bytes, once they are in memory */
	bool read;                  /* into pages that are to be freed */
	image_done *done;
	void *ctx;
};

static void judged(struct machine *m, void *ctx, efi_status status)
{
	struct loading job = *(struct loading *)ctx;
	const struct image_source *source = &job.source;
	struct gaddr handle = GADDR_NULL;
	const uint8_t *file = NULL;

	free(ctx);
	/* The boot manager alone asks. */
	if (!source->parent.v)
		file = guest_in(m->ram, source->bytes, source->size);
	m->images->was_program = file && image_is_program(file, source->size, source->application);
	if (status == EFI_SUCCESS)
		status = load(m, source, source->bytes, source->size, &handle);
	else
		emit_distrusted(m, source, status);
	if (job.read)
		(void)!pages_free(&m->pages, source->bytes.v,
			(source->size + PAGE_SIZE - 1) / PAGE_SIZE + !source->size);
	job.done(m, job.ctx, status, handle);
}

static void file_read(
	struct machine *m, void *ctx, efi_status status, struct gaddr buffer, uint64_t size)
{
	struct loading *job = ctx;

	if (status == EFI_SUCCESS) {
		job->source.bytes = buffer;
		job->source.size = size;
		job->read = true;
		image_judge(m, &job->source, judged, job);
	} else {
		job->done(m, job->ctx, status, GADDR_NULL);
		free(job);
	}
}

void image_load(struct machine *m, const struct image_source *source, image_done *done, void *ctx)
{
	struct loading job = { *source, false, done, ctx };

	m->images->refused[0] = '\0';
	m->images->was_program = m->images->by_edk2_alone = false;
	if (source->bytes.v)
		image_judge(m, source, judged, xmemdup(&job, sizeof(job)));
	else if (!source->path.v || !device_path_length(m, source->path))
		done(m, ctx, EFI_INVALID_PARAMETER, GADDR_NULL);
	else
		image_file_read(m, source->path, source->boot_policy, file_read,
			xmemdup(&job, sizeof(job)));
}

efi_status image_set_options(
	struct machine *m, struct gaddr handle, const void *options, uint32_t size)
{
	struct image *image = image_of(m, handle);
	struct gaddr a;
	efi_status status;

	if (!image)
		return EFI_INVALID_PARAMETER;
	status = pool_allocate(m->pool, MEM_BOOT_DATA, size, &a);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write(m->ram, a, options, size) ||
		!put(m, image->loaded_image, LI_LOAD_OPTIONS, a.v) ||
		!guest_write32(m->ram, gaddr_add(image->loaded_image, LI_LOAD_OPTIONS_SIZE), size))
		return EFI_DEVICE_ERROR;
	return EFI_SUCCESS;
}

/* --- unloading */

static void remove_image(struct machine *m, struct image *image)
{
	static const struct guid *const own[] = { &uefi_loaded_image,
		&uefi_loaded_image_device_path, &uefi_hii_package_list };
	struct images *images = m->images;
	struct handle *h = handle_of(m, image->handle);
	size_t i = 0;

	handles_close_agent(m, image->handle);

	for (unsigned k = 0; h && k < ARRAY_SIZE(own); k++) {
		struct protocol_interface *p = handle_protocol(h, own[k]);

		if (p && handle_uninstall(m, h, own[k], p->interface) == EFI_SUCCESS)
			h = handle_of(m, image->handle);
	}
	(void)!pages_free(&m->pages, image->base.v, image->pages);
	cpu_forget_code(m->cpu, image->base, image->pages * PAGE_SIZE);
	while (images->v[i] != image)
		i++;
	images->n--;
	memmove(images->v + i, images->v + i + 1, (images->n - i) * sizeof(struct image *));
	free_image(image);
}

static void unloaded(struct machine *m, void *ctx, uint64_t x0)
{
	struct gaddr handle = *(struct gaddr *)ctx;
	struct image *image = image_of(m, handle);

	free(ctx);
	if (x0 == EFI_SUCCESS && image)
		remove_image(m, image);
	call_return(m, x0);
}

efi_status svc_unload_image(struct machine *m, const struct call *c)
{
	struct image *image = image_of(m, call_addr(c, 0));
	struct gaddr fn = GADDR_NULL;
	uint64_t arg;

	if (!image)
		return EFI_INVALID_PARAMETER;
	if (!image->started) {
		remove_image(m, image);
		return EFI_SUCCESS;
	}
	if (!guest_read_addr(m->ram, gaddr_add(image->loaded_image, LI_UNLOAD), &fn) || !fn.v)
		return EFI_UNSUPPORTED;
	arg = image->handle.v;
	call_guest(m, fn, &arg, 1, unloaded, xmemdup(&image->handle, sizeof(image->handle)), free);
	return CALL_DEFERRED;
}

/* --- starting and ending */

static void trace_ended(struct machine *m, const struct image *image, efi_status status)
{
	trace_begin(&m->trace, "image-ended");
	trace_text(&m->trace, "name", image->name);
	if (EFI_IS_ERROR(status) || status == EFI_SUCCESS)
		trace_text(&m->trace, "status", efi_status_name(status));
	else
		trace_hex(&m->trace, "result", status);
	trace_end(&m->trace);
}

static void image_ended(struct machine *m, void *ctx, uint64_t x0)
{
	struct image *image = ctx;
	struct gaddr handle = image->handle;
	image_done *done = image->done;
	bool driver = image_code_type(image->subsystem) != MEM_LOADER_CODE;
	void *done_ctx = image->ctx;

	while (m->images->n_running && m->images->running[--m->images->n_running] != image)
		continue;
	events_set_tpl(m, image->tpl);
	if (!m->images->n_running)
		watchdog_set(m, 0);
	trace_ended(m, image, x0);
	m->images->exit_data = image->exit_data;
	m->images->exit_data_size = image->exit_data_size;
	/* 7.4.2: an application goes; a driver stays unless it failed. */
	if (!driver || EFI_IS_ERROR(x0))
		remove_image(m, image);
	done(m, done_ctx, x0, handle);
}

void image_start(struct machine *m, struct gaddr handle, image_done *done, void *ctx)
{
	struct image *image = image_of(m, handle);
	uint64_t args[2] = { handle.v, m->system_table.v };

	if (!image || image->started) {
		done(m, ctx, EFI_INVALID_PARAMETER, handle);
		return;
	}
	image->started = true;
	image->done = done;
	image->ctx = ctx;
	image->depth = call_depth(m);
	image->tpl = events_tpl(m);
	if (!m->images->n_running)
		watchdog_set(m, WATCHDOG_BOOT_SECONDS);
	m->images->running = xreallocarray(
		m->images->running, m->images->n_running + 1, sizeof(struct image *));
	m->images->running[m->images->n_running++] = image;
	trace_begin(&m->trace, "image-started");
	trace_text(&m->trace, "name", image->name);
	trace_end(&m->trace);
	call_guest(m, gaddr(image->entry), args, 2, image_ended, image, NULL);
}

/* --- services */

static void load_done(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct gaddr out = *(struct gaddr *)ctx;

	free(ctx);
	if (status == EFI_SUCCESS && !guest_write64(m->ram, out, image.v))
		status = EFI_INVALID_PARAMETER;
	call_return(m, status);
}

efi_status svc_load_image(struct machine *m, const struct call *c)
{
	struct gaddr out = call_addr(c, 5);
	struct image_source source = { .boot_policy = (uint8_t)c->arg[0],
		.parent = call_addr(c, 1),
		.path = call_addr(c, 2),
		.bytes = call_addr(c, 3),
		.size = c->arg[4] };

	if (!out.v || (!image_of(m, source.parent) && source.parent.v != handles_firmware(m).v))
		return EFI_INVALID_PARAMETER;
	if (!source.bytes.v && !source.path.v)
		return EFI_NOT_FOUND;
	if (source.bytes.v && !source.size)
		return EFI_LOAD_ERROR;
	image_load(m, &source, load_done, xmemdup(&out, sizeof(out)));
	return CALL_DEFERRED;
}

struct start_call {
	struct gaddr size, data; /* where ExitData goes */
};

static void start_done(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct start_call job = *(struct start_call *)ctx;

	(void)image;
	free(ctx);
	if (job.size.v && job.data.v &&
		(!guest_write64(m->ram, job.size, m->images->exit_data_size) ||
			!guest_write64(m->ram, job.data, m->images->exit_data.v)))
		status = EFI_INVALID_PARAMETER;
	call_return(m, status);
}

efi_status svc_start_image(struct machine *m, const struct call *c)
{
	struct start_call job = { call_addr(c, 1), call_addr(c, 2) };
	struct image *image = image_of(m, call_addr(c, 0));

	if (!image || image->started)
		return EFI_INVALID_PARAMETER;
	image_start(m, image->handle, start_done, xmemdup(&job, sizeof(job)));
	return CALL_DEFERRED;
}

efi_status svc_exit(struct machine *m, const struct call *c)
{
	struct image *image = image_of(m, call_addr(c, 0));
	struct images *images = m->images;

	if (!image)
		return EFI_INVALID_PARAMETER;
	if (!image->started) {
		remove_image(m, image);
		return EFI_SUCCESS;
	}
	if (!images->n_running || images->running[images->n_running - 1] != image)
		return EFI_INVALID_PARAMETER;
	if (c->arg[2] && guest_ok(m->ram, call_addr(c, 3), c->arg[2])) {
		image->exit_data_size = c->arg[2];
		image->exit_data = call_addr(c, 3);
	}
	call_unwind(m, image->depth, c->arg[1]);
	return CALL_DEFERRED;
}
