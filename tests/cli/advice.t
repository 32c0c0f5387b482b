#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: the advice fits what is there. Each case changes a sample in one way, and another in
# a way that needs another advice, or none.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires qemu-img sgdisk mkfs.fat mcopy mke2fs debugfs jq

work=$tmp
# A fresh sample of this kind in $img.
fresh() { # KIND
	img=$tmp/image.raw
	rm -f "$img"
	cp --sparse=always "$(sample "$1")" "$img"
}

# A line for each finding of CHECK, what and advice; nothing when there is none.
finding() { # CHECK [IMAGE]
	"$armvm" check --boot none --json "${2:-$img}" >"$tmp/json" 2>/dev/null
	jq -r --arg id "$1" '.images[0].checks[] | select(.id == $id) | .findings[] | "\(.what). \(.advice)"' \
		"$tmp/json" >"$tmp/finding"
}
silent() { # CHECK DESCRIPTION [IMAGE]
	finding "$1" "${3:-$img}"
	jq -r --arg id "$1" '.images[0].checks[] | select(.id == $id).outcome' "$tmp/json" >>"$tmp/finding"
	ok "$2" sh -c 'test -s "$1" && ! grep -vxE "pass|skipped" "$1"' - "$tmp/finding"
}

# A CD, in whatever container.
iso=$tmp/installer
truncate -s 4M "$iso"
printf 'label: dos\nstart=64, size=4096, type=83\n' | sfdisk -q "$iso"
printf '\001CD001\001' | dd of="$iso" bs=1 seek=32768 conv=notrunc status=none
printf '%-32s' 'Debian 12 arm64 n' | dd of="$iso" bs=1 seek=32808 conv=notrunc status=none
qemu-img convert -f raw -O qcow2 "$iso" "$tmp/installer.qcow2"
finding gpt.present "$tmp/installer.qcow2"
contains "a CD in a qcow2 is told what it is" "a CD (ISO 9660) called Debian 12 arm64 n" "$tmp/finding"
lacks "and not to be converted" mbrtogpt "$tmp/finding"
finding container.iso "$tmp/installer.qcow2"
contains "by the container's check, too" "what was put into this image" "$tmp/finding"
dd if=/dev/zero of="$iso" bs=1 seek=32768 count=8 conv=notrunc status=none
qemu-img convert -f raw -O qcow2 "$iso" "$tmp/installer.qcow2"
finding gpt.present "$tmp/installer.qcow2"
contains "a disk with an MBR that is none is" mbrtogpt "$tmp/finding"
silent container.iso "and is no CD" "$tmp/installer.qcow2"


# One of a kind that has a GPT, too: qemu-img calls it raw, and libblkid's signature is the same finding.
fresh grub
truncate -s +512 "$img"
sgdisk -e "$img" >/dev/null
printf '\001CD001\001' | dd of="$img" bs=1 seek=32768 conv=notrunc status=none
printf '%-32s' 'Live' | dd of="$img" bs=1 seek=32808 conv=notrunc status=none
finding container.iso
contains "a GPT disk that is a CD as well is one" "volume descriptor of ISO 9660 or UDF of Live" "$tmp/finding"
silent gpt.second-opinion "and is so once"
finding container.size-mib
contains "its size is rounded up as a raw file's" "qemu-img resize -f raw IMAGE" "$tmp/finding"

# A hybrid MBR, as sgdisk makes it: its protective record ends before the others, or stands behind them.
for records in 1 1:EE; do
	fresh grub
	sgdisk --hybrid="$records" "$img" >/dev/null 2>&1
	finding gpt.hybrid-mbr
	contains "a hybrid MBR ($records)" "has type 0xef" "$tmp/finding"
	ok "is one finding" test "$(jq '[.images[0].checks[] | select(.outcome == "finding")] | length' "$tmp/json")" = 1
done
fresh grub
poke 458 ffff0000
finding gpt.mbr-size
ok "a protective record that is too small is one by itself" test -s "$tmp/finding"

# Names.
fresh grub
for end in vhd qcow2 vmdk vdi iso VHDX; do
	ln -s "$img" "$tmp/name.$end"
	finding container.name "$tmp/name.$end"
	contains "a raw disk called .$end" "its name ends in" "$tmp/finding"
done
for end in raw img RAW disk; do
	ln -s "$img" "$tmp/fine.$end"
	silent container.name "a raw disk called .$end" "$tmp/fine.$end"
done
ln -s "$img" "$tmp/name-flat.vmdk"
silent container.name "a flat extent" "$tmp/name-flat.vmdk"

# A size that is not whole MiB: the commands are run as they are written, and make it so.
fresh grub
truncate -s +512 "$img"
for made in raw qcow2 qed vdi vhdx vmdk vpc:-osubformat=fixed,force_size=on vpc:-oforce_size=on; do
	format=${made%%:*}
	rm -f "$tmp/odd" "$tmp/copy" "$tmp/new"
	# shellcheck disable=SC2046 # words
	qemu-img convert -q -f raw -O "$format" $(echo "${made#"$format"}" | tr -d :) "$img" "$tmp/odd"
	finding container.size-mib "$tmp/odd"
	[ -s "$tmp/finding" ] || {
		pass "$made rounds it up by itself"
		continue
	}
	sed 's/.*: qemu-img/qemu-img/; s/, qemu-img/\nqemu-img/g' "$tmp/finding" | sed "s,IMAGE,$tmp/odd,; s,COPY,$tmp/copy,; s,NEW,$tmp/new," >"$tmp/commands"
	ok "$made: the commands run" sh -e "$tmp/commands"
	[ -e "$tmp/new" ] || mv "$tmp/odd" "$tmp/new"
	finding container.size-mib "$tmp/new"
	ok "$made: and the size is whole MiB" test ! -s "$tmp/finding"
	ok "$made: in the same format" jq -e --arg f "$format" '.images[0].format == $f' "$tmp/json"
done

# Programs that know no containers are for a raw copy.
fresh grub
sgdisk --disk-guid=00000000-0000-0000-0000-000000000000 "$img" >/dev/null
finding gpt.disk-guid
lacks "a raw image is changed in place" "raw copy" "$tmp/finding"
qemu-img convert -f raw -O qcow2 "$img" "$tmp/of.qcow2"
finding gpt.disk-guid "$tmp/of.qcow2"
contains "a qcow2 in a raw copy" "(in a raw copy: qemu-img convert -f qcow2 -O raw IMAGE COPY)" "$tmp/finding"

# A kernel without an initrd resolves names of partitions alone.
fresh grub
root_edit /boot/grub/grub.cfg '/initrd/d'
finding loader.root
contains "without an initrd by PARTUUID=" "root=PARTUUID=..." "$tmp/finding"
fresh grub
root_edit /boot/grub/grub.cfg "s/root=UUID=$root_uuid/root=UUID=11111111-2222-4333-8444-555555555555/"
finding loader.root
lacks "with one by UUID=" PARTUUID "$tmp/finding"

# A file system is named beside the file.
fresh grub
printf 'set timeout=1\nblscfg\n' | root_write /boot/grub/grub.cfg
root_mkdir /boot/loader
root_mkdir /boot/loader/entries
printf '%s\n' 'title Linux' "linux /boot/vmlinuz-$version" "initrd /boot/initrd.img-$version" \
	"options root=UUID=$root_uuid ro console=ttyAMA0" | root_write /boot/loader/entries/linux.conf
"$armvm" check --boot none --json "$img" >"$tmp/json" 2>/dev/null
jq -r '.images[0].checks[] | select(.id == "guest.console") | .findings[].where' "$tmp/json" >"$tmp/finding"
contains "an entry of BLS on the root file system" "partition 2:/boot/loader/entries/linux.conf" "$tmp/finding"

# GRUB takes the parentheses off what its variable root is set to.
for device in '(hd0,gpt2)' 'hd0,gpt2'; do
	fresh grub
	printf 'set timeout=1\nset root=%s\nmenuentry x {\nlinux /boot/vmlinuz-%s root=UUID=%s ro\ninitrd /boot/initrd.img-%s\n}\n' \
		"$device" "$version" "$root_uuid" "$version" | root_write /boot/grub/grub.cfg
	finding loader.disk-number
	contains "root=$device" "names a disk by its number" "$tmp/finding"
done

# A file that is no image at all: one error.
printf 'not an image' | gzip -c >"$tmp/x.tar.gz"
"$armvm" check --json "$tmp/x.tar.gz" >"$tmp/json"
ok "a tar.gz is one error" jq -e '[.images[0].checks[] | select(.outcome == "finding")] | length == 1' "$tmp/json"
ok "and leaves nothing inconclusive" \
	jq -e '[.images[0].checks[] | select(.outcome == "inconclusive")] | length == 0' "$tmp/json"
exits 1 "an error" "$armvm" check "$tmp/x.tar.gz"
exits 3 "without the check that found it, no verdict" "$armvm" check --select gpt "$tmp/x.tar.gz"
echo "ignore container.unpacked: it is known" >"$tmp/waivers"
exits 3 "nor when that is waived" "$armvm" check --config "$tmp/waivers" "$tmp/x.tar.gz"

# The folder of the fallback as a file.
fresh grub
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/loader"
mdeltree -i "$img@@$esp_offset" ::/EFI/BOOT
echo | esp_write /EFI/BOOT
finding esp.fallback-loader
contains "\\EFI\\BOOT as a file is named as such" '\EFI\BOOT is a file' "$tmp/finding"
contains "and is to be deleted" "delete the file" "$tmp/finding"
mdel -i "$img@@$esp_offset" ::/EFI/BOOT
finding esp.fallback-loader
contains "without one a loader is to be installed" "install it there as well" "$tmp/finding"

# A file system that is larger than its partition, with and without room behind it.
fresh grub
sgdisk -d 1 -n "1:2048:614399" -t 1:ef00 "$img" >/dev/null
finding esp.volume-size
contains "with room behind it the partition grows" "enlarge the partition" "$tmp/finding"
fresh grub
printf '\377\377\377\000' | dd of="$img" bs=1 seek=$((esp_offset + 32)) conv=notrunc status=none
finding esp.volume-size
lacks "without room it does not" "enlarge the partition" "$tmp/finding"
contains "but is made anew" "format it anew" "$tmp/finding"

# A broken unified kernel image, which is of no package.
fresh uki
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/uki"
truncate -s -512 "$tmp/uki"
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
finding loader.pe-truncated
contains "a UKI is built again" "build the unified kernel image again" "$tmp/finding"
fresh grub
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/loader"
truncate -s -512 "$tmp/loader"
esp_put "$tmp/loader" /EFI/BOOT/BOOTAA64.EFI
finding loader.pe-truncated
contains "GRUB is installed again" "reinstall the package" "$tmp/finding"

# A kernel that stands where the loader does not look.
fresh grub
mkdir -p "$tmp/more/boot/grub"
root_get /boot/grub/grub.cfg "$tmp/more/boot/grub/grub.cfg"
add_ext4 -d "$tmp/more" -U "$root_uuid"
finding loader.kernel
contains "two file systems with one UUID are named" "the same UUID" "$tmp/finding"
fresh grub
root_get "/boot/vmlinuz-$version" "$tmp/more/boot/vmlinuz-$version"
root_del "/boot/vmlinuz-$version"
add_ext4 -d "$tmp/more"
finding loader.kernel
contains "a kernel that is elsewhere is named" "it stands in partition 3" "$tmp/finding"
fresh grub
root_del "/boot/vmlinuz-$version"
finding loader.kernel
contains "one that is nowhere is to be installed" "install the kernel" "$tmp/finding"
# Commands with what they need: update-initramfs makes none without -k, dracut alone makes the running kernel's, and
# grub2-mkconfig alone writes to its standard output.
fresh grub
root_del "/boot/initrd.img-$version"
finding loader.initrd
contains "an initrd that is missing" "update-initramfs -c -k all, dracut --regenerate-all --force" "$tmp/finding"
fresh grub
root_get "/boot/initrd.img-$version" "$tmp/initrd" && flip "$tmp/initrd" && root_put "$tmp/initrd" "/boot/initrd.img-$version"
finding guest.initrd-intact
contains "one that is damaged, of any kernel" "update-initramfs -c -k all" "$tmp/finding"
fresh grub
root_edit /boot/grub/grub.cfg 's/^menuentry/true/; s/^}/true/; s/^\tlinux.*//; s/^\tinitrd.*//'
finding loader.entry
contains "a menu without entries" "kernel-install add VERSION KERNEL" "$tmp/finding"
fresh uki
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/uki" && head -c $(($(stat -c %s "$tmp/uki") / 2)) "$tmp/uki" >"$tmp/cut" && esp_put "$tmp/cut" /EFI/BOOT/BOOTAA64.EFI
finding loader.pe-truncated
contains "a UKI that is cut off" "ukify build" "$tmp/finding"
tap_done
