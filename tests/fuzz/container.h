/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk image of one format for a fuzzer: its magic number is put where it belongs, as no mutation
 * would find it, and the facts must make sense.
 */
#ifndef ARMVM_TESTS_CONTAINER_H
#define ARMVM_TESTS_CONTAINER_H

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/format.h"

static inline void container_inspect(uint8_t *bytes, size_t len)
{
	CLEANUP(disk_facts_release) struct disk_facts facts = { 0 };

	disk_inspect_memory(bytes, len, &facts);
	if (facts.format >= FORMAT_COUNT)
		abort();
	for (size_t i = 0; i < facts.n_problems; i++)
		if (!facts.problems[i].text || !*facts.problems[i].text)
			abort();
}

static inline int container_fuzz(
	const uint8_t *data, size_t size, size_t at, const char *magic, size_t magic_len)
{
	CLEANUP(xfree) uint8_t *bytes = xmalloc(size + 1);

	memcpy(bytes, data, size);
	if (size >= at + magic_len)
		memcpy(bytes + at, magic, magic_len);
	container_inspect(bytes, size);
	return 0;
}

#endif
