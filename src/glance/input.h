/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that is judged and uploaded: the one that was given, what is packed
 * in it, or what it is converted to. What is made on the way is a temporary
 * file beside it, which the keeper removes.
 */
#ifndef ARMVM_GLANCE_INPUT_H
#define ARMVM_GLANCE_INPUT_H

#include "base/outfile.h"
#include "glance/keeper.h"
#include "glance/unpack.h"

struct glance_input_request {
	const char *path;
	bool unpack;
	const char *convert; /* "raw", "qcow2"; NULL: leave the format */
	uint64_t max_size;   /* bytes that may be unpacked or converted to */
	unpack_confine *confine;
};

/* Starts zeroed. */
struct glance_input {
	char *path; /* what is to be judged */
	struct outfile unpacked, converted;
};

/*
 * Unpacks what is packed, however often, and converts. A file that must not be opened
 * is left as it is: the checks say why.
 */
int glance_input_prepare(const struct glance_input_request *request, struct keeper *keeper,
	struct glance_input *input, struct err *err);
void glance_input_release(struct glance_input *input);
DEFINE_RELEASE(struct glance_input, glance_input_release)

#endif
