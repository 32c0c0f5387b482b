/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root= means by what else is on the command line.
 */
#include <string.h>

#include "loader/names.h"
#include "memvol.h"
#include "tap.h"

#define BOOT   "5f0c1d2e-0000-4000-8000-0000000000b0"
#define HASHED "6a6b6c6d-6e6f-7071-7273-747576777879"
#define HASH   "6a6b6c6d6e6f70717273747576777879aaaa"
#define VERITY(device)                                                                             \
	"dm-mod.create=\"root,,,ro,0 8192 verity 1 " device " " device " 4096 4096 1024 1 sha256 " \
	"00 00 1 restart_on_corruption\" "

static char image[2048];
static struct memfile files[] = { { "/cOS/active.img", image, sizeof(image), 0 },
	{ "/cOS/other.img", "xfs", 3, 0 }, { "/LiveOS/squashfs.img", "x", 1, 0 },
	{ "/boot/live/root.sfs", "x", 1, 0 } };
static struct memvol state = { files, ARRAY_SIZE(files), false };
static struct volume volumes[] = {
	{ .number = 1, .is_esp = true, .fstype = "vfat", .uuid = "ABCD-0001", .label = "ESP" },
	{ .number = 2, .fstype = "ext4", .partuuid = BOOT, .uuid = "1111", .label = "boot" },
	{ .number = 3,
		.fstype = "ext4",
		.partuuid = HASHED,
		.uuid = "5F0C1D2E-3b4a-4c5d-8e6f-70a1b2c3d4e5",
		.label = "system" },
};
static const struct chain_view view = { volumes, ARRAY_SIZE(volumes), &volumes[0], false };

static const struct {
	const char *cmdline, *spec;
	enum name_answer answer;
	unsigned number;
	bool by_kernel;
} cases[] = {
	/* dm-verity by systemd */
	{ "roothash=" HASH, "/dev/mapper/root", NAME_ONE, 3, true },
	{ "usrhash=" HASH, "/dev/mapper/root", NAME_NONE, 0, false },
	{ "verity.usr=PARTUUID=" BOOT, "/dev/mapper/usr", NAME_ONE, 2, true },
	/* and by the kernel */
	{ VERITY("PARTUUID=" BOOT "/PARTNROFF=1"), "/dev/dm-0", NAME_ONE, 3, true },
	{ VERITY("PARTUUID=" BOOT), "/dev/mapper/root", NAME_ONE, 2, true },
	{ VERITY("PARTUUID=" BOOT "/PARTNROFF=7"), "/dev/dm-0", NAME_NONE, 0, true },
	{ VERITY("/dev/vda3"), "/dev/dm-0", NAME_MACHINE, 0, true },
	{ VERITY("PARTUUID=" BOOT), "/dev/dm-1", NAME_MACHINE, 0, false },
	{ VERITY("PARTUUID=" BOOT), "/dev/mapper/usr", NAME_NONE, 0, false },
	{ "dm-mod.create=\"a,,3,rw,0 8 linear PARTUUID=" BOOT
	  " 0;b,,,ro,0 8 linear PARTUUID=" HASHED " 0\"",
		"/dev/dm-3", NAME_ONE, 2, true },
	{ "dm-mod.create=\"a,,,rw,0 8 linear PARTUUID=" BOOT
	  " 0; b,,,ro, 0  8 linear PARTUUID=" HASHED " 0\"",
		"/dev/dm-1", NAME_ONE, 3, true },
	{ "dm-mod.create=a", "/dev/dm-0", NAME_MACHINE, 0, false },
	{ "dm-mod.create=;,,,,", "/dev/dm-0", NAME_MACHINE, 0, false },
	{ "dm-mod.create=a,,,ro,0", "/dev/dm-0", NAME_MACHINE, 0, false },
	{ "", "/dev/dm-0", NAME_MACHINE, 0, false },
	{ "dm=\"1 vroot none ro 1,0 8 verity payload=PARTUUID=" BOOT "\"", "/dev/dm-0",
		NAME_UNKNOWN, 0, true },
	/* Guix */
	{ "gnu.load=/gnu/store/x/boot", "5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d4e5", NAME_ONE, 3,
		false },
	{ "gnu.load=/gnu/store/x/boot", "abcd-0001", NAME_ONE, 1, false },
	{ "gnu.load=/gnu/store/x/boot", "system", NAME_ONE, 3, false },
	{ "gnu.load=/gnu/store/x/boot", "other", NAME_NONE, 0, false },
	{ "gnu.load=/gnu/store/x/boot", "5f0c1d2e-3b4a-4c5d-8e6f-000000000000", NAME_NONE, 0,
		false },
	{ "gnu.load=/gnu/store/x/boot", "LABEL=boot", NAME_ONE, 2, false },
	{ "gnu.load=/gnu/store/x/boot", "server:/export", NAME_UNKNOWN, 0, false },
	{ "", "system", NAME_UNKNOWN, 0, false },
	/* a file system in a file */
	{ "cos-img/filename=/cOS/active.img", "LABEL=COS_ACTIVE", NAME_INSIDE, 0, false },
	{ "cos-img/filename=cOS/active.img", "LABEL=COS_ACTIVE", NAME_INSIDE, 0, false },
	{ "cos-img/filename=/cOS/active.img", "LABEL=COS_PASSIVE", NAME_NONE, 0, false },
	{ "cos-img/filename=/cOS/active.img", "LABEL=COS", NAME_NONE, 0, false },
	{ "cos-img/filename=/cOS/passive.img", "LABEL=COS_PASSIVE", NAME_NONE, 0, false },
	{ "cos-img/filename=/cOS/other.img", "LABEL=COS_ACTIVE", NAME_UNKNOWN, 0, false },
	{ "", "LABEL=COS_ACTIVE", NAME_NONE, 0, false },
	/* live images */
	{ "rd.live.image", "live:CDLABEL=boot", NAME_INSIDE, 0, false },
	{ "", "live:LABEL=boot", NAME_INSIDE, 0, false },
	{ "", "live:UUID=1111", NAME_INSIDE, 0, false },
	{ "", "live:PARTUUID=" BOOT, NAME_INSIDE, 0, false },
	{ "", "live:/dev/disk/by-label/boot", NAME_INSIDE, 0, false },
	{ "", "live:CDLABEL=other", NAME_NONE, 0, false },
	{ "", "live:UUID=1112", NAME_NONE, 0, false },
	{ "", "live:/dev/sda2", NAME_MACHINE, 0, true },
	{ "", "live:CDLABEL=system", NAME_NONE, 0, false },
	{ "rd.live.dir=boot", "live:CDLABEL=boot", NAME_NONE, 0, false },
	{ "rd.live.dir=/boot/live rd.live.squashimg=root.sfs", "live:CDLABEL=boot", NAME_INSIDE, 0,
		false },
	{ "rd.live.squashimg=root.sfs", "live:CDLABEL=boot", NAME_NONE, 0, false },
	{ "iso-scan/filename=/x.iso", "live:CDLABEL=boot", NAME_UNKNOWN, 0, false },
	{ "", "live:/x.iso", NAME_UNKNOWN, 0, false },
	{ "", "live:https://x/y.img", NAME_UNKNOWN, 0, false },
};

static void gpt_auto(void)
{
	ok(cmdline_gpt_auto_off("ro systemd.gpt_auto=0", false) &&
			cmdline_gpt_auto_off("systemd.gpt_auto=no", true),
		"the generator is off everywhere");
	ok(cmdline_gpt_auto_off("ro rd.systemd.gpt_auto=0", true),
		"with rd. it is off in the initrd");
	ok(!cmdline_gpt_auto_off("ro rd.systemd.gpt_auto=0", false), "and not in the system");
	ok(!cmdline_gpt_auto_off("systemd.gpt_auto=1", true) && !cmdline_gpt_auto_off(NULL, true),
		"else it is on");
}

int main(void)
{
	static const char label[] = "COS_ACTIVE";

	image[1080] = 0x53;
	image[1081] = (char)0xef;
	memcpy(image + 1144, label, sizeof(label));
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		static struct memvol none;

		volume_set_mem(&volumes[i], i == 1 ? &state : &none);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct name name = cmdline_name(&view, cases[i].cmdline, cases[i].spec);

		ok(name.answer == cases[i].answer &&
				(name.volume ? name.volume->number : 0) == cases[i].number &&
				name.by_kernel == cases[i].by_kernel,
			"%s %s: %d", cases[i].cmdline, cases[i].spec, (int)name.answer);
	}
	{
		struct chain_view cd = { volumes, ARRAY_SIZE(volumes), &volumes[0], true };

		is_int(cmdline_name(&cd, "", "live:CDLABEL=other").answer, NAME_UNKNOWN,
			"a medium may be the whole disk");
		is_int(cmdline_name(&cd, "", "live:CDLABEL=boot").answer, NAME_INSIDE,
			"or a partition of it");
	}
	gpt_auto();
	return tap_done();
}
