#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of images whose ESP has another file system than FAT: one fault, with its remedy, and no firmware starts them.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs mkfs.xfs mkfs.btrfs mkntfs mkfs.exfat blkid python3 \
	qemu-system-aarch64 clang lld-link

img=$tmp/image.raw work=$tmp
# with COMMAND: the ESP has what that makes of $tmp/volume, its files in $tmp/esp
with() {
	cp --sparse=always "$(sample grub)" "$img"
	rm -rf "$tmp/volume" "$tmp/esp"
	mkdir "$tmp/esp"
	esp_kernel && mcopy -s -n -i "$img@@$esp_offset" ::/EFI "$tmp/esp/"
	truncate -s "$esp_size" "$tmp/volume"
	"$@" >"$tmp/why" 2>&1
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); v = open(sys.argv[2], "rb")
f.seek(1 << 20); f.write(v.read())' "$img" "$tmp/volume"
	uuid=$(blkid -p -s UUID -o value "$tmp/volume")
	root_edit /etc/fstab "s/$esp_uuid/${uuid:-$esp_uuid}/; s/vfat/auto/"
}
# The errors, by reading and by the bundled firmware; what could not be determined is none, and is no pass either.
# That the stand-in for a loader boots is settled by all scenarios alone.
errors() {
	"$armvm" check --select 'container,gpt,esp,loader,guest,boot.emulator' --json "$img" 2>/dev/null >"$tmp/json"
	jq -r '[.images[0].checks[] | select(.severity == "error" and .id != "loader.fallback-boots")] | if length < 20 then "no answer" else
		map(select(.outcome == "finding").id, (select(.outcome == "inconclusive") | .id + "?")) | join(" ") end' "$tmp/json"
}
for fs in ext4:"ext2, ext3 or ext4":"mke2fs -q -F -t ext4 -d $tmp/esp $tmp/volume" "xfs:XFS:mkfs.xfs -q $tmp/volume" \
	"btrfs:Btrfs:mkfs.btrfs -q --rootdir $tmp/esp $tmp/volume" "NTFS:NTFS:mkntfs -Q -F $tmp/volume" "exFAT:exFAT:mkfs.exfat $tmp/volume"; do
	# shellcheck disable=SC2046 # words
	with $(echo "$fs" | cut -d: -f3)
	errors >"$tmp/found"
	contains "${fs%%:*}: it is no FAT, and is not booted" "esp.fat boot.emulator" "$tmp/found"
	ok "${fs%%:*}: nothing else is said" test "$(cat "$tmp/found")" = "esp.fat boot.emulator"
	jq -r '.images[0].checks[] | select(.id == "esp.fat").findings[0] | .what, .advice' "$tmp/json" >"$tmp/found"
	contains "${fs%%:*}: what it is" "not FAT: $(echo "$fs" | cut -d: -f2)" "$tmp/found"
	contains "${fs%%:*}: what to do" "mkfs.fat -F 32" "$tmp/found"
done
with mke2fs -q -F -t ext4 -d "$tmp/esp" "$tmp/volume"
"$armvm" check --select boot.edk2,boot.u-boot --boot edk2,u-boot "$img" >"$tmp/said" 2>&1
ok "ext4: edk2 and U-Boot find nothing that boots" \
	test "$(grep -c 'the firmware found nothing that boots' "$tmp/said")" = 2

with true
root_edit /etc/fstab '/efi/d'
errors >"$tmp/found"
ok "empty: one fault" test "$(cat "$tmp/found")" = "esp.fat boot.emulator"
with mkfs.fat -F 32 -i "$(echo $esp_uuid | tr -d -)" "$tmp/volume"
mcopy -s -i "$img@@$esp_offset" "$tmp/esp/EFI" ::/
errors >"$tmp/found"
ok "FAT32: none" test "$(cat "$tmp/found")" = ""
ok "FAT32: and all but that is determined" test \
	"$(jq -r '.images[0].checks[] | select(.outcome == "inconclusive").id' "$tmp/json")" = loader.fallback-boots
tap_done
