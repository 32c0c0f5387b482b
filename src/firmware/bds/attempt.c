/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying one candidate: BootCurrent, loading, starting. See private.h.
 *
 * An option, and by default a disk, stands for one program, the first that there is: whatever becomes of that, the
 * next option or disk is tried, as edk2 does. What is no program is passed over.
 *
 * A boot option that comes back with EFI_SUCCESS stops the search, because
 * there the specification has the menu of the boot manager (3.1.1). With any
 * other status, be it no error, it has failed, and the next is tried.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/bds/private.h"
#include "firmware/bds/store.h"
#include "firmware/core/events.h"
#include "firmware/core/image.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"
#include "uefi/protocols.h"

static const struct candidate *current(const struct bds *b)
{
	return &b->candidates.v[b->at_candidate];
}

/* Drivers and SysPrep applications prepare a boot; they are none. */
static bool is_boot(const struct bds *b)
{
	return b->source >= FROM_NEXT;
}

static void forget_path(struct machine *m, struct bds *b)
{
	if (b->path.v)
		pool_free(m->pool, b->path);
	b->path = GADDR_NULL;
}

void bds_forget_attempt(struct machine *m, struct bds *b)
{
	candidates_release(&b->candidates);
	b->at_candidate = 0;
	free(b->data);
	b->data = NULL;
	b->data_size = 0;
	if (is_boot(b) && (b->option != NO_OPTION || b->source == FROM_DEFAULT))
		bds_define(m, "BootCurrent", NULL, 0);
	b->option = NO_OPTION;
}

static void next_candidate(struct machine *m, struct bds *b)
{
	b->at_candidate++;
	if (b->ahead)
		ahead_take_rest(m, b);
	bds_then(b, bds_step_candidate);
}

/* How much of the path is the disk's: up to where it leads to a partition or a file. */
static size_t disk_size_of(const struct candidate *c)
{
	struct dp_node node;
	size_t at = 0, len = 0;

	while (dp_next(c->path, c->size, &at, &node) && node.type != DP_MEDIA &&
		node.type != DP_END)
		len = at;
	return len;
}

/* Whether what is tried are disks, one after the other, each for the program on it. */
static bool goes_by_disk(const struct bds *b)
{
	const struct bds_quirks *q = b->config.quirks;

	return is_boot(b) && b->option == NO_OPTION &&
	       (b->source != FROM_DEFAULT || (!q->platform_recovery && !q->scans));
}

static bool is_spent(const struct bds *b, const struct candidate *c)
{
	return goes_by_disk(b) && b->spent.len && disk_size_of(c) == b->spent.len &&
	       memcmp(c->path, buf_bytes(&b->spent), b->spent.len) == 0;
}

/* The program was tried in vain. */
static void spend(struct machine *m, struct bds *b)
{
	if (b->option != NO_OPTION) {
		b->at_candidate = b->candidates.n - 1;
	} else {
		buf_reset(&b->spent);
		buf_add(&b->spent, current(b)->path, disk_size_of(current(b)));
	}
	next_candidate(m, b);
}

static void prepared(struct bds *b, efi_status status)
{
	if (b->source == FROM_DRIVERS && !EFI_IS_ERROR(status)) {
		b->driver_ran = true;
		if (b->attributes & LOAD_OPTION_FORCE_RECONNECT)
			b->reconnect = true;
	}
	bds_then(b, bds_step_source);
}

static void came_back(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct bds *b = ctx;

	(void)image;
	bds_emit_result(m, "start", status);
	if (!is_boot(b)) {
		prepared(b, status);
	} else {
		bds_set_name(&b->returned_name, current(b));
		b->returned = true;
		b->returned_with = status;
		if (b->source == FROM_DISKS)
			bds_end(m, b);
		else if (status == EFI_SUCCESS && !b->config.quirks->scans)
			bds_end_success(m, b);
		else
			spend(m, b);
	}
	bds_go(m, b);
}

static void step_start(struct machine *m, struct bds *b)
{
	if (b->data_size &&
		image_set_options(m, b->image, b->data, (uint32_t)b->data_size) != EFI_SUCCESS) {
		next_candidate(m, b);
		return;
	}
	b->ran = true;
	image_start(m, b->image, came_back, b);
}

/* What could not be loaded: a program that stands for its option or disk, or nothing of the kind. */
static void pass_over(struct machine *m, struct bds *b, efi_status status)
{
	bool any = b->config.quirks->any_program;

	if (any && is_boot(b) && image_refused_by_edk2_alone(m))
		run_end(&m->run, VERDICT_INCONCLUSIVE,
			"%s is started there, though %.100s; what comes of that is not followed",
			b->load_failed_name, image_refusal(m));
	else if (status != EFI_NOT_FOUND && (any || image_was_program(m)))
		spend(m, b);
	else
		next_candidate(m, b);
}

static void loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	struct bds *b = ctx;

	forget_path(m, b);
	/* A security violation leaves an image that must not be started (7.4.1). */
	bds_emit_result(m, "load", status);
	if (EFI_IS_ERROR(status)) {
		if (status != EFI_NOT_FOUND && is_boot(b)) {
			b->load_failed = status;
			bds_set_name(&b->load_failed_name, current(b));
			snprintf(b->load_failed_why, sizeof(b->load_failed_why), "%s",
				image_refusal(m));
		}
		pass_over(m, b, status);
	} else {
		b->image = image;
		bds_then(b, step_start);
	}
	bds_go(m, b);
}

/* The default behaviour boots from the candidate's device: the path as far as it leads to no partition and no file. */
static void keep_option(struct machine *m, const struct candidate *c)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;

	buf_add(&device, c->path, disk_size_of(c));
	dp_add_end(&device);
	var_store_keep_option(m->vars, buf_bytes(&device), device.len);
}

/*
 * 3.3: the option that was taken, known to those who wait for ready-to-boot, too. What the default behaviour makes
 * is not saved, so that there is none that BootCurrent could name, unless the store's firmware keeps options. Quirks
 * that save options have done so before; edk2 has none for a recovery.
 */
static void set_current(struct machine *m, const struct bds *b)
{
	bds_define(m, "BootCurrent", (uint8_t[]){ (uint8_t)b->option, (uint8_t)(b->option >> 8) },
		b->option == NO_OPTION ? 0 : 2);
	if (b->source == FROM_DEFAULT && !b->config.quirks->saving)
		keep_option(m, current(b));
}

void bds_step_candidate(struct machine *m, struct bds *b)
{
	struct image_source source = { .boot_policy = is_boot(b),
		.application = is_boot(b) && !b->config.quirks->any_program };
	const struct candidate *c;

	if (b->at_candidate == b->candidates.n) {
		bds_then(b, bds_step_source);
		return;
	}
	c = current(b);
	if (is_spent(b, c)) {
		bds_emit_skip_path(
			m, c, "another partition of its disk had a program, which came to nothing");
		next_candidate(m, b);
		return;
	}
	b->tried += is_boot(b);
	bds_emit_try(m, b, c);
	if (pool_allocate(m->pool, MEM_BOOT_DATA, c->size, &b->path) != EFI_SUCCESS ||
		!guest_write(m->ram, b->path, c->path, c->size)) {
		bds_emit_result(m, "load", EFI_OUT_OF_RESOURCES);
		next_candidate(m, b);
		return;
	}
	if (is_boot(b)) {
		set_current(m, b);
		event_signal_group(m, &uefi_group_ready_to_boot);
		event_signal_group(m, &uefi_group_after_ready_to_boot);
	}
	source.path = b->path;
	image_load(m, &source, loaded, b);
}
