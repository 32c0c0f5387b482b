#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An image with each loader loses its fallback, as installers leave it: the loader in a
# vendor's folder alone, NVRAM switches on, names of devices, a stray variable store. fix makes
# it portable again, booted in every scenario, and it reaches a login with real firmware.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires qemu-system-aarch64 jq mcopy debugfs sgdisk qemu-img
export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1

esp() { program=$1 && shift && "$program" -i "$broken@@1048576" "$@"; }

# Where installers put it.
hide_loader() { # LOADER
	case $1 in
	shim)
		esp mcopy -o ::/EFI/BOOT/BOOTAA64.EFI ::/EFI/debian/shimaa64.efi
		esp mcopy -o ::/EFI/BOOT/grubaa64.efi ::/EFI/BOOT/mmaa64.efi ::/EFI/debian/
		;;
	grub) esp mcopy -o ::/EFI/BOOT/BOOTAA64.EFI ::/EFI/debian/grubaa64.efi ;;
	signed-systemd-boot)
		# shim as its package has it, which is put there with a fallback program, and nothing that it could start.
		esp mmd ::/EFI/systemd
		esp mcopy -o ::/EFI/BOOT/BOOTAA64.EFI ::/EFI/systemd/systemd-bootaa64.efi
		for file in shim fb mm; do
			debugfs -R "dump /usr/lib/shim/${file}aa64.efi.signed $tmp/$file" "$root" 2>/dev/null
		done
		esp mdeltree ::/EFI/BOOT
		esp mmd ::/EFI/BOOT
		esp mcopy "$tmp/shim" ::/EFI/BOOT/BOOTAA64.EFI
		esp mcopy "$tmp/fb" ::/EFI/BOOT/fbaa64.efi
		esp mcopy "$tmp/mm" ::/EFI/BOOT/mmaa64.efi
		return
		;;
	uki)
		esp mmd ::/EFI/Linux
		esp mcopy ::/EFI/BOOT/BOOTAA64.EFI ::/EFI/Linux/debian.efi
		;;
	esac
	esp mdeltree ::/EFI/BOOT
}

break_image() { # LOADER
	broken=$tmp/broken.raw
	qemu-img convert -O raw "$image" "$broken"
	hide_loader "$1" || return 1
	echo store >"$tmp/store"
	esp mcopy "$tmp/store" ::/ubootefi.var
	offset=$(($(sgdisk -i 2 "$broken" | sed -n 's/First sector: \([0-9]*\).*/\1/p') * 512))
	debugfs -R "dump /etc/fstab $tmp/fstab" "$broken?offset=$offset" 2>/dev/null
	sed -i 's/^UUID=[^ ]* \/ /\/dev\/vda2 \/ /' "$tmp/fstab"
	debugfs -w -R "rm /etc/fstab" "$broken?offset=$offset" 2>/dev/null
	debugfs -w -R "write $tmp/fstab /etc/fstab" "$broken?offset=$offset" 2>/dev/null
}

mkdir -p "$out"
for loader in ${FIX_LOADERS:-shim grub systemd-boot signed-systemd-boot uki}; do
	root=$out/fix-$loader.rootfs image=$out/fix-$loader.qcow2
	case $loader in
	uki) as='--loader uki' suite=bookworm ;;
	signed-systemd-boot) as='--loader systemd-boot' suite=trixie ;;
	*) as='' suite=bookworm ;;
	esac
	ok "$loader: the root file system is made" "$top/images/small-rootfs" "$root" --loader "$loader" --suite "$suite"
	# shellcheck disable=SC2086 # words
	exits 0 "$loader: build" "$armvm" build --force --no-verify $as -o "$image" "$root"
	ok "$loader: it is broken" break_image "$loader"
	exits 1 "$loader: check finds that" "$armvm" check --boot none "$broken"
	exits 0 "$loader: fix mends it" "$armvm" fix --force -o "$tmp/fixed.raw" "$broken"
	contains "$loader: and has booted it" "portable, booted" "$tmp/exits.log"
	exits 0 "$loader: check finds no error, in no scenario" "$armvm" check "$tmp/fixed.raw"
	for firmware in ${FIX_FIRMWARE-edk2 u-boot}; do
		exits 0 "$loader: a login under $firmware" "$armvm" check --select "boot.$firmware" \
			--boot "$firmware" --until login --boot-timeout 400 "$tmp/fixed.raw"
	done
	rm -f "$root" "$image" "$broken" "$tmp/fixed.raw"
done
tap_done
