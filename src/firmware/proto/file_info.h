/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_FILE_INFO as bytes (UEFI 2.10 13.5.16), for file.c and file_info.c.
 */
#ifndef ARMVM_FIRMWARE_PROTO_FILE_INFO_H
#define ARMVM_FIRMWARE_PROTO_FILE_INFO_H

#include "base/buf.h"

struct fs;
struct fs_node;
struct fs_times;

/* dots: for the entries "." and "..", when they were written; NULL: node's own entry. */
void file_info_encode(const struct fs_node *node, const char *name, const struct fs_times *dots,
	struct fs *fs, struct buf *out);

#endif
