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
};

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
	loader_words_take(&w, "Loading Linux 6.1.0 ...");
	loader_words_take(&w, "GNU GRUB  version 2.06");
	loader_words_take(&w, "Press any key to continue...");
	is_int(w.lines.n, 0, "what tells of no error is not kept");
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
	return tap_done();
}
