/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events and verdicts of the boot manager. See private.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/bds/private.h"
#include "uefi/device_path.h"

#define STATUS_TEXT 32

const char *bds_source_name(const struct bds *b)
{
	static const char *const names[] = {
		[FROM_DRIVERS] = "DriverOrder",
		[FROM_SYSPREP] = "SysPrepOrder",
		[FROM_NEXT] = "BootNext",
		[FROM_ORDER] = "BootOrder",
		[FROM_DEFAULT] = "default",
		[FROM_DISKS] = "disk",
	};

	if (b->source == FROM_ORDER && b->outside)
		return "fw_cfg";
	if (b->source == FROM_DEFAULT && b->config.quirks->platform_recovery)
		return "PlatformRecovery";
	return names[b->source];
}

const char *bds_option_prefix(const struct bds *b)
{
	return b->source == FROM_DRIVERS   ? "Driver"
	       : b->source == FROM_SYSPREP ? "SysPrep"
					   : "Boot";
}

void bds_emit_skip(struct machine *m, const char *option, const char *reason)
{
	trace_begin(&m->trace, "boot-skip");
	trace_text(&m->trace, "option", option);
	trace_text(&m->trace, "reason", reason);
	trace_end(&m->trace);
}

void bds_emit_skip_path(struct machine *m, const struct candidate *c, const char *reason)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;

	dp_to_text(c->path, c->size, DP_TEXT_SHORTCUTS, &text);
	trace_begin(&m->trace, "boot-skip");
	trace_text(&m->trace, "path", text_str(&text));
	trace_text(&m->trace, "reason", reason);
	trace_end(&m->trace);
}

void bds_emit_result(struct machine *m, const char *step, efi_status status)
{
	trace_begin(&m->trace, "boot-result");
	trace_text(&m->trace, "step", step);
	trace_text(&m->trace, "status", efi_status_name(status));
	trace_hex(&m->trace, "code", status);
	trace_end(&m->trace);
}

void bds_emit_try(struct machine *m, const struct bds *b, const struct candidate *c)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	char name[OPTION_NAME_MAX];

	dp_to_text(c->path, c->size, DP_TEXT_SHORTCUTS, &text);
	trace_begin(&m->trace, "boot-try");
	trace_text(&m->trace, "from", bds_source_name(b));
	if (b->option != NO_OPTION) {
		option_name(bds_option_prefix(b), b->option, name);
		trace_text(&m->trace, "option", name);
	}
	trace_text(&m->trace, "path", text_str(&text));
	trace_end(&m->trace);
}

/* The file's name for the verdict, or all of the path when it names no file. */
static char *name_of(const struct candidate *c)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	struct dp_node node;
	size_t from = 0;

	for (size_t pos = 0; dp_next(c->path, c->size, &pos, &node); from = pos)
		if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_FILE)
			return dp_file_path(c->path, c->size, from);
	dp_to_text(c->path, c->size, DP_TEXT_SHORTCUTS, &text);
	return text_detach(&text);
}

void bds_set_name(char **name, const struct candidate *c)
{
	free(*name);
	*name = name_of(c);
}

static const char *name_or(const char *name)
{
	return name ? name : "the loader";
}

/* Its name, or its number when it has none: what a program leaves in x0 by mistake. */
static const char *status_text(efi_status status, char code[STATUS_TEXT])
{
	const char *name = efi_status_name(status);

	if (strcmp(name, "EFI_STATUS") != 0)
		return name;
	snprintf(code, STATUS_TEXT, "status 0x%" PRIx64, status);
	return code;
}

void bds_end_success(struct machine *m, const struct bds *b)
{
	run_end_status(&m->run, VERDICT_RETURNED, EFI_SUCCESS,
		"%s gave control back to the firmware as if all were done, and the firmware waits in its menu",
		name_or(b->returned_name));
}

void bds_end(struct machine *m, const struct bds *b)
{
	char code[STATUS_TEXT];

	if (b->returned) {
		run_end_status(&m->run, VERDICT_RETURNED, b->returned_with,
			"%s gave up with %s, and the firmware has nothing else to try",
			name_or(b->returned_name), status_text(b->returned_with, code));
	} else if (b->load_failed != EFI_SUCCESS) {
		run_end_status(&m->run, VERDICT_NOTHING, b->load_failed,
			"%s cannot be run (%s)%s%s", name_or(b->load_failed_name),
			status_text(b->load_failed, code), *b->load_failed_why ? ": " : "",
			b->load_failed_why);
	} else if (b->tried) {
		run_end_status(&m->run, VERDICT_NOTHING, EFI_NOT_FOUND,
			"no file system on the disks has %s", BDS_DEFAULT_PATH);
	} else {
		run_end_status(&m->run, VERDICT_NOTHING, EFI_NOT_FOUND,
			"no disk has a system partition that the firmware can read (FAT)");
	}
}
