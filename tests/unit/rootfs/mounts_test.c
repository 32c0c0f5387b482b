/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest mounts where: fstab, units, and what systemd finds by its type. Each case is a guest with some files, and
 * what is mounted at a path of it.
 */
#include "rootfs/mounts.h"

#include "base/xalloc.h"
#include "memroot.h"
#include "tap.h"

#define MAX 6

#define ETC        "/etc/systemd/system/"
#define VENDOR     "/usr/lib/systemd/system/"
#define DROP_IN    ETC "local-fs.target.d/a.conf"
#define UNIT(what) "[Mount]\nWhat=" what "\nWhere=/boot\nType=ext4\n"
#define GENERATOR                                                                                  \
	{                                                                                          \
		"/usr/lib/systemd/system-generators/systemd-gpt-auto-generator", "x", 0, 0         \
	}
#define NEW                                                                                        \
	{                                                                                          \
		"/usr/lib/systemd/libsystemd-shared-257.so", "x", 0, 0                             \
	}
#define OLD                                                                                        \
	{                                                                                          \
		"/usr/lib/aarch64-linux-gnu/systemd/libsystemd-shared-252.so", "x", 0, 0           \
	}
#define FSTAB(text)                                                                                \
	{                                                                                          \
		"/etc/fstab", text, 0, 0                                                           \
	}
#define LINK(path)                                                                                 \
	{                                                                                          \
		path, "x", 0, 0                                                                    \
	}
#define FILE_OF(path, text)                                                                        \
	{                                                                                          \
		path, text, 0, 0                                                                   \
	}

static const struct {
	const char *what, *path;
	const char *spec, *from; /* NULL: nothing is mounted there; from: NULL: fstab's line */
	struct mount_parts parts;
	struct memfile files[MAX];
} cases[] = {
	{ "nothing", "/boot", NULL, NULL, { "e", "x" }, { LINK("/usr/bin/x") } },
	{ "fstab", "/boot", "UUID=1", NULL, { "e", "x" },
		{ FSTAB("UUID=1 /boot ext4\n"), GENERATOR, NEW } },
	{ "a unit that is pulled in", "/boot", "/dev/disk/by-uuid/2", ETC "boot.mount", { 0 },
		{ FILE_OF(ETC "boot.mount", UNIT("/dev/disk/by-uuid/2")),
			LINK(ETC "local-fs.target.wants/boot.mount") } },
	{ "by its automount", "/boot", "UUID=2", VENDOR "boot.mount", { 0 },
		{ FILE_OF(VENDOR "boot.mount", UNIT("UUID=2")),
			LINK(VENDOR "local-fs.target.wants/boot.automount") } },
	{ "a unit that nothing pulls in", "/boot", NULL, NULL, { 0 },
		{ FILE_OF(ETC "boot.mount", UNIT("/dev/disk/by-uuid/2")) } },
	{ "a unit of /etc before fstab", "/boot", "UUID=2", ETC "boot.mount", { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(ETC "boot.mount", UNIT("UUID=2")),
			LINK(ETC "local-fs.target.requires/boot.mount") } },
	{ "fstab before a vendor's unit", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(VENDOR "boot.mount", UNIT("UUID=2")),
			LINK(VENDOR "local-fs.target.wants/boot.mount") } },
	{ "a drop-in", "/boot", "UUID=3", ETC "boot.mount", { 0 },
		{ FILE_OF(ETC "boot.mount", UNIT("UUID=2")),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat = UUID=3 \n"),
			LINK(ETC "local-fs.target.wants/boot.mount") } },
	{ "a vendor's unit that /etc hides", "/boot", NULL, NULL, { 0 },
		{ FILE_OF(VENDOR "boot.mount", UNIT("UUID=2")), LINK(ETC "boot.mount"),
			LINK(ETC "local-fs.target.wants/boot.mount") } },
	{ "what is no partition", "/boot", NULL, NULL, { 0 },
		{ FILE_OF(ETC "boot.mount", UNIT("tmpfs")),
			LINK(ETC "local-fs.target.wants/boot.mount") } },
	{ "XBOOTLDR", "/boot", "PARTUUID=x", "systemd-gpt-auto-generator", { "e", "x" },
		{ GENERATOR, NEW } },
	{ "the ESP beside it", "/efi", "PARTUUID=e", "systemd-gpt-auto-generator", { "e", "x" },
		{ GENERATOR, NEW } },
	{ "the ESP alone", "/boot", "PARTUUID=e", "systemd-gpt-auto-generator", { "e", NULL },
		{ GENERATOR, NEW } },
	{ "the ESP, something in /boot", "/efi", "PARTUUID=e", "systemd-gpt-auto-generator",
		{ "e", NULL }, { GENERATOR, NEW, LINK("/boot/vmlinuz") } },
	{ "and in /efi", "/efi", NULL, NULL, { "e", NULL },
		{ GENERATOR, NEW, LINK("/boot/vmlinuz"), LINK("/efi/x") } },
	{ "XBOOTLDR, something in /boot", "/boot", NULL, NULL, { "e", "x" },
		{ GENERATOR, NEW, LINK("/boot/vmlinuz") } },
	{ "XBOOTLDR beside fstab's ESP", "/boot", NULL, NULL, { "e", "x" },
		{ GENERATOR, NEW, FSTAB("UUID=1 /boot/efi vfat\n") } },
	{ "beside fstab's root", "/boot", "PARTUUID=x", "systemd-gpt-auto-generator", { "e", "x" },
		{ GENERATOR, NEW, FSTAB("UUID=1 / ext4\nUUID=3 /bootx ext4\n") } },
	{ "older: XBOOTLDR beside fstab's ESP", "/boot", "PARTUUID=x", "systemd-gpt-auto-generator",
		{ "e", "x" }, { GENERATOR, OLD, FSTAB("UUID=1 /efi vfat\n") } },
	{ "older: the ESP alone", "/boot", "PARTUUID=e", "systemd-gpt-auto-generator",
		{ "e", NULL }, { GENERATOR, OLD } },
	{ "older: the ESP, something in /boot", "/efi", NULL, NULL, { "e", NULL },
		{ GENERATOR, OLD, LINK("/boot/vmlinuz") } },
	{ "no such generator", "/boot", NULL, NULL, { "e", "x" }, { NEW } },
	{ "a generator that is masked", "/boot", NULL, NULL, { "e", "x" },
		{ GENERATOR, NEW,
			LINK("/etc/systemd/system-generators/systemd-gpt-auto-generator") } },
	{ "a generator that is turned off", "/boot", NULL, NULL, { 0 }, { GENERATOR, NEW } },

	/* Masks, and which unit is loaded of those with one name. */
	{ "fstab's unit is masked", "/boot/efi", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot/efi vfat\n"), FILE_OF(ETC "boot-efi.mount", "") } },
	{ "another's is", "/boot/efi", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot/efi vfat\n"), FILE_OF(ETC "boot.mount", "") } },
	{ "it is hidden by what mounts no partition", "/boot", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(ETC "boot.mount", UNIT("tmpfs")) } },
	{ "by another, which fstab's line pulls in", "/boot", "UUID=2", ETC "boot.mount", { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(ETC "boot.mount", UNIT("UUID=2")) } },
	{ "not by a vendor's mask", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(VENDOR "boot.mount", "") } },
	{ "a dash in a name", "/boot-x", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot-x ext4\n"), FILE_OF(ETC "boot\\x2dx.mount", "") } },
	{ "a folder is another path", "/boot/x", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot/x ext4\n"), FILE_OF(ETC "boot\\x2dx.mount", "") } },
	{ "the command line masks fstab's", "/boot", NULL, NULL,
		{ .cmdline = "ro systemd.mask=boot.mount quiet" },
		{ FSTAB("UUID=1 /boot ext4\n") } },
	{ "by its path", "/boot/efi", NULL, NULL, { .cmdline = "systemd.mask=/boot/efi" },
		{ FSTAB("UUID=1 /boot/efi vfat\n") } },
	{ "in the initrd alone", "/boot", "UUID=1", NULL,
		{ .cmdline = "rd.systemd.mask=boot.mount systemd.mask=boot" },
		{ FSTAB("UUID=1 /boot ext4\n") } },
	{ "an administrator's", "/boot", NULL, NULL, { .cmdline = "systemd.mask=boot.mount" },
		{ FILE_OF(ETC "boot.mount", UNIT("UUID=2")),
			LINK(ETC "local-fs.target.wants/boot.mount") } },
	{ "the generator's", "/boot", NULL, NULL,
		{ "e", "x", .cmdline = "systemd.mask=boot.mount" }, { GENERATOR, NEW } },
	{ "a vendor's mask of it", "/boot", NULL, NULL, { "e", "x" },
		{ GENERATOR, NEW, FILE_OF(VENDOR "boot.mount", "") } },
	{ "of its automount", "/boot", NULL, NULL, { "e", "x" },
		{ GENERATOR, NEW, FILE_OF(ETC "boot.automount", "") } },
	{ "of fstab's automount", "/boot", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4 x-systemd.automount\n"),
			FILE_OF(ETC "boot.automount", "") } },
	{ "of an automount that fstab does without", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"), FILE_OF(ETC "boot.automount", "") } },
	{ "of what pulls it in", "/boot", NULL, NULL, { 0 },
		{ FILE_OF(VENDOR "boot.mount", UNIT("UUID=2")),
			LINK(VENDOR "local-fs.target.wants/boot.mount"),
			FILE_OF(ETC "local-fs.target.wants/boot.mount", "") } },
	{ "the root is the initrd's", "/", "UUID=1", NULL, { .cmdline = "systemd.mask=-.mount" },
		{ FSTAB("UUID=1 / ext4\n"), FILE_OF(ETC "-.mount", "") } },
	{ "a swap", "none", NULL, NULL, { 0 },
		{ FSTAB("UUID=a-b none swap\n"),
			FILE_OF(ETC "dev-disk-by\\x2duuid-a\\x2db.swap", "") } },
	{ "another swap", "none", "UUID=a-c", NULL, { 0 },
		{ FSTAB("UUID=a-c none swap\n"),
			FILE_OF(ETC "dev-disk-by\\x2duuid-a\\x2db.swap", "") } },
	{ "all swaps", "none", NULL, NULL, { .cmdline = "systemd.swap=0" },
		{ FSTAB("UUID=a-c none swap\n") } },
	{ "all of fstab", "/boot", NULL, NULL, { .cmdline = "fstab=no" },
		{ FSTAB("UUID=1 /boot ext4\n") } },
	{ "and not", "/boot", "UUID=1", NULL, { .cmdline = "fstab=no fstab=1" },
		{ FSTAB("UUID=1 /boot ext4\n") } },
	{ "a mount on the command line", "/boot", "UUID=3",
		"systemd.mount-extra= on the command line",
		{ .cmdline = "systemd.mount-extra=UUID=3:/boot:ext4" }, { NEW } },
	{ "which an older one does not know", "/boot", NULL, NULL,
		{ .cmdline = "systemd.mount-extra=UUID=3:/boot:ext4" }, { OLD } },
	{ "which is masked", "/boot", NULL, NULL, { .cmdline = "systemd.mount-extra=UUID=3:/boot" },
		{ NEW, FILE_OF(ETC "boot.mount", "") } },
	{ "a vendor's mask of fstab's automount", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4 x-systemd.automount\n"),
			FILE_OF(VENDOR "boot.automount", "") } },
	{ "a slash behind the path", "/boot", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot/ ext4\n"), FILE_OF(ETC "boot.mount", "") } },

	/* Drop-ins of the units that generators make. */
	{ "fstab's unit has a drop-in", "/boot", "UUID=3", ETC "boot.mount.d/a.conf", { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
	{ "one that sets nothing of a mount", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Unit]\nAfter=x.service\n") } },
	{ "another unit's", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot-efi.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
	{ "no .conf", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a", "[Mount]\nWhat=UUID=3\n") } },
	{ "a vendor's", "/boot", "UUID=3", VENDOR "boot.mount.d/a.conf", { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(VENDOR "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
	{ "which one of /etc hides", "/boot", "UUID=4", ETC "boot.mount.d/a.conf", { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(VENDOR "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=4\n") } },
	{ "or masks", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(VENDOR "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "") } },
	{ "the last by its name, wherever it is", "/boot", "UUID=3", VENDOR "boot.mount.d/b.conf",
		{ 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(VENDOR "boot.mount.d/b.conf", "[Mount]\nWhat=UUID=3\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=4\n") } },
	{ "one of the prefix", "/boot/efi", "UUID=3", ETC "boot-.mount.d/a.conf", { 0 },
		{ FSTAB("UUID=1 /boot/efi vfat\n"),
			FILE_OF(ETC "boot-.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
	{ "another path in it", "/boot", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhere=/boot2\n") } },
	{ "the same path", "/boot", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhere=/boot/\n") } },
	{ "nothing to mount in it", "/boot", NULL, NULL, { 0 },
		{ FSTAB("UUID=1 /boot ext4\n"),
			FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat=\n") } },
	{ "of what is found by its type", "/boot", "UUID=3", ETC "boot.mount.d/a.conf",
		{ "e", NULL },
		{ GENERATOR, NEW, FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
	{ "the root's counts for nothing", "/", "UUID=1", NULL, { 0 },
		{ FSTAB("UUID=1 / ext4\n"),
			FILE_OF(ETC "-.mount.d/a.conf", "[Mount]\nWhat=UUID=3\n") } },
};

static void test_case(size_t i)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	struct memfile files[MAX];
	const struct fstab_line *line;
	struct memroot root;
	size_t n = 0;

	while (n < MAX && cases[i].files[n].path) {
		files[n] = cases[i].files[n];
		n++;
	}
	is_int(mounts_read(memroot_init(&root, files, n), &cases[i].parts, &tab, NULL), 0,
		cases[i].what);
	line = fstab_find(&tab, cases[i].path);
	is_str(line ? line->spec : NULL, cases[i].spec, cases[i].path);
	if (line && cases[i].spec)
		is_str(line->from, cases[i].from, "what mounts it");
}

/* What local-fs.target requires in vain: the units' names, NULL behind the last. */
static const struct {
	const char *what, *refused, *cmdline;
	struct memfile files[MAX];
} requirements[] = {
	{ "nothing is masked", NULL, NULL, { FSTAB("UUID=1 /srv ext4\n") } },
	{ "what fstab's line requires", "srv.mount is masked (/etc/fstab line 1)", NULL,
		{ FSTAB("UUID=1 /srv ext4\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "by the command line", "srv.mount is masked (/etc/fstab line 1)",
		"systemd.mask=srv.mount", { FSTAB("UUID=1 /srv ext4\n") } },
	{ "not by a vendor, whose unit comes later", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4\n"), FILE_OF(VENDOR "srv.mount", "") } },
	{ "another unit before it", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4\n"), FILE_OF(ETC "srv.mount", UNIT("UUID=2")) } },
	{ "nofail", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 nofail\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "noauto", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 noauto\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "its automount", "srv.automount is masked (/etc/fstab line 1)", NULL,
		{ FSTAB("UUID=1 /srv ext4 x-systemd.automount\n"),
			FILE_OF(ETC "srv.automount", "") } },
	{ "the mount that an automount starts", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 x-systemd.automount\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "of a network", NULL, NULL, { FSTAB("a:/x /srv nfs\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "a device of a network", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 _netdev\n"), FILE_OF(ETC "srv.mount", "") } },
	{ "a swap", NULL, NULL,
		{ FSTAB("/dev/vda3 none swap\n"), FILE_OF(ETC "dev-vda3.swap", "") } },
	{ "the root", NULL, NULL, { FSTAB("UUID=1 / ext4\n"), FILE_OF(ETC "-.mount", "") } },
	{ "systemd's own", NULL, NULL,
		{ FSTAB("tmpfs /dev/shm tmpfs\n"), FILE_OF(ETC "dev-shm.mount", "") } },
	{ "a vendor's unit that is required",
		"srv.mount is masked (" VENDOR "local-fs.target.requires/srv.mount)", NULL,
		{ FILE_OF(VENDOR "srv.mount", UNIT("UUID=2")), FILE_OF(ETC "srv.mount", ""),
			LINK(VENDOR "local-fs.target.requires/srv.mount") } },
	{ "and wanted", NULL, NULL,
		{ FILE_OF(VENDOR "srv.mount", UNIT("UUID=2")), FILE_OF(ETC "srv.mount", ""),
			LINK(VENDOR "local-fs.target.wants/srv.mount") } },
	{ "and required by nothing, as the link is masked", NULL, NULL,
		{ FILE_OF(VENDOR "srv.mount", UNIT("UUID=2")), FILE_OF(ETC "srv.mount", ""),
			LINK(VENDOR "local-fs.target.requires/srv.mount"),
			FILE_OF(ETC "local-fs.target.requires/srv.mount", "") } },
	{ "a link that a removed unit has left",
		"srv.mount is missing (" ETC "local-fs.target.requires/srv.mount)", NULL,
		{ LINK(ETC "local-fs.target.requires/srv.mount") } },
	{ "to what fstab makes", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 noauto\n"),
			LINK(ETC "local-fs.target.requires/srv.mount") } },
	{ "or a generator may", NULL, NULL,
		{ FILE_OF("/usr/lib/systemd/system-generators/zfs-mount-generator", "x"),
			LINK(ETC "local-fs.target.requires/srv.mount") } },
	{ "or systemd's, by the partition's type", NULL, NULL,
		{ FILE_OF("/usr/lib/systemd/system-generators/systemd-gpt-auto-generator", "x"),
			LINK(ETC "local-fs.target.requires/srv.mount") } },
	{ "a dead link to what is masked",
		"srv.mount is masked (" ETC "local-fs.target.requires/srv.mount)", NULL,
		{ FILE_OF(ETC "srv.mount", ""), LINK(ETC "local-fs.target.requires/srv.mount") } },
	{ "a drop-in's Requires=", "gone.service is missing (" DROP_IN ")", NULL,
		{ FILE_OF(DROP_IN, "[Unit]\nRequires=a.service gone.service\n"),
			FILE_OF(VENDOR "a.service", "x") } },
	{ "BindsTo=", "gone.mount is missing (" DROP_IN ")", NULL,
		{ FILE_OF(DROP_IN, "[Unit]\nBindsTo = \"gone.mount\"\n") } },
	{ "Requisite=, behind the end of the line", "srv.mount is masked (" DROP_IN ")", NULL,
		{ FILE_OF(DROP_IN, "[Unit]\nRequisite=a.service \\\n  srv.mount\n"),
			FILE_OF(VENDOR "a.service", "x"), FILE_OF(ETC "srv.mount", "") } },
	{ "in another target's", NULL, NULL,
		{ FILE_OF(ETC "remote-fs.target.d/a.conf", "[Unit]\nRequires=gone.mount\n") } },
	{ "in the target itself, which is not the vendor's",
		"gone.mount is missing (" ETC "local-fs.target)", NULL,
		{ FILE_OF(ETC "local-fs.target", "[Unit]\nRequires=gone.mount\n"),
			FILE_OF(VENDOR "local-fs.target", "[Unit]\nRequires=other.mount\n") } },
	{ "what no file makes, and a template's", NULL, NULL,
		{ FILE_OF(DROP_IN,
			  "[Unit]\n#Requires=no.mount\nRequires=dev-vda.device -.mount a@b.service\n"
			  "Wants=no.service\nRequiresMountsFor=/no\n"),
			FILE_OF(VENDOR "a@.service", "x") } },
	{ "an old script's", NULL, NULL,
		{ FILE_OF(DROP_IN, "[Unit]\nRequires=old.service\n"),
			FILE_OF("/etc/init.d/old", "x") } },
	{ "a drop-in with another path",
		"srv.mount has settings that it refuses (" ETC "srv.mount.d/a.conf)", NULL,
		{ FSTAB("UUID=1 /srv ext4\n"),
			FILE_OF(ETC "srv.mount.d/a.conf", "[Mount]\nWhere=/srv2\n") } },
	{ "of what may fail", NULL, NULL,
		{ FSTAB("UUID=1 /srv ext4 nofail\n"),
			FILE_OF(ETC "srv.mount.d/a.conf", "[Mount]\nWhat=\n") } },
};

static void test_requirement(size_t i)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	struct mount_parts parts = { .cmdline = requirements[i].cmdline };
	CLEANUP(xfree) char *refused = NULL;
	struct memfile files[MAX];
	struct memroot root;
	size_t n = 0;

	while (n < MAX && requirements[i].files[n].path) {
		files[n] = requirements[i].files[n];
		n++;
	}
	mounts_read(memroot_init(&root, files, n), &parts, &tab, NULL);
	if (tab.n_refused == 1)
		refused = xasprintf("%s %s (%s)", tab.refused[0].unit, tab.refused[0].why,
			tab.refused[0].place);
	is_int(tab.n_refused, requirements[i].refused ? 1 : 0, requirements[i].what);
	is_str(refused, requirements[i].refused, "what and why");
}

/* A drop-in's options are the mount's; those that a generator reads stay fstab's. */
static void test_options(void)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	struct memfile files[] = { FSTAB("UUID=1 /srv ext4 noatime,nofail\n"),
		FILE_OF(ETC "srv.mount.d/a.conf", "[Mount]\nOptions=ro,subvol=x\nType=btrfs\n") };
	struct mount_parts none = { 0 };
	struct memroot root;

	mounts_read(memroot_init(&root, files, 2), &none, &tab, NULL);
	is_int(tab.n, 1, "a drop-in with options");
	is_str(tab.n ? tab.v[0].options : NULL, "ro,subvol=x,nofail", "are its and fstab's");
	is_str(tab.n ? tab.v[0].type : NULL, "btrfs", "and its type");
}

/* What cannot be read leaves the answer open: it is not taken for something that is not there. */
static void test_unreadable(void)
{
	static const char *const paths[] = { "/etc/fstab", ETC "boot.mount", ETC "boot.mount.d",
		ETC "boot.mount.d/a.conf", ETC "local-fs.target.wants/boot.mount",
		"/usr/lib/systemd/system", "/usr/lib/systemd",
		"/etc/systemd/system-generators/systemd-gpt-auto-generator", "/boot" };
	struct memfile files[] = { FSTAB("UUID=1 / ext4\n"), GENERATOR, NEW,
		FILE_OF(ETC "boot.mount", "[Mount]\nWhat=UUID=2\nWhere=/srv\n"),
		FILE_OF(ETC "boot.mount.d/a.conf", "[Mount]\nType=ext4\n"),
		LINK(ETC "local-fs.target.wants/x"), FILE_OF(VENDOR "a.service", "[Service]\n") };
	struct mount_parts parts = { "e", NULL };
	struct memroot root;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(fstab_release) struct fstab tab = { 0 };
		struct rootfs *fs = memroot_init(&root, files, ARRAY_SIZE(files));
		struct err err = { 0 };

		root.unreadable = paths[i];
		is_int(mounts_read(fs, &parts, &tab, &err), -EIO, paths[i]);
		is_str(err.text, paths[i], "and it is named");
	}
}

static void test_too_long(void)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	CLEANUP(xfree) char *text = xasprintf("%s%*s", UNIT("UUID=2"), 64 * 1024, "");
	struct memfile files[] = { FILE_OF(ETC "boot.mount", text),
		LINK(ETC "local-fs.target.wants/boot.mount") };
	struct mount_parts none = { 0 };
	struct memroot root;

	is_int(mounts_read(memroot_init(&root, files, 2), &none, &tab, NULL), -EFBIG,
		"a unit of more than is read");
}

int main(void)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	struct memfile files[] = { FILE_OF(ETC "boot.mount", UNIT("UUID=2")),
		LINK(ETC "local-fs.target.requires/boot.mount") };
	struct mount_parts none = { 0 };
	struct memroot root;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(i);
	for (size_t i = 0; i < ARRAY_SIZE(requirements); i++)
		test_requirement(i);
	test_options();
	mounts_read(memroot_init(&root, files, 1), &none, &tab, NULL);
	is_int(tab.n, 0, "a unit that is not pulled in is no line");
	mounts_read(memroot_init(&root, files, 2), &none, &tab, NULL);
	is_int(tab.n, 1, "one that is, is");
	ok(tab.n == 1 && !fstab_optional(&tab.v[0]), "the boot waits for what is required");
	test_unreadable();
	test_too_long();
	return tap_done();
}
