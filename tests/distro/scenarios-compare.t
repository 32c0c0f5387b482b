#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What armvm-firmware's scenarios do to an image is what the same does to it in QEMU with edk2: the kernel is
# reached, or it isn't.
# shellcheck disable=SC2086,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
. "$top/tests/distro/scenarios.sh"
requires jq sgdisk mcopy mkfs.fat python3 dpkg qemu-img qemu-system-aarch64 swtpm

# compared WHAT WANT OPTION...: what armvm-firmware emits, and what power_on just saw ($got).
compared() {
	what=$1 want=$2
	shift 2
	"$firmware" "$@" >"$tmp/events" 2>"$tmp/stderr"
	verdict=$(tail -n 1 "$tmp/events" | jq -r 'if .event != "verdict" then "no verdict"
		elif .verdict == "kernel-entered" then "kernel" else "no kernel" end' 2>/dev/null)
	if [ "$got" = "$want" ] && [ "$verdict" = "$want" ]; then
		pass "$what: $want"
	else
		{ cat "$tmp/stderr" "$vm/said"; tail -n 1 "$tmp/events" | cut -c 1-1000; } >"$tmp/why"
		fail "$what: $want (armvm-firmware: ${verdict:-nothing}; edk2: $got)" "$tmp/why"
	fi
}

# same SCENARIO [WANT]
same() {
	compared "$kind, $1" "${2:-kernel}" --scenario "$1" --disk "$image"
}

# boots KIND [moved-N=ORDER]...: each scenario that a machine of edk2 can be brought into.
boots() {
	kind=$1 image=$tmp/$1.raw
	shift

	# A first boot, and then one with the variables that it left, or with none of them. QEMU's own description of
	# the hardware is ACPI.
	new_machine "$image"
	power_on $plain
	same first-boot
	same acpi
	power_on $plain
	same kept
	# Boot options can be read, and no further one written: into flash that is full, then into flash that
	# cannot be written, of which edk2 says EFI_DEVICE_ERROR.
	"$top/tests/distro/store" "$vm/vars.fd" --fill
	power_on $plain
	same full
	flash_readonly=on
	power_on $plain
	flash_readonly=
	same refused-write-protected
	empty_store
	power_on $plain
	same wiped

	# Variables that the machine had before: of a disk that is gone, and of one that is there and does not boot.
	"$top/tests/distro/store" "$vm/vars.fd" 01d0d15c-0000-4000-8000-000000000001 '\EFI\debian\shimaa64.efi'
	power_on $plain
	same stale
	"$top/tests/distro/store" "$vm/vars.fd" $beside '\EFI\other\loader.efi'
	disks EI
	power_on $disks
	same foreign-order

	# Other places: among disks and sticks, and as a stick.
	for moved in "$@"; do
		empty_store
		disks "${moved#*=}"
		power_on $disks
		same "${moved%=*}"
	done
	empty_store
	power_on $stick
	same removable

	new_machine "$image"
	tpm_on
	power_on $plain $tpm
	same tpm
	if [ "$kind" = fallback ]; then
		ok "$kind, tpm: edk2 was reset, too" test "$(grep -c '^UEFI firmware' "$vm/lines")" -eq 2
	fi
	empty_store
	machine_options=acpi=off
	power_on $plain
	machine_options=
	same fdt
}

# by_index: behind a disk that boots into nothing, unless the host names the image.
by_index() {
	image=$tmp/grub.raw
	cp "$tmp/beside.E" "$tmp/halts"
	echo halt >"$tmp/grub.cfg"
	mmd -i "$tmp/halts@@1M" ::/EFI/BOOT ::/EFI/debian
	mcopy -i "$tmp/halts@@1M" "$tmp/grub.efi" ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -i "$tmp/halts@@1M" "$tmp/grub.cfg" ::/EFI/debian/grub.cfg
	first="-drive if=none,id=halts,format=raw,snapshot=on,file=$tmp/halts -device virtio-blk-pci,drive=halts"
	new_machine "$image"
	power_on $first $plain
	compared "behind a disk that halts" "no kernel" --disk "$tmp/halts" --disk "$image"
	empty_store
	power_on $first $plain,bootindex=0
	echo /pci@ffffffffffffffff/scsi@6/disk@0,0 >"$tmp/bootorder"
	compared "behind it, but named by the host" kernel --bootorder "$tmp/bootorder" --disk "$tmp/halts" \
		--disk "$image"
}

disks_beside
image grub --loader grub -- --loader grub && {
	# All of them with one loader: where a disk is found is the firmware's affair.
	boots grub moved-1=cuIDE moved-2=DIEuc moved-3=uEIDc moved-4=cEDuI
	ok "rEFInd with GRUB is made" with_refind grub refind
	boots refind moved-1=cuIDE moved-3=uEIDc
	by_index
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
	boots shim moved-1=cuIDE moved-3=uEIDc
	ok "shim with fallback is made" shim_fallback
	boots fallback moved-1=cuIDE moved-3=uEIDc
}
rm -f "$tmp"/*.raw
for loader in systemd-boot uki; do
	image $loader --loader $loader -- --loader $loader && boots $loader moved-1=cuIDE moved-3=uEIDc
	rm -f "$tmp"/*.raw
done
tap_done
