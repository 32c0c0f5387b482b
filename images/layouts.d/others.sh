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

# NixOS with GRUB as removable: kernels are copied to the ESP, which is /boot, and paths have two slashes.
layout_nixos_grub() {
	new_root nixos "NixOS 24.11 (Vicuna)"
	system=/nix/store/1a1b2c3d4e5f6g7h8i9j0k1l2m3n4p5q-nixos-system-nixos-24.11
	mkdir -p "$w/root$system" "$w/esp/grub"
	printf '#!/bin/sh\nexec /bin/busybox init\n' >"$w/root$system/init"
	chmod 755 "$w/root$system/init"
	rm -f "$w/root/sbin/init" "$w/root/usr/sbin/init"
	kernel_to "$w/esp/kernels" 0k1-linux-Image 0k1-initrd-linux-initrd
	cat >"$w/esp/grub/grub.cfg" <<-END
		search --set=drive1 --fs-uuid $esp_uuid
		if [ -s \$prefix/grubenv ]; then
			load_env
		fi
		if [ "\${next_entry}" ]; then
			set default="\${next_entry}"
			set next_entry=
			save_env next_entry
			set boot_once=true
		else
			set default="0"
		fi
		set timeout=1
		menuentry "NixOS - Default" --class nixos --unrestricted {
			search --set=drive1 --fs-uuid $esp_uuid
			linux (\$drive1)//kernels/0k1-linux-Image init=$system/init $consoles root=LABEL=nixos loglevel=4
			initrd (\$drive1)//kernels/0k1-initrd-linux-initrd
		}
	END
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" '(,gpt1)/grub'
	mounts /dev/disk/by-label/nixos / ext4
	mounts "UUID=$esp_uuid" /boot vfat
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid nixos
	make_disk "1:$esp_type:ESP::$w/esp.img" "2:8300:primary:$partuuid:$w/root.img"
}

# Guix System: root= without a tag, the kernel and the initrd in the store, and no init but what gnu.load= names.
layout_guix() {
	new_root guix "Guix System"
	rm -f "$w/root/sbin/init" "$w/root/usr/sbin/init"
	store=/gnu/store/1a1b2c3d4e5f6g7h8i9j0k1l2m3n4p5q
	kernel_to "$w/root$store-linux-libre-6.1.0" Image initrd.cpio.gz
	mkdir -p "$w/root$store-system" "$w/root/boot/grub"
	echo '(use-modules (gnu system))' >"$w/root$store-system/boot"
	menu "search --fs-uuid --set $uuid" "$store-linux-libre-6.1.0/Image" "$store-linux-libre-6.1.0/initrd.cpio.gz" \
		"root=$uuid gnu.system=$store-system gnu.load=$store-system/boot quiet $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" '(,gpt2)/boot/grub'
	mounts "UUID=$uuid" / ext4
	make_esp 64
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Alpine's images for clouds: the root's label is a slash.
layout_alpine_cloud() {
	new_root alpine "Alpine Linux v3.21"
	kernel_to "$w/root/boot" vmlinuz-virt initramfs-virt
	mkdir -p "$w/root/boot/grub"
	menu "search --no-floppy --label --set=root /" /boot/vmlinuz-virt /boot/initramfs-virt \
		"root=LABEL=/ modules=sd-mod,usb-storage,ext4,nvme,ena rootfstype=ext4 $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/bootaa64.efi" '(,gpt2)/boot/grub'
	mounts LABEL=/ / ext4 defaults,noatime
	mounts LABEL=ESP /boot/efi vfat defaults,noatime,umask=077
	make_esp 64
	make_ext4 "$w/root" "$w/root.img" 512 $uuid /
	make_disk "1:$esp_type:::$w/esp.img" "2:8300::$partuuid:$w/root.img"
}
