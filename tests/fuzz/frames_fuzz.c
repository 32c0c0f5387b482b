/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target for what a supervisor hears of a worker: frames one behind the other, each
 * with its length in two bytes in front, taken into results that are then
 * concluded; and what a worker may ask for.
 */
#include <stdlib.h>
#include <string.h>

#include "worker/helpers.h"
#include "worker/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct frame frame)
{
	struct helper_request q;

	if (helper_take_request(&frame, &q))
		for (size_t i = 0; i < HELPER_WORDS; i++)
			if (strnlen(q.word[i], HELPER_WORD_MAX) == HELPER_WORD_MAX ||
				q.word[i][0] == '-')
				abort();
}

/* What must be so of any result, whatever a worker sent. */
static void examine(const struct results *r)
{
	const struct verdict *v = &r->verdict;
	unsigned errors = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *c = &v->results[i];

		if ((c->outcome == OUTCOME_FINDING) != (c->n > 0))
			abort();
		if (c->outcome == OUTCOME_FINDING && c->severity == SEV_ERROR)
			errors += (unsigned)c->n;
	}
	if (errors != v->errors || (v->incomplete && v->conclusion != UNDETERMINED) ||
		(errors && v->conclusion == PORTABLE))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct selection all;
	struct results r;
	struct frame frame;
	struct err err = { 0 };
	bool good = true;

	results_begin(&r, &all);
	while (good && size >= 2) {
		size_t len = (size_t)data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		good = frame_open(&frame, data, len);
		if (good && frame.kind == FRAME_START)
			ask(frame);
		else if (good)
			good = results_take(&r, &frame, &err) == 0;
		data += len;
		size -= len;
	}
	if (results_end(&r, good ? NULL : err.text, &err) < 0)
		results_end(&r, "it told too little", NULL);
	examine(&r);
	results_release(&r);
	return 0;
}
