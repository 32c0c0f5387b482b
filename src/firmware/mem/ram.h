/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory as mem/ alone knows it. Everybody else goes through guest.h, watch.h, and for the processor
 * processor.h.
 */
#ifndef ARMVM_FIRMWARE_MEM_RAM_H
#define ARMVM_FIRMWARE_MEM_RAM_H

#include "firmware/mem/processor.h"
#include "firmware/mem/watch.h"

#define RECORDED_MAX 16

struct guest_ram {
	uint8_t *host; /* RAM_BASE is here */
	uint64_t size; /* bytes, a multiple of 64 KiB */
	guest_written_fn *written;
	void *written_ctx;
	/*
	 * Of each part: a byte that is not 0 when something may have been written there (all else is
	 * zero); and a bit that is set when somebody looks there, or writes (NULL: nobody asks).
	 */
	uint8_t *used, *accessed;
	uint8_t *
		expected; /* of each large page: it is to come as one, once it is used; guest_expect() */
	uint64_t n_expected;       /* that were ever expected */
	struct sha256_ctx *inputs; /* what the host reads is added to it; NULL: nobody asks */
	struct guest_span {
		uint64_t at, len; /* from RAM_BASE */
	} recorded[RECORDED_MAX]; /* by this service: nothing is added twice */
	size_t n_recorded;
	struct gaddr watched, exact; /* see watch.h; 0: there are none */
	guest_touched_fn *touched;
	guest_looked_fn *looked;
	void *watch_ctx;
	/* With the address sanitizer: what the host may touch until guest_revoke(). */
	struct guest_span *grants;
	size_t n_grants, cap_grants;
};

#endif
