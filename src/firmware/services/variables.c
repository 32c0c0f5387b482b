/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variable services (UEFI 2.10 8.2) over the store of vars/. What loaders read
 * and write is an event: a boot that hangs on a variable is what the
 * scenarios are there to find.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/services/tables.h"
#include "firmware/vars/var_store.h"

#define NAME_MAX_UNITS 1024
#define WRITTEN_MAX    1000 /* bytes */

/* A name in host order, freed by the caller; NULL when there is none. */
static uint16_t *read_name(struct machine *m, struct gaddr a)
{
	size_t n;
	const uint8_t *p = guest_in_string16(m->ram, a, NAME_MAX_UNITS, &n);
	uint16_t *name;

	if (!p)
		return NULL;
	name = xcalloc(n + 1, sizeof(*name));
	for (size_t i = 0; i < n; i++)
		name[i] = le16(p + 2 * i);
	return name;
}

static void emit(struct machine *m, const char *event, const struct call *c, efi_status status)
{
	char *name = guest_string16(m->ram, call_addr(c, 0), NAME_MAX_UNITS);
	struct guid vendor;

	trace_begin(&m->trace, event);
	trace_text(&m->trace, "name", name);
	if (guest_read_guid(m->ram, call_addr(c, 1), &vendor))
		trace_guid(&m->trace, "vendor", vendor);
	if (strcmp(event, "variable-set") == 0) {
		trace_hex(&m->trace, "attributes", call_u32(c, 2));
		trace_u64(&m->trace, "size", c->arg[3]);
	}
	trace_text(&m->trace, "status", efi_status_name(status));
	trace_end(&m->trace);
	free(name);
}

static efi_status get_variable(struct machine *m, const struct call *c)
{
	CLEANUP(xfree) uint16_t *name = read_name(m, call_addr(c, 0));
	const struct variable *v;
	struct guid vendor;
	uint64_t room;

	if (!name || !c->arg[1] || !guest_read_guid(m->ram, call_addr(c, 1), &vendor) ||
		!c->arg[3] || !guest_read64(m->ram, call_addr(c, 3), &room))
		return EFI_INVALID_PARAMETER;
	v = name[0] ? var_store_get(m->vars, name, vendor, m->boot_services_gone) : NULL;
	if (!v)
		return EFI_NOT_FOUND;
	if (!guest_write64(m->ram, call_addr(c, 3), v->size) ||
		(c->arg[2] && !guest_write32(m->ram, call_addr(c, 2), v->attributes)))
		return EFI_INVALID_PARAMETER;
	if (room < v->size)
		return EFI_BUFFER_TOO_SMALL;
	if (!c->arg[4] || !guest_write(m->ram, call_addr(c, 4), v->data, v->size))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status svc_get_variable(struct machine *m, const struct call *c)
{
	efi_status status = get_variable(m, c);

	emit(m, "variable-get", c, status);
	return status;
}

efi_status svc_get_next_variable_name(struct machine *m, const struct call *c)
{
	CLEANUP(xfree) uint16_t *name = read_name(m, call_addr(c, 1));
	efi_status status = EFI_NOT_FOUND;
	const struct variable *v;
	struct guid vendor = { { 0 } };
	uint64_t room, need, given = 0;

	if (!name || !c->arg[0] || !guest_read64(m->ram, call_addr(c, 0), &room) || !c->arg[2] ||
		!guest_read_guid(m->ram, call_addr(c, 2), &vendor))
		return EFI_INVALID_PARAMETER;
	while (name[given])
		given++;
	if (room / 2 <= given) /* the name that is passed in doesn't end within its buffer */
		return EFI_INVALID_PARAMETER;
	v = var_store_next(m->vars, name, vendor, m->boot_services_gone, &status);
	if (!v)
		return status;
	need = (v->name_units + 1) * 2;
	if (!guest_write64(m->ram, call_addr(c, 0), need))
		return EFI_INVALID_PARAMETER;
	if (room < need)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t i = 0; i <= v->name_units; i++)
		if (!guest_write16(m->ram, gaddr_add(call_addr(c, 1), i * 2), v->name[i]))
			return EFI_INVALID_PARAMETER;
	return guest_write_guid(m->ram, call_addr(c, 2), v->vendor) ? EFI_SUCCESS
								    : EFI_INVALID_PARAMETER;
}

void variables_note_written(struct machine *m, const uint16_t *name, efi_status status)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	CLEANUP(xfree) char *text = NULL, *item = NULL;

	for (; name && *name; name++) {
		put_le16(buf_reserve(&bytes, 2), *name);
		buf_added(&bytes, 2);
	}
	text = utf16le_to_utf8(buf_bytes(&bytes), bytes.len / 2);
	item = xasprintf("%s (%s)", text, efi_status_name(status));

	if (m->written.len > WRITTEN_MAX || strstr(text_str(&m->written), item))
		return;
	text_printf(&m->written, "%s%s", m->written.len ? ", " : "", item);
}

efi_status svc_set_variable(struct machine *m, const struct call *c)
{
	CLEANUP(xfree) uint16_t *name = read_name(m, call_addr(c, 0));
	const uint8_t *data = guest_in(m->ram, call_addr(c, 4), c->arg[3]);
	efi_status status = EFI_INVALID_PARAMETER;
	struct guid vendor;

	if (name && name[0] && c->arg[1] && (data || !c->arg[3]) &&
		guest_read_guid(m->ram, call_addr(c, 1), &vendor))
		status = var_store_set(m->vars, name, vendor, call_u32(c, 2), data,
			vars_deciding_size(call_u32(c, 2), c->arg[3]), m->boot_services_gone);
	else
		var_store_malformed(m->vars);
	emit(m, "variable-set", c, status);
	if (call_u32(c, 2) & VAR_NON_VOLATILE && c->arg[3])
		variables_note_written(m, name, status);
	return status;
}

efi_status svc_query_variable_info(struct machine *m, const struct call *c)
{
	struct var_info info;
	efi_status status;

	if (!c->arg[1] || !c->arg[2] || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	status = var_store_query(m->vars, call_u32(c, 0), m->boot_services_gone, &info);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write64(m->ram, call_addr(c, 1), info.storage) ||
		!guest_write64(m->ram, call_addr(c, 2), info.remaining) ||
		!guest_write64(m->ram, call_addr(c, 3), info.largest))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}
