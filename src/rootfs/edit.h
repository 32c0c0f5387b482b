/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing single lines of a configuration file, byte for byte the rest.
 */
#ifndef ARMVM_ROOTFS_EDIT_H
#define ARMVM_ROOTFS_EDIT_H

#include "base/buf.h"
#include "base/err.h"

struct rootfs;

/*
 * Adds what the line (without its newline) becomes and returns true, or returns
 * false with nothing added: it stays.
 */
typedef bool edit_line_fn(void *ctx, const char *line, struct text *out);

/*
 * Gives each line of a file to edit and writes the file when one has changed,
 * with mtime; *changed (may be NULL) says whether. A file that is not there is left so.
 */
int rootfs_edit(struct rootfs *fs, const char *path, edit_line_fn *edit, void *ctx, int64_t mtime,
	bool *changed, struct err *err);

/*
 * Sets KEY=value in a file of shell assignments: the line that has it, or a
 * new one at the end. The file is made when it is not there.
 */
int rootfs_set_assignment(struct rootfs *fs, const char *path, const char *key, const char *value,
	int64_t mtime, struct err *err);

#endif
