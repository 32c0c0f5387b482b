/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is recorded of a machine. See recorder.h. */
#include <nettle/sha2.h>

#include "firmware/machine/recorder.h"

struct sha256_ctx *recorder_inputs(const struct recorder *r)
{
	return r ? r->inputs : NULL;
}

void recorder_add(struct recorder *r, const void *bytes, size_t len)
{
	if (r && r->inputs)
		sha256_update(r->inputs, len, bytes);
}

void recorder_at_milestone(struct recorder *r)
{
	if (r && r->at_milestone)
		r->at_milestone(r->ctx);
}
