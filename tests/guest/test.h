/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest program says, one line each on the console:
 *	ok NAME			an assertion holds
 *	not ok NAME (...)	it doesn't
 *	value NAME = ...	what the specification leaves open, recorded
 * between the lines "begin" and "end". A program offers subject(); the machine
 * is shut down when that returns. A NAME has at most 60 characters: consoles wrap.
 */
#ifndef ARMVM_GUEST_TEST_H
#define ARMVM_GUEST_TEST_H

#include "efi.h"

extern struct system_table *st;
extern struct boot_services *bs;
extern struct runtime_services *rt;
extern efi_handle self; /* the program's own image */

/* What the program tests. Returning ends the machine. */
void subject(void);

void ok(bool holds, const char *name);
void is(uint64_t got, uint64_t want, const char *name);
void is_string(const char16 *got, const char16 *want, const char *name);
void value(const char *name, uint64_t number);
void value_string(const char *name, const char16 *string);
void say(const char *line);

void *pool(uint64_t size); /* zeroed, of EfiLoaderData */
uint64_t length16(const char16 *string);
bool same16(const char16 *a, const char16 *b);
bool same(const void *a, const void *b, uint64_t size);
void *protocol_of(efi_handle handle, const struct guid *guid); /* NULL: it has none */
struct loaded_image *own_image(void);
/* The volume that it was loaded from; without one, as --run loads it, that is a failure, and the end. */
efi_handle own_volume(void);
uint64_t path_size(const struct device_path *path); /* with the end node */
const struct device_path *path_next(const struct device_path *node);
bool path_is_end(const struct device_path *node);

#endif
