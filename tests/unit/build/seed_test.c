/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/seed.h"
#include "tap.h"

int main(void)
{
	struct seed a, b, r;

	is_int(seed_init(&a, "x", "fs 1", NULL), 0, "a key from a seed");
	seed_init(&b, "x", "fs 1", NULL);
	ok(guid_eq(seed_guid(&a, "disk"), seed_guid(&b, "disk")), "the same seed, the same GUID");
	ok(!guid_eq(seed_guid(&a, "disk"), seed_guid(&a, "esp")), "another name, another GUID");
	is_int(seed_serial(&a, "esp"), seed_serial(&b, "esp"), "the same serial");
	ok(seed_serial(&a, "esp") != 0, "which is not zero");
	ok((seed_guid(&a, "disk").b[7] & 0xf0) == 0x40, "version 4");

	seed_init(&b, "x", "fs 2", NULL);
	ok(!guid_eq(seed_guid(&a, "disk"), seed_guid(&b, "disk")), "another input, another GUID");
	seed_init(&b, "xf", "s 1", NULL);
	ok(!guid_eq(seed_guid(&a, "disk"), seed_guid(&b, "disk")),
		"seed and input don't run together");

	is_int(seed_init(&r, NULL, "fs 1", NULL), 0, "a random key");
	seed_init(&b, NULL, "fs 1", NULL);
	ok(!guid_eq(seed_guid(&r, "disk"), seed_guid(&b, "disk")), "differs every time");
	return tap_done();
}
