#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What cannot boot is distinguished by armvm-firmware, each with its reason.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy python3

image grub --loader grub -- --loader grub || tap_done
mcopy -n -i "$tmp/grub.raw@@$(esp_offset "$tmp/grub.raw")" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/grub.efi"

changed="--disk $tmp/changed.raw"
# shellcheck disable=SC2086 # words
{
	variant grub changed
	mdel -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI
	verdict_is "no loader" nothing-to-boot $changed
	reason "it names the path that is missing" 'EFI\\BOOT\\BOOTAA64.EFI'

	python3 - "$tmp" <<'END'
import struct, sys
grub = open(sys.argv[1] + '/grub.efi', 'rb').read()
pe = struct.unpack_from('<I', grub, 0x3c)[0]
sections = pe + 24 + struct.unpack_from('<H', grub, pe + 20)[0]
entry = struct.unpack_from('<I', grub, pe + 24 + 16)[0]

def write(name, data):
    open(sys.argv[1] + '/' + name, 'wb').write(data)

def patched(at, form, value):
    data = bytearray(grub)
    struct.pack_into(form, data, at, value)
    return data

for i in range(struct.unpack_from('<H', grub, pe + 6)[0]):
    va, size, at = struct.unpack_from('<III', grub, sections + 40 * i + 12)
    if va <= entry < va + size:
        write('loop', patched(at + entry - va, '<I', 0x14000000))
        write('crash', patched(at + entry - va, '<I', 0x00000000))
write('x86', patched(pe + 4, '<H', 0x8664))
write('cut', grub[:1000000])
write('zeros', bytes(1000000))
END
	loader "$tmp/x86"
	verdict_is "a loader for x86-64" nothing-to-boot $changed
	reason "it says so" x86-64
	loader "$tmp/cut"
	verdict_is "a loader that is cut" nothing-to-boot $changed
	reason "it says where" 'of a file of 1000000'
	loader "$tmp/zeros"
	verdict_is "a loader of zeros" nothing-to-boot $changed
	reason "it says so" zeros
	loader "$tmp/loop"
	verdict_is "a loader that loops" budget-spent --max-instructions 100000000 $changed
	loader "$tmp/crash"
	verdict_is "a loader that crashes" fault $changed
	reason "it says where" BOOTAA64.EFI+0x

	grub_cfg 'search --fs-uuid --set=root deadbeef-0000-0000-0000-000000000000
configfile ($root)/boot/grub/grub.cfg'
	verdict_is "a file system that is not there" waiting-for-key $changed
	screen "GRUB's shell is seen" 'grub>'
	grub_cfg 'search --label --set=root root
linux /boot/missing root=LABEL=root
boot'
	verdict_is "a missing kernel" waiting-for-key $changed
	grub_cfg 'menuentry Linux { true }
set timeout=-1'
	verdict_is "a menu that waits for ever" waiting-for-key $changed
	screen "the menu is seen" '*Linux'
	verdict_is "a menu whose entry is chosen by a key" waiting-for-key --keys enter $changed
	grub_cfg 'menuentry Linux { exit }
set timeout=5'
	verdict_is "a menu that ends after five seconds" returned $changed
	event "of virtual time" '.event == "verdict" and .t > 5e9 and .t < 6e9'
	grub_cfg halt
	verdict_is "a loader that halts" shut-down $changed
	grub_cfg reboot
	verdict_is "a loader that resets" reset-loop $changed
}
rm -f "$tmp"/*.raw

image shim -- --loader shim && {
	variant shim changed
	mdel -i "$esp" ::/EFI/BOOT/grubaa64.efi
	# shellcheck disable=SC2086 # words
	verdict_is "shim without its second stage" returned $changed
	reason "it tells what shim gave back" EFI_NOT_FOUND
	screen "and what it said" grubaa64.efi
}
tap_done
