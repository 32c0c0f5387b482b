#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build makes a disk that other tools find nothing wrong with, in both formats,
# and leaves its input alone.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires sgdisk sfdisk fsck.fat mcopy mke2fs e2fsck debugfs qemu-img jq

# file_in IMAGE PATH: a file of an ext4 image to standard output
file_in() { debugfs -R "cat $2" "$1" 2>/dev/null; }

make_rootfs "$tmp/rootfs.img" grub
debugfs_do "$tmp/rootfs.img" "rm /boot/grub/grub.cfg" "rm /etc/fstab"
before=$(sha256sum <"$tmp/rootfs.img")
export SOURCE_DATE_EPOCH=1700000000
ok "a raw image" "$armvm" build --no-verify --format raw -o "$tmp/a.raw" "$tmp/rootfs.img"
ok "a qcow2 image" "$armvm" build --no-verify -o "$tmp/a.qcow2" "$tmp/rootfs.img"
ok "a compressed one" "$armvm" build --no-verify --compress -o "$tmp/c.qcow2" "$tmp/rootfs.img"
ok "the input is as it was" test "$before" = "$(sha256sum <"$tmp/rootfs.img")"

ok "qemu-img finds the qcow2 image sound" qemu-img check "$tmp/a.qcow2"
ok "and the compressed one" qemu-img check "$tmp/c.qcow2"
ok "raw and qcow2 hold the same" qemu-img compare "$tmp/a.raw" "$tmp/a.qcow2"
ok "the compressed one too" qemu-img compare "$tmp/a.raw" "$tmp/c.qcow2"

sgdisk -v "$tmp/a.raw" >"$tmp/sgdisk" 2>&1
contains "sgdisk finds no problem" "No problems found" "$tmp/sgdisk"
sfdisk -J "$tmp/a.raw" >"$tmp/table"
ok "the ESP has its type, the root that of DPS" \
	jq -e '[.partitiontable.partitions[].type] == ["C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
		"B921B045-1DF0-41C3-AF44-4C6F280D3FAE"]' "$tmp/table"
ok "all is on 1 MiB" jq -e 'all(.partitiontable.partitions[]; .start % 2048 == 0)' "$tmp/table"

cut_partition "$tmp/a.raw" 1 "$tmp/esp"
cut_partition "$tmp/a.raw" 2 "$tmp/root"
ok "fsck.fat finds the ESP sound" fsck.fat -n "$tmp/esp"
sfdisk -d "$tmp/esp" >"$tmp/dump" 2>&1
lacks "and nobody takes it for a disk with partitions" start= "$tmp/dump"
fsck.fat -nv "$tmp/esp" >"$tmp/fat" 2>&1
contains "which is FAT32" "FATs, 32 bit entries" "$tmp/fat"
ok "e2fsck finds the root sound" e2fsck -fn "$tmp/root"
ok "the fallback loader is there" mdir -i "$tmp/esp" ::/EFI/BOOT/BOOTAA64.EFI

file_in "$tmp/root" /boot/grub/grub.cfg >"$tmp/grub.cfg"
uuid=$(blkid -o value -s UUID "$tmp/root")
contains "grub.cfg was made and finds the root by UUID" "root=UUID=$uuid" "$tmp/grub.cfg"
contains "and knows the kernel" "linux /boot/vmlinuz-6.1.0-99-cloud-arm64" "$tmp/grub.cfg"
contains "and the initrd" "initrd /boot/initrd.img-6.1.0-99-cloud-arm64" "$tmp/grub.cfg"
file_in "$tmp/root" /etc/fstab >"$tmp/fstab"
contains "fstab has the root" "UUID=$uuid / ext4" "$tmp/fstab"
contains "and the ESP" "UUID=$(blkid -o value -s UUID "$tmp/esp") /boot/efi vfat" "$tmp/fstab"

ok "the raw image is sparse" test "$(du -k "$tmp/a.raw" | cut -f1)" -lt 32768
ok "no temporary file is left" test -z "$(leftovers "$tmp")"
tap_done
