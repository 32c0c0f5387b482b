/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers that are there and do not start: what modprobe.d(5) and a kernel's command line say of modules.
 */
#ifndef ARMVM_ROOTFS_MODPROBE_H
#define ARMVM_ROOTFS_MODPROBE_H

#include "base/buf.h"
#include "base/err.h"

struct rootfs;
struct kernel_drivers;

enum bar_kind {
	BAR_KERNEL,    /* module_blacklist=: the kernel refuses it, whoever asks */
	BAR_ALL,       /* nomodule: it loads none at all */
	BAR_INITCALL,  /* initcall_blacklist=: the name of a function that starts a driver */
	BAR_INSTALL,   /* "install MODULE /bin/false": modprobe loads nothing */
	BAR_BLACKLIST, /* "blacklist MODULE": it is not loaded for a device or a file system */
	BAR_NAMED,     /* no bar: it is loaded by its name, whatever is on a blacklist */
	BAR_COMMAND,   /* no bar: "install" with a program that may load it */
	BAR_OFF,       /* "alias NAME off": what asks for the name gets nothing */
	BAR_ALIAS,     /* no bar: "alias" with a module, before those of modules.alias */
};

struct bar {
	enum bar_kind kind;
	char *name;
	char *where; /* "module_blacklist= on the command line", "/etc/modprobe.d/x.conf" */
};

/* Starts zeroed. */
struct bars {
	struct bar *v;
	size_t n;
	bool more; /* they are too many: these are not all */
};

/* Adds what a file of a modprobe.d says; where is its path. One with the path of an earlier one replaces it. */
void bars_add_file(struct bars *bars, const char *where, const char *text);
/* Adds those of a guest's folders: of files with one name the first folder's counts. */
int bars_read(struct bars *bars, struct rootfs *root, struct err *err);

/* Whose words on a command line count beside the kernel's and modprobe's. NULL: no initrd's. */
void bars_add_cmdline(struct bars *bars, const char *cmdline, const char *maker);

/*
 * What keeps a driver from starting that is built in, or else a module, which those that it needs are part of. A
 * module's name is as in struct initrd. NULL: nothing does.
 */
const struct bar *bars_find(const struct bars *bars, const struct bars *cmdline,
	const struct kernel_drivers *kd, const char *module, bool built_in);

/*
 * What keeps modprobe from finding a module by what the kernel asks for, "fs_vfat". A blacklist is none. NULL: nothing
 * does.
 */
const struct bar *bars_find_alias(const struct bars *bars, const char *alias);

void bars_release(struct bars *bars);
DEFINE_RELEASE(struct bars, bars_release)

#endif
