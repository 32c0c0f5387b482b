/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as JSON lines. See trace.h. Written by hand and not by a library,
 * since a service trace has a hundred thousand lines.
 */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "firmware/trace/trace.h"

#define FLUSH_AT 65536

void trace_init(struct trace *t, int fd, unsigned level, const uint64_t *now)
{
	*t = (struct trace){ .fd = fd, .level = level, .now = now };
}

bool trace_is_spent(const struct trace *t)
{
	return t->emitted > (t->level ? TRACE_CALLS_MAX : TRACE_EVENTS_MAX);
}

void trace_flush(struct trace *t)
{
	size_t done = 0;

	if (t->sink && t->out.len) {
		t->sink(t->sink_ctx, text_str(&t->out), t->out.len);
		done = t->out.len;
	}
	while (t->fd >= 0 && done < t->out.len) {
		ssize_t n = write(t->fd, text_str(&t->out) + done, t->out.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nobody listens any more */
		done += (size_t)n;
	}
	text_reset(&t->out);
}

void trace_release(struct trace *t)
{
	trace_flush(t);
	text_release(&t->line);
	text_release(&t->out);
}

/* The bytes of a well-formed UTF-8 character at s, 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void add_string(struct text *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	text_puts(b, "\"");
	while (*s) {
		size_t n = utf8_length(s);

		if (*s == '"' || *s == '\\')
			text_printf(b, "\\%c", *s);
		else if (*s == '\n')
			text_puts(b, "\\n");
		else if (*s < 0x20 || *s == 0x7f)
			text_printf(b, "\\u%04x", *s);
		else if (n == 0)
			text_puts(b, "\\ufffd");
		else
			text_add(b, (const char *)s, n);
		s += n ? n : 1;
	}
	text_puts(b, "\"");
}

static void add_key(struct trace *t, const char *key)
{
	text_puts(&t->line, ",");
	add_string(&t->line, key);
	text_puts(&t->line, ":");
}

void trace_begin(struct trace *t, const char *event)
{
	text_reset(&t->line);
	text_puts(&t->line, "{\"event\":");
	add_string(&t->line, event);
	text_printf(&t->line, ",\"t\":%" PRIu64, t->now ? *t->now : 0);
}

void trace_text(struct trace *t, const char *key, const char *value)
{
	add_key(t, key);
	add_string(&t->line, value ? value : "");
}

void trace_u64(struct trace *t, const char *key, uint64_t value)
{
	add_key(t, key);
	text_printf(&t->line, "%" PRIu64, value);
}

void trace_hex(struct trace *t, const char *key, uint64_t value)
{
	add_key(t, key);
	text_printf(&t->line, "\"0x%" PRIx64 "\"", value);
}

void trace_bool(struct trace *t, const char *key, bool value)
{
	add_key(t, key);
	text_puts(&t->line, value ? "true" : "false");
}

void trace_guid(struct trace *t, const char *key, struct guid value)
{
	char text[GUID_TEXT_LEN + 1];

	guid_format(value, text);
	trace_text(t, key, text);
}

/* The two buffers change places: what is emitted must not be flushed meanwhile. */
static void swap(struct text *a, struct text *b)
{
	struct text old = *a;

	*a = *b;
	*b = old;
}

void trace_aside(struct trace *t, struct text *aside)
{
	swap(&t->out, aside);
	t->aside++;
}

void trace_back(struct trace *t, struct text *aside)
{
	swap(&t->out, aside);
	t->aside--;
}

void trace_lines(struct trace *t, const struct text *lines)
{
	text_add(&t->out, text_str(lines), lines->len);
}

void trace_end(struct trace *t)
{
	void (*before)(void *ctx) = t->before;

	if (before && !t->aside) {
		t->before = NULL;
		before(t->before_ctx);
	}
	text_puts(&t->line, "}\n");
	t->emitted += t->line.len;
	text_add(&t->out, text_str(&t->line), t->line.len);
	if (t->out.len >= FLUSH_AT && !t->aside)
		trace_flush(t);
}
