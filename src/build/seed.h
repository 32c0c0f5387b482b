/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the numbers that should be unique come from: GUIDs, the FAT serial.
 * Each is a hash of a key and a name ("disk", "esp"), so that with the same
 * key an image comes out the same whatever else is asked for in between. The
 * key is random, or a hash of the user's seed and of what the image is made
 * from: two different file systems built with one SOURCE_DATE_EPOCH must not
 * get the same disk GUID.
 */
#ifndef ARMVM_BUILD_SEED_H
#define ARMVM_BUILD_SEED_H

#include "base/err.h"
#include "base/guid.h"

struct seed {
	uint8_t key[32];
};

/* text: the user's seed, NULL for a random key. about: what distinguishes this input from others. */
int seed_init(struct seed *s, const char *text, const char *about, struct err *err);

/* A GUID of version 4, never zero. */
struct guid seed_guid(const struct seed *s, const char *name);

/* A number for a FAT volume, never zero. */
uint32_t seed_serial(const struct seed *s, const char *name);

#endif
