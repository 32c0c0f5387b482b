#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware says the same as QEMU with edk2 and with U-Boot: the kernel is
# reached, or it isn't. Left out is what spends everybody's patience: a loader that
# loops, one that resets for ever.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy python3 dpkg qemu-system-aarch64

changed=$tmp/changed.raw
image grub --loader grub -- --loader grub && {
	alike grub kernel "$tmp/grub.raw"

	variant grub changed
	mcopy -n -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/grub.efi"
	mdel -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI
	alike "no loader" "no kernel" "$changed"

	# UEFI 2.10 has the default loader on system partitions (13.3.1); edk2 and U-Boot take any FAT, so an
	# image that needs this boots with them alone. Asked to do as they do, armvm-firmware does.
	variant grub changed
	sgdisk -t 1:0700 "$changed" >/dev/null
	for f in edk2 u-boot; do
		reaches "a loader on a partition of another type" $f kernel "$changed"
		verdict_is "a loader on a partition of another type, as $f" kernel-entered --quirks $f --disk "$changed"
	done
	reaches "a loader on a partition of another type" armvm-firmware "no kernel" "$changed"

	python3 - "$tmp" <<'END'
import struct, sys
grub = bytearray(open(sys.argv[1] + '/grub.efi', 'rb').read())
pe = struct.unpack_from('<I', grub, 0x3c)[0]
open(sys.argv[1] + '/cut', 'wb').write(grub[:1000000])
open(sys.argv[1] + '/zeros', 'wb').write(bytes(1000000))
crash, x86 = bytearray(grub), bytearray(grub)
struct.pack_into('<H', x86, pe + 4, 0x8664)
open(sys.argv[1] + '/x86', 'wb').write(x86)
sections = pe + 24 + struct.unpack_from('<H', grub, pe + 20)[0]
entry = struct.unpack_from('<I', grub, pe + 24 + 16)[0]
for i in range(struct.unpack_from('<H', grub, pe + 6)[0]):
    va, size, at = struct.unpack_from('<III', grub, sections + 40 * i + 12)
    if va <= entry < va + size:
        struct.pack_into('<I', crash, at + entry - va, 0)
open(sys.argv[1] + '/crash', 'wb').write(crash)
END
	loader "$tmp/x86"
	alike "a loader for x86-64" "no kernel" "$changed"
	loader "$tmp/cut"
	alike "a loader that is cut" "no kernel" "$changed"
	loader "$tmp/zeros"
	alike "a loader of zeros" "no kernel" "$changed"
	loader "$tmp/crash"
	alike "a loader that crashes" "no kernel" "$changed"

	grub_cfg 'search --label --set=root root
linux /boot/missing root=LABEL=root
boot'
	alike "a missing kernel" "no kernel" "$changed"
	grub_cfg 'search --fs-uuid --set=root deadbeef-0000-0000-0000-000000000000
configfile ($root)/boot/grub/grub.cfg'
	alike "a file system that is not there" "no kernel" "$changed"
	grub_cfg 'menuentry Linux { true }
set timeout=-1'
	alike "a menu that waits for ever" "no kernel" "$changed"
	grub_cfg 'menuentry Linux { exit }
set timeout=5'
	alike "a menu that ends after five seconds" "no kernel" "$changed"
	grub_cfg halt
	alike "a loader that halts" "no kernel" "$changed"
}
rm -f "$tmp"/*.raw

image shim -- --loader shim && {
	alike shim kernel "$tmp/shim.raw"
	ok "shim with fallback is made" shim_fallback
	alike "shim with fallback" kernel "$tmp/fallback.raw"
	variant shim changed
	mdel -i "$esp" ::/EFI/BOOT/grubaa64.efi
	alike "shim without its second stage" "no kernel" "$changed"
}
rm -f "$tmp"/*.raw

for kind in systemd-boot uki; do
	image $kind --loader $kind -- --loader $kind && alike $kind kernel "$tmp/$kind.raw"
	rm -f "$tmp"/*.raw
done
tap_done
