/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the archives of an initrd: see cpio.h. The rules for what may stand
 * where are those of Linux's init/initramfs.c, which is what reads it in
 * the end: zero bytes between archives, each at a multiple of four, and a bootconfig behind them.
 */
#include "rootfs/cpio.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "rootfs/unpack.h"

/* The newc header: 13 fields of 8 hexadecimal digits after the magic. */
#define NEWC_SIZE     110
#define NEWC_MODE     14
#define NEWC_FILESIZE 54
#define NEWC_NAMESIZE 94

#define MAX_NAME     4096
#define MAX_ENTRIES  1000000
#define OUTPUT_BYTES ((size_t)WHEN_FUZZING(8, 256) * 1024)

/* Of all archives since cpio_budget_begin(). */
static atomic_uint_least64_t spent;

void cpio_budget_begin(void)
{
	atomic_store(&spent, 0);
}

#define BOOTCONFIG_MARK "#BOOTCONFIG\n"
#define BOOTCONFIG_MAX  ((size_t)40 << 10) /* the kernel takes 32 KiB of text */

struct walker {
	struct unpack_input in;
	const struct unpack_format *format; /* NULL: plain */
	struct unpacker *unpacker;
	uint8_t *out; /* unpacked bytes, OUTPUT_BYTES; unused when plain */
	size_t at, end;
	bool stream_end;
	uint64_t pos; /* in this segment, unpacked */
	const struct cpio_visitor *visitor;
	struct cpio_summary *sum;
	char name[MAX_NAME + 1];
};

/* Makes some unpacked bytes available at *p; *n is 0 at the end of the segment. */
static int some(struct walker *w, const uint8_t **p, size_t *n, struct err *err)
{
	int r = 0;

	if (!w->format) {
		r = unpack_input_fill(&w->in, 1, err);
		*p = w->in.bytes + w->in.at;
		*n = unpack_input_have(&w->in);
		return r;
	}
	while (w->at == w->end && !w->stream_end) {
		w->at = w->end = 0;
		r = w->format->read(
			w->unpacker, &w->in, w->out, OUTPUT_BYTES, &w->end, &w->stream_end, err);
		if (r < 0) {
			err_push(err, "%s", w->format->name);
			return r;
		}
	}
	*p = w->out + w->at;
	*n = w->end - w->at;
	return 0;
}

static int eat(struct walker *w, size_t n, struct err *err)
{
	if (w->format)
		w->at += n;
	else
		unpack_input_eat(&w->in, n);
	w->pos += n;
	if (atomic_fetch_add(&spent, n) + n > CPIO_BUDGET)
		return err_set(err, EDQUOT, "more than the %d MiB that are unpacked of one image",
			(int)(CPIO_BUDGET >> 20));
	return 0;
}

static int cut(const struct walker *w, struct err *err)
{
	return err_set(err, EUCLEAN, "the archive ends early, after %" PRIu64 " bytes", w->pos);
}

/* Copies exactly n bytes, or skips them when bytes is NULL. */
static int take(struct walker *w, void *bytes, uint64_t n, struct err *err)
{
	uint8_t *out = bytes;

	while (n > 0) {
		const uint8_t *p;
		size_t have;
		int r = some(w, &p, &have, err);

		if (r < 0)
			return r;
		if (!have)
			return cut(w, err);
		if (have > n)
			have = (size_t)n;
		if (out) {
			memcpy(out, p, have);
			out += have;
		}
		r = eat(w, have, err);
		if (r < 0)
			return r;
		n -= have;
	}
	return 0;
}

static int align4(struct walker *w, struct err *err)
{
	return take(w, NULL, -w->pos & 3, err);
}

static bool hex8(const char *p, uint32_t *v)
{
	*v = 0;
	for (int i = 0; i < 8; i++) {
		char c = p[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
		*v = *v << 4 | digit;
	}
	return true;
}

/* Reads a header and its name; *trailer at the archive's end mark. */
static int read_header(struct walker *w, struct cpio_entry *entry, bool *trailer, struct err *err)
{
	char h[NEWC_SIZE];
	uint32_t mode, size, name_size;
	uint64_t at = w->pos;
	int r = take(w, h, sizeof(h), err);

	if (r < 0)
		return r;
	if (memcmp(h, "07070", 5) != 0 || (h[5] != '1' && h[5] != '2') ||
		!hex8(h + NEWC_MODE, &mode) || !hex8(h + NEWC_FILESIZE, &size) ||
		!hex8(h + NEWC_NAMESIZE, &name_size) || name_size == 0 || name_size > MAX_NAME)
		return err_set(
			err, EUCLEAN, "no cpio header at byte %" PRIu64 " of the archive", at);
	r = take(w, w->name, name_size, err);
	if (r < 0)
		return r;
	w->name[name_size] = '\0';
	*trailer = strcmp(w->name, "TRAILER!!!") == 0;
	/* Behind the end mark padding may be missing. */
	if (!*trailer)
		r = align4(w, err);
	if (r < 0)
		return r;
	*entry = (struct cpio_entry){ w->name, mode, size };
	return 0;
}

static int read_data(struct walker *w, uint64_t size, enum cpio_go *go, struct err *err)
{
	const struct cpio_visitor *v = w->visitor;

	while (size > 0 && *go == CPIO_DATA && v->data) {
		const uint8_t *p;
		size_t have;
		int r = some(w, &p, &have, err);

		if (r == 0 && !have)
			r = cut(w, err);
		if (r < 0)
			return r;
		if (have > size)
			have = (size_t)size;
		*go = v->data(v->ctx, p, have);
		r = eat(w, have, err);
		if (r < 0)
			return r;
		size -= have;
	}
	if (*go == CPIO_STOP)
		return 0;
	return take(w, NULL, size, err);
}

/* One archive, from its first header to its end mark. */
static int read_archive(struct walker *w, struct err *err)
{
	for (;;) {
		struct cpio_entry entry;
		enum cpio_go go;
		bool trailer = false;
		int r = read_header(w, &entry, &trailer, err);

		if (r < 0 || trailer)
			return r;
		if (++w->sum->entries > MAX_ENTRIES)
			return err_set(err, EFBIG, "over %d entries", MAX_ENTRIES);
		go = w->visitor->entry(w->visitor->ctx, &entry);
		if (go != CPIO_STOP)
			r = read_data(w, entry.size, &go, err);
		if (go == CPIO_STOP) {
			w->sum->stopped = true;
			return 0;
		}
		if (r == 0)
			r = align4(w, err);
		if (r < 0)
			return r;
	}
}

/* Skips zero bytes; *more says whether something follows in this segment. */
static int skip_zeroes(struct walker *w, bool *more, struct err *err)
{
	for (;;) {
		const uint8_t *p;
		size_t have, n = 0;
		int r = some(w, &p, &have, err);

		*more = have > 0;
		if (r < 0 || !have)
			return r;
		while (n < have && p[n] == 0)
			n++;
		r = eat(w, n, err);
		if (r < 0 || n < have)
			return r;
	}
}

/* A compressed segment may hold several archives, as if they stood there plainly. */
static int read_compressed(struct walker *w, struct err *err)
{
	bool more = true;
	int r = 0;

	w->unpacker = w->format->open();
	w->at = w->end = 0;
	w->stream_end = false;
	w->pos = 0;
	while (r == 0 && !w->sum->stopped) {
		r = skip_zeroes(w, &more, err);
		if (r < 0 || !more)
			break;
		r = read_archive(w, err);
	}
	w->format->close(w->unpacker);
	w->unpacker = NULL;
	w->format = NULL;
	/* What follows is counted in the file again, where archives begin at multiples of four. */
	w->pos = w->in.off;
	return r;
}

/*
 * Whether all that is left is a bootconfig (Documentation/admin-guide/bootconfig.rst), which the kernel takes off an
 * initrd's end: text, its size, its sum, and a mark. It is read in any case.
 */
static int read_bootconfig(struct walker *w, bool *is_one, struct err *err)
{
	CLEANUP(buf_release) struct buf rest = BUF_INIT;
	size_t mark = strlen(BOOTCONFIG_MARK);

	*is_one = false;
	while (rest.len <= BOOTCONFIG_MAX) {
		const uint8_t *p;
		size_t have;
		int r = some(w, &p, &have, err);

		if (r == 0 && have) {
			buf_add(&rest, p, have);
			r = eat(w, have, err);
		}
		if (r < 0)
			return r;
		if (!have)
			break;
	}
	if (rest.len > BOOTCONFIG_MAX || rest.len < mark + 8)
		return 0;
	*is_one = memcmp(buf_bytes(&rest) + rest.len - mark, BOOTCONFIG_MARK, mark) == 0 &&
		  le32(buf_bytes(&rest) + rest.len - mark - 8) <= rest.len - mark - 8;
	return 0;
}

static int read_segment(struct walker *w, struct err *err)
{
	const uint8_t *p;
	bool is_bootconfig;
	int r = unpack_input_fill(&w->in, UNPACK_HEAD, err);

	if (r < 0)
		return r;
	p = w->in.bytes + w->in.at;
	if (p[0] == '0') {
		w->sum->segments++;
		w->sum->compression[0] = '\0';
		return read_archive(w, err);
	}
	w->format = unpack_format_of(p, unpack_input_have(&w->in));
	if (!w->format) {
		uint64_t at = w->in.off;

		r = read_bootconfig(w, &is_bootconfig, err);
		if (r < 0 || is_bootconfig)
			return r;
		return err_set(err, EUCLEAN,
			"neither a cpio archive nor a known compression at byte %" PRIu64, at);
	}
	w->sum->segments++;
	snprintf(w->sum->compression, sizeof(w->sum->compression), "%s", w->format->name);
	if (!w->format->open)
		return err_set(err, ENOTSUP, "%s compression is not read here", w->format->name);
	return read_compressed(w, err);
}

int cpio_walk(const struct cpio_source *source, const struct cpio_visitor *visitor,
	struct cpio_summary *sum, struct err *err)
{
	struct walker *w = xcalloc(1, sizeof(*w));
	bool more = true;
	int r = 0;

	*sum = (struct cpio_summary){ 0 };
	w->visitor = visitor;
	w->sum = sum;
	w->out = xmalloc(OUTPUT_BYTES);
	unpack_input_init(&w->in, source);
	while (r == 0 && !sum->stopped) {
		r = skip_zeroes(w, &more, err);
		if (r < 0 || !more)
			break;
		r = read_segment(w, err);
	}
	unpack_input_release(&w->in);
	free(w->out);
	free(w);
	return r;
}
