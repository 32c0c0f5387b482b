/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the protocols of the Human Interface Infrastructure share: the database
 * of package lists, who watches it, and the keyboard layout in use.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_H
#define ARMVM_FIRMWARE_PROTO_HII_H

#include "firmware/core/handles.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/hii_packages.h"
#include "firmware/services/service.h"

/* A guest can't have more than this of the host's memory. */
#define HII_LISTS_MAX    256
#define HII_BYTES_MAX    (8u << 20)
#define HII_WATCHERS_MAX 64

/* EFI_HII_DATABASE_NOTIFY_TYPE */
enum hii_change {
	HII_NEW = 1,
	HII_REMOVE = 2,
	HII_EXPORT = 4,
	HII_ADD = 8,
};

/* Who registered to be notified of a change to packages. */
struct hii_watcher {
	uint64_t serial; /* from 1, in the order of coming; 0: free */
	struct gaddr handle, fn;
	uint64_t change;
	struct guid guid; /* of packages of GUIDs: the one that is watched */
	uint8_t type;
};

struct hii {
	struct hii_list *lists;
	size_t n;
	uint64_t serial; /* of the list that came last */
	struct hii_watcher watchers[HII_WATCHERS_MAX];
	uint64_t watchers_serial;
	struct buf layout; /* the keyboard layout in use; empty: none */
};

/* NULL when no such list is there. */
struct hii_list *hii_list_of(struct hii *hii, uint64_t handle);
/* Whether so many bytes more may be kept. */
bool hii_has_room(const struct hii *hii, uint64_t more);

/*
 * Hands over n bytes by the rules of "size in, size out"; always: the size is written to who had room, too.
 * EFI_INVALID_PARAMETER: room for something, and no memory.
 */
efi_status hii_give(struct machine *m, const void *bytes, size_t n, struct gaddr to,
	struct gaddr size_at, bool always);

/* ---- hii_notify.c ---- */

/* A change to the database that its watchers are notified of: some before it is made, some after. */
struct hii_job;

/* Of the list with this handle. */
struct hii_job *hii_job_new(struct machine *m, struct hii *hii, uint64_t handle);
/* Notifies of a package; its bytes are copied. */
void hii_job_notify(struct hii_job *job, enum hii_change change, const struct buf *package);
/* Here the list becomes this one, unless it is gone by then; one without a handle: here it ends. */
void hii_job_change(struct hii_job *job, struct hii_list *take_list);
/* Ends a handler: does all that, and answers with EFI_SUCCESS. */
efi_status hii_job_run(struct hii_job *take_job);

/* RegisterPackageNotify() and UnregisterPackageNotify() */
call_handler hii_watch, hii_unwatch;

/* ---- hii_keyboard.c, hii_string.c, hii_config.c, hii_font.c ---- */

/* FindKeyboardLayouts(), GetKeyboardLayout(), SetKeyboardLayout() */
call_handler hii_find_layouts, hii_get_layout, hii_set_layout;

void hii_string_install(struct machine *m, struct handle *h, struct hii *hii);
void hii_config_install(struct machine *m, struct handle *h, struct hii *hii);
void hii_font_install(struct machine *m, struct handle *h, struct hii *hii);

/* Whether a list has a string in whichever language. */
bool hii_has_string(const struct hii_list *list, uint16_t id);

/* The database that `This` is of; NULL: none. */
struct hii *hii_of(struct machine *m, const struct call *c);

#endif
