/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database of package lists of the Human Interface Infrastructure (UEFI
 * 2.10 34.8). What is in forms, fonts and images is kept and given back, and
 * nothing is drawn from it: there are no protocols for that.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/machine/state.h"
#include "firmware/proto/hii.h"
#include "firmware/proto/registers.h"
#include "uefi/protocols.h"

#define DATABASE_SIZE 88

static void release(void *state)
{
	struct hii *hii = state;

	for (size_t i = 0; i < hii->n; i++)
		hii_list_release(&hii->lists[i]);
	free(hii->lists);
	buf_release(&hii->layout);
}

static void flatten(void *copy, struct buf *out)
{
	struct hii *hii = copy;

	for (size_t i = 0; i < hii->n; i++) {
		const struct hii_list *list = &hii->lists[i];

		buf_add(out, &list->handle, sizeof(list->handle));
		buf_add(out, &list->driver, sizeof(list->driver));
		hii_list_export(list, out);
	}
	buf_add(out, buf_bytes(&hii->layout), hii->layout.len);
	hii->lists = NULL;
	hii->layout = (struct buf)BUF_INIT;
}

static const struct state_kind kind = { sizeof(struct hii), release, flatten };

struct hii *hii_of(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_hii_database);
}

struct hii_list *hii_list_of(struct hii *hii, uint64_t handle)
{
	for (size_t i = 0; i < hii->n; i++)
		if (hii->lists[i].handle == handle)
			return &hii->lists[i];
	return NULL;
}

bool hii_has_room(const struct hii *hii, uint64_t more)
{
	uint64_t sum = more;

	for (size_t i = 0; i < hii->n; i++)
		sum += hii_list_size(&hii->lists[i]);
	return sum <= HII_BYTES_MAX;
}

efi_status hii_give(struct machine *m, const void *bytes, size_t n, struct gaddr to,
	struct gaddr size_at, bool always)
{
	uint64_t room;

	if (!guest_read64(m->ram, size_at, &room) || (room && !to.v))
		return EFI_INVALID_PARAMETER;
	if ((always || room < n) && !guest_write64(m->ram, size_at, n))
		return EFI_INVALID_PARAMETER;
	if (room < n)
		return EFI_BUFFER_TOO_SMALL;
	return guest_write(m->ram, to, bytes, n) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/*
 * A guest's list, up to the package that ends it. How long the list says it is does not matter, as to edk2.
 */
static efi_status take_list(
	struct machine *m, struct gaddr from, const uint8_t **bytes, size_t *len)
{
	uint32_t header = 0;

	if (!from.v || !guest_in(m->ram, from, HII_LIST_HEADER))
		return EFI_INVALID_PARAMETER;
	for (*len = HII_LIST_HEADER; header >> 24 != HII_PACKAGE_END; *len += header & 0xffffff) {
		if (*len > HII_BYTES_MAX)
			return EFI_OUT_OF_RESOURCES;
		if (!guest_read32(m->ram, gaddr_add(from, *len), &header) ||
			(header & 0xffffff) < HII_PACKAGE_HEADER)
			return EFI_INVALID_PARAMETER;
	}
	*bytes = guest_in(m->ram, from, *len);
	return *bytes ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* The path of the driver's device is a package, too. */
static efi_status add_driver_path(struct machine *m, struct hii_list *list)
{
	struct handle *h = handle_of(m, gaddr(list->driver));
	const struct protocol_interface *p = h ? handle_protocol(h, &uefi_device_path) : NULL;
	uint64_t len = p ? device_path_length(m, p->interface) : 0;
	const uint8_t *path = len ? guest_in(m->ram, p->interface, len) : NULL;

	return path ? hii_list_add_one(list, HII_PACKAGE_DEVICE_PATH, path, len) : EFI_SUCCESS;
}

/* This, PackageList, DriverHandle, Handle */
static efi_status new_package_list(struct machine *m, const struct call *c)
{
	CLEANUP(hii_list_release) struct hii_list list = { .driver = c->arg[2] };
	struct hii *hii = hii_of(m, c);
	struct hii_job *job;
	const uint8_t *bytes;
	efi_status status;
	size_t len;

	if (!hii || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	status = take_list(m, call_addr(c, 1), &bytes, &len);
	if (status != EFI_SUCCESS)
		return status;
	list.guid = guid_load(bytes);
	for (size_t i = 0; i < hii->n; i++)
		if (guid_eq(hii->lists[i].guid, list.guid) && hii->lists[i].driver == list.driver)
			return EFI_INVALID_PARAMETER;
	status = hii_list_add(&list, bytes, len);
	if (status == EFI_SUCCESS)
		status = add_driver_path(m, &list);
	if (status != EFI_SUCCESS)
		return status;
	if (hii->n == HII_LISTS_MAX || !hii_has_room(hii, hii_list_size(&list)))
		return EFI_OUT_OF_RESOURCES;
	if (!guest_write64(m->ram, call_addr(c, 3), hii->serial + 1))
		return EFI_INVALID_PARAMETER;
	list.handle = ++hii->serial;
	job = hii_job_new(m, hii, list.handle);
	for (size_t i = 0; i < list.n; i++)
		hii_job_notify(job, HII_NEW, &list.packages[i]);
	hii->lists = xreallocarray(hii->lists, hii->n + 1, sizeof(*hii->lists));
	hii->lists[hii->n++] = list;
	list = (struct hii_list){ 0 };
	return hii_job_run(job);
}

/* This, Handle */
static efi_status remove_package_list(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	struct hii_list *list = hii ? hii_list_of(hii, c->arg[1]) : NULL;
	struct hii_list none = { 0 };
	struct hii_job *job;

	if (!list)
		return hii ? EFI_NOT_FOUND : EFI_INVALID_PARAMETER;
	job = hii_job_new(m, hii, list->handle);
	for (size_t i = 0; i < list->n; i++)
		hii_job_notify(job, HII_REMOVE, &list->packages[i]);
	hii_job_change(job, &none);
	return hii_job_run(job);
}

/* Notices of what an update takes away, the update, and notices of what it brings. */
static efi_status update(struct hii_job *job, const struct hii_list *old, struct hii_list *updated,
	const uint8_t *bytes, size_t len)
{
	CLEANUP(hii_list_release) struct hii_list added = { 0 };
	efi_status status = hii_list_add(&added, bytes, len);

	if (status != EFI_SUCCESS)
		abort(); /* It was added to a longer list. */
	for (size_t i = 0; i < old->n; i++)
		if (hii_drops(&old->packages[i], bytes, len))
			hii_job_notify(job, HII_REMOVE, &old->packages[i]);
	hii_job_change(job, updated);
	for (size_t i = 0; i < added.n; i++)
		hii_job_notify(job, HII_ADD, &added.packages[i]);
	return hii_job_run(job);
}

/* This, Handle, PackageList */
static efi_status update_package_list(struct machine *m, const struct call *c)
{
	CLEANUP(hii_list_release) struct hii_list updated = { 0 };
	struct hii *hii = hii_of(m, c);
	const struct hii_list *list = hii ? hii_list_of(hii, c->arg[1]) : NULL;
	const uint8_t *bytes;
	efi_status status;
	size_t len;

	if (!hii || !c->arg[2])
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	status = take_list(m, call_addr(c, 2), &bytes, &len);
	if (status != EFI_SUCCESS)
		return status;
	hii_list_copy(&updated, list);
	updated.guid = guid_load(bytes);
	hii_list_drop(&updated, bytes, len);
	status = hii_list_add(&updated, bytes, len);
	if (status != EFI_SUCCESS)
		return status;
	if (!hii_has_room(hii, hii_list_size(&updated)))
		return EFI_OUT_OF_RESOURCES;
	return update(hii_job_new(m, hii, list->handle), list, &updated, bytes, len);
}

/* Whether a list has a package of this type, and of that GUID where it is one of GUIDs. */
static bool has_package(const struct hii_list *list, uint8_t type, struct guid guid)
{
	if (type == HII_PACKAGE_ALL)
		return true;
	for (size_t i = 0; i < list->n; i++)
		if (hii_type(&list->packages[i]) == type &&
			(type != HII_PACKAGE_GUID || guid_eq(hii_guid(&list->packages[i]), guid)))
			return true;
	return false;
}

/* This, PackageType, PackageGuid, HandleBufferLength, Handle */
static efi_status list_package_lists(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	CLEANUP(buf_release) struct buf handles = BUF_INIT;
	uint8_t type = (uint8_t)c->arg[1];
	struct guid guid = { 0 };
	uint64_t room;

	if (!hii || !c->arg[3] || (type == HII_PACKAGE_GUID) != (c->arg[2] != 0) ||
		!guest_read64(m->ram, call_addr(c, 3), &room) || (room && !c->arg[4]))
		return EFI_INVALID_PARAMETER;
	if (c->arg[2] && !guest_read_guid(m->ram, call_addr(c, 2), &guid))
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < hii->n; i++)
		if (has_package(&hii->lists[i], type, guid))
			buf_add(&handles, &hii->lists[i].handle, sizeof(hii->lists[i].handle));
	if (!handles.len)
		return EFI_NOT_FOUND;
	return hii_give(
		m, buf_bytes(&handles), handles.len, call_addr(c, 4), call_addr(c, 3), true);
}

/* This, Handle, BufferSize, Buffer */
static efi_status export_package_lists(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct hii_job *job;
	efi_status status;
	uint64_t room;

	if (!hii || !c->arg[2] || !guest_read64(m->ram, call_addr(c, 2), &room) ||
		(room && !c->arg[3]))
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < hii->n; i++)
		if (!c->arg[1] || hii->lists[i].handle == c->arg[1])
			hii_list_export(&hii->lists[i], &bytes);
	if (!bytes.len)
		return EFI_NOT_FOUND;
	status = hii_give(m, buf_bytes(&bytes), bytes.len, call_addr(c, 3), call_addr(c, 2), false);
	if (status != EFI_SUCCESS)
		return status;
	job = hii_job_new(m, hii, c->arg[1]);
	for (size_t i = 0; i < hii->n; i++)
		for (size_t k = 0; k < hii->lists[i].n; k++)
			if (!c->arg[1] || hii->lists[i].handle == c->arg[1])
				hii_job_notify(job, HII_EXPORT, &hii->lists[i].packages[k]);
	return hii_job_run(job);
}

/* This, PackageListHandle, DriverHandle */
static efi_status package_list_handle(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	const struct hii_list *list = hii ? hii_list_of(hii, c->arg[1]) : NULL;

	return list && c->arg[2] && guest_write64(m->ram, call_addr(c, 2), list->driver)
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

#define PACKAGES_END "the packages behind the list's header, up to the one that ends them"
#define ROOM_OF_16   "the room has 16 bits"

static const struct service rows[] = {
	{ 0, "HiiDatabase.NewPackageList", new_package_list,
		{ ARG_THIS, ARG_IN(HII_LIST_HEADER), ARG_HANDLE, ARG_OUT(8) }, 0, PACKAGES_END },
	{ 8, "HiiDatabase.RemovePackageList", remove_package_list, { ARG_THIS, ARG_U64 }, 0 },
	{ 16, "HiiDatabase.UpdatePackageList", update_package_list,
		{ ARG_THIS, ARG_U64, ARG_IN(HII_LIST_HEADER) }, 0, PACKAGES_END },
	{ 24, "HiiDatabase.ListPackageLists", list_package_lists,
		{ ARG_THIS, ARG_U32, ARG_GUID, ARG_INOUT64, ARG_ROOM(3) }, 0 },
	{ 32, "HiiDatabase.ExportPackageLists", export_package_lists,
		{ ARG_THIS, ARG_U64, ARG_INOUT64, ARG_ROOM(2) }, 0 },
	{ 40, "HiiDatabase.RegisterPackageNotify", hii_watch,
		{ ARG_THIS, ARG_U32, ARG_GUID, ARG_FN, ARG_U64, ARG_OUT(8) }, 0 },
	{ 48, "HiiDatabase.UnregisterPackageNotify", hii_unwatch, { ARG_THIS, ARG_HANDLE }, 0 },
	{ 56, "HiiDatabase.FindKeyboardLayouts", hii_find_layouts,
		{ ARG_THIS, ARG_BOTH(2), ARG_KEPT }, 0, ROOM_OF_16 },
	{ 64, "HiiDatabase.GetKeyboardLayout", hii_get_layout,
		{ ARG_THIS, ARG_GUID, ARG_BOTH(2), ARG_KEPT }, 0, ROOM_OF_16 },
	{ 72, "HiiDatabase.SetKeyboardLayout", hii_set_layout, { ARG_THIS, ARG_GUID }, 0 },
	{ 80, "HiiDatabase.GetPackageListHandle", package_list_handle,
		{ ARG_THIS, ARG_U64, ARG_OUT(8) }, 0 },
};

void hii_register(struct machine *m, const struct protocols_config *config)
{
	struct hii *hii = state_new(m, &kind);
	struct handle *h = handle_create(m);

	protocol_install(m, h, &uefi_hii_database, DATABASE_SIZE, rows, ARRAY_SIZE(rows), hii);
	hii_string_install(m, h, hii);
	hii_config_install(m, h, hii);
	if (config->gop)
		hii_font_install(m, h, hii);
}
