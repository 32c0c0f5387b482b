/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal that turns a serial console into lines. Inputs are what edk2,
 * U-Boot and GRUB send, cut down.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "tap.h"
#include "verify/console.h"

static void collect(void *ctx, const char *line)
{
	struct text *into = ctx;

	text_puts(into, line);
	text_puts(into, "|");
}

static void shows(const char *bytes, size_t len, const char *lines, const char *cursor)
{
	/* Whole, and byte by byte: where reads are cut must not matter. */
	for (size_t step = 1; step <= len; step += len - 1) {
		struct console c CLEANUP(console_release) = { 0 };
		struct text seen CLEANUP(text_release) = TEXT_INIT;

		for (size_t i = 0; i < len; i += step)
			console_feed(&c, bytes + i, step, collect, &seen);
		is_str(text_str(&seen), lines, "finished lines");
		is_str(text_str(&c.line), cursor, "the line of the cursor");
	}
}

#define SHOWS(bytes, lines, cursor) shows(bytes, sizeof(bytes) - 1, lines, cursor)

static void bounded(void)
{
	struct console c CLEANUP(console_release) = { 0 };
	char *noise CLEANUP(xfree) = xmalloc(65536);
	struct text tail CLEANUP(text_release) = TEXT_INIT;

	memset(noise, 'x', 65536);
	for (int i = 0; i < 64; i++)
		console_feed(&c, noise, 65536, NULL, NULL);
	ok(c.text.len <= CONSOLE_TEXT_MAX, "text is bounded");
	ok(c.line.len <= CONSOLE_LINE_MAX, "a line is bounded");
	console_feed(&c, "\nlast\n", 6, NULL, NULL);
	console_tail(&c, 1, &tail);
	is_str(text_str(&tail), "last", "the newest is what is kept");
}

static void tails(void)
{
	struct console c CLEANUP(console_release) = { 0 };
	struct text out CLEANUP(text_release) = TEXT_INIT;

	console_tail(&c, 3, &out);
	is_str(text_str(&out), "", "nothing yet");
	console_feed(&c, "a\r\n\r\nb\nc\nd> ", 13, NULL, NULL);
	console_tail(&c, 3, &out);
	is_str(text_str(&out), "b\nc\nd> ", "the last lines, the prompt included");
	text_reset(&out);
	console_tail(&c, 30, &out);
	is_str(text_str(&out), "a\nb\nc\nd> ", "fewer than asked for");
}

int main(void)
{
	SHOWS("one\r\ntwo\r\r\n\n", "one|two|", "");
	SHOWS("\033[2J\033[01;01HBdsDxe: x\r\n", "BdsDxe: x|", "");
	SHOWS("\033[0m\033[30m\033[47mWelcome to GRUB!\r\n\033[?25hgrub> ", "Welcome to GRUB!|",
		"grub> ");
	SHOWS("autoboot:  2 \b\b\b 1 ", "", "autoboot:  1 ");
	SHOWS("\0337\033[r\033[999;999H\033[6n\0338after", "", "after");
	SHOWS("\033]0;a title\007\033]0;b\033\\x\033(By", "", "xy");
	SHOWS("12345\rab\r\n", "ab345|", "");
	SHOWS("\xe2\x94\x82*Debian \xe2\x94\x82\n\x01\x7f", " *Debian|", "");
	SHOWS("one\033[5;1Htwo\033[2;3Hthree", "one|two|", "three");
	/* As Limine writes, the cursor put before each character; and a row that is written to again. */
	SHOWS("\033[2J\033[01;01HT\033[01;02HO\033[01;03HD\033[01;04HO\r\n\033[02;01H\033[?25hn"
	      "\033[2;2Ho\033[3;1H",
		"TODO|no|", "");
	SHOWS("\033[7;3Hin 5 s\033[7;3Hin 4 s\033[7;20Hfar", "in 4 s|", "far");
	SHOWS("\033[7;3Hab\033[7;1Hleft of it", "ab|", "left of it");
	SHOWS("\033[99999999999999999999;5Ha\033[;Hb\033[1;1;1;1Hc\033[1;2Hd", "a|", "cd");
	tails();
	bounded();
	return tap_done();
}
