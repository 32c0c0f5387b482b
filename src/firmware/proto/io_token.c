/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests with a token: EFI_BLOCK_IO2_TOKEN (UEFI 2.10 13.10.2) and EFI_DISK_IO2_TOKEN (13.8.2), which
 * are the same. See disks.h.
 */
#include "firmware/core/events.h"
#include "firmware/proto/disks.h"

enum token_offset {
	TOKEN_EVENT = 0,
	TOKEN_STATUS = 8,
};

/* The token is checked; 0: there is none. */
static efi_status finish(struct machine *m, struct gaddr token, efi_status status)
{
	struct gaddr event;

	if (!token.v)
		return status;
	if (!guest_ok(m->ram, token, IO_TOKEN_SIZE) ||
		!guest_read_addr(m->ram, gaddr_add(token, TOKEN_EVENT), &event))
		return EFI_INVALID_PARAMETER;
	if (!event.v)
		return status;
	if (!guest_write64(m->ram, gaddr_add(token, TOKEN_STATUS), status))
		return EFI_INVALID_PARAMETER;
	event_signal(m, event);
	return EFI_SUCCESS;
}

bool io_token_ok(struct machine *m, const struct call *c)
{
	return !c->arg[3] || guest_ok(m->ram, call_addr(c, 3), IO_TOKEN_SIZE);
}

efi_status io_token_read(
	struct machine *m, const struct call *c, struct block_device *d, uint64_t offset)
{
	return finish(m, call_addr(c, 3), device_read(m, d, offset, call_addr(c, 5), c->arg[4]));
}

efi_status io_token_write(
	struct machine *m, const struct call *c, struct block_device *d, uint64_t offset)
{
	if (d->read_only)
		return EFI_WRITE_PROTECTED;
	return finish(m, call_addr(c, 3), device_write(m, d, offset, call_addr(c, 5), c->arg[4]));
}

efi_status io_token_flush(struct machine *m, const struct call *c, const struct block_device *d)
{
	return d ? finish(m, call_addr(c, 1), EFI_SUCCESS) : EFI_INVALID_PARAMETER;
}
