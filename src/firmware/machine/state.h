/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protocols keep in the host. Each state is of a kind and is the machine's: it is given back with the machine, and
 * machines whose states differ count as different. A protocol can have no other: what an interface
 * is installed with must be one of these (handle_install()), and `make lint` allows no variables beside them.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_STATE_H
#define ARMVM_FIRMWARE_MACHINE_STATE_H

#include "base/base.h"

struct buf;
struct machine;

struct state_kind {
	size_t size;
	/* Gives back what it points to. NULL: it points to nothing. */
	void (*release)(void *state);
	/*
	 * Adds what a copy of its bytes points to to out, and makes its pointers NULL: the rest is compared as bytes. There
	 * must be one if there is a release().
	 */
	void (*flatten)(void *copy, struct buf *out);
};

/* One more of this kind, zeroed. Aborts for a kind that could not be compared. */
void *state_new(struct machine *m, const struct state_kind *kind);
/* The first one of this kind; NULL when there is none. */
void *state_find(const struct machine *m, const struct state_kind *kind);
/* Whether it is one of this machine's. */
bool state_is_owned(const struct machine *m, const void *state);

/* Adds all states to out, in the order in which they were made. */
void states_encode(const struct machine *m, struct buf *out);
/* Gives them back, in the same order. */
void states_release(struct machine *m);

#endif
