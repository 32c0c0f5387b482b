#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A btrfs whose system is in a subvolume. Nothing that build writes would be found there. check reads it as GRUB does,
# from the top, and as Linux mounts it.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires guestfish mkfs.btrfs sgdisk mcopy debugfs jq tar

# guests FILE COMMAND...: a btrfs, changed by these commands of guestfish.
guests() {
	file=$1
	shift
	rm -f "$file"
	truncate -s 256M "$file"
	BLKID_FILE=/dev/null mkfs.btrfs -q -U $root_uuid "$file" >/dev/null 2>&1
	LIBGUESTFS_BACKEND_SETTINGS=force_tcg guestfish -a "$file" run : mount /dev/sda / : "$@"
}

ok "a subvolume with a system" guests "$tmp/rootfs.img" btrfs-subvolume-create /@rootfs : mkdir /@rootfs/etc : \
	touch /@rootfs/etc/os-release
exits 1 "build refuses it" "$armvm" build --no-verify -o "$tmp/out.qcow2" "$tmp/rootfs.img"
contains "and the subvolume is named" @rootfs "$tmp/exits.log"

# The sample's guest, in subvolumes.
sample=$(sample grub)
mkdir "$tmp/tree"
debugfs -R "rdump / $tmp/tree" "$sample?offset=$root_offset" 2>/dev/null
rmdir "$tmp/tree/lost+found"
sed -i 's/ext4 errors=remount-ro/btrfs defaults/' "$tmp/tree/etc/fstab"
printf 'CONFIG_BTRFS_FS=y\n' >>"$tmp/tree/boot/config-$version"
tar -C "$tmp/tree" --owner=0 --group=0 -cf "$tmp/tree.tar" .

ok "a guest in the default subvolume, as openSUSE has it" guests "$tmp/suse.img" btrfs-subvolume-create /@ : \
	btrfs-subvolume-create /@/.snapshots : mkdir /@/.snapshots/1 : \
	btrfs-subvolume-create /@/.snapshots/1/snapshot : tar-in "$tmp/tree.tar" /@/.snapshots/1/snapshot : \
	btrfs-subvolume-set-default 258 /
ok "and one in a subvolume that has a name of its own" guests "$tmp/own.img" btrfs-subvolume-create /data : \
	btrfs-subvolume-create /system : tar-in "$tmp/tree.tar" /system

# judge FS BEFORE PREFIX OPTIONS: $img, whose GRUB goes to PREFIX/boot/grub, and takes its kernel from there.
judge() {
	img=$tmp/disk.raw work=$tmp
	cp --sparse=always "$sample" "$img"
	truncate -s 600M "$img"
	sgdisk -e -d 2 -n 2:$((root_offset / 512)):+256M -t 2:8305 "$img" >/dev/null 2>&1
	dd if="$1" of="$img" bs=1M seek=$((root_offset / 1048576)) conv=notrunc,sparse status=none
	for folder in debian BOOT; do
		printf '%ssearch.fs_uuid %s root\nset timeout=1\nmenuentry x {\n\tlinux %s root=UUID=%s ro %s\n\tinitrd %s\n}\n' \
			"$2" $root_uuid "$3/boot/vmlinuz-$version" $root_uuid "$4" "$3/boot/initrd.img-$version" |
			esp_write "/EFI/$folder/grub.cfg"
	done
	"$armvm" check --json --boot none "$img" 2>/dev/null | jq -r '.images[0].checks[] |
		select(.id == "guest.init" or .id == "loader.kernel" or .id == "loader.initrd") | "\(.id) \(.outcome)"' \
		>"$tmp/judged"
}
fine() {
	if ! grep -v ' pass$' "$tmp/judged" | grep -q . && [ -s "$tmp/judged" ]; then pass "$1"; else fail "$1" "$tmp/judged"; fi
}
snapshot=/@/.snapshots/1/snapshot

judge "$tmp/suse.img" '' $snapshot ''
fine "from the top"
judge "$tmp/suse.img" 'set btrfs_relative_path="yes"
' '' ''
fine "from the default subvolume, as SUSE's GRUB does where a variable says so"
judge "$tmp/suse.img" '' '' ''
contains "other GRUBs find nothing there" "loader.kernel finding" "$tmp/judged"
judge "$tmp/suse.img" '' $snapshot "rootflags=subvol=${snapshot#/}"
fine "the root by its path from the top"
judge "$tmp/suse.img" '' $snapshot rootflags=subvol=@
contains "a subvolume without a system" "guest.init finding" "$tmp/judged"
judge "$tmp/own.img" '' /system rootflags=subvol=system
fine "a name of its own"
judge "$tmp/own.img" '' /system rootflags=subvol=system2
contains "one that is not there" "guest.init finding" "$tmp/judged"
judge "$tmp/own.img" '' /system ''
contains "none: the top has no init" "guest.init finding" "$tmp/judged"
tap_done
