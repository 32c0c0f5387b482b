/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: the boot comes to the system's login by itself (VM-2). What stops it stands on the command line, in
 * words of whoever reads them: the initrd's scripts, systemd (runlevel_to_target(), do_queue_default_job()), SysV init(8);
 * or default.target says so. A word that no program of this guest reads does nothing.
 */
#include <string.h>

#include "base/cmdline.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "checks/groups.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "rootfs/kconfig.h"
#include "rootfs/rootfs.h"
#include "rootfs/units_required.h"

#define ADVICE    "take it off the command line, and off what the next one is made from"
#define LINKS_MAX 8
#define NEEDS_MAX 200

enum who {
	BY_DRACUT = 1,
	BY_INITRAMFS_TOOLS = 2,
	BY_MKINITCPIO = 4,
	BY_MKINITFS = 8,
	BY_INITRD_SYSTEMD = 16,
	BY_SYSTEMD = 32, /* of the guest, as what follows */
	BY_SYSVINIT = 64,
	BY_FRIENDLY_RECOVERY = 128,
};

struct boot {
	const struct chain_entry *entry;
	unsigned who; /* reads its command line: bits of enum who */
	const struct kernel_drivers *drivers;
	struct units units;
	const struct fstab *mounts;
	struct findings *f;
};

static void stops(const struct boot *b, const char *word, const char *how)
{
	finding_add(b->f, b->entry->source, ADVICE, "%s: %s", word, how);
}

/* ---- who reads it ---- */

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Who reads it in the initrd. */
static unsigned initrd_readers(struct image *image)
{
	static const struct {
		const char *maker;
		enum who who;
	} makers[] = {
		{ INITRD_BY_DRACUT, BY_DRACUT },
		{ INITRD_BY_INITRAMFS_TOOLS, BY_INITRAMFS_TOOLS },
		{ INITRD_BY_MKINITCPIO, BY_MKINITCPIO },
		{ INITRD_BY_MKINITFS, BY_MKINITFS },
	};
	const struct image_initrd *rd;
	unsigned who = 0;

	if (image_initrd(image, &rd, NULL) < 0)
		return 0;
	if (rd->initrd.has_systemd && rd->initrd.root.is_initrd)
		who |= BY_INITRD_SYSTEMD;
	for (size_t i = 0; i < ARRAY_SIZE(makers) && rd->initrd.root.maker; i++)
		if (strcmp(makers[i].maker, rd->initrd.root.maker) == 0)
			who |= makers[i].who;
	return who;
}

/* Who reads it in the guest: the init that is started. One that is not known reads nothing here. */
static unsigned guest_readers(struct rootfs *root, const char *init)
{
	static const char recovery[] = "/lib/systemd/system-generators/friendly-recovery";
	CLEANUP(xfree) char *target = NULL;
	const char *program = init && *init ? init : "/sbin/init";

	if (rootfs_readlink(root, program, &target, NULL) == 0)
		program = target;
	else if (!rootfs_exists(root, program) && !init)
		program = "/lib/systemd/systemd";
	if (strcmp(name_of(program), "systemd") == 0)
		return BY_SYSTEMD | (rootfs_exists(root, recovery) ? BY_FRIENDLY_RECOVERY : 0);
	if (strcmp(name_of(program), "init") == 0 && !target &&
		rootfs_exists(root, "/etc/inittab") && !rootfs_exists(root, "/sbin/openrc-init"))
		return BY_SYSVINIT;
	return 0;
}

/* ---- words that stop it ---- */

static bool is_listed(const char *const *list, const char *word, size_t len)
{
	for (size_t i = 0; list[i]; i++)
		if (strlen(list[i]) == len && strncmp(list[i], word, len) == 0)
			return true;
	return false;
}

static bool any_listed(const char *const *list, const char *words)
{
	for (const char *p = words; *p; p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (is_listed(list, p, len))
			return true;
		p += len;
	}
	return false;
}

static const char *const dracut_points[] = { "", "cmdline", "pre-udev", "pre-trigger", "initqueue",
	"pre-mount", "mount", "pre-pivot", "cleanup", NULL };
static const char *const initramfs_points[] = { "top", "modules", "premount", "mount", "mountroot",
	"bottom", "init", NULL };
static const char *const mkinitcpio_points[] = { "y", "premount", "postmount", NULL };
static const char *const yes[] = { "1", "y", "yes", "true", "on", "t", NULL };

static const struct stop {
	unsigned who;
	const char *key;
	const char *bare; /* the value that it has without "=": NULL: it is another word then */
	const char *const *values; /* by which it stops */
	enum cmdline_reader reader;
	bool list;     /* the value is a list with commas between */
	bool any_path; /* an absolute path stops it, too */
	const char *how;
} table[] = {
	{ BY_DRACUT, "rd.break", "", dracut_points, CMDLINE_KERNEL, false, false,
		"dracut's initrd stops there in a shell" },
	{ BY_DRACUT, "rd.cmdline", NULL, (const char *const[]){ "ask", NULL }, CMDLINE_KERNEL,
		false, false, "dracut's initrd asks at the console for more arguments" },
	{ BY_INITRAMFS_TOOLS, "break", "premount", initramfs_points, CMDLINE_SHELL, true, false,
		"initramfs-tools' initrd stops there in a shell" },
	{ BY_MKINITCPIO, "break", "y", mkinitcpio_points, CMDLINE_SYSTEMD, false, false,
		"mkinitcpio's initrd stops there in a shell" },
	{ BY_SYSTEMD | BY_INITRD_SYSTEMD, "systemd.confirm_spawn", "1", yes, CMDLINE_SYSTEMD, false,
		true, "systemd asks at the console before each program that it starts" },
	{ BY_FRIENDLY_RECOVERY, "recovery", "1", (const char *const[]){ "1", NULL }, CMDLINE_SHELL,
		false, false, "Ubuntu's recovery menu waits at the console" },
	{ BY_MKINITFS, "single", "", (const char *const[]){ "", NULL }, CMDLINE_SHELL, false, false,
		"Alpine's initrd stops in a shell" },
	{ BY_MKINITFS, "s", "", (const char *const[]){ "", NULL }, CMDLINE_SHELL, false, false,
		"Alpine's initrd stops in a shell" },
	{ BY_MKINITFS, "1", "", (const char *const[]){ "", NULL }, CMDLINE_SHELL, false, false,
		"Alpine's initrd stops in a shell" },
};

/* The value that the word gives the key; NULL: it is another word. */
static const char *value_of(const struct stop *s, const char *word)
{
	size_t len = strlen(s->key);

	if (strncmp(word, s->key, len) != 0)
		return NULL;
	return word[len] == '=' ? word + len + 1 : word[len] ? NULL : s->bare;
}

/* The last one counts. */
static void judge_word(const struct boot *b, const struct stop *s)
{
	const char *cmdline = b->entry->cmdline;
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	CLEANUP(xfree) char *last = NULL;
	const char *value;

	for (const char *p = cmdline; (p = cmdline_next(p, s->reader, word));)
		if (value_of(s, word)) {
			free(last);
			last = xstrdup(word);
		}
	value = last ? value_of(s, last) : NULL;
	if (value && ((s->list && any_listed(s->values, value)) || (s->any_path && *value == '/') ||
			     (!s->list && is_listed(s->values, value, strlen(value)))))
		stops(b, last, s->how);
}

/* Linux' kgdbwait waits for a debugger at the console that kgdboc= names. */
static void judge_debugger(const struct boot *b)
{
	CLEANUP(xfree) char *console = cmdline_value(b->entry->cmdline, "kgdboc=");
	CLEANUP(xfree) char *waits = cmdline_value(b->entry->cmdline, "kgdbwait");
	enum kconfig_value kgdb = b->drivers->have_config
					  ? kconfig_get(buf_text(&b->drivers->config),
						    b->drivers->config.len, "KGDB")
					  : KCONFIG_ABSENT;

	if (console && *console && waits && !*waits && kgdb == KCONFIG_YES)
		stops(b, "kgdbwait", "the kernel waits for a debugger");
}

/* ---- what systemd starts ---- */

/* How a unit ends that is no system; NULL: it is one, or not known. */
static const char *end_of(const char *unit)
{
	static const char *const shells[] = { "emergency.target", "rescue.target",
		"emergency.service", "rescue.service", NULL };
	static const char *const ends[] = { "halt.target", "poweroff.target", "reboot.target",
		"kexec.target", "exit.target", "soft-reboot.target", "shutdown.target",
		"final.target", "umount.target", "suspend.target", "hibernate.target",
		"hybrid-sleep.target", "suspend-then-hibernate.target", "sleep.target", NULL };

	if (is_listed(shells, unit, strlen(unit)))
		return "which is a shell for the administrator, and asks for a password";
	if (is_listed(ends, unit, strlen(unit)))
		return "which ends the boot";
	return NULL;
}

#define FALLS_BACK "and systemd starts rescue.target instead, a shell for the administrator"

/* Whether systemd's units are where they are looked for. */
static bool has_units(struct units *r)
{
	return unit_folder(r, 0, "basic.target") < UNIT_FOLDERS;
}

/*
 * Follows a unit's name to what is loaded, through links that are other names. A sentence about how that stops the
 * boot, and *where it is said; NULL: it does not, and *unit is what is loaded. The caller frees all of them.
 */
static char *follow(struct units *r, char **unit, char **where)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const char *name = *unit;
		size_t at = unit_folder(r, 0, name);
		CLEANUP(xfree) char *path = NULL;
		CLEANUP(xfree) char *target = NULL;

		if (end_of(name))
			return xasprintf("it leads to %s, %s", name, end_of(name));
		if (unit_is_masked_at_boot(r, name))
			return xasprintf("systemd.mask= bars %s, " FALLS_BACK, name);
		if (at == UNIT_FOLDERS)
			return ends_with(name, ".target")
				       ? xasprintf("there is no %s, " FALLS_BACK, name)
				       : NULL;
		path = xasprintf("%s/%s", unit_folders[at], name);
		free(*where);
		*where = xstrdup(path);
		if (unit_is_mask(r, path))
			return xasprintf("%s is masked, " FALLS_BACK, name);
		if (rootfs_readlink(r->root, path, &target, NULL) < 0)
			return NULL;
		if (strcmp(name_of(target), name) == 0)
			return rootfs_exists(r->root, path)
				       ? NULL
				       : xasprintf("the link leads to nothing, " FALLS_BACK);
		free(*unit);
		*unit = xstrdup(name_of(target));
	}
	return NULL;
}

/* ---- what that requires ---- */

struct need {
	struct boot *b;
	struct strlist seen;
	const char *by; /* the unit that is looked at */
	char *how, *where;
};

/* rescue.target needs sysinit.target itself. */
static void judge_need(void *ctx, const char *unit, const char *place)
{
	struct need *n = ctx;
	struct units *r = &n->b->units;
	const char *why, *by = n->by;

	if (n->how || strlist_has(&n->seen, unit) || n->seen.n == NEEDS_MAX)
		return;
	strlist_add(&n->seen, unit);
	why = unit_is_masked(r, unit_has_line(n->b->mounts, unit) ? UNIT_ADMIN : 0, unit) ? "masked"
	      : unit_is_missing(r, n->b->mounts, unit) ? "missing"
						       : NULL;
	if (why) {
		n->where = xstrdup(place);
		n->how = xasprintf(
			"%s requires %s, which is %s, and systemd starts none of it, but "
			"rescue.target at the most, a shell for the administrator",
			n->by, unit, why);
		return;
	}
	n->by = unit;
	unit_each_required(r, unit, judge_need, n);
	n->by = by;
}

static char *follow_needs(struct boot *b, const char *unit, char **where)
{
	struct need n = { .b = b, .by = unit };

	strlist_add(&n.seen, unit);
	unit_each_required(&b->units, unit, judge_need, &n);
	strlist_release(&n.seen);
	if (n.where) {
		free(*where);
		*where = n.where;
	}
	return n.how;
}

/* What the command line says is started: the last of these words counts. *word is that one; NULL: none. */
static const char *unit_of(const char *word, bool initrd)
{
	static const struct {
		const char *word, *unit;
		bool initrd;
	} words[] = {
		{ "emergency", "emergency.target", true },
		{ "rescue", "rescue.target", true },
		{ "-b", "emergency.target", false },
		{ "single", "rescue.target", false },
		{ "-s", "rescue.target", false },
		{ "s", "rescue.target", false },
		{ "S", "rescue.target", false },
		{ "1", "rescue.target", false },
		{ "2", "multi-user.target", false },
		{ "3", "multi-user.target", false },
		{ "4", "multi-user.target", false },
		{ "5", "graphical.target", false },
	};

	if (initrd && strncmp(word, "rd.", 3) != 0)
		return NULL;
	word += initrd ? 3 : 0;
	if (strncmp(word, "systemd.unit=", 13) == 0)
		return strrchr(word + 13, '.') ? word + 13 : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((!initrd || words[i].initrd) && strcmp(word, words[i].word) == 0)
			return words[i].unit;
	return NULL;
}

static char *last_word(const char *cmdline, bool initrd)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	char *last = NULL;

	for (const char *p = cmdline; (p = cmdline_next(p, CMDLINE_SYSTEMD, word));)
		if (unit_of(word, initrd)) {
			free(last);
			last = xstrdup(word);
		}
	return last;
}

/* systemd in the initrd, whose units are not looked at. */
static void judge_initrd_unit(const struct boot *b)
{
	CLEANUP(xfree) char *word = last_word(b->entry->cmdline, true);
	const char *unit = word ? unit_of(word, true) : NULL;
	CLEANUP(xfree) char *how = NULL;

	if (!unit || !end_of(unit))
		return;
	how = xasprintf("the initrd starts %s, %s", unit, end_of(unit));
	stops(b, word, how);
}

static void judge_unit(struct boot *b)
{
	CLEANUP(xfree) char *word = last_word(b->entry->cmdline, false);
	CLEANUP(xfree) char *where = NULL;
	CLEANUP(xfree) char *unit = xstrdup(word ? unit_of(word, false) : "default.target");
	CLEANUP(xfree) char *how = NULL;

	if (!has_units(&b->units))
		return;
	how = follow(&b->units, &unit, &where);
	if (!how && (how = follow_needs(b, unit, &where))) {
		finding_add(b->f, where,
			"unmask or install it, or take it out of what is required there", "%s",
			how);
		return;
	}
	if (how && word)
		stops(b, word, how);
	else if (how)
		finding_add(b->f, where ? where : "/etc/systemd/system/default.target",
			"systemctl set-default multi-user.target",
			"systemd starts default.target: %s", how);
}

/* ---- SysV init ---- */

static void judge_runlevel(const struct boot *b)
{
	const char *cmdline = b->entry->cmdline;
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	CLEANUP(xfree) char *last = NULL;

	for (const char *p = cmdline; (p = cmdline_next(p, CMDLINE_KERNEL, word));) {
		static const char *const levels[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8",
			"9", "s", "S", "single", NULL };
		static const char *const shells[] = { "-b", "emergency", NULL };

		if (is_listed(shells, word, strlen(word)))
			stops(b, word, "init starts a shell before all else");
		else if (is_listed(levels, word, strlen(word))) {
			free(last);
			last = xstrdup(word);
		}
	}
	if (last && strchr("016sS", *last))
		stops(b, last,
			strchr("06", *last) ? "init ends the boot"
					    : "init starts a shell for the administrator");
}

/* ---- programs ---- */

/* A shell that takes the place of init. */
static bool is_shell(const char *path)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh", "zsh", "sulogin",
		"busybox", NULL };

	return is_listed(shells, name_of(path), strlen(name_of(path)));
}

static void judge_program(const struct boot *b, const char *key, bool counts)
{
	/* initramfs-tools finds no program whose name has quotes, and goes on to the usual ones. */
	enum cmdline_reader reader = b->who & BY_INITRAMFS_TOOLS && *key == 'i' ? CMDLINE_SHELL
										: CMDLINE_KERNEL;
	CLEANUP(xfree) char *value = cmdline_last(b->entry->cmdline, reader, key);
	CLEANUP(xfree) char *word = value ? xasprintf("%s%s", key, value) : NULL;

	if (counts && value && is_shell(value))
		stops(b, word, "what is started is a shell, and no system");
}

static int run_boot_stops(struct image *image, struct findings *f, struct err *err)
{
	const struct boot_chain *chain;
	const struct image_guest *g;
	const struct image_initrd *rd;
	struct boot b = { .f = f };
	CLEANUP(xfree) char *init = NULL;
	int ret = image_chain(image, &chain, err);

	if (ret == 0)
		ret = image_guest(image, &g, err);
	if (ret < 0)
		return ret;
	b.entry = chain_default(chain);
	if (!b.entry) {
		finding_skip_for(f, "loader", "no entry is booted by itself");
		return 0;
	}
	init = cmdline_value(b.entry->cmdline, "init=");
	b.units = (struct units){ .cmdline = b.entry->cmdline, .err = err };
	ret = image_rootfs(image, &b.units.root, err);
	if (ret < 0)
		return ret;
	b.drivers = &g->drivers;
	b.mounts = g->fstab;
	b.who = initrd_readers(image) | guest_readers(b.units.root, init);
	judge_debugger(&b);
	judge_program(&b, "rdinit=", image_initrd(image, &rd, NULL) == 0);
	judge_program(&b, "init=", true);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].who & b.who)
			judge_word(&b, &table[i]);
	if (b.who & BY_INITRD_SYSTEMD)
		judge_initrd_unit(&b);
	if (b.who & BY_SYSTEMD)
		judge_unit(&b);
	if (b.who & BY_SYSVINIT)
		judge_runlevel(&b);
	return b.units.ret;
}

static const struct check checks[] = {
	{ "guest.boot-stops", SEV_ERROR, "VM-2", "the boot comes to the system's login by itself",
		NEED_CHAIN | NEED_ROOTFS, run_boot_stops },
};

const struct check_group guest_stops_checks = CHECK_GROUP(checks);
