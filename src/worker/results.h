/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts and the verdict on an image as frames: results_send() runs the checks in a
 * worker and sends each result as it is there; results_take() puts them together again in the
 * supervisor, believing nothing.
 */
#ifndef ARMVM_WORKER_RESULTS_H
#define ARMVM_WORKER_RESULTS_H

#include "checks/verdict.h"
#include "glance/properties.h"
#include "image/facts.h"
#include "worker/link.h"

struct image;

/* What is sent beside the results of the checks. */
enum results_extras {
	RESULTS_FACTS = 1,      /* the guest's and the layout's, which may be slow to find out */
	RESULTS_PROPERTIES = 2, /* what Glance should know */
};

/* Runs the selected checks, and sends the extras after them. */
void results_send(
	struct link *link, struct image *image, const struct selection *sel, unsigned extras);

/* Starts with results_begin(). */
struct results {
	struct facts facts; /* but for the path, which the supervisor knows */
	struct verdict verdict;
	struct glance_properties properties;
	size_t taken; /* how many of verdict.results were sent */
	size_t step;  /* which of them is being worked on */
	bool failed;  /* the image could not be looked at: why */
	struct err why;
};

void results_begin(struct results *r, const struct selection *sel);
/* Takes one frame; -EPROTO when it makes no sense here. */
int results_take(struct results *r, struct frame *frame, struct err *err);
/*
 * All was sent, or will not be: why is then a sentence that becomes the reason of all that was not
 * sent, and nothing can be concluded. NULL: the worker ended as it should; -EPROTO when something lacks.
 */
int results_end(struct results *r, const char *why, struct err *err);
void results_release(struct results *r);
DEFINE_RELEASE(struct results, results_release)

#endif
