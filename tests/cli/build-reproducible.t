#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# With a seed the same input gives the same bytes; without one, other GUIDs each time.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires sfdisk mcopy mke2fs debugfs jq

unset SOURCE_DATE_EPOCH
make_rootfs "$tmp/rootfs.img" grub
debugfs_do "$tmp/rootfs.img" "rm /boot/grub/grub.cfg" "rm /etc/fstab"
build() { "$armvm" build --no-verify "$@" "$tmp/rootfs.img"; }
disk_id() { sfdisk -J "$1" | jq -r .partitiontable.id; }

for format in raw qcow2; do
	ok "$format by --seed" build --format $format --seed s -o "$tmp/1.$format"
	sleep 2.1 # FAT's times have a granularity of two seconds
	ok "$format once more" build --format $format --seed s -o "$tmp/2.$format"
	ok "gives the same bytes" cmp "$tmp/1.$format" "$tmp/2.$format"
done
ok "grown, by --seed" build --format raw --size 800M --seed s -o "$tmp/1.grown"
sleep 1.1
ok "grown once more" build --format raw --size 800M --seed s -o "$tmp/2.grown"
ok "gives the same bytes" cmp "$tmp/1.grown" "$tmp/2.grown"
ok "by SOURCE_DATE_EPOCH" env SOURCE_DATE_EPOCH=1700000000 "$armvm" build --no-verify \
	--format raw -o "$tmp/3.raw" "$tmp/rootfs.img"
ok "once more" env SOURCE_DATE_EPOCH=1700000000 "$armvm" build --no-verify \
	--format raw -o "$tmp/4.raw" "$tmp/rootfs.img"
ok "gives the same bytes" cmp "$tmp/3.raw" "$tmp/4.raw"
ok "another seed" build --format raw --seed t -o "$tmp/5.raw"
ok "gives another disk GUID" test "$(disk_id "$tmp/1.raw")" != "$(disk_id "$tmp/5.raw")"
ok "no seed" build --format raw -o "$tmp/6.raw"
ok "twice" build --format raw -o "$tmp/7.raw"
ok "gives two disk GUIDs" test "$(disk_id "$tmp/6.raw")" != "$(disk_id "$tmp/7.raw")"
exits 2 "SOURCE_DATE_EPOCH must be a number" env SOURCE_DATE_EPOCH=today "$armvm" build "$tmp/rootfs.img"
tap_done
