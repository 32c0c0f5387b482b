/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base/cmdline: one command line, as its readers take it apart.
 */
#include "base/cmdline.h"

#include <stdlib.h>

#include "tap.h"

static void last(const char *line, enum cmdline_reader reader, const char *want, const char *what)
{
	char *value = cmdline_last(line, reader, "root=");

	if (want)
		is_str(value, want, what);
	else
		ok(!value, "%s", what);
	free(value);
}

int main(void)
{
	last("a root=x root=y\n", CMDLINE_KERNEL, "y", "the last one");
	last(" xroot=x  rootfs=y", CMDLINE_KERNEL, NULL, "no other key");
	last("root=\"LABEL=a b\" c", CMDLINE_KERNEL, "LABEL=a b", "the kernel takes quotes off");
	last("\"root=LABEL=a b\" c", CMDLINE_KERNEL, "LABEL=a b", "and those around a word");
	last("root='x' c", CMDLINE_KERNEL, "'x'", "no others");
	last("root=\"LABEL=a b\" c", CMDLINE_SHELL, "\"LABEL=a",
		"scripts part words at each blank");
	last("\"root=x\"", CMDLINE_SHELL, NULL, "and leave quotes on");
	last("root='a \"b' c", CMDLINE_SYSTEMD, "a \"b", "systemd knows both, one in the other");
	last("root=\"a", CMDLINE_SYSTEMD, "a", "one that is not closed ends with the line");
	ok(cmdline_has("a acpi=off", CMDLINE_KERNEL, "acpi=off"), "a word is there");
	ok(cmdline_has("a \"acpi=off\" b\n", CMDLINE_KERNEL, "acpi=off"), "in quotes as well");
	ok(!cmdline_has("a \"acpi=off\"", CMDLINE_SHELL, "acpi=off"), "not to scripts");
	ok(!cmdline_has("acpi=offs xacpi=off acpi= off", CMDLINE_KERNEL, "acpi=off"),
		"no other word is it");
	ok(!cmdline_has("a -- acpi=off", CMDLINE_KERNEL, "acpi=off"), "init's words do not count");
	ok(!cmdline_has("", CMDLINE_KERNEL, "acpi=off"), "nothing is there");
	return tap_done();
}
