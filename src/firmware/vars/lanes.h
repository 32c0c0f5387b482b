/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several scenarios played by one machine. Boots are the same until something
 * is answered differently, so one machine stands for all scenarios whose
 * answers were alike so far: each is a lane, with a variable store of its own.
 * Every answer is worked out for each lane. Where they differ, `part` is asked
 * to leave the lanes of one answer to this machine, and to see that copies of it
 * go on with the others. So a guest can't tell whether it is alone.
 *
 * Functions that answer may therefore return with fewer lanes than before, in
 * another process.
 */
#ifndef ARMVM_FIRMWARE_VARS_LANES_H
#define ARMVM_FIRMWARE_VARS_LANES_H

#include "firmware/vars/vars.h"

#define LANES_MAX 64

enum lane_fact {
	LANE_TPM = 1,             /* the machine has one */
	LANE_ACPI = 2,            /* tables instead of a device tree */
	LANE_RUNTIME_REFUSED = 4, /* no SetVariable() once boot services are gone */
	LANE_REMOVABLE = 8,       /* the image is on a removable medium */
};

/* The letter of the image's own disks, which all lanes have. */
#define LANE_IMAGE 'I'

struct buf;
struct sha256_ctx;

struct lane {
	unsigned id; /* its owner's number for it */
	struct vars *vars;
	unsigned facts;    /* of enum lane_fact */
	const char *disks; /* letters in the order of the bus, LANE_IMAGE among them */
	efi_status answer; /* while lanes are parted by one */
};

struct lanes {
	struct lane v[LANES_MAX];
	size_t n; /* at least 1 while a machine runs */
	/*
	 * Called with the class (from 0) of each lane when there is more than one;
	 * calls lanes_keep() with the one that it leaves here.
	 */
	void (*part)(
		void *ctx, struct lanes *l, const unsigned class_of[LANES_MAX], unsigned n_classes);
	/* Called with text that is told to the lane with this id alone, at this point of all text. */
	void (*note)(void *ctx, unsigned id, const char *text, size_t len);
	void *ctx;
	/* What the first lane is asked and answered (journal.h); NULL: nobody wants to know. */
	struct buf *journal;
	void (*asked)(void *ctx); /* called whenever the journal has grown; may be NULL */
	/* What the firmware itself learns from lanes is added to it; NULL: nobody asks. */
	struct sha256_ctx *history;
};

/* No lanes yet. */
struct lanes *lanes_new(void);
/* A single lane with this store: for tests, and for programs that are run alone. */
struct lanes *lanes_single(struct vars *take_vars);
/* The lane's store is taken. */
void lanes_add(struct lanes *l, struct lane take_lane);
/* Drops the lanes of other classes. */
void lanes_keep(struct lanes *l, const unsigned class_of[LANES_MAX], unsigned class);
void lanes_free(struct lanes *l);
DEFINE_CLEANUP(struct lanes, lanes_free)

/*
 * Parts the lanes by a question of the caller's: same() says whether two of
 * them, by index, have the same answer.
 */
void lanes_part(
	struct lanes *l, bool (*same)(const void *ctx, size_t a, size_t b), const void *ctx);

/* The first lane was told something that no other one can be, as far as its journal goes. */
void lanes_private(struct lanes *l);
/* The firmware learnt this by looking into the lanes' stores itself. */
void lanes_learnt(struct lanes *l, const void *bytes, size_t len);

/* Whether it is so; asked when a guest looks for it. */
bool lanes_are(struct lanes *l, enum lane_fact fact);

/* Parts lanes with other disks, or the same in another order. */
void lanes_part_by_disks(struct lanes *l);

/* As vars_get(), vars_next(), vars_set(), vars_query() and vars_global(), once the lanes agree. */
const struct variable *lanes_get(
	struct lanes *l, const uint16_t *name, struct guid vendor, bool at_runtime);
const struct variable *lanes_next(struct lanes *l, const uint16_t *name, struct guid vendor,
	bool at_runtime, efi_status *status);
efi_status lanes_set(struct lanes *l, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime);
efi_status lanes_query(
	struct lanes *l, uint32_t attributes, bool at_runtime, struct var_info *info);
const struct variable *lanes_global(struct lanes *l, const char *name);

/* vars_define() in each lane; lanes_define_missing(): in those that have none of this name. */
void lanes_define(struct lanes *l, const char *name, const void *data, size_t size);
void lanes_define_missing(struct lanes *l, const char *name, const void *data, size_t size);

#endif
