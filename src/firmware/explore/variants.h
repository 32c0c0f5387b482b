/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variants: the scenarios that one machine plays together. Boots are the same until something is
 * answered differently, so one machine stands for all scenarios whose answers were alike so far. To the machine they
 * are a variable store and a platform (vars/var_store.h, machine/platform.h) like any other: every
 * answer is worked out for each variant, and where they differ, split() is asked to leave the variants of
 * one answer to this machine, and to have copies of it go on with the others. So a guest can't see
 * whether it is alone.
 *
 * Functions that answer may therefore return with fewer variants than before, in another process.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_VARIANTS_H
#define ARMVM_FIRMWARE_EXPLORE_VARIANTS_H

#include "firmware/machine/platform.h"
#include "firmware/vars/var_store.h"

#define VARIANTS_MAX PLATFORM_VIEWS_MAX

struct buf;
struct pending;
struct sha256_ctx;
struct trace;

struct variant {
	unsigned id; /* its owner's number for it, below VARIANTS_MAX */
	struct vars *vars;
	unsigned facts;    /* of enum platform_fact */
	const char *disks; /* letters in the order of the bus */
	efi_status answer; /* while variants are split by one */
};

struct variants {
	struct var_store store;   /* what a machine is given */
	struct platform platform; /* this, too */
	struct variant v[VARIANTS_MAX];
	size_t n; /* at least 1 while a machine runs */
	/*
	 * Called with the class (from 0) of each variant when there is more than one;
	 * calls variants_keep() with the one that it leaves here.
	 */
	void (*split)(void *ctx, struct variants *vs, const unsigned class_of[VARIANTS_MAX],
		unsigned n_classes);
	/* Called with text that the variant with this id alone has, at this point of all text. */
	void (*note)(void *ctx, unsigned id, const char *text, size_t len);
	void *ctx;
	struct trace *trace; /* of the machine */
	/* What the first variant is asked and answered (journal.h); NULL: nobody wants to know. */
	struct buf *journal;
	void (*asked)(void *ctx); /* called whenever the journal has grown; may be NULL */
	/* What the firmware itself learns from variants is added to it; NULL: nobody asks. */
	struct sha256_ctx *inputs;
	struct pending *pending;   /* see pending.h */
	struct platform_view seen; /* what platform_view() gave last */
};

/* No variants yet. */
struct variants *variants_new(void);
/* The variant's store is taken. */
void variants_add(struct variants *vs, struct variant take_variant);
/* Drops the variants of other classes. */
void variants_keep(struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned class);
void variants_free(struct variants *vs);
DEFINE_CLEANUP(struct variants, variants_free)

/*
 * Splits the variants by a question of the caller's: same() says whether two of
 * them, by index, have the same answer.
 */
void variants_split(
	struct variants *vs, bool (*same)(const void *ctx, size_t a, size_t b), const void *ctx);

/* The first variant has seen something that no other one can, as far as its journal goes. */
void variants_private(struct variants *vs);

#endif
