/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loaders' words. See words.h. Texts are those of GRUB 2.06 to 2.14 (which
 * since 2.12 puts the place in its sources before them), shim, systemd-boot,
 * rEFInd, iPXE, Limine 4 to 8, FreeBSD's loader, Xen, EFI Boot Guard, the UEFI Shell, U-Boot and
 * the kernel's stub.
 */
#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/words.h"

/* What a line has when it reports an error, in letters of any case. */
static const char *const marks[] = { "error", "fail", "panic:", "todo:", "security violation",
	"start_image() returned", "no such ", "not found", "not available", "not supported",
	"not valid", "not recognized", "unsupported", "unable to ", "could not ", "couldn't ",
	"cannot ", "can't ", "invalid ", "missing", "mismatch", "corrupt", "denied", "refus",
	"timed out", "no loader found", "no bootable", "no configuration", "no more network",
	"nothing to boot", "no eligible", "not enough memory", "out of memory", "bad linux",
	"assertion", "aborting", "halting" };

/* What has one of them and reports none: of command lines, and of loaders that are content. */
static const char *const harmless[] = { "errors=", "no error", "without error", "0 errors" };

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
		"make the configuration anew (update-grub, or grub2-mkconfig -o with its file) with the UUIDs that are there" },
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
	{ "GRUB stopped at its rescue prompt", "it did not find its modules or its configuration",
		"install GRUB again (grub-install --removable)" },
	{ "file `", "a file that the configuration names is not there",
		"make the configuration anew (update-grub, or grub2-mkconfig -o with its file)" },
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
	{ "Not Found while loading ",
		"rEFInd found the file and its driver could not read it: the one for ext4 reads no "
		"file with holes",
		"write the kernel anew without holes (cp --sparse=never), or put it on the ESP" },
	{ "Could not start", "iPXE could not do what its script says",
		"see the line for its reason" },
	{ "Could not boot", "iPXE could not start what it has loaded",
		"see what its script loads, and the page that the line names" },
	{ "No more network devices", "iPXE found nothing to boot on a network",
		"put an autoexec.ipxe beside it that boots from the disk" },
	{ "Linux is not available on aarch64",
		"this Limine is older than 7.9, which is the first to boot Linux on arm64",
		"install a newer Limine, or give the entry the protocol efi_chainload" },
	{ "Unsupported protocol specified", "the entry's protocol is none that this Limine has",
		"correct protocol: in limine.conf; for a kernel it is linux" },
	{ "[config file not found]", "Limine found no configuration",
		"put a limine.conf (limine.cfg up to version 7) beside it in \\EFI\\BOOT" },
	{ "Failed to open kernel with path", "the kernel that Limine's entry names is not there",
		"correct its path in limine.conf" },
	{ "Failed to open module with path", "a file that Limine's entry names is not there",
		"correct its path in limine.conf" },
	{ "Failed to open image with path", "the program that Limine's entry names is not there",
		"correct its path in limine.conf" },
	{ "/boot/lua/loader.lua", "FreeBSD's loader found no file system with its scripts",
		"install FreeBSD whole, with /boot on a UFS or ZFS partition of this disk" },
	{ "Failed to find bootable partition",
		"FreeBSD's loader found no partition with a FreeBSD on it",
		"install FreeBSD whole, with /boot on a UFS or ZFS partition of this disk" },
	{ "No configuration file found", "Xen found no file that says which kernel it is to start",
		"put a xen.cfg beside it" },
	{ "Cannot load specified kernel image",
		"no environment of EFI Boot Guard names a kernel that is there",
		"write BGENV.DAT with bg_setenv, on as many partitions as it was built for" },
	{ "is not recognized as an internal or external command",
		"the shell's script calls a program that is not there", "correct startup.nsh" },
	{ "Bad Linux ARM64 Image magic", "U-Boot was to boot what is no arm64 kernel",
		"install an arm64 kernel, not compressed" },
};

static bool reports_error(const char *line)
{
	CLEANUP(xfree) char *text = xstrdup(line);
	char *found;

	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		while ((found = strstr(text, harmless[i])))
			memset(found, ' ', strlen(harmless[i]));
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(text, marks[i]))
			return true;
	return false;
}

static void add(struct strlist *lines, const char *line, size_t max)
{
	if (lines->n == max) {
		free(lines->v[0]);
		memmove(lines->v, lines->v + 1, lines->n * sizeof(*lines->v));
		lines->n--;
	}
	strlist_take(lines, xstrndup(line, 200));
}

void loader_words_take(struct loader_words *w, const char *line)
{
	line += strspn(line, " ");
	if (reports_error(line) && !strlist_has(&w->lines, line))
		add(&w->lines, line, LOADER_WORDS_MAX);
}

/* Whether the line is among those that were taken, or was broken off one. */
static bool is_known(const struct loader_words *w, const char *line)
{
	for (size_t i = 0; i < w->lines.n; i++)
		if (strstr(w->lines.v[i], line))
			return true;
	return false;
}

static bool says_something(const char *line)
{
	while (*line && !isalnum((unsigned char)*line))
		line++;
	return *line;
}

void loader_words_end(struct loader_words *w, const char *screen)
{
	while (*screen) {
		size_t n = strcspn(screen, "\n"), len = n;
		CLEANUP(xfree) char *line = NULL;

		while (len && screen[len - 1] == ' ')
			len--;
		line = xstrndup(screen, len);
		if (!is_known(w, line + strspn(line, " ")))
			loader_words_take(w, line);
		if (says_something(line))
			add(&w->last, line + strspn(line, " "), LOADER_LAST_MAX);
		screen += n + (screen[n] == '\n');
	}
	if (!w->lines.n && w->last.n && strcmp(w->last.v[w->last.n - 1], "grub>") == 0)
		strlist_add(&w->lines, "GRUB stopped at its prompt");
}

void loader_words_print(const struct loader_words *w, struct text *out)
{
	const struct strlist *lines = w->lines.n ? &w->lines : &w->last;

	for (size_t i = 0; i < lines->n; i++)
		text_printf(out, "%s\"%s\"",
			i            ? ", "
			: w->lines.n ? "; the loader says "
				     : "; last on the screen: ",
			lines->v[i]);
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
	strlist_release(&w->last);
}
