/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen of text as EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL knows it (UEFI 2.10
 * 12.4): cells with a character and an attribute, a cursor, scrolling. Pure; it
 * knows no guest. The modes are those of edk2's terminal.
 */
#ifndef ARMVM_FIRMWARE_PROTO_SCREEN_H
#define ARMVM_FIRMWARE_PROTO_SCREEN_H

#include "base/buf.h"

#define SCREEN_MODES   3    /* 80x25, 80x50, 100x31 */
#define SCREEN_DEFAULT 0x07 /* light gray on black */

struct cell {
	uint16_t unit; /* a character of the basic plane; ' ' where nothing is */
	uint8_t attribute;
};

struct screen {
	unsigned mode, columns, rows;
	unsigned column, row; /* the cursor */
	bool cursor;          /* visible */
	uint8_t attribute;
	struct cell *cells; /* rows * columns */
	uint64_t changes;   /* counts whatever changes a cell */
};

/* Mode 0, empty, the default attribute, cursor visible. */
void screen_init(struct screen *s);
void screen_release(struct screen *s);

/* The size of a mode; false when there is no such. */
bool screen_mode_size(unsigned mode, unsigned *columns, unsigned *rows);
/* Clears, cursor at the start. */
bool screen_set_mode(struct screen *s, unsigned mode);
void screen_clear(struct screen *s);
/* False, and nothing done, when it is off the screen. */
bool screen_move(struct screen *s, unsigned column, unsigned row);

/*
 * Shows one UTF-16 unit: NUL and the width controls of 12.4.3 do nothing, BS, LF
 * and CR move, others are put at the cursor, which wraps and scrolls. False
 * when it cannot be shown (a control, a surrogate); U+FFFD stands for it.
 */
bool screen_put(struct screen *s, uint16_t unit);
/* Whether screen_put() could show it. */
bool screen_can_show(uint16_t unit);

/* Adds the cells to out. */
void screen_encode(const struct screen *s, struct buf *out);

/* The text as UTF-8 lines, without blanks at their ends and empty lines at the end. */
void screen_text(const struct screen *s, struct text *out);

#endif
