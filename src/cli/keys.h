/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --key: keys of encrypted volumes, spelled as libguestfs's tools have it. Private to cli/.
 */
#ifndef ARMVM_CLI_KEYS_H
#define ARMVM_CLI_KEYS_H

#include "cli/cli.h"
#include "image/keys.h"

/*
 * Adds what "ID:key:STRING" or "ID:file:NAME" says; for an ID alone it asks at the terminal.
 * STATUS_USAGE, having said so, when there is none, or no such file.
 */
int read_key(const struct verb *verb, const char *word, struct image_keys *keys);

/* The word for a command that is shown: where it holds the key itself, one that asks for it. The caller frees it. */
char *key_shown(const char *word);

#endif
