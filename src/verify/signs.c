/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts of edk2, U-Boot, shim, GRUB, systemd-boot, Limine, iPXE, FreeBSD's loader, Xen, Linux, its
 * initrds and systemd that show how a boot goes. See signs.h.
 */
#include <ctype.h>
#include <string.h>

#include "verify/signs.h"

enum where {
	START,  /* the line begins with it, a time stamp not counted */
	ANY,    /* it is somewhere in the line */
	PROMPT, /* the unfinished line is this and no more */
	LAST    /* the unfinished line ends with it */
};

/* Rows of one stage are looked at while the boot is at least at min and at most at max. */
static const struct {
	enum where where;
	const char *text;
	enum boot_stage min, max;
	struct sign sign;
} table[] = {
	/* Linux */
	{ START, "EFI stub: ERROR", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "EFI stub: ", BOOT_NOTHING, BOOT_HANDOVER, { SIGN_STAGE, BOOT_HANDOVER, NULL } },
	{ START, "Booting Linux on physical CPU", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_STAGE, BOOT_KERNEL, NULL } },
	{ START, "Linux version ", BOOT_NOTHING, BOOT_LOGIN, { SIGN_STAGE, BOOT_KERNEL, NULL } },
	{ ANY, " as init process", BOOT_NOTHING, BOOT_LOGIN, { SIGN_STAGE, BOOT_INIT, NULL } },
	{ ANY, "Kernel panic - not syncing", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_END, BOOT_KERNEL, "the kernel panicked" } },
	{ START, "Unable to handle kernel ", BOOT_NOTHING, BOOT_LOGIN, { .kind = SIGN_CAUSE } },
	/* initrds and init; a quiet kernel says nothing before them */
	{ START, "Loading, please wait...", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_STAGE, BOOT_INIT, NULL } },
	{ START, "Starting systemd-udevd version", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_STAGE, BOOT_INIT, NULL } },
	{ START, "systemd[1]: ", BOOT_NOTHING, BOOT_LOGIN, { SIGN_STAGE, BOOT_INIT, NULL } },
	{ START, "[  OK  ] ", BOOT_NOTHING, BOOT_LOGIN, { SIGN_STAGE, BOOT_INIT, NULL } },
	{ LAST, " login:", BOOT_NOTHING, BOOT_LOGIN, { SIGN_STAGE, BOOT_LOGIN, NULL } },
	{ START, "ALERT! ", BOOT_NOTHING, BOOT_LOGIN, { .kind = SIGN_CAUSE } },
	{ PROMPT, "(initramfs)", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_END, BOOT_INIT,
			"the initrd found no root file system and stopped at its shell" } },
	{ PROMPT, "dracut:/#", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_END, BOOT_INIT,
			"the initrd found no root file system and stopped at its shell" } },
	{ START, "You are in emergency mode", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_END, BOOT_INIT, "the guest went into emergency mode" } },
	{ ANY, "Entering emergency mode", BOOT_NOTHING, BOOT_LOGIN,
		{ SIGN_END, BOOT_INIT, "the guest went into emergency mode" } },
	/* loaders */
	{ START, "error: ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ PROMPT, "grub>", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "GRUB stopped at its prompt" } },
	{ PROMPT, "grub rescue>", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "GRUB stopped at its rescue prompt" } },
	{ ANY, "Security Violation", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Failed to open \\", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Failed to load image", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "start_image() returned", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Error loading ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Error preparing initrd", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "No loader found.", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "systemd-boot found nothing to start" } },
	{ START, "PANIC: ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "panic: ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "ERROR: ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "TODO: Linux is not available", BOOT_NOTHING, BOOT_HANDOVER,
		{ .kind = SIGN_CAUSE } },
	{ START, "Could not boot: ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Could not start ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "Failed to find bootable partition", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "FreeBSD's loader found nothing that boots" } },
	{ START, "No configuration file found", BOOT_NOTHING, BOOT_HANDOVER,
		{ .kind = SIGN_CAUSE } },
	/* edk2 */
	{ START, "BdsDxe: failed to ", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "BdsDxe: No bootable option", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "the firmware found nothing that boots" } },
	{ START, "UEFI Interactive Shell", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING,
			"the firmware found nothing that boots and started its shell" } },
	{ PROMPT, "Shell>", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING,
			"the firmware found nothing that boots and started its shell" } },
	{ START, "Synchronous Exception at ", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "the firmware or a loader crashed" } },
	{ START, "ASSERT_EFI_ERROR", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "ASSERT [", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "the firmware stopped at a failed assertion" } },
	/* U-Boot; its prompt is verify.c's affair, as it is passed once on purpose */
	{ START, "Bad Linux ARM64 Image magic!", BOOT_NOTHING, BOOT_HANDOVER,
		{ .kind = SIGN_CAUSE } },
	{ START, "## Application failed", BOOT_NOTHING, BOOT_HANDOVER, { .kind = SIGN_CAUSE } },
	{ START, "\"Synchronous Abort\" handler", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "the firmware or a loader crashed" } },
	{ START, "### ERROR ### Please RESET the board", BOOT_NOTHING, BOOT_HANDOVER,
		{ SIGN_END, BOOT_NOTHING, "the firmware gave up" } },
};

const char *sign_text(const char *line)
{
	const char *p = line;

	if (*p != '[')
		return line;
	p += 1 + strspn(p + 1, " ");
	if (!isdigit((unsigned char)*p))
		return line;
	p += strspn(p, "0123456789.");
	return p[0] == ']' && p[1] == ' ' ? p + 2 : line;
}

static bool matches(enum where where, const char *text, const char *line, bool finished)
{
	size_t len = strlen(line), want = strlen(text);

	while (len && line[len - 1] == ' ')
		len--;
	switch (where) {
	case START:
		return finished && strncmp(line, text, want) == 0;
	case ANY:
		return finished && strstr(line, text);
	case PROMPT:
		return !finished && len == want && strncmp(line, text, want) == 0;
	case LAST:
		return !finished && len >= want && strncmp(line + len - want, text, want) == 0 &&
		       !strstr(line, "Last login:");
	}
	return false;
}

const struct sign *sign_in(const char *line, bool finished, enum boot_stage stage)
{
	const char *text = sign_text(line);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (stage >= table[i].min && stage <= table[i].max &&
			matches(table[i].where, table[i].text, text, finished))
			return &table[i].sign;
	return NULL;
}
