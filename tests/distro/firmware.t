#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware brings real loaders to their kernel, alike in two runs.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy mke2fs debugfs

# kernel NAME [OPTION]...: it is entered, with this kernel, command line and initrd.
kernel() {
	name=$1
	shift
	verdict_is "$name" kernel-entered "$@" --disk "$tmp/$name.raw"
	event "$name: a kernel with a version" \
		'.event == "kernel-entered" and (.version | test("^[0-9]+[.]"))'
	event "$name: its command line names the root" \
		'.event == "kernel-entered" and (.command_line | contains("root=UUID=5f0c1d2e"))'
	event "$name: it has its initrd" '.event == "kernel-entered" and .initrd_size > 1000000'
}

image grub --loader grub -- --loader grub && {
	kernel grub
	cp "$tmp/events" "$tmp/first"
	verdict_is "grub, again" kernel-entered --disk "$tmp/grub.raw"
	ok "two runs tell the same" cmp "$tmp/first" "$tmp/events"
	verdict_is "grub, with ACPI" kernel-entered --hw acpi --disk "$tmp/grub.raw"
	verdict_is "grub, from a removable disk" kernel-entered --removable "$tmp/grub.raw"

	kernel_alone grub stub
	verdict_is "a kernel alone" kernel-entered --disk "$tmp/stub.raw"

	separate_boot grub boot
	kernel boot
	event "boot: the kernel is that of the partition" \
		'.event == "kernel-entered" and (.command_line | startswith("BOOT_IMAGE=/vmlinuz"))'

	# No initrd where the menu says that there is one: GRUB complains, and boots without.
	rm -f "$tmp"/boot/initrd.img-*
	fill_boot "$tmp/boot.raw"
	verdict_is "a missing initrd" kernel-entered --disk "$tmp/boot.raw"
	event "a missing initrd: none is handed over" \
		'.event == "kernel-entered" and ((.initrd_size // 0) == 0)'
	"$armvm" check --select boot.emulator "$tmp/boot.raw" >"$tmp/report"
	contains "a missing initrd: check says so" "no initrd was handed over" "$tmp/report"
	rm -f "$tmp/grub.raw" "$tmp/stub.raw" "$tmp/boot.raw"
}

image shim -- --loader shim && {
	kernel shim
	event "shim: GRUB was read beside it" \
		'.event == "file-open" and (.path | ascii_downcase | endswith("boot\\grubaa64.efi"))'
	event "shim: it asks whether Secure Boot is on" \
		'.event == "variable-get" and .name == "SecureBoot" and .status == "EFI_SUCCESS"'

	# With a TPM by way of a reset.
	ok "fallback: it is made" shim_fallback
	kernel fallback
	event "fallback: it writes a boot option" \
		'.event == "variable-set" and .name == "Boot0000" and .status == "EFI_SUCCESS"'
	verdict_is "fallback, with a TPM" kernel-entered --tpm --disk "$tmp/fallback.raw"
	event "fallback, with a TPM: it resets" '.event == "reset" and .kind == "cold"'
	event "fallback, with a TPM: its option is booted then" \
		'.event == "boot-try" and .from == "BootOrder" and .option == "Boot0000"'
	rm -f "$tmp/shim.raw" "$tmp/fallback.raw"
}

image systemd-boot --loader systemd-boot -- --loader systemd-boot && {
	kernel systemd-boot
	event "systemd-boot: it tells who it is" \
		'.event == "variable-set" and .name == "LoaderInfo" and .status == "EFI_SUCCESS"'
	rm -f "$tmp/systemd-boot.raw"
}
image uki --loader uki -- --loader uki && {
	kernel uki
	rm -f "$tmp/uki.raw"
}
for fs in xfs btrfs; do
	image $fs -- --fs $fs && kernel $fs
	rm -f "$tmp/$fs.raw"
done
for suite in bullseye trixie sid; do
	image $suite -- --suite $suite --loader shim && kernel $suite
	rm -f "$tmp/$suite.raw"
done
for suite in trixie sid; do
	image $suite-sd --loader systemd-boot -- --suite $suite --loader systemd-boot && {
		kernel $suite-sd
		variant $suite-sd stub
		mcopy -n -i "$esp" "::/$(mdir -/ -b -i "$esp" ::/ | sed -n 's#^::/\(.*/linux\)$#\1#p' | head -n 1)" \
			"$tmp/linux"
		mcopy -o -i "$esp" "$tmp/linux" ::/EFI/BOOT/BOOTAA64.EFI
		verdict_is "a kernel alone, from $suite" kernel-entered --disk "$tmp/stub.raw"
		rm -f "$tmp/stub.raw" "$tmp/linux"
	}
	rm -f "$tmp/$suite-sd.raw"
done
tap_done
