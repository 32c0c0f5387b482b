#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# As firmware-compare.t, with other file systems for GRUB to read, and other ways to
# the kernel: rEFInd, and the kernel as the loader.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy mke2fs debugfs dpkg mkfs.xfs mkfs.btrfs qemu-system-aarch64

for fs in xfs btrfs; do
	image $fs -- --fs $fs && alike "$fs root" kernel "$tmp/$fs.raw"
	rm -f "$tmp"/*.raw
done
image grub --loader grub -- --loader grub && {
	separate_boot grub changed
	alike "a separate /boot" kernel "$tmp/changed.raw"
	kernel_alone grub changed
	alike "a kernel alone" kernel "$tmp/changed.raw"
	ok "rEFInd with GRUB is made" with_refind grub changed
	alike "rEFInd, which starts GRUB" kernel "$tmp/changed.raw"
}
tap_done
