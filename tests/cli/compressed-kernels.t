#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of kernels that are compressed as a whole: GRUB unpacks what its modules know, and what is in there is
# judged; firmware, and loaders that leave it to the firmware, do not. (tests/distro/loaders.t boots them.)
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs gzip xz lzop zstd

# shellcheck disable=SC2034 # for root_put, esp_put
img=$tmp/image.raw work=$tmp
pe "$tmp/kernel" --kernel "$version"
pe "$tmp/other" --kernel "$version" --machine 0x8664

# sampled KIND: a fresh sample
sampled() { cp --sparse=always "$(sample "$1")" "$img"; }

# found WHAT ID OUTCOME TEXT
found() {
	"$armvm" check --boot none --json "$img" 2>/dev/null | jq -r --arg id "$2" '.images[0].checks[] | select(.id == $id)
		| "\(.outcome): \(.findings | map(.what) | join("; "))"' >"$tmp/found"
	contains "$1" "$3: $4" "$tmp/found"
}

for format in gzip:-n xz:--check=crc32 lzop:-q; do
	program=${format%:*} option=${format#*:}
	sampled grub
	"$program" "$option" -c "$tmp/kernel" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	exits 0 "GRUB unpacks $program" "$armvm" check --boot none "$img"
	"$program" "$option" -c "$tmp/other" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	found "what is in it is for another architecture" loader.kernel-program finding "this is a program for x86-64"
	"$program" "$option" -c /etc/passwd >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	found "it is no kernel" loader.kernel-program finding "this is no kernel that can be started: it is a text"
done
gzip -n -c "$tmp/kernel" | head -c 100 >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found "it is cut off" loader.kernel-program finding "this is no kernel that can be started"
zstd -q -c "$tmp/kernel" >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found "GRUB does not unpack zstd" loader.modules finding "this kernel is compressed by zstd"

sampled systemd-boot
gzip -n -c "$tmp/kernel" >"$tmp/packed"
esp_put "$tmp/packed" "/debian/$version/linux"
found "systemd-boot does not unpack" loader.kernel-program finding "this is no kernel that can be started: it is a gzip-compressed file"
tap_done
