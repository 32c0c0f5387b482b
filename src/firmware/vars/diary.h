/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest asked the variable store of one lane, and what it was answered. Told to
 * another lane's store it shows whether a guest there would have been answered the same.
 */
#ifndef ARMVM_FIRMWARE_VARS_DIARY_H
#define ARMVM_FIRMWARE_VARS_DIARY_H

#include "base/buf.h"
#include "firmware/vars/vars.h"

/* Each adds one question with its answer to the diary. found: NULL when there is none. */
void diary_get(struct buf *diary, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found);
void diary_next(struct buf *diary, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found, efi_status status);
void diary_set(struct buf *diary, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime, efi_status status);
void diary_query(struct buf *diary, uint32_t attributes, bool at_runtime, efi_status status,
	const struct var_info *info);
void diary_global(struct buf *diary, const char *name, const struct variable *found);
/* Only when there is none of this name, if missing. */
void diary_define(struct buf *diary, const char *name, const void *data, size_t size, bool missing);
/* Something that is told the lane alone: no other one can have that. */
void diary_private(struct buf *diary);

/*
 * Puts the questions of a diary to a store, which is changed by them. False when
 * an answer is another one, or the diary is malformed: the store is of no use then.
 */
bool diary_replay(struct vars *v, const uint8_t *diary, size_t len);

/* Calls told() for each write of a diary to a variable that shall outlive the boot. */
void diary_each_kept(const uint8_t *diary, size_t len,
	void (*told)(void *ctx, const uint16_t *name, efi_status status), void *ctx);

#endif
