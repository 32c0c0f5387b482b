/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root that initrds find which do not go by root=: what they look for is on the disk or not. Followed are
 * initramfs-tools' boot= with live-boot and casper, postmarketOS, snapd, Alpine's mkinitfs without root=, and ZFS pools.
 */
#ifndef ARMVM_LOADER_INITRD_FINDS_H
#define ARMVM_LOADER_INITRD_FINDS_H

#include "loader/volume.h"
#include "rootfs/inventory.h"

/* Starts zeroed. */
struct initrd_finding {
	enum presence answer;
	char *text; /* ABSENT: what is missing. PRESENCE_UNKNOWN: why. "boot=live: nothing in ..." */
	char *words; /* PRESENT: root= and what names it, when that is a file system; NULL: it is in a file, or in memory */
};

/*
 * What the initrd whose files say `root` finds with this command line. False: it is none of these, or goes by
 * root= as others do, and *finding stays as it is.
 */
bool initrd_finds(const struct chain_view *view, const char *cmdline,
	const struct initrd_root *root, struct initrd_finding *finding);
void initrd_finding_release(struct initrd_finding *finding);
DEFINE_RELEASE(struct initrd_finding, initrd_finding_release)

/*
 * Whether the initrd reads root= in a way of its own: *finding says what it finds. It does not know the form in which the
 * root is named, where all others of those that are known take the four tags; or quotes are a part of the name to it,
 * or none, where the kernel has it otherwise. initrd_may_differ(): it depends on the initrd.
 */
bool initrd_reads(
	const char *cmdline, const struct initrd_root *root, struct initrd_finding *finding);
bool initrd_may_differ(const char *cmdline);

/* The argument on the command line by which such an initrd would find its root; NULL: there is none. */
const char *initrd_finds_by(const char *cmdline);

#endif
