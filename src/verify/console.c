/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal that knows lines only (ECMA-48, as far as firmware, GRUB and
 * Linux use it). No screen is kept: a menu redrawn in place shows as more
 * lines, which is what someone who asks what happened last wants anyway. But a
 * program that puts the cursor before each character writes one line all the
 * same. See console.h.
 */
#include <string.h>

#include "verify/console.h"

enum {
	TEXT,
	ESCAPE,    /* after ESC */
	CHARSET,   /* after ESC ( and the like: one more byte */
	CONTROL,   /* after ESC [: parameters until a final byte */
	STRING,    /* after ESC ] and the like: until BEL or ESC \ */
	STRING_END /* ESC inside of it */
};

static bool blank(const char *s)
{
	return s[strspn(s, " ")] == '\0';
}

static void forget_oldest(struct text *text)
{
	const char *cut;
	size_t gone;

	if (text->len <= CONSOLE_TEXT_MAX)
		return;
	cut = memchr(text_str(text) + text->len / 4, '\n', text->len - text->len / 4);
	gone = (size_t)(cut - text_str(text)) + 1;
	memmove(text_edit(text), text_str(text) + gone, text->len - gone);
	text_cut(text, text->len - gone);
}

static void end_line(struct console *c, console_line_fn *on_line, void *ctx)
{
	while (c->line.len && text_str(&c->line)[c->line.len - 1] == ' ')
		text_cut(&c->line, c->line.len - 1);
	if (c->line.len) {
		if (on_line)
			on_line(ctx, text_str(&c->line));
		text_add(&c->text, text_str(&c->line), c->line.len);
		text_puts(&c->text, "\n");
		forget_oldest(&c->text);
	}
	text_reset(&c->line);
	c->column = 0;
	c->left = 1;
}

static void put(struct console *c, char byte, console_line_fn *on_line, void *ctx)
{
	if (c->column >= CONSOLE_LINE_MAX)
		end_line(c, on_line, ctx);
	if (c->column < c->line.len)
		text_edit(&c->line)[c->column] = byte;
	else
		text_add(&c->line, &byte, 1);
	c->column++;
}

static void after_escape(struct console *c, unsigned char byte)
{
	if (byte == '[') {
		c->state = CONTROL;
		c->n_numbers = c->numbers[0] = c->numbers[1] = 0;
	} else if (strchr("()*+#% ", byte))
		c->state = CHARSET;
	else if (strchr("]PX^_", byte))
		c->state = STRING;
	else
		c->state = TEXT;
}

/* Puts the cursor at a place of the screen, from 1: another row is another line. */
static void move_to(
	struct console *c, size_t row, size_t column, console_line_fn *on_line, void *ctx)
{
	size_t last = c->left + c->line.len;

	if (row != c->row || column < c->left || column > last) {
		end_line(c, on_line, ctx);
		c->row = row;
		c->left = column;
	}
	c->column = column - c->left;
}

static void add_digit(struct console *c, unsigned char byte)
{
	size_t *number = &c->numbers[c->n_numbers];

	if (byte == ';')
		c->n_numbers += c->n_numbers < ARRAY_SIZE(c->numbers);
	else if (c->n_numbers < ARRAY_SIZE(c->numbers) && byte >= '0' && byte <= '9' &&
		 *number < CONSOLE_LINE_MAX)
		*number = *number * 10 + byte - '0';
}

/* A byte of a control sequence; the final one carries it out. Those that leave the line end it. */
static void control(struct console *c, unsigned char byte, console_line_fn *on_line, void *ctx)
{
	if (byte < 0x40) {
		add_digit(c, byte);
		return;
	}
	c->state = TEXT;
	if (byte == 'H' || byte == 'f') {
		move_to(c, c->numbers[0] + !c->numbers[0], c->numbers[1] + !c->numbers[1], on_line,
			ctx);
	} else if (strchr("JABEFdST", byte)) {
		end_line(c, on_line, ctx);
		c->row = 0;
	} else if (byte == 'C') {
		put(c, ' ', on_line, ctx);
	} else if (byte == 'D' && c->column) {
		c->column--;
	}
}

static void feed_line(struct console *c, console_line_fn *on_line, void *ctx)
{
	end_line(c, on_line, ctx);
	c->row += c->row > 0;
}

static void text(struct console *c, unsigned char byte, console_line_fn *on_line, void *ctx)
{
	if (byte == 0x1b)
		c->state = ESCAPE;
	else if (byte == '\n')
		feed_line(c, on_line, ctx);
	else if (byte == '\r')
		c->column = 0;
	else if (byte == '\b')
		c->column -= c->column > 0;
	else if (byte == '\t' || byte >= 0xc0)
		put(c, ' ', on_line, ctx);
	else if (byte >= 0x20 && byte < 0x7f)
		put(c, (char)byte, on_line, ctx);
}

void console_feed(
	struct console *c, const void *bytes, size_t len, console_line_fn *on_line, void *ctx)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		switch (c->state) {
		case ESCAPE:
			after_escape(c, p[i]);
			break;
		case CHARSET:
			c->state = TEXT;
			break;
		case CONTROL:
			control(c, p[i], on_line, ctx);
			break;
		case STRING:
			c->state = p[i] == 0x07 ? TEXT : p[i] == 0x1b ? STRING_END : STRING;
			break;
		case STRING_END:
			c->state = TEXT;
			break;
		default:
			text(c, p[i], on_line, ctx);
		}
	}
}

void console_tail(const struct console *c, size_t lines, struct text *out)
{
	const char *text = text_str(&c->text), *p = text + c->text.len;
	bool unfinished = !blank(text_str(&c->line));

	if (unfinished && lines)
		lines--;
	while (lines && p > text) {
		p--;
		while (p > text && p[-1] != '\n')
			p--;
		lines--;
	}
	text_puts(out, p);
	if (unfinished)
		text_puts(out, text_str(&c->line));
	else if (out->len && text_str(out)[out->len - 1] == '\n')
		text_cut(out, out->len - 1);
}

void console_release(struct console *c)
{
	text_release(&c->text);
	text_release(&c->line);
}
