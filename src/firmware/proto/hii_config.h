/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the configuration routing protocol share: strings in and
 * out of the guest, and the functions that ask a guest's drivers.
 */
#ifndef ARMVM_FIRMWARE_PROTO_HII_CONFIG_H
#define ARMVM_FIRMWARE_PROTO_HII_CONFIG_H

#include "firmware/proto/hii.h"

/* A guest's string, which the caller frees; NULL: there is none, or it is too long. */
uint16_t *config_take(struct machine *m, struct gaddr a);
/* Puts a text without its NUL in a pool block of the guest's, whose address is written to `at`. */
efi_status config_give(struct machine *m, struct buf *text, struct gaddr at);
/* A handler's status once a value is written to a place that the guest named. */
efi_status config_answer(struct machine *m, struct gaddr at, uint64_t value, efi_status status);

/* ---- hii_route.c ---- */

/* ExtractConfig(), RouteConfig(), ExportConfig() */
call_handler hii_extract, hii_route, hii_export_settings;

#endif
