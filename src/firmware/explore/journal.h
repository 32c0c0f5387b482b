/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest asked the variable store of one variant, and what it was answered. Put to
 * another variant's store it shows whether a guest there would have been answered the same.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_JOURNAL_H
#define ARMVM_FIRMWARE_EXPLORE_JOURNAL_H

#include "base/buf.h"
#include "firmware/vars/vars.h"

/* Each adds one question with its answer to the journal. found: NULL when there is none. */
void journal_get(struct buf *journal, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found);
void journal_next(struct buf *journal, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found, efi_status status);
void journal_set(struct buf *journal, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime, efi_status status);
void journal_query(struct buf *journal, uint32_t attributes, bool at_runtime, efi_status status,
	const struct var_info *info);
void journal_global(struct buf *journal, const char *name, const struct variable *found);
/* Only when there is none of this name, if missing. */
void journal_define(
	struct buf *journal, const char *name, const void *data, size_t size, bool missing);
/* The firmware boots from a device that no option names. */
void journal_keep_option(struct buf *journal, const void *device, size_t size);
/* The machine was switched on: modes are derived from keys. */
void journal_power_on(struct buf *journal);
/* Something that the variant alone has seen: no other one can. */
void journal_private(struct buf *journal);

/*
 * Puts the questions of a journal to a store, which is changed by them. False when
 * an answer is another one, or the journal is malformed: the store is of no use then.
 */
bool journal_replay(struct vars *v, const uint8_t *journal, size_t len);

/* Calls note() for each write of a journal to a variable that shall outlive the boot. */
void journal_each_kept(const uint8_t *journal, size_t len,
	void (*note)(void *ctx, const uint16_t *name, efi_status status), void *ctx);

#endif
