#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of what a GRUB can do: by the modules in its binary, in its prefix and in its memory disk. The same with real
# GRUBs, which are booted, is tests/distro/loaders.t.
# shellcheck disable=SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs gzip tar cpio mksquashfs

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample grub)" "$img"; }

portable() { exits 0 "$1" "$armvm" check --boot none "$img"; }
module() { python3 "$lib/mkgrub.py" "$tmp/module" --elf "$1"; }

sampled
esp_grub --prefix /EFI/debian $grub_way --module linux
portable "all modules are in the binary"
esp_grub --prefix /EFI/debian --module fat --module ext2 --module normal --module configfile \
	--module search_fs_uuid --module search --module linux
found "without part_gpt there are no partitions" loader.modules finding "this GRUB lacks a module: part_gpt"
esp_grub --prefix /EFI/debian --module part_gpt --module fat --module normal --module configfile \
	--module search_fs_uuid --module search --module linux
found "without a reader of the root file system" loader.modules finding \
	"this GRUB lacks a module: ext2, for the ext4 of partition 2"
esp_grub --prefix /EFI/debian --module part_gpt --module fat
found "without normal" loader.modules finding "this GRUB lacks a module: normal"

# Modules in the prefix: by insmod, and by the lists.
esp_grub --prefix /EFI/debian $grub_way
found "no linux anywhere" loader.modules finding 'the entry "Debian GNU/Linux" uses the command linux'
esp_mkdir /EFI/debian/arm64-efi
module linux:fdt
esp_put "$tmp/module" /EFI/debian/arm64-efi/linux.mod
found "a module that nothing loads" loader.modules finding "uses the command linux"
# The root's grub.cfg runs with a prefix there, as Debian's does; this one stays.
esp_get /EFI/debian/grub.cfg "$tmp/stub"
{ grep -v prefix "$tmp/stub" | grep -v configfile; echo 'configfile ($root)/boot/grub/grub.cfg'; } >"$tmp/kept"
esp_put "$tmp/kept" /EFI/debian/grub.cfg
esp_put "$tmp/kept" /EFI/BOOT/grub.cfg
printf '*search: search\nlinux: linux\ninitrd: linux\n' | esp_write /EFI/debian/arm64-efi/command.lst
portable "one that the list of commands names"
esp_del /EFI/debian/arm64-efi/command.lst
{ echo 'insmod linux'; cat "$tmp/kept"; } >"$tmp/insmod"
esp_put "$tmp/insmod" /EFI/debian/grub.cfg
esp_put "$tmp/insmod" /EFI/BOOT/grub.cfg
portable "one that insmod loads"
esp_grub --prefix /EFI/debian --module part_gpt --module fat --module normal --module configfile \
	--module search_fs_uuid --module search
module ext2
esp_put "$tmp/module" /EFI/debian/arm64-efi/ext2.mod
found "a reader that nothing loads" loader.modules finding "ext2, for the ext4 of partition 2"
printf 'ext2\nfat\n' | esp_write /EFI/debian/arm64-efi/fs.lst
portable "one that the list of file systems names"

# To an `if`, a command that GRUB cannot find has succeeded.
sampled
root_edit /boot/grub/grub.cfg "s,^set default=0,if keystatus --shift; then set k=/boot/none; else set k=/boot/vmlinuz-$version; fi; export k,
	s,linux /boot/vmlinuz[^ ]*,linux \$k,"
esp_grub --prefix /EFI/debian $grub_way --module linux
found "a condition by a command that is not there holds" loader.kernel finding "/boot/none"
esp_grub --prefix /EFI/debian $grub_way --module linux --module keystatus=keystatus
portable "and does not by one that says no"

# A compressed kernel needs the module that unpacks it.
sampled
esp_grub --prefix /EFI/debian $grub_way --module linux
root_get "/boot/vmlinuz-$version" "$tmp/kernel"
gzip -n -c "$tmp/kernel" >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found "a kernel by gzip without gzio" loader.modules finding "this kernel is compressed by gzip"
esp_grub --prefix /EFI/debian $grub_way --module linux --module gzio
portable "and with it"
# So do configurations.
root_get /boot/grub/grub.cfg "$tmp/menu"
gzip -n -c "$tmp/menu" >"$tmp/packed"
root_put "$tmp/packed" /boot/grub/grub.cfg
portable "a configuration by gzip"

# A memory disk with the configuration, and the modules, as grub-mkstandalone makes it.
mkdir -p "$tmp/disk/boot/grub/arm64-efi"
{ echo 'insmod part_gpt'; grep -v prefix "$tmp/stub" | grep -v configfile; cat "$tmp/menu"; } >"$tmp/disk/boot/grub/grub.cfg"
for name in part_gpt search_fs_uuid linux ext2 fat; do
	module $name
	cp "$tmp/module" "$tmp/disk/boot/grub/arm64-efi/$name.mod"
done
printf 'search.fs_uuid: search_fs_uuid\nsearch: search_fs_uuid\nlinux: linux\ninitrd: linux\n' \
	>"$tmp/disk/boot/grub/arm64-efi/command.lst"
printf 'ext2\nfat\n' >"$tmp/disk/boot/grub/arm64-efi/fs.lst"
# packed KIND OUT
packed() {
	rm -f "$2"
	case $1 in
	tar) tar -c --format=ustar -C "$tmp/disk" -f "$2" boot ;;
	newc) (cd "$tmp/disk" && find boot | cpio --quiet -o -H newc >"$2") ;;
	squash4) mksquashfs "$tmp/disk" "$2" -comp xz -quiet -no-progress >/dev/null ;;
	esac
}
for kind in tar newc squash4; do
	packed $kind "$tmp/$kind"
	sampled
	rm -f "$tmp/none"
	esp_del /EFI/BOOT/grub.cfg
	esp_del /EFI/debian/grub.cfg
	root_del /boot/grub/grub.cfg
	esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/$kind" --module memdisk --module $kind --module normal
	portable "a memory disk of $kind"
	"$armvm" check --boot none --json "$img" 2>/dev/null |
		jq -r '.images[0].checks[] | select(.id == "loader.config").outcome' >"$tmp/found"
	contains "loader.config passes" pass "$tmp/found"
	sed -i 's/vmlinuz/missing/' "$tmp/disk/boot/grub/grub.cfg"
	packed $kind "$tmp/bad"
	esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/bad" --module memdisk --module $kind --module normal
	found "its configuration is judged" loader.kernel finding "(memdisk)/boot/grub/grub.cfg names this kernel"
	sed -i 's/missing/vmlinuz/' "$tmp/disk/boot/grub/grub.cfg"
	# Without partitions $root stays the memory disk: the kernel is looked for there by every check.
	cp "$tmp/disk/boot/grub/grub.cfg" "$tmp/whole"
	sed -i '/insmod part_gpt/d' "$tmp/disk/boot/grub/grub.cfg"
	packed $kind "$tmp/bad"
	cp "$tmp/whole" "$tmp/disk/boot/grub/grub.cfg"
	esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/bad" --module memdisk --module $kind --module normal
	"$armvm" check --boot none --json "$img" >"$tmp/json" 2>/dev/null
	ok "a kernel that is looked for in the memory disk is an error" jq -e '.images[0].conclusion == "not-portable"' "$tmp/json"
	ok "and every check comes to its end" jq -e '[.images[0].checks[] | select(.outcome == "inconclusive")] == []' "$tmp/json"
	esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/$kind" --module memdisk --module normal
	found "without the module that reads it" loader.modules finding "$kind, for the "
done
# One that is not read leaves doubt, not a fault.
# Its reader of squashfs unpacks by gzip, lzo and xz alone.
for by in gzip zstd lz4; do
	rm -f "$tmp/squashfs"
	mksquashfs "$tmp/disk" "$tmp/squashfs" -comp $by -quiet -no-progress >/dev/null
	esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/squashfs" --module memdisk --module squash4 $grub_way \
		--module linux
	case $by in
	gzip) portable "a squashfs by $by" ;;
	*) found "a squashfs by $by" loader.modules finding "squash4 that unpacks $by, for the squashfs of the memory disk" ;;
	esac
done
printf 'hsqs' >"$tmp/squashfs"
head -c 4092 /dev/zero >>"$tmp/squashfs"
esp_grub --prefix '(memdisk)/boot/grub' --memdisk "$tmp/squashfs" --module memdisk --module squash4 --module normal
exits 3 "a memory disk that is not read" "$armvm" check --boot none "$img"
# So does one that has what it runs first, wherever its prefix leads.
sampled
echo 'configfile (memdisk)/boot/grub/grub.cfg' >"$tmp/first"
esp_grub --prefix /EFI/debian --config "$tmp/first" --memdisk "$tmp/squashfs" --module memdisk $grub_way --module linux
found "a first configuration in there" loader.fallback-boots inconclusive ""
esp_grub --prefix /EFI/debian $grub_way --module linux
portable "and none"
tap_done
