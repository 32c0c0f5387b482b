/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager. See bds.h. It is a machine of steps, because loading and
 * starting go through the guest: a step ends by asking for one of these, and
 * the answer names the next step.
 *
 * An option that comes back with EFI_SUCCESS stops the search, because there
 * the specification has the menu of the boot manager (3.1.1). With any other
 * status, be it no error, it has failed, and the next is tried.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/bds/expand.h"
#include "firmware/core/events.h"
#include "firmware/core/image.h"
#include "firmware/machine.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"
#include "uefi/protocols.h"

#define STATUS_TEXT 32
#define NO_OPTION   (-1)
#define OPTION_NAME 12 /* "Boot0000" */

enum source {
	FROM_NEXT,
	FROM_ORDER,
	FROM_DEFAULT
};

struct bds {
	void (*step)(struct machine *m, struct bds *b);
	bool stepping, again;

	enum source source;
	int next;        /* BootNext, or NO_OPTION */
	uint16_t *order; /* BootOrder as it was when its turn came */
	size_t n_order, at_order;

	/* What is being tried */
	int option; /* or NO_OPTION */
	uint8_t *data;
	size_t data_size;
	struct candidates candidates;
	size_t at_candidate;
	struct gaddr path; /* the candidate's, in guest memory */
	struct gaddr image;

	/* What is told at the end */
	unsigned tried;
	bool returned;            /* some image was started, and came back */
	efi_status returned_with; /* the last one */
	efi_status load_failed;   /* the last that is not EFI_NOT_FOUND, or EFI_SUCCESS */
	char *returned_name, *load_failed_name;
	char load_failed_why[128];
};

static const char *const source_names[] = { "BootNext", "BootOrder", "default" };

void bds_free(struct bds *b)
{
	if (!b)
		return;
	free(b->order);
	free(b->data);
	free(b->returned_name);
	free(b->load_failed_name);
	candidates_release(&b->candidates);
	free(b);
}

/* Runs steps until one waits for the guest. Answers that come at once don't nest. */
static void go(struct machine *m, struct bds *b)
{
	b->again = true;
	if (b->stepping)
		return;
	b->stepping = true;
	while (b->again && m->verdict.kind == VERDICT_NONE) {
		b->again = false;
		b->step(m, b);
	}
	b->stepping = false;
}

static void step_source(struct machine *m, struct bds *b);
static void step_candidate(struct machine *m, struct bds *b);

static void then(struct bds *b, void (*step)(struct machine *m, struct bds *b))
{
	b->step = step;
	b->again = true;
}

static void option_name(int option, char name[OPTION_NAME])
{
	snprintf(name, OPTION_NAME, "Boot%04X", (unsigned)option & 0xffff);
}

static void tell_skip(struct machine *m, const char *name, const char *reason)
{
	trace_begin(&m->trace, "boot-skip");
	trace_text(&m->trace, "option", name);
	trace_text(&m->trace, "reason", reason);
	trace_end(&m->trace);
}

static void tell_result(struct machine *m, const char *step, efi_status status)
{
	trace_begin(&m->trace, "boot-result");
	trace_text(&m->trace, "step", step);
	trace_text(&m->trace, "status", efi_status_name(status));
	trace_hex(&m->trace, "code", status);
	trace_end(&m->trace);
}

static void tell_try(struct machine *m, const struct bds *b, const struct candidate *c)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	char name[OPTION_NAME];

	dp_to_text(c->path, c->size, true, &text);
	trace_begin(&m->trace, "boot-try");
	trace_text(&m->trace, "from", source_names[b->source]);
	if (b->option != NO_OPTION) {
		option_name(b->option, name);
		trace_text(&m->trace, "option", name);
	}
	trace_text(&m->trace, "path", buf_str(&text));
	trace_end(&m->trace);
}

/* The file's name for the verdict, or all of the path when it names no file. */
static char *name_of(const struct candidate *c)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct dp_node node;
	size_t from = 0;

	for (size_t pos = 0; dp_next(c->path, c->size, &pos, &node); from = pos)
		if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_FILE)
			return dp_file_path(c->path, c->size, from);
	dp_to_text(c->path, c->size, true, &text);
	return buf_detach(&text);
}

static void set_name(char **name, const struct candidate *c)
{
	free(*name);
	*name = name_of(c);
}

/* ---- trying one candidate ---- */

static const struct candidate *current(const struct bds *b)
{
	return &b->candidates.v[b->at_candidate];
}

static void forget_path(struct machine *m, struct bds *b)
{
	if (b->path.v)
		pool_free(m->pool, b->path);
	b->path = GADDR_NULL;
}

static void next_candidate(struct bds *b)
{
	b->at_candidate++;
	then(b, step_candidate);
}

static void came_back(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct bds *b = ctx;

	(void)image;
	tell_result(m, "start", status);
	set_name(&b->returned_name, current(b));
	b->returned = true;
	b->returned_with = status;
	if (status == EFI_SUCCESS) {
		m->verdict.status = status;
		machine_end(m, VERDICT_RETURNED,
			"%s gave control back to the firmware as if all were done, and the firmware waits in its menu",
			b->returned_name ? b->returned_name : "the loader");
		return;
	}
	next_candidate(b);
	go(m, b);
}

static void step_start(struct machine *m, struct bds *b)
{
	if (b->data_size &&
		image_set_options(m, b->image, b->data, (uint32_t)b->data_size) != EFI_SUCCESS) {
		next_candidate(b);
		return;
	}
	if (b->option == NO_OPTION)
		lanes_define(m->lanes, "BootCurrent", NULL, 0);
	else
		lanes_define(m->lanes, "BootCurrent",
			(uint8_t[]){ (uint8_t)b->option, (uint8_t)(b->option >> 8) }, 2);
	image_start(m, b->image, came_back, b);
}

static void loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct bds *b = ctx;

	forget_path(m, b);
	/* A security violation leaves an image that must not be started (7.4.1). */
	tell_result(m, "load", status);
	if (EFI_IS_ERROR(status)) {
		if (status != EFI_NOT_FOUND) {
			b->load_failed = status;
			set_name(&b->load_failed_name, current(b));
			snprintf(b->load_failed_why, sizeof(b->load_failed_why), "%s",
				image_refusal(m));
		}
		next_candidate(b);
	} else {
		b->image = image;
		then(b, step_start);
	}
	go(m, b);
}

static void step_candidate(struct machine *m, struct bds *b)
{
	struct image_source source = { .boot_policy = true };
	const struct candidate *c;

	if (b->at_candidate == b->candidates.n) {
		then(b, step_source);
		return;
	}
	c = current(b);
	b->tried++;
	tell_try(m, b, c);
	if (pool_allocate(m->pool, MEM_BOOT_DATA, c->size, &b->path) != EFI_SUCCESS ||
		!guest_write(&m->ram, b->path, c->path, c->size)) {
		tell_result(m, "load", EFI_OUT_OF_RESOURCES);
		next_candidate(b);
		return;
	}
	event_signal_group(m, &uefi_group_ready_to_boot);
	event_signal_group(m, &uefi_group_after_ready_to_boot);
	source.path = b->path;
	image_load(m, &source, loaded, b);
}

/* ---- finding candidates ---- */

static void forget_option(struct bds *b)
{
	candidates_release(&b->candidates);
	b->at_candidate = 0;
	free(TAKE(b->data));
	b->data_size = 0;
	b->option = NO_OPTION;
}

/* `chosen`: by BootNext, which asks for this one whether it is active or not. */
static void take_option(struct machine *m, struct bds *b, int option, bool chosen)
{
	const struct variable *var;
	char name[OPTION_NAME];
	struct load_option o;
	struct err err = { 0 };

	option_name(option, name);
	var = lanes_global(m->lanes, name);
	if (!var) {
		tell_skip(m, name, "it does not exist");
	} else if (load_option_parse(var->data, var->size, &o, &err) < 0) {
		tell_skip(m, name, err.text);
	} else if (!chosen && !(o.attributes & LOAD_OPTION_ACTIVE)) {
		tell_skip(m, name, "it is not active");
	} else if (!chosen && (o.attributes & LOAD_OPTION_CATEGORY)) {
		tell_skip(m, name, "it is no boot option, but an application");
	} else {
		b->option = option;
		b->data = xmemdup(o.data, o.data_size);
		b->data_size = o.data_size;
		expand_option(m, o.paths, o.path_size, &b->candidates);
		if (!b->candidates.n)
			tell_skip(m, name, "what it names is not there");
	}
}

static void read_order(struct machine *m, struct bds *b)
{
	const struct variable *var = lanes_global(m->lanes, "BootOrder");

	b->n_order = var ? var->size / 2 : 0;
	b->order = xcalloc(b->n_order, sizeof(*b->order));
	for (size_t i = 0; i < b->n_order; i++)
		b->order[i] = le16(var->data + 2 * i);
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

static void nothing_left(struct machine *m, const struct bds *b)
{
	char code[STATUS_TEXT];

	if (b->returned) {
		m->verdict.status = b->returned_with;
		machine_end(m, VERDICT_RETURNED,
			"%s gave up with %s, and the firmware has nothing else to try",
			b->returned_name ? b->returned_name : "the loader",
			status_text(b->returned_with, code));
	} else if (b->load_failed != EFI_SUCCESS) {
		m->verdict.status = b->load_failed;
		machine_end(m, VERDICT_NOTHING, "%s cannot be run (%s)%s%s",
			b->load_failed_name ? b->load_failed_name : "the loader",
			status_text(b->load_failed, code), *b->load_failed_why ? ": " : "",
			b->load_failed_why);
	} else if (b->tried) {
		m->verdict.status = EFI_NOT_FOUND;
		machine_end(
			m, VERDICT_NOTHING, "no file system on the disks has %s", BDS_DEFAULT_PATH);
	} else {
		m->verdict.status = EFI_NOT_FOUND;
		machine_end(m, VERDICT_NOTHING,
			"no disk has a file system that the firmware can read (FAT)");
	}
}

static void step_source(struct machine *m, struct bds *b)
{
	forget_option(b);
	then(b, step_candidate);
	switch (b->source) {
	case FROM_NEXT:
		if (b->next != NO_OPTION) {
			take_option(m, b, b->next, true);
			b->next = NO_OPTION;
			return;
		}
		b->source = FROM_ORDER;
		read_order(m, b);
		/* fallthrough */
	case FROM_ORDER:
		if (b->at_order < b->n_order) {
			take_option(m, b, b->order[b->at_order++], false);
			return;
		}
		b->source = FROM_DEFAULT;
		expand_default(m, &b->candidates);
		return;
	case FROM_DEFAULT:
		nothing_left(m, b);
	}
}

void bds_start(struct machine *m)
{
	const struct variable *next = lanes_global(m->lanes, "BootNext");
	struct bds *b = xcalloc(1, sizeof(*b));

	bds_free(m->bds);
	m->bds = b;
	b->option = NO_OPTION;
	b->next = next && next->size == 2 ? le16(next->data) : NO_OPTION;
	/* Before it is used, so that a loader that hangs is not tried for ever (3.3). */
	lanes_define(m->lanes, "BootNext", NULL, 0);
	b->step = step_source;
	go(m, b);
}
