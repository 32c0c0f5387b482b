#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: a root in logical volumes, RAID or encryption boots when all of it is in the image, LVM activates it, and the initrd
# opens it. What dracut, initramfs-tools and udev's rules do is that of their packages (dracut 059, lvm2 2.03.16, mdadm 4.2).
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs mkfs.btrfs debugfs jq python3

good=$(sample grub)
img=$tmp/image.raw work=$tmp
dd if="$good" of="$tmp/root" bs=1M skip=301 count=32 status=none
debugfs -R "dump /boot/initrd.img-$version $tmp/initrd.first" "$tmp/root" 2>/dev/null
debugfs -R "dump /boot/grub/grub.cfg $tmp/grub.cfg" "$tmp/root" 2>/dev/null

# The root with an initrd that has what is in $tmp/more besides, and these words before "ro" on its command line.
root_with() { # [WORDS]
	cp "$tmp/root" "$tmp/root.new"
	cp "$tmp/initrd.first" "$tmp/initrd"
	[ ! -d "$tmp/more" ] || SOURCE_DATE_EPOCH=0 "$lib/mkcpio.py" "$tmp/more" | gzip -n >>"$tmp/initrd"
	sed "s,^\(.*linux .*\) ro\$,\1 ${1:-quiet} ro," "$tmp/grub.cfg" >"$tmp/grub.new"
	for file in "initrd /boot/initrd.img-$version" "grub.new /boot/grub/grub.cfg"; do
		debugfs -w -R "rm ${file#* }" "$tmp/root.new" >/dev/null 2>&1
		debugfs -w -R "write $tmp/$file" "$tmp/root.new" >/dev/null 2>&1
	done
}
has() { mkdir -p "$tmp/more/$(dirname "$1")" && cat >"$tmp/more/$1"; }
no_more() { rm -rf "$tmp/more"; }
dracut() {
	no_more
	echo 'any hook' | has usr/lib/dracut/hooks/any.sh
	# What parse-lvm.sh and parse-md.sh ask for.
	echo 'getargbool 0 rd.auto' | has usr/lib/dracut/hooks/cmdline/30-parse-lvm.sh
	echo 'getargbool 0 rd.auto' | has usr/lib/dracut/hooks/pre-trigger/30-parse-md.sh
	for tool in lvm mdadm; do echo program | has usr/sbin/$tool; done
}
initramfs_tools() {
	no_more
	echo 'functions' | has scripts/functions
	for tool in lvm mdadm; do echo program | has sbin/$tool; done
	echo 'rules' | has lib/udev/rules.d/69-lvm.rules
}

# A sample whose second partition holds a file, and whose third one another.
with_second() { # FILE [FILE]
	rm -f "$img"
	cp --sparse=always "$good" "$img"
	truncate -s $((($(stat -c %s "$1") + $(stat -c %s "${2:-/dev/null}")) / 1048576 * 1048576 + 310 * 1048576)) "$img"
	size=$((($(stat -c %s "$1") + 1048575) / 1048576))
	sgdisk -e -d 2 -n "2:616448:+${size}M" -t 2:8e00 "$img" >/dev/null
	dd if="$1" of="$img" bs=1M seek=301 conv=notrunc status=none
	[ -n "${2:-}" ] || return 0
	sgdisk -n 3:$((616448 + size * 2048)):0 -t 3:8e00 "$img" >/dev/null
	dd if="$2" of="$img" bs=1M seek=$((301 + size)) conv=notrunc status=none
}
judged() { # STATUS WHAT [WORDS]
	exits "$1" "$2" "$armvm" check --boot none "$img"
	[ -z "${3:-}" ] || contains "  is said" "$3" "$tmp/exits.log"
}
group() { "$lib/mklvm.py" "$tmp/pv" vg "$@" "root=$tmp/root.new" && with_second "$tmp/pv"; }
array() { "$lib/mkmd.py" 1 1.2 root "$tmp/root.new" "$tmp/m0" && with_second "$tmp/m0"; }

# ---- whole ----

no_more
root_with
group --lack
judged 0 "a root on the one disk of two of its group that is here"
group --partial
judged 1 "a root that is half on another disk" "a part of it is on another disk"
"$lib/mklvm.py" "$tmp/pv" vg "root=$tmp/root.new"
"$lib/mklvm.py" "$tmp/other" vg --id 2 "data=$tmp/grub.cfg"
with_second "$tmp/pv" "$tmp/other"
judged 1 "two groups of one name" "several volume groups"
"$lib/mklvm.py" "$tmp/other" data --id 2 "data=$tmp/grub.cfg"
with_second "$tmp/pv" "$tmp/other"
judged 0 "two groups of two names"
group --group EXPORTED
judged 1 "a group that is exported" "is exported"
"$lib/mkmd.py" 0 1.2 root "$tmp/root.new" "$tmp/m0" missing
with_second "$tmp/m0"
judged 1 "half of a striped array" "a member is not in the image"
"$lib/mkmd.py" 5 1.2 root "$tmp/root.new" "$tmp/m0" missing missing
with_second "$tmp/m0"
judged 1 "a RAID 5 without two members" "too few of its members"
"$lib/mkmd.py" 5 1.2 root "$tmp/root.new" "$tmp/m0" "$tmp/m1" missing
with_second "$tmp/m0" "$tmp/m1"
judged 3 "and without one, which is not read"
array
judged 0 "a mirror"
truncate -s 128M "$tmp/b0" "$tmp/b1"
mkfs.btrfs -q -f -U "$root_uuid" -m raid1 -d single "$tmp/b0" "$tmp/b1" >/dev/null 2>&1
with_second "$tmp/b0"
judged 1 "half of a btrfs" "of which 1 is here"
with_second "$tmp/b0" "$tmp/b1"
"$armvm" check --boot none "$img" >"$tmp/report" 2>&1
lacks "which is whole with the other device" "of which" "$tmp/report"

# ---- dracut ----

while IFS='|' read -r status words what; do
	dracut
	root_with "$words"
	group
	judged "$status" "dracut: a volume, $what"
done <<X
1|quiet|and nothing that asks for it
0|rd.auto|all are
1|rd.auto=0|none are
0|rd.lvm.lv=vg/root|which is named
0|rd.lvm.vg=vg|whose group is named
1|rd.lvm.lv=vg/root rd.lvm=0|and no LVM
X
while IFS='|' read -r status words what; do
	dracut
	root_with "$words"
	"$lib/mklvm.py" "$tmp/pv" vg "root=$tmp/root.new" "usr=$tmp/grub.cfg"
	with_second "$tmp/pv"
	judged "$status" "dracut: $what"
done <<X
1|rd.lvm.lv=vg/usr|another volume is named
0|rd.lvm.lv=vg/usr rd.lvm.lv=vg/root|both are
0|rd.lvm.lv=vg/usr rd.lvm.vg=vg|and the group
X
dracut
echo ' rd.lvm.lv=vg/root ' | has etc/cmdline.d/90lvm.conf
root_with
group
judged 0 "dracut: the initrd has the argument"
dracut
rm "$tmp/more/usr/sbin/lvm"
root_with rd.lvm.lv=vg/root
group
judged 1 "dracut: an initrd without LVM" "has no lvm"
for words in "1|rd.lvm.vg=vg" "0|rd.lvm.lv=vg/root"; do
	dracut
	root_with "${words#*|}"
	group --flag ACTIVATION_SKIP
	judged "${words%%|*}" "dracut: a volume to be skipped, ${words#*|}"
done
dracut
root_with rd.lvm.lv=vg/root
group --flag NOAUTOACTIVATE
judged 0 "dracut: a volume to be activated by hand, which is named"
while IFS='|' read -r status words what; do
	dracut
	root_with "$words"
	array
	judged "$status" "dracut: an array, $what"
done <<X
1|quiet|and nothing that asks for it
0|rd.auto=1|all are
0|rd.md.uuid=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf|which is named
0|rd.md.uuid=A0A1A2A3-a4a5-a6a7-a8a9-aaabacadaeaf|which is named in other words
1|rd.md.uuid=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaea0 rd.auto|and another is named
1|rd.md.uuid=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf rd.md=no|and none are
X

# ---- others ----

initramfs_tools
root_with
group
judged 0 "initramfs-tools: a volume"
group --flag ACTIVATION_SKIP
judged 1 "one to be skipped" "skipped"
group --flag NOAUTOACTIVATE
judged 1 "one to be activated by hand" "by hand alone"
group --group NOAUTOACTIVATE
judged 1 "a group to be activated by hand" "by hand alone"
group --lack
judged 1 "a group that lacks a disk" "whole groups alone"
initramfs_tools
echo script | has scripts/local-block/lvm2
root_with
group --lack
judged 0 "a script that asks for the root's volume alone"
initramfs_tools
rm "$tmp/more/sbin/lvm"
root_with
group
judged 1 "no LVM in the initrd" "has no lvm"
initramfs_tools
rm "$tmp/more/sbin/mdadm"
root_with
array
judged 1 "no mdadm in the initrd" "has no mdadm"

# A module that the initrd lacks, and one that the kernel does.
debugfs -R "dump /boot/config-$version $tmp/config" "$tmp/root" 2>/dev/null
for change in 's/^CONFIG_BLK_DEV_DM=y/CONFIG_BLK_DEV_DM=m/' 's/^CONFIG_BLK_DEV_DM=y/# CONFIG_BLK_DEV_DM is not set/'; do
	initramfs_tools
	root_with
	sed "$change" "$tmp/config" >"$tmp/config.new"
	debugfs -w -R "rm /boot/config-$version" "$tmp/root.new" >/dev/null 2>&1
	debugfs -w -R "write $tmp/config.new /boot/config-$version" "$tmp/root.new" >/dev/null 2>&1
	cp "$tmp/root.new" "$tmp/root.module"
	group
	judged 1 "no dm_mod: $change" "guest.initrd-volumes"
done
tap_done
