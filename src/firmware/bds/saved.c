/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options for devices. See saved.h. Descriptions, marks and attributes are
 * those that edk2 and U-Boot have; paths are this machine's.
 */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/candidates.h"
#include "firmware/bds/list.h"
#include "firmware/bds/saved.h"
#include "firmware/bds/store.h"
#include "firmware/machine/platform.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"
#include "uefi/protocols.h"

#define DESCRIPTION_MAX 40
#define OPTIONS_MAX     0x10000

#define APPLICATION 0x100u /* LOAD_OPTION_CATEGORY_APP */

const struct bds_saving bds_saving_edk2 = {
	.mark = UEFI_GUID(
		0x8108ac4e, 0x9f11, 0x4d59, 0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2),
	.first = "UEFI Misc Device",
	.more = "UEFI Misc Device %u",
	.second = 2,
	.has_programs = true,
};

const struct bds_saving bds_saving_u_boot = {
	.mark = UEFI_GUID(
		0x38c1acc1, 0x9fc0, 0x41f0, 0xb9, 0x01, 0xfa, 0x74, 0xd6, 0xd6, 0xe4, 0xde),
	.first = "virtio 0",
	.more = "virtio %u",
	.second = 1,
};

/* The firmware volume of ArmVirtQemu, its setup, and the UEFI Shell. */
static const struct guid volume = UEFI_GUID(
	0x64074afe, 0x340a, 0x4be6, 0x94, 0xba, 0x91, 0xb5, 0xb4, 0xd0, 0xf7, 0x1e);
static const struct saved_program setup = {
	.description = "UiApp",
	.attributes = LOAD_OPTION_ACTIVE | LOAD_OPTION_HIDDEN | APPLICATION,
	.file = UEFI_GUID(
		0x462caa21, 0x7614, 0x4503, 0x83, 0x6e, 0x8a, 0xb6, 0xf4, 0x66, 0x23, 0x31),
};
static const struct saved_program shell = {
	.description = "EFI Internal Shell",
	.attributes = LOAD_OPTION_ACTIVE,
	.file = UEFI_GUID(
		0x7c04a583, 0x9e3e, 0x4f1c, 0xad, 0x65, 0xe0, 0x52, 0x68, 0xd0, 0xb4, 0xd1),
};

bool saved_is_own(const struct bds_saving *saving, const struct load_option *option)
{
	return saving && option->data_size == sizeof(saving->mark.b) &&
	       memcmp(option->data, saving->mark.b, sizeof(saving->mark.b)) == 0;
}

bool saved_is_shell(const struct load_option *option)
{
	struct dp_node node;

	for (size_t pos = 0; dp_next(option->paths, option->path_size, &pos, &node);)
		if (node.type == DP_MEDIA && node.subtype == DP_MEDIA_VOLUME_FILE &&
			node.size >= sizeof(shell.file.b) &&
			memcmp(node.data, shell.file.b, sizeof(shell.file.b)) == 0)
			return true;
	return false;
}

static bool is_option(struct machine *m, int number, const struct buf *option)
{
	const struct variable *var;
	char name[OPTION_NAME_MAX];

	option_name("Boot", number, name);
	var = bds_var(m, name);
	return var && var->size == option->len &&
	       memcmp(var->data, buf_bytes(option), option->len) == 0;
}

static int free_number(struct machine *m)
{
	char name[OPTION_NAME_MAX];

	for (int i = 0; i < OPTIONS_MAX; i++) {
		option_name("Boot", i, name);
		if (!bds_var(m, name))
			return i;
	}
	return NO_OPTION;
}

static void emit(struct machine *m, const char *name, const struct load_option *o)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(xfree) char *description = load_option_description(o);

	dp_to_text(o->paths, o->path_size, DP_TEXT_SHORTCUTS, &text);
	trace_begin(&m->trace, "boot-saved");
	trace_text(&m->trace, "option", name);
	trace_text(&m->trace, "description", description);
	trace_text(&m->trace, "path", text_str(&text));
	trace_end(&m->trace);
}

/* Saves the option unless BootOrder has it already. */
static void save(struct machine *m, struct boot_list *order, const struct buf *option, bool front)
{
	struct boot_entry entry = { .option = NO_OPTION };
	struct load_option o;
	char name[OPTION_NAME_MAX];

	for (size_t i = 0; i < order->n; i++)
		if (is_option(m, order->v[i].option, option))
			return;
	entry.option = free_number(m);
	if (entry.option == NO_OPTION)
		return;
	option_name("Boot", entry.option, name);
	bds_define(m, name, buf_bytes(option), option->len);
	boot_list_add(order, &entry);
	if (front) {
		memmove(order->v + 1, order->v, (order->n - 1) * sizeof(*order->v));
		order->v[0] = entry;
	}
	if (load_option_parse(buf_bytes(option), option->len, &o, NULL) == 0)
		emit(m, name, &o);
}

static void save_program(
	struct machine *m, struct boot_list *order, const struct saved_program *p, bool front)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	CLEANUP(buf_release) struct buf option = BUF_INIT;

	dp_add(&path, DP_MEDIA, DP_MEDIA_VOLUME, volume.b, sizeof(volume.b));
	dp_add(&path, DP_MEDIA, DP_MEDIA_VOLUME_FILE, p->file.b, sizeof(p->file.b));
	dp_add_end(&path);
	load_option_encode(
		&option, p->attributes, p->description, buf_bytes(&path), path.len, "", 0);
	save(m, order, &option, front);
}

/* The options that devices now have, in struct bufs that the caller releases. */
static struct buf *make_options(struct machine *m, const struct bds_saving *saving, size_t *n)
{
	CLEANUP(candidates_release) struct candidates media = { 0 };
	char description[DESCRIPTION_MAX];
	struct buf *options;

	candidates_on_media(m, platform_view(m->platform), &media);
	options = xcalloc(media.n + 1, sizeof(*options));
	for (size_t i = 0; i < media.n; i++) {
		snprintf(description, sizeof(description), i ? saving->more : saving->first,
			saving->second + (unsigned)i - 1);
		load_option_encode(&options[i], LOAD_OPTION_ACTIVE, description, media.v[i].path,
			media.v[i].size, saving->mark.b, sizeof(saving->mark.b));
	}
	*n = media.n;
	return options;
}

/* Whether the option was made for a device that is there no more. */
static bool is_stale(struct machine *m, const struct bds_saving *saving, int number,
	const struct buf *options, size_t n)
{
	const struct variable *var;
	struct load_option o;
	char name[OPTION_NAME_MAX];

	option_name("Boot", number, name);
	var = bds_var(m, name);
	if (!var || load_option_parse(var->data, var->size, &o, NULL) < 0 ||
		!saved_is_own(saving, &o))
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_option(m, number, &options[i]))
			return false;
	return true;
}

void saved_refresh(struct machine *m, const struct bds_saving *saving)
{
	CLEANUP(boot_list_release) struct boot_list before = { 0 };
	CLEANUP(boot_list_release) struct boot_list order = { 0 };
	char name[OPTION_NAME_MAX];
	size_t n;
	struct buf *options = make_options(m, saving, &n);

	boot_list_read(m, "BootOrder", &before);
	for (size_t i = 0; i < before.n; i++) {
		if (!is_stale(m, saving, before.v[i].option, options, n)) {
			boot_list_add(&order, &before.v[i]);
			continue;
		}
		option_name("Boot", before.v[i].option, name);
		bds_define(m, name, NULL, 0);
	}
	if (saving->has_programs)
		save_program(m, &order, &setup, true);
	for (size_t i = 0; i < n; i++) {
		save(m, &order, &options[i], false);
		buf_release(&options[i]);
	}
	if (saving->has_programs)
		save_program(m, &order, &shell, false);
	boot_list_write(m, &order);
	free(options);
}
