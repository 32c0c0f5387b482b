/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's console, m->console: a screen of text, a keyboard on which
 * keys of a script are pressed or none at all, and perhaps a display. Console
 * files of proto/ share this; the verdict has what it shows.
 */
#ifndef ARMVM_FIRMWARE_PROTO_CONSOLE_H
#define ARMVM_FIRMWARE_PROTO_CONSOLE_H

#include "base/buf.h"
#include "base/err.h"
#include "firmware/proto/protocol.h"
#include "firmware/proto/screen.h"

/*
 * Nothing but polling the keyboard for this long, and nothing new on the
 * screen: it waits for a key that nobody presses. A timer may yet end the wait,
 * so with one set it is given the second span; systemd-boot's menu sets one
 * again and again, for its watchdog's sake.
 */
#define CONSOLE_PATIENCE_NS       (UINT64_C(120) * 1000000000)
#define CONSOLE_PATIENCE_TIMER_NS (UINT64_C(600) * 1000000000)

#define KEY_LEFT_CONTROL 0x00000008u /* EFI_LEFT_CONTROL_PRESSED */

struct key {
	uint16_t scan;   /* EFI_INPUT_KEY: the scan code of UEFI 2.10 table 12.3, or 0 */
	uint16_t unit;   /* or the character */
	uint32_t shifts; /* EFI_*_PRESSED of KeyShiftState, without EFI_SHIFT_STATE_VALID */
	uint64_t after;  /* virtual ns that pass before it, counted from the key before it */
};

/* Keys to press. */
struct key_script {
	struct key *keys;
	size_t n;
};

/*
 * Reads what --keys says: items separated by commas. An item is a name (up down
 * left right home end insert delete pageup pagedown f1..f12 esc enter tab
 * backspace space), "ctrl-" and a letter, "wait:MS" in virtual milliseconds, or
 * else text that is typed character by character; "comma" is the comma.
 */
int key_script_parse(const char *text, struct key_script *out, struct err *err);
void key_script_release(struct key_script *script);
DEFINE_RELEASE(struct key_script, key_script_release)

struct key_notify; /* text_in_ex.c */

struct console {
	struct screen screen;
	bool emits;        /* output goes out as events, too */
	struct gaddr mode; /* SIMPLE_TEXT_OUTPUT_MODE */

	const struct key_script *script; /* may be NULL */
	size_t next_key;
	uint64_t last_key;      /* when the one before it was taken */
	uint64_t idle_since;    /* the first of the empty polls, when idle */
	bool idle;              /* nothing but empty polls since then */
	uint64_t idle_activity; /* what had been shown by then */
	uint64_t paints;        /* counts what Blt() did to the display */
	struct gaddr wait_for_key;
	struct gaddr key_scratch;    /* EFI_KEY_DATA that notification functions are given */
	struct key_notify *notifies; /* that guests registered */
	size_t n_notifies;
	unsigned notify_serial;
	uint8_t toggles; /* EFI_KEY_TOGGLE_STATE */
};

/*
 * The terminal on the serial port, as edk2 on QEMU's virt machine has it; behind the port comes what it is:
 * nodes of a terminal's type. Bits per second and the like are what the variables ask for.
 */
#define CONSOLE_PORT     "VenHw(D3987D4B-971A-435F-8CAF-4967EB627241)/Uart(38400,8,N,1)/"
#define CONSOLE_TERMINAL "VenVt100()"

/* Makes m->console, with its protocols. */
void console_init(struct machine *m, const struct protocols_config *config);

/* What the screen shows, as UTF-8 lines; empty when there is no console. */
void console_text(struct machine *m, struct text *out);
/* Shows what came through the serial port, of which the screen is a terminal. */
void console_serial(struct machine *m, const char *text, size_t n);
/*
 * The screen as a PNG: the display when there is one, or else the text in a
 * font of our own.
 */
int console_screenshot(struct machine *m, struct buf *out, struct err *err);

/* For how long there was nothing but empty polls of the keyboard, in virtual ns. */
uint64_t console_idle(const struct machine *m);

/* The keyboard, for text_in.c and text_in_ex.c. Whether a key of the script is there: */
bool console_key_ready(const struct machine *m);
/* Takes it; false when there is none, which costs virtual time and can end the run. */
bool console_take_key(struct machine *m, struct key *out);
/*
 * Runs the notification functions that are registered for a key that was
 * taken; the handler returns what this returns. In text_in_ex.c.
 */
efi_status console_notify(struct machine *m, const struct key *key);
/* Adds those functions to out. */
void key_notifies_encode(const struct console *c, struct buf *out);

/* An input device was looked at in vain, while a guest waits or by itself, which costs virtual time. Can end the run. */
void console_waits(struct machine *m);
void console_polled(struct machine *m);

/* What WaitForKey asks. */
bool console_key_event(struct machine *m, void *ctx);

/* What each file registers at start-up. */
void text_out_register(struct machine *m);
void text_in_register(struct machine *m);
/* The same interfaces on a handle of a device. */
void text_out_attach(struct machine *m, struct handle *h);
void text_in_attach(struct machine *m, struct handle *h);
void text_in_ex_register(struct machine *m, struct handle *h);
void pointer_register(struct machine *m, struct handle *h);

#endif
