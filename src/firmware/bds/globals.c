/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that a guest finds when it is started (UEFI 2.10 3.3). What
 * this firmware cannot do (menus, keys that are pressed, capsules) they say.
 */
#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/bds/store.h"
#include "firmware/core/handles.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"
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
		if (!guest_read(m->ram, p->interface, path, size))
			continue;
		bds_define(m, name, path, size);
		bds_define(m, name_dev, path, size);
		return;
	}
}

/* The default loader's path on any file system (3.4.2). */
static void define_recovery(struct machine *m)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	CLEANUP(buf_release) struct buf option = BUF_INIT;

	if (!dp_add_file(&path, BDS_DEFAULT_PATH))
		return;
	dp_add_end(&path);
	load_option_encode(&option, LOAD_OPTION_ACTIVE, "Default PlatformRecovery", path.data,
		path.len, "", 0);
	bds_define(m, "PlatformRecovery0000", option.data, option.len);
}

void bds_init(struct machine *m, const struct bds_config *config)
{
	static const uint8_t zero[8];
	uint8_t indications[8];

	bds_free(m->bds);
	m->bds = xcalloc(1, sizeof(*m->bds));
	if (config)
		m->bds->config = *config;
	if (!m->bds->config.quirks)
		m->bds->config.quirks = &bds_quirks[0];
	put_le64(indications, indications_supported(m->bds->config.quirks));

	var_store_power_on(m->vars);
	bds_define(m, "OsIndicationsSupported", indications, sizeof(indications));
	bds_define(m, "BootOptionSupport", zero, 4);
	bds_define(m, "PlatformLangCodes", LANGUAGE, sizeof(LANGUAGE));
	bds_define_missing(m, "PlatformLang", LANGUAGE, sizeof(LANGUAGE));
	bds_define_missing(m, "Timeout", zero, 2);
	if (m->bds->config.quirks->platform_recovery)
		define_recovery(m);
	define_console(m, "ConOut", "ConOutDev", &uefi_text_out);
	define_console(m, "ErrOut", "ErrOutDev", &uefi_text_out);
	define_console(m, "ConIn", "ConInDev", &uefi_text_in);
}
