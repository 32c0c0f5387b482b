/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the handle database share and others don't need. */
#ifndef ARMVM_FIRMWARE_CORE_HANDLES_PRIVATE_H
#define ARMVM_FIRMWARE_CORE_HANDLES_PRIVATE_H

#include "firmware/core/handles.h"

/* Attributes of OpenProtocol() (UEFI 2.10 7.3.9) */
#define OPEN_BY_HANDLE_PROTOCOL  0x01u
#define OPEN_GET_PROTOCOL        0x02u
#define OPEN_TEST_PROTOCOL       0x04u
#define OPEN_BY_CHILD_CONTROLLER 0x08u
#define OPEN_BY_DRIVER           0x10u
#define OPEN_EXCLUSIVE           0x20u

/* RegisterProtocolNotify(): its event, and handles that were not located since. */
struct protocol_notify {
	struct gaddr key; /* the Registration that the guest was given */
	struct guid guid;
	struct gaddr event;
	struct gaddr *pending;
	size_t n_pending;
};

/* What handle_install_when() was told; NULL when it is settled. */
struct protocol_deferred {
	struct handle *handle;
	struct guid guid;
	struct gaddr interface;
	bool (*there)(struct machine *m);
};

struct handles {
	struct handle **v; /* in the order of creation, but for disks: see handles_hide() */
	size_t n;
	struct handle **hidden;
	size_t n_hidden;
	handles_settled *settled;
	unsigned last_number;
	struct protocol_notify *notifies;
	size_t n_notifies;
	struct protocol_deferred deferred;
};

void handle_free(struct handle *h);

/* A guest looks for a protocol, or (NULL) for all handles: what was deferred or hidden is settled. */
void handles_look(struct machine *m, const struct guid *guid);
/* A guest looks for it along this device path. */
void handles_look_at_path(struct machine *m, const struct guid *guid, struct gaddr path);
/* Whether a hidden handle has the protocol. */
bool handles_hidden(struct machine *m, const struct guid *guid);

/* The address of an interface, for the guest. */
struct gaddr protocol_give(struct machine *m, struct protocol_interface *p);

/* A protocol came to a handle: tells those who registered for it. */
void handle_changed(struct machine *m, struct handle *h, const struct guid *guid);

/* Whether a driver, or somebody exclusively, has it open. */
bool protocol_busy(const struct protocol_interface *p);

/* Adds to, or counts up, the list of opens; false when that is too long. */
bool protocol_add_open(struct protocol_interface *p, struct protocol_open open);
/* Removes what agent opened for controller; false when there is none. */
bool protocol_remove_open(
	struct protocol_interface *p, struct gaddr agent, struct gaddr controller);

/* A GUID argument that must be there. */
bool guid_argument(struct machine *m, const struct call *c, unsigned n, struct guid *guid);

/* DriverBinding (11.1) */
#define DB_SUPPORTED 0
#define DB_START     8
#define DB_STOP      16
#define DB_VERSION   24
#define DB_IMAGE     32

struct binding {
	struct gaddr handle, interface, image;
	uint32_t version;
	bool first; /* in the caller's list */
};

/* The driver binding on a handle; false when there is none that can be read. */
bool binding_read(struct machine *m, struct handle *h, struct binding *b);

#endif
