#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs with one thing wrong in each (tests/guest/loads.files), loaded by U-Boot: where it answers otherwise than edk2,
# whose answers tests/guest/guest.t holds the emulator to, is a list, and src/pe/ names who refuses what.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
requires clang lld-link qemu-system-aarch64 sgdisk mkfs.fat mcopy jq python3

u_boot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
[ -e "$u_boot" ] || skip_all "U-Boot is missing (apt-get install u-boot-qemu)"
built=$top/${O:-o/release}/guest
# It writes over itself with these.
export LOADS_WITHOUT="reloc-dir, a page far away; section-cut, far"

ok "an image with these programs" "$top/tests/guest/image" "$built/loads.efi" "$built/child.efi" "$tmp/loads.img"
timeout 120 qemu-system-aarch64 -no-user-config -nodefaults -display none -monitor none \
	-machine virt,accel=tcg -cpu cortex-a57 -m 512 -nic none -bios "$u_boot" -serial stdio \
	-device virtio-rng-pci -device virtio-blk-pci,drive=disk \
	-drive if=none,id=disk,format=raw,snapshot=on,file="$tmp/loads.img" </dev/null 2>"$tmp/stderr" |
	LC_ALL=C sed -e 's/\x1b\[[0-9;=?]*[A-Za-z]//g' -e 's/\r//g' | grep -aE '^(value |end$)' >"$tmp/u-boot"
"$top/tests/guest/run" emulator "$tmp/loads.img" | grep -E '^(value |end$)' >"$tmp/emulator"
ok "U-Boot comes to the end" grep -qx end "$tmp/u-boot"
ok "there are many ($(grep -c ^value "$tmp/emulator"))" test "$(grep -c ^value "$tmp/emulator")" -gt 60
# It takes what lies in memory behind such a file for the rest of its section, so its answer is chance.
diff "$tmp/emulator" "$tmp/u-boot" | sed -n 's/^> value //p' | grep -v '^section-cut, the file ends' >"$tmp/differ"
sed 's/#.*//; /^$/d' "$top/tests/guest/loads.u-boot" | diff -u - "$tmp/differ" >"$tmp/why" &&
	pass "it differs where it is known to" || fail "it differs where it is known to" "$tmp/why"
tap_done
