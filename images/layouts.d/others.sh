# SPDX-License-Identifier: GPL-2.0-or-later
# Distributions of neither. See images/layouts.
# shellcheck shell=sh disable=SC2154

# Arch Linux ARM with systemd-boot: the ESP is /boot.
layout_arch_systemd_boot() {
	new_root arch "Arch Linux"
	kernel_to "$w/esp" vmlinuz-linux initramfs-linux.img
	systemd_boot
	entry "$w/esp/loader/entries/arch.conf" "Arch Linux" /vmlinuz-linux /initramfs-linux.img \
		"root=PARTUUID=$partuuid rw $consoles"
	mounts "PARTUUID=$partuuid" / ext4
	mounts "UUID=$esp_uuid" /boot vfat
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# mkinitcpio's unified kernel images in EFI/Linux.
layout_arch_uki() {
	new_root arch "Arch Linux"
	systemd_boot
	unified "$w/esp/EFI/Linux/arch-linux.efi" "$base/grub/boot/initrd.img-$version" \
		"root=UUID=$uuid rw $consoles"
	mkdir -p "$w/root/etc/kernel"
	echo "root=UUID=$uuid rw $consoles" >"$w/root/etc/kernel/cmdline"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /efi vfat
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# grub-install --removable: the prefix is in the root file system.
layout_arch_removable() {
	new_root arch "Arch Linux"
	kernel_to "$w/root/boot" vmlinuz-linux initramfs-linux.img
	mkdir -p "$w/root/boot/grub"
	menu "search --no-floppy --fs-uuid --set=root $uuid" /boot/vmlinuz-linux /boot/initramfs-linux.img \
		"root=UUID=$uuid rw $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" '(,gpt2)/boot/grub'
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /efi vfat
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# NixOS: entries by generation, kernels by their hashes in EFI/nixos, init= in the store.
layout_nixos() {
	new_root nixos "NixOS 24.05 (Uakari)"
	system=/nix/store/0a1b2c3d4e5f6g7h8i9j0k1l2m3n4p5q-nixos-system-vm-24.05
	mkdir -p "$w/root$system"
	printf '#!/bin/sh\nexec /bin/busybox init\n' >"$w/root$system/init"
	chmod 755 "$w/root$system/init"
	rm -f "$w/root/sbin/init" "$w/root/usr/sbin/init"
	kernel_to "$w/esp/EFI/nixos" aaaa-linux-$version-Image.efi aaaa-initrd-linux-$version-initrd.efi
	systemd_boot
	entry "$w/esp/loader/entries/nixos-generation-1.conf" "NixOS (Generation 1)" \
		"/EFI/nixos/aaaa-linux-$version-Image.efi" "/EFI/nixos/aaaa-initrd-linux-$version-initrd.efi" \
		"init=$system/init root=UUID=$uuid $consoles"
	printf 'timeout 1\ndefault nixos-generation-1.conf\n' >"$w/esp/loader/loader.conf"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot vfat
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid nixos
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Alpine: kernels without a version in their name, modules= for its initramfs.
layout_alpine() {
	new_root alpine "Alpine Linux v3.20"
	kernel_to "$w/root/boot" vmlinuz-virt initramfs-virt
	mkdir -p "$w/root/boot/grub" "$w/esp/EFI/alpine"
	menu "search --no-floppy --fs-uuid --set=root $uuid" /boot/vmlinuz-virt /boot/initramfs-virt \
		"root=UUID=$uuid ro modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4 $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" '(,gpt2)/boot/grub'
	cp "$w/esp/EFI/BOOT/BOOTAA64.EFI" "$w/esp/EFI/alpine/grubaa64.efi"
	mounts "UUID=$uuid" / ext4 rw,relatime
	mounts "UUID=$esp_uuid" /boot/efi vfat
	mounts /dev/cdrom /media/cdrom iso9660 noauto,ro
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Void Linux: dracut's initramfs, /usr and the kernel on the root, the ESP at /boot/efi.
layout_void_usr() {
	new_root void "Void Linux"
	kernel_to "$w/root/boot" "vmlinux-$version" "initramfs-$version.img"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub" "$w/esp/EFI/void"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinux-$version" "/boot/initramfs-$version.img" \
		"root=UUID=$uuid ro loglevel=4 $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/void
	leads_to $uuid /boot/grub >"$w/esp/EFI/void/grub.cfg"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat
	mounts tmpfs /tmp tmpfs
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Gentoo's handbook: the loader in EFI/gentoo alone, which a boot entry names. Not portable, for that reason.
layout_gentoo() {
	new_root gentoo "Gentoo Linux"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initramfs-$version.img"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initramfs-$version.img" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/gentoo/grubaa64.efi" '(,gpt2)/boot/grub'
	rmdir "$w/esp/EFI/BOOT"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /efi vfat
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}
