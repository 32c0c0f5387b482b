/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver of a guest's a configuration string goes to (UEFI 2.10 35.4.1 to
 * 35.4.3), and asking it (35.5). A driver is found by its package list or by its
 * device path. What edk2 reads out of forms beyond where a setting is kept,
 * default values and whole requests, is recorded as unimplemented.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/proto/hii_config.h"
#include "firmware/proto/hii_config_text.h"
#include "firmware/proto/hii_forms.h"
#include "uefi/protocols.h"

/* EFI_HII_CONFIG_ACCESS_PROTOCOL */
#define ACCESS_EXTRACT 0
#define ACCESS_ROUTE   8

/* What a driver is given: where it puts how far it came, and its answer; then the string. */
#define ASKED_PROGRESS 0
#define ASKED_RESULTS  8
#define ASKED_TEXT     16

struct routing {
	struct machine *m;
	struct hii *hii;
	bool sets; /* RouteConfig() */
	struct gaddr text, progress_at, results_at;
	uint16_t *units; /* the guest's strings */
	size_t at, len;  /* the one that is asked for */
	size_t progress;
	struct gaddr *handles; /* ExportConfig(): all with something to ask; len counts them */
	struct gaddr asked;    /* of the driver that is asked now */
	struct buf results;
	bool any; /* somebody answered */
};

static void give_back(struct routing *r)
{
	if (r->asked.v)
		pool_free(r->m->pool, r->asked);
	r->asked = GADDR_NULL;
}

static void routing_free(void *ctx)
{
	struct routing *r = ctx;

	give_back(r);
	buf_release(&r->results);
	free(r->units);
	free(r->handles);
	free(r);
}

static struct routing *routing_new(struct machine *m, struct hii *hii)
{
	struct routing *r = xcalloc(1, sizeof(*r));

	r->m = m;
	r->hii = hii;
	return r;
}

/* What is over has its status written to where the guest asked for it. */
static efi_status end(struct routing *r, efi_status status)
{
	if (r->results_at.v && status == EFI_SUCCESS)
		status = config_give(r->m, &r->results, r->results_at);
	else if (r->results_at.v)
		status = config_answer(r->m, r->results_at, 0, status);
	if (r->progress_at.v)
		status = config_answer(r->m, r->progress_at, r->text.v + 2 * r->progress, status);
	routing_free(r);
	return status;
}

/* --- asking a driver */

/* Calls a driver with n units, or with none: CALL_DEFERRED. */
static efi_status ask(struct routing *r, const struct protocol_interface *access, const uint16_t *s,
	size_t n, call_done *done)
{
	static const uint8_t places[ASKED_TEXT], nul[2];
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct gaddr fn, at = gaddr_add(access->interface, r->sets ? ACCESS_ROUTE : ACCESS_EXTRACT);
	efi_status status;

	buf_add(&bytes, places, sizeof(places));
	for (size_t i = 0; i < n; i++) {
		uint8_t two[2];

		put_le16(two, s[i]);
		buf_add(&bytes, two, sizeof(two));
	}
	buf_add(&bytes, nul, sizeof(nul));
	give_back(r);
	status = pool_allocate(r->m->pool, MEM_BOOT_DATA, bytes.len, &r->asked);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write(r->m->ram, r->asked, buf_bytes(&bytes), bytes.len) ||
		!guest_read_addr(r->m->ram, at, &fn))
		return EFI_INVALID_PARAMETER;
	call_guest(r->m, fn,
		(uint64_t[]){ access->interface.v, s ? gaddr_add(r->asked, ASKED_TEXT).v : 0,
			gaddr_add(r->asked, ASKED_PROGRESS).v,
			gaddr_add(r->asked, ASKED_RESULTS).v },
		r->sets ? 3 : 4, done, r, routing_free);
	return CALL_DEFERRED;
}

/* Takes over what a driver answered, and gives its memory back. */
static efi_status take_results(struct routing *r)
{
	static const uint8_t ampersand[2] = { '&' };
	struct gaddr a;
	const uint8_t *bytes;
	size_t n;

	if (!guest_read_addr(r->m->ram, gaddr_add(r->asked, ASKED_RESULTS), &a))
		return EFI_INVALID_PARAMETER;
	if (r->any)
		buf_add(&r->results, ampersand, sizeof(ampersand));
	r->any = true;
	if (!a.v)
		return EFI_SUCCESS;
	bytes = guest_in_string16(r->m->ram, a, CONFIG_UNITS_MAX, &n);
	if (!bytes || r->results.len / 2 + n > CONFIG_UNITS_MAX)
		return EFI_OUT_OF_RESOURCES;
	buf_add(&r->results, bytes, 2 * n);
	(void)pool_free(r->m->pool, a); /* It may not be from a pool: that is the driver's fault. */
	return EFI_SUCCESS;
}

/* How far a driver came: a place in the string that it was given. */
static void take_progress(struct routing *r)
{
	uint64_t progress, first = gaddr_add(r->asked, ASKED_TEXT).v;

	r->progress = r->at;
	if (guest_read64(r->m->ram, gaddr_add(r->asked, ASKED_PROGRESS), &progress) &&
		progress >= first && progress < first + 2 * r->len)
		r->progress += (progress - first) / 2;
}

/* --- ExtractConfig(), RouteConfig() */

/* Whether a list is of the device with this path. */
static bool has_path(const struct hii_list *list, const struct buf *path)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t n;
		const uint8_t *own = hii_content(&list->packages[i], &n);

		if (hii_type(&list->packages[i]) == HII_PACKAGE_DEVICE_PATH)
			return n <= path->len && memcmp(own, buf_bytes(path), n) == 0;
	}
	return false;
}

/* The list that a string is about, by path and by what its forms store; NULL: none. */
static const struct hii_list *list_of(
	const struct hii *hii, const struct buf *path, const uint16_t *s)
{
	for (size_t i = 0; i < hii->n; i++)
		if (has_path(&hii->lists[i], path) && hii_storage_of(&hii->lists[i], s))
			return &hii->lists[i];
	return NULL;
}

/* The handle that is the nearest on a path; NULL: none. */
static struct handle *located(struct machine *m, const struct buf *path)
{
	struct gaddr memory, at;
	struct handle *h = NULL;

	if (pool_allocate(m->pool, MEM_BOOT_DATA, path->len, &memory) != EFI_SUCCESS)
		return NULL;
	at = memory;
	if (guest_write(m->ram, memory, buf_bytes(path), path->len))
		h = handle_on_path(m, &uefi_device_path, &at);
	pool_free(m->pool, memory);
	return h;
}

/* What this firmware would have to read out of a list's forms; NULL: nothing. */
static const char *beyond(const struct routing *r, const struct hii_list *list, const uint16_t *s)
{
	if (!list)
		return NULL;
	if (hii_storage_of(list, s) == HII_STORAGE_VARIABLE)
		return "HiiConfigRouting of what forms keep in a variable";
	if (r->sets)
		return NULL;
	if (!config_has_elements(s))
		return "HiiConfigRouting of all that forms store";
	return hii_has_defaults(list) ? "HiiConfigRouting with the default values of forms" : NULL;
}

static call_done route_answered;

/* Asks the driver of the string at r->at. */
static efi_status route_one(struct routing *r)
{
	CLEANUP(xfree) uint16_t *s = xcalloc(r->len + 1, sizeof(*s));
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	const struct hii_list *list;
	const struct protocol_interface *access;
	struct handle *h = NULL;
	efi_status status;
	size_t bad;

	memcpy(s, r->units + r->at, r->len * sizeof(*s));
	r->progress = r->at ? r->at - 1 : 0;
	status = config_path(s, &path);
	if (status != EFI_SUCCESS)
		return status;
	list = list_of(r->hii, &path, s);
	if (list && list->driver)
		h = handle_of(r->m, gaddr(list->driver));
	else
		h = located(r->m, &path);
	if (!h) {
		r->progress = r->at;
		return EFI_NOT_FOUND;
	}
	if (!r->sets && !config_is_request(s, &bad)) {
		r->progress = r->at + bad;
		return EFI_INVALID_PARAMETER;
	}
	if (beyond(r, list, s))
		return machine_unimplemented(r->m, beyond(r, list, s));
	access = handle_protocol(h, &uefi_hii_config_access);
	if (access)
		return ask(r, access, s, r->len, route_answered);
	if (r->sets)
		r->progress = r->at;
	return r->sets ? EFI_NOT_FOUND : EFI_UNSUPPORTED;
}

/* On to the next string; CALL_DEFERRED: its driver is asked. */
static efi_status route_next(struct routing *r)
{
	efi_status status = r->sets ? EFI_SUCCESS : take_results(r);

	if (status != EFI_SUCCESS)
		return status;
	r->at += r->len;
	r->progress = r->at;
	if (!r->units[r->at])
		return EFI_SUCCESS;
	r->len = config_first(r->units + ++r->at);
	return route_one(r);
}

static void route_answered(struct machine *m, void *ctx, uint64_t x0)
{
	struct routing *r = ctx;
	efi_status status;

	if (x0 & EFI_ERROR_BIT) {
		take_progress(r);
		call_return(m, end(r, x0));
		return;
	}
	status = route_next(r);
	if (status != CALL_DEFERRED)
		call_return(m, end(r, status));
}

/* This, strings, Progress, Results of ExtractConfig() alone */
static efi_status route(struct machine *m, const struct call *c, bool sets)
{
	struct hii *hii = protocol_host(m, call_addr(c, 0), &uefi_hii_config_routing);
	struct routing *r;
	efi_status status = EFI_OUT_OF_RESOURCES;

	if (!hii || !c->arg[2] || (!sets && !c->arg[3]))
		return EFI_INVALID_PARAMETER;
	r = routing_new(m, hii);
	r->sets = sets;
	r->text = call_addr(c, 1);
	r->progress_at = call_addr(c, 2);
	r->units = config_take(m, r->text);
	if (!r->units || !config_begins(r->units, "GUID="))
		return end(r, EFI_INVALID_PARAMETER);
	if (!sets)
		r->results_at = call_addr(c, 3);
	r->len = config_first(r->units);
	if (call_room(m))
		status = route_one(r);
	return status == CALL_DEFERRED ? status : end(r, status);
}

efi_status hii_extract(struct machine *m, const struct call *c)
{
	return route(m, c, false);
}

efi_status hii_route(struct machine *m, const struct call *c)
{
	return route(m, c, true);
}

/* --- ExportConfig() */

static bool has_forms(const struct hii_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (hii_type(&list->packages[i]) == HII_PACKAGE_FORMS)
			return true;
	return false;
}

/* The first list of the device whose driver is asked; NULL: none. */
static const struct hii_list *list_of_asked(struct routing *r)
{
	struct handle *h = handle_of(r->m, r->handles[r->at]);
	const struct protocol_interface *p = h ? handle_protocol(h, &uefi_device_path) : NULL;
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	uint64_t len = p ? device_path_length(r->m, p->interface) : 0;
	const uint8_t *bytes = len ? guest_in(r->m->ram, p->interface, len) : NULL;

	if (bytes)
		buf_add(&path, bytes, len);
	for (size_t i = 0; i < r->hii->n; i++)
		if (has_path(&r->hii->lists[i], &path))
			return &r->hii->lists[i];
	return NULL;
}

static call_done export_answered;

/* Asks the next driver for all it has: CALL_DEFERRED. */
static efi_status export_one(struct routing *r)
{
	for (; r->at < r->len; r->at++) {
		struct handle *h = handle_of(r->m, r->handles[r->at]);
		const struct protocol_interface *access = h ? handle_protocol(
								      h, &uefi_hii_config_access)
							    : NULL;

		if (access)
			return ask(r, access, NULL, 0, export_answered);
	}
	return EFI_SUCCESS;
}

/* A driver that does not answer is left out, and of one with forms those would say what to ask it for. */
static efi_status export_next(struct routing *r, bool fails)
{
	const struct hii_list *list = list_of_asked(r);
	efi_status status = EFI_SUCCESS;

	if (list && (fails ? has_forms(list) : hii_has_defaults(list)))
		return machine_unimplemented(
			r->m, "HiiConfigRouting.ExportConfig of a driver with forms");
	if (!fails)
		status = take_results(r);
	r->at++;
	return status == EFI_SUCCESS ? export_one(r) : status;
}

static void export_answered(struct machine *m, void *ctx, uint64_t x0)
{
	struct routing *r = ctx;
	efi_status status = export_next(r, x0 & EFI_ERROR_BIT);

	if (status != CALL_DEFERRED)
		call_return(m, end(r, status));
}

/* This, Results */
efi_status hii_export_settings(struct machine *m, const struct call *c)
{
	struct hii *hii = protocol_host(m, call_addr(c, 0), &uefi_hii_config_routing);
	struct handle *const *v;
	struct routing *r;
	efi_status status = EFI_OUT_OF_RESOURCES;
	size_t n;

	if (!hii || !c->arg[1])
		return EFI_INVALID_PARAMETER;
	v = handle_list(m, &n);
	r = routing_new(m, hii);
	r->results_at = call_addr(c, 1);
	r->handles = xcalloc(n + 1, sizeof(*r->handles));
	for (size_t i = 0; i < n; i++)
		if (handle_protocol(v[i], &uefi_hii_config_access))
			r->handles[r->len++] = v[i]->address;
	if (!r->len)
		return end(r, EFI_NOT_FOUND);
	if (call_room(m))
		status = export_one(r);
	return status == CALL_DEFERRED ? status : end(r, status);
}
