/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the boot manager share. bds.c has the sources, list.c what is listed, option.c an
 * option, candidates.c where it leads, attempt.c one attempt. It is a machine of steps, because
 * loading and starting go through the guest: a step ends by asking for one of
 * these, and the answer names the next step.
 */
#ifndef ARMVM_FIRMWARE_BDS_PRIVATE_H
#define ARMVM_FIRMWARE_BDS_PRIVATE_H

#include "firmware/bds/bds.h"
#include "firmware/bds/candidates.h"
#include "firmware/bds/list.h"
#include "firmware/machine/machine.h"
#include "uefi/load_option.h"

/* Where it takes what it tries from, in this order; FROM_DISKS is all there is in a row with own_way. */
enum source {
	FROM_DRIVERS,
	FROM_SYSPREP,
	FROM_NEXT,
	FROM_ORDER,
	FROM_DEFAULT,
	FROM_DISKS,
};

struct variable;

struct bds {
	struct bds_config config; /* with quirks */
	void (*step)(struct machine *m, struct bds *b);
	bool stepping, again;

	enum source source;
	bool begun;            /* list is the source's */
	struct boot_list list; /* BootOrder and its like, as they were when their turn came */
	size_t at_list;
	bool outside;   /* list is an order from outside */
	int next;       /* BootNext, or NO_OPTION */
	bool defaulted; /* the default was tried */
	bool ran;       /* some image was started */
	size_t at_disk;

	/* Drivers that ran, and are to be connected to all handles */
	bool driver_ran, reconnect, disconnected;
	size_t at_handle;

	/* What is being tried */
	int option; /* or NO_OPTION */
	uint32_t attributes;
	uint8_t *data;
	size_t data_size;
	struct candidates candidates;
	size_t at_candidate;
	struct buf
		spent; /* the disk of a program that came to nothing: by default no other of its partitions counts */
	struct ahead *ahead; /* what is to be tried after the candidates, by a view's id; or NULL */
	struct gaddr path;   /* the candidate's, in guest memory */
	struct gaddr image;

	/* What the verdict says */
	unsigned tried;
	bool returned;            /* some image was started, and came back */
	efi_status returned_with; /* the last one */
	efi_status load_failed;   /* the last that is not EFI_NOT_FOUND, or EFI_SUCCESS */
	char *returned_name, *load_failed_name;
	char load_failed_why[128];
};

/* ---- bds.c ---- */

/* The next step, once this one is over. */
void bds_then(struct bds *b, void (*step)(struct machine *m, struct bds *b));
/* Runs steps until one waits for the guest. Answers that come at once don't nest. */
void bds_go(struct machine *m, struct bds *b);
/* A step: what the source has next. */
void bds_step_source(struct machine *m, struct bds *b);

/* ---- option.c ---- */

/* From here on it is known which disks there are, and whether the image is removable. */
void bds_resolve_disks(struct machine *m);
/* Why the option of a variable (NULL: there is none) is passed over; NULL when it leads to candidates. */
const char *bds_look_at(struct machine *m, const struct bds *b, const struct platform_view *view,
	const struct variable *var, struct load_option *o, struct candidates *candidates,
	struct err *err);
/* The option's candidates, or the reason why it is passed over. */
void bds_take_option(struct machine *m, struct bds *b, int option);

/* ---- attempt.c ---- */

/* A step: tries the candidates from at_candidate on, and goes back to the source without one. */
void bds_step_candidate(struct machine *m, struct bds *b);
/* Ends what is being tried. */
void bds_forget_attempt(struct machine *m, struct bds *b);

/* ---- ahead.c ---- */

/*
 * The default's candidates. As long as nothing of the guest's ran, what is not there is
 * passed over without it, so that machines with other disks go on together with the first
 * candidate that they have in common.
 */
void ahead_take_default(struct machine *m, struct bds *b);
/* The common candidate is over: each machine goes on with what it has after it. */
void ahead_take_rest(struct machine *m, struct bds *b);
void ahead_forget(struct bds *b);
/*
 * True when no option of BootOrder leads anywhere, which is an event for each: machines go on together
 * then, whatever their BootOrder is.
 */
bool ahead_order_is_stale(struct machine *m, struct bds *b);

/* ---- connect.c ---- */

/* A step: connects the drivers that ran to all handles (3.1), then goes on with the source. */
void bds_step_connect(struct machine *m, struct bds *b);

/* ---- indications.c ---- */

/* OsIndicationsSupported. */
uint64_t indications_supported(const struct bds_quirks *quirks);
/* Does what OsIndications asks for; it may end the run, or set the source. */
void indications_obey(struct machine *m, struct bds *b);

/* ---- disks.c ---- */

/* Of the disk at at_disk, as own_way has it: its candidate; false when there are no more disks. */
bool disks_next(struct machine *m, struct bds *b);

/* ---- emit.c ---- */

/* Where the attempt comes from, in a word. */
const char *bds_source_name(const struct bds *b);
/* "Boot", "Driver" or "SysPrep": how the source's options are named. */
const char *bds_option_prefix(const struct bds *b);
void bds_emit_try(struct machine *m, const struct bds *b, const struct candidate *c);
void bds_emit_result(struct machine *m, const char *step, efi_status status);
/* option: an option's name, or a file's. */
void bds_emit_skip(struct machine *m, const char *option, const char *reason);
void bds_emit_skip_path(struct machine *m, const struct candidate *c, const char *reason);

/* Remembers by *name what the candidate is called. */
void bds_set_name(char **name, const struct candidate *c);
/* The verdict when an image came back with EFI_SUCCESS, and when nothing is left to try. */
void bds_end_success(struct machine *m, const struct bds *b);
void bds_end(struct machine *m, const struct bds *b);

#endif
