/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Reset Notification protocol (UEFI 2.10 8.5.1.2): who wants to be notified of a reset. ResetSystem() calls them.
 */
#include <string.h>

#include "firmware/machine/machine.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

/* Where the function is in the list; its end when it is not. */
static unsigned place_of(const struct machine *m, uint64_t fn)
{
	unsigned i = 0;

	while (i < m->n_reset_notified && m->reset_notified[i].v != fn)
		i++;
	return i;
}

/* This, ResetFunction */
static efi_status register_notify(struct machine *m, const struct call *c)
{
	if (!c->arg[1])
		return EFI_INVALID_PARAMETER;
	if (place_of(m, c->arg[1]) < m->n_reset_notified)
		return EFI_ALREADY_STARTED;
	if (m->n_reset_notified == RESET_NOTIFIED_MAX)
		return EFI_OUT_OF_RESOURCES;
	m->reset_notified[m->n_reset_notified++] = call_addr(c, 1);
	return EFI_SUCCESS;
}

static efi_status unregister_notify(struct machine *m, const struct call *c)
{
	unsigned i = place_of(m, c->arg[1]);

	if (i == m->n_reset_notified)
		return EFI_INVALID_PARAMETER;
	m->n_reset_notified--;
	memmove(m->reset_notified + i, m->reset_notified + i + 1,
		(m->n_reset_notified - i) * sizeof(m->reset_notified[0]));
	return EFI_SUCCESS;
}

static const struct service rows[] = {
	{ 0, "ResetNotification.RegisterResetNotify", register_notify, { ARG_THIS, ARG_FN }, 0 },
	{ 8, "ResetNotification.UnregisterResetNotify", unregister_notify, { ARG_THIS, ARG_FN },
		0 },
};

void reset_notification_register(struct machine *m, const struct protocols_config *config)
{
	(void)config;
	protocol_install(
		m, handle_create(m), &uefi_reset_notification, 16, rows, ARRAY_SIZE(rows), NULL);
}
