/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the Human Interface Infrastructure (UEFI 2.10 34.3, 34.8) as the
 * UEFI shell cannot do without: a database of package lists and the strings
 * in them. No forms, fonts, images, keyboard layouts, and no changes to
 * strings: these are recorded as unimplemented.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"
#include "firmware/proto/hii_strings.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define DATABASE_SIZE 88
#define STRING_SIZE   40

#define LIST_HEADER 20
#define LIST_LENGTH 16
/* A guest can't have more than this of the host's memory. */
#define LIST_MAX    (1u << 20)
#define LISTS_MAX   16

#define LANGUAGE_MAX 64

struct hii_list {
	uint64_t handle; /* what guests know it by; 0: free */
	uint64_t driver; /* the handle it was given for */
	uint8_t *bytes;
	size_t len;
};

struct hii {
	struct hii_list lists[LISTS_MAX];
	uint64_t serial;
};

static void release(void *state)
{
	struct hii *hii = state;

	for (unsigned i = 0; i < LISTS_MAX; i++)
		free(hii->lists[i].bytes);
}

static void flatten(void *copy, struct buf *out)
{
	struct hii *hii = copy;

	for (unsigned i = 0; i < LISTS_MAX; i++) {
		buf_add(out, hii->lists[i].bytes, hii->lists[i].len);
		hii->lists[i].bytes = NULL;
	}
}

static const struct state_kind kind = { sizeof(struct hii), release, flatten };

static struct hii_list *list_of(struct machine *m, uint64_t handle)
{
	struct hii *hii = state_find(m, &kind);

	for (unsigned i = 0; handle && i < LISTS_MAX; i++)
		if (hii->lists[i].handle == handle)
			return &hii->lists[i];
	return NULL;
}

static efi_status new_package_list(struct machine *m, const struct call *c)
{
	struct hii *hii = state_find(m, &kind);
	struct hii_list *list = NULL;
	const uint8_t *p;
	uint32_t len;

	if (!guest_read32(m->ram, gaddr_add(call_addr(c, 1), LIST_LENGTH), &len) ||
		len < LIST_HEADER || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	for (unsigned i = 0; i < LISTS_MAX && !list; i++)
		if (!hii->lists[i].handle)
			list = &hii->lists[i];
	if (!list || len > LIST_MAX)
		return EFI_OUT_OF_RESOURCES;
	p = guest_in(m->ram, call_addr(c, 1), len);
	if (!p || !guest_write64(m->ram, call_addr(c, 3), hii->serial + 1))
		return EFI_INVALID_PARAMETER;
	*list = (struct hii_list){ ++hii->serial, c->arg[2], xmemdup(p, len), len };
	return EFI_SUCCESS;
}

static efi_status remove_package_list(struct machine *m, const struct call *c)
{
	struct hii_list *list = list_of(m, c->arg[1]);

	if (!list)
		return EFI_NOT_FOUND;
	free(list->bytes);
	*list = (struct hii_list){ 0 };
	return EFI_SUCCESS;
}

static efi_status package_list_handle(struct machine *m, const struct call *c)
{
	const struct hii_list *list = list_of(m, c->arg[1]);

	if (!list)
		return EFI_INVALID_PARAMETER;
	return guest_write64(m->ram, call_addr(c, 2), list->driver) ? EFI_SUCCESS
								    : EFI_INVALID_PARAMETER;
}

/* The next string package; *at as hii_next_package() has it. */
static bool next_strings(const struct hii_list *list, size_t *at, struct hii_package *package)
{
	while (hii_next_package(list->bytes, list->len, at, package))
		if (package->type == HII_PACKAGE_STRINGS && hii_language(package))
			return true;
	return false;
}

/* Hands over n bytes by the rules of "size in, size out". */
static efi_status give(
	struct machine *m, const void *bytes, size_t n, struct gaddr to, struct gaddr size_at)
{
	uint64_t room;

	if (!guest_read64(m->ram, size_at, &room) || !guest_write64(m->ram, size_at, n))
		return EFI_INVALID_PARAMETER;
	if (room < n)
		return EFI_BUFFER_TOO_SMALL;
	return guest_write(m->ram, to, bytes, n) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static efi_status get_string(struct machine *m, const struct call *c)
{
	CLEANUP(xfree) char *language = guest_string8(m->ram, call_addr(c, 1), LANGUAGE_MAX);
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct hii_list *list = list_of(m, c->arg[2]);
	efi_status missing = EFI_NOT_FOUND;
	struct hii_package package;
	size_t at = 0;

	if (!language || !c->arg[5])
		return EFI_INVALID_PARAMETER;
	if (c->arg[6])
		return machine_unimplemented(m, "HiiString.GetString with font information");
	while (list && next_strings(list, &at, &package)) {
		if (!hii_string(&package, (uint16_t)c->arg[3], &text))
			continue;
		if (strcasecmp(language, hii_language(&package)) == 0)
			return give(m, text.data, text.len, call_addr(c, 4), call_addr(c, 5));
		missing = EFI_INVALID_LANGUAGE;
		buf_reset(&text);
	}
	return missing;
}

static efi_status get_languages(struct machine *m, const struct call *c)
{
	const struct hii_list *list = list_of(m, c->arg[1]);
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct hii_package package;
	size_t at = 0;

	if (!list)
		return EFI_NOT_FOUND;
	while (next_strings(list, &at, &package))
		buf_printf(&text, "%s%s", text.len ? ";" : "", hii_language(&package));
	return give(m, buf_str(&text), text.len + 1, call_addr(c, 2), call_addr(c, 3));
}

static const struct service database[] = {
	{ 0, "HiiDatabase.NewPackageList", new_package_list,
		{ ARG_THIS, ARG_IN_FIELD(LIST_LENGTH, 4), ARG_HANDLE, ARG_OUT(8) }, 0 },
	{ 8, "HiiDatabase.RemovePackageList", remove_package_list, { ARG_THIS, ARG_U64 }, 0 },
	{ 16, "HiiDatabase.UpdatePackageList", NULL,
		{ ARG_THIS, ARG_U64, ARG_IN_FIELD(LIST_LENGTH, 4) }, 0 },
	{ 24, "HiiDatabase.ListPackageLists", NULL,
		{ ARG_THIS, ARG_U32, ARG_GUID, ARG_INOUT64, ARG_ROOM(3) }, 0 },
	{ 32, "HiiDatabase.ExportPackageLists", NULL,
		{ ARG_THIS, ARG_U64, ARG_INOUT64, ARG_ROOM(2) }, 0 },
	{ 40, "HiiDatabase.RegisterPackageNotify", NULL,
		{ ARG_THIS, ARG_U32, ARG_GUID, ARG_FN, ARG_U64, ARG_OUT(8) }, 0 },
	{ 48, "HiiDatabase.UnregisterPackageNotify", NULL, { ARG_THIS, ARG_HANDLE }, 0 },
	{ 56, "HiiDatabase.FindKeyboardLayouts", NULL, { ARG_THIS, ARG_KEPT, ARG_KEPT }, 0 },
	{ 64, "HiiDatabase.GetKeyboardLayout", NULL, { ARG_THIS, ARG_GUID, ARG_KEPT, ARG_KEPT },
		0 },
	{ 72, "HiiDatabase.SetKeyboardLayout", NULL, { ARG_THIS, ARG_GUID }, 0 },
	{ 80, "HiiDatabase.GetPackageListHandle", package_list_handle,
		{ ARG_THIS, ARG_U64, ARG_OUT(8) }, 0 },
};

static const struct service string[] = {
	{ 0, "HiiString.NewString", NULL,
		{ ARG_THIS, ARG_U64, ARG_OUT(1), ARG_STR8, ARG_STR16, ARG_STR16, ARG_KEPT }, 0 },
	{ 8, "HiiString.GetString", get_string,
		{ ARG_THIS, ARG_STR8, ARG_U64, ARG_U32, ARG_ROOM(5), ARG_INOUT64, ARG_OUT(8) },
		SERVICE_QUIET },
	{ 16, "HiiString.SetString", NULL,
		{ ARG_THIS, ARG_U64, ARG_U32, ARG_STR8, ARG_STR16, ARG_KEPT }, 0 },
	{ 24, "HiiString.GetLanguages", get_languages,
		{ ARG_THIS, ARG_U64, ARG_ROOM(3), ARG_INOUT64 }, SERVICE_QUIET },
	{ 32, "HiiString.GetSecondaryLanguages", NULL,
		{ ARG_THIS, ARG_U64, ARG_STR8, ARG_ROOM(4), ARG_INOUT64 }, 0 },
};

void hii_register(struct machine *m, const struct protocols_config *config)
{
	struct handle *h = handle_create(m);

	(void)config;
	state_new(m, &kind);
	protocol_install(
		m, h, &uefi_hii_database, DATABASE_SIZE, database, ARRAY_SIZE(database), NULL);
	protocol_install(m, h, &uefi_hii_string, STRING_SIZE, string, ARRAY_SIZE(string), NULL);
}
