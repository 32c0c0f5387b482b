#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the guest configures itself is kept: build adds only what is missing.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires sfdisk mcopy mke2fs debugfs jq blkid

file_in() { debugfs -R "cat $2" "$1" 2>/dev/null; }

make_rootfs "$tmp/rootfs.img" grub
file_in "$tmp/rootfs.img" /boot/grub/grub.cfg >"$tmp/cfg.before"
file_in "$tmp/rootfs.img" /etc/fstab >"$tmp/fstab.before"
ok "with grub.cfg and fstab" "$armvm" build --no-verify --format raw -o "$tmp/a.raw" "$tmp/rootfs.img"
cut_partition "$tmp/a.raw" 1 "$tmp/esp"
cut_partition "$tmp/a.raw" 2 "$tmp/root"
file_in "$tmp/root" /boot/grub/grub.cfg >"$tmp/cfg.after"
file_in "$tmp/root" /etc/fstab >"$tmp/fstab.after"
ok "grub.cfg is kept" cmp "$tmp/cfg.before" "$tmp/cfg.after"
ok "fstab is kept" cmp "$tmp/fstab.before" "$tmp/fstab.after"
contains "and the ESP gets the serial that it expects" \
	"UUID=$(blkid -o value -s UUID "$tmp/esp") /boot/efi" "$tmp/fstab.before"

printf '# mine\nLABEL=root / ext4 noatime 0 1' >"$tmp/fstab"
debugfs_do "$tmp/rootfs.img" "rm /etc/fstab" "write $tmp/fstab /etc/fstab"
ok "with a root line alone" "$armvm" build --no-verify --force --format raw -o "$tmp/a.raw" "$tmp/rootfs.img"
cut_partition "$tmp/a.raw" 2 "$tmp/root"
file_in "$tmp/root" /etc/fstab >"$tmp/fstab.after"
contains "it is kept" "LABEL=root / ext4 noatime 0 1" "$tmp/fstab.after"
contains "and the ESP added on a line of its own" " /boot/efi vfat umask=0077 0 1" "$tmp/fstab.after"
ok "no second root line" test "$(grep -c ' / ' "$tmp/fstab.after")" = 1

partuuid=0e0e0e0e-0000-4000-8000-00000000000a
printf 'PARTUUID=%s / ext4 defaults 0 1\n' $partuuid >"$tmp/fstab"
debugfs_do "$tmp/rootfs.img" "rm /etc/fstab" "write $tmp/fstab /etc/fstab"
ok "with the root by PARTUUID" "$armvm" build --no-verify --force --format raw -o "$tmp/a.raw" "$tmp/rootfs.img"
sfdisk -J "$tmp/a.raw" >"$tmp/table"
ok "the partition gets that" jq -e ".partitiontable.partitions[1].uuid | ascii_downcase == \"$partuuid\"" "$tmp/table"

printf 'set default=0\nmenuentry x {\n\tlinux /boot/vmlinuz-gone root=/dev/vda1\n}\n' >"$tmp/cfg"
debugfs_do "$tmp/rootfs.img" "rm /boot/grub/grub.cfg" "write $tmp/cfg /boot/grub/grub.cfg"
exits 1 "a grub.cfg that starts no kernel is judged" \
	"$armvm" build --no-verify -o "$tmp/b.qcow2" "$tmp/rootfs.img"
ok "and leaves no output" test ! -e "$tmp/b.qcow2"
tap_done
