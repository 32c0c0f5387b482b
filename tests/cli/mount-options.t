#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check of what mounts are told: which subvolume of a btrfs, by its path, its number, or both, for the root and in fstab.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs mkfs.btrfs python3

img=$tmp/image.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
root_tree
rmdir "$tmp/tree/lost+found"
mkdir "$tmp/tree/sub"
sed -i 's/ext4 errors=remount-ro/btrfs defaults/' "$tmp/tree/etc/fstab"
printf 'CONFIG_BTRFS_FS=y\n' >>"$tmp/tree/boot/config-$version"

# btrfs_root: the guest at the top of a btrfs, and in its subvolume 256, "sub", which are alike.
btrfs_root() {
	rm -f "$tmp/volume"
	truncate -s 120M "$tmp/volume"
	mkfs.btrfs -q -n 65536 -U "$root_uuid" -r "$tmp/tree" "$tmp/volume" >"$tmp/why" 2>&1
	python3 "$lib/btrfsedit.py" "$tmp/volume" snapshot sub
	cp --sparse=always "$(sample grub)" "$img"
	truncate -s 450M "$img"
	sgdisk -e -d 2 -n "2:$((root_offset / 512)):+120M" -t 2:8305 -u "2:$root_partuuid" "$img" >/dev/null 2>&1
	dd if="$tmp/volume" of="$img" bs=1M seek=$((root_offset / 1048576)) conv=notrunc,sparse status=none
}
flags() { # ROOTFLAGS
	for folder in debian BOOT; do
		printf 'search.fs_uuid %s root\nset timeout=1\nmenuentry x {\n\tlinux %s root=UUID=%s ro rootflags=%s\n\tinitrd %s\n}\n' \
			"$root_uuid" "/boot/vmlinuz-$version" "$root_uuid" "$1" "/boot/initrd.img-$version" |
			esp_write "/EFI/$folder/grub.cfg"
	done
}
finds() { # WHAT ID OUTCOME [TEXT]
	"$armvm" check --boot none --select "$2" --json "$img" >"$tmp/json" 2>/dev/null
	jq -r '.images[0].checks[0] | "\(.outcome): \(.reason // "")\(.findings | map(.what) | join("; "))"' "$tmp/json" >"$tmp/found"
	contains "$1" "$3: ${4-}" "$tmp/found"
}

btrfs_root
while read -r flags outcome text; do
	flags "$flags"
	finds "rootflags=$flags" guest.init "$outcome" "$text"
done <<'END'
subvol=sub pass
subvolid=256 pass
subvolid=0x100 pass
subvolid=0 pass
subvolid=5,noatime pass
subvolid=256,subvol=/sub pass
subvol=none finding rootflags=subvol=none: there is no subvolume of that name
subvol=etc finding rootflags=subvol=etc: it is a folder and no subvolume
subvolid=257 finding rootflags=subvolid=257: there is no subvolume of that number
subvolid=256,subvolid=300 finding rootflags=subvolid=256,subvolid=300: there is no subvolume of that number
subvolid=5,subvol=sub finding rootflags=subvolid=5,subvol=sub: the subvolume of that name has another number
subvolid=sub finding rootflags=subvolid=sub: subvolid= is no number
END

# In fstab, where /'s is of no account: it is mounted already.
printf '%s\n' "UUID=$root_uuid /srv btrfs subvol=sub 0 0" "UUID=$root_uuid /mnt btrfs subvolid=256,compress=zstd 0 0" \
	"UUID=$root_uuid /opt btrfs nofail,subvol=none 0 0" >>"$tmp/tree/etc/fstab"
sed -i 's/btrfs defaults/btrfs subvol=@nothere,discard=async/' "$tmp/tree/etc/fstab"
btrfs_root
flags subvol=sub
finds "subvolumes in fstab" guest.fstab-options pass
sed -i '/ .srv /s/sub 0/none 0/; / .mnt /s/256/300/' "$tmp/tree/etc/fstab"
btrfs_root
flags subvol=sub
finds "one that is not there" guest.fstab-options finding "UUID=$root_uuid for /srv (subvol=none): there is no subvolume of that name"
contains "nor by its number" "for /mnt (subvolid=300,compress=zstd): there is no subvolume of that number" "$tmp/found"
tap_done
