/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "build/layout.h"
#include "tap.h"

#define MIB ((uint64_t)1 << 20)

static void smallest(void)
{
	struct layout l;

	is_int(layout_plan(&l, 0, 256 * MIB, 900 * MIB, NULL), 0, "the least that works");
	is_int(l.esp_start, MIB, "the ESP begins after the table");
	is_int(l.esp_size, 256 * MIB, "its size");
	is_int(l.root_start, 257 * MIB, "the root follows");
	is_int(l.root_size, 900 * MIB, "its size");
	is_int(l.disk_size, 1158 * MIB, "and 1 MiB for the backup");
}

static void rounding(void)
{
	struct layout l;

	is_int(layout_plan(&l, 0, 33 * MIB + 1, 10 * MIB - 512, NULL), 0, "odd sizes");
	is_int(l.esp_size, 34 * MIB, "the ESP is rounded up");
	is_int(l.root_size, 10 * MIB, "the root is rounded up");
	is_int(layout_plan(&l, 2048 * MIB - 1, 34 * MIB, 10 * MIB, NULL), 0, "a larger disk");
	is_int(l.disk_size, 2048 * MIB, "is rounded up");
	is_int(l.root_size, (2048 - 34 - 2) * MIB, "and the root gets the rest");
}

static void refusals(void)
{
	struct err err = { 0 };
	struct layout l;

	is_int(layout_plan(&l, 45 * MIB, 34 * MIB, 10 * MIB, &err), -ENOSPC, "1 MiB too little");
	is_str(err.hint, "use --size 46M or more, or leave --size out", "and how much it takes");
	is_int(layout_plan(&l, 0, UINT64_MAX, 1, &err), -EFBIG, "an ESP that overflows");
	is_int(layout_plan(&l, 0, 1, UINT64_MAX - 1, &err), -EFBIG, "a root that overflows");
	is_int(layout_plan(&l, 0, (uint64_t)1 << 63, (uint64_t)1 << 63, &err), -EFBIG, "both");
	is_int(layout_plan(&l, UINT64_MAX, 1, 1, &err), -EFBIG, "a disk that overflows");
	is_int(layout_plan(&l, 0, MIB, (uint64_t)64 << 40, &err), -EFBIG, "over 64 TiB");
}

int main(void)
{
	smallest();
	rounding();
	refusals();
	return tap_done();
}
