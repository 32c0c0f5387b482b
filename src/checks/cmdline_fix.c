/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of kernel command lines: of the entries that boot now, and of the
 * files that the next ones are made from.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/names.h"
#include "checks/verdict.h"
#include "loader/names.h"
#include "image/image.h"
#include "loader/chain.h"
#include "plan/plan.h"
#include "rootfs/edit.h"
#include "rootfs/fstab.h"
#include "rootfs/rootfs.h"

/* ---- words ---- */

struct words {
	struct image *image;
	const struct chain_view *view;
	const struct volume *root;
	bool initrd; /* the kernel has one, and finds the root by its file system's UUID */
	char *name;  /* root=... as it should be */
	const struct row *row;
};

/* What a kind of repair does with a line of a file that may hold a command line. */
struct row {
	bool (*edit)(const struct words *w, const char *line, struct text *out);
	const char *said;
};

static bool is_end(char c)
{
	return !c || strchr(" \t\"'", c);
}

/* Where on the line a word begins, from p on; its length in *len. NULL: there are no more. */
static const char *next_word(const char *p, size_t *len)
{
	while (*p && is_end(*p))
		p++;
	*len = 0;
	while (!is_end(p[*len]))
		++*len;
	return *len ? p : NULL;
}

/* What the line makes, /dev/dm-0 by dm-mod.create=, is not wrong. */
static bool is_wrong_root(const struct words *w, const char *line, const char *word)
{
	enum name_answer answer;

	if (strncmp(word, "root=", 5) != 0)
		return false;
	answer = cmdline_name(w->view, line, word + 5).answer;
	return answer == NAME_MACHINE || answer == NAME_NONE;
}

/* "GRUB_CMDLINE_LINUX=" in front of a value without quotes. */
static size_t assignment(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	return n && word[n] == '=' ? n + 1 : 0;
}

/* root="UUID=..." as an assignment, whose value stands in quotes: its length with them; 0: it is none. */
static size_t quoted_root(const char *word)
{
	const char *end = strncmp(word, "root=", 5) == 0 && strchr("\"'", word[5]) && word[5]
				  ? strchr(word + 6, word[5])
				  : NULL;

	return end ? (size_t)(end + 1 - word) : 0;
}

/* The same for a line that is such an assignment, as update-extlinux.conf has it. */
static bool edit_quoted(const struct words *w, const char *line, struct text *out)
{
	size_t blank = strspn(line, " \t"), len = quoted_root(line + blank);
	CLEANUP(xfree) char *word = NULL;

	if (!len)
		return false;
	word = xasprintf("root=%.*s", (int)len - 7, line + blank + 6);
	if (!is_wrong_root(w, line, word))
		return false;
	text_printf(out, "%.*s%s%s", (int)blank, line, w->name, line + blank + len);
	return true;
}

static bool edit_root(const struct words *w, const char *line, struct text *out)
{
	const char *from = line;
	bool changed = false;
	size_t len;

	if (edit_quoted(w, line, out))
		return true;
	for (const char *p = line; (p = next_word(p, &len)); p += len) {
		size_t key = assignment(p);
		CLEANUP(xfree) char *word = xstrndup(p + key, len - key);

		if (!is_wrong_root(w, line, word))
			continue;
		text_printf(out, "%.*s%s", (int)(p + key - from), from, w->name);
		from = p + len;
		changed = true;
	}
	if (changed)
		text_puts(out, from);
	return changed;
}

/* A tool that is not given it finds the root by itself. */
static bool edit_device(const struct words *w, const char *line, struct text *out)
{
	static const char key[] = "GRUB_DEVICE=";

	(void)w;
	if (strncmp(line + strspn(line, " \t"), key, sizeof(key) - 1) != 0)
		return false;
	text_printf(out, "#%s", line);
	return true;
}

static bool is_hardware(const char *p)
{
	return strncmp(p, "mem=", 4) == 0 || strncmp(p, "memmap=", 7) == 0 ||
	       strncmp(p, "acpi=off", 8) == 0 || strncmp(p, "acpi=force", 10) == 0 ||
	       strncmp(p, "dtb=", 4) == 0;
}

/* The word goes, and one of the blanks around it. */
static bool edit_hardware(const struct words *w, const char *line, struct text *out)
{
	const char *from = line;
	bool changed = false;
	size_t len;

	(void)w;
	for (const char *p = line; (p = next_word(p, &len)); p += len) {
		size_t kept = (size_t)(p - from);

		if (!is_hardware(p))
			continue;
		if (kept && (from[kept - 1] == ' ' || from[kept - 1] == '\t'))
			kept--;
		text_add(out, from, kept);
		from = p + len;
		changed = true;
	}
	if (changed)
		text_puts(out, from);
	return changed;
}

static bool has_word(const char *line, const char *start)
{
	const char *p = strstr(line, start);

	return p && (p == line || is_end(p[-1]));
}

/* The ones that are missing go in front: the last one stays /dev/console. */
static bool edit_console(const struct words *w, const char *line, struct text *out)
{
	static const char *const lines[] = { "console=hvc", "console=ttyS", "console=ttyAMA" };
	const char *first = strstr(line, "console=");
	bool changed = false;

	(void)w;
	while (first && first != line && !is_end(first[-1]))
		first = strstr(first + 1, "console=");
	if (!first)
		return false;
	text_add(out, line, (size_t)(first - line));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!has_word(line, lines[i])) {
			text_printf(out, "%s0 ", lines[i]);
			changed = true;
		}
	if (changed)
		text_puts(out, first);
	else
		text_reset(out);
	return changed;
}

/* ---- files ---- */

/* edit_console() starts its line over; what others wrote before must stay. */
static bool edit_line(void *ctx, const char *line, struct text *out)
{
	const struct words *w = ctx;
	struct text made CLEANUP(text_release) = TEXT_INIT;
	bool changed = line[strspn(line, " \t")] != '#' && w->row->edit(w, line, &made);

	if (changed)
		text_add(out, text_str(&made), made.len);
	return changed;
}

static int edit_file(struct words *w, struct plan *plan, struct rootfs *files, const char *path,
	bool *any, struct err *err)
{
	bool changed;
	int ret = rootfs_edit(files, path, edit_line, w, plan->now, &changed, err);

	if (ret == 0 && changed)
		plan_say(plan, "%s: %s%s", path, w->row->said, w->name ? w->name : "");
	*any |= changed;
	return ret;
}

/* "ESP:/loader/entries/x.conf", "partition 2:/boot/grub/grub.cfg". */
static const struct volume *find_source(
	const struct chain_view *view, const char *source, const char **path)
{
	for (size_t i = 0; i < view->n; i++) {
		char name[VOLUME_NAME_MAX];
		size_t n = strlen(volume_name(&view->volumes[i], name));

		if (strncmp(source, name, n) == 0 && source[n] == ':') {
			*path = source + n + 1;
			return &view->volumes[i];
		}
	}
	return NULL;
}

static bool is_program(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcasecmp(path + n - 4, ".efi") == 0;
}

static int edit_source(
	struct words *w, struct plan *plan, const char *source, bool *any, struct err *err)
{
	const char *path;
	const struct volume *v = find_source(w->view, source, &path);
	struct rootfs *files;
	int ret;

	if (!v)
		return 0;
	if (is_program(path))
		return err_set(err, ENOTSUP, "%s: it is inside of a unified kernel image", source);
	ret = plan_volume(plan, v, &files, err);
	return ret < 0 ? ret : edit_file(w, plan, files, path, any, err);
}

/* The next command lines are made from these. */
static int edit_next(struct words *w, struct plan *plan, bool *any, struct err *err)
{
	static const char *const paths[] = { "/etc/default/grub", "/etc/kernel/cmdline" };
	struct rootfs *root;
	int ret = 0;

	if (plan_root(plan, &root, NULL) < 0)
		return 0;
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(paths); i++)
		ret = edit_file(w, plan, root, paths[i], any, err);
	return ret;
}

static char *root_name(const struct words *w)
{
	const char *uuid = w->root ? w->initrd ? w->root->uuid : w->root->partuuid : NULL;

	return uuid ? xasprintf("root=%s%s", w->initrd ? "UUID=" : "PARTUUID=", uuid) : NULL;
}

/* Whether each entry that boots has an initrd, which finds a root by its file system's UUID. */
static bool has_initrds(const struct boot_chain *chain)
{
	bool all = true;

	for (size_t i = 0; i < chain->n_entries; i++)
		all &= chain->entries[i].initrds.n > 0 || !chain->entries[i].kernel ||
		       is_program(chain->entries[i].kernel);
	return all;
}

static int edit_all(
	struct image *image, struct plan *plan, const struct row *row, bool root, struct err *err)
{
	struct words w = { .image = image, .row = row, .initrd = true };
	struct image_way way;
	bool any = false;
	int ret = image_way(image, &way, err);

	if (ret < 0)
		return ret;
	w.view = way.view;
	w.root = image_root_volume(image);
	w.initrd = has_initrds(way.chain);
	if (root) {
		w.name = root_name(&w);
		if (!w.name)
			return err_set(
				err, ENOTSUP, "which file system is the root, nothing tells");
	}
	for (size_t i = 0; ret == 0 && i < way.chain->n_entries; i++)
		ret = edit_source(&w, plan, way.chain->entries[i].source, &any, err);
	if (ret == 0)
		ret = edit_next(&w, plan, &any, err);
	if (ret == 0 && !any)
		ret = err_set(err, ENOTSUP, "the file that has it was not found");
	free(w.name);
	return ret;
}

int fix_root_name(struct image *image, struct plan *plan, struct err *err)
{
	static const struct row row = { edit_root, "the root is named by " };
	const struct boot_chain *chain;

	if (image_chain(image, &chain, NULL) == 0 && chain_find(chain, CHAIN_ROOT_SEARCHED))
		return err_set(err, ENOTSUP, "its initrd does not go by root=");
	return edit_all(image, plan, &row, true, err);
}

/* Each file that the check names. */
static int edit_found(struct words *w, struct plan *plan, struct err *err)
{
	static const struct row by_name = { edit_root, "the root is named by " },
				by_itself = { edit_device, "GRUB_DEVICE is for GRUB to find" };
	const struct check_result *found = plan->found;
	char *name = w->name;
	const char *left = NULL;
	struct rootfs *root;
	bool mended = false;
	int ret = plan_root(plan, &root, err);

	for (size_t i = 0; ret == 0 && i < found->n; i++) {
		const char *path = found->findings[i].where;
		bool any = false;

		/* All that a file has is mended at once. */
		if (i && strcmp(path, found->findings[i - 1].where) == 0)
			continue;
		w->row = &by_name;
		w->name = name;
		ret = edit_file(w, plan, root, path, &any, err);
		w->row = &by_itself;
		w->name = NULL;
		if (ret == 0)
			ret = edit_file(w, plan, root, path, &any, err);
		mended |= any;
		left = any ? left : path;
	}
	free(name);
	if (ret == 0 && left && !mended)
		return err_set(err, ENOTSUP, "%s: where the root stands in it was not found", left);
	if (ret == 0 && left)
		plan_say(
			plan, "%s stays as it is: where the root stands in it was not found", left);
	return ret;
}

int fix_next_root_name(struct image *image, struct plan *plan, struct err *err)
{
	struct words w = { .image = image, .initrd = true };
	const struct boot_chain *chain;
	int ret = image_volumes(image, &w.view, err);

	if (ret < 0)
		return ret;
	/* Where what boots is not known, the next one has an initrd as most have. */
	if (image_chain(image, &chain, NULL) == 0)
		w.initrd = has_initrds(chain);
	w.root = image_root_volume(image);
	w.name = root_name(&w);
	if (!w.name)
		return err_set(err, ENOTSUP, "which file system is the root, nothing tells");
	return edit_found(&w, plan, err);
}

int fix_hardware_words(struct image *image, struct plan *plan, struct err *err)
{
	static const struct row row = { edit_hardware,
		"what replaces the machine's own description is taken out" };

	return edit_all(image, plan, &row, false, err);
}

int fix_console(struct image *image, struct plan *plan, struct err *err)
{
	static const struct row row = { edit_console, "every kind of console is named" };

	return edit_all(image, plan, &row, false, err);
}
