/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers of DriverOrder get the devices once all of them are loaded (UEFI 2.10
 * 3.1.3): every handle is connected, after it was disconnected when a driver
 * asked for that. See private.h.
 */
#include "firmware/bds/private.h"
#include "firmware/core/handles.h"

static void done(struct machine *m, void *ctx, efi_status status)
{
	struct bds *b = ctx;

	(void)status;
	bds_then(b, bds_step_connect);
	bds_go(m, b);
}

void bds_step_connect(struct machine *m, struct bds *b)
{
	struct handle *const *list;
	struct gaddr handle;
	size_t n;

	list = handle_list(m, &n);
	if (b->at_handle >= n) {
		b->driver_ran = false;
		bds_then(b, bds_step_source);
		return;
	}
	handle = list[b->at_handle]->address;
	if (b->reconnect && !b->disconnected) {
		b->disconnected = true;
		drivers_disconnect(m, handle, GADDR_NULL, GADDR_NULL, done, b);
		return;
	}
	b->disconnected = false;
	b->at_handle++;
	drivers_connect(m, handle, GADDR_NULL, GADDR_NULL, true, done, b);
}
