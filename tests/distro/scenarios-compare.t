#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What armvm-firmware's scenarios do to an image is what the same does to it in QEMU with edk2: the kernel is
# reached, or it isn't.
# shellcheck disable=SC2086,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
. "$top/tests/distro/scenarios.sh"
requires jq sgdisk mcopy mkfs.fat python3 dpkg qemu-img qemu-system-aarch64 swtpm

# same SCENARIO [WANT]: what armvm-firmware tells, and what power_on just saw ($got).
same() {
	"$firmware" --scenario "$1" --disk "$image" >"$tmp/events" 2>"$tmp/stderr"
	verdict=$(tail -n 1 "$tmp/events" | jq -r 'if .event != "verdict" then "no verdict"
		elif .verdict == "kernel-entered" then "kernel" else "no kernel" end' 2>/dev/null)
	want=${2:-kernel}
	if [ "$got" = "$want" ] && [ "$verdict" = "$want" ]; then
		pass "$kind, $1: $want"
	else
		{ cat "$tmp/stderr" "$vm/said"; tail -n 1 "$tmp/events" | cut -c 1-1000; } >"$tmp/why"
		fail "$kind, $1: $want (armvm-firmware: ${verdict:-nothing}; edk2: $got)" "$tmp/why"
	fi
}

# boots KIND: each scenario that a machine of edk2 can be brought into.
boots() {
	kind=$1 image=$tmp/$1.raw

	# A first boot, and then one with the variables that it left, or with none of them.
	new_machine "$image"
	power_on $plain
	same first-boot
	power_on $plain
	same kept
	empty_store
	power_on $plain
	same wiped

	# Variables that the machine had before: of a disk that is gone, and of one that is there and does not boot.
	"$top/tests/distro/store" "$vm/vars.fd" 01d0d15c-0000-4000-8000-000000000001 '\EFI\debian\shimaa64.efi'
	power_on $plain
	same stale
	"$top/tests/distro/store" "$vm/vars.fd" $beside '\EFI\other\loader.efi'
	power_on $plain $beside_disk -device virtio-blk-pci,drive=beside
	same foreign-order

	# Another place: behind an empty disk and one with an ESP; before those, with a stick that is tried first.
	new_machine "$image"
	power_on $blank_disk $beside_disk -device virtio-blk-pci,drive=blank \
		-device virtio-blk-pci,drive=beside $plain
	same moved
	empty_store
	power_on $plain $blank_disk $beside_disk -device virtio-blk-pci,drive=blank \
		-device qemu-xhci -device usb-storage,drive=beside,removable=on
	same moved
	empty_store
	power_on $stick
	same removable

	# Told by the host what to boot.
	empty_store
	power_on $beside_disk -device virtio-blk-pci,drive=beside $plain,bootindex=0
	same first-boot

	# With a TPM, and with each description of the hardware. QEMU's own default is ACPI.
	new_machine "$image"
	tpm_on
	power_on $plain $tpm
	same tpm
	for machine_options in acpi=on acpi=off; do
		empty_store
		power_on $plain
		case $machine_options in
		acpi=on) same acpi ;;
		*) same fdt ;;
		esac
	done
	machine_options=
}

truncate -s 64M "$tmp/blank"
blank_disk="-drive if=none,id=blank,format=raw,snapshot=on,file=$tmp/blank"
disk_beside "$tmp/beside"
beside_disk="-drive if=none,id=beside,format=raw,snapshot=on,file=$tmp/beside"
image grub --loader grub -- --loader grub && {
	boots grub
	ok "rEFInd with GRUB is made" with_refind grub refind
	boots refind
	# Only where a boot option would have to lead: no scenario helps it.
	kind=vendor image=$tmp/vendor.raw
	variant grub vendor
	mdel -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -i "$esp" "$tmp/grub.efi" ::/EFI/debian/grubaa64.efi
	new_machine "$image"
	power_on $plain
	same first-boot "no kernel"
	power_on $plain
	same kept "no kernel"
}
rm -f "$tmp"/*.raw
image shim -- --loader shim && {
	boots shim
	ok "shim with fallback is made" shim_fallback
	boots fallback
}
rm -f "$tmp"/*.raw
for loader in systemd-boot uki; do
	image $loader --loader $loader -- --loader $loader && boots $loader
	rm -f "$tmp"/*.raw
done
tap_done
