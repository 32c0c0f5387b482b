/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's start-up and menus: what variables it begins with, where it looks
 * for its configuration, and what each entry would boot. An entry's body is
 * run in a copy of the variables, as choosing it would do, and the copy is
 * thrown away.
 */
#include "loader/grub_run.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"

/* ---- entries ---- */

static void entry_release(struct grub_entry *e)
{
	free(e->title);
	free(e->id);
	free(e->source);
	free(e->cmdline);
	free(e->fallback);
	if (e->menu)
		grub_choice_release(&e->menu->standard);
	free(e->menu);
	grub_file_release(&e->kernel);
	grub_file_release(&e->devicetree);
	grub_file_release(&e->chainload);
	for (size_t i = 0; i < e->n_initrds; i++)
		grub_file_release(&e->initrds[i]);
	free(e->initrds);
	strlist_release(&e->failed_searches);
	strlist_release(&e->missing_commands);
}

/* Reserves the next place and returns its index, or -1 when there are too many. */
static int entry_reserve(struct grub_config *out)
{
	if (out->n >= GRUB_ENTRIES_MAX) {
		out->truncated = true;
		return -1;
	}
	out->entries = xreallocarray(out->entries, out->n + 1, sizeof(*out->entries));
	memset(&out->entries[out->n], 0, sizeof(*out->entries));
	return (int)out->n++;
}

static void item_release(struct grub_item *item)
{
	free(item->title);
	free(item->id);
	free(item->source);
	strlist_release(&item->args);
}

static void menu_release(struct grub_menu *menu)
{
	for (size_t i = 0; i < menu->n; i++)
		item_release(&menu->v[i]);
	free(menu->v);
	memset(menu, 0, sizeof(*menu));
}

void grub_menu_add(struct grub_run *run, struct grub_item *take_item)
{
	struct grub_menu *menu = run->menu;

	if (!menu || menu->n >= GRUB_ENTRIES_MAX) {
		run->out->truncated = true;
		item_release(take_item);
		return;
	}
	menu->v = xreallocarray(menu->v, menu->n + 1, sizeof(*menu->v));
	menu->v[menu->n++] = *take_item;
}

static void show_items(struct grub_run *run, struct grub_menu *menu, int parent);

/* GRUB unsets $timeout when the wait for a key is over, unless there was none, or it was counted down unseen. */
static void end_wait(struct grub_run *run)
{
	const char *style = grub_env_get(run, "timeout_style"),
		   *text = grub_env_get(run, "timeout");

	if (text && strcmp(text, "0") != 0 && (!style || strcmp(style, "menu") == 0))
		grub_env_unset(run, "timeout");
}

static void set_fallback(const struct grub_run *run, struct grub_entry *entry)
{
	const char *fallback = grub_env_get(run, "fallback");

	entry->fallback = fallback ? xstrdup(fallback) : NULL;
}

/* A device tree that was loaded before stays so until another is. */
static void keep_tree(struct grub_entry *entry, const struct grub_entry *before)
{
	if (!before || !before->has_devicetree)
		return;
	entry->has_devicetree = true;
	entry->devicetree = before->devicetree;
	entry->devicetree.path = xstrdup(before->devicetree.path);
}

/* Whether GRUB wants a signature of each file that it opens, which it does where it has the module for that (pgp). */
static bool wants_signatures(const struct grub_run *run)
{
	static const char variable[] = "check_signatures";
	const char *value = grub_env_get(run, variable);

	return value && (*value == 'e' || *value == '1') &&
	       (!run->modules.names.n || grub_modules_bring(&run->modules, variable));
}

/*
 * Runs an item's body. The entry is filled in beside the array, since a
 * submenu in it appends to the array and so moves it.
 */
static void evaluate(struct grub_run *run, struct grub_item *item, int parent)
{
	/* To an empty $superusers nobody belongs, and GRUB asks all the same. */
	struct grub_entry entry = {
		.parent = parent,
		.is_submenu = item->is_submenu,
		.restricted = item->restricted && grub_env_get(run, "superusers"),
	};
	struct grub_env env = run->env;
	struct grub_menu menu = { 0 }, *menu_before = run->menu;
	struct grub_entry *entry_before = run->entry;
	struct strlist *args_before = run->args;
	const char *source_before = run->source;
	int index = entry_reserve(run->out), parent_before = run->parent;
	size_t modules = run->modules.names.n, texts = run->modules.texts.len;

	if (index < 0)
		return;
	entry.title = xstrdup(item->title);
	entry.id = item->id ? xstrdup(item->id) : NULL;
	entry.source = xstrdup(item->source);
	entry.cmdline = xstrdup("");
	keep_tree(&entry, entry_before ? entry_before : run->direct);
	run->env = grub_env_copy(&env, item->is_submenu);
	run->menu = &menu;
	run->entry = &entry;
	run->args = &item->args;
	run->source = item->source;
	run->parent = index;
	run->flow = FLOW_ON;
	run->status = 0;
	run->depth++;
	end_wait(run);
	grub_run_list(run, item->body);
	if (wants_signatures(run) && !entry.unfollowed)
		entry.unfollowed = "check_signatures is set, and signatures are not looked at";
	run->flow = FLOW_ON;
	/* A menu entry has no menu of its own. */
	if (item->is_submenu) {
		set_fallback(run, &entry);
		show_items(run, &menu, index);
	}
	run->depth--;
	run->out->entries[index] = entry;
	grub_modules_truncate(&run->modules, modules, texts);
	menu_release(&menu);
	grub_env_release(&run->env);
	run->env = env;
	run->menu = menu_before;
	run->entry = entry_before;
	run->args = args_before;
	run->source = source_before;
	run->parent = parent_before;
}

static void show_items(struct grub_run *run, struct grub_menu *menu, int parent)
{
	if (run->depth >= GRUB_DEPTH_MAX) {
		run->out->truncated = run->out->truncated || menu->n;
		return;
	}
	for (size_t i = 0; i < menu->n; i++)
		evaluate(run, &menu->v[i], parent);
}

/* ---- menus ---- */

/* GRUB takes the wait from $timeout; one that is not set waits for ever: -1. */
static int timeout_of(const struct grub_run *run)
{
	const char *text = grub_env_get(run, "timeout");
	unsigned long value;

	if (!text || !grub_number(text, &value) || (uint32_t)value > INT32_MAX)
		return -1;
	return (uint32_t)value > 86400 ? 86400 : (int)value;
}

/* What makes a menu another: what stands in it, and the variables that its entries run with. */
static uint64_t menu_digest(const struct grub_run *run)
{
	struct grub_env env = grub_env_copy(&run->env, false);
	struct grub_run copy = { .env = env };
	uint64_t sum;

	grub_env_unset(&copy, "timeout");
	sum = grub_env_digest(&copy.env);
	grub_env_release(&copy.env);
	for (size_t i = 0; i < run->menu->n; i++) {
		const struct grub_item *item = &run->menu->v[i];

		sum = grub_digest(sum, item->title);
		sum = grub_digest(sum, item->id ? item->id : "");
		sum = grub_digest(sum, item->source);
	}
	return sum;
}

/* Shows a menu whose entries cannot lead back to it unseen. */
static void show_framed(struct grub_run *run, uint64_t digest)
{
	struct grub_frame frame = { .state = digest, .before = run->frames };

	run->frames = &frame;
	show_items(run, run->menu, run->parent);
	run->frames = frame.before;
}

/* The menu of a configuration that an entry runs; the first is shown. */
static void show_own_menu(struct grub_run *run)
{
	uint64_t digest = menu_digest(run);

	if (grub_is_running(run, NULL, digest)) {
		run->entry->runs_again = true;
	} else if (!run->entry->menu) {
		run->entry->menu = xmalloc(sizeof(*run->entry->menu));
		*run->entry->menu = (struct grub_own_menu){
			.standard = grub_choice_of(run),
			.waits = timeout_of(run) < 0,
		};
		set_fallback(run, run->entry);
		show_framed(run, digest);
	}
	run->flow = FLOW_STOP;
}

void grub_show_menu(struct grub_run *run)
{
	const char *fallback = grub_env_get(run, "fallback");

	if (!run->menu->n)
		return;
	if (run->entry) {
		show_own_menu(run);
		return;
	}
	grub_choice_release(&run->out->choice);
	run->out->choice = grub_choice_of(run);
	free(run->out->default_text);
	run->out->default_text = xstrdup(run->out->choice.by);
	run->out->timeout = timeout_of(run);
	run->out->waits = run->out->timeout < 0;
	show_framed(run, menu_digest(run));
	grub_find_default(run);
	grub_fall_back(run->out, fallback);
	/* Fedora's knows them. */
	run->out->by_title &= !grub_is_fedora(run);
	run->flow = FLOW_STOP;
}

void grub_direct_boot(struct grub_run *run)
{
	int index;

	if (!run->direct->has_kernel && !run->direct->has_chainload)
		return;
	index = entry_reserve(run->out);
	if (index < 0)
		return;
	run->out->entries[index] = *run->direct;
	memset(run->direct, 0, sizeof(*run->direct));
	run->out->entries[index].parent = -1;
	run->out->entries[index].title = xstrdup("boot");
	run->out->entries[index].source = xstrdup(run->source);
	run->out->direct_boot = true;
	run->out->default_entry = index;
	run->out->default_found = true;
	run->flow = FLOW_STOP;
}

void grub_run_config(struct grub_run *run, const char *name, bool normal)
{
	struct grub_menu menu = { 0 }, *menu_before = run->menu;
	struct grub_env env = { 0 };

	if (!normal) {
		env = run->env;
		run->env = grub_env_copy(&env, true);
	}
	run->menu = &menu;
	run->lists = true;
	grub_run_file(run, name);
	if (run->flow == FLOW_RETURN)
		run->flow = FLOW_ON;
	if (run->flow == FLOW_ON)
		grub_show_menu(run);
	/* `normal` ends in the command line when there is no menu. */
	if (normal)
		run->flow = FLOW_STOP;
	run->menu = menu_before;
	menu_release(&menu);
	if (!normal) {
		grub_env_release(&run->env);
		run->env = env;
	}
}

void grub_run_normal(struct grub_run *run)
{
	const char *prefix = grub_env_get(run, "prefix"), *beside = grub_env_get(run, "fw_path");
	CLEANUP(xfree) char *name = xasprintf("%s/grub.cfg", prefix ? prefix : "");

	if (grub_load_module(run, "normal") != 0) {
		grub_note(&run->out->missing_modules, "normal, which reads configurations");
		run->flow = FLOW_STOP;
		return;
	}
	run->lists = true;
	if (run->start->fw_path && beside) {
		CLEANUP(xfree) char *first = xasprintf("%s/grub.cfg", beside);
		struct grub_file file;

		grub_file_find(run, first, &file, NULL);
		if (file.presence != ABSENT) {
			free(name);
			name = xstrdup(first);
		}
		grub_file_release(&file);
	}
	grub_run_config(run, name, true);
}

/* ---- start ---- */

/* "(hd0,gpt1)/EFI/debian" from what is in the binary, which may lack the device, or half of it. */
static char *complete_prefix(const struct grub_start *start, const char *device)
{
	const char *prefix = start->prefix;

	if (!prefix || !*prefix)
		return xasprintf("(%s)%s", device, start->directory);
	if (prefix[0] == '(' && (prefix[1] == ',' || prefix[1] == ')'))
		return xasprintf("(hd%u%s", start->disk, prefix + 1);
	if (prefix[0] == '(')
		return xstrdup(prefix);
	return xasprintf("(%s)%s", device, prefix);
}

static void set_exported(struct grub_run *run, const char *name, const char *value)
{
	grub_env_set(run, name, value);
	grub_env_export(run, name);
}

static void start_variables(struct grub_run *run)
{
	static const char *const features[] = {
		"feature_chainloader_bpb",
		"feature_ntldr",
		"feature_platform_search_hint",
		"feature_default_font_path",
		"feature_all_video_module",
		"feature_menuentry_id",
		"feature_menuentry_options",
		"feature_200_final",
		"feature_nativedisk_cmd",
		"feature_timeout_style",
	};
	CLEANUP(xfree) char *device = grub_device_name(run, run->start->device);
	CLEANUP(xfree) char *prefix = complete_prefix(run->start, device);
	CLEANUP(xfree) char *folder = xasprintf("(%s)%s", device, run->start->directory);
	/* The prefix's, wherever the binary lies. */
	CLEANUP(xfree) char *root = xstrndup(prefix + 1, strcspn(prefix + 1, ")"));

	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		set_exported(run, features[i], "y");
	set_exported(run, "grub_cpu", "arm64");
	set_exported(run, "grub_platform", "efi");
	set_exported(run, "root", root);
	set_exported(run, "prefix", prefix);
	set_exported(run, run->start->fw_path ? "fw_path" : "cmdpath", folder);
}

void grub_config_run(const struct grub_start *start, struct grub_config *out)
{
	struct grub_menu menu = { 0 };
	struct grub_entry direct = { .parent = -1, .cmdline = xstrdup("") };
	struct grub_run run = {
		.start = start,
		.out = out,
		.menu = &menu,
		.direct = &direct,
		.parent = -1,
		.source = "the configuration in the binary",
	};

	memset(out, 0, sizeof(*out));
	if (start->modules)
		grub_modules_copy(&run.modules, start->modules);
	out->default_entry = -1;
	out->default_text = xstrdup("");
	out->choice = (struct grub_choice){ xstrdup(""), xstrdup(""), false };
	start_variables(&run);
	if (start->config) {
		const struct grub_script *script = grub_run_parse(
			&run, start->config, strlen(start->config));

		if (script)
			grub_run_list(&run, script->first);
	}
	if (run.flow != FLOW_STOP) {
		run.flow = FLOW_ON;
		grub_run_normal(&run);
	}
	while (run.scripts) {
		struct grub_script *following = run.scripts->next;

		grub_script_free(run.scripts);
		run.scripts = following;
	}
	menu_release(&menu);
	entry_release(&direct);
	grub_env_release(&run.env);
	grub_modules_release(&run.modules);
	strlist_release(&run.blocks);
	free(run.block);
	free(run.functions);
}

void grub_config_release(struct grub_config *config)
{
	for (size_t i = 0; i < config->n; i++)
		entry_release(&config->entries[i]);
	free(config->entries);
	free(config->default_text);
	grub_choice_release(&config->choice);
	free(config->runs_itself);
	strlist_release(&config->configs);
	strlist_release(&config->missing_configs);
	strlist_release(&config->failed_searches);
	strlist_release(&config->unknown_commands);
	strlist_release(&config->missing_commands);
	strlist_release(&config->missing_modules);
	strlist_release(&config->syntax_errors);
	memset(config, 0, sizeof(*config));
}
