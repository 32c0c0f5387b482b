/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a kernel that was entered can find this machine's hardware, by the device tree that it
 * was handed and by its command line (Linux, arch/arm64/kernel/acpi.c): where the tree describes nothing it uses
 * ACPI; else ACPI is not looked at, unless the command line prefers it. A tree that the image brings, for a board, says
 * where that board's devices would be, and the kernel hangs before it can say so.
 */
#include <stdio.h>
#include <string.h>

#include "base/cmdline.h"
#include "firmware/hw/chosen.h"
#include "firmware/hw/hw.h"
#include "firmware/hw/tree.h"
#include "firmware/lifecycle/kernel_entry.h"
#include "firmware/machine/machine.h"
#include "firmware/services/config_table.h"
#include "uefi/protocols.h"

static bool has_word(const char *command_line, const char *word)
{
	return command_line && cmdline_has(command_line, CMDLINE_KERNEL, word);
}

static void refuse(struct machine *m, const char *what)
{
	m->run.end.kind = VERDICT_FAULT;
	snprintf(m->run.end.reason, sizeof(m->run.end.reason), "the kernel was entered %s", what);
}

static void refuse_tree(struct machine *m, const uint8_t *fdt, const char *and)
{
	const char *name = tree_compatible(fdt);
	char what[200];

	snprintf(what, sizeof(what), "with a device tree that is not the machine's%s%.64s%s%s",
		name ? ", but of " : "", name ? name : "", name && *and? "," : "", and);
	refuse(m, what);
}

/* A machine with ACPI has no tree of its own. */
static void judge_with_acpi(struct machine *m, const uint8_t *fdt, const char *command_line)
{
	bool off = has_word(command_line, "acpi=off");

	if (!off && (has_word(command_line, "acpi=on") || has_word(command_line, "acpi=force")))
		return;
	if (!tree_is_empty(fdt))
		refuse_tree(m, fdt, " and which it takes instead of ACPI");
	else if (off)
		refuse(m, "with acpi=off and no device tree, and finds no hardware");
}

static void judge_without_acpi(struct machine *m, const uint8_t *fdt, const char *command_line)
{
	const struct hw_config config = { .ram_base = RAM_BASE, .ram_size = guest_size(m->ram) };
	CLEANUP(buf_release) struct buf own = BUF_INIT;

	if (hw_fdt(&config, &own, NULL) < 0)
		return;
	if (tree_is_empty(fdt))
		refuse(m, "without the machine's device tree, and finds no hardware");
	else if (!tree_has_all(fdt, buf_bytes(&own)))
		refuse_tree(m, fdt, "");
	else if (has_word(command_line, "acpi=force") && !has_word(command_line, "acpi=off"))
		refuse(m, "with acpi=force on a machine without ACPI, and finds no hardware");
}

void kernel_entry_judge(struct machine *m)
{
	CLEANUP(chosen_release) struct chosen chosen = { 0 };
	uint32_t len;
	const uint8_t *fdt = kernel_entry_tree(m, &len);
	enum tree_state state = fdt ? tree_check(fdt, len) : TREE_REFUSED;

	if (state == TREE_REFUSED)
		refuse(m, "with a damaged device tree");
	if (state != TREE_WHOLE || !chosen_read(&chosen, fdt, len))
		return;
	if (m->array_resolved && config_table_find(m, &uefi_table_acpi20).v)
		judge_with_acpi(m, fdt, chosen.command_line);
	else if (m->array_resolved)
		judge_without_acpi(m, fdt, chosen.command_line);
	else if (!tree_is_empty(fdt))
		/* Nobody looked which tables there are, so it is none of them. */
		refuse_tree(m, fdt, "");
}
