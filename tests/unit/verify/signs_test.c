/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lines of real consoles mean, and which lookalikes mean nothing.
 */
#include "tap.h"
#include "verify/signs.h"

static void stage_is(const char *line, bool finished, enum boot_stage before, enum boot_stage stage)
{
	const struct sign *s = sign_in(line, finished, before);

	ok(s && s->kind == SIGN_STAGE && s->stage == stage, "%s: %s", line, boot_stage_name(stage));
}

static void kind_is(const char *line, bool finished, enum boot_stage before, enum sign_kind kind)
{
	const struct sign *s = sign_in(line, finished, before);

	ok(s && s->kind == kind && (kind != SIGN_END || s->meaning), "%s: kind %d", line, kind);
}

static void nothing(const char *line, bool finished, enum boot_stage before)
{
	ok(!sign_in(line, finished, before), "%s: nothing", line);
}

static void stages(void)
{
	stage_is("EFI stub: Booting Linux Kernel...", true, BOOT_FIRMWARE, BOOT_HANDOVER);
	stage_is("[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x411fd070]", true,
		BOOT_HANDOVER, BOOT_KERNEL);
	stage_is("[    1.163543] Run /init as init process", true, BOOT_KERNEL, BOOT_INIT);
	stage_is(
		"[    3.1] systemd[1]: Detected architecture arm64.", true, BOOT_KERNEL, BOOT_INIT);
	stage_is("[  OK  ] Started systemd-udevd.service", true, BOOT_KERNEL, BOOT_INIT);
	stage_is("sample login: ", false, BOOT_INIT, BOOT_LOGIN);
	nothing("sample login: root", true, BOOT_INIT);
	nothing("Last login:", false, BOOT_INIT);
	nothing("EFI stub: again", true, BOOT_KERNEL);
}

static void ends(void)
{
	kind_is("grub> ", false, BOOT_FIRMWARE, SIGN_END);
	kind_is("grub rescue> ", false, BOOT_FIRMWARE, SIGN_END);
	kind_is("Shell> ", false, BOOT_FIRMWARE, SIGN_END);
	kind_is("(initramfs) ", false, BOOT_INIT, SIGN_END);
	kind_is("[    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs on "
		"unknown-block(0,0)",
		true, BOOT_KERNEL, SIGN_END);
	kind_is("BdsDxe: No bootable option or device was found.", true, BOOT_FIRMWARE, SIGN_END);
	nothing("grub> ls", false, BOOT_FIRMWARE);
	nothing("grub> ", false, BOOT_INIT);
}

/* A quiet kernel says nothing before what ends its boot shows that it runs. */
static void ends_late(void)
{
	static const struct {
		const char *line;
		bool finished;
		enum boot_stage stage;
	} ends[] = {
		{ "(initramfs) ", false, BOOT_INIT },
		{ "dracut:/# ", false, BOOT_INIT },
		{ "You are in emergency mode. After logging in, type", true, BOOT_INIT },
		{ "Kernel panic - not syncing: VFS: Unable to mount root fs", true, BOOT_KERNEL },
		{ "grub> ", false, BOOT_NOTHING },
		{ "BdsDxe: No bootable option or device was found.", true, BOOT_NOTHING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const struct sign *s = sign_in(ends[i].line, ends[i].finished, BOOT_FIRMWARE);

		ok(s && s->kind == SIGN_END && s->stage == ends[i].stage, "%s: behind %s",
			ends[i].line, boot_stage_name(ends[i].stage));
	}
}

static void causes(void)
{
	kind_is("error: no such device: 5f0c1d2e.", true, BOOT_FIRMWARE, SIGN_CAUSE);
	kind_is("BdsDxe: failed to load Boot0001 \"UEFI Misc Device\": Not Found", true,
		BOOT_FIRMWARE, SIGN_CAUSE);
	kind_is("Failed to open \\EFI\\BOOT\\grubaa64.efi - Not Found", true, BOOT_FIRMWARE,
		SIGN_CAUSE);
	kind_is("PANIC: Unsupported protocol specified for kernel.", true, BOOT_FIRMWARE,
		SIGN_CAUSE);
	kind_is("ERROR: cannot open /boot/lua/loader.lua: no such file or directory.", true,
		BOOT_FIRMWARE, SIGN_CAUSE);
	kind_is("Could not boot: No such device (https://ipxe.org/2c048087)", true, BOOT_FIRMWARE,
		SIGN_CAUSE);
	kind_is("Failed to find bootable partition", true, BOOT_FIRMWARE, SIGN_END);
	nothing("error: a guest's own message", true, BOOT_INIT);
	nothing("ERROR: a guest's own message", true, BOOT_INIT);
}

static void time_stamps(void)
{
	is_str(sign_text("[    0.000000] x"), "x", "a time stamp is left out");
	is_str(sign_text("[  OK  ] x"), "[  OK  ] x", "something else stays");
	is_str(sign_text("[ 1"), "[ 1", "cut short");
	is_str(sign_text("["), "[", "cut shorter");
}

int main(void)
{
	enum boot_stage stage;

	stages();
	ends();
	ends_late();
	causes();
	time_stamps();
	ok(boot_stage_parse("login", &stage) && stage == BOOT_LOGIN, "a stage by name");
	ok(!boot_stage_parse("firmware", &stage), "no stage to wait for");
	return tap_done();
}
