/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of mounts. See mount_options.h.
 */
#include "rootfs/mount_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* As the kernel's kstrtoull() does: decimal, 0x and hexadecimal, or 0 and octal, and nothing behind it. */
static bool read_number(const char *text, uint64_t *number)
{
	const char *digits = text + (*text == '+');
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*number = strtoull(digits, &end, 0);
	return errno == 0 && !*end;
}

static void read_option(struct subvolume *s, const char *option)
{
	/* Without a value it says nothing. */
	if (strncmp(option, "subvol=", 7) == 0 && option[7]) {
		free(s->path);
		s->path = xstrdup(option + 7);
	} else if (strncmp(option, "subvolid=", 9) == 0) {
		if (!read_number(option + 9, &s->id))
			s->bad_id = true;
		else if (s->id == 0)
			s->id = SUBVOLUME_TOP;
	}
}

void subvolume_of(struct subvolume *s, const char *options)
{
	CLEANUP(xfree) char *copy = xstrdup(options ? options : "");
	char *rest = copy, *option;

	*s = (struct subvolume){ 0 };
	while ((option = strsep(&rest, ",")))
		read_option(s, option);
}

void subvolume_release(struct subvolume *s)
{
	free(s->path);
	*s = (struct subvolume){ 0 };
}
/* ---- which file system takes which option ---- */

enum fs {
	EXT = 1, /* ext2 to ext4: what one of their drivers takes */
	XFS = 2,
	BTRFS = 4,
	FAT = 8,
	F2FS = 16,
};

/* What stands behind an option's name. */
enum form {
	ANY,
	BARE,  /* nothing */
	VALUE, /* "=" and a value */
};

#define LINUX(major, minor) ((major)*1000u + (minor))

/*
 * Options that belong to some of these file systems, and are refused by the others: "Unknown parameter". By the tables in
 * Linux's fs/ext4/super.c, fs/xfs/xfs_super.c, fs/btrfs/super.c, fs/fat/inode.c and fs/f2fs/super.c. What a
 * file system has taken at any time it takes here, too, but where `before` has the release that stopped it.
 * With no file system, mountall of Upstart took it, and nothing does any more.
 */
static const struct option {
	const char *name;
	enum form form;
	unsigned takes; /* of enum fs */
	unsigned before;
} options_known[] = {
	{ "subvol", VALUE, BTRFS, 0 },
	{ "subvolid", VALUE, BTRFS, 0 },
	{ "subvolrootid", VALUE, BTRFS, 0 },
	{ "compress", ANY, BTRFS, 0 },
	{ "compress-force", ANY, BTRFS, 0 },
	{ "space_cache", ANY, BTRFS, 0 },
	{ "nospace_cache", BARE, BTRFS, 0 },
	{ "clear_cache", BARE, BTRFS, 0 },
	{ "inode_cache", BARE, BTRFS, 0 },
	{ "ssd", BARE, BTRFS, 0 },
	{ "nossd", BARE, BTRFS, 0 },
	{ "ssd_spread", BARE, BTRFS, 0 },
	{ "nossd_spread", BARE, BTRFS, 0 },
	{ "autodefrag", BARE, BTRFS, 0 },
	{ "noautodefrag", BARE, BTRFS, 0 },
	{ "datacow", BARE, BTRFS, 0 },
	{ "nodatacow", BARE, BTRFS, 0 },
	{ "datasum", BARE, BTRFS, 0 },
	{ "nodatasum", BARE, BTRFS, 0 },
	{ "degraded", BARE, BTRFS, 0 },
	{ "device", VALUE, BTRFS, 0 },
	{ "flushoncommit", BARE, BTRFS, 0 },
	{ "noflushoncommit", BARE, BTRFS, 0 },
	{ "max_inline", VALUE, BTRFS, 0 },
	{ "metadata_ratio", VALUE, BTRFS, 0 },
	{ "rescue", VALUE, BTRFS, 0 },
	{ "skip_balance", BARE, BTRFS, 0 },
	{ "thread_pool", VALUE, BTRFS, 0 },
	{ "treelog", BARE, BTRFS, 0 },
	{ "notreelog", BARE, BTRFS, 0 },
	{ "usebackuproot", BARE, BTRFS, 0 },
	{ "user_subvol_rm_allowed", BARE, BTRFS, 0 },
	{ "discard", VALUE, BTRFS, 0 },
	{ "discard", BARE, EXT | XFS | BTRFS | FAT | F2FS, 0 },
	{ "nodiscard", BARE, EXT | XFS | BTRFS | F2FS, 0 },
	{ "acl", BARE, EXT | BTRFS | F2FS, 0 },
	{ "noacl", BARE, EXT | BTRFS | F2FS, 0 },
	{ "user_xattr", BARE, EXT | F2FS, 0 },
	{ "nouser_xattr", BARE, EXT | F2FS, 0 },
	{ "barrier", BARE, EXT | BTRFS | F2FS, 0 },
	{ "barrier", BARE, XFS, LINUX(4, 19) },
	{ "barrier", VALUE, EXT, 0 },
	{ "nobarrier", BARE, EXT | BTRFS | F2FS, 0 },
	{ "nobarrier", BARE, XFS, LINUX(4, 19) },
	{ "commit", VALUE, EXT | BTRFS, 0 },
	{ "norecovery", BARE, EXT | XFS | BTRFS | F2FS, 0 },
	{ "errors", VALUE, EXT | FAT | F2FS, 0 },
	{ "data", VALUE, EXT, 0 },
	{ "data_err", VALUE, EXT, 0 },
	{ "noload", BARE, EXT, 0 },
	{ "bsddf", BARE, EXT, 0 },
	{ "minixdf", BARE, EXT, 0 },
	{ "stripe", VALUE, EXT, 0 },
	{ "delalloc", BARE, EXT, 0 },
	{ "nodelalloc", BARE, EXT, 0 },
	{ "auto_da_alloc", ANY, EXT, 0 },
	{ "noauto_da_alloc", BARE, EXT, 0 },
	{ "block_validity", BARE, EXT, 0 },
	{ "noblock_validity", BARE, EXT, 0 },
	{ "dioread_nolock", BARE, EXT, 0 },
	{ "dioread_lock", BARE, EXT, 0 },
	{ "init_itable", ANY, EXT, 0 },
	{ "noinit_itable", BARE, EXT, 0 },
	{ "inode_readahead_blks", VALUE, EXT, 0 },
	{ "journal_async_commit", BARE, EXT, 0 },
	{ "journal_checksum", BARE, EXT, 0 },
	{ "nojournal_checksum", BARE, EXT, 0 },
	{ "journal_ioprio", VALUE, EXT, 0 },
	{ "max_batch_time", VALUE, EXT, 0 },
	{ "min_batch_time", VALUE, EXT, 0 },
	{ "max_dir_size_kb", VALUE, EXT, 0 },
	{ "dax", ANY, EXT | XFS, 0 },
	{ "resuid", VALUE, EXT | F2FS, 0 },
	{ "resgid", VALUE, EXT | F2FS, 0 },
	{ "grpid", BARE, EXT | XFS, 0 },
	{ "nogrpid", BARE, EXT | XFS, 0 },
	{ "bsdgroups", BARE, EXT | XFS, 0 },
	{ "sysvgroups", BARE, EXT | XFS, 0 },
	{ "quota", BARE, EXT | XFS | F2FS, 0 },
	{ "noquota", BARE, EXT | XFS | F2FS, 0 },
	{ "usrquota", BARE, EXT | XFS | F2FS, 0 },
	{ "grpquota", BARE, EXT | XFS | F2FS, 0 },
	{ "prjquota", BARE, EXT | XFS | F2FS, 0 },
	{ "usrjquota", VALUE, EXT | F2FS, 0 },
	{ "grpjquota", VALUE, EXT | F2FS, 0 },
	{ "jqfmt", VALUE, EXT | F2FS, 0 },
	{ "uquota", BARE, XFS, 0 },
	{ "gquota", BARE, XFS, 0 },
	{ "pquota", BARE, XFS, 0 },
	{ "uqnoenforce", BARE, XFS, 0 },
	{ "gqnoenforce", BARE, XFS, 0 },
	{ "pqnoenforce", BARE, XFS, 0 },
	{ "allocsize", VALUE, XFS, 0 },
	{ "attr2", BARE, XFS, 0 },
	{ "noattr2", BARE, XFS, 0 },
	{ "filestreams", BARE, XFS, 0 },
	{ "ikeep", BARE, XFS, 0 },
	{ "noikeep", BARE, XFS, 0 },
	{ "inode32", BARE, XFS, 0 },
	{ "inode64", BARE, XFS, 0 },
	{ "largeio", BARE, XFS, 0 },
	{ "nolargeio", BARE, XFS, 0 },
	{ "logbsize", VALUE, XFS, 0 },
	{ "logbufs", VALUE, XFS, 0 },
	{ "logdev", VALUE, XFS, 0 },
	{ "noalign", BARE, XFS, 0 },
	{ "nouuid", BARE, XFS, 0 },
	{ "rtdev", VALUE, XFS, 0 },
	{ "sunit", VALUE, XFS, 0 },
	{ "swalloc", BARE, XFS, 0 },
	{ "swidth", VALUE, XFS, 0 },
	{ "wsync", BARE, XFS, 0 },
	{ "codepage", VALUE, FAT, 0 },
	{ "dmask", VALUE, FAT, 0 },
	{ "fmask", VALUE, FAT, 0 },
	{ "umask", VALUE, FAT, 0 },
	{ "uid", VALUE, FAT, 0 },
	{ "gid", VALUE, FAT, 0 },
	{ "flush", BARE, FAT, 0 },
	{ "iocharset", VALUE, FAT, 0 },
	{ "quiet", BARE, FAT, 0 },
	{ "shortname", VALUE, FAT, 0 },
	{ "showexec", BARE, FAT, 0 },
	{ "time_offset", VALUE, FAT, 0 },
	{ "tz", VALUE, FAT, 0 },
	{ "utf8", ANY, FAT, 0 },
	{ "mode", VALUE, F2FS, 0 },
	{ "active_logs", VALUE, F2FS, 0 },
	{ "background_gc", VALUE, F2FS, 0 },
	{ "compress_algorithm", VALUE, F2FS, 0 },
	{ "flush_merge", BARE, F2FS, 0 },
	{ "inline_data", BARE, F2FS, 0 },
	{ "inline_dentry", BARE, F2FS, 0 },
	{ "inline_xattr", BARE, F2FS, 0 },
	{ "size", VALUE, 0, 0 },
	{ "nr_inodes", VALUE, 0, 0 },
	{ "bootwait", BARE, 0, 0 },
	{ "nobootwait", BARE, 0, 0 },
};

/* Of mount(8), which makes flags of them or keeps them: a kernel that mounts the root hands them to its file system. */
static const char *const of_mount[] = { "defaults", "noatime", "atime", "relatime", "norelatime",
	"strictatime", "nodiratime", "diratime", "nosuid", "suid", "nodev", "dev", "noexec", "exec",
	"nofail", "auto", "noauto", "user", "nouser", "_netdev" };

static unsigned fs_of(const char *type)
{
	static const struct {
		const char *type;
		unsigned fs;
	} types[] = { { "ext2", EXT }, { "ext3", EXT }, { "ext4", EXT }, { "xfs", XFS },
		{ "btrfs", BTRFS }, { "vfat", FAT }, { "f2fs", F2FS } };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].fs;
	return 0;
}

/* 0: not known. */
static unsigned linux_of(const char *release)
{
	unsigned long major, minor = 0;
	char *end;

	if (!release || !isdigit((unsigned char)*release))
		return 0;
	major = strtoul(release, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	return major > 999 || minor > 999 ? 0 : LINUX((unsigned)major, (unsigned)minor);
}

static bool has_form(const char *option, const struct option *o)
{
	size_t len = strlen(o->name);

	if (strncmp(option, o->name, len) != 0)
		return false;
	return option[len] == '=' ? o->form != BARE : !option[len] && o->form != VALUE;
}

/* The name is known, in whichever form. */
static bool has_name(const char *option, const struct option *o)
{
	size_t len = strlen(o->name);

	return strncmp(option, o->name, len) == 0 && (option[len] == '=' || !option[len]);
}

static bool is_refused(const char *option, unsigned fs, unsigned release)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(options_known); i++) {
		const struct option *o = &options_known[i];

		if (!has_name(option, o))
			continue;
		known = true;
		if (has_form(option, o) && (o->takes & fs) &&
			(!o->before || !release || release < o->before))
			return false;
	}
	return known;
}

static bool is_of_mount(const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_mount); i++)
		if (strcmp(of_mount[i], option) == 0)
			return true;
	return strncmp(option, "x-", 2) == 0;
}

char *mount_option_refused(
	const char *type, const char *options, const char *release, bool by_kernel)
{
	CLEANUP(xfree) char *copy = xstrdup(options);
	unsigned fs = fs_of(type), version = linux_of(release);
	char *rest = copy, *option;

	while (fs && (option = strsep(&rest, ",")))
		if (is_refused(option, fs, version) || (by_kernel && is_of_mount(option)))
			return xstrdup(option);
	return NULL;
}
