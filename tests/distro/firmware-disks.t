#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware with disks of another kind: sectors of 4096 bytes, an ISO with
# El Torito's boot image, and two disks in either order.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy mkfs.fat fdisk xorriso

# esp FILE MIB LOADER [MKFS-OPTION]...: a FAT file system with this loader.
esp() {
	file=$1 mib=$2 program=$3
	shift 3
	rm -f "$file"
	truncate -s "${mib}M" "$file"
	mkfs.fat "$@" "$file" >/dev/null
	mmd -i "$file" ::/EFI ::/EFI/BOOT ::/EFI/debian
	mcopy -i "$file" "$program" ::/EFI/BOOT/BOOTAA64.EFI
}

# at FILE MIB: standard input goes there.
at() {
	dd of="$1" bs=1M seek="$2" iflag=fullblock conv=notrunc,sparse status=none
}

# by_disk WHAT FILTER: the kernel was entered from a loader whose path says so.
by_disk() {
	event "$1" ".event == \"boot-try\" and (.path | contains(\"$2\"))"
}

# with_root: its kernel has an initrd, and a command line of the image.
with_root() {
	event "$1: kernel, command line and initrd" '.event == "kernel-entered" and
		(.command_line | contains("root=UUID=5f0c1d2e")) and .initrd_size > 1000000'
}

image grub --loader grub -- --loader grub || tap_done
image uki --loader uki -- --loader uki || tap_done
grub=$tmp/grub.raw uki=$tmp/uki.raw
from=$grub@@$(esp_offset "$grub")
mcopy -n -i "$from" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/grub.efi"
mcopy -n -i "$from" ::/EFI/debian/grub.cfg "$tmp/grub.cfg"
mcopy -n -i "$uki@@$(esp_offset "$uki")" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/uki.efi"
root=$(sgdisk -i 2 "$grub" | awk '/^First sector/ { print $3 * 512 }')
dd if="$grub" of="$tmp/root" bs=1M iflag=skip_bytes skip="$root" count=512 conv=sparse status=none
mkdir "$tmp/files"
debugfs -R "rdump /boot $tmp/files" "$tmp/root" >"$tmp/debugfs.log" 2>&1

# Sectors of 4096 bytes: GPT, FAT and ext4 are read by them.
big=$tmp/4k.raw
truncate -s 900M "$big"
printf '%s\n' g n 1 256 +300M t 1 n 2 77056 +512M w | fdisk -b 4096 "$big" >"$tmp/fdisk.log" 2>&1
at "$big" 301 <"$tmp/root"
esp "$tmp/esp" 300 "$tmp/grub.efi" -F 32 -S 4096 -s 1
mcopy -i "$tmp/esp" "$tmp/grub.cfg" ::/EFI/debian/grub.cfg
at "$big" 1 <"$tmp/esp"
verdict_is "GRUB on sectors of 4096 bytes" kernel-entered --sector-size 4096 --disk "$big"
with_root "GRUB on sectors of 4096 bytes"
by_disk "the partition is counted in them" 'HD(1,GPT,'
by_disk "and starts at 256" ',0x100,0x12C00)'
verdict_is "read by 512 bytes there is no table" nothing-to-boot --disk "$big"
verdict_is "a disk of each kind" kernel-entered --disk "$uki" --sector-size 4096 --disk "$big"
verdict_is "an image for 512 bytes read by 4096" nothing-to-boot --sector-size 4096 --disk "$grub"
esp "$tmp/esp" 300 "$tmp/uki.efi" -F 32 -S 512
at "$big" 1 <"$tmp/esp"
verdict_is "a FAT for 512 bytes on sectors of 4096" kernel-entered --sector-size 4096 --disk "$big"
with_root "a FAT for 512 bytes on sectors of 4096"
rm -f "$big" "$tmp/root"

# An ISO: the loader is in the FAT of El Torito, the kernel in ISO 9660.
iso=$tmp/iso
mkdir -p "$iso/live" "$iso/boot" "$iso/EFI/debian"
cp "$tmp"/files/boot/vmlinuz-* "$iso/live/vmlinuz"
cp "$tmp"/files/boot/initrd.img-* "$iso/live/initrd"
cat >"$tmp/live.cfg" <<'END'
linux ($root)/live/vmlinuz boot=live
initrd ($root)/live/initrd
boot
END
cp "$tmp/live.cfg" "$iso/EFI/debian/grub.cfg"
esp "$iso/boot/efi.img" 16 "$tmp/grub.efi"

# iso NAME OPTION...
iso() {
	name=$1
	shift
	ok "$name: the ISO is made" \
		xorriso -as mkisofs -R -J -V LIVE -o "$tmp/$name.iso" "$@"
}

iso grub -e boot/efi.img -no-emul-boot "$iso"
verdict_is "GRUB from a CD" kernel-entered --cdrom "$tmp/grub.iso"
by_disk "from its boot image" 'CDROM(0x0,'
event "kernel and initrd are from ISO 9660" '.event == "kernel-entered" and
	.command_line == "BOOT_IMAGE=(cd0)/live/vmlinuz boot=live" and .initrd_size > 1000000'
verdict_is "a CD comes before a disk" kernel-entered --disk "$uki" --cdrom "$tmp/grub.iso"
by_disk "the CD's loader is tried" 'CDROM('
# As for a USB stick: the same boot image is a partition, too.
iso hybrid -append_partition 2 0xef "$iso/boot/efi.img" -appended_part_as_gpt \
	-e --interval:appended_partition_2:all:: -no-emul-boot "$iso"
verdict_is "a hybrid ISO as a CD" kernel-entered --cdrom "$tmp/hybrid.iso"
by_disk "it starts from El Torito" 'CDROM('
esp "$tmp/esp" 60 "$tmp/uki.efi"
mkdir "$tmp/iso-uki"
mv "$tmp/esp" "$tmp/iso-uki/efi.img"
iso uki -e efi.img -no-emul-boot "$tmp/iso-uki"
verdict_is "a boot image whose size does not fit El Torito's field" kernel-entered --cdrom "$tmp/uki.iso"
iso data "$tmp/files"
verdict_is "an ISO with nothing to boot" nothing-to-boot --cdrom "$tmp/data.iso"
rm -rf "$tmp"/*.iso "$iso" "$tmp/iso-uki"

# Two disks: the first with a loader boots, wherever it is.
truncate -s 64M "$tmp/blank"
variant grub empty
mdel -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI
for order in "$grub $tmp/blank" "$tmp/blank $grub" "$grub $tmp/empty.raw"; do
	verdict_is "GRUB and a disk that does not boot, in this order" kernel-entered \
		--disk "${order% *}" --disk "${order#* }"
	with_root "GRUB and a disk that does not boot"
done
verdict_is "a disk without loader, then one with" kernel-entered --disk "$tmp/empty.raw" --disk "$uki"
by_disk "both are tried" 'Pci(0x6,0x0)/HD'
kernel_of() {
	jq -r 'select(.event == "kernel-entered").sha256' "$tmp/events"
}
verdict_is "GRUB's disk, then the UKI's" kernel-entered --disk "$grub" --disk "$uki"
first=$(kernel_of)
verdict_is "the UKI's disk, then GRUB's" kernel-entered --disk "$uki" --disk "$grub"
ok "the first disk's loader is taken" test "$first" != "$(kernel_of)"
tap_done
