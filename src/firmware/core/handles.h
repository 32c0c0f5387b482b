/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handle database (UEFI 2.10 7.3): handles, the protocol interfaces on
 * them, and who has opened which. A handle is a guest address (of a block that
 * holds nothing), so that guests may compare and print it, and never 0.
 */
#ifndef ARMVM_FIRMWARE_CORE_HANDLES_H
#define ARMVM_FIRMWARE_CORE_HANDLES_H

#include "firmware/core/call.h"

struct protocol_open {
	struct gaddr agent, controller;
	uint32_t attributes, count;
};

struct protocol_interface {
	struct guid guid;
	struct gaddr interface; /* may be 0: a protocol that is only a mark */
	void *host; /* a state of the machine's (machine/state.h); NULL: it needs none, or is the guest's */
	/* Called before a guest gets the interface; or NULL. */
	void (*given)(struct machine *m);
	uint64_t turn; /* how many a guest had installed by then, this one with them */
	struct protocol_open *opens;
	size_t n_opens;
};

struct handle {
	struct gaddr address;
	unsigned number; /* from 1, in the order of creation: for traces */
	char disk; /* the letter of the disk that it belongs to (machine/platform.h); 0: none */
	struct protocol_interface *protocols;
	size_t n_protocols;
};

struct handles; /* opaque; m->handles */

struct handles *handles_new(struct machine *m);
void handles_free(struct handles *h);

/* A new handle with nothing on it; NULL when there are too many. */
struct handle *handle_create(struct machine *m);
/* NULL when the address is no handle. Of one that is hidden it is a question: see handles_hide(). */
struct handle *handle_of(struct machine *m, struct gaddr address);
/*
 * All handles in the order of creation, but for disks, and without those that are hidden (see
 * handles_hide()); valid until one is created or destroyed, or hidden ones are resolved.
 */
struct handle *const *handle_list(struct machine *m, size_t *n);

/* The handle of the firmware's own image, as whose agent HandleProtocol() opens (7.3.7); 0: there is none yet. */
void handles_set_firmware(struct machine *m, struct gaddr image);
struct gaddr handles_firmware(const struct machine *m);

/* Everything that an image opened is closed (7.4.5). */
void handles_close_agent(struct machine *m, struct gaddr agent);

/* NULL when it has none. */
struct protocol_interface *handle_protocol(struct handle *h, const struct guid *guid);
/*
 * Puts a protocol on a handle and wakes those who registered for it
 * (RegisterProtocolNotify). EFI_INVALID_PARAMETER when it is there already. Aborts when host is no state of the
 * machine's.
 */
efi_status handle_install(struct machine *m, struct handle *h, const struct guid *guid,
	struct gaddr interface, void *host);
/*
 * The same for a protocol that the platform may have: there() says whether it has, and is asked when a guest
 * first looks for it. Only one, and its handle has no other.
 */
void handle_install_when(struct machine *m, struct handle *h, const struct guid *guid,
	struct gaddr interface, bool (*there)(struct machine *m));
/* Removes it; a handle without protocols is destroyed. EFI_ACCESS_DENIED while it is busy: see protocol_busy(). */
efi_status handle_uninstall(
	struct machine *m, struct handle *h, const struct guid *guid, struct gaddr interface);

/*
 * Disks that the platform may have: each machine has them all at first, so that its memory does not
 * depend on which there are. handles_hide() hides the handles of those with another letter than
 * PLATFORM_IMAGE. They come to light when a guest asks for what one of them is an answer to, or by
 * handles_resolve(): then the platform is asked, those that it has stand where the first disk's
 * handle does, in the order of the bus, and the others are gone. resolved() is called after that with
 * their letters.
 */
typedef void handles_resolved(struct machine *m, const char *disks);
void handles_hide(struct machine *m, handles_resolved *resolved);
void handles_resolve(struct machine *m);

/* The handles of a machine with these disks, in its order. */
struct handle_view {
	struct handle **v;
	size_t n;
};
void handle_view_make(struct machine *m, const char *disks, struct handle_view *out);
void handle_view_release(struct handle_view *view);
DEFINE_RELEASE(struct handle_view, handle_view_release)

/* The host state of the protocol whose interface is at `this`, or NULL: for `This` arguments. */
void *protocol_host(struct machine *m, struct gaddr this_, const struct guid *guid);

/*
 * LocateDevicePath() for hosts: the handle with this protocol whose device
 * path is the longest beginning of *path, which is moved behind it; NULL when
 * there is none.
 */
struct handle *handle_on_path(struct machine *m, const struct guid *guid, struct gaddr *path);
/* The length of a device path in guest memory, its end node included; 0 when it is malformed. */
uint64_t device_path_length(struct machine *m, struct gaddr path);

/*
 * ConnectController() and DisconnectController() for hosts; done gets the
 * status. driver and child 0: all.
 */
typedef void drivers_done(struct machine *m, void *ctx, efi_status status);
void drivers_connect(struct machine *m, struct gaddr controller, struct gaddr first_drivers,
	struct gaddr remaining, bool recursive, drivers_done *done, void *ctx);
void drivers_disconnect(struct machine *m, struct gaddr controller, struct gaddr driver,
	struct gaddr child, drivers_done *done, void *ctx);

call_handler svc_install_protocol, svc_reinstall_protocol, svc_uninstall_protocol,
	svc_handle_protocol, svc_open_protocol, svc_close_protocol, svc_open_information,
	svc_protocols_per_handle, svc_install_multiple, svc_uninstall_multiple;
call_handler svc_register_notify, svc_locate_handle, svc_locate_handle_buffer, svc_locate_protocol,
	svc_locate_device_path;
call_handler svc_connect, svc_disconnect;

#endif
