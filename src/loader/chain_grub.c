/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB in the boot chain: its configuration is run (grub_cfg.h) from where
 * this very binary would start, the memory disk in it included, and what came
 * of it becomes entries and problems.
 */
#include <string.h>

#include "base/xalloc.h"
#include "loader/chain_walk.h"
#include "loader/device.h"
#include "loader/grub_cfg.h"
#include "loader/memdisk.h"

/*
 * What Debian's and Ubuntu's binaries do in their memory disk, for those whose
 * disk is of a kind that is not read here.
 */
static const char likely_config[] = "if [ -e $prefix/grub.cfg ]; then configfile $prefix/grub.cfg\n"
				    "else configfile $cmdpath/grub.cfg; fi\n";

/* A device and path as GRUB writes them; a disk without a table is the loader's own. */
static const struct volume *split_name(
	const struct walk *w, const struct volume *own, const char *name, const char **path)
{
	const struct volume *v = device_split(w->view, name, path);

	return v || strncmp(name, "(hd0)", 5) != 0 ? v : own;
}

static char *where_of(const struct walk *w, const struct volume *own, const char *name)
{
	const char *path;
	const struct volume *v = split_name(w, own, name, &path);

	return v ? walk_where(v, path) : xstrdup(name);
}

static void add_configs(struct walk *w, const struct volume *own, const struct grub_config *c)
{
	for (size_t i = 0; i < c->configs.n; i++) {
		const char *path;
		const struct volume *v = split_name(w, own, c->configs.v[i], &path);

		if (v)
			walk_step(w, STEP_CONFIG, v, path, LOADER_GRUB, "");
	}
	for (size_t i = 0; i < c->unknown_commands.n; i++)
		if (!strlist_has(&w->chain->unknown_commands, c->unknown_commands.v[i]))
			strlist_add(&w->chain->unknown_commands, c->unknown_commands.v[i]);
}

/* Why there is nothing to boot. */
static void explain_empty(struct walk *w, const struct volume *own, const char *path,
	const struct grub_config *c, bool certain)
{
	/* What it cannot read explains what it does not find. */
	if (c->missing_modules.n)
		return;
	if (c->runs_itself) {
		walk_problem(w, CHAIN_NO_ENTRY, certain, true, where_of(w, own, c->runs_itself),
			"GRUB's configuration runs itself again and again, and comes to no menu");
		return;
	}
	for (size_t i = 0; i < c->failed_searches.n; i++)
		if (strncmp(c->failed_searches.v[i], "--file", 6) != 0)
			walk_problem(w, CHAIN_SEARCH_FAILED, certain, true, walk_where(own, path),
				"GRUB searches a file system (search %s) that the image has not "
				"got",
				c->failed_searches.v[i]);
	if (c->missing_configs.n)
		walk_problem(w, CHAIN_NO_CONFIG, certain, true,
			where_of(w, own, c->missing_configs.v[c->missing_configs.n - 1]),
			"GRUB looks for its configuration here, and %s",
			certain ? "there is none" : "whether there is one cannot be told");
	else if (c->syntax_errors.n)
		walk_problem(w, CHAIN_NO_ENTRY, certain, true, walk_where(own, path),
			"GRUB's configuration has no entry and syntax errors: %s",
			c->syntax_errors.v[0]);
	else
		walk_problem(w, CHAIN_NO_ENTRY, certain, true, walk_where(own, path),
			"GRUB's configuration has no entry");
}

/* On another partition than the kernel's, as chain.h promises: with its device. */
static char *initrd_name(const struct grub_entry *g, const struct grub_file *f)
{
	if (f->wrapped)
		return xasprintf("%s%s", CHAIN_WRAPPED, f->path);
	if (f->volume && f->volume != g->kernel.volume)
		return device_path(f->volume, f->path);
	return xstrdup(f->path);
}

/* Commands without which an entry boots nothing, or not what it should. */
static bool decides(const char *command)
{
	static const char *const commands[] = { "linux", "linux16", "linuxefi", "initrd",
		"initrd16", "initrdefi", "chainloader" };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i], command) == 0)
			return true;
	return false;
}

/* Whether the entry uses commands that decide and that this GRUB has not. */
static bool lacks_commands(
	struct walk *w, const struct grub_entry *g, const char *where, bool is_default)
{
	bool found = false;

	for (size_t i = 0; i < g->missing_commands.n; i++) {
		const char *command = g->missing_commands.v[i];

		if (!decides(command))
			continue;
		found = true;
		walk_problem(w, CHAIN_NO_MODULE, true, is_default, xstrdup(where),
			"the entry \"%s\" uses the command %s, which this GRUB has not: neither in "
			"the binary nor by a module in its prefix",
			g->title, command);
	}
	return found;
}

static void judge_linux(
	struct walk *w, const struct grub_entry *g, const char *where, bool is_default)
{
	bool bootable = !g->kernel_packed && walk_kernel(w, g->kernel.volume, g->kernel.path,
						     g->kernel.presence, true, is_default, where);

	if (g->kernel_packed)
		walk_problem(w, CHAIN_NO_MODULE, true, is_default,
			walk_where(g->kernel.volume, g->kernel.path),
			"this kernel is compressed by %s, %s", g->kernel_packed,
			grub_unpacking_module(g->kernel_packed)
				? "and this GRUB has no module that unpacks it"
				: "which no module of GRUB's unpacks");
	/* Without a kernel GRUB loads no initrd. */
	for (size_t i = 0; bootable && i < g->n_initrds; i++)
		walk_initrd(w, g->initrds[i].volume, g->initrds[i].path, g->initrds[i].presence,
			is_default, where);
	if (bootable && g->has_devicetree)
		walk_tree(w,
			&(struct tree_file){
				.volume = g->devicetree.volume,
				.path = g->devicetree.path,
				.presence = g->devicetree.presence,
				.by_grub = true,
			},
			g->cmdline, is_default, where);
	else if (bootable && strlist_has(&g->missing_commands, "devicetree"))
		walk_problem(w, CHAIN_TREE_UNUSED, true, is_default, xstrdup(where),
			"the entry \"%s\" uses the command devicetree, which this GRUB has not: it "
			"complains, waits, and boots without; no virtual machine would boot with a "
			"tree from an image",
			g->title);
	if (bootable)
		walk_root(w, g->cmdline, g->n_initrds > 0, is_default, where);
}

static void judge_chainload(
	struct walk *w, const struct grub_entry *g, const char *where, bool is_default)
{
	const struct grub_file *f = &g->chainload;

	if (f->presence == ABSENT) {
		walk_problem(w, CHAIN_FILE_MISSING, true, is_default,
			walk_where(f->volume, f->path),
			"%s starts this loader, which is not in the image", where);
	} else if (f->presence == PRESENT && is_default) {
		w->options = g->cmdline;
		walk_loader(w, f->volume, f->path);
	} else if (is_default) {
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(f->volume, f->path),
			"whether this loader is there cannot be told");
	}
}

static void add_entry(
	struct walk *w, const struct volume *own, const struct grub_entry *g, bool is_default)
{
	CLEANUP(xfree) char *where = where_of(w, own, g->source);
	struct chain_entry *e = walk_entry(w, g->title, where);
	bool lacks;

	if (!e)
		return;
	if (is_default)
		walk_default(w, e);
	if (g->has_kernel) {
		e->volume = g->kernel.volume;
		e->kernel = xstrdup(g->kernel.path);
		free(e->cmdline);
		e->cmdline = xstrdup(g->cmdline);
		for (size_t i = 0; i < g->n_initrds; i++)
			strlist_take(&e->initrds, initrd_name(g, &g->initrds[i]));
	}
	for (size_t i = 0; i < g->failed_searches.n; i++)
		walk_problem(w, CHAIN_SEARCH_FAILED, true, is_default, xstrdup(where),
			"the entry \"%s\" searches a file system (search %s) that the image has "
			"not got",
			g->title, g->failed_searches.v[i]);
	lacks = lacks_commands(w, g, where, is_default);
	if (g->unfollowed && is_default)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, xstrdup(where),
			"what the default entry \"%s\" boots is not known: %s", g->title,
			g->unfollowed);
	if (g->has_kernel)
		judge_linux(w, g, where, is_default);
	else if (g->has_chainload)
		judge_chainload(w, g, where, is_default);
	else if (is_default && !lacks && !g->unfollowed)
		walk_problem(w, CHAIN_NO_ENTRY, true, true, xstrdup(where),
			g->runs_again   ? "the default entry \"%s\" leads back to the menu that it "
					  "comes from, and boots nothing"
			: g->is_submenu ? "the default entry \"%s\" is a submenu without an entry"
					: "the default entry \"%s\" boots nothing",
			g->title);
}

/* Commands that wait do so whether or not there is a menu. */
static void judge_wait(struct walk *w, const struct volume *own, const char *path,
	const struct grub_config *c, bool certain)
{
	CLEANUP(xfree)
	char *config = c->configs.n ? where_of(w, own, c->configs.v[c->configs.n - 1])
				    : walk_where(own, path);

	if (c->wait.asks)
		walk_problem(w, CHAIN_MENU_WAITS, certain, true, xstrdup(config),
			"the boot waits for somebody at the console: %s", c->wait.asks);
	if (c->wait.slept > CHAIN_WAIT_MAX)
		walk_problem(w, CHAIN_MENU_WAITS, certain, true, xstrdup(config),
			"the boot sleeps for %u seconds on its way", c->wait.slept);
}

static void add_entries(struct walk *w, const struct volume *own, const char *path,
	const struct grub_config *c, bool certain)
{
	CLEANUP(xfree)
	char *config = c->configs.n ? where_of(w, own, c->configs.v[c->configs.n - 1])
				    : walk_where(own, path);

	if (c->waits && !c->direct_boot)
		walk_problem(w, CHAIN_MENU_WAITS, certain, true, xstrdup(config),
			"the menu waits for a key for ever: timeout is not set, or negative");
	else if (c->timeout > CHAIN_WAIT_MAX && !c->direct_boot)
		walk_problem(w, CHAIN_MENU_WAITS, certain, true, xstrdup(config),
			"the menu waits for a key for %d seconds", c->timeout);
	if (c->asks_password)
		walk_problem(w, CHAIN_MENU_WAITS, certain, true, xstrdup(config),
			"the default entry waits for a user's name and password: superusers is "
			"set, and the entry is not --unrestricted");
	if (!c->default_found)
		walk_problem(w, CHAIN_BAD_DEFAULT, certain, true, xstrdup(config),
			"the default \"%s\" names no entry; GRUB takes the first instead",
			c->default_text);
	if (c->fell_back)
		walk_problem(w, CHAIN_BAD_DEFAULT, certain, true, xstrdup(config),
			"what the default \"%s\" boots is not there; GRUB falls back to \"%s\"",
			c->default_text, c->entries[c->default_entry].title);
	if (*c->choice.by && c->default_found && !c->fell_back)
		walk_chosen(w, c->choice.by, where_of(w, own, c->choice.in), c->choice.is_saved);
	for (size_t i = 0; i < c->n; i++)
		add_entry(w, own, &c->entries[i], (int)i == c->default_entry);
	/* A search on the way that failed explains why the default leads nowhere; where that is certain. */
	for (size_t i = 0; i < c->failed_searches.n && chain_is_broken(w->chain); i++)
		walk_problem(w, CHAIN_SEARCH_FAILED, certain, true, xstrdup(config),
			"GRUB searches a file system (search %s) that the image has not got",
			c->failed_searches.v[i]);
}

/* What this GRUB lacked on a way that led nowhere. */
static void explain_missing(struct walk *w, const struct volume *own, const char *path,
	const struct grub_config *c, bool certain)
{
	for (size_t i = 0; i < c->missing_modules.n; i++)
		walk_problem(w, CHAIN_NO_MODULE, certain, true, walk_where(own, path),
			"this GRUB lacks a module: %s", c->missing_modules.v[i]);
	for (size_t i = 0; i < c->missing_commands.n; i++)
		walk_problem(w, CHAIN_NO_MODULE, certain, true, walk_where(own, path),
			"this GRUB has no command %s, which its configuration uses",
			c->missing_commands.v[i]);
}

static bool same_file(const struct grub_file *a, const struct grub_file *b)
{
	return a->volume == b->volume && a->presence == b->presence &&
	       strcmp(a->path, b->path) == 0;
}

static bool same_files(const struct grub_entry *a, const struct grub_entry *b)
{
	bool same = a->has_kernel == b->has_kernel && a->has_chainload == b->has_chainload &&
		    a->has_devicetree == b->has_devicetree && a->n_initrds == b->n_initrds;

	if (same && a->has_kernel)
		same = same_file(&a->kernel, &b->kernel);
	if (same && a->has_chainload)
		same = same_file(&a->chainload, &b->chainload);
	if (same && a->has_devicetree)
		same = same_file(&a->devicetree, &b->devicetree);
	for (size_t i = 0; same && i < a->n_initrds; i++)
		same = same_file(&a->initrds[i], &b->initrds[i]);
	return same;
}

/*
 * A disk's number is its place among those that the firmware finds. What another disk stands before must
 * do the same: the configuration is run once more, on hd1.
 */
static void judge_numbers(struct walk *w, const struct volume *own, const char *path,
	const struct grub_start *start, const struct grub_config *c, bool certain)
{
	CLEANUP(grub_config_release) struct grub_config moved = { 0 };
	struct grub_start behind = *start;

	behind.disk = 1;
	grub_config_run(&behind, &moved);
	if (moved.n != c->n || moved.default_entry != c->default_entry) {
		walk_problem(w, CHAIN_DISK_NUMBER, certain, true, walk_where(own, path),
			"GRUB's way to its menu names a disk by its number, (hd0...): where another "
			"disk stands before this one it does not lead here");
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		if (!same_files(&c->entries[i], &moved.entries[i]))
			walk_problem(w, CHAIN_DISK_NUMBER, certain, (int)i == c->default_entry,
				where_of(w, own, c->entries[i].source),
				"the entry \"%s\" names a disk by its number, (hd0...): where "
				"another disk stands before this one it names that",
				c->entries[i].title);
}

/* What is beyond a limit may decide what boots. */
static void doubt_limits(
	struct walk *w, const struct volume *own, const char *path, const struct grub_config *c)
{
	if (c->truncated)
		walk_problem(w, CHAIN_UNDETERMINED, false, true,
			c->configs.n ? where_of(w, own, c->configs.v[c->configs.n - 1])
				     : walk_where(own, path),
			"GRUB's configuration is larger, longer or deeper than is followed here");
	if (c->by_title)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(own, path),
			"$fallback names an entry by its title, which not every GRUB knows");
}

/* The file system in the binary, which the chain keeps; NULL: there is none that is read. */
static const struct volume *memdisk_of(struct boot_chain *chain, const struct loader_facts *facts)
{
	struct memdisk *m = memdisk_open(buf_bytes(&facts->memdisk), facts->memdisk.len);

	if (!m)
		return NULL;
	chain->memdisks = xreallocarray(
		chain->memdisks, chain->n_memdisks + 1, sizeof(struct memdisk *));
	chain->memdisks[chain->n_memdisks++] = m;
	return memdisk_volume(m);
}

void walk_grub(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts)
{
	CLEANUP(grub_config_release) struct grub_config config = { 0 };
	CLEANUP(xfree) char *folder = xstrdup(path);
	struct grub_start start = {
		.view = w->view,
		.device = v,
		.directory = folder,
		.prefix = facts->prefix,
		.config = facts->config,
		.fw_path = facts->fw_path,
		.keeps_hex = facts->keeps_hex,
		.modules = &facts->modules,
		.memdisk = memdisk_of(w->chain, facts),
	};
	bool certain;

	*strrchr(folder, '/') = '\0';
	if (!start.memdisk && facts->config && strstr(facts->config, "(memdisk)"))
		start.config = likely_config;
	grub_config_run(&start, &config);
	certain = !config.uncertain && !config.truncated && start.config != likely_config;
	if (start.config == likely_config)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, path),
			"its first configuration is in a memory disk of a kind that is not read here");
	w->chain->uncertain = w->chain->uncertain || !certain;
	add_configs(w, v, &config);
	doubt_limits(w, v, path, &config);
	judge_wait(w, v, path, &config, certain);
	if (config.n) {
		add_entries(w, v, path, &config, certain);
		judge_numbers(w, v, path, &start, &config, certain);
	}
	if (!config.n)
		explain_empty(w, v, path, &config, certain);
	if (!w->chain->complete)
		explain_missing(w, v, path, &config, certain);
}
