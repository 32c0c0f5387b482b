/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OsIndications (UEFI 2.10 8.5.4): what an operating system asks of the
 * firmware at the next boot. The variable is the system's; the firmware clears
 * the bits that it has consumed and no others. This firmware has no setup to
 * stop in and does not say that it has, so a system that asks for one all the
 * same is an event, and the boot goes on. A quirk gives it one: then the bit is
 * cleared, and the run ends where the machine would wait for somebody.
 */
#include "base/bytes.h"
#include "firmware/bds/private.h"
#include "firmware/bds/store.h"

#define BOOT_TO_FW_UI           UINT64_C(0x01)
#define START_PLATFORM_RECOVERY UINT64_C(0x40)

uint64_t indications_supported(const struct bds_quirks *quirks)
{
	return (quirks->has_setup ? BOOT_TO_FW_UI : 0) |
	       (quirks->platform_recovery ? START_PLATFORM_RECOVERY : 0);
}

static void emit(struct machine *m, uint64_t asked, uint64_t supported)
{
	trace_begin(&m->trace, "os-indications");
	trace_hex(&m->trace, "asked", asked);
	trace_hex(&m->trace, "supported", supported);
	if (asked & BOOT_TO_FW_UI & ~supported)
		trace_text(&m->trace, "reason",
			"the firmware has no setup, and does not say that it has: the boot goes on");
	else if (asked & ~supported)
		trace_text(
			&m->trace, "reason", "the firmware does not support it: the boot goes on");
	trace_end(&m->trace);
}

void indications_obey(struct machine *m, struct bds *b)
{
	uint64_t supported = indications_supported(b->config.quirks), asked;
	const struct variable *var = bds_var(m, "OsIndications");
	uint8_t left[8];

	if (!var || var->size != sizeof(left))
		return;
	asked = le64(var->data);
	if (!asked)
		return;
	emit(m, asked, supported);
	if (b->config.quirks->drops_indications && (asked & ~supported)) {
		bds_define(m, "OsIndications", NULL, 0);
		return;
	}
	if (asked & supported) {
		put_le64(left, asked & ~supported);
		bds_define(m, "OsIndications", left, sizeof(left));
	}
	if (asked & supported & BOOT_TO_FW_UI)
		run_end(&m->run, VERDICT_KEY,
			"OsIndications asks for the firmware's setup, which waits for somebody to use it");
	else if (asked & supported & START_PLATFORM_RECOVERY)
		b->source = FROM_DEFAULT;
}
