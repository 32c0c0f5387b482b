# SPDX-License-Identifier: GPL-2.0-or-later
# Debian and what is made of it. See images/layouts.
# shellcheck shell=sh disable=SC2154

# https://cloud.debian.org: root first in number and last on the disk, the ESP is partition 15; shim and signed GRUB.
layout_debian_cloud() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub" "$w/esp/EFI/debian"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initrd.img-$version" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub/grub.cfg"
	cp "$base/grub/usr/lib/shim/shimaa64.efi.signed" "$w/esp/EFI/BOOT/BOOTAA64.EFI"
	cp "$base/grub/usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed" "$w/esp/EFI/BOOT/grubaa64.efi"
	cp "$base/grub/usr/lib/shim/mmaa64.efi.signed" "$w/esp/EFI/BOOT/mmaa64.efi"
	leads_to $uuid /boot/grub >"$w/esp/EFI/debian/grub.cfg"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "15:$esp_type:::$w/esp.img" "1:$root_type::$partuuid:$w/root.img"
}

# https://cloud-images.ubuntu.com, 24.04: cloudimg-rootfs, UEFI and BOOT by their labels.
layout_ubuntu_cloud() {
	new_root ubuntu "Ubuntu 24.04 LTS"
	kernel_to "$w/bootfs" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/bootfs"
	mkdir -p "$w/bootfs/grub" "$w/esp/EFI/ubuntu"
	menu "search --no-floppy --fs-uuid --set=root $boot_uuid" "/vmlinuz-$version" "/initrd.img-$version" \
		"root=LABEL=cloudimg-rootfs ro $consoles" >"$w/bootfs/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/ubuntu
	leads_to $boot_uuid /grub >"$w/esp/EFI/ubuntu/grub.cfg"
	mounts LABEL=cloudimg-rootfs / ext4 discard
	mounts LABEL=BOOT /boot ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/bootfs" "$w/boot.img" 200 $boot_uuid BOOT
	make_ext4 "$w/root" "$w/root.img" 512 $uuid cloudimg-rootfs
	make_disk "15:$esp_type:::$w/esp.img" "16:ea00:::$w/boot.img" "1:$root_type::$partuuid:$w/root.img"
}

# Pop!_OS: kernelstub copies the kernel to a folder with the root's UUID in its name.
layout_pop_os() {
	new_root pop "Pop!_OS 22.04 LTS"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	folder=Pop_OS-$uuid
	kernel_to "$w/esp/EFI/$folder" vmlinuz.efi initrd.img
	systemd_boot
	entry "$w/esp/loader/entries/Pop_OS-current.conf" "Pop!_OS" "/EFI/$folder/vmlinuz.efi" "/EFI/$folder/initrd.img" \
		"root=UUID=$uuid ro quiet loglevel=0 $consoles"
	printf 'default Pop_OS-current.conf\ntimeout 1\n' >"$w/esp/loader/loader.conf"
	mounts "PARTUUID=$partuuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Debian on a mirror of which the other half is absent; GRUB's prefix is on the array.
layout_debian_raid() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	with_modules "$w/root/boot/initrd.img-$version" md-mod raid1
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub" "$w/root/etc/mdadm"
	echo 'ARRAY /dev/md/root metadata=1.2 UUID=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf name=host:root' \
		>"$w/root/etc/mdadm/mdadm.conf"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initrd.img-$version" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	leads_to $uuid /boot/grub >"$w/esp/EFI/BOOT/grub.cfg"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/root" "$w/fs.img" 512 $uuid
	python3 "$lib/mkmd.py" 1 1.2 root "$w/fs.img" "$w/root.img" missing
	make_disk "1:$esp_type:::$w/esp.img" "2:fd00:::$w/root.img"
}

# Debian's installer, guided with LVM: /boot apart, GRUB reads it without lvm.
layout_debian_lvm() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/bootfs" "vmlinuz-$version" "initrd.img-$version"
	with_modules "$w/bootfs/initrd.img-$version" dm-mod
	config_to "$w/bootfs"
	mkdir -p "$w/bootfs/grub"
	menu "search --no-floppy --fs-uuid --set=root $boot_uuid" "/vmlinuz-$version" "/initrd.img-$version" \
		"root=/dev/mapper/debian--vg-root ro $consoles" >"$w/bootfs/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	leads_to $boot_uuid /grub >"$w/esp/EFI/BOOT/grub.cfg"
	mounts /dev/mapper/debian--vg-root / ext4 errors=remount-ro
	mounts "UUID=$boot_uuid" /boot ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/bootfs" "$w/boot.img" 200 $boot_uuid
	make_ext4 "$w/root" "$w/fs.img" 512 $uuid
	python3 "$lib/mklvm.py" "$w/root.img" debian-vg "root=$w/fs.img"
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:::$w/boot.img" "3:8e00:::$w/root.img"
}

# grub-mkstandalone: the configuration is in GRUB's own memory disk.
layout_standalone() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initrd.img-$version" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub/grub.cfg"
	leads_to $uuid /boot/grub >"$w/grub.cfg"
	grub-mkstandalone -d "$base/grub/usr/lib/grub/arm64-efi" -O arm64-efi -o "$w/esp/EFI/BOOT/BOOTAA64.EFI" \
		--modules="part_gpt part_msdos ext2 fat search search_fs_uuid configfile normal linux" --locales= --fonts= --themes= "boot/grub/grub.cfg=$w/grub.cfg" >/dev/null 2>&1
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Proxmox VE: /boot and the root are one logical volume, which GRUB reads.
layout_proxmox() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	with_modules "$w/root/boot/initrd.img-$version" dm-mod
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub" "$w/esp/EFI/proxmox"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initrd.img-$version" \
		"root=/dev/mapper/pve-root ro quiet $consoles" >"$w/root/boot/grub/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/proxmox
	leads_to $uuid /boot/grub >"$w/esp/EFI/proxmox/grub.cfg"
	mounts /dev/pve/root / ext4 errors=remount-ro
	mounts "UUID=$esp_uuid" /boot/efi vfat
	mounts /dev/pve/swap none swap sw
	make_esp
	make_ext4 "$w/root" "$w/fs.img" 512 $uuid
	truncate -s 32M "$w/swap.img"
	mkswap -q "$w/swap.img"
	python3 "$lib/mklvm.py" "$w/root.img" pve "swap=$w/swap.img" "root=$w/fs.img"
	truncate -s 1M "$w/bios.img"
	make_disk "1:ef02:::$w/bios.img" "2:$esp_type:::$w/esp.img" "3:8e00:::$w/root.img"
}

# Debian for boards, with u-boot-menu: U-Boot's own files alone. Not portable, as no ESP is there.
layout_u_boot_menu() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/extlinux"
	printf 'default l0\nprompt 0\ntimeout 10\n\nlabel l0\n\tlinux %s\n\tinitrd %s\n\tappend %s\n' "/boot/vmlinuz-$version" \
		"/boot/initrd.img-$version" "root=UUID=$uuid ro" >"$w/root/boot/extlinux/extlinux.conf"
	mounts "UUID=$uuid" / ext4
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$root_type::$partuuid:$w/root.img"
}

# Raspberry Pi OS: an MBR, and a FAT with the board's firmware. Not portable, for the one and the other.
layout_raspberry_pi_os() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	rm -rf "$w/esp/EFI"
	kernel_to "$w/esp" kernel8.img initramfs8
	printf 'arm_64bit=1\nauto_initramfs=1\n' >"$w/esp/config.txt"
	echo "console=serial0,115200 console=tty1 root=PARTUUID=1a2b3c4d-02 rootfstype=ext4 rootwait" >"$w/esp/cmdline.txt"
	mounts PARTUUID=1a2b3c4d-02 / ext4 defaults,noatime
	mounts PARTUUID=1a2b3c4d-01 /boot/firmware vfat
	make_esp 128
	make_ext4 "$w/root" "$w/root.img" 512 $uuid rootfs
	truncate -s 645M "$out.part"
	printf 'label: dos\nlabel-id: 0x1a2b3c4d\nstart=8192,size=262144,type=c\nstart=270336,size=1048576,type=83\n' |
		sfdisk -q "$out.part"
	dd if="$w/esp.img" of="$out.part" bs=1M seek=4 conv=notrunc,sparse status=none
	dd if="$w/root.img" of="$out.part" bs=1M seek=132 conv=notrunc,sparse status=none
	mv "$out.part" "$out"
}
