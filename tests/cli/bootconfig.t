#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of images whose root= stands in the bootconfig behind the initrd: it is read as the kernel does.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp

# configured TEXT ARGUMENTS: the initrd has this text behind it, the command line is the arguments
configured() {
	cp --sparse=always "$(sample grub)" "$img"
	root_get "/boot/initrd.img-$version" "$tmp/initrd"
	python3 -c 'import struct, sys
text = sys.argv[2].encode() + b"\0"
open(sys.argv[1], "ab").write(text + struct.pack("<II", len(text), sum(text) + int(sys.argv[3])) + b"#BOOTCONFIG\n")' \
		"$tmp/initrd" "$1" "${wrong:-0}"
	root_put "$tmp/initrd" "/boot/initrd.img-$version"
	root_edit /boot/grub/grub.cfg "s,root=UUID=.* ro\$,$2,"
}
configured "kernel.root = \"UUID=$root_uuid\"" "ro bootconfig"
exits 0 "root= in a bootconfig" "$armvm" check --boot none "$img"
for id in guest.fstab-missing guest.kernel guest.initrd guest.init; do
	exits 0 "$id, asked for alone" "$armvm" check --boot none --select $id "$img"
done
configured "kernel { root = UUID=5a3ab1e0-0000-4000-8000-00000000dead }" "ro bootconfig"
exits 1 "one that the image has not got" "$armvm" check --boot none "$img"
contains "  is said" "root=UUID=5a3ab1e0-0000-4000-8000-00000000dead" "$tmp/exits.log"
configured "kernel.root = /dev/vda2" "ro bootconfig"
exits 1 "a device's name" "$armvm" check --boot none "$img"
configured "kernel.root = \"UUID=5a3ab1e0-0000-4000-8000-00000000dead\"" "root=UUID=$root_uuid ro bootconfig"
exits 0 "what stands on the command line comes later" "$armvm" check --boot none "$img"
configured "kernel.root = \"UUID=$root_uuid\"" "ro"
exits 1 "nobody asks for it" "$armvm" check --boot none "$img"
root_edit "/boot/config-$version" '$a CONFIG_BOOT_CONFIG=y\nCONFIG_BOOT_CONFIG_FORCE=y'
exits 0 "the kernel was built to read it" "$armvm" check --boot none "$img"
configured "kernel.root = \"UUID=$root_uuid\"" "ro bootconfig"
root_edit "/boot/config-$version" '$a # CONFIG_BOOT_CONFIG is not set'
exits 3 "the kernel cannot" "$armvm" check --boot none "$img"
wrong=1 && configured "kernel.root = \"UUID=$root_uuid\"" "ro bootconfig"
exits 3 "its sum is wrong" "$armvm" check --boot none "$img"
wrong=0 && configured "init.root = \"UUID=$root_uuid\"" "ro bootconfig"
exits 3 "it is init's" "$armvm" check --boot none "$img"
configured "kernel.root = \"UUID=$root_uuid" "ro bootconfig"
exits 3 "it is not closed" "$armvm" check --boot none "$img"
tap_done
