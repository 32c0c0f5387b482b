/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: what the root file system lies in (logical volumes, RAID, encryption) is whole
 * in the image, is activated at boot, and is opened by the initrd; and so is what fstab mounts. What
 * dracut's initrd opens is left to the command line (dracut.cmdline(7)); udev's rules of LVM
 * (69-dm-lvm.rules) activate whole groups.
 */
#include <errno.h>
#include <string.h>

#include "base/cmdline.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "checks/groups.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "part/lvm.h"
#include "rootfs/rootfs.h"

#define STACK_MAX 16

/* The root of the default entry, and what it lies in. */
struct root {
	const struct chain_view *view;
	const struct chain_entry *entry; /* NULL: none */
	const struct volume *stack[STACK_MAX];
	size_t n; /* 0: not known */
};

static int find_root(struct image *image, struct root *root, struct err *err)
{
	const struct volume *v = NULL;
	struct image_way way;
	int ret = image_way(image, &way, err);

	if (ret < 0)
		return ret;
	root->view = way.view;
	root->entry = way.entry;
	if (root->entry)
		v = cmdline_root(root->view, root->entry->cmdline);
	if (!v && root->entry && chain_find(way.chain, CHAIN_ROOT_BY_TYPE))
		v = name_resolve(root->view, "gpt-auto").volume;
	if (v)
		root->n = image_volume_below(image, v, root->stack, STACK_MAX);
	return 0;
}

static const char *cmdline_of(const struct root *root)
{
	return root->entry ? root->entry->cmdline : "";
}

/* ---- whole ---- */

/* Whether the mount options say where the part is that lies elsewhere, or leave it out. */
static bool options_help(const struct root *root, const struct volume *v)
{
	static const char *const words[] = { "logdev=", "rtdev=", "journal_path=", "journal_dev=",
		"noload", "degraded", "device=" };
	CLEANUP(xfree) char *flags = cmdline_value(cmdline_of(root), "rootflags=");

	for (size_t i = 0; flags && i < ARRAY_SIZE(words); i++)
		if (strstr(flags, words[i]))
			return true;
	/* e2fsck writes the number that the journal's device has here into the superblock. */
	for (size_t i = 0; i < root->view->n && v->fstype && strncmp(v->fstype, "ext", 3) == 0; i++)
		if (root->view->volumes[i].fstype &&
			strcmp(root->view->volumes[i].fstype, "jbd") == 0)
			return true;
	return false;
}

static void judge_whole(
	struct image *image, const struct root *root, const struct volume *v, struct findings *f)
{
	char name[VOLUME_NAME_MAX];
	const char *why;

	volume_name(v, name);
	if (v->lvm_idle & LVM_SAME_NAME)
		finding_add(f, name, "rename one of the groups, by its UUID (vgrename)",
			"the image has several volume groups of that name, and LVM activates none "
			"of them by it");
	else if (v->lvm_idle & LVM_EXPORTED)
		finding_add(f, name, "import it again (vgimport)",
			"its volume group is exported, and nothing activates it");
	else if (image_volume_lacks(image, v, &why) && !options_help(root, v))
		finding_add(f, name, "have all of the root file system on this disk",
			"it is not whole in the image, and nothing opens it: %s", why);
}

/*
 * Where nothing has the root's name, and something that could have is not whole: NULL when it may be elsewhere, too.
 */
static const struct volume *only_lacking(struct image *image, const struct root *root)
{
	CLEANUP(xfree) char *named = cmdline_value(cmdline_of(root), "root=");
	const struct volume *lacking = NULL;
	struct rootfs *fs;
	const char *why;

	if (named ? cmdline_name(root->view, cmdline_of(root), named).answer != NAME_NONE
		  : root->entry || image_rootfs(image, &fs, NULL) == 0)
		return NULL;
	for (size_t i = 0; i < root->view->n; i++) {
		const struct volume *v = &root->view->volumes[i];

		if (image_volume_lacks(image, v, &why))
			lacking = v;
		else if (!v->readable && !v->opened && v->fstype && *v->fstype &&
			 strcmp(v->fstype, "swap") != 0)
			return NULL;
		/* One that an appliance was to read, in vain. */
		else if (v->readable && volume_stat(v, "/etc", NULL) == PRESENCE_UNKNOWN)
			return NULL;
	}
	return view_has_containers(root->view) ? NULL : lacking;
}

static int run_root_whole(struct image *image, struct findings *f, struct err *err)
{
	struct root root = { 0 };
	const struct volume *lacking;
	int ret = find_root(image, &root, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < root.n; i++)
		judge_whole(image, &root, root.stack[i], f);
	lacking = root.n ? NULL : only_lacking(image, &root);
	if (lacking)
		judge_whole(image, &root, lacking, f);
	else if (!root.n)
		finding_skip_for(f, "loader", "no default entry names a root that is known");
	return 0;
}

/* ---- what the initrd opens ---- */

/* The initrd, what it reads as its command line, and where the findings go. */
struct opener {
	const struct image_initrd *rd;
	const struct image_guest *guest; /* NULL: its drivers are not known */
	const char *words;
	struct findings *f;
	bool open; /* something cannot be known */
};

static bool made_by(const struct opener *o, const char *maker)
{
	return initrd_made_by(&o->rd->initrd.root, maker);
}

static bool is_known(const struct opener *o)
{
	return initrd_opens_as_known(&o->rd->initrd.root);
}

static void need_driver(struct opener *o, const char *name, const char *module, const char *option)
{
	enum driver_state state = o->guest ? driver_find(&o->guest->drivers, module, option)
					   : DRIVER_UNKNOWN;

	if (state == DRIVER_ABSENT)
		finding_add(o->f, o->guest->kernel->image, "use a kernel that has it",
			"the root lies in %s, and the kernel %s has no CONFIG_%s", name,
			o->guest->kernel->version, option);
	else if (state == DRIVER_MODULE && !module_listed(&o->rd->initrd.modules, module))
		finding_add(o->f, o->rd->where,
			"make the initrd again where the packages for it are installed",
			"the root lies in %s, and the module %s is not in the initrd", name,
			module);
}

/* False: it is not there, which is said when that is certain. */
static bool need_tool(struct opener *o, const char *name, unsigned tool, const char *program)
{
	if (o->rd->initrd.root.tools & tool)
		return true;
	if (is_known(o))
		finding_add(o->f, o->rd->where,
			"install the package with it in the guest, and make the initrd again",
			"the root lies in %s, and the initrd has no %s to open it", name, program);
	else
		o->open = true;
	return false;
}

/* dracut's getargbool: the last one counts, alone it is yes. */
static bool is_on(const char *words, const char *key, bool unless)
{
	CLEANUP(xfree) char *with = xasprintf("%s=", key);
	CLEANUP(xfree) char *value = cmdline_value(words, with);
	const char *at = value ? NULL : strstr(words, key);

	if (value)
		return strcmp(value, "0") != 0 && strcmp(value, "no") != 0 &&
		       strcmp(value, "off") != 0;
	return (at && (at == words || at[-1] == ' ') && strchr(" ", at[strlen(key)])) || unless;
}

typedef bool same_fn(const struct volume *v, const char *value);

/* Whether one of the arguments KEY=VALUE is about the volume; *any: there is one. */
static bool is_asked(
	const char *words, const char *key, same_fn *same, const struct volume *v, bool *any)
{
	CLEANUP(xfree) char *w = xmalloc(strlen(words) + 1);
	size_t len = strlen(key);
	bool found = false;

	for (const char *p = words; (p = cmdline_next(p, CMDLINE_SHELL, w));) {
		if (strncmp(w, key, len) != 0 || !w[len])
			continue;
		*any = true;
		found |= same(v, w + len) || strchr(w + len, '$');
	}
	return found;
}

static bool same_volume(const struct volume *v, const char *value)
{
	return strcmp(value, v->lvm_path) == 0 || strcmp(value, v->lvm_name) == 0;
}

static bool same_group(const struct volume *v, const char *value)
{
	size_t len = strlen(value);

	return strncmp(v->lvm_path, value, len) == 0 && v->lvm_path[len] == '/';
}

static bool same_array(const struct volume *v, const char *value)
{
	return same_digits(v->md_uuid, value, ":-");
}

/* dracut removes what would activate volumes that the command line does not ask for; those that it names it takes by force. */
static void judge_dracut_lvm(struct opener *o, const struct volume *v, const char *name)
{
	CLEANUP(xfree)
	char *advice = xasprintf("add rd.lvm.lv=%s to the kernel's command line", v->lvm_path);
	bool any = false, lv = is_asked(o->words, "rd.lvm.lv=", same_volume, v, &any);
	bool vg = is_asked(o->words, "rd.lvm.vg=", same_group, v, &any);

	if (o->rd->initrd.root.tools & INITRD_LVM_RULES)
		return;
	if (!is_on(o->words, "rd.lvm", true))
		finding_add(o->f, o->rd->where, "remove rd.lvm=0 from the kernel's command line",
			"%s: rd.lvm=0 has the initrd activate no volume", name);
	else if (!any && o->rd->initrd.root.tools & INITRD_LVM_ASKED &&
		 !is_on(o->words, "rd.auto", false))
		finding_add(o->f, o->rd->where, advice,
			"%s: neither the command line nor the initrd has rd.lvm.lv=, rd.lvm.vg= or "
			"rd.auto, without which dracut's initrd activates no volume",
			name);
	else if (any && !lv && !vg)
		finding_add(o->f, o->rd->where, advice,
			"%s: the command line has dracut's initrd activate other volumes, and not this",
			name);
	else if (v->lvm_idle & LVM_SKIPPED && !lv)
		finding_add(o->f, o->rd->where, advice,
			"%s: it is marked to be skipped, and only rd.lvm.lv= has dracut's initrd "
			"activate it",
			name);
}

/* Others activate what is to be activated by itself, by udev's rules once all of the group is there. */
static void judge_other_lvm(struct opener *o, const struct volume *v, const char *name)
{
	bool by_rules = o->rd->initrd.root.tools & INITRD_LVM_RULES &&
			!(o->rd->initrd.root.tools & INITRD_LVM_SCRIPT);

	if (!is_known(o))
		o->open |= v->lvm_idle != 0;
	else if (v->lvm_idle & LVM_SKIPPED)
		finding_add(o->f, name, "take the mark away (lvchange --setactivationskip n)",
			"the root's volume is marked to be skipped, and the initrd does not activate it");
	else if (v->lvm_idle & LVM_BY_HAND && !made_by(o, INITRD_BY_MKINITFS))
		finding_add(o->f, name,
			"have it activated by itself (--setautoactivation y, of lvchange or vgchange)",
			"the root's volume is to be activated by hand alone, and the initrd does not "
			"do so");
	else if (v->lvm_idle & LVM_LACKS && by_rules)
		finding_add(o->f, name,
			"take what is missing out of the group (vgreduce --removemissing)",
			"a physical volume of the group is on another disk, and the initrd activates "
			"whole groups alone");
}

static void judge_lvm(struct opener *o, const struct volume *v, const char *name)
{
	CLEANUP(xfree) char *made = cmdline_value(o->words, "dm-mod.create=");

	need_driver(o, name, "dm_mod", "BLK_DEV_DM");
	if (made || !need_tool(o, name, INITRD_LVM, "lvm"))
		return;
	if (made_by(o, INITRD_BY_DRACUT))
		judge_dracut_lvm(o, v, name);
	else
		judge_other_lvm(o, v, name);
}

static void judge_array(struct opener *o, const struct volume *v, const char *name)
{
	static const char *const options[][2] = { { "raid0", "MD_RAID0" }, { "raid1", "MD_RAID1" },
		{ "raid10", "MD_RAID10" }, { "raid456", "MD_RAID456" } };
	bool any = false, asked;

	for (size_t i = 0; v->md_driver && i < ARRAY_SIZE(options); i++)
		if (strcmp(v->md_driver, options[i][0]) == 0)
			need_driver(o, name, options[i][0], options[i][1]);
	if (!need_tool(o, name, INITRD_MDADM, "mdadm") || !made_by(o, INITRD_BY_DRACUT))
		return;
	asked = is_asked(o->words, "rd.md.uuid=", same_array, v, &any);
	if (!is_on(o->words, "rd.md", true))
		finding_add(o->f, o->rd->where, "remove rd.md=0 from the kernel's command line",
			"%s: rd.md=0 has the initrd assemble no array", name);
	else if (any ? !asked
		     : o->rd->initrd.root.tools & INITRD_MD_ASKED &&
				 !is_on(o->words, "rd.auto", false))
		finding_add(o->f, o->rd->where,
			"add rd.md.uuid= with the array's UUID to the kernel's command line",
			"%s: dracut's initrd assembles the arrays alone that rd.md.uuid= names, or "
			"all with rd.auto",
			name);
}

/* Part of the UUID is enough for dracut's rules. */
static bool same_encrypted(const struct volume *v, const char *value)
{
	static const char *const before[] = { "keysource:", "luks-" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if (strncmp(value, before[i], strlen(before[i])) == 0)
			value += strlen(before[i]);
	return strchr(value, '"') || strcasestr(v->luks_uuid, value);
}

/*
 * To dracut's rules and to systemd's generator (252), which reads the initrd's table, too: what rd.luks= turns off is
 * opened by neither, nor what rd.luks.uuid= does not name, once it names any. A root that is found by its type is opened so.
 */
static void judge_dracut_luks(struct opener *o, const struct volume *v, const char *name)
{
	static const char *const others[] = {
		"rd.luks.name=", "rd.luks.partuuid=", "rd.luks.serial="
	};
	CLEANUP(xfree) char *root = cmdline_value(o->words, "root=");
	bool any = false, asked = is_asked(o->words, "rd.luks.uuid=", same_encrypted, v, &any);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		asked = asked || strstr(o->words, others[i]);
	if (!root || strncmp(root, "gpt-auto", 8) == 0)
		return;
	if (!is_on(o->words, "rd.luks", true))
		finding_add(o->f, o->rd->where, "remove rd.luks=0 from the kernel's command line",
			"%s: rd.luks=0 has the initrd open no encrypted volume", name);
	else if (any && !asked) {
		CLEANUP(xfree)
		char *advice = xasprintf(
			"add rd.luks.uuid=%s to the kernel's command line", v->luks_uuid);

		finding_add(o->f, o->rd->where, advice,
			"%s: rd.luks.uuid= has the initrd open other encrypted volumes, and not this",
			name);
	}
}

static void judge_encrypted(struct opener *o, const struct volume *v, const char *name)
{
	need_driver(o, name, "dm_crypt", "DM_CRYPT");
	/* Alpine's program has the library for it in itself. */
	if (made_by(o, INITRD_BY_MKINITFS) || !need_tool(o, name, INITRD_CRYPTSETUP, "cryptsetup"))
		return;
	if (made_by(o, INITRD_BY_DRACUT))
		judge_dracut_luks(o, v, name);
	if (made_by(o, INITRD_BY_INITRAMFS_TOOLS) &&
		!(o->rd->initrd.root.tools & INITRD_CRYPTTAB) && !strstr(o->words, "cryptopts="))
		finding_add(o->f, o->rd->where,
			"name it in /etc/crypttab with the option initramfs, and make the initrd again",
			"%s: the initrd has no table (cryptroot/crypttab) that says what to open",
			name);
}

static void judge_opened(struct opener *o, const struct volume *v)
{
	char name[VOLUME_NAME_MAX];

	volume_name(v, name);
	if (v->lvm_path)
		judge_lvm(o, v, name);
	else if (v->md_uuid)
		judge_array(o, v, name);
	else if (v->luks_uuid)
		judge_encrypted(o, v, name);
}

static bool lies_in_any(const struct root *root)
{
	for (size_t i = 0; i < root->n; i++)
		if (root->stack[i]->lvm_path || root->stack[i]->md_uuid ||
			root->stack[i]->luks_uuid)
			return true;
	return false;
}

static int run_initrd_volumes(struct image *image, struct findings *f, struct err *err)
{
	struct root root = { 0 };
	struct opener o = { .f = f };
	CLEANUP(xfree) char *words = NULL;
	struct err why = { 0 };
	int ret = find_root(image, &root, err);

	if (ret < 0 || !lies_in_any(&root))
		return ret;
	ret = image_initrd(image, &o.rd, &why);
	if (ret == -ENOENT || (ret == 0 && o.rd->initrd.problem_code)) {
		finding_skip_for(f, "loader guest.initrd guest.initrd-intact", "%s",
			ret ? why.text : "the initrd cannot be read");
		return 0;
	}
	if (ret < 0)
		return err_set(err, -ret, "%s", why.text);
	if (image_guest(image, &o.guest, NULL) < 0 || !o.guest->kernel)
		o.guest = NULL;
	words = xasprintf("%s%s", text_str(&o.rd->initrd.root.cmdline), cmdline_of(&root));
	o.words = words;
	for (size_t i = 0; i < root.n; i++)
		judge_opened(&o, root.stack[i]);
	if (o.open)
		finding_skip(f, "what opens the root's volume in this initrd is not known");
	return 0;
}

/* ---- what fstab mounts ---- */

/* Whether the initrd was asked for it, which then activates it by force. */
static bool asked_for(struct image *image, const struct volume *v)
{
	const struct chain_entry *e = image_default_entry(image);
	bool any;

	return e && is_asked(e->cmdline, "rd.lvm.lv=", same_volume, v, &any);
}

/* Why the booted system finds no such device; NULL: it may. */
static const char *never_there(struct image *image, const struct volume *v)
{
	const char *why;

	if (!v->number && image_volume_lacks(image, v, &why))
		return why;
	if (v->lvm_idle & LVM_SAME_NAME)
		return "several volume groups have its name, and LVM activates none of them by it";
	if (v->lvm_idle & LVM_EXPORTED)
		return "its volume group is exported";
	if (v->lvm_idle & (LVM_SKIPPED | LVM_BY_HAND) && !asked_for(image, v))
		return "it is marked to be activated by hand alone";
	return NULL;
}

static int run_fstab_volumes(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];
		CLEANUP(xfree) char *where = fstab_place(l);
		struct name name = name_resolve(view, l->spec);
		const char *why;

		/* The root's is the initrd's to open. */
		if (fstab_optional(l) || strcmp(l->file, "/") == 0 || name.answer != NAME_ONE)
			continue;
		why = never_there(image, name.volume);
		if (why)
			finding_add(f, where,
				"have it activated (vgchange, lvchange), or add the option nofail",
				"%s for %s is not there at boot, which waits for it: %s", l->spec,
				l->file, why);
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.root-whole", SEV_ERROR, "VM-2", "the root file system is whole in the image",
		NEED_CHAIN, run_root_whole },
	{ "guest.initrd-volumes", SEV_ERROR, "VM-2", "the initrd opens what the root lies in",
		NEED_CHAIN, run_initrd_volumes },
	{ "guest.fstab-volumes", SEV_ERROR, "VM-22", "what fstab mounts is activated", NEED_ROOTFS,
		run_fstab_volumes },
};

const struct check_group guest_volumes_checks = CHECK_GROUP(checks);
