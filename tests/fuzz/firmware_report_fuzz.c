/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the coordinator makes of frames that a worker which fell to its guest may
 * send. The input is a row of small records, which become frames, so that numbers
 * of workers and places in texts are often right; after a byte 0xff the rest is
 * given as it is. Whatever it says, the report ends in one verdict per scenario.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "firmware/explore/report.h"
#include "firmware/explore/worker.h"

#define RECORD 11

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes all that is whole, as the coordinator does. */
static void take(struct report *report, struct buf *stream)
{
	size_t taken = report_take(report, buf_text(stream), stream->len);

	if (taken > stream->len)
		abort();
	memmove(buf_edit(stream), buf_bytes(stream) + taken, stream->len - taken);
	buf_cut(stream, stream->len - taken);
}

static size_t one_record(struct buf *stream, const uint8_t *p, size_t size)
{
	struct frame f = {
		.type = p[0] % (FRAME_END + 2),
		.worker = p[1],
		.parent = p[2],
		.variants = p[3],
		.verdict = p[4] & 15,
		.spent = p[4] >> 7,
		.from = le16(p + 5),
		.to = le16(p + 7),
		.len = le16(p + 9) % FRAME_PAYLOAD,
	};

	if (f.len > size - RECORD)
		f.len = (uint32_t)(size - RECORD);
	buf_add(stream, &f, sizeof(f));
	buf_add(stream, p + RECORD, f.len);
	return RECORD + f.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run_config config = { .power.machine = { .trace_fd = -1 },
		.played = { &scenarios[0], &scenarios[1], &scenarios[2] },
		.n_played = 3 };
	CLEANUP(report_free) struct report *report = report_new(&config);
	CLEANUP(buf_release) struct buf stream = BUF_INIT;
	int status = -1;

	while (size >= RECORD && *data != 0xff && !report_is_over(report)) {
		size_t n = one_record(&stream, data, size);

		data += n;
		size -= n;
		take(report, &stream);
	}
	if (size && *data == 0xff) {
		buf_add(&stream, data + 1, size - 1);
		take(report, &stream);
	}
	if (report_check(report, NULL) == 0) {
		report_emit(report, &status);
		if (status < 0)
			abort();
	}
	return 0;
}
