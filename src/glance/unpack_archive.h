/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is packed in a file, read in the process that unpacks it. Private to unpack.c.
 */
#ifndef ARMVM_GLANCE_UNPACK_ARCHIVE_H
#define ARMVM_GLANCE_UNPACK_ARCHIVE_H

#include "base/err.h"

/* Finds the disk image in the file and writes its bytes to out. Errors as unpack_disk()'s. */
int unpack_send_disk(int from, int out, struct err *err);

#endif
