/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a machine in QEMU that says nothing stands still, and when only its host is busy. */
#include "base/base.h"
#include "tap.h"
#include "verify/verify.h"

int main(void)
{
	static const struct {
		double silent, all, used;
		bool still;
		const char *what;
	} cases[] = {
		{ 61, 120, 60.5, true, "it stands still when it runs and says nothing" },
		{ 61, 120, 1, true, "when it waits" },
		{ 61, 120, 20, false, "but not when its host is busy" },
		{ 200, 360, 40, false, "nor when it ran for less than a minute in more" },
		{ 200, 360, 61, true, "it does when it ran for a minute in more" },
		{ 59, 400, 59, false, "but not when it spoke in the last minute" },
		{ 6, 10, 5.5, true, "of a short patience half is enough" },
		{ 4, 10, 0, false, "and no less" },
		{ 61, 120, -1, false, "nothing follows when nothing is known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(boot_stands_still(cases[i].silent, cases[i].all, cases[i].used) ==
				cases[i].still,
			"%s", cases[i].what);
	return tap_done();
}
