/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What armvm-firmware emits, a guest's program behind it: events, a line of JSON each. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/emulation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(emulation_release) struct emulation e = { 0 };
	char *text = xstrndup((const char *)data, size), *rest = text, *line;

	emulation_prepare();
	while ((line = strsep(&rest, "\n")))
		(void)emulation_take(&e, line);
	free(text);
	return 0;
}
