/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that a guest finds when it is started (UEFI 2.10 3.3). What
 * this firmware cannot do (menus, keys, capsules, Secure Boot) they say.
 */
#include "firmware/bds/bds.h"
#include "firmware/core/handles.h"
#include "firmware/machine.h"
#include "base/bytes.h"
#include "base/xalloc.h"
#include "uefi/protocols.h"

#define LANGUAGE         "en-US"
#define CONSOLE_PATH_MAX 1024

/* The device path of the first handle that has the protocol. */
static void define_console(
	struct machine *m, const char *name, const char *name_dev, const struct guid *guid)
{
	struct handle *const *list;
	size_t n;

	list = handle_list(m, &n);
	for (size_t i = 0; i < n; i++) {
		struct protocol_interface *p = handle_protocol(list[i], &uefi_device_path);
		uint64_t size;

		if (!p || !handle_protocol(list[i], guid))
			continue;
		size = device_path_length(m, p->interface);
		if (!size || size > CONSOLE_PATH_MAX)
			continue;
		CLEANUP(xfree) uint8_t *path = xmalloc(size);
		if (!guest_read(&m->ram, p->interface, path, size))
			continue;
		lanes_define(m->lanes, name, path, size);
		lanes_define(m->lanes, name_dev, path, size);
		return;
	}
}

void bds_init(struct machine *m)
{
	static const uint8_t zero[8], one = 1;

	lanes_define(m->lanes, "SecureBoot", zero, 1);
	lanes_define(m->lanes, "SetupMode", &one, 1);
	lanes_define(m->lanes, "AuditMode", zero, 1);
	lanes_define(m->lanes, "DeployedMode", zero, 1);
	lanes_define(m->lanes, "OsIndicationsSupported", zero, 8);
	lanes_define(m->lanes, "BootOptionSupport", zero, 4);
	lanes_define(m->lanes, "PlatformLangCodes", LANGUAGE, sizeof(LANGUAGE));
	lanes_define_missing(m->lanes, "PlatformLang", LANGUAGE, sizeof(LANGUAGE));
	lanes_define_missing(m->lanes, "Timeout", zero, 2);
	define_console(m, "ConOut", "ConOutDev", &uefi_text_out);
	define_console(m, "ErrOut", "ErrOutDev", &uefi_text_out);
	define_console(m, "ConIn", "ConInDev", &uefi_text_in);
}
