/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See initrd_finds.h. Who looks for what: live-boot(7) and its check_dev(), casper(7), postmarketOS' find_partition(),
 * Alpine's nlplug-findfs(1), and the scripts of OpenZFS.
 * Leaves out what is on a network, in ISO images, and inside of what was found.
 */
#include "loader/initrd_finds.h"

#include <stdlib.h>
#include <string.h>

#include "base/cmdline.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "loader/chain.h"
#include "loader/initrd_search.h"
#include "loader/names.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX ((size_t)64 << 10)

/* The value of the last of these keys; NULL: none is there, or it is empty. The caller frees it. */
static char *value_of(const char *cmdline, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *value = cmdline_value(cmdline, keys[i]);

		if (value && *value)
			return value;
		free(value);
	}
	return NULL;
}

/* A NULL ends the keys, too. */
static const char *first_key(const char *cmdline, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n && keys[i]; i++) {
		CLEANUP(xfree) char *value = cmdline_value(cmdline, keys[i]);

		if (value)
			return keys[i];
	}
	return NULL;
}

/* ---- volumes ---- */

static bool is_type(const struct volume *v, const char *type)
{
	return v->fstype && strcmp(v->fstype, type) == 0;
}

/* Whether an initrd may mount it, and so find something in there: what libblkid knows nothing of is not tried. */
static bool may_be_mounted(const struct volume *v)
{
	return v->readable || (v->fstype && *v->fstype && !v->opened && !is_type(v, "swap") &&
				      !is_type(v, "DM_verity_hash"));
}

/* ---- live-boot, casper ---- */

struct live {
	const char *boot, *folder, *medium, *endings[8];
	const char *elsewhere[12]; /* arguments that lead to what is not followed */
};

static const struct live lives[] = {
	{ "live", "live", "live-uuid",
		{ ".squashfs", ".ext2", ".ext3", ".ext4", ".xfs", ".dir", ".jffs" },
		{ "netboot", "fetch=", "httpfs=", "ftpfs=", "iscsi=", "fromiso=", "isofrom=",
			"plainroot", "live-media-offset=", "live-media=removable", "nfsroot=" } },
	{ "casper", "casper", "casper-uuid", { ".squashfs", ".ext2", ".dir" },
		{ "netboot", "url=", "iso-url=", "fromiso=", "nfsroot=", "layerfs-path=" } },
};

/* Files of that name on any file system. */
static enum presence anywhere(const struct chain_view *view, const char *path)
{
	CLEANUP(xfree) char *clean = path_clean(path);
	enum presence any = ABSENT;

	for (size_t i = 0; i < view->n && any != PRESENT; i++) {
		enum presence there = may_be_mounted(&view->volumes[i])
					      ? volume_stat(&view->volumes[i], clean, NULL)
					      : ABSENT;

		any = there == ABSENT ? any : there;
	}
	return any;
}

static enum presence has_root_image(
	const struct volume *v, const struct live *live, const char *folder)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	CLEANUP(xfree) char *path = path_clean(folder);
	enum presence there = volume_folder(v, path, &names, NULL);

	for (size_t i = 0; i < names.n; i++)
		for (size_t e = 0; e < ARRAY_SIZE(live->endings) && live->endings[e]; e++)
			/* The initrds' glob "*.squashfs" matches no hidden name. */
			if (*names.v[i] != '.' && ends_with(names.v[i], live->endings[e]))
				return PRESENT;
	return there == PRESENT ? ABSENT : there;
}

/* Whether .disk/ says that this is the medium which the initrd was made for. */
static enum presence is_medium(const struct volume *v, const struct live *live, const char *uuid)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	enum presence folder = volume_folder(v, "/.disk", &names, NULL);
	bool unread = folder == PRESENCE_UNKNOWN;

	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("/.disk/%s", names.v[i]);
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		enum presence read;

		if (strncmp(names.v[i], live->medium, strlen(live->medium)) != 0)
			continue;
		read = volume_file(v, path, TEXT_MAX, &text, NULL);
		if (read == PRESENT && strcspn(buf_text(&text), "\n") == strlen(uuid) &&
			strncmp(buf_text(&text), uuid, strlen(uuid)) == 0)
			return PRESENT;
		unread |= read == PRESENCE_UNKNOWN;
	}
	return unread ? PRESENCE_UNKNOWN : ABSENT;
}

/* The UUID that the medium must have; NULL: any does. The caller frees it. */
static char *wanted_medium(const struct search *s, const struct live *live)
{
	CLEANUP(xfree) char *any = cmdline_value(s->cmdline, "ignore_uuid");
	char *given = strcmp(live->boot, "casper") == 0 ? cmdline_value(s->cmdline, "uuid=") : NULL;

	if (any && !*any) {
		free(given);
		return NULL;
	}
	if (given)
		return given;
	return s->root->medium ? xstrdup(s->root->medium) : NULL;
}

static void search_medium(struct search *s, const struct live *live)
{
	CLEANUP(xfree) char *given = cmdline_value(s->cmdline, "live-media-path=");
	CLEANUP(xfree) char *device = cmdline_value(s->cmdline, "live-media=");
	CLEANUP(xfree) char *uuid = wanted_medium(s, live);
	const char *folder = given && *given ? given : live->folder;
	bool another = false, unread = false;

	for (size_t i = 0; i < s->view->n; i++) {
		const struct volume *v = &s->view->volumes[i];
		enum presence there = may_be_mounted(v) ? has_root_image(v, live, folder) : ABSENT;

		if (there == PRESENT && uuid && *uuid) {
			there = is_medium(v, live, uuid);
			another |= there == ABSENT;
		}
		if (there == PRESENT) {
			found(s, "", NULL);
			return;
		}
		unread |= there == PRESENCE_UNKNOWN;
	}
	if (unread || (another && device))
		unknown(s,
			xasprintf("boot=%s: whether there is a file system with /%s/*%s cannot be "
				  "told: %s",
				live->boot, folder, live->endings[0],
				unread ? INITRD_HIDDEN : "live-media= may lead to another"));
	else if (another)
		absent(s,
			xasprintf(
				"boot=%s: the initrd looks for the medium with the UUID %s, and no "
				"%s* in /.disk says that",
				live->boot, uuid, live->medium));
	else
		absent(s,
			xasprintf("boot=%s: nothing in the image has a root file system as /%s/*%s",
				live->boot, folder, live->endings[0]));
}

static void search_live(struct search *s, const struct live *live)
{
	static const char *const isos[] = { "iso-scan/filename=", "findiso=" };
	CLEANUP(xfree) char *iso = value_of(s->cmdline, isos, ARRAY_SIZE(isos));
	const char *elsewhere = first_key(s->cmdline, live->elsewhere, ARRAY_SIZE(live->elsewhere));

	if (elsewhere || s->root->live_configured)
		unknown(s, xasprintf("boot=%s: where %s leads its initrd is not followed here",
				   live->boot, elsewhere ? elsewhere : "etc/live"));
	else if (iso && anywhere(s->view, iso) == ABSENT)
		absent(s, xasprintf("boot=%s: nothing in the image has the file %s", live->boot,
				  iso));
	else if (iso)
		unknown(s, xasprintf("boot=%s: what is in %s is not looked into", live->boot, iso));
	else
		search_medium(s, live);
}

/* initramfs-tools goes on in the script that boot= names. */
static bool by_script(struct search *s)
{
	CLEANUP(xfree) char *given = cmdline_value(s->cmdline, "boot=");
	const char *boot = given && *given ? given : s->root->boot;

	if (!s->root->maker || strcmp(s->root->maker, INITRD_BY_INITRAMFS_TOOLS) != 0 || !boot ||
		!*boot || strcmp(boot, "local") == 0)
		return false;
	if (!strlist_has(&s->root->scripts, boot) && s->root->more_scripts) {
		unknown(s,
			xasprintf(
				"boot=%s: the initrd has more scripts than are read, and that may be one",
				boot));
		return true;
	}
	if (!strlist_has(&s->root->scripts, boot)) {
		absent(s,
			xasprintf("boot=%s: the initrd has no scripts/%s, and stops", boot, boot));
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lives); i++)
		if (strcmp(lives[i].boot, boot) == 0) {
			search_live(s, &lives[i]);
			return true;
		}
	unknown(s, xasprintf("boot=%s: what the initrd's scripts/%s does is not followed here",
			   boot, boot));
	return true;
}

/* ---- postmarketOS ---- */

struct part_names {
	const char *uuid[2], *path[2], *label;
};

/* What names a partition, as an argument and as a name; both are the caller's. */
static void name_part(
	const struct search *s, const struct part_names *names, char **said, char **spec)
{
	CLEANUP(xfree) char *uuid = value_of(s->cmdline, names->uuid, 2);
	CLEANUP(xfree) char *path = value_of(s->cmdline, names->path, 2);

	if (uuid) {
		*said = xasprintf("%s%s", first_key(s->cmdline, names->uuid, 2), uuid);
		*spec = xasprintf("UUID=%s", uuid);
	} else if (path) {
		*said = xasprintf("%s%s", first_key(s->cmdline, names->path, 2), path);
		*spec = xstrdup(path);
	} else {
		*said = xasprintf(
			"the label %s, which postmarketOS' initrd looks for", names->label);
		*spec = xasprintf("LABEL=%s", names->label);
	}
}

/* A file system in a partition that has a table of its own is found, too, and an encrypted one without a name. */
static bool may_hide_part(const struct search *s)
{
	for (size_t i = 0; i < s->view->n; i++)
		if (!s->view->volumes[i].readable && !s->view->volumes[i].opened &&
			!is_type(&s->view->volumes[i], "swap"))
			return true;
	return false;
}

/* False: it is missing, or not known, and the finding says so. */
static bool has_part(struct search *s, const struct part_names *names)
{
	CLEANUP(xfree) char *said = NULL;
	CLEANUP(xfree) char *spec = NULL;
	struct name name;

	name_part(s, names, &said, &spec);
	name = name_resolve(s->view, spec);
	if (name.answer == NAME_ONE || name.answer == NAME_MACHINE || name.answer == NAME_SEVERAL) {
		found(s, "root=", spec);
		return true;
	}
	if (name.answer == NAME_UNKNOWN || may_hide_part(s))
		unknown(s, xasprintf("%s: whether it is there cannot be told: %s", said,
				   name.why ? name.why : INITRD_HIDDEN));
	else
		absent(s, xasprintf("%s: nothing in the image has it", said));
	return false;
}

static bool by_postmarketos(struct search *s)
{
	static const struct part_names boot = { { "pmos.boot_uuid=", "pmos_boot_uuid=" },
		{ "pmos.boot=", "pmos_boot=" }, "pmOS_boot" },
				       root = { { "pmos.root_uuid=", "pmos_root_uuid=" },
					       { "pmos.root=", "pmos_root=" }, "pmOS_root" };
	CLEANUP(xfree) char *stowaway = cmdline_value(s->cmdline, "pmos.stowaway");

	if (!s->root->maker || strcmp(s->root->maker, INITRD_BY_POSTMARKETOS) != 0)
		return false;
	/* The rest of the initrd is on the boot partition. */
	if (stowaway || has_part(s, &boot))
		has_part(s, &root);
	return true;
}

/* ---- Alpine ---- */

/* A folder with this file in it is a repository of packages, of which the root is made in memory. */
static enum presence has_repository(const struct volume *v)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	enum presence there = volume_stat(v, "/.boot_repository", NULL);
	enum presence folder = volume_folder(v, "/", &names, NULL);
	bool unread = there == PRESENCE_UNKNOWN || folder == PRESENCE_UNKNOWN;

	for (size_t i = 0; i < names.n && there != PRESENT; i++) {
		CLEANUP(xfree) char *path = xasprintf("/%s/.boot_repository", names.v[i]);

		there = volume_stat(v, path, NULL);
		unread |= there == PRESENCE_UNKNOWN;
	}
	return there == PRESENT ? PRESENT : unread ? PRESENCE_UNKNOWN : ABSENT;
}

static bool by_mkinitfs(struct search *s)
{
	static const char *const elsewhere[] = { "ip=", "nbd=", "memdisk", "alpine_repo=http",
		"alpine_repo=ftp", "apkovl=http", "apkovl=ftp" };
	CLEANUP(xfree) char *root = cmdline_value(s->cmdline, "root=");
	const char *key = first_key(s->cmdline, elsewhere, ARRAY_SIZE(elsewhere));
	bool unread = false;

	if (!s->root->maker || strcmp(s->root->maker, INITRD_BY_MKINITFS) != 0 || (root && *root))
		return false;
	if (key) {
		unknown(s,
			xasprintf(
				"the command line has no root=; where %s leads Alpine's initrd is "
				"not followed here",
				key));
		return true;
	}
	for (size_t i = 0; i < s->view->n; i++) {
		enum presence there = may_be_mounted(&s->view->volumes[i])
					      ? has_repository(&s->view->volumes[i])
					      : ABSENT;

		if (there == PRESENT) {
			found(s, "", NULL);
			return true;
		}
		unread |= there == PRESENCE_UNKNOWN;
	}
	if (unread)
		unknown(s,
			xasprintf("the command line has no root=, and whether there is a medium of "
				  "Alpine's, with .boot_repository, cannot be told: %s",
				INITRD_HIDDEN));
	else
		absent(s,
			xstrdup("the command line has no root=, and no file system of the image is a "
				"medium of Alpine's, with .boot_repository in it or in a folder of it"));
	return true;
}

/* ---- how root= is written ---- */

/* What is mounted as the root, and how. */
static const char *const of_root[] = { "root=", "rootfstype=", "rootflags=" };

/* The value as scripts have it that part /proc/cmdline at blanks alone, where it is another one. The caller frees it. */
static char *raw_value(const char *cmdline, const char *key)
{
	CLEANUP(xfree) char *value = cmdline_value(cmdline, key);
	CLEANUP(xfree) char *raw = cmdline_last(cmdline, CMDLINE_SHELL, key);

	if (!value || !*value || (raw && strcmp(raw, value) == 0))
		return NULL;
	return raw ? TAKE(raw) : xstrdup("");
}

/* initramfs-tools and Alpine's mkinitfs do so, in their init. */
static bool keeps_quotes(struct search *s)
{
	if (!initrd_made_by(s->root, INITRD_BY_INITRAMFS_TOOLS) &&
		!initrd_made_by(s->root, INITRD_BY_MKINITFS))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(of_root); i++) {
		CLEANUP(xfree) char *raw = raw_value(s->cmdline, of_root[i]);

		if (!raw)
			continue;
		absent(s, xasprintf("%s%s: the kernel takes quotes off, and the initrd of %s does "
				    "not, for which they are a part of it: take them away",
				  of_root[i], raw, s->root->maker));
		return true;
	}
	return false;
}

static bool is_single(const char *value)
{
	size_t len = value ? strlen(value) : 0;

	return len > 1 && value[0] == '\'' && value[len - 1] == '\'';
}

/*
 * The kernel, the scripts above and dracut, which then gives up, leave single quotes where they are; systemd and
 * mkinitcpio take them off.
 */
static bool has_single_quotes(struct search *s)
{
	CLEANUP(xfree) char *root = cmdline_value(s->cmdline, "root=");

	if (!is_single(root))
		return false;
	if (initrd_made_by(s->root, INITRD_BY_MKINITCPIO) ||
		(!s->root->maker && s->root->is_initrd)) {
		root[strlen(root) - 1] = '\0';
		found(s, "root=", root + 1);
		return true;
	}
	if (!initrd_made_by(s->root, INITRD_BY_DRACUT) &&
		!initrd_made_by(s->root, INITRD_BY_INITRAMFS_TOOLS) &&
		!initrd_made_by(s->root, INITRD_BY_MKINITFS))
		return false;
	absent(s, xasprintf("root=%s: neither the kernel nor the initrd of %s takes single quotes "
			    "off: take them away",
			  root, s->root->maker));
	return true;
}

static bool unknown_to_mkinitfs(struct search *s)
{
	CLEANUP(xfree) char *root = cmdline_value(s->cmdline, "root=");
	bool old = s->root->findfs_label && !s->root->findfs_part;

	if (!initrd_made_by(s->root, INITRD_BY_MKINITFS) || !root ||
		!(strncmp(root, "PARTLABEL=", 10) == 0 ||
			(old && strncmp(root, "PARTUUID=", 9) == 0)))
		return false;
	absent(s,
		xasprintf("root=%s: Alpine's initrd knows UUID=, LABEL= and, from mkinitfs 3.9 on, "
			  "PARTUUID= alone",
			root));
	return true;
}

bool initrd_may_differ(const char *cmdline)
{
	CLEANUP(xfree) char *root = cmdline_value(cmdline, "root=");
	bool differs = root && (strncmp(root, "PART", 4) == 0 || is_single(root));

	for (size_t i = 0; i < ARRAY_SIZE(of_root) && !differs; i++) {
		CLEANUP(xfree) char *raw = raw_value(cmdline, of_root[i]);

		differs = raw != NULL;
	}
	return differs;
}

bool initrd_reads(
	const char *cmdline, const struct initrd_root *root, struct initrd_finding *finding)
{
	struct search s = { .cmdline = cmdline, .root = root, .finding = finding };

	return keeps_quotes(&s) || has_single_quotes(&s) || unknown_to_mkinitfs(&s);
}

/* ---- ZFS ---- */

/* mkinitcpio's hook is given the dataset, or "bootfs", for the one that a pool names. */
static bool by_zfs(struct search *s)
{
	CLEANUP(xfree) char *root = cmdline_value(s->cmdline, "root=");
	CLEANUP(xfree) char *value = cmdline_value(s->cmdline, "zfs=");
	CLEANUP(xfree) char *spec = NULL;
	struct name name;

	if (!value || !*value || (root && *root))
		return false;
	spec = xasprintf("ZFS=%s",
		strcmp(value, "bootfs") == 0 || strcmp(value, "auto") == 0 ? "AUTO" : value);
	name = name_resolve(s->view, spec);
	if (name.answer == NAME_NONE && s->root->maker &&
		strcmp(s->root->maker, INITRD_BY_MKINITCPIO) == 0)
		absent(s, xasprintf("zfs=%s: nothing in the image has %s", value, name.what));
	else
		unknown(s,
			xasprintf("zfs=%s: whether its initrd finds that cannot be told", value));
	return true;
}

/* ---- all of them ---- */

const char *initrd_finds_by(const char *cmdline)
{
	static const char *const keys[] = { "pmos_root_uuid=", "pmos_boot_uuid=", "pmos_root=",
		"pmos.root_uuid=", "pmos.boot_uuid=", "pmos.root=", "snapd_recovery_mode=",
		"alpine_dev=", "zfs=" };

	CLEANUP(xfree) char *boot = cmdline_value(cmdline, "boot=");

	/* A script of the initrd's; with FIPS it is the file system of /boot. */
	if (boot && *boot && !strpbrk(boot, "/="))
		return "boot=";
	return first_key(cmdline, keys, ARRAY_SIZE(keys));
}

bool initrd_finds(const struct chain_view *view, const char *cmdline,
	const struct initrd_root *root, struct initrd_finding *finding)
{
	static bool (*const families[])(struct search *) = { by_script, by_postmarketos,
		initrd_by_snapd, by_mkinitfs, by_zfs };
	struct search s = { view, cmdline, root, finding };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i](&s))
			return true;
	return false;
}

void initrd_finding_release(struct initrd_finding *finding)
{
	free(finding->text);
	free(finding->words);
	*finding = (struct initrd_finding){ 0 };
}
