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

/* What handle_install_when() was given; NULL when it is resolved. */
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
	handles_resolved *resolved;
	unsigned last_number;
	uint64_t turns; /* protocols that guests installed, or installed anew */
	struct protocol_notify *notifies;
	size_t n_notifies;
	struct protocol_deferred deferred;
	struct gaddr firmware; /* see handles_set_firmware() */
};

void handle_free(struct handle *h);

/* A guest looks for a protocol, or (NULL) for all handles: what was deferred or hidden is resolved. */
void handles_look(struct machine *m, const struct guid *guid);
/* A guest looks for it along this device path. */
void handles_look_at_path(struct machine *m, const struct guid *guid, struct gaddr path);
/* Whether a hidden handle has the protocol. */
bool handles_hidden(struct machine *m, const struct guid *guid);

/* The address of an interface, for the guest. */
struct gaddr protocol_give(struct machine *m, struct protocol_interface *p);

/* A protocol came to a handle: signals those who registered for it. */
void handle_changed(struct machine *m, struct handle *h, const struct guid *guid);

/* Whether it can't be removed at once: a driver, somebody exclusively, or for a child has it open. */
bool protocol_busy(const struct protocol_interface *p);

/* Adds to, or counts up, the list of opens; false when that is too long. */
bool protocol_add_open(struct protocol_interface *p, struct protocol_open open);
/* Removes what was opened without hindering others: those who took, got or tested it. */
void protocol_drop_casual(struct protocol_interface *p);
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
	unsigned rank; /* among those that the version does not order, from 1; 0: by its version */
	size_t place;  /* among the handles */
	bool asked;    /* it was started, or would not */
};

/* The driver binding on a handle; false when there is none that can be read. */
bool binding_read(struct machine *m, struct handle *h, struct binding *b);

#define DRIVERS_MAX 256

/* Whom a job for drivers answers: its first member. */
struct drivers_waiter {
	drivers_done *done;
	void *ctx;
};

/* The job that begins with this is over: it is freed, and its waiter gets the status. */
void drivers_over(struct machine *m, struct drivers_waiter *take_job, efi_status status);

struct driver_order; /* opaque */
/* n drivers, the first to be asked at the beginning; they are the callee's to free. */
typedef void driver_order_done(struct machine *m, void *ctx, struct binding *drivers, size_t n);
/*
 * The drivers that ConnectController() asks about a controller, in its order (7.3.12): the caller's list
 * (NULL: none), platform, family and bus specific overrides, which run guest code, and the versions.
 * done is called before it returns, or later; ctx_free when it never is.
 */
void driver_order_make(struct machine *m, struct gaddr controller, struct gaddr list,
	driver_order_done *done, void *ctx, void (*ctx_free)(void *));

/*
 * Stops, one after another, the drivers that have opened the interface of a handle. done gets EFI_SUCCESS
 * when no driver has it open any more, EFI_ACCESS_DENIED when one would not stop.
 */
void drivers_release(struct machine *m, struct gaddr handle, const struct guid *guid,
	drivers_done *done, void *ctx);

#endif
