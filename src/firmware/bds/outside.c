/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An order from outside. See outside.h. It is applied as edk2's
 * QemuBootOrderLib does it; where that works on the options which edk2 has
 * made for all devices, there are none here unless a quirk asks for them, so
 * that default loaders stand in their place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/openfirmware.h"
#include "firmware/bds/outside.h"
#include "firmware/bds/store.h"
#include "firmware/machine/platform.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

struct choice {
	struct boot_entry entry;      /* its program is the choice's */
	struct candidates candidates; /* what is compared with the paths */
	bool bound;                   /* to a device that a path could name */
	bool taken;
};

struct choices {
	struct choice *v;
	size_t n;
};

static struct choice *add_choice(struct choices *c, int option)
{
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct choice){ .entry.option = option };
	return &c->v[c->n++];
}

static void choices_release(struct choices *c)
{
	for (size_t i = 0; i < c->n; i++) {
		candidates_release(&c->v[i].candidates);
		free(c->v[i].entry.program.path);
	}
	free(c->v);
}
DEFINE_RELEASE(struct choices, choices_release)

/* Whether the device that a path begins at is of a kind that the order can name. */
static bool is_bound(const uint8_t *path, size_t size)
{
	struct dp_node node;
	size_t pos = 0;

	if (!dp_next(path, size, &pos, &node))
		return false;
	if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_HD)
		return true;
	if (node.type == DP_ACPI && node.subtype == DP_ACPI_HID && node.size >= 4)
		return le32(node.data) == DP_PCI_ROOT;
	return node.type == DP_HARDWARE && node.subtype == DP_HARDWARE_VENDOR && node.size >= 16 &&
	       guid_eq(guid_load(node.data), openfirmware_virtio_mmio);
}

/* Those of the list that may be chosen from, and default loaders when no option stands for them. */
static void gather(struct machine *m, const struct bds_config *config, const struct boot_list *list,
	struct choices *out)
{
	const struct platform_view *view = platform_view(m->platform);
	struct candidate_rules rules = { .any_partition = config->quirks->any_partition };
	CLEANUP(candidates_release) struct candidates programs = { 0 };
	char name[OPTION_NAME_MAX];

	for (size_t i = 0; i < list->n; i++) {
		const struct variable *var;
		struct load_option o;
		struct choice *c;

		option_name("Boot", list->v[i].option, name);
		var = bds_var(m, name);
		if (!var || load_option_parse(var->data, var->size, &o, NULL) < 0 ||
			!(o.attributes & LOAD_OPTION_ACTIVE))
			continue;
		c = add_choice(out, list->v[i].option);
		c->bound = is_bound(o.paths, o.path_size);
		/* Where it leads, and its own path, be there something to boot or not. */
		candidates_of_option(m, view, o.paths, o.path_size, &rules, &c->candidates);
		candidates_add(&c->candidates, o.paths, o.path_size);
	}
	if (config->quirks->saving)
		return;
	candidates_by_default(m, view, &rules, &programs, NULL);
	for (size_t i = 0; i < programs.n; i++) {
		struct choice *c = add_choice(out, NO_OPTION);

		c->bound = true;
		c->entry.program.size = programs.v[i].size;
		c->entry.program.path = xmemdup(programs.v[i].path, programs.v[i].size);
		candidates_add(&c->candidates, programs.v[i].path, programs.v[i].size);
	}
}

static bool leads_below(const struct choice *c, const struct buf *device)
{
	for (size_t i = 0; i < c->candidates.n; i++)
		if (c->candidates.v[i].size > device->len &&
			memcmp(c->candidates.v[i].path, buf_bytes(device), device->len) == 0)
			return true;
	return false;
}

/* The first option below the device; without one, each default loader. */
static const struct choice *take(
	struct choices *choices, const struct buf *device, struct boot_list *out)
{
	const struct choice *first = NULL;

	for (size_t i = 0; i < choices->n; i++) {
		struct choice *c = &choices->v[i];

		if (c->taken || !leads_below(c, device))
			continue;
		c->taken = true;
		boot_list_add(out, &c->entry);
		if (!first)
			first = c;
		if (c->entry.option != NO_OPTION)
			break;
	}
	return first;
}

static void emit(struct machine *m, const char *path, size_t length, const struct choice *chosen,
	const char *reason)
{
	CLEANUP(text_release) struct text given = TEXT_INIT;
	CLEANUP(text_release) struct text text = TEXT_INIT;
	char name[OPTION_NAME_MAX];

	text_add(&given, path, length);
	trace_begin(&m->trace, "boot-order");
	trace_text(&m->trace, "given", text_str(&given));
	if (chosen && chosen->entry.option != NO_OPTION) {
		option_name("Boot", chosen->entry.option, name);
		trace_text(&m->trace, "option", name);
	} else if (chosen) {
		dp_to_text(chosen->entry.program.path, chosen->entry.program.size,
			DP_TEXT_SHORTCUTS, &text);
		trace_text(&m->trace, "path", text_str(&text));
	} else {
		trace_text(&m->trace, "reason", reason);
	}
	trace_end(&m->trace);
}

/* Goes through the paths; false when there is one that is none. */
static bool choose(
	struct machine *m, const char *text, struct choices *choices, struct boot_list *out)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;

	for (;;) {
		const char *line = text + strspn(text, "\n");
		enum openfirmware r = openfirmware_next(&text, &device);
		size_t length = strcspn(line, "\n");

		if (r == OPENFIRMWARE_END)
			return true;
		if (r == OPENFIRMWARE_MALFORMED) {
			emit(m, line, length, NULL,
				"it is no OpenFirmware path: the order is left alone");
			return false;
		}
		if (r == OPENFIRMWARE_UNKNOWN)
			emit(m, line, length, NULL, "it names nothing that has a UEFI path");
		else
			emit(m, line, length, take(choices, &device, out),
				"nothing to boot is there");
	}
}

static void delete_dropped(struct machine *m, const struct choices *choices)
{
	char name[OPTION_NAME_MAX];

	for (size_t i = 0; i < choices->n; i++) {
		option_name("Boot", choices->v[i].entry.option, name);
		if (!choices->v[i].taken && choices->v[i].entry.option != NO_OPTION)
			bds_define(m, name, NULL, 0);
	}
}

bool order_from_outside(struct machine *m, const struct bds_config *config, struct boot_list *list)
{
	CLEANUP(choices_release) struct choices choices = { 0 };
	CLEANUP(boot_list_release) struct boot_list out = { 0 };

	if (!config->order)
		return false;
	if (config->quirks->no_outside_order) {
		emit(m, config->order, strcspn(config->order, "\n"), NULL,
			"the firmware reads no order from outside");
		return false;
	}
	gather(m, config, list, &choices);
	if (!choose(m, config->order, &choices, &out) || !out.n)
		return false;
	for (size_t i = 0; i < choices.n; i++)
		if (!choices.v[i].taken && !choices.v[i].bound) {
			choices.v[i].taken = true;
			boot_list_add(&out, &choices.v[i].entry);
		}
	boot_list_release(list);
	*list = out;
	out = (struct boot_list){ 0 };
	if (config->quirks->saving) {
		boot_list_write(m, list);
		delete_dropped(m, &choices);
	}
	return true;
}
