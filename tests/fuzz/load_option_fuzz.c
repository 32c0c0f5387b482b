/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Boot#### variable, as a guest writes it. What is read is encoded again, and stays the same. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf again = BUF_INIT;
	CLEANUP(xfree) char *description = NULL;
	struct load_option o, second;

	if (load_option_parse(data, size, &o, NULL) < 0)
		return 0;
	if (o.paths_size > size || o.path_size > o.paths_size || o.data_size > size)
		abort();
	description = load_option_description(&o);
	load_option_encode(
		&again, o.attributes, description, o.paths, o.paths_size, o.data, o.data_size);
	if (load_option_parse(buf_bytes(&again), again.len, &second, NULL) < 0 ||
		second.paths_size != o.paths_size || second.data_size != o.data_size ||
		second.attributes != o.attributes)
		abort();
	return 0;
}
