/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk along the boot chain: which loader a file is and what it starts.
 * shim's rules are those of its shim.c and fallback.c (16.1): started as
 * \EFI\BOOT\BOOT*, it runs fbaa64.efi when that is beside it, and otherwise the
 * file whose name was built into it. Leaves out loaders with rules of their
 * own (rEFInd, Windows, iPXE, Limine): those are undetermined.
 */
#include "loader/chain_walk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "loader/memdisk.h"
#include "pe/pe.h"

#define CSV_MAX ((size_t)64 << 10)

char *walk_where(const struct volume *v, const char *path)
{
	char name[VOLUME_NAME_MAX];

	return v ? xasprintf("%s:%s", volume_name(v, name), path) : xstrdup(path);
}

void walk_step(struct walk *w, enum chain_step_kind kind, const struct volume *v, const char *path,
	enum loader_kind loader, const char *version)
{
	struct boot_chain *c = w->chain;
	struct chain_step *s;

	c->steps = xreallocarray(c->steps, c->n_steps + 1, sizeof(*c->steps));
	s = &c->steps[c->n_steps++];
	*s = (struct chain_step){
		.kind = kind,
		.loader = loader,
		.volume = v,
		.path = xstrdup(path),
	};
	snprintf(s->version, sizeof(s->version), "%s", version);
}

void walk_problem(struct walk *w, enum chain_code code, bool certain, bool on_default,
	char *take_where, const char *fmt, ...)
{
	struct boot_chain *c = w->chain;
	char text[1024];
	va_list ap;

	if (c->n_problems >= (on_default ? 2 : 1) * CHAIN_PROBLEMS_MAX) {
		free(take_where);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->problems = xreallocarray(c->problems, c->n_problems + 1, sizeof(*c->problems));
	c->problems[c->n_problems++] = (struct chain_problem){
		.code = code,
		.certain = certain,
		.on_default = on_default,
		.where = take_where,
		.text = xstrdup(text),
	};
}

/* ---- what the firmware reads ---- */

enum presence walk_by_firmware(const struct walk *w, const struct volume *v)
{
	enum presence reads = volume_by_firmware(v);

	return reads == ABSENT && w->drivers && v->number ? PRESENCE_UNKNOWN : reads;
}

enum presence walk_needs_firmware(struct walk *w, const struct volume *v, const char *path,
	bool is_default, const char *reader)
{
	enum presence reads = walk_by_firmware(w, v);
	const char *fstype = v->fstype && *v->fstype ? v->fstype : "file system";

	if (reads == ABSENT)
		walk_problem(w, CHAIN_UNREADABLE, true, is_default, walk_where(v, path),
			"%s reads this by the firmware, which knows FAT and cannot open the %s that "
			"it lies on",
			reader, fstype);
	else if (reads == PRESENCE_UNKNOWN)
		walk_problem(w, CHAIN_UNDETERMINED, false, is_default, walk_where(v, path),
			"%s reads this by the firmware, and whether that opens the %s that it lies "
			"on, by %s, cannot be told",
			reader, fstype, w->drivers ? "a driver on the ESP" : "a driver of its own");
	return reads;
}

/* ---- shim ---- */

/* "/EFI/BOOT" of "/EFI/BOOT/BOOTAA64.EFI"; the caller frees it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return xstrndup(path, slash ? (size_t)(slash - path) : 0);
}

/*
 * The loader that the first row of a vendor folder's CSV names, and what it is given, both freed by the caller; unknown,
 * which is reported: that cannot be read.
 */
static enum presence csv_loader(
	struct walk *w, const struct volume *v, const char *vendor, char **loader, char **arguments)
{
	static const char *const names[] = { "BOOTAA64.CSV", "BOOT.CSV" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(xfree) char *file = xasprintf("/EFI/%s/%s", vendor, names[i]);
		CLEANUP(buf_release) struct buf bytes = BUF_INIT;
		struct err err = { 0 };
		enum presence there = volume_file(v, file, CSV_MAX, &bytes, &err);
		struct esp_csv csv;

		if (there == ABSENT)
			continue;
		if (there == PRESENCE_UNKNOWN) {
			walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, file),
				"which loader this names for fbaa64.efi is not known: %s",
				err.text);
			return PRESENCE_UNKNOWN;
		}
		esp_csv_parse(buf_bytes(&bytes), bytes.len, &csv);
		if (csv.n) {
			*loader = xasprintf("/EFI/%s/%s", vendor, csv.rows[0].loader);
			*arguments = xstrdup(csv.rows[0].arguments ? csv.rows[0].arguments : "");
		}
		esp_csv_release(&csv);
		return *loader ? PRESENT : ABSENT;
	}
	return ABSENT;
}

/* Does what fbaa64.efi does: the first vendor's loader. ABSENT: no vendor has one; unknown, which is reported: that. */
static enum presence walk_csv(struct walk *w, const struct volume *v)
{
	CLEANUP(strlist_release) struct strlist vendors = { 0 };
	enum presence any = ABSENT;
	struct err err = { 0 };

	if (volume_folder(v, "/EFI", &vendors, &err) == PRESENCE_UNKNOWN) {
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, "/EFI"),
			"which vendor's loader it starts is not known: %s", err.text);
		any = PRESENCE_UNKNOWN;
	}
	for (size_t i = 0; i < vendors.n; i++) {
		CLEANUP(xfree) char *arguments = NULL;
		CLEANUP(xfree) char *path = NULL;

		if (strcasecmp(vendors.v[i], "BOOT") != 0 &&
			csv_loader(w, v, vendors.v[i], &path, &arguments) == PRESENCE_UNKNOWN)
			any = PRESENCE_UNKNOWN;
		/* Of one that cannot be looked at, walk_loader() says so. */
		if (!path || volume_stat(v, path, NULL) == ABSENT)
			continue;
		w->options = arguments;
		walk_loader(w, v, path);
		return PRESENT;
	}
	return any;
}

/* Whether shim starts fbaa64.efi, and that something. */
static enum presence run_fallback_program(struct walk *w, const struct volume *v, const char *path)
{
	static const char program[] = "/EFI/BOOT/fbaa64.efi";
	enum presence there;

	if (strncasecmp(path, "/EFI/BOOT/BOOT", 14) != 0)
		return ABSENT;
	there = volume_stat(v, program, NULL);
	if (there == PRESENCE_UNKNOWN)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, program),
			"shim starts this program where it is, and whether it is there cannot be told");
	if (there != PRESENT)
		return there;
	walk_problem(w, CHAIN_FALLBACK_PROGRAM, true, true, walk_where(v, program),
		"shim starts this program, which writes Boot#### variables and, on a machine "
		"with a TPM, resets it");
	walk_step(w, STEP_LOADER, v, program, LOADER_FALLBACK, "");
	return walk_csv(w, v);
}

/*
 * What shim starts: the first word that it is given, below \EFI a path on the ESP and else in shim's own folder,
 * or what is built in. *rest is what that is given. The caller frees it; NULL: not known.
 */
static char *second_stage(
	const char *path, const struct loader_facts *facts, const char *options, const char **rest)
{
	CLEANUP(xfree) char *folder = folder_of(path);
	CLEANUP(xfree) char *word = NULL;
	CLEANUP(xfree) char *joined = NULL;
	size_t len;

	options += strspn(options, " ");
	len = strcspn(options, " ");
	*rest = options + len + strspn(options + len, " ");
	if (!len)
		return facts->second_stage ? xasprintf("%s/%s", folder, facts->second_stage) : NULL;
	word = xstrndup(options, len);
	if (strncasecmp(word, "\\EFI\\", 5) == 0)
		return path_clean(word);
	joined = xasprintf("%s/%s", folder, word);
	return path_clean(joined);
}

static void walk_shim(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *facts, const char *options)
{
	CLEANUP(xfree) char *second = NULL;
	enum presence presence, fallback;
	const char *rest;

	if (walk_needs_firmware(w, v, path, true, "shim") == ABSENT)
		return;
	fallback = run_fallback_program(w, v, path);
	if (fallback == PRESENT)
		return;
	second = second_stage(path, facts, options, &rest);
	if (!second) {
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, path),
			"it does not show which file this shim starts");
		return;
	}
	presence = volume_stat(v, second, NULL);
	if (presence == PRESENT) {
		w->options = rest;
		walk_loader(w, v, second);
	} else {
		walk_problem(w, CHAIN_NO_SECOND_STAGE, presence == ABSENT && fallback == ABSENT,
			true, walk_where(v, second),
			"shim starts this file and nothing else, and it is %s",
			presence == ABSENT ? "not there" : "not readable here");
	}
}

/* ---- the others ---- */

/* The kernel's entry takes the place of the one that led here. */
static struct chain_entry *add_kernel(struct walk *w, const struct volume *v, const char *path,
	const char *title, const char *cmdline)
{
	CLEANUP(xfree) char *where = walk_where(v, path);
	struct chain_entry *e = walk_entry(w, title, where);

	if (!e)
		return NULL;
	e->volume = v;
	e->kernel = xstrdup(path);
	free(e->cmdline);
	e->cmdline = xstrdup(cmdline);
	walk_default(w, e);
	return e;
}

static void walk_uki(struct walk *w, const struct volume *v, const char *path,
	struct loader_facts *facts, const char *options)
{
	CLEANUP(xfree) char *where = walk_where(v, path);
	CLEANUP(xfree) char *cmdline = NULL;
	const char *given = loader_choose_profile(facts, options);

	if (!given) {
		walk_no_profile(w, v, path, facts, "what starts it", options, true);
		return;
	}
	cmdline = walk_uki_cmdline(w, v, path, facts, given, true);
	add_kernel(w, v, path, facts->uname ? facts->uname : "Linux", cmdline);
	walk_step(w, STEP_KERNEL, v, path, LOADER_UKI, facts->uname ? facts->uname : "");
	if (!walk_uki_kernel(w, facts, true, where))
		return;
	w->chain->complete = true;
	walk_root(w, cmdline, facts->has_initrd, true, where);
}

/* The kernel's own stub reads what initrd= names, from where it was started itself. Returns whether there is one. */
static bool walk_own_initrds(struct walk *w, const struct volume *v, const char *options,
	struct chain_entry *e, const char *where)
{
	size_t found = 0;

	while (*options) {
		size_t len;

		options += strspn(options, " ");
		len = strcspn(options, " ");
		if (strncmp(options, "initrd=", 7) == 0 && len > 7 && found++ < CHAIN_INITRDS_MAX) {
			CLEANUP(xfree) char *name = xstrndup(options + 7, len - 7);
			char *initrd = path_clean(name);

			if (walk_needs_firmware(w, v, initrd, true, "the kernel's stub") != ABSENT)
				walk_initrd(
					w, v, initrd, volume_stat(v, initrd, NULL), true, where);
			if (e)
				strlist_take(&e->initrds, initrd);
			else
				free(initrd);
		}
		options += len;
	}
	if (found > CHAIN_INITRDS_MAX)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, xstrdup(where),
			"it is given more initrds than are looked at");
	return found > 0;
}

/* The firmware starts a fallback loader without arguments, so the kernel gets none; a loader may give some. */
static void walk_bare_kernel(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *facts, const char *options)
{
	CLEANUP(xfree) char *where = walk_where(v, path);
	struct chain_entry *e = add_kernel(w, v, path, "Linux", options);

	walk_step(w, STEP_KERNEL, v, path, facts->kind, facts->version);
	w->chain->complete = true;
	if (*options) {
		walk_root(w, options, walk_own_initrds(w, v, options, e, where), true, where);
		return;
	}
	walk_problem(w, CHAIN_ROOT_NONE, false, true, xstrdup(where),
		"the firmware starts this kernel without a command line and without an initrd; "
		"whether it has them built in is not known");
}

/* Everything that is not followed further. */
static void walk_end(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts)
{
	char *where = walk_where(v, path);

	switch (facts->kind) {
	case LOADER_MOKMANAGER:
	case LOADER_FALLBACK:
	case LOADER_SYSTEMD_STUB:
	case LOADER_UKI_ADDON:
		walk_problem(w, CHAIN_NOT_A_LOADER, true, true, where, "%s boots no system",
			loader_kind_name(facts->kind));
		break;
	case LOADER_UNKNOWN:
		walk_problem(w, CHAIN_UNKNOWN_LOADER, false, true, where,
			"this is no loader that is known here");
		break;
	default:
		walk_problem(w, CHAIN_UNDETERMINED, false, true, where,
			"%s finds systems by rules of its own, which are not followed here",
			loader_kind_name(facts->kind));
	}
}

/* Neither firmware nor a loader starts what is no program, or one for another machine. */
static bool is_started(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts)
{
	const char *machine = facts->machine ? pe_machine_name(facts->machine) : NULL;

	if (facts->machine == PE_MACHINE_AARCH64)
		return true;
	walk_step(w, STEP_LOADER, v, path, LOADER_UNKNOWN, "");
	if (facts->machine)
		walk_problem(w, CHAIN_NOT_STARTED, true, true, walk_where(v, path),
			"this is a program for %s, not for AArch64",
			machine ? machine : "another architecture");
	else
		walk_problem(w, CHAIN_NOT_STARTED, true, true, walk_where(v, path),
			"this is no program: it is %s", pe_looks_text((enum pe_looks)facts->looks));
	return false;
}

void walk_loader(struct walk *w, const struct volume *v, const char *path)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	const char *options = w->options ? w->options : "";
	struct err err = { 0 };

	w->options = NULL;
	if (w->depth >= CHAIN_DEPTH_MAX) {
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, path),
			"too many loaders start each other");
		return;
	}
	if (loader_recognise_file(v, path, &facts, &err) < 0) {
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(v, path),
			"it cannot be read: %s", err.text);
		return;
	}
	if (!is_started(w, v, path, &facts))
		return;
	w->depth++;
	if (facts.kind != LOADER_KERNEL && facts.kind != LOADER_KERNEL_ZBOOT &&
		facts.kind != LOADER_UKI)
		walk_step(w, STEP_LOADER, v, path, facts.kind, facts.version);
	switch (facts.kind) {
	case LOADER_SHIM:
		walk_shim(w, v, path, &facts, options);
		break;
	case LOADER_GRUB:
		walk_grub(w, v, path, &facts);
		break;
	case LOADER_SYSTEMD_BOOT:
		walk_systemd_boot(w, v, path, &facts);
		break;
	case LOADER_UKI:
		walk_uki(w, v, path, &facts, options);
		break;
	case LOADER_KERNEL:
	case LOADER_KERNEL_ZBOOT:
		walk_bare_kernel(w, v, path, &facts, options);
		break;
	default:
		walk_end(w, v, path, &facts);
	}
	w->depth--;
}

/* A way that ends without a kernel has a reason. */
static void end_somewhere(struct walk *w, const char *start)
{
	const struct boot_chain *c = w->chain;

	for (size_t i = 0; i < c->n_problems; i++)
		if (c->problems[i].on_default)
			return;
	if (!c->complete)
		walk_problem(w, CHAIN_UNDETERMINED, false, true, walk_where(w->view->esp, start),
			"the way from here ends, and why is not known");
}

struct boot_chain *chain_walk(const struct chain_view *view, const char *start)
{
	struct boot_chain *chain = xcalloc(1, sizeof(*chain));
	struct walk w = { .view = view, .chain = chain };
	CLEANUP(xfree) char *path = path_clean(start);
	enum presence presence = view->esp ? volume_stat(view->esp, path, NULL) : ABSENT;

	if (presence == PRESENT && volume_by_firmware(view->esp) == ABSENT)
		walk_problem(&w, CHAIN_NO_FALLBACK, true, true, walk_where(view->esp, path),
			"firmware reads FAT, and the ESP is another file system (%s)",
			view->esp->fstype);
	else if (presence == PRESENT)
		walk_loader(&w, view->esp, path);
	else
		walk_problem(&w, CHAIN_NO_FALLBACK, presence == ABSENT, true,
			walk_where(view->esp, path), "%s",
			presence == ABSENT
				? "firmware without variables starts this file, and it is not there"
				: "the ESP cannot be read here");
	end_somewhere(&w, path);
	return chain;
}

void chain_free(struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_steps; i++)
		free(chain->steps[i].path);
	for (size_t i = 0; i < chain->n_entries; i++) {
		free(chain->entries[i].title);
		free(chain->entries[i].source);
		free(chain->entries[i].kernel);
		free(chain->entries[i].cmdline);
		free(chain->entries[i].handed);
		free(chain->entries[i].root_from);
		free(chain->entries[i].version);
		strlist_release(&chain->entries[i].initrds);
	}
	for (size_t i = 0; i < chain->n_problems; i++) {
		free(chain->problems[i].where);
		free(chain->problems[i].text);
	}
	for (size_t i = 0; i < chain->n_memdisks; i++)
		memdisk_close(chain->memdisks[i]);
	free(chain->memdisks);
	free(chain->steps);
	free(chain->entries);
	free(chain->problems);
	free(chain->chosen_by);
	free(chain->chosen_in);
	free(chain->read_from);
	free(chain->read_cmdline);
	strlist_release(&chain->unknown_commands);
	strlist_release(&chain->overruled);
	free(chain);
}

char *chain_summary(const struct boot_chain *chain)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;

	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind != STEP_LOADER && s->kind != STEP_KERNEL)
			continue;
		text_printf(&text, "%s%s%s%s", text.len ? " -> " : "",
			s->kind == STEP_KERNEL && s->loader != LOADER_UKI
				? "Linux"
				: loader_kind_name(s->loader),
			*s->version ? " " : "", s->version);
	}
	return text_detach(&text);
}

const struct chain_entry *chain_default(const struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_entries; i++)
		if (chain->entries[i].is_default)
			return &chain->entries[i];
	return NULL;
}

bool chain_has_loader(const struct boot_chain *chain, enum loader_kind kind)
{
	for (size_t i = 0; i < chain->n_steps; i++)
		if (chain->steps[i].kind != STEP_CONFIG && chain->steps[i].loader == kind)
			return true;
	return false;
}

const struct chain_problem *chain_find(const struct boot_chain *chain, enum chain_code code)
{
	for (size_t i = 0; i < chain->n_problems; i++)
		if (chain->problems[i].code == code)
			return &chain->problems[i];
	return NULL;
}

bool chain_fails_by(const struct boot_chain *chain, enum chain_code code)
{
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		if (p->code == code && p->certain && p->on_default)
			return true;
	}
	return false;
}
