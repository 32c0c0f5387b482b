/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest functions that compute SHA-1 or SHA-256 over whole blocks, as OpenSSL has them:
 * f(state, data, number of blocks), with the state's words first. shim takes a loader's
 * digests with both, which is two thirds of its boot. All blocks but the last can be
 * done by the host; the guest does the last one, so registers and memory come out as
 * they would.
 *
 * A function is a candidate by its prologue and the constants that it loads, and is
 * trusted once states that it left behind were those that the host had predicted; one
 * that was not ends that for ever.
 */
#ifndef ARMVM_FIRMWARE_CPU_HASHES_H
#define ARMVM_FIRMWARE_CPU_HASHES_H

#include "firmware/mem/processor.h"

#define HASH_WORDS 24 /* instructions of the prologue that are looked at */

#define HASH_STATE_WORDS 8 /* at most */

struct hash_kind; /* SHA-1, SHA-256 */

struct hash_function {
	uint64_t entry;
	const struct hash_kind *kind;
	/* What a call was predicted to leave behind, seen when the same state is used again. */
	uint64_t state_at;
	uint32_t predicted[HASH_STATE_WORDS];
	bool waiting, distrusted;
	unsigned kept; /* predictions that came true */
};

/* What the function that begins at pc may compute; NULL: it is no candidate. */
const struct hash_kind *hash_function_match(struct guest_ram *ram, uint64_t pc);

/*
 * The function is called with these arguments. True when the host did blocks
 * of it: *data and *blocks are then what is left, and the state was written.
 */
bool hash_function_call(struct hash_function *f, struct guest_ram *ram, uint64_t state,
	uint64_t *data, uint64_t *blocks);

#endif
