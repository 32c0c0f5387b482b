/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vendor's BOOT.CSV, of which shim's fallback makes boot entries. */
#include <stdlib.h>

#include "esp/esp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(esp_csv_release) struct esp_csv csv = { 0 };

	esp_csv_parse(data, size, &csv);
	for (size_t i = 0; i < csv.n; i++)
		if (!csv.rows[i].loader || !csv.rows[i].label || !csv.rows[i].arguments)
			abort();
	return 0;
}
