/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loaders say when they stop: which lines are kept, and what is known of them. */
#include "verify/words.h"

#include <string.h>

#include "base/base.h"
#include "tap.h"

/* The lines of real loaders, and a word of the remedy that goes with each. */
static const struct {
	const char *line, *remedy;
} said[] = {
	{ "error: can't find command `linuxefi'.", "linux and initrd" },
	{ "error: ../../grub-core/script/function.c:119:can't find command `linuxefi'.",
		"linux and initrd" },
	{ "error: can't find command `frobnicate'.", "grub-install" },
	{ "error: no such device: 5a3ab1e0-0000-4000-8000-000000000002.", "UUIDs that are there" },
	{ "error: unknown filesystem.", "/boot" },
	{ "error: invalid magic number.", "arm64" },
	{ "error: symbol `grub_efi_allocate_pages' not found.", "grub-install" },
	{ "error: file `/boot/vmlinuz-6.1' not found.", "update-grub" },
	{ "error: file `/boot/grub/arm64-efi/normal.mod' not found.", "--removable" },
	{ "Failed to open \\EFI\\BOOT\\grubaa64.efi - Not Found", "beside shim" },
	{ "Error loading EFI binary \\debian\\linux: Not found", "kernel of the entry" },
	{ "TODO: Linux is not available on aarch64 or riscv64.", "newer Limine" },
	{ "PANIC: Unsupported protocol specified for kernel.", "limine.conf" },
	{ "PANIC: linux: Failed to open kernel with path `boot:///vmlinuz`. Is the path correct?",
		"path in limine.conf" },
	{ "[config file not found]", "limine.conf" },
	{ "ERROR: cannot open /boot/lua/loader.lua: no such file or directory.", "UFS or ZFS" },
	{ "Failed to find bootable partition", "UFS or ZFS" },
	{ "No configuration file found.", "xen.cfg" },
	{ "ERROR: Cannot load specified kernel image (Not Found).", "bg_setenv" },
	{ "Could not boot: No such device (https://ipxe.org/2c048087)", "its script" },
	{ "No more network devices", "autoexec.ipxe" },
	{ "'frob' is not recognized as an internal or external command, operable program, or "
	  "script file.",
		"startup.nsh" },
	{ "Bad Linux ARM64 Image magic!", "not compressed" },
	{ "Error: Not Found while loading vmlinuz-6.1.0", "without holes" },
};

/* Lines that report an error of which nothing more is known. */
static const char *const reports[] = { "Verification failed: (0x1A) Security Violation",
	"Volume Corrupt", "Couldn't obtain the File System Protocol Interface",
	"Unsupported GIC version", "can't load 'kernel'",
	"../src/boot/boot.c:2771@run: Failed to read loader.conf: Device error",
	"systemd-boot: Stack check failed, halting.", "## Application failed, r = 14" };

static const char *const reports_none[] = { "Loading Linux 6.1.0 ...", "GNU GRUB  version 2.06",
	"Press any key to continue...", "Command line: root=/dev/vda2 errors=remount-ro panic=30",
	"superblock read, no errors", "EFI stub: Booting Linux Kernel..." };

/* What stands on a screen in the end, after these lines. */
static void ends(const char *line, const char *screen, const char *want, const char *what)
{
	struct loader_words w CLEANUP(loader_words_release) = { 0 };
	struct text out CLEANUP(text_release) = TEXT_INIT;

	if (line)
		loader_words_take(&w, line);
	loader_words_end(&w, screen);
	loader_words_print(&w, &out);
	is_str(text_str(&out), want, what);
}

static void screens(void)
{
	ends(NULL, "", "", "an empty screen");
	ends(NULL, "\n  ---\n", "", "nothing but a frame");
	ends(NULL, "one\ntwo\n\n  three  \n", "; last on the screen: \"two\", \"three\"",
		"no error: its last lines");
	ends(NULL, "PANIC: it\nPress a key", "; the loader says \"PANIC: it\"",
		"the error above the question for a key");
	ends("Could not boot: it is too long (https://x)",
		"Could not boot: it is too\nlong (https://x)",
		"; the loader says \"Could not boot: it is too long (https://x)\"",
		"a line that the screen broke is said once");
	ends(NULL, "  GNU GRUB  version 2.04\n\n grub>",
		"; the loader says \"GRUB stopped at its prompt\"", "GRUB's prompt");
	ends("error: no such device: x.", "error: no such device: x.\ngrub>",
		"; the loader says \"error: no such device: x.\"", "and the error above it");
}

int main(void)
{
	struct loader_words w = { 0 };
	const char *cause, *remedy;

	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		struct loader_words one = { 0 };

		loader_words_take(&one, said[i].line);
		is_int(one.lines.n, 1, said[i].line);
		ok(loader_words_explain(&one, &cause, &remedy) && strstr(remedy, said[i].remedy) &&
				*cause,
			"its remedy is known");
		loader_words_release(&one);
	}
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		struct loader_words one CLEANUP(loader_words_release) = { 0 };

		loader_words_take(&one, reports[i]);
		is_int(one.lines.n, 1, reports[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(reports_none); i++)
		loader_words_take(&w, reports_none[i]);
	is_int(w.lines.n, 0, "what reports no error is not kept");
	ok(!loader_words_explain(&w, &cause, &remedy), "nothing is made up");
	loader_words_take(&w, "error: something new.");
	ok(!loader_words_explain(&w, &cause, &remedy), "nor of a line that is not known");
	for (unsigned i = 0; i < 20; i++) {
		char line[32];

		snprintf(line, sizeof(line), "error: number %u.", i);
		loader_words_take(&w, line);
		loader_words_take(&w, line);
	}
	is_int(w.lines.n, LOADER_WORDS_MAX, "the last lines are kept, each once");
	is_str(w.lines.v[LOADER_WORDS_MAX - 1], "error: number 19.", "in their order");
	loader_words_release(&w);
	screens();
	return tap_done();
}
