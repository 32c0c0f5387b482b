#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of loaders that read by the firmware: systemd-boot, shim, a kernel's stub and a unified kernel image's. It knows FAT;
# what GRUB and Linux read beside that is no way for them.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs mkfs.xfs debugfs

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample "${1:-grub}")" "$img"; }

errors() { # WHAT IDS
	"$armvm" check --boot none --json "$img" 2>/dev/null |
		jq -r '[.images[0].checks[] | select(.outcome == "finding" and .severity == "error").id] | join(" ")' >"$tmp/errors"
	ok "$1: no other error" [ "$(cat "$tmp/errors")" = "$2" ]
}

# A third partition with what is in $tmp/third: third TYPE KIND
third() {
	truncate -s 750M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk --delete=3 "$img" >/dev/null 2>&1
	sgdisk --new=3:400M:+320M --typecode=3:"$1" --change-name=3:boot "$img" >/dev/null
	rm -f "$tmp/volume"
	truncate -s 320M "$tmp/volume"
	case $2 in
	vfat)
		mkfs.fat -F 32 -n BOOT "$tmp/volume" >/dev/null
		(cd "$tmp/third" && mcopy -m -s -i "$tmp/volume" ./* ::/)
		;;
	ext4) mke2fs -q -t ext4 -U 11111111-1111-4111-8111-111111111111 -d "$tmp/third" "$tmp/volume" ;;
	xfs)
		python3 "$lib/xfsproto.py" "$tmp/third" >"$tmp/proto"
		mkfs.xfs -q -p "$tmp/proto" "$tmp/volume" >/dev/null
		;;
	esac
	dd if="$tmp/volume" of="$img" bs=1M seek=400 conv=notrunc,sparse status=none
}
xbootldr=bc13c2ff-59e6-4262-a352-b275fd6f7172

# systemd-boot, its entries and kernels moved from the ESP to a partition of their own.
split() { # KIND
	sampled systemd-boot
	rm -rf "$tmp/third"
	mkdir -p "$tmp/third/loader/entries" "$tmp/third/debian/$version"
	for file in "/loader/entries/debian-$version.conf" "/debian/$version/linux" "/debian/$version/initrd.img"; do
		esp_get "$file" "$tmp/third$file"
		esp_del "$file"
	done
	third $xbootldr "$1"
}
split vfat
exits 0 "entries on a FAT" "$armvm" check --boot none "$img"
for kind in ext4 xfs; do
	split $kind
	found "entries on $kind" loader.filesystem finding "systemd-boot reads this by the firmware, which knows FAT and cannot open the $kind"
	errors "entries on $kind" loader.filesystem
	exits 1 "entries on $kind are not portable" "$armvm" check --boot none "$img"
done
# A driver on the ESP may read it.
pe "$tmp/driver" --subsystem 11 --section '.text=@x'
esp_mkdir /EFI/systemd/drivers
esp_put "$tmp/driver" /EFI/systemd/drivers/xfs_x64.efi
found "a driver for another processor" loader.filesystem finding ""
esp_put "$tmp/driver" /EFI/systemd/drivers/xfs_aa64.efi
found "a driver leaves it open" loader.fallback-boots inconclusive "whether that opens the xfs that it lies on, by a driver on the ESP, cannot be told"
exits 3 "a driver leaves it open" "$armvm" check --boot none "$img"
pe "$tmp/application" --section '.text=@x'
esp_put "$tmp/application" /EFI/systemd/drivers/xfs_aa64.efi
found "a program that is no driver" loader.filesystem finding "cannot open the xfs"

# Entries on the ESP beside it: these boot, the others are told of.
sampled systemd-boot
rm -rf "$tmp/third"
mkdir -p "$tmp/third/loader/entries"
third $xbootldr ext4
exits 0 "nothing is on the ext4" "$armvm" check --boot none "$img"
found "nothing is on the ext4" loader.entries skipped ""
echo 'linux /x' >"$tmp/third/loader/entries/z.conf"
third $xbootldr ext4
exits 0 "the default is on the ESP" "$armvm" check --boot none "$img"
found "those on the ext4 are not offered" loader.entries finding "cannot open the ext4"

# The first of two such partitions is the one.
split ext4
dd if="$tmp/volume" of="$img" bs=1M seek=400 conv=notrunc,sparse status=none
sgdisk --typecode=3:8300 "$img" >/dev/null
truncate -s 800M "$img"
sgdisk -e "$img" >/dev/null
sgdisk --new=4:730M:+40M --typecode=4:$xbootldr "$img" >/dev/null
truncate -s 40M "$tmp/fat"
mkfs.fat -F 32 "$tmp/fat" >/dev/null 2>&1
(cd "$tmp/third" && mcopy -m -s -i "$tmp/fat" ./* ::/)
dd if="$tmp/fat" of="$img" bs=1M seek=730 conv=notrunc,sparse status=none
exits 0 "one that is a FAT" "$armvm" check --boot none "$img"
sgdisk --typecode=3:$xbootldr "$img" >/dev/null
found "an ext4 before it takes its place" loader.filesystem finding "partition 3:/loader/entries"

# GRUB starts programs from what it reads itself; they go on by the firmware.
chained() { # KIND FILE OPTIONS: a third partition, and an entry that starts the file on it
	uuid=11111111-1111-4111-8111-111111111111
	third 8300 "$1"
	[ "$1" = ext4 ] || uuid=$(od -A n -t x4 -j 67 -N 4 "$tmp/volume" | tr -d ' ' | sed 's/\(....\)/\1-/' | tr a-f A-F)
	printf 'set default=0\nset timeout=1\nmenuentry x {\nsearch --fs-uuid --set=root %s\nchainloader %s %s\n}\n' "$uuid" "$2" "$3" |
		root_write /boot/grub/grub.cfg
}
both() { # WHAT FILE OPTIONS TEXT
	chained vfat "$2" "$3"
	exits 0 "$1 on a FAT" "$armvm" check --boot none "$img"
	chained ext4 "$2" "$3"
	found "$1 on ext4" loader.filesystem finding "$4"
	errors "$1 on ext4" loader.filesystem
}
sampled systemd-boot
rm -rf "$tmp/third"
mkdir -p "$tmp/third"
mcopy -s -i "$img@@$esp_offset" ::/EFI ::/loader ::/debian "$tmp/third/"
sampled
both systemd-boot /EFI/systemd/systemd-bootaa64.efi "" "systemd-boot reads this by the firmware"
rm -rf "$tmp/third"
mkdir -p "$tmp/third"
sampled
root_get "/boot/vmlinuz-$version" "$tmp/third/linux"
root_get "/boot/initrd.img-$version" "$tmp/third/initrd"
both "a kernel with initrd=" /linux "initrd=/initrd root=UUID=$root_uuid" "the kernel's stub reads this by the firmware"
sampled shim
rm -rf "$tmp/third"
mkdir -p "$tmp/third"
for name in BOOTAA64.EFI grubaa64.efi grub.cfg; do
	esp_get "/EFI/BOOT/$name" "$tmp/third/$name"
done
sampled
chained ext4 /BOOTAA64.EFI ""
found "shim on ext4" loader.filesystem finding "shim reads this by the firmware"

# A unified kernel image brings all it needs; its addons are read by the firmware.
sampled uki
rm -rf "$tmp/third"
mkdir -p "$tmp/third/uki.efi.extra.d"
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/third/uki.efi"
sed -i "s/systemd-stub 252/systemd-stub 257/" "$tmp/third/uki.efi"
pe "$tmp/third/uki.efi.extra.d/root.addon.efi" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' \
	--section '.cmdline=@root=UUID=00000000-1111-4222-8333-444444444444'
sampled
chained vfat /uki.efi ""
found "an addon on a FAT is read" loader.root finding "root=UUID=00000000-1111-4222-8333-444444444444"
chained ext4 /uki.efi ""
exits 0 "one on ext4 is not" "$armvm" check --boot none "$img"
tap_done
