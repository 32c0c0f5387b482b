/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard layouts in the database of package lists (UEFI 2.10 34.8.11 to
 * 34.8.13). Which one is in use is answered to who asks; no key depends on it.
 */
#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/proto/hii.h"
#include "uefi/protocols.h"

/* All layouts one after the other, in the database's order. */
struct layouts {
	const struct hii *hii;
	size_t list, package, at;
	const uint8_t *layout;
	size_t len;
};

static bool next_layout(struct layouts *l)
{
	for (; l->list < l->hii->n; l->list++, l->package = 0) {
		const struct hii_list *list = &l->hii->lists[l->list];

		for (; l->package < list->n; l->package++, l->at = 0) {
			const struct buf *package = &list->packages[l->package];

			if (hii_type(package) == HII_PACKAGE_KEYBOARD &&
				hii_next_layout(package, &l->at, &l->layout, &l->len))
				return true;
		}
	}
	return false;
}

static bool find_layout(const struct hii *hii, struct guid guid, struct layouts *out)
{
	*out = (struct layouts){ .hii = hii };
	while (next_layout(out))
		if (guid_eq(hii_layout_guid(out->layout), guid))
			return true;
	return false;
}

/* A size of 16 bits, in and out. */
static efi_status give16(struct machine *m, const void *bytes, size_t n, const struct call *c,
	unsigned size_at, bool always)
{
	uint16_t room;

	if (!c->arg[size_at] || !guest_read16(m->ram, call_addr(c, size_at), &room) ||
		(room && !guest_ok(m->ram, call_addr(c, size_at + 1), room)))
		return EFI_INVALID_PARAMETER;
	if (!n)
		return EFI_NOT_FOUND;
	if ((always || room < n) && !guest_write16(m->ram, call_addr(c, size_at), (uint16_t)n))
		return EFI_INVALID_PARAMETER;
	if (room < n)
		return EFI_BUFFER_TOO_SMALL;
	return guest_write(m->ram, call_addr(c, size_at + 1), bytes, n) ? EFI_SUCCESS
									: EFI_INVALID_PARAMETER;
}

/* This, KeyGuidBufferLength, KeyGuidBuffer */
efi_status hii_find_layouts(struct machine *m, const struct call *c)
{
	struct layouts l = { .hii = hii_of(m, c) };
	CLEANUP(buf_release) struct buf guids = BUF_INIT;

	if (!l.hii)
		return EFI_INVALID_PARAMETER;
	while (guids.len + sizeof(struct guid) <= UINT16_MAX && next_layout(&l)) {
		struct guid guid = hii_layout_guid(l.layout);

		buf_add(&guids, &guid, sizeof(guid));
	}
	return give16(m, buf_bytes(&guids), guids.len, c, 1, true);
}

/* This, KeyGuid, KeyboardLayoutLength, KeyboardLayout */
efi_status hii_get_layout(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	struct layouts l = { 0 };
	struct guid guid;

	if (!hii)
		return EFI_INVALID_PARAMETER;
	if (!c->arg[1])
		return give16(m, buf_bytes(&hii->layout), hii->layout.len, c, 2, false);
	if (!guest_read_guid(m->ram, call_addr(c, 1), &guid))
		return EFI_INVALID_PARAMETER;
	if (!find_layout(hii, guid, &l))
		l.len = 0;
	return give16(m, l.layout, l.len, c, 2, false);
}

/* This, KeyGuid */
efi_status hii_set_layout(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	struct layouts l;
	struct guid guid;

	if (!hii || !c->arg[1] || !guest_read_guid(m->ram, call_addr(c, 1), &guid))
		return EFI_INVALID_PARAMETER;
	if (hii->layout.len && guid_eq(hii_layout_guid(buf_bytes(&hii->layout)), guid))
		return EFI_SUCCESS;
	if (!find_layout(hii, guid, &l))
		return EFI_NOT_FOUND;
	buf_reset(&hii->layout);
	buf_add(&hii->layout, l.layout, l.len);
	event_signal_group(m, &uefi_group_keyboard_layout);
	return EFI_SUCCESS;
}
