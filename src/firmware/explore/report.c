/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The streams of all workers, put together. See report.h. Workers ran what an
 * image brings with it, so what they send is looked at with care: numbers are
 * checked, and all text together is bounded.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "firmware/explore/report.h"
#include "firmware/explore/worker.h"
#include "firmware/lifecycle/verdict.h"

#define TEXT_MAX (UINT64_C(256) << 20)

/* Text that is not everybody's. */
struct note {
	uint64_t at; /* in the worker's text, whatever notes are in there not counted */
	uint64_t variants;
	char *text;
};

/* Text that should be the same as another one's. */
struct claim {
	bool open;
	uint64_t variants;
	uint32_t worker;   /* whose */
	uint64_t from, to; /* in that */
	uint64_t at;       /* in the worker that claims it */
};

struct stream {
	bool known;
	uint32_t parent;     /* itself for the first */
	uint64_t parent_len; /* how much of the parent's text it begins with */
	uint64_t len;        /* of its text, that included */
	struct text own, tail;
	struct note *notes; /* in the order of their places */
	size_t n_notes;
	struct claim claim;
};

/* What a variant came to. */
struct outcome {
	bool ended;
	uint32_t worker;
	uint64_t len; /* of the worker's text that is its own */
	char *tail;
	enum verdict_kind verdict;
	uint8_t digest[SHA256_DIGEST_SIZE]; /* of all of its events */
	size_t group;                       /* the first variant that has the same */
};

struct report {
	const struct run_config *config;
	struct stream streams[WORKERS_MAX];
	struct outcome outcomes[VARIANTS_MAX];
	uint64_t bytes;    /* of all text */
	unsigned spared;   /* boots whose end was another one's */
	unsigned verified; /* that were played and compared */
	struct text wrong; /* the first difference that was found, in words */
	bool broken;       /* a worker sent nonsense, or too much */
	bool spent;        /* a boot took too much real time: the others would, too */
	struct text out;
};

struct report *report_new(const struct run_config *config)
{
	struct report *x = xcalloc(1, sizeof(*x));

	x->config = config;
	return x;
}

void report_free(struct report *x)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct stream *w = &x->streams[i];

		for (size_t n = 0; n < w->n_notes; n++)
			free(w->notes[n].text);
		free(w->notes);
		text_release(&w->own);
		text_release(&w->tail);
	}
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		free(x->outcomes[i].tail);
	text_release(&x->wrong);
	text_release(&x->out);
	free(x);
}

bool report_is_over(const struct report *x)
{
	return x->broken || x->spent || x->wrong.len;
}

/* ---- what workers send ---- */

static void on_begin(struct report *x, const struct frame *f)
{
	struct stream *w = &x->streams[f->worker];
	bool first = f->worker == 0;

	if (w->known || (!first && (f->parent >= WORKERS_MAX || !x->streams[f->parent].known ||
					   f->from > x->streams[f->parent].len))) {
		x->broken = true;
		return;
	}
	w->known = true;
	w->parent = first ? 0 : f->parent;
	w->len = w->parent_len = first ? 0 : f->from;
}

/* Appends [from, to) of a worker's text; with notes, as the variant of this number (-1: nobody) has it. */
static void add_text(const struct report *x, uint32_t worker, int variant, uint64_t from,
	uint64_t to, struct text *out)
{
	const struct stream *w = &x->streams[worker];

	if (from < w->parent_len) {
		uint64_t end = to < w->parent_len ? to : w->parent_len;

		add_text(x, w->parent, variant, from, end, out);
		from = w->parent_len;
	}
	for (size_t i = 0; variant >= 0 && i < w->n_notes && w->notes[i].at < to; i++) {
		const struct note *n = &w->notes[i];

		if (n->at < from || !(n->variants & (UINT64_C(1) << variant)))
			continue;
		text_add(out, text_str(&w->own) + (from - w->parent_len), n->at - from);
		text_puts(out, n->text);
		from = n->at;
	}
	if (from < to)
		text_add(out, text_str(&w->own) + (from - w->parent_len), to - from);
}

static void add_note(struct report *x, struct stream *w, struct note take_note)
{
	x->bytes += sizeof(take_note) + strlen(take_note.text);
	x->broken |= x->bytes > TEXT_MAX;
	w->notes = xreallocarray(w->notes, w->n_notes + 1, sizeof(*w->notes));
	w->notes[w->n_notes++] = take_note;
}

/* What was noted in [from, to) of a worker's text is noted again, further on by shift, by w. */
static void note_again(struct report *x, struct stream *w, uint32_t worker, uint64_t from,
	uint64_t to, uint64_t shift)
{
	const struct stream *source = &x->streams[worker];

	if (from < source->parent_len)
		note_again(x, w, source->parent, from,
			to < source->parent_len ? to : source->parent_len, shift);
	for (size_t i = 0, n = source->n_notes; i < n && !x->broken; i++) {
		struct note note = source->notes[i];

		if (note.at < from || note.at >= to)
			continue;
		note.at += shift;
		note.text = xstrdup(note.text);
		add_note(x, w, note);
	}
}

static void add_own(
	struct report *x, struct stream *w, struct text *to, const char *bytes, size_t len)
{
	x->bytes += len;
	if (x->bytes > TEXT_MAX) {
		x->broken = true;
		return;
	}
	text_add(to, bytes, len);
	if (to == &w->own)
		w->len += len;
}

/* Whether a frame names text that is there. */
static bool names_text(const struct report *x, const struct frame *f)
{
	return f->parent < WORKERS_MAX && x->streams[f->parent].known && f->from <= f->to &&
	       f->to <= x->streams[f->parent].len;
}

static void on_again(struct report *x, const struct frame *f)
{
	struct stream *w = &x->streams[f->worker];
	CLEANUP(text_release) struct text again = TEXT_INIT;

	if (!names_text(x, f)) {
		x->broken = true;
		return;
	}
	/* What was noted in another one's text is for its variants. */
	if (f->parent != f->worker)
		x->spared++;
	else
		note_again(x, w, f->worker, f->from, f->to, w->len - f->from);
	add_text(x, f->parent, -1, f->from, f->to, &again);
	add_own(x, w, &w->own, text_str(&again), again.len);
}

static void on_claim(struct report *x, const struct frame *f)
{
	struct stream *w = &x->streams[f->worker];

	if (!names_text(x, f) || w->claim.open)
		x->broken = true;
	else
		w->claim = (struct claim){ true, f->variants, f->parent, f->from, f->to, w->len };
}

static size_t line_length(const struct text *text, size_t at)
{
	const char *end = memchr(text_str(text) + at, '\n', text->len - at);

	return end ? (size_t)(end - text_str(text)) - at : text->len - at;
}

/* The first line in which two texts differ. */
static void add_first_difference(
	struct text *out, const struct text *claimed, const struct text *played)
{
	size_t at = 0, line = 0;

	for (; at < claimed->len && at < played->len &&
		text_str(claimed)[at] == text_str(played)[at];
		at++)
		if (text_str(claimed)[at] == '\n')
			line = at + 1;
	text_printf(out, "\n  reused: %.*s\n  played: %.*s", (int)line_length(claimed, line),
		text_str(claimed) + line, (int)line_length(played, line), text_str(played) + line);
}

/* Compares the text, as a variant has it, since the claim was made. */
static void check_text(struct report *x, uint32_t worker, int variant)
{
	const struct stream *w = &x->streams[worker];
	CLEANUP(text_release) struct text claimed = TEXT_INIT, played = TEXT_INIT;

	/* What is in another one's text for single variants is not for these. */
	add_text(x, w->claim.worker, w->claim.worker == worker ? variant : -1, w->claim.from,
		w->claim.to, &claimed);
	add_text(x, worker, variant, w->claim.at, w->len, &played);
	if (claimed.len == played.len &&
		memcmp(text_str(&claimed), text_str(&played), played.len) == 0)
		return;
	text_puts(&x->wrong, "its events");
	add_first_difference(&x->wrong, &claimed, &played);
}

static void on_check(struct report *x, const struct frame *f, const char *why)
{
	struct stream *w = &x->streams[f->worker];

	if (!w->claim.open) {
		x->broken = true;
		return;
	}
	w->claim.open = false;
	x->verified++;
	for (size_t i = 0; i < x->config->n_played && !x->wrong.len; i++)
		if (w->claim.variants & (UINT64_C(1) << i))
			check_text(x, f->worker, (int)i);
	if (!x->wrong.len)
		text_add(&x->wrong, why, f->len);
}

static void on_end(struct report *x, const struct frame *f)
{
	struct stream *w = &x->streams[f->worker];

	if (f->verdict > VERDICT_NOTHING) {
		x->broken = true;
		return;
	}
	for (size_t i = 0; i < x->config->n_played; i++)
		if (f->variants & (UINT64_C(1) << i) && !x->outcomes[i].ended)
			x->outcomes[i] = (struct outcome){ .ended = true,
				.worker = f->worker,
				.len = w->len,
				.tail = xstrdup(text_str(&w->tail)),
				.verdict = (enum verdict_kind)f->verdict };
	text_reset(&w->tail);
	x->spent |= f->spent;
}

static void on_frame(struct report *x, const struct frame *f, const char *bytes)
{
	struct stream *w = &x->streams[f->worker];

	if (f->type == FRAME_BEGIN)
		on_begin(x, f);
	else if (!w->known)
		x->broken = true;
	else if (f->type == FRAME_TEXT)
		add_own(x, w, &w->own, bytes, f->len);
	else if (f->type == FRAME_TAIL)
		add_own(x, w, &w->tail, bytes, f->len);
	else if (f->type == FRAME_NOTE && x->bytes < TEXT_MAX)
		add_note(x, w, (struct note){ w->len, f->variants, xstrndup(bytes, f->len) });
	else if (f->type == FRAME_AGAIN)
		on_again(x, f);
	else if (f->type == FRAME_CLAIM)
		on_claim(x, f);
	else if (f->type == FRAME_CHECK)
		on_check(x, f, bytes);
	else if (f->type == FRAME_END)
		on_end(x, f);
	else
		x->broken = true;
}

size_t report_take(struct report *x, const char *bytes, size_t len)
{
	struct frame f;
	size_t at = 0;

	while (len - at >= sizeof(f) && !x->broken) {
		memcpy(&f, bytes + at, sizeof(f));
		if (f.len > FRAME_PAYLOAD || f.worker >= WORKERS_MAX) {
			x->broken = true;
			break;
		}
		if (len - at < sizeof(f) + f.len)
			break;
		on_frame(x, &f, bytes + at + sizeof(f));
		at += sizeof(f) + f.len;
	}
	return at;
}

/* ---- what is emitted ---- */

static void write_all(int fd, const struct text *b)
{
	for (size_t done = 0; fd >= 0 && done < b->len;) {
		ssize_t n = write(fd, text_str(b) + done, b->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
}

/* The names of a group's variants, or (-1) of all. */
static void add_names(struct report *x, int group)
{
	const char *comma = "";

	text_puts(&x->out, "{\"event\":\"scenarios\",\"t\":0,\"names\":[");
	for (size_t i = 0; i < x->config->n_played; i++) {
		if (group >= 0 && x->outcomes[i].group != (size_t)group)
			continue;
		text_printf(&x->out, "%s\"%s\"", comma, x->config->played[i]->name);
		comma = ",";
	}
	text_puts(&x->out, "]}\n");
}

/* Why a variant came to no end. */
static const char *unfinished(const struct report *x)
{
	return x->broken  ? "its process sent nonsense, or more than can be kept"
	       : x->spent ? "not played to its end: another one took too much time or memory"
			  : "its process ended without a verdict";
}

/* All events of a variant. */
static void put_together(struct report *x, size_t variant, struct text *text)
{
	struct outcome *o = &x->outcomes[variant];

	if (o->ended) {
		add_text(x, o->worker, (int)variant, 0, o->len, text);
		text_puts(text, o->tail);
	} else {
		o->verdict = VERDICT_INCONCLUSIVE;
		text_printf(text,
			"{\"event\":\"verdict\",\"t\":0,\"verdict\":\"inconclusive\",\"reason\":\"%s\"}\n",
			unfinished(x));
	}
}

/* Finds the first variant that has the same text: texts can be long, and many, so digests are kept. */
static void find_group(struct report *x, size_t variant)
{
	struct outcome *o = &x->outcomes[variant];
	CLEANUP(text_release) struct text text = TEXT_INIT;
	struct sha256_ctx sum;

	put_together(x, variant, &text);
	sha256_init(&sum);
	sha256_update(&sum, text.len, (const uint8_t *)text_str(&text));
	sha256_digest(&sum, sizeof(o->digest), o->digest);
	for (o->group = 0; memcmp(x->outcomes[o->group].digest, o->digest, sizeof(o->digest)) != 0;
		o->group++)
		;
}

void report_emit(struct report *x, int *status)
{
	*status = 0;
	add_names(x, -1);
	for (size_t i = 0; i < x->config->n_played; i++)
		find_group(x, i);
	for (size_t i = 0; i < x->config->n_played; i++) {
		const struct outcome *o = &x->outcomes[i];

		if (!*status)
			*status = verdict_exit_status(o->verdict);
		if (o->group != i)
			continue;
		add_names(x, (int)i);
		put_together(x, i, &x->out);
		write_all(x->config->power.machine.trace_fd, &x->out);
		text_reset(&x->out);
	}
}

int report_check(const struct report *x, struct err *err)
{
	if (x->wrong.len)
		return err_set(err, EPROTO,
			"internal error: a boot is not what was to be reused: %s",
			text_str(&x->wrong));
	for (size_t i = 0; !x->spent && i < WORKERS_MAX; i++)
		if (x->streams[i].claim.open)
			return err_set(err, EPROTO,
				"internal error: a boot was to be compared, and came to no end");
	return 0;
}

void report_cost(const struct report *x)
{
	unsigned workers = 0;

	for (size_t i = 0; i < WORKERS_MAX; i++)
		workers += x->streams[i].known;
	fprintf(stderr, "armvm-firmware: %u machines, boots spared: %u", workers, x->spared);
	if (x->config->verify_reuse)
		fprintf(stderr, ", verified: %u", x->verified);
	fputs("\n", stderr);
}
