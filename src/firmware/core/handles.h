/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handle database (UEFI 2.10 7.3): handles, the protocol interfaces on
 * them, and who has opened which. A handle is a guest address (of a block that
 * holds nothing), so that guests may compare and print it, and never 0.
 */
#ifndef ARMVM_FIRMWARE_CORE_HANDLES_H
#define ARMVM_FIRMWARE_CORE_HANDLES_H

#include "firmware/mem/guest.h"
#include "uefi/status.h"

struct machine;

struct protocol_open {
	struct gaddr agent, controller;
	uint32_t attributes, count;
};

struct protocol_interface {
	struct guid guid;
	struct gaddr interface; /* may be 0: a protocol that is only a mark */
	void *host;             /* the state of one of our own protocols; NULL for the guest's */
	struct protocol_open *opens;
	size_t n_opens;
};

struct handle {
	struct gaddr address;
	unsigned number; /* from 1, in the order of creation: for traces */
	struct protocol_interface *protocols;
	size_t n_protocols;
};

struct handles; /* opaque; m->handles */

struct handles *handles_new(struct machine *m);
void handles_free(struct handles *h);

/* A new handle with nothing on it. */
struct handle *handle_create(struct machine *m);
/* NULL when the address is no handle. */
struct handle *handle_of(struct machine *m, struct gaddr address);
/* All handles in the order of creation; valid until one is created or destroyed. */
struct handle *const *handle_list(struct machine *m, size_t *n);

/* NULL when it has none. */
struct protocol_interface *handle_protocol(struct handle *h, const struct guid *guid);
/*
 * Puts a protocol on a handle and wakes those who registered for it
 * (RegisterProtocolNotify). EFI_INVALID_PARAMETER when it is there already.
 */
efi_status handle_install(struct machine *m, struct handle *h, const struct guid *guid,
	struct gaddr interface, void *host);
/* Removes it; a handle without protocols is destroyed. EFI_ACCESS_DENIED while a driver has it open. */
efi_status handle_uninstall(
	struct machine *m, struct handle *h, const struct guid *guid, struct gaddr interface);

/* The host state of the protocol whose interface is at `this`, or NULL: for `This` arguments. */
void *protocol_host(struct machine *m, struct gaddr this_, const struct guid *guid);

#endif
