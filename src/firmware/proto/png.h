/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture as a PNG file (ISO 15948, W3C PNG second edition): 8 bits each of
 * red, green and blue, no interlacing.
 */
#ifndef ARMVM_FIRMWARE_PROTO_PNG_H
#define ARMVM_FIRMWARE_PROTO_PNG_H

#include "base/buf.h"
#include "base/err.h"
#include "firmware/proto/blt.h"

/* Appends the file. width and height must be from 1 to 65535. */
int png_encode(const struct surface *s, struct buf *out, struct err *err);

#endif
