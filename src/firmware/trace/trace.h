/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What armvm-firmware emits: one JSON object a line on its output, in the
 * order of what happened, the verdict last. Each has "event" and "t", the
 * virtual time in nanoseconds. The schema is in armvm-firmware(1).
 */
#ifndef ARMVM_FIRMWARE_TRACE_TRACE_H
#define ARMVM_FIRMWARE_TRACE_TRACE_H

#include "base/buf.h"
#include "base/guid.h"

enum trace_level {
	TRACE_EVENTS,
	TRACE_CALLS, /* of services, but quiet ones */
	TRACE_ALL,
	TRACE_ANSWERS, /* with what they wrote */
};

/*
 * What one boot may emit, in bytes: far more than any loader has a reason for, unless
 * every call is an event.
 */
#define TRACE_EVENTS_MAX (UINT64_C(8) << 20)
#define TRACE_CALLS_MAX  (UINT64_C(4) << 30)

struct trace {
	int fd; /* where the lines go, unless there is a sink */
	void (*sink)(void *ctx, const char *bytes, size_t len);
	void *sink_ctx;
	uint64_t emitted; /* bytes of all lines so far */
	unsigned level;   /* of enum trace_level */
	struct text line; /* being made */
	struct text out;  /* not yet written */
	unsigned aside;   /* how often out was changed for a caller's */
	/* Called before the next line that is not put aside, and then forgotten. */
	void (*before)(void *ctx);
	void *before_ctx;
	const uint64_t *now;
};

void trace_init(struct trace *t, int fd, unsigned level, const uint64_t *now);
/* Whether more was emitted than may be. */
bool trace_is_spent(const struct trace *t);
/* Writes out what is buffered. */
void trace_flush(struct trace *t);
void trace_release(struct trace *t);

/*
 * Between these two, lines are put into *aside instead of being emitted; it is
 * then the caller's. A pair may stand within another one.
 */
void trace_aside(struct trace *t, struct text *aside);
void trace_back(struct trace *t, struct text *aside);
/* Emits lines that were put aside. */
void trace_lines(struct trace *t, const struct text *lines);

/* begin, any number of fields, end. Text is made valid UTF-8 and escaped. */
void trace_begin(struct trace *t, const char *event);
void trace_text(struct trace *t, const char *key, const char *value);
void trace_u64(struct trace *t, const char *key, uint64_t value);
void trace_hex(struct trace *t, const char *key, uint64_t value);
void trace_bool(struct trace *t, const char *key, bool value);
void trace_guid(struct trace *t, const char *key, struct guid value);
void trace_end(struct trace *t);

#endif
