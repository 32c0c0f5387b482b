/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that a guest finds when it is started (UEFI 2.10 3.3). What
 * this firmware cannot do (menus, keys that are pressed, capsules) they say.
 */
#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/bds/store.h"
#include "firmware/proto/console.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

#define LANGUAGE "en-US"
#define TERMINALS                                                                                  \
	CONSOLE_PORT "VenPcAnsi()," CONSOLE_PORT "VenVt100()," CONSOLE_PORT                        \
		     "VenVt100Plus()," CONSOLE_PORT "VenUtf8()"

/*
 * Consoles, for loaders that choose theirs by them. A user may have chosen others; which devices there are
 * is the firmware's to say: the serial port, with any terminal at it. Keyboards on USB would be taken, too.
 */
static void define_consoles(struct machine *m)
{
	static const struct {
		const char *name, *path;
		bool kept;
	} rows[] = {
		{ "ConOut", CONSOLE_PORT CONSOLE_TERMINAL, true },
		{ "ErrOut", CONSOLE_PORT CONSOLE_TERMINAL, true },
		{ "ConIn", "UsbHID(0xFFFF,0xFFFF,0x1,0x1)," CONSOLE_PORT CONSOLE_TERMINAL, true },
		{ "ConOutDev", TERMINALS, false },
		{ "ErrOutDev", TERMINALS, false },
		{ "ConInDev", TERMINALS, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_release) struct buf path = BUF_INIT;

		if (!dp_from_text(rows[i].path, &path))
			abort();
		(rows[i].kept ? bds_define_missing : bds_define)(
			m, rows[i].name, buf_bytes(&path), path.len);
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
	load_option_encode(&option, LOAD_OPTION_ACTIVE, "Default PlatformRecovery",
		buf_bytes(&path), path.len, "", 0);
	bds_define(m, "PlatformRecovery0000", buf_bytes(&option), option.len);
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
	if (!m->bds->config.quirks->no_consoles)
		define_consoles(m);
}
