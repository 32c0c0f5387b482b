#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A btrfs whose system is in a subvolume: nothing that build writes would find it there.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
requires guestfish mkfs.btrfs
truncate -s 256M "$tmp/rootfs.img"
BLKID_FILE=/dev/null mkfs.btrfs -q "$tmp/rootfs.img" >/dev/null 2>&1
ok "a subvolume with a system" env LIBGUESTFS_BACKEND_SETTINGS=force_tcg guestfish -a "$tmp/rootfs.img" run : mount /dev/sda / : \
	btrfs-subvolume-create /@rootfs : mkdir /@rootfs/etc : touch /@rootfs/etc/os-release
exits 1 "it is refused" "$armvm" build --no-verify -o "$tmp/out.qcow2" "$tmp/rootfs.img"
contains "and the subvolume is named" @rootfs "$tmp/exits.log"
tap_done
