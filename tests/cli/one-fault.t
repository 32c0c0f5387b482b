#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: a default entry that is broken is one fault, and is one finding: what else it names is nothing that is booted.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 zstd lz4 xz

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample "${1:-grub}")" "$img"; }

# finds WHAT IDS: the errors and warnings, and no others
finds() {
	"$armvm" check --boot none --json "$img" 2>/dev/null |
		jq -r '[.images[0].checks[] | select(.outcome == "inconclusive" or (.outcome == "finding" and .severity != "note")).id] | join(" ")' >"$tmp/ids"
	ok "$1: $2" [ "$(cat "$tmp/ids")" = "$2" ]
	[ "$(cat "$tmp/ids")" = "$2" ] || sed 's/^/# found: /' "$tmp/ids"
}
root="options root=UUID=$root_uuid ro"
kernel=/boot/vmlinuz-$version initrd=/boot/initrd.img-$version

# GRUB's entries, its own and BLS's.
bls() { # LINE...
	sampled
	printf 'set default=0\nset timeout=1\nblscfg\n' | root_write /boot/grub/grub.cfg
	root_mkdir /boot/loader
	root_mkdir /boot/loader/entries
	printf '%s\n' 'title Linux' "$@" | root_write /boot/loader/entries/linux.conf
}
bls "linux $kernel" "initrd $initrd" "$root"
finds "BLS, a whole entry" loader.updates
bls "linux $kernel" "$root"
finds "a kernel without an initrd" "loader.root loader.updates"
bls "linux /boot/none" "$root"
finds "a kernel that is missing, and no initrd" loader.kernel
bls "linux /boot/none" "initrd /boot/none.img" "$root"
finds "both are missing" loader.kernel
bls "linux /boot/none" "initrd $initrd" "options root=UUID=00000000-1111-4222-8333-444444444444"
finds "nor is the root there" loader.kernel
bls "linux $kernel" "initrd /boot/none.img" "$root"
finds "the initrd alone" "loader.initrd loader.updates"
bls "linux $initrd" "$root"
finds "a kernel that is none, and no initrd" loader.kernel-program
sampled
root_edit /boot/grub/grub.cfg '/initrd/d; s/vmlinuz-/none-/'
finds "a menu entry, both are missing" loader.kernel
sampled
root_del "$kernel"
finds "the only kernel was removed" loader.kernel
root_del "$initrd"
finds "and its initrd" loader.kernel
sampled shim
esp_del /EFI/BOOT/grubaa64.efi
finds "the way ends before" loader.second-stage
root_del "$kernel"
finds "two faults" "loader.second-stage guest.kernel"

# An entry for another kernel, whose initrd is left.
sampled
root_get "$initrd" "$tmp/initrd.img"
root_put "$tmp/initrd.img" /boot/initrd.img-6.2.0
root_edit /boot/grub/grub.cfg 's/6\.1\.0-99-cloud-arm64/6.2.0/'
finds "the initrd of a kernel that was removed" loader.kernel

# A kernel that its loader does not start, by GRUB and in the guest's own /boot; and by systemd-boot, in both places.
pe "$tmp/good" --kernel "$version"
pe "$tmp/other" --kernel "$version" --machine 0x8664
python3 - "$tmp/bzimage" <<-END
	import struct, sys
	b = bytearray(4096)
	b[0:2], b[0x1fe:0x200], b[0x202:0x206] = b"MZ", b"\x55\xaa", b"HdrS"
	b[0x3c:0x40], b[0x240:0x246] = struct.pack("<I", 0x240), b"PE\0\0" + struct.pack("<H", 0x8664)
	open(sys.argv[1], "wb").write(b)
END
echo "no kernel" >"$tmp/text"
: >"$tmp/empty"
{ printf '\037\040' && tail -c +3 "$tmp/good"; } >"$tmp/without-stub"
for packed in zstd lz4 "xz --format=lzma"; do
	# shellcheck disable=SC2086 # words
	$packed -c <"$tmp/good" >"$tmp/packed" 2>/dev/null
	sampled
	root_put "$tmp/packed" "$kernel"
	finds "a kernel by $packed" loader.modules
done
for broken in text empty without-stub bzimage other; do
	sampled
	root_put "$tmp/$broken" "$kernel"
	finds "a kernel that is $broken" loader.kernel-program
	root_run "symlink /boot/vmlinuz vmlinuz-$version"
	root_edit /boot/grub/grub.cfg "s,$kernel,/boot/vmlinuz,"
	finds "the same by a link" loader.kernel-program
	sampled systemd-boot
	esp_put "$tmp/$broken" "/debian/$version/linux"
	finds "a kernel on the ESP that is $broken" loader.kernel-program
	root_put "$tmp/$broken" "$kernel"
	finds "and the one that it is copied from" loader.kernel-program
done
sampled systemd-boot
root_put "$tmp/text" "$kernel"
finds "the guest's own kernel alone" guest.kernel-format
esp_put "$tmp/empty" "/debian/$version/linux"
finds "two kernels, each with a fault of its own" "loader.kernel-program guest.kernel-format"

# systemd-boot
entry() { # LINE...
	sampled systemd-boot
	printf '%s\n' 'title Linux' "$@" | esp_write "/loader/entries/debian-$version.conf"
}
entry "linux /none" "initrd /none.img" "$root"
finds "systemd-boot, both are missing" loader.kernel
entry "linux /none" "$root"
finds "a kernel that is missing, and no initrd" loader.kernel
entry "efi /none.efi" "$root"
finds "a program that is missing" loader.files
sampled systemd-boot
root_del "$kernel"
finds "a kernel on the ESP alone" ""

# A unified kernel image
sampled uki
pe "$tmp/uki" --section '.sdmagic=@#### LoaderInfo: systemd-stub 252 ####\0' --section ".cmdline=@root=UUID=$root_uuid ro" \
	--section '.linux=@nothing'
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
finds "a unified image without a kernel and without an initrd" loader.kernel-program

# A loader's file that is no program for AArch64: what firmware starts, what shim does, and what a menu leads to. That is
# the finding, and what its headers say beside that, and what it would have booted, are none.
pe "$tmp/x86" --machine 0x8664 --dll-characteristics 0
pe "$tmp/x86-kernel" --kernel 6.2.0 --machine 0x8664 --dll-characteristics 0
uki() { # OUT LINUX [OPTION...]
	uki_out=$1 linux=$2
	shift 2
	root_get "$initrd" "$tmp/initrd.img"
	pe "$uki_out" --section '.sdmagic=@#### LoaderInfo: systemd-stub 252 ####\0' --section ".linux=$linux" \
		--section ".cmdline=@root=UUID=$root_uuid ro" --section ".initrd=$tmp/initrd.img" "$@"
}
menu() { # UUID: GRUB's, which starts /x.efi on that file system
	printf 'set timeout=1\nmenuentry x {\n\tsearch --set=root --fs-uuid %s\n\tchainloader /x.efi\n}\n' "$1" |
		root_write /boot/grub/grub.cfg
}
all() { # WHAT IDS: with its notes
	"$armvm" check --boot none --json "$img" 2>/dev/null >"$tmp/json"
	found=$(jq -r '[.images[0].checks[] | select(.outcome == "inconclusive" or .outcome == "finding").id] | join(" ")' "$tmp/json")
	ok "$1: $2" [ "$found" = "$2" ]
	[ "$found" = "$2" ] || echo "# found: $found"
}
sampled
uki "$tmp/x86-uki" "$tmp/good" --machine 0x8664
for broken in x86 x86-kernel x86-uki text; do
	judged=loader.pe-machine
	[ "$broken" != text ] || judged=loader.pe-format
	sampled shim
	esp_put "$tmp/$broken" /EFI/BOOT/grubaa64.efi
	all "what shim starts is $broken" "$judged"
	sampled
	esp_put "$tmp/$broken" /EFI/BOOT/BOOTAA64.EFI
	all "what firmware starts is $broken" "$judged"
	sampled
	esp_put "$tmp/$broken" /x.efi
	menu "$esp_uuid"
	all "what GRUB starts from the ESP is $broken" "$judged"
	sampled
	root_put "$tmp/$broken" /x.efi
	menu "$root_uuid"
	all "and from elsewhere" loader.fallback-boots
	sampled systemd-boot
	esp_put "$tmp/$broken" /x.efi
	printf 'title Linux\nefi /x.efi\n%s\n' "$root" | esp_write "/loader/entries/debian-$version.conf"
	all "what systemd-boot starts is $broken" "$(if [ "$broken" = x86-uki ]; then echo loader.kernel-program; else echo "$judged"; fi)"
done
sampled
: >"$tmp/empty"
esp_put "$tmp/empty" /EFI/BOOT/BOOTAA64.EFI
all "what firmware starts is empty" esp.fallback-loader
for broken in x86 x86-kernel; do
	sampled systemd-boot
	esp_put "$tmp/$broken" "/debian/$version/linux"
	all "a kernel for another machine, without NX_COMPAT" loader.kernel-program
	sampled
	root_put "$tmp/$broken" "$kernel"
	all "and of another version than its initrd" loader.kernel-program
	sampled uki
	uki "$tmp/uki" "$tmp/$broken"
	esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
	all "and in a unified image" loader.kernel-program
done
pe "$tmp/with-data" --kernel "$version" --dll-characteristics 0
sampled systemd-boot
esp_put "$tmp/with-data" "/debian/$version/linux"
all "one for this machine is without it" loader.pe-nx
sampled
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/grub.efi"
sampled shim
esp_put "$tmp/grub.efi" /EFI/BOOT/grubaa64.efi
all "what shim starts is for AArch64" ""

# A program for this machine in the kernel's place: what it does only a boot shows.
pe "$tmp/program"
sampled uki
uki "$tmp/uki" "$tmp/program"
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
exits 3 "a unified image with another program for a kernel" "$armvm" check --boot none "$img"
tr -s ' \n' '  ' <"$tmp/exits.log" >"$tmp/said" && echo >>"$tmp/said"
contains "and that is why" "a program that is no Linux kernel" "$tmp/said"

# A unified image in a unified image, whoever of the two brings the command line and the initrd.
uki "$tmp/inner" "$tmp/good"
printf 'ID=debian\n' >"$tmp/osrel"
pe "$tmp/bare" --section ".osrel=$tmp/osrel" --section '.sdmagic=@#### LoaderInfo: systemd-stub 257.13 ####\0' --section ".linux=$tmp/inner"
sampled uki
uki "$tmp/uki" "$tmp/good"
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
all "a unified image with a kernel in it" ""
uki "$tmp/uki" "$tmp/inner"
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
all "one with another in it, both whole" loader.kernel-program
exits 1 "is not portable" "$armvm" check --boot none "$img"
esp_put "$tmp/bare" /EFI/BOOT/BOOTAA64.EFI
all "one with no more than another in it" loader.kernel-program
jq -r '.images[0].checks[].findings[].what' "$tmp/json" >"$tmp/what"
contains "and that is why" "a unified kernel image itself, which the stub of systemd 257.13 does not start" "$tmp/what"
sed 's/stub 257.13/stub 255.13/' "$tmp/bare" >"$tmp/untried"
esp_put "$tmp/untried" /EFI/BOOT/BOOTAA64.EFI
all "by a stub that was not tried" loader.kernel-program
exits 3 "leaves it open" "$armvm" check --boot none "$img"
sampled systemd-boot
esp_mkdir /EFI/Linux
esp_del "/loader/entries/debian-$version.conf"
esp_put "$tmp/bare" /EFI/Linux/debian-6.efi
all "as systemd-boot's entry" loader.kernel-program

# A network card that is known by its address, and by a name beside it.
sampled
root_mkdir /etc/netplan
card() { # MAC NAME
	printf '    %s:\n      match:\n        macaddress: "%s"\n      set-name: %s\n' "$2" "$1" "$2"
}
{ printf 'network:\n  ethernets:\n' && card 52:54:00:12:34:56 enp1s0; } >"$tmp/plan"
root_put "$tmp/plan" /etc/netplan/50-cloud-init.yaml
finds "netplan names a card by its address" guest.network-address
card 52:54:00:12:34:57 enp2s0 >>"$tmp/plan"
root_put "$tmp/plan" /etc/netplan/50-cloud-init.yaml
finds "and another one" guest.network-address
printf '    enp3s0:\n      dhcp4: true\n' >>"$tmp/plan"
root_put "$tmp/plan" /etc/netplan/50-cloud-init.yaml
finds "and one in a slot" "guest.network-address guest.network-names"
printf 'network:\n  ethernets:\n    enp1s0:\n      dhcp4: true\n' | root_write /etc/netplan/50-cloud-init.yaml
finds "a slot alone" guest.network-names
printf 'network:\n  ethernets:\n    any:\n      match: {name: "en*"}\n      dhcp4: true\n' | root_write /etc/netplan/50-cloud-init.yaml
finds "any card" ""

# systemd mounts a partition of that type at an empty /boot alone.
sampled
truncate -s 400M "$img"
sgdisk -e "$img" >/dev/null
sgdisk --new=3:350M:+40M --typecode=3:bc13c2ff-59e6-4262-a352-b275fd6f7172 "$img" >/dev/null
truncate -s 40M "$tmp/volume"
mke2fs -q -t ext4 "$tmp/volume"
dd if="$tmp/volume" of="$img" bs=1M seek=350 conv=notrunc,sparse status=none
finds "an ext4 of the type xbootldr beside /boot" ""
tap_done
