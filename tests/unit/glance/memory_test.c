/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance/memory: what a boot needs is no less than what real boots were seen to need.
 */
#include "base/base.h"
#include "glance/memory.h"
#include "tap.h"

#define MIB(n) ((uint64_t)(n) << 20)

/* Boots that were tried in QEMU with less and less memory, in MiB. */
static const struct tried {
	const char *what;
	unsigned file, kernel, initrd, unpacked; /* MiB */
	unsigned failed, came_up;                /* the most that failed, the least that did not */
} boots[] = {
	{ "Debian 12's cloud kernel, busybox", 27, 27, 3, 9, 128, 136 },
	{ "the same with 150 MiB of random bytes in its initrd", 27, 27, 153, 159, 480, 512 },
	{ "Debian 12 with systemd", 27, 27, 13, 45, 160, 192 },
};

static void hold_to_boots(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(boots); i++) {
		const struct tried *t = &boots[i];
		const struct boot_memory m = { .file = MIB(t->file),
			.kernel = MIB(t->kernel),
			.initrd = MIB(t->initrd),
			.unpacked = MIB(t->unpacked) };
		uint64_t min_ram = boot_memory_mib(&m);

		ok(min_ram >= t->came_up, "%s: %u MiB are enough, as min_ram %u are", t->what,
			t->came_up, (unsigned)min_ram);
		ok(min_ram <= 2 * t->came_up + BOOT_MEMORY_STEP / 2,
			"%s: about twice of it at most", t->what);
		ok(min_ram % BOOT_MEMORY_STEP == 0, "%s: in steps", t->what);
	}
}

static uint64_t with(uint64_t file, uint64_t kernel, uint64_t initrd, uint64_t unpacked)
{
	const struct boot_memory m = {
		.file = file, .kernel = kernel, .initrd = initrd, .unpacked = unpacked
	};

	return boot_memory_mib(&m);
}

int main(void)
{
	const struct boot_memory small = { .files = 2000, .page = 4096 };
	struct boot_memory large = small;

	hold_to_boots();
	is_int(with(0, 0, 0, 0), 256, "nothing at all");
	is_int(with(MIB(64), 0, 0, 0), 256, "exactly so much");
	is_int(with(MIB(64) + 1, 0, 0, 0), 384, "a byte more takes a step more");
	is_int(with(0, MIB(64) + 1, 0, 0), 384, "of the kernel");
	is_int(with(0, 0, MIB(64) + 1, 0), 384, "of the initrd");
	is_int(with(0, 0, 0, MIB(64) + 1), 384, "of what is in it");
	is_int(with(MIB(64), 0, 0, MIB(64)), 256, "the file is gone when the initrd is unpacked");
	is_int(with(MIB(32), MIB(32), 0, 0), 256, "but not the kernel");
	is_int(with(0, 0, MIB(32), MIB(32)), 256, "nor the packed initrd");
	is_int((boot_memory_unpacked(&small) >> 10), 4000, "each file ends amid a page");
	large.page = 65536;
	is_int((boot_memory_unpacked(&large) >> 10), 64000, "and pages may be large");
	ok(boot_memory_base(&large) > boot_memory_base(&small) + MIB(400),
		"a kernel of large pages sets more apart");
	large = (struct boot_memory){ .file = UINT64_C(1) << 40,
		.kernel = UINT64_C(1) << 30,
		.initrd = UINT64_C(1) << 40,
		.unpacked = UINT64_C(1) << 40,
		.files = UINT64_C(1) << 40,
		.page = 65536 };
	ok(boot_memory_mib(&large) < 4 << 20, "what is absurd does not wrap around");
	return tap_done();
}
