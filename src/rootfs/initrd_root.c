/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See initrd_root.h. Who writes which file: dracut etc/cmdline.d (dracut.cmdline(7)), initramfs-tools conf/conf.d,
 * systemd-fstab-generator(8) reads etc/fstab, whose /sysroot is the root, NixOS has a table of its own for
 * either of its initrds, and a system that is all in its initrd mounts nothing.
 */
#include "rootfs/initrd_root.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "rootfs/fstab.h"

#define CONTENT_MAX     ((size_t)64 << 10)
/* Of all archives: each line of a table takes fifty times its bytes in memory. */
#define TABLES_MAX      256
#define TABLE_BYTES_MAX ((size_t)256 << 10)
#define SCRIPTS_MAX     256
#define SYSROOT         "/sysroot"

struct initrd_source {
	const char *begins, *ends; /* of the path; a name alone where ends is NULL */
	void (*take)(struct initrd_root *root, const char *path, const struct buf *content);
	bool is_table;     /* it may name the root: read whole, or nothing is known */
	const char *maker; /* whose file it is, where no more than that matters, and take is NULL */
};

/* ---- words of a command line ---- */

static void take_cmdline(struct initrd_root *root, const char *path, const struct buf *content)
{
	for (const char *p = buf_text(content); *p; p += *p == '\n') {
		size_t len = strcspn(p, "\n");

		if (p[strspn(p, " \t")] != '#') {
			text_puts(&root->cmdline, " ");
			text_add(&root->cmdline, p, len);
		}
		p += len;
	}
	free(root->cmdline_from);
	root->cmdline_from = xstrdup(path);
}

/* initramfs-tools' scripts take ROOT and BOOT from there where the command line has no root= or boot=. */
static void take_conf(struct initrd_root *root, const char *path, const struct buf *content)
{
	CLEANUP(xfree) char *name = shell_assignment(buf_text(content), "ROOT");
	char *boot = shell_assignment(buf_text(content), "BOOT");

	if (boot) {
		free(root->boot);
		root->boot = boot;
	}
	if (!name || !*name || strchr(name, '$'))
		return;
	text_printf(&root->cmdline, " root=%s", name);
	free(root->cmdline_from);
	root->cmdline_from = xstrdup(path);
}

/* ---- tables and units ---- */

/* Adds a line, whose mount point is that of the guest. */
static void add_mount(struct initrd_root *root, const char *path, const struct fstab_line *line)
{
	const char *file = line->file;
	char *text;

	if (strncmp(file, SYSROOT, strlen(SYSROOT)) == 0)
		file += strlen(SYSROOT);
	text = xasprintf("%s %s %s %s\n", line->spec, *file ? file : "/", line->type,
		*line->options ? line->options : "defaults");
	/* Blanks in names are octal in an fstab, and have been resolved. */
	if (!strpbrk(line->spec, " \t\n") && !strpbrk(file, " \t\n"))
		fstab_parse(&root->mounts, text, strlen(text));
	free(text);
	free(root->mounts_from);
	root->mounts_from = xstrdup(path);
}

static void add_table(
	struct initrd_root *root, const char *path, const struct buf *content, bool all)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };

	fstab_parse(&tab, buf_text(content), content->len);
	for (size_t i = 0; i < tab.n; i++)
		if (all || strncmp(tab.v[i].file, SYSROOT, strlen(SYSROOT)) == 0)
			add_mount(root, path, &tab.v[i]);
}

static void take_fstab(struct initrd_root *root, const char *path, const struct buf *content)
{
	add_table(root, path, content, false);
}

static void take_nixos_fstab(struct initrd_root *root, const char *path, const struct buf *content)
{
	add_table(root, path, content, true);
}

/* Four lines for each: mount point, device, type, options. */
static void take_nixos_info(struct initrd_root *root, const char *path, const struct buf *content)
{
	CLEANUP(xfree) char *text = xstrdup(buf_text(content));
	char *rest = text, *line[4];

	while (rest && *rest) {
		for (size_t i = 0; i < ARRAY_SIZE(line); i++)
			line[i] = rest ? strsep(&rest, "\n") : NULL;
		if (line[3])
			add_mount(root, path,
				&(struct fstab_line){ .file = line[0],
					.spec = line[1],
					.type = line[2],
					.options = line[3] });
	}
}

/* The value of the last line KEY=; "" when there is none. The caller frees it. */
static char *unit_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	char *value = xstrdup("");

	for (const char *p = text; *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");

		if (n > len && strncmp(p, key, len) == 0 && p[len] == '=') {
			free(value);
			value = xstrndup(p + len + 1, n - len - 1);
		}
		p += n;
	}
	return value;
}

static void take_unit(struct initrd_root *root, const char *path, const struct buf *content)
{
	CLEANUP(xfree) char *what = unit_value(buf_text(content), "What");
	CLEANUP(xfree) char *type = unit_value(buf_text(content), "Type");
	CLEANUP(xfree) char *options = unit_value(buf_text(content), "Options");
	char mount[] = "/";

	if (*what)
		add_mount(root, path,
			&(struct fstab_line){ .file = mount,
				.spec = what,
				.type = *type ? type : (char[]){ "auto" },
				.options = options });
}

/* ---- a system of its own ---- */

static void take_release(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)content;
	if (strstr(path, "initrd-release"))
		root->is_initrd = true;
	else
		root->has_system = true;
}

/* Words by which a script goes on to another root, or to what is not read here. */
static bool leads_on(const char *text)
{
	static const char *const words[] = { "switch_root", "pivot_root", "run-init", "switch-root",
		"chroot", "kexec", "--move", "-o move", "eval ", "source ", "\n. ", "\t. ",
		" . /" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

enum command {
	COMMAND_SHELL, /* without a script of its own, or a login */
	COMMAND_INIT,
	COMMAND_OTHER,
};

/* What stands behind `exec`: "/bin/sh -l", "setsid cttyhack sh", "/sbin/init". */
static enum command kind_of(const char *command)
{
	static const struct {
		const char *name;
		enum command kind;
	} programs[] = { { "sh", COMMAND_SHELL }, { "ash", COMMAND_SHELL },
		{ "bash", COMMAND_SHELL }, { "dash", COMMAND_SHELL }, { "getty", COMMAND_SHELL },
		{ "init", COMMAND_INIT } };
	static const char *const wrappers[] = { "busybox", "setsid", "cttyhack" };
	size_t len = strcspn(command, " \t\n;");
	const char *name = command + len, *rest = name + strspn(name, " \t");

	while (name > command && name[-1] != '/')
		name--;
	len = (size_t)(command + len - name);
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (strlen(wrappers[i]) == len && strncmp(name, wrappers[i], len) == 0)
			return kind_of(rest);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (strlen(programs[i].name) == len && strncmp(name, programs[i].name, len) == 0)
			return strcmp(programs[i].name, "getty") == 0 ||
					       programs[i].kind == COMMAND_INIT || !*rest ||
					       strchr("-<>\n;#&|})", *rest)
				       ? programs[i].kind
				       : COMMAND_OTHER;
	return COMMAND_OTHER;
}

/* Whether whatever the script becomes is a shell of the initrd's own. */
static bool stays_here(const char *text)
{
	bool any = false;

	for (const char *p = strstr(text, "exec"); p; p = strstr(p, "exec")) {
		bool word = (p == text || strchr(" \t\n;&|({", p[-1])) && strchr(" \t", p[4]);
		enum command kind;

		p += 4;
		p += strspn(p, " \t");
		/* "exec >log 2>&1" changes where words go, and runs nothing. */
		if (!word || strchr("<>", p[strspn(p, "0123456789")]))
			continue;
		kind = kind_of(p);
		if (kind == COMMAND_OTHER)
			return false;
		any |= kind == COMMAND_SHELL;
	}
	return any;
}

/* A link to busybox, which is an init where that is its name. */
static bool is_busybox(const struct buf *content)
{
	static const char name[] = "busybox";
	size_t len = sizeof(name) - 1;

	return content->len >= len && content->len < 200 &&
	       strcmp(buf_text(content) + content->len - len, name) == 0;
}

/* What the kernel starts, as a script or the name that a link leads to; a program is not looked into. */
static void take_init(struct initrd_root *root, const char *path, const struct buf *content)
{
	const char *text = buf_text(content);
	bool whole = content->len < CONTENT_MAX && strlen(text) == content->len;
	bool script = whole && strncmp(text, "#!", 2) == 0, link = whole && content->len < 200;

	(void)path;
	if (script) {
		root->starts_system = strstr(text, "exec ") && strstr(text, "/sbin/init");
		root->stays = stays_here(text);
		if (leads_on(text))
			root->starts_system = root->stays = false;
	} else if (link) {
		root->starts_system = strstr(text, "sbin/init") || strstr(text, "systemd");
		root->stays = is_busybox(content);
	}
}

static void take_sbin_init(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	root->has_system |= is_busybox(content);
}

/* LinuxKit's init, a program, moves what is in the initrd to another memory file system. */
static void take_linuxkit(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	(void)content;
	root->stays = true;
}

static void take_packed(struct initrd_root *root, const char *path, const struct buf *content)
{
	static const uint8_t erofs[] = { 0xe2, 0xe1, 0xf5, 0xe0 };
	const uint8_t *p = (const uint8_t *)buf_text(content);
	const char *slash = strrchr(path, '/');

	if (strstr(slash ? slash : path, "root") &&
		((content->len > 4 && memcmp(p, "hsqs", 4) == 0) ||
			(content->len > 1028 && memcmp(p + 1024, erofs, 4) == 0)))
		root->has_packed = true;
}

/* ---- which modules it does not load ---- */

static void take_modprobe(struct initrd_root *root, const char *path, const struct buf *content)
{
	bars_add_file(&root->bars, path, buf_text(content));
	root->bars.more |= content->len >= CONTENT_MAX;
}

/* ---- who made it ---- */

static void take_postmarketos(struct initrd_root *root, const char *path, const struct buf *c)
{
	(void)path;
	if (strstr(buf_text(c), "pmOS_root"))
		root->maker = INITRD_BY_POSTMARKETOS;
}

/* ---- what it starts from where that is no disk with a system ---- */

static void take_script(struct initrd_root *root, const char *path, const struct buf *c)
{
	const char *name = path + strlen("scripts/");

	(void)c;
	if (strchr(name, '/') || strlist_has(&root->scripts, name))
		return;
	if (root->scripts.n < SCRIPTS_MAX)
		strlist_add(&root->scripts, name);
	else
		root->more_scripts = true;
}

static void take_medium(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	free(root->medium);
	root->medium = xstrndup(buf_text(content), strcspn(buf_text(content), "\n"));
}

static void take_live(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	(void)content;
	root->live_configured = true;
}

/* ---- what opens what the root lies in ---- */

static void take_parse_lvm(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	if (strstr(buf_text(content), "rd.auto"))
		root->tools |= INITRD_LVM_ASKED;
	root->maker = INITRD_BY_DRACUT;
}

static void take_parse_md(struct initrd_root *root, const char *path, const struct buf *content)
{
	(void)path;
	if (strstr(buf_text(content), "rd.auto"))
		root->tools |= INITRD_MD_ASKED;
	root->maker = INITRD_BY_DRACUT;
}

static void take_crypttab(struct initrd_root *root, const char *path, const struct buf *content)
{
	CLEANUP(crypttab_release) struct crypttab tab = { 0 };

	(void)path;
	crypttab_parse(&tab, buf_text(content), content->len);
	if (tab.n)
		root->tools |= INITRD_CRYPTTAB;
}

/* Whatever folder it is in. */
static void note_tool(struct initrd_root *root, const char *path)
{
	static const struct {
		const char *name;
		unsigned tool;
	} tools[] = {
		{ "lvm", INITRD_LVM },
		{ "lvm.static", INITRD_LVM },
		{ "mdadm", INITRD_MDADM },
		{ "mdadm.static", INITRD_MDADM },
		{ "mdassemble", INITRD_MDADM },
		{ "cryptsetup", INITRD_CRYPTSETUP },
		{ "cryptsetup.static", INITRD_CRYPTSETUP },
		{ "systemd-cryptsetup", INITRD_CRYPTSETUP },
		{ "veritysetup", INITRD_VERITY },
		{ "systemd-veritysetup", INITRD_VERITY },
		{ "69-lvm.rules", INITRD_LVM_RULES },
		{ "69-dm-lvm.rules", INITRD_LVM_RULES },
		{ "69-dm-lvm-metad.rules", INITRD_LVM_RULES },
	};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (strcmp(tools[i].name, name) == 0)
			root->tools |= tools[i].tool;
	if (strcmp(path, "scripts/local-block/lvm2") == 0 ||
		strcmp(path, "scripts/local-top/lvm2") == 0)
		root->tools |= INITRD_LVM_SCRIPT;
}

static const struct initrd_source sources[] = {
	{ "", "-parse-lvm.sh", take_parse_lvm, false, NULL },
	{ "", "-parse-md.sh", take_parse_md, false, NULL },
	{ "etc/crypttab", NULL, take_crypttab, false, NULL },
	{ "cryptroot/crypttab", NULL, take_crypttab, false, NULL },
	{ "init", NULL, take_init, false, NULL },
	{ "sbin/init", NULL, take_sbin_init, false, NULL },
	{ "usr/sbin/init", NULL, take_sbin_init, false, NULL },
	{ "etc/cmdline", NULL, take_cmdline, true, NULL },
	{ "etc/cmdline.d/", ".conf", take_cmdline, true, NULL },
	{ "conf/initramfs.conf", NULL, take_conf, true, NULL },
	{ "conf/param.conf", NULL, take_conf, true, NULL },
	{ "conf/conf.d/", "", take_conf, true, NULL },
	{ "etc/fstab", NULL, take_fstab, true, NULL },
	{ "nix/store/", "-initrd-fstab", take_nixos_fstab, true, NULL },
	{ "nix/store/", "-initrd-fsinfo", take_nixos_info, true, NULL },
	{ "etc/systemd/system/sysroot.mount", NULL, take_unit, true, NULL },
	{ "usr/lib/systemd/system/sysroot.mount", NULL, take_unit, true, NULL },
	{ "lib/systemd/system/sysroot.mount", NULL, take_unit, true, NULL },
	{ "etc/os-release", NULL, take_release, false, NULL },
	{ "usr/lib/os-release", NULL, take_release, false, NULL },
	{ "etc/initrd-release", NULL, take_release, false, NULL },
	{ "usr/lib/initrd-release", NULL, take_release, false, NULL },
	{ "", ".sqsh", take_packed, false, NULL },
	{ "", ".squashfs", take_packed, false, NULL },
	{ "", ".sfs", take_packed, false, NULL },
	{ "", ".erofs", take_packed, false, NULL },
	{ "etc/modprobe.d/", ".conf", take_modprobe, false, NULL },
	{ "run/modprobe.d/", ".conf", take_modprobe, false, NULL },
	{ "usr/local/lib/modprobe.d/", ".conf", take_modprobe, false, NULL },
	{ "usr/lib/modprobe.d/", ".conf", take_modprobe, false, NULL },
	{ "lib/modprobe.d/", ".conf", take_modprobe, false, NULL },
	{ "bin/rc.init", NULL, take_linuxkit, false, NULL },
	{ "scripts/functions", NULL, NULL, false, INITRD_BY_INITRAMFS_TOOLS },
	{ "scripts/", "", take_script, false, NULL },
	{ "conf/uuid.conf", NULL, take_medium, false, NULL },
	{ "etc/live/", "", take_live, false, NULL },
	{ "init_functions.sh", NULL, take_postmarketos, false, NULL },
	{ "sbin/nlplug-findfs", NULL, NULL, false, INITRD_BY_MKINITFS },
	{ "usr/sbin/nlplug-findfs", NULL, NULL, false, INITRD_BY_MKINITFS },
	{ "usr/bin/nlplug-findfs", NULL, NULL, false, INITRD_BY_MKINITFS },
	{ "usr/lib/snapd/snap-bootstrap", NULL, NULL, false, INITRD_BY_SNAPD },
	{ "init_functions", NULL, NULL, false, INITRD_BY_MKINITCPIO },
	{ "usr/lib/dracut/", "", NULL, false, INITRD_BY_DRACUT },
	{ "lib/dracut/", "", NULL, false, INITRD_BY_DRACUT },
};

static const struct initrd_source *find_source(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct initrd_source *s = &sources[i];
		size_t begins = strlen(s->begins), ends = s->ends ? strlen(s->ends) : 0;

		if (!s->ends ? strcmp(path, s->begins) == 0
			     : len > begins + ends && strncmp(path, s->begins, begins) == 0 &&
					strcmp(path + len - ends, s->ends) == 0)
			return s;
	}
	return NULL;
}

bool initrd_gather_entry(struct initrd_gather *g, const char *path, const struct cpio_entry *entry)
{
	initrd_gather_end(g);
	if (!S_ISREG(entry->mode) && !S_ISLNK(entry->mode))
		return false;
	note_tool(g->root, path);
	g->source = find_source(path);
	g->path = g->source ? xstrdup(path) : NULL;
	return g->source && entry->size;
}

static bool keep_content(struct initrd_gather *g, const void *bytes, size_t len)
{
	size_t room = CONTENT_MAX - g->content.len;

	buf_add(&g->content, bytes, len < room ? len : room);
	return g->content.len < CONTENT_MAX;
}

/* What nlplug-findfs compares the beginning of root= with; both its words and the end of the last piece are kept. */
static bool scan_findfs(struct initrd_gather *g, const void *bytes, size_t len)
{
	static const char label[] = "LABEL=", part[] = "PARTUUID=";
	uint8_t tail[sizeof(part)];
	const uint8_t *all;
	size_t keep;

	buf_add(&g->content, bytes, len);
	all = buf_bytes(&g->content);
	g->root->findfs_label |= memmem(all, g->content.len, label, strlen(label)) != NULL;
	g->root->findfs_part |= memmem(all, g->content.len, part, strlen(part)) != NULL;
	keep = g->content.len < strlen(part) ? g->content.len : strlen(part) - 1;
	memcpy(tail, all + g->content.len - keep, keep);
	buf_reset(&g->content);
	buf_add(&g->content, tail, keep);
	return !g->root->findfs_part;
}

bool initrd_gather_data(struct initrd_gather *g, const void *bytes, size_t len)
{
	if (g->source->maker && strcmp(g->source->maker, INITRD_BY_MKINITFS) == 0)
		return scan_findfs(g, bytes, len);
	return keep_content(g, bytes, len);
}

/* Whether this table is one that is read; none is, once one was not. */
static bool has_room(struct initrd_root *root, const struct buf *content)
{
	if (content->len >= CONTENT_MAX || root->tables >= TABLES_MAX ||
		content->len > TABLE_BYTES_MAX - root->table_bytes)
		root->beyond = true;
	root->tables++;
	root->table_bytes += root->beyond ? 0 : content->len;
	return !root->beyond;
}

void initrd_gather_end(struct initrd_gather *g)
{
	const struct initrd_source *s = g->source;

	if (s && s->maker)
		g->root->maker = s->maker;
	else if (s && (!s->is_table || has_room(g->root, &g->content)))
		s->take(g->root, g->path, &g->content);
	g->source = NULL;
	free(TAKE(g->path));
	buf_reset(&g->content);
}

bool initrd_made_by(const struct initrd_root *root, const char *maker)
{
	return root->maker && strcmp(root->maker, maker) == 0;
}

bool initrd_opens_as_known(const struct initrd_root *root)
{
	return initrd_made_by(root, INITRD_BY_DRACUT) ||
	       initrd_made_by(root, INITRD_BY_INITRAMFS_TOOLS) ||
	       initrd_made_by(root, INITRD_BY_MKINITCPIO) ||
	       initrd_made_by(root, INITRD_BY_MKINITFS);
}

bool initrd_is_system(const struct initrd_root *root)
{
	return !root->maker && !root->is_initrd && !root->mounts.n &&
	       (root->has_packed || root->stays || (root->has_system && root->starts_system));
}

void initrd_root_release(struct initrd_root *root)
{
	fstab_release(&root->mounts);
	strlist_release(&root->scripts);
	bars_release(&root->bars);
	free(root->boot);
	free(root->medium);
	text_release(&root->cmdline);
	free(root->mounts_from);
	free(root->cmdline_from);
	*root = (struct initrd_root){ 0 };
}
