#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels that unpack themselves (zboot), as Fedora and Ubuntu have them: alone, by systemd-boot and by GRUB, in
# armvm-firmware and in QEMU with edk2; and what check says of an image with one. Each is made once and kept.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy debugfs qemu-system-aarch64 make aarch64-linux-gnu-gcc flex bison bc zstd

# zboot WHAT COMMAND-LINE: $tmp/changed.raw reaches this very kernel, which is reported so, and in edk2, too.
zboot() {
	verdict_is "$1" kernel-entered --disk "$tmp/changed.raw"
	event "$1: its version is what was packed" \
		".event == \"kernel-entered\" and (.version | test(\"^${version}[.].*-zboot\"))"
	event "$1: its file is the packed one" ".event == \"kernel-entered\" and .sha256 == \"$digest\""
	event "$1: it has its command line" \
		".event == \"kernel-entered\" and (.command_line | contains(\"$2\"))"
	if [ "$(reached edk2 "$tmp/changed.raw")" = kernel ]; then
		pass "$1: edk2 reaches it, too"
	else
		fail "$1: edk2 reaches it, too" "$tmp/edk2.said"
	fi
}

# checked WHAT STATUS [OPTION]...: check says that it boots, and of the kernel what is true of it alone: the initrd is
# another kernel's, as its modules are.
checked() {
	what=$1 status=$2
	shift 2
	exits "$status" "$what: check $*" "$armvm" check "$@" "$tmp/changed.raw"
	"$armvm" check --json "$tmp/changed.raw" 2>/dev/null | jq -r \
		'.images[0].checks[] | select(.id == "boot.emulator") | "\(.outcome) \(.facts)"' >"$tmp/check"
	contains "$what: check, boot.emulator passes" 'pass ' "$tmp/check"
	contains "$what: check, the version is told" "Linux $version" "$tmp/check"
	[ "$status" = 0 ] && return
	"$armvm" check --json --boot none "$tmp/changed.raw" 2>/dev/null | jq -r '[.images[0].checks[]
		| select(.outcome != "pass" and .outcome != "skipped" and .severity == "error") | .id] | join(" ")' >"$tmp/errors"
	contains "$what: check, the one error is that the initrd has another kernel's modules" guest.initrd-kernel "$tmp/errors"
	[ "$(cat "$tmp/errors")" = guest.initrd-kernel ] || fail "$what: there is another error" "$tmp/errors"
}

# in_root FILE: the kernel of changed.raw's root file system.
in_root() {
	boot_of changed
	name=$(basename "$tmp"/boot/vmlinuz-*)
	printf 'cd /boot\nrm %s\nwrite %s %s\n' "$name" "$1" "$name" >"$tmp/commands"
	debugfs -w -f "$tmp/commands" "$tmp/changed.raw?offset=$(sgdisk -i 2 "$tmp/changed.raw" |
		awk '/^First sector/ { print $3 * 512 }')" >"$tmp/debugfs.log" 2>&1
}

image grub --loader grub -- --loader grub || tap_done
image systemd-boot --loader systemd-boot -- --loader systemd-boot || tap_done
# Linux 6.1 has the firmware start what it unpacked, later ones jump into it.
for made in 6.1:gzip 6.12:zstd; do
	version=${made%:*} kernel=$top/o/zboot/linux-${made%:*}.efi
	ok "Linux $version is made" "$top/images/zboot-kernel" "$kernel" --version "$version" \
		--compression "${made#*:}"
	digest=$(sha256sum "$kernel" | cut -d ' ' -f 1)

	loader "$kernel"
	zboot "Linux $version alone" ""
	# It has neither a command line nor an initrd, so nothing else is right with it.
	checked "Linux $version alone" 0 --select boot.emulator

	variant systemd-boot changed
	linux=$(mdir -/ -b -i "$esp" ::/ | sed -n 's#^::/\(.*/linux\)$#\1#p' | head -n 1)
	mcopy -o -i "$esp" "$kernel" "::/$linux"
	zboot "Linux $version by systemd-boot" root=UUID=5f0c1d2e
	checked "Linux $version by systemd-boot" 1

	variant grub changed
	in_root "$kernel"
	zboot "Linux $version by GRUB" root=UUID=5f0c1d2e
	event "Linux $version by GRUB: it has its initrd" \
		'.event == "kernel-entered" and .initrd_size > 1000000'
	checked "Linux $version by GRUB" 1
	grub_cfg 'chainloader /EFI/BOOT/zboot.efi root=UUID=5f0c1d2e
boot'
	mcopy -i "$esp" "$kernel" ::/EFI/BOOT/zboot.efi
	zboot "Linux $version by GRUB's chainloader" root=UUID=5f0c1d2e
done
tap_done
