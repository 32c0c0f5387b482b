/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-boot in the boot chain: loader.conf on the ESP, type 1 entries and
 * UKIs on the ESP and on an extended boot loader partition (BLS;
 * systemd-boot(7)), in its own order. The entries that it makes up for other loaders, the
 * setup, a reset and turning off come behind them, and are looked at where loader.conf names one.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/bls.h"
#include "loader/chain_walk.h"
#include "pe/pe.h"

static bool ends_with(const char *name, const char *suffix, const struct bls_rules *rules)
{
	size_t a = strlen(name), b = strlen(suffix);

	if (a <= b)
		return false;
	return rules->matches_case ? strcmp(name + a - b, suffix) == 0
				   : strcasecmp(name + a - b, suffix) == 0;
}

/* systemd-boot in the middle of its work: its file, and what it found. */
struct reader {
	struct walk *w;
	const struct bls_rules *rules;
	const struct volume *esp, *xbootldr; /* the latter may be NULL */
	enum presence opens;                 /* whether the firmware reads xbootldr */
	const char *path;                    /* its own, on the ESP */
	struct bls_list list;
	bool more; /* there may be more of them, in folders that could not be looked at */
	struct strlist
		unread; /* files of entries that could not be read, "ESP:/loader/entries/x.conf" */
};

/* False: there is nothing to read; what there may be, and cannot be looked at, is reported. */
static bool list(
	struct reader *r, const struct volume *v, const char *folder, struct strlist *names)
{
	struct err err = { 0 };
	enum presence there = volume_folder(v, folder, names, &err);

	if (there == PRESENCE_UNKNOWN && v->readable) {
		walk_problem(r->w, CHAIN_UNDETERMINED, false, true, walk_where(v, folder),
			"what systemd-boot finds here is not known: %s", err.text);
		r->more = true;
	}
	return there == PRESENT;
}

static void read_type1(struct reader *r, const struct volume *v)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	if (!list(r, v, "/loader/entries", &names))
		return;
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("/loader/entries/%s", names.v[i]);
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		struct file_info info = { 0 };

		if (names.v[i][0] == '.' || !ends_with(names.v[i], ".conf", r->rules) ||
			strncasecmp(names.v[i], "auto-", 5) == 0)
			continue;
		volume_stat(v, path, &info);
		if (info.type == FILE_DIR)
			continue;
		if (volume_file(v, path, BLS_FILE_MAX, &text, NULL) == PRESENT)
			bls_entry_parse(&r->list, names.v[i], buf_text(&text), text.len, r->rules);
		else
			strlist_take(&r->unread, walk_where(v, path));
	}
}

/* systemd-boot offers those alone that have .osrel */
static void add_profiles(struct reader *r, const char *file, const struct loader_facts *facts)
{
	if (facts->os_release)
		bls_add_uki(&r->list, file, facts->os_release, r->rules);
	r->list.truncated |= r->rules->profiles && facts->more_profiles;
	for (size_t i = 1; r->rules->profiles && i < facts->n_profiles; i++)
		if (facts->profiles[i].os_release)
			bls_add_profile(&r->list, file, facts->profiles[i].os_release, (unsigned)i,
				facts->profiles[i].text, r->rules);
}

static void read_ukis(struct reader *r, const struct volume *v)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	if (!list(r, v, "/EFI/Linux", &names))
		return;
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
		CLEANUP(xfree) char *path = xasprintf("/EFI/Linux/%s", names.v[i]);
		struct err err = { 0 };

		if (names.v[i][0] == '.' || !ends_with(names.v[i], ".efi", r->rules) ||
			strncasecmp(names.v[i], "auto-", 5) == 0)
			continue;
		if (loader_recognise_file(v, path, &facts, &err) == 0) {
			if (facts.kind == LOADER_UKI)
				add_profiles(r, names.v[i], &facts);
		} else if (err.code != EUCLEAN) {
			strlist_take(&r->unread, walk_where(v, path));
		}
	}
}

/* An entry's files are on the volume that it was found on, whatever else has its name. */
static const struct volume *volume_of(const struct reader *r, const struct bls_entry *e)
{
	return e->of_xbootldr ? r->xbootldr : r->esp;
}

/* Whether the program that an entry starts is missing. */
static bool lacks_program(const struct volume *v, const struct bls_entry *e)
{
	CLEANUP(xfree) char *path = path_clean(e->linux_path ? e->linux_path : e->efi);

	return volume_stat(v, path, NULL) == ABSENT;
}

/*
 * systemd-boot offers no entry whose program is not there: these go behind the others, whose order stays.
 * Where all are so, the first is judged for it. Returns how many there are to choose from.
 */
static size_t sort_out(struct reader *r)
{
	struct bls_list *list = &r->list;
	CLEANUP(xfree)
	struct bls_entry *lacking = xcalloc(list->n + 1, sizeof(*lacking));
	size_t kept = 0, n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct bls_entry *e = &list->v[i];

		if (lacks_program(volume_of(r, e), e))
			lacking[n++] = *e;
		else
			list->v[kept++] = *e;
	}
	for (size_t i = 0; i < n; i++)
		list->v[kept + i] = lacking[i];
	return kept ? kept : n;
}

/* What the UKI hands its kernel, and the profile that it takes it from; false: it has no such profile. */
static bool set_cmdline(struct walk *w, const struct volume *v, const char *path,
	struct loader_facts *facts, struct chain_entry *entry)
{
	const char *given = loader_choose_profile(facts, entry->cmdline);
	char *cmdline;

	if (!given) {
		walk_no_profile(
			w, v, path, facts, entry->source, entry->cmdline, entry->is_default);
		w->chain->complete = w->chain->complete && !entry->is_default;
		return false;
	}
	cmdline = walk_uki_cmdline(w, v, path, facts, given, entry->is_default);
	free(entry->cmdline);
	entry->cmdline = cmdline;
	return true;
}

static void judge_uki(struct walk *w, const struct volume *v, const char *path, bool is_default,
	struct chain_entry *entry)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	CLEANUP(xfree) char *where = walk_where(v, path);

	if (!walk_kernel(w, v, path, volume_stat(v, path, NULL), false, is_default, where))
		return;
	if (loader_recognise_file(v, path, &facts, NULL) < 0 || facts.kind != LOADER_UKI)
		return;
	if (!walk_uki_kernel(w, &facts, is_default, where)) {
		w->chain->complete = w->chain->complete && !is_default;
		return;
	}
	if (set_cmdline(w, v, path, &facts, entry))
		walk_root(w, entry->cmdline, facts.has_initrd, is_default, where);
}

/* `linux` may name a unified kernel image, too, which brings an initrd and a command line. */
static bool add_unified(
	struct walk *w, const struct volume *v, const char *kernel, struct chain_entry *entry)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };

	if (loader_recognise_file(v, kernel, &facts, NULL) < 0 || facts.kind != LOADER_UKI)
		return false;
	return set_cmdline(w, v, kernel, &facts, entry) && facts.has_initrd;
}

static void judge_type1(struct walk *w, const struct volume *v, const struct bls_entry *e,
	const char *where, bool is_default, struct chain_entry *entry)
{
	CLEANUP(xfree) char *kernel = path_clean(e->linux_path);
	bool bootable = walk_kernel(
		w, v, kernel, volume_stat(v, kernel, NULL), false, is_default, where);
	bool has_initrd = add_unified(w, v, kernel, entry) || e->initrds.n > 0;

	entry->kernel = xstrdup(kernel);
	if (e->truncated && bootable)
		walk_problem(w, CHAIN_UNDETERMINED, false, is_default, xstrdup(where),
			"it names more initrds than are looked at");
	for (size_t i = 0; i < e->initrds.n; i++) {
		char *initrd = path_clean(e->initrds.v[i]);

		if (bootable)
			walk_initrd(w, v, initrd, volume_stat(v, initrd, NULL), is_default, where);
		strlist_take(&entry->initrds, initrd);
	}
	if (bootable)
		walk_root(w, entry->cmdline, has_initrd, is_default, where);
}

static void judge_efi(struct walk *w, const struct volume *v, const struct bls_entry *e,
	const char *where, bool is_default, struct chain_entry *entry)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	CLEANUP(xfree) char *path = path_clean(e->efi);
	enum presence presence = volume_stat(v, path, NULL);

	if (presence == PRESENT && loader_recognise_file(v, path, &facts, NULL) == 0 &&
		facts.kind == LOADER_UKI) {
		entry->kernel = xstrdup(path);
		judge_uki(w, v, path, is_default, entry);
	} else if (presence == ABSENT) {
		walk_problem(w, CHAIN_FILE_MISSING, true, is_default, walk_where(v, path),
			"%s starts this program, which is not in the image", where);
	} else if (is_default) {
		w->options = e->options;
		walk_loader(w, v, path);
	}
}

/* What it starts is handed the tree, whatever that is. */
static void judge_tree(struct walk *w, const struct volume *v, const struct bls_entry *e,
	const char *where, bool is_default, const char *cmdline)
{
	CLEANUP(xfree) char *path = e->devicetree ? path_clean(e->devicetree) : NULL;

	if (path && !lacks_program(v, e))
		walk_tree(w,
			&(struct tree_file){
				.volume = v,
				.path = path,
				.presence = volume_stat(v, path, NULL),
			},
			cmdline, is_default, where);
}

static void add_entry(
	struct walk *w, const struct volume *v, const struct bls_entry *e, bool is_default)
{
	CLEANUP(xfree)
	char *path = e->is_uki ? xstrdup(e->efi) : xasprintf("/loader/entries/%s", e->file);
	CLEANUP(xfree) char *where = walk_where(v, path);
	struct chain_entry *entry = walk_entry(w, e->title ? e->title : e->id, where);
	size_t at;

	if (!entry)
		return;
	at = (size_t)(entry - w->chain->entries);
	if (is_default)
		walk_default(w, entry);
	entry->volume = v;
	free(entry->cmdline);
	entry->cmdline = e->profile ? xasprintf("@%u%s%s", e->profile, *e->options ? " " : "",
					      e->options)
				    : xstrdup(e->options);
	if (is_default && !e->is_uki)
		walk_step(w, STEP_CONFIG, v, path, LOADER_SYSTEMD_BOOT, "");
	if (e->linux_path)
		judge_type1(w, v, e, where, is_default, entry);
	else
		judge_efi(w, v, e, where, is_default, entry);
	/* What it starts may have added entries, which moves them. */
	judge_tree(w, v, e, where, is_default, w->chain->entries[at].cmdline);
}

/* It offers nothing that starts itself. */
static bool is_itself(const struct reader *r, const struct bls_entry *e)
{
	CLEANUP(xfree) char *path = e->efi ? path_clean(e->efi) : NULL;

	return path && strcasecmp(path, r->path) == 0;
}

/* Takes out what systemd-boot does not offer. */
static void drop_unfit(struct reader *r)
{
	CLEANUP(bls_list_release) struct bls_list dropped = { 0 };
	struct bls_list *list = &r->list;
	size_t kept = 0;

	dropped.v = xcalloc(list->n + 1, sizeof(*dropped.v));
	for (size_t i = 0; i < list->n; i++) {
		struct bls_entry *e = &list->v[i];

		if (bls_entry_fits(e, r->rules) && !is_itself(r, e))
			list->v[kept++] = *e;
		else
			dropped.v[dropped.n++] = *e;
	}
	list->n = kept;
}

/* The first in the table is the one; where that cannot be read it looks for no other. */
static const struct volume *find_xbootldr(const struct walk *w)
{
	const struct volume *found = NULL;

	for (size_t i = 0; i < w->view->n; i++) {
		const struct volume *v = &w->view->volumes[i];

		if (v->is_xbootldr && (!found || v->number < found->number))
			found = v;
	}
	return found;
}

/* Whether it loads a driver, of whatever it may be; what cannot be looked at may be one. */
static bool loads_driver(const struct volume *v)
{
	static const char folder[] = "/EFI/systemd/drivers", ending[] = "aa64.efi";
	CLEANUP(strlist_release) struct strlist names = { 0 };
	bool found = volume_folder(v, folder, &names, NULL) == PRESENCE_UNKNOWN;

	for (size_t i = 0; i < names.n && !found; i++) {
		CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, names.v[i]);
		size_t len = strlen(names.v[i]), end = strlen(ending);

		if (names.v[i][0] == '.' || len < end ||
			strcasecmp(names.v[i] + len - end, ending) != 0)
			continue;
		found = loader_recognise_file(v, path, &facts, NULL) < 0 ||
			(facts.is_driver && facts.machine == PE_MACHINE_AARCH64);
	}
	return found;
}

/* An entry that cannot be read may be the one, unless loader.conf has the name of another. */
static void judge_unread(const struct reader *r, const char *matched)
{
	bool other = matched && !strpbrk(matched, "*?[");

	for (size_t i = 0; i < r->unread.n; i++)
		walk_problem(r->w, CHAIN_UNDETERMINED, false, !other, xstrdup(r->unread.v[i]),
			"this entry cannot be read");
}

static void judge_conf(const struct reader *r, const struct loader_conf *conf, bool matched)
{
	static const char path[] = "/loader/loader.conf";
	const struct bls_entry *counted = NULL;

	if (conf->waits)
		walk_problem(r->w, CHAIN_MENU_WAITS, true, true, walk_where(r->esp, path),
			"the menu waits for a key for ever: timeout is menu-force");
	else if (conf->timeout > CHAIN_WAIT_MAX)
		walk_problem(r->w, CHAIN_MENU_WAITS, true, true, walk_where(r->esp, path),
			"the menu waits for a key for %d seconds", conf->timeout);
	/* "@saved" is a variable's business; without one the first entry is taken. */
	if (!conf->default_pattern || conf->default_pattern[0] == '@' || matched)
		return;
	counted = bls_counted(&r->list, conf->default_pattern);
	if (counted)
		walk_problem(r->w, CHAIN_BAD_DEFAULT, true, true, walk_where(r->esp, path),
			"the default \"%s\" is not what this systemd-boot calls %s, an entry whose "
			"boots are counted: %s; it takes the first instead",
			conf->default_pattern, counted->file, counted->id);
	else
		walk_problem(r->w, CHAIN_BAD_DEFAULT, !r->more && !r->unread.n, true,
			walk_where(r->esp, path),
			"the default \"%s\" names no entry; systemd-boot takes the first instead",
			conf->default_pattern);
}

/* ---- its own entries ---- */

/* In their order; those behind the loaders start nothing. */
static const struct own_entry {
	const char *id;
	const char *path; /* what it starts, without which there is none; NULL: nothing */
	const char *does;
} own_entries[] = {
	{ "auto-osx", "/System/Library/CoreServices/boot.efi", NULL },
	{ "auto-windows", "/EFI/Microsoft/Boot/bootmgfw.efi", NULL },
	{ "auto-efi-shell", "/shellaa64.efi", NULL },
	{ "auto-efi-default", "/EFI/BOOT/BOOTAA64.EFI", NULL },
	{ "auto-reboot-to-firmware-setup", NULL, "resets into the firmware's setup" },
	{ "auto-poweroff", NULL, "turns the machine off" },
	{ "auto-reboot", NULL, "resets the machine, again and again" },
};

/* The fallback is offered only where it is another loader. */
static bool is_other_loader(const struct reader *r, const char *path)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };

	return strcasecmp(path, r->path) != 0 &&
	       (loader_recognise_file(r->esp, path, &facts, NULL) < 0 ||
		       facts.kind != LOADER_SYSTEMD_BOOT);
}

static bool has_own(
	const struct reader *r, const struct loader_conf *conf, const struct own_entry *own)
{
	if (strcmp(own->id, "auto-poweroff") == 0)
		return conf->own_poweroff;
	if (strcmp(own->id, "auto-reboot") == 0)
		return conf->own_reboot;
	if (!own->path)
		return conf->own_setup;
	return conf->own_loaders && volume_stat(r->esp, own->path, NULL) == PRESENT &&
	       (strcmp(own->id, "auto-efi-default") != 0 || is_other_loader(r, own->path));
}

static const struct own_entry *find_own(
	const struct reader *r, const struct loader_conf *conf, const char *pattern)
{
	for (size_t i = 0; pattern && i < ARRAY_SIZE(own_entries); i++)
		if (bls_matches(pattern, own_entries[i].id, r->rules) &&
			has_own(r, conf, &own_entries[i]))
			return &own_entries[i];
	return NULL;
}

/* The one that boots by itself, where no entry of a file comes before it: *matched is what names that, or NULL. */
static const struct own_entry *own_default(
	const struct reader *r, const struct loader_conf *conf, const char **matched)
{
	const char *pattern = conf->preferred;
	const struct own_entry *own = NULL;

	if (!*matched || *matched != conf->preferred)
		own = find_own(r, conf, pattern);
	if (!own && !*matched)
		own = find_own(r, conf, pattern = conf->default_pattern);
	if (own)
		*matched = pattern;
	return own;
}

static void judge_own(const struct reader *r, const struct own_entry *own, const char *pattern)
{
	static const char path[] = "/loader/loader.conf";

	if (own->path)
		walk_loader(r->w, r->esp, own->path);
	else
		walk_problem(r->w, CHAIN_NO_ENTRY, !r->more && !r->unread.n, true,
			walk_where(r->esp, path),
			"the default \"%s\" is systemd-boot's own entry %s, which boots nothing: it "
			"%s",
			pattern, own->id, own->does);
}

static void read_conf(const struct reader *r, struct loader_conf *conf)
{
	static const char path[] = "/loader/loader.conf";
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct err err = { 0 };

	switch (volume_file(r->esp, path, BLS_FILE_MAX, &text, &err)) {
	case PRESENT:
		walk_step(r->w, STEP_CONFIG, r->esp, path, LOADER_SYSTEMD_BOOT, "");
		loader_conf_parse(conf, buf_text(&text), text.len, r->rules);
		break;
	case PRESENCE_UNKNOWN:
		walk_problem(r->w, CHAIN_UNDETERMINED, false, true, walk_where(r->esp, path),
			"which entry this makes the default is not known: %s", err.text);
		break;
	case ABSENT:
		break;
	}
}

static void read_entries(struct reader *r)
{
	size_t of_esp;

	read_type1(r, r->esp);
	read_ukis(r, r->esp);
	of_esp = r->list.n;
	if (r->xbootldr && r->opens != ABSENT) {
		read_type1(r, r->xbootldr);
		read_ukis(r, r->xbootldr);
	}
	for (size_t i = of_esp; i < r->list.n; i++)
		r->list.v[i].of_xbootldr = true;
	if (r->list.truncated)
		walk_problem(r->w, CHAIN_UNDETERMINED, false, true, walk_where(r->esp, r->path),
			"systemd-boot finds more entries than are looked at, and which it starts is not "
			"known");
	drop_unfit(r);
	bls_sort_systemd(&r->list, r->rules);
}

/* Whether there may be such a file. */
static bool has_file(const struct reader *r, const char *folder, const char *ending)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	bool found = volume_folder(r->xbootldr, folder, &names, NULL) == PRESENCE_UNKNOWN;

	for (size_t i = 0; i < names.n && !found; i++)
		found = names.v[i][0] != '.' && ends_with(names.v[i], ending, r->rules);
	return found;
}

/*
 * What is on the extended boot loader partition counts where the firmware reads it alone. Returns whether that it
 * does not explains that there is no entry.
 */
static bool judge_xbootldr(struct reader *r, const struct bls_entry *first)
{
	bool needed = !first || first->of_xbootldr;

	if (!r->xbootldr || r->opens == PRESENT)
		return false;
	if (!has_file(r, "/loader/entries", ".conf") && !has_file(r, "/EFI/Linux", ".efi"))
		return false;
	if (r->opens == PRESENCE_UNKNOWN && !r->xbootldr->readable)
		needed = true;
	walk_needs_firmware(r->w, r->xbootldr, "/loader/entries", needed, "systemd-boot");
	return true;
}

void walk_systemd_boot(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts)
{
	CLEANUP(loader_conf_release) struct loader_conf conf = { 0 };
	struct reader r = {
		.w = w,
		.rules = &facts->rules,
		.esp = v,
		.xbootldr = find_xbootldr(w),
		.path = path,
		.opens = ABSENT,
	};
	const struct bls_entry *first;
	const struct own_entry *own;
	struct bls_list offered; /* its entries are r.list's */
	const char *matched;
	bool explained;

	if (walk_needs_firmware(w, v, path, true, "systemd-boot") == ABSENT)
		return;
	w->drivers = w->drivers || (r.rules->drivers && loads_driver(v));
	if (r.xbootldr)
		r.opens = walk_by_firmware(w, r.xbootldr);
	read_conf(&r, &conf);
	read_entries(&r);
	offered = (struct bls_list){ r.list.v, sort_out(&r) };
	first = bls_default(&offered, &conf, r.rules, &matched);
	own = own_default(&r, &conf, &matched);
	if (own)
		first = NULL;
	explained = judge_xbootldr(&r, first);
	if (!first && !own && !explained)
		walk_problem(w, CHAIN_NO_ENTRY, !r.more && !r.unread.n, true, walk_where(v, path),
			"systemd-boot finds no entry for AArch64 in /loader/entries and no unified "
			"kernel image in /EFI/Linux");
	else if (first || own)
		judge_conf(&r, &conf, matched != NULL);
	if (matched)
		walk_chosen(w, matched, walk_where(v, "/loader/loader.conf"), false);
	for (size_t i = 0; i < r.list.n; i++)
		add_entry(w, volume_of(&r, &r.list.v[i]), &r.list.v[i], &r.list.v[i] == first);
	if (own)
		judge_own(&r, own, matched);
	judge_unread(&r, matched);
	bls_list_release(&r.list);
	strlist_release(&r.unread);
}
