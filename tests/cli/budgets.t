#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What one image may cost: bytes that are unpacked, files that are loaded twice. Each
# ends in "inconclusive" with the budget's name, never in a verdict.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq zstd cpio sgdisk mkfs.fat mcopy mke2fs debugfs python3

work=$tmp
cd "$tmp" || exit 1
version=6.1.0-99-cloud-arm64
outcome() { # CHECK: what it answers
	"$armvm" check --boot none --select guest --json "$img" 2>/dev/null |
		jq -r --arg id "$1" '.images[].checks[] | select(.id == $id) | "\(.outcome) \(.reason)"'
}
says() { # WHAT WANT GOT
	case $3 in
	*$2*) pass "$1" ;;
	*)
		echo "got: $3" >"$tmp/why"
		fail "$1" "$tmp/why"
		;;
	esac
}

img=$tmp/small.raw
cp --sparse=always "$(sample grub)" "$img"
root_get "/boot/initrd.img-$version" old
says "an initrd as it should be" "pass" "$(outcome guest.initrd-intact)"

# Three GiB of zeroes in a file of some kilobytes.
mkdir tree
truncate -s 3G tree/zeroes
(cd tree && echo zeroes | cpio --quiet -o -H newc) | zstd -q -c >bomb
img=$tmp/bomb.raw
cp --sparse=always "$(sample grub)" "$img"
root_put bomb "/boot/initrd.img-$version"
says "one that unpacks to more than 2 GiB" \
	"inconclusive /boot/initrd.img-$version: zstd: more than the 2048 MiB that are unpacked" \
	"$(outcome guest.initrd-intact | sed 's/: more than/: zstd: more than/;s/zstd: zstd/zstd/')"

# 1.5 GiB, named twice, are unpacked once; as two files they are more than the budget.
truncate -s 1536M tree/zeroes
(cd tree && echo zeroes | cpio --quiet -o -H newc) | zstd -q -c >half
img=$tmp/twice.raw
cp --sparse=always "$(sample grub)" "$img"
root_put half "/boot/half"
root_edit /boot/grub/grub.cfg "s,initrd /boot.*,initrd /boot/initrd.img-$version /boot/half /boot/half /boot//half,"
says "a file that is loaded three times is unpacked once" "pass" "$(outcome guest.initrd-intact)"
root_put half "/boot/other"
root_edit /boot/grub/grub.cfg "s, /boot//half, /boot/other,"
says "two of them are not" "inconclusive" "$(outcome guest.initrd-intact)"

# A file that names modules, of which no more than 64 KiB are read, where a blacklist leaves it to that one.
img=$tmp/modules.raw
cp --sparse=always "$(sample grub)" "$img"
root_edit "/boot/config-$version" 's/^CONFIG_VFAT_FS=.*/CONFIG_VFAT_FS=m/'
root_edit "/usr/lib/modules/$version/modules.dep" '$akernel/fs/fat/vfat.ko:'
root_initrd "$version" virtio_pci virtio_blk virtio_mmio virtio_scsi xen-blkfront ext4 vfat
root_mkdir /etc/modprobe.d
echo 'blacklist vfat' | root_write /etc/modprobe.d/cis.conf
root_mkdir /etc/modules-load.d
root_run 'symlink /etc/modules-load.d/null.conf /dev/null'
says "what no file names is not loaded" "finding" "$(outcome guest.fstab-drivers)"
filling 70000
root_put "$work/filling" /etc/modules-load.d/large.conf
says "one that is not read may name it" "inconclusive which modules /etc/modules-load.d/large.conf names" \
	"$(outcome guest.fstab-drivers)"
tap_done
