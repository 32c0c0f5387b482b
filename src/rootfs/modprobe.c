/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See modprobe.h. The rules are those of kmod (libkmod-config.c, libkmod-module.c) and Linux (kernel/module/main.c,
 * init/main.c). A blacklist is minded by udev, by the kernel that asks for a file system, and by initrds that load
 * names (initramfs-tools and mkinitcpio by modprobe -b, mkinitfs' nlplug-findfs), and not for what another module needs.
 */
#include "rootfs/modprobe.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cmdline.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/kernels.h"
#include "rootfs/rootfs.h"

#define FILE_MAX ((size_t)64 << 10)
#define BARS_MAX 10000

static void add(struct bars *bars, enum bar_kind kind, const char *name, size_t len, bool same,
	const char *where)
{
	struct bar *b;

	if (bars->n == BARS_MAX) {
		bars->more = true;
		return;
	}
	bars->v = xreallocarray(bars->v, bars->n + 1, sizeof(*bars->v));
	b = &bars->v[bars->n++];
	*b = (struct bar){ kind, xstrndup(name, len), xstrdup(where) };
	for (char *p = b->name; same && *p; p++)
		*p = *p == '-' ? '_' : *p;
}

static void drop(struct bars *bars, size_t i)
{
	free(bars->v[i].name);
	free(bars->v[i].where);
	memmove(&bars->v[i], &bars->v[i + 1], (--bars->n - i) * sizeof(*bars->v));
}

void bars_release(struct bars *bars)
{
	while (bars->n)
		drop(bars, bars->n - 1);
	free(bars->v);
	*bars = (struct bars){ 0 };
}

/* ---- files ---- */

/* Whether such a command loads no module, and is no script that may do so all the same. */
static bool does_nothing(const char *command)
{
	static const char *const names[] = { "true", "false", ":", "null" };
	size_t len = strcspn(command, " \t");
	const char *name = command + len;

	if (strpbrk(command, ";|&"))
		return false;
	while (name > command && name[-1] != '/')
		name--;
	len -= (size_t)(name - command);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncmp(name, names[i], len) == 0)
			return true;
	return strncmp(command, "exit", 4) == 0;
}

/* What no module is called, and stands for none. */
static bool is_off(const char *module)
{
	static const char *const names[] = { "off", "null", "/dev/null" };
	size_t len = strcspn(module, " \t");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncmp(module, names[i], len) == 0)
			return true;
	return false;
}

static void add_line(struct bars *bars, const char *where, const char *line)
{
	size_t verb = strcspn(line, " \t");
	const char *name = line + verb + strspn(line + verb, " \t");
	size_t len = strcspn(name, " \t");
	const char *rest = name + len + strspn(name + len, " \t");

	if (!len)
		return;
	if (verb == 9 && strncmp(line, "blacklist", verb) == 0)
		add(bars, BAR_BLACKLIST, name, len, true, where);
	else if (verb == 7 && strncmp(line, "install", verb) == 0 && *rest)
		add(bars, does_nothing(rest) ? BAR_INSTALL : BAR_COMMAND, name, len, true, where);
	else if (verb == 5 && strncmp(line, "alias", verb) == 0 && *rest)
		add(bars, is_off(rest) ? BAR_OFF : BAR_ALIAS, name, len, true, where);
}

/* A folder that comes earlier hides a file of the same name in a later one. */
static unsigned rank(const char *path)
{
	static const char *const folders[] = { "etc/modprobe.d/", "run/modprobe.d/",
		"usr/local/lib/modprobe.d/", "usr/lib/modprobe.d/", "lib/modprobe.d/" };

	path += *path == '/';
	for (unsigned i = 0; i < ARRAY_SIZE(folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return i;
	return ARRAY_SIZE(folders);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Takes the place of others of that name; false: another stands before it. */
static bool takes_place(struct bars *bars, const char *where)
{
	for (size_t i = bars->n; i-- > 0;) {
		const char *other = bars->v[i].where;

		if (strcmp(base_of(other), base_of(where)) != 0)
			continue;
		if (rank(other) < rank(where))
			return false;
		drop(bars, i);
	}
	return true;
}

void bars_add_file(struct bars *bars, const char *where, const char *text)
{
	CLEANUP(text_release) struct text line = TEXT_INIT;

	if (!takes_place(bars, where))
		return;
	/* Of one that says nothing, so that it hides another. */
	add(bars, BAR_COMMAND, "", 0, false, where);
	for (const char *p = text; *p; p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		bool goes_on = len && p[len - 1] == '\\' && p[len] == '\n';

		text_add(&line, p, goes_on ? len - 1 : len);
		p += len;
		if (goes_on)
			continue;
		if (*text_str(&line) != '#')
			add_line(bars, where, text_str(&line) + strspn(text_str(&line), " \t"));
		text_reset(&line);
	}
}

static int read_folder(struct bars *bars, struct rootfs *root, const char *folder, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int ret = rootfs_list(root, folder, &dir, err);

	if (rootfs_is_missing(ret)) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < dir.n; i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);

		if (dir.v[i].type == ROOTFS_DIR || !ends_with(path, ".conf"))
			continue;
		ret = rootfs_read_file(root, path, FILE_MAX, &text, err);
		/* A link that leads nowhere, or to /dev/null. */
		if (rootfs_is_missing(ret) || ret == -EINVAL || ret == -ELOOP) {
			err_clear(err);
			ret = 0;
		}
		if (ret == -EFBIG) {
			err_clear(err);
			bars->more = true;
			ret = 0;
		} else if (ret == 0) {
			bars_add_file(bars, path, buf_text(&text));
		}
	}
	return ret;
}

int bars_read(struct bars *bars, struct rootfs *root, struct err *err)
{
	static const char *const folders[] = { "/etc/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d" };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(folders); i++)
		ret = read_folder(bars, root, folders[i], err);
	return ret;
}

/* ---- the command line ---- */

static const struct argument {
	const char *key;
	enum bar_kind kind;
	enum cmdline_reader reader;
	const char *maker; /* of the initrd that reads it; NULL: the kernel, or modprobe */
	bool same;         /* it goes by a file or a command, for which '-' is '_' */
	bool last;         /* the last one counts, and not all of them */
} arguments[] = {
	{ "module_blacklist=", BAR_KERNEL, CMDLINE_KERNEL, NULL, false, true },
	{ "initcall_blacklist=", BAR_INITCALL, CMDLINE_KERNEL, NULL, false, false },
	{ "modprobe.blacklist=", BAR_BLACKLIST, CMDLINE_SHELL, NULL, false, false },
	{ "rd.driver.blacklist=", BAR_BLACKLIST, CMDLINE_KERNEL, INITRD_BY_DRACUT, true, false },
	{ "rd.driver.pre=", BAR_NAMED, CMDLINE_KERNEL, INITRD_BY_DRACUT, true, false },
	{ "rd.driver.post=", BAR_NAMED, CMDLINE_KERNEL, INITRD_BY_DRACUT, true, false },
	{ "blacklist=", BAR_BLACKLIST, CMDLINE_SHELL, INITRD_BY_INITRAMFS_TOOLS, true, true },
	{ "blacklist=", BAR_BLACKLIST, CMDLINE_SHELL, INITRD_BY_MKINITFS, true, true },
	{ "modules=", BAR_NAMED, CMDLINE_SHELL, INITRD_BY_MKINITFS, true, true },
	{ "rootfstype=", BAR_NAMED, CMDLINE_SHELL, INITRD_BY_MKINITFS, true, true },
};

/* To a kernel '-' is '_' in what a parameter is called. */
static bool is_argument(const struct argument *a, const char *word)
{
	size_t len = strlen(a->key);

	for (size_t i = 0; i < len; i++)
		if (word[i] != a->key[i] &&
			!(a->reader == CMDLINE_KERNEL && word[i] == '-' && a->key[i] == '_'))
			return false;
	return true;
}

static void add_values(struct bars *bars, const struct argument *a, const char *value)
{
	CLEANUP(xfree) char *where = xasprintf("%s%s on the command line", a->key, value);

	for (size_t i = bars->n; a->last && i-- > 0;)
		if (strncmp(bars->v[i].where, a->key, strlen(a->key)) == 0)
			drop(bars, i);
	for (const char *p = value; *p; p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (len)
			add(bars, a->kind, p, len, a->same, where);
		p += len;
	}
}

static void add_argument(
	struct bars *bars, const struct argument *a, const char *cmdline, const char *maker)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);

	if (a->maker && (!maker || strcmp(a->maker, maker) != 0))
		return;
	for (const char *p = cmdline; (p = cmdline_next(p, a->reader, word));)
		if (is_argument(a, word))
			add_values(bars, a, word + strlen(a->key));
}

/* Linux' "nomodule", with or without a value that says so. */
static void add_nomodule(struct bars *bars, const char *cmdline)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	bool none = false;

	for (const char *p = cmdline; (p = cmdline_next(p, CMDLINE_KERNEL, word));)
		if (strncmp(word, "nomodule", 8) == 0 && (!word[8] || word[8] == '='))
			none = !word[8] || strchr("1yY", word[9]) || strcmp(word + 9, "on") == 0;
	if (none)
		add(bars, BAR_ALL, "", 0, false, "nomodule on the command line");
}

void bars_add_cmdline(struct bars *bars, const char *cmdline, const char *maker)
{
	add_nomodule(bars, cmdline);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		add_argument(bars, &arguments[i], cmdline, maker);
}

/* ---- what is asked of them ---- */

/* The functions by which drivers start. Where that is called "init", as in older kernels, no name is theirs alone. */
static bool is_started_by(const char *module, const char *function)
{
	static const struct {
		const char *module, *function;
	} starts[] = {
		{ "virtio", "virtio_init" },
		{ "virtio_pci", "virtio_pci_driver_init" },
		{ "virtio_mmio", "virtio_mmio_init" },
		{ "virtio_blk", "virtio_blk_init" },
		{ "virtio_scsi", "virtio_scsi_init" },
		{ "virtio_net", "virtio_net_driver_init" },
		{ "virtio_console", "virtio_console_init" },
		{ "virtio_balloon", "virtio_balloon_driver_init" },
		{ "sd_mod", "init_sd" },
		{ "xen_blkfront", "xlblk_init" },
		{ "xen_netfront", "netif_init" },
		{ "amba_pl011", "pl011_init" },
		{ "rtc_efi", "efi_rtc_driver_init" },
		{ "ext4", "ext4_init_fs" },
		{ "xfs", "init_xfs_fs" },
		{ "btrfs", "init_btrfs_fs" },
		{ "f2fs", "init_f2fs_fs" },
		{ "squashfs", "init_squashfs_fs" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (strcmp(starts[i].module, module) == 0 &&
			strcmp(starts[i].function, function) == 0)
			return true;
	return false;
}

/* The line of modules.dep that names what a module needs; NULL: there is none. */
static const char *needs_of(const struct kernel_drivers *kd, const char *module)
{
	char name[MODULE_NAME_MAX];

	for (const char *p = buf_text(&kd->needs); *p; p += *p == '\n') {
		size_t len = strcspn(p, ":\n");

		if (p[len] == ':' && module_name(p, len, name) && strcmp(name, module) == 0)
			return p + len + 1;
		p += strcspn(p, "\n");
	}
	return NULL;
}

/* Whether this bars a module; of what it needs a blacklist is not minded. */
static bool is_barred_by(const struct bar *b, const char *module, bool itself)
{
	switch (b->kind) {
	case BAR_ALL:
		return true;
	case BAR_KERNEL:
		return strcmp(b->name, module) == 0;
	case BAR_INITCALL:
		return is_started_by(module, b->name);
	case BAR_INSTALL:
		return fnmatch(b->name, module, 0) == 0;
	case BAR_BLACKLIST:
		return itself && strcmp(b->name, module) == 0;
	case BAR_NAMED:
	case BAR_COMMAND:
	case BAR_OFF:
	case BAR_ALIAS:
		break;
	}
	return false;
}

static bool has(const struct bars *bars, enum bar_kind kind, const char *module)
{
	for (size_t i = 0; i < bars->n; i++)
		if (bars->v[i].kind == kind && *bars->v[i].name &&
			fnmatch(bars->v[i].name, module, 0) == 0)
			return true;
	return false;
}

static const struct bar *find_in(const struct bars *bars, const struct bars *other,
	const char *module, bool itself, bool built_in)
{
	for (size_t i = 0; i < bars->n; i++) {
		const struct bar *b = &bars->v[i];

		if ((built_in && b->kind != BAR_INITCALL) || !is_barred_by(b, module, itself))
			continue;
		if (b->kind == BAR_BLACKLIST &&
			(has(bars, BAR_NAMED, module) || has(other, BAR_NAMED, module)))
			continue;
		/* Of two commands for one module the first counts; which that is depends on their files. */
		if (b->kind == BAR_INSTALL && has(bars, BAR_COMMAND, module))
			continue;
		return b;
	}
	return NULL;
}

static const struct bar *find_both(const struct bars *bars, const struct bars *cmdline,
	const char *module, bool itself, bool built_in)
{
	const struct bar *b = find_in(cmdline, bars, module, itself, built_in);

	return b ? b : find_in(bars, cmdline, module, itself, built_in);
}

const struct bar *bars_find(const struct bars *bars, const struct bars *cmdline,
	const struct kernel_drivers *kd, const char *module, bool built_in)
{
	const struct bar *b = find_both(bars, cmdline, module, true, built_in);
	const char *p = b || built_in || (!bars->n && !cmdline->n) ? NULL : needs_of(kd, module);

	for (; p && !b && *p && *p != '\n';) {
		char name[MODULE_NAME_MAX];
		size_t len;

		p += strspn(p, " \t");
		len = strcspn(p, " \t\n");
		if (module_name(p, len, name))
			b = find_both(bars, cmdline, name, false, false);
		p += len;
	}
	return b;
}

/* An alias of a file comes before a command of that name, and this before modules.alias (kmod_module_new_from_lookup()). */
const struct bar *bars_find_alias(const struct bars *bars, const char *alias)
{
	const struct bar *off = NULL, *command = NULL;

	if (has(bars, BAR_ALIAS, alias))
		return NULL;
	for (size_t i = 0; i < bars->n; i++) {
		const struct bar *b = &bars->v[i];

		if (b->kind == BAR_OFF && !off && fnmatch(b->name, alias, 0) == 0)
			off = b;
		else if (b->kind == BAR_INSTALL && !command && strcmp(b->name, alias) == 0)
			command = b;
	}
	return off || has(bars, BAR_COMMAND, alias) ? off : command;
}
