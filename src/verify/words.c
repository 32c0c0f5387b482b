/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loaders' words. See words.h. Texts are those of GRUB 2.06 to 2.14 (which
 * since 2.12 puts the place in its sources before them), shim, systemd-boot,
 * rEFInd, iPXE and the kernel's stub.
 */
#include <string.h>

#include "base/xalloc.h"
#include "verify/words.h"

/* What a line has when it reports an error. */
static const char *const marks[] = { "error: ", "Error", "ERROR", "Failed to ",
	"failed: ", "failed with ", "start_image() returned", "Security Violation", "not found",
	"No such ", "Unable to ", "Could not ", "Cannot ", "No loader found", "No bootable",
	"Invalid ", "Aborting" };

/* From the particular to the general: the first row that fits a line counts. */
static const struct {
	const char *text, *cause, *remedy;
} table[] = {
	{ "can't find command `linuxefi'",
		"this GRUB has linux alone, its configuration is made for another",
		"write linux and initrd instead of linuxefi and initrdefi, or run the "
		"guest's own grub-mkconfig" },
	{ "can't find command `initrdefi'",
		"this GRUB has initrd alone, its configuration is made for another",
		"write linux and initrd instead of linuxefi and initrdefi, or run the "
		"guest's own grub-mkconfig" },
	{ "can't find command `blscfg'",
		"this GRUB does not read Boot Loader Specification entries",
		"install the distribution's own GRUB, or a configuration with menu entries" },
	{ "can't find command", "a module with that command is neither in GRUB nor in its prefix",
		"install GRUB's image with its modules (grub-install)" },
	{ "no such device", "the file system that is searched for is not in the image",
		"make the configuration anew (update-grub, grub2-mkconfig) with the UUIDs that are there" },
	{ "no such partition",
		"a partition is named by a number that is not there, or by a table "
		"that GRUB has no module for",
		"search by UUID, and see that part_gpt is among GRUB's modules" },
	{ "disk `", "a disk is named that this machine does not have", "search by UUID" },
	{ "unknown filesystem",
		"GRUB has no module for that file system, or it uses a feature that "
		"GRUB does not read",
		"put /boot on a file system of its own that GRUB reads, or install GRUB with that module" },
	{ "unknown device", "a device is named that this GRUB does not know",
		"search by UUID, and load the modules for LVM, RAID or encryption" },
	{ "invalid magic number",
		"the kernel is no arm64 image, or is compressed and GRUB lacks "
		"the module that unpacks it",
		"install an arm64 kernel, or load gzio before it" },
	{ "invalid arch-independent ELF magic", "a module of GRUB is damaged, or no module",
		"install GRUB again" },
	{ "symbol `", "the modules in GRUB's prefix are of another version than its image",
		"run grub-install, so that both are of one version" },
	{ "bad shim signature", "shim does not trust the kernel",
		"install the distribution's signed kernel" },
	{ "prohibited by secure boot policy", "Secure Boot forbids it",
		"use signed programs alone" },
	{ "verification requested but nobody cares",
		"Secure Boot wants a verifier, and shim is not there", "start GRUB by shim" },
	{ "you need to load the kernel first", "the entry loaded no kernel: see the lines before",
		"mend the entry's linux line" },
	{ "out of memory", "GRUB had no memory left for the kernel or the initrd",
		"make the initrd smaller" },
	{ "normal.mod' not found",
		"GRUB's prefix, as it was built, leads nowhere: it has not even its "
		"module normal",
		"install GRUB again (grub-install --removable)" },
	{ "GRUB stopped at its prompt", "it found no configuration where it looks for one",
		"put a grub.cfg there that leads to the one in the root file system" },
	{ "file `", "a file that the configuration names is not there",
		"make the configuration anew (update-grub, grub2-mkconfig)" },
	{ "Failed to open \\", "shim did not find the loader that it starts",
		"put that file beside shim" },
	{ "Failed to load image", "shim did not start the loader beside it",
		"see that the file is whole, and signed where Secure Boot is on" },
	{ "Security Violation", "a program is not signed by a key that is trusted",
		"use signed programs, or sign them by a key in the machine's db" },
	{ "Error loading ", "systemd-boot could not start the entry's program",
		"see that the kernel of the entry is whole, and one for arm64" },
	{ "No loader found", "systemd-boot found no entry",
		"add one to \\loader\\entries, or a "
		"unified kernel image to \\EFI\\Linux" },
	{ "Failed to load initrd",
		"the kernel's stub did not find the initrd that its command line names",
		"correct initrd= on the command line" },
	{ "Could not start", "iPXE could not do what its script says",
		"see the line for its reason" },
};

static bool reports_error(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(line, marks[i]))
			return true;
	return false;
}

void loader_words_take(struct loader_words *w, const char *line)
{
	line += strspn(line, " ");
	if (!reports_error(line) || strlist_has(&w->lines, line))
		return;
	if (w->lines.n == LOADER_WORDS_MAX) {
		free(w->lines.v[0]);
		memmove(w->lines.v, w->lines.v + 1, w->lines.n * sizeof(*w->lines.v));
		w->lines.n--;
	}
	strlist_take(&w->lines, xstrndup(line, 200));
}

bool loader_words_explain(const struct loader_words *w, const char **cause, const char **remedy)
{
	for (size_t i = 0; i < w->lines.n; i++)
		for (size_t row = 0; row < ARRAY_SIZE(table); row++)
			if (strstr(w->lines.v[i], table[row].text)) {
				*cause = table[row].cause;
				*remedy = table[row].remedy;
				return true;
			}
	return false;
}

void loader_words_release(struct loader_words *w)
{
	strlist_release(&w->lines);
}
