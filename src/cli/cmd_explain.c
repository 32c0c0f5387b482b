/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image explain: what a check is about, from the manual.
 */
#include "checks/check.h"
#include "cli/cli.h"
#include "report/report.h"

static int explain(const struct verb *verb, int argc, char **argv)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	struct text out CLEANUP(text_release) = TEXT_INIT;
	int opt;

	while ((opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		if (opt == 'h')
			return say_help(verb);
		return STATUS_USAGE;
	}
	if (optind == argc)
		report_check_list(&out, terminal_flags());
	for (int i = optind; i < argc; i++) {
		const struct check *check = check_by_id(argv[i]);

		if (!check)
			return say_usage(verb, "%s: no check has this id", argv[i]);
		if (i > optind)
			text_puts(&out, "\n");
		report_explain(&out, check, terminal_flags(), terminal_width());
	}
	return print(&out);
}

const struct verb verb_explain = {
	.name = "explain",
	.synopsis = "[ID]...",
	.summary = "tell what a check is about; without ID, list all checks",
	.run = explain,
};
