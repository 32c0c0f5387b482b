#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check of a root whose journal or log was not replayed: what a mount would show is judged, or nothing. Without
# libguestfs, whose appliance replays the logs of XFS and Btrfs.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs mkfs.xfs xfs_db mkfs.btrfs python3
export LIBGUESTFS_PATH=/nonexistent

img=$tmp/image.raw work=$tmp
# judge: "ID OUTCOME" of each check, and the status
judge() {
	"$armvm" check --boot none --json "$img" >"$tmp/json" 2>"$tmp/err"
	ended=$?
	jq -r '.images[0].checks[] | "\(.id) \(.outcome)"' "$tmp/json" >"$tmp/judged"
}

# in_journal FILE: that is what the journal has for /etc/fstab, of one block.
in_journal() {
	truncate -s 4096 "$1"
	block=$(debugfs -R "bmap /etc/fstab 0" "$img?offset=$root_offset" 2>/dev/null)
	printf 'jo -c\njw -b %s %s\njc\n' "$block" "$1" >"$tmp/commands"
	debugfs -w -f "$tmp/commands" "$img?offset=$root_offset" >/dev/null 2>&1
}

img_of() { cp --sparse=always "$(sample grub)" "$img"; }
img_of
root_get /etc/fstab "$tmp/good"
sed "s/^UUID=[^ ]* \\/ /UUID=00000000-1111-2222-3333-444444444444 \\/ /" "$tmp/good" >"$tmp/bad"
# Of one length, as the inode is not in the journal.
ok "two tables of one length" test "$(stat -c %s "$tmp/good")" = "$(stat -c %s "$tmp/bad")"
in_journal "$tmp/bad"
judge
contains "ext4: it was in use" "guest.fs-journal finding" "$tmp/judged"
contains "what the journal has is judged" "guest.fstab-missing finding" "$tmp/judged"
img_of
root_put "$tmp/bad" /etc/fstab
judge
contains "what is there is wrong" "guest.fstab-missing finding" "$tmp/judged"
in_journal "$tmp/good"
judge
contains "and mended in the journal" "guest.fstab-missing pass" "$tmp/judged"
contains "which is said" "guest.fs-journal finding" "$tmp/judged"

# A journal on another device, whose number is this machine's: Linux does not mount it, and nothing is said of files.
img_of
printf 'ssv journal_inum 0\nssv journal_dev 0x0803\n' >"$tmp/commands"
debugfs -w -f "$tmp/commands" "$img?offset=$root_offset" >/dev/null 2>&1
judge
ok "ext4, a journal elsewhere: it is not portable" test "$ended" = 1
contains "why" "an ext4 whose journal is on another device" "$tmp/json"
ok "that is the one fault" test "$(grep ' finding' "$tmp/judged")" = "guest.root-whole finding"

# with COMMAND: the root as another file system, made from $tmp/tree
with() {
	img_of
	root_tree
	rmdir "$tmp/tree/lost+found"
	sed -i "s/ext4 errors=remount-ro/$1 defaults/" "$tmp/tree/etc/fstab"
	printf 'CONFIG_XFS_FS=y\nCONFIG_BTRFS_FS=y\n' >>"$tmp/tree/boot/config-$version"
	python3 "$lib/xfsproto.py" "$tmp/tree" >"$tmp/proto"
	rm -f "$tmp/volume"
	truncate -s 320M "$tmp/volume"
	shift
	"$@" >"$tmp/why" 2>&1
}
put() {
	truncate -s 650M "$img"
	sgdisk -e -d 2 -n "2:$((root_offset / 512)):+320M" -t 2:8305 -u "2:$root_partuuid" "$img" >/dev/null 2>&1
	dd if="$tmp/volume" of="$img" bs=1M seek=$((root_offset / 1048576)) conv=notrunc,sparse status=none
}
# unknown TYPE: nothing is said of files, once; what GRUB reads is known.
unknown() {
	judge
	ok "$1: it cannot be determined" test "$ended" = 3
	contains "why" "the log of this $1 holds changes that are not in their places, and cannot be replayed" "$tmp/json"
	lacks "no fault is made up" " finding" "$tmp/judged"
	contains "the loader is judged as before" "loader.config pass" "$tmp/judged"
	"$armvm" check --boot none "$img" >"$tmp/said" 2>&1
	ok "that is said in one place" test "$(grep -c 'cannot be looked at' "$tmp/said")" = 1
}

with xfs mkfs.xfs -q -m "uuid=$root_uuid" -p "$tmp/proto" "$tmp/volume"
put
judge
ok "xfs, unmounted: portable" test "$ended" = 0
# The log's one operation no longer says that it was unmounted.
start=$(xfs_db -r -c 'sb 0' -c 'p logstart' "$tmp/volume" | sed 's/.*= //')
start=$(xfs_db -r -c "convert fsblock $start byte" "$tmp/volume" | sed 's/.*(\(.*\))/\1/')
printf '\0' | dd of="$tmp/volume" bs=1 seek=$((start + 512 + 9)) conv=notrunc status=none
put
unknown xfs
# Another slot's system is no answer about the one that boots.
mke2fs -q -t ext4 -b 4096 -E root_owner=0:0 -d "$tmp/tree" "$tmp/other" 32M >/dev/null
truncate -s +34M "$img"
sgdisk -e "$img" >/dev/null
sgdisk -n 3:0:+32M -t 3:8305 "$img" >/dev/null
dd if="$tmp/other" of="$img" bs=512 seek="$(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')" \
	conv=notrunc,sparse status=none
unknown xfs

with btrfs mkfs.btrfs -q -U "$root_uuid" -r "$tmp/tree" "$tmp/volume"
put
judge
ok "btrfs, unmounted: portable" test "$ended" = 0
python3 "$lib/btrfsedit.py" "$tmp/volume" sb 96 8 30000000
put
unknown btrfs
tap_done
