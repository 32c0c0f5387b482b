/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a loader said before it stopped, for the finding of a boot that failed: the scenario is played
 * once more, and its console listened to. See boot_scenarios.h.
 */
#include <errno.h>

#include "checks/boot_scenarios.h"
#include "image/image.h"
#include "verify/words.h"

static void take_line(void *ctx, const char *line)
{
	loader_words_take(ctx, line);
}

/* The boot again: its screen may have been cleared since. */
static void listen(struct image *image, const char *scenario, struct loader_words *words)
{
	struct emulation e CLEANUP(emulation_release) = { 0 };
	const struct emulator_request request = {
		.path = image_path(image),
		.scenario = scenario,
		.seconds = image_options(image)->boot_seconds,
		.line = take_line,
		.ctx = words,
	};

	emulator_run(&request, &e, NULL);
	loader_words_end(words, e.screen ? e.screen : "");
}

void boot_add_words(
	struct image *image, const char *scenario, struct text *what, struct text *advice)
{
	struct loader_words words CLEANUP(loader_words_release) = { 0 };
	const char *cause, *remedy;

	listen(image, scenario, &words);
	loader_words_print(&words, what);
	if (!loader_words_explain(&words, &cause, &remedy))
		return;
	text_printf(what, ": %s", cause);
	text_printf(advice, "%s; ", remedy);
}

int boot_inconclusive(const struct emulation *e, const char *before, struct err *err)
{
	struct loader_words words CLEANUP(loader_words_release) = { 0 };
	struct text said CLEANUP(text_release) = TEXT_INIT;

	loader_words_end(&words, e->screen ? e->screen : "");
	loader_words_print(&words, &said);
	return err_set(err, EAGAIN, "%s%s%s", before, e->reason ? e->reason : "no reason was given",
		text_str(&said));
}
