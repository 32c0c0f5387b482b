/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that the firmware emulator takes for a kernel: an EFI program that
 * leaves boot services and jumps to a place of its own with the device tree in
 * x0, as the arm64 boot protocol wants it. For fixtures; offsets are those of
 * UEFI 2.10 4.3, 4.4 and 7.2.3.
 */
typedef unsigned long long u64;

static unsigned char map[65536];
const char banner[] = "Linux version 0.0.1-fixture (test)";

static u64 load(const void *p, unsigned offset)
{
	return *(const u64 *)((const char *)p + offset);
}

static const void *device_tree(const char *system_table)
{
	/* EFI_DTB_TABLE_GUID, b1b621d5-f19c-41a5-830b-d9152c69aae0 */
	static const u64 guid[2] = { 0x41a5f19cb1b621d5ULL, 0xe0aa692c15d90b83ULL };
	u64 n = load(system_table, 104), table = load(system_table, 112);

	for (u64 i = 0; i < n; i++, table += 24)
		if (load((void *)table, 0) == guid[0] && load((void *)table, 8) == guid[1])
			return (const void *)load((void *)table, 16);
	return 0;
}

u64 efi_main(void *image, const char *system_table)
{
	const void *boot = (const void *)load(system_table, 96);
	u64 (*get_map)(u64 *, void *, u64 *, u64 *, unsigned *) = (void *)load(boot, 56);
	u64 (*leave)(void *, u64) = (void *)load(boot, 232);
	const void *tree = device_tree(system_table);
	u64 size = sizeof(map), key, each;
	unsigned version;

	if (get_map(&size, map, &key, &each, &version) || leave(image, key))
		return 1;
	__asm__ volatile("mov x0, %0\n"
			 "mov x1, xzr\n"
			 "mov x2, xzr\n"
			 "mov x3, xzr\n"
			 "adr x4, 1f\n"
			 "br x4\n"
			 ".balign 4096\n"
			 "1: b 1b\n"
			 :
			 : "r"(tree)
			 : "x0", "x1", "x2", "x3", "x4");
	return (u64)banner;
}
