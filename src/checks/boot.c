/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot family: the image is booted in QEMU with real firmware and empty
 * variables (VM-9), and has to get as far as was asked for. Only run when
 * asked for, as each boot takes seconds. What the other families find by
 * reading is not repeated here.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "checks/groups.h"
#include "disk/disk.h"
#include "image/image.h"
#include "verify/verify.h"

#define ADVICE                                                                                     \
	"see what the other checks say; to watch the boot: qemu-system-aarch64 -M virt "           \
	"-cpu cortex-a57 -m 1024 -nographic -snapshot -bios FIRMWARE IMAGE"

static int boot(
	struct image *image, enum boot_firmware firmware, struct boot_verdict *v, struct err *err)
{
	const struct image_options *options = image_options(image);
	struct boot_request request = {
		.path = image_path(image),
		.format = disk_format_name(image_header(image)->format),
		.firmware = firmware,
		.until = BOOT_KERNEL,
		.seconds = options->boot_seconds,
	};

	if (options->until && !boot_stage_parse(options->until, &request.until))
		return err_set(err, EINVAL, "no such stage of a boot: %s", options->until);
	return boot_run(&request, v, err);
}

/* The last of what the console showed, on one line. */
static void last_on_screen(const struct boot_verdict *v, struct text *out)
{
	const char *screen = text_str(&v->screen), *line = strrchr(screen, '\n');

	line = line ? line + 1 : screen;
	if (*line && !strstr(text_str(&v->reason), line))
		text_printf(out, "; last on the console: %.200s", line);
}

static int run_boot(enum boot_firmware firmware, bool wanted, struct image *image,
	struct findings *f, struct err *err)
{
	struct boot_verdict v CLEANUP(boot_verdict_release) = { 0 };
	struct text last CLEANUP(text_release) = TEXT_INIT;
	int ret;

	if (!wanted) {
		finding_skip(f, "not asked for (--boot %s)", boot_firmware_name(firmware));
		return 0;
	}
	ret = boot(image, firmware, &v, err);
	if (ret < 0 || v.outcome == BOOT_REACHED)
		return ret;
	last_on_screen(&v, &last);
	if (v.outcome == BOOT_INCONCLUSIVE)
		return err_set(err, ETIMEDOUT, "after %.0f s: %s%s", v.seconds, text_str(&v.reason),
			text_str(&last));
	finding_add(f, "", ADVICE, "after %.1f s with %s: %s%s", v.seconds,
		boot_firmware_name(firmware), text_str(&v.reason), text_str(&last));
	return 0;
}

static int run_edk2(struct image *image, struct findings *f, struct err *err)
{
	return run_boot(BOOT_EDK2, image_options(image)->boot_edk2, image, f, err);
}

static int run_uboot(struct image *image, struct findings *f, struct err *err)
{
	return run_boot(BOOT_UBOOT, image_options(image)->boot_uboot, image, f, err);
}

static const struct check checks[] = {
	{ "boot.edk2", SEV_ERROR, "VM-2, VM-9; UEFI 2.10 3.5.1.1", "it boots with edk2",
		NEED_DISK | NEED_BOOT, run_edk2 },
	{ "boot.u-boot", SEV_ERROR, "VM-2, VM-9; UEFI 2.10 3.5.1.1", "it boots with U-Boot",
		NEED_DISK | NEED_BOOT, run_uboot },
};

const struct check_group boot_checks = CHECK_GROUP(checks);
