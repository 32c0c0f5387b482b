/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts. See verdict.h.
 */
#include <stdio.h>
#include <string.h>

#include "firmware/proto/console.h"
#include "firmware/lifecycle/left.h"
#include "firmware/lifecycle/verdict.h"

static const struct {
	const char *name;
	int status;
} verdicts[] = {
	[VERDICT_NONE] = { "none", 1 },
	[VERDICT_KERNEL] = { "kernel-entered", 0 },
	[VERDICT_RETURNED] = { "returned", 10 },
	[VERDICT_SHUTDOWN] = { "shut-down", 11 },
	[VERDICT_RESET] = { "reset", 12 },
	[VERDICT_RESET_LOOP] = { "reset-loop", 12 },
	[VERDICT_KEY] = { "waiting-for-key", 13 },
	[VERDICT_FAULT] = { "fault", 14 },
	[VERDICT_BUDGET] = { "budget-spent", 15 },
	[VERDICT_INCONCLUSIVE] = { "inconclusive", 3 },
	[VERDICT_NOTHING] = { "nothing-to-boot", 16 },
};

const char *verdict_name(enum verdict_kind kind)
{
	return verdicts[kind].name;
}

int verdict_exit_status(enum verdict_kind kind)
{
	return verdicts[kind].status;
}

static void doubt(struct machine *m, const char *because)
{
	char reason[sizeof(m->run.end.reason)];

	memcpy(reason, m->run.end.reason, sizeof(reason));
	snprintf(m->run.end.reason, sizeof(m->run.end.reason), "%.150s; %s", reason, because);
	m->run.end.kind = VERDICT_INCONCLUSIVE;
}

void verdict_doubt(struct machine *m)
{
	char because[128];
	const char *end;

	/* What the machine does after a reset is seen, whoever asked for it. */
	if (m->run.end.kind == VERDICT_KERNEL || m->run.end.kind == VERDICT_RESET)
		return;
	if (left_unfollowed(m, because)) {
		doubt(m, because);
	} else if (m->unimplemented.len) {
		end = strchr(text_str(&m->unimplemented), '\n');
		snprintf(because, sizeof(because),
			"but it asked for %.*s, which this firmware lacks",
			end ? (int)(end - text_str(&m->unimplemented)) : 0,
			text_str(&m->unimplemented));
		doubt(m, because);
	}
}

static bool has_status(const struct machine *m)
{
	return m->run.end.kind == VERDICT_RETURNED || m->run.end.kind == VERDICT_NOTHING ||
	       m->run.end.kind == VERDICT_SHUTDOWN || m->run.end.kind == VERDICT_RESET;
}

static void emit_common(struct machine *m)
{
	trace_text(&m->trace, "verdict", verdict_name(m->run.end.kind));
	trace_text(&m->trace, "reason", m->run.end.reason);
	if (has_status(m))
		trace_text(&m->trace, "status", efi_status_name(m->run.end.status));
	if (m->written.len)
		trace_text(&m->trace, "written", text_str(&m->written));
}

void verdict_emit(struct machine *m)
{
	CLEANUP(text_release) struct text screen = TEXT_INIT;

	trace_begin(&m->trace, "verdict");
	emit_common(m);
	if (m->run.end.kind == VERDICT_FAULT && m->run.end.pc) {
		trace_hex(&m->trace, "pc", m->run.end.pc);
		trace_hex(&m->trace, "address", m->run.end.address);
	}
	if (m->unimplemented.len)
		trace_text(&m->trace, "unimplemented", text_str(&m->unimplemented));
	/* The event kernel-entered has it, in the part of a boot's text that another boot may reuse. */
	if (m->run.end.kind != VERDICT_KERNEL) {
		console_text(m, &screen);
		trace_text(&m->trace, "screen", text_str(&screen));
	}
	trace_end(&m->trace);
}

void verdict_emit_boot(struct machine *m, unsigned boot)
{
	trace_begin(&m->trace, "boot-ended");
	trace_u64(&m->trace, "boot", boot);
	emit_common(m);
	trace_end(&m->trace);
}
