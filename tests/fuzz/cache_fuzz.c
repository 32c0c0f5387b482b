/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of check's cache. The first byte says whether it gets the checksum that it should
 * have, which no mutation would ever make.
 */
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "worker/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct selection all;
	CLEANUP(text_release) struct text about = TEXT_INIT;
	CLEANUP(results_release) struct results r = { 0 };
	CLEANUP(xfree) uint8_t *entry = NULL;

	if (!size--)
		return 0;
	entry = xmalloc(size + 1);
	memcpy(entry, data + 1, size);
	if ((data[0] & 1) && size >= 32)
		gnutls_hash_fast(GNUTLS_DIG_SHA256, entry, size - 32, entry + size - 32);
	text_puts(&about, "an image");
	results_begin(&r, &all);
	if (entry_take(entry, size, &about, &r) && (r.failed || r.verdict.incomplete))
		abort();
	return 0;
}
