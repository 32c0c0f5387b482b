# SPDX-License-Identifier: GPL-2.0-or-later
# Distributions of RPM packages. See images/layouts.
# shellcheck shell=sh disable=SC2154

# Fedora Cloud: an ESP of its own name, /boot on ext4, the root on btrfs.
layout_fedora() {
	new_root fedora "Fedora Linux 40 (Cloud Edition)"
	kernel_to "$w/bootfs" "vmlinuz-$version" "initramfs-$version.img"
	config_to "$w/bootfs"
	mkdir -p "$w/bootfs/grub2" "$w/esp/EFI/fedora"
	menu "search --no-floppy --fs-uuid --set=root $boot_uuid" "/vmlinuz-$version" "/initramfs-$version.img" \
		"root=UUID=$uuid ro $consoles" >"$w/bootfs/grub2/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/fedora
	cp "$w/esp/EFI/BOOT/BOOTAA64.EFI" "$w/esp/EFI/fedora/grubaa64.efi"
	leads_to $boot_uuid /grub2 >"$w/esp/EFI/fedora/grub.cfg"
	mounts "UUID=$uuid" / btrfs compress=zstd:1
	mounts "UUID=$boot_uuid" /boot ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_ext4 "$w/bootfs" "$w/boot.img" 200 $boot_uuid
	make_btrfs "$w/root" "$w/root.img" 600 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:::$w/boot.img" "3:$root_type::$partuuid:$w/root.img"
}

# Rocky Linux, installed by Anaconda: /boot on xfs, the root in a volume group.
layout_rocky_lvm() {
	new_root rocky "Rocky Linux 9.4 (Blue Onyx)"
	kernel_to "$w/bootfs" "vmlinuz-$version" "initramfs-$version.img"
	with_modules "$w/bootfs/initramfs-$version.img" dm-mod
	config_to "$w/bootfs"
	mkdir -p "$w/bootfs/grub2" "$w/esp/EFI/rocky" "$w/root/usr/lib/dracut"
	menu "search --no-floppy --fs-uuid --set=root $boot_uuid" "/vmlinuz-$version" "/initramfs-$version.img" \
		"root=/dev/mapper/rocky-root ro rd.lvm.lv=rocky/root $consoles" >"$w/bootfs/grub2/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/rocky
	leads_to $boot_uuid /grub2 >"$w/esp/EFI/rocky/grub.cfg"
	mounts /dev/mapper/rocky-root / ext4
	mounts "UUID=$boot_uuid" /boot xfs
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_xfs "$w/bootfs" "$w/boot.img" 320 $boot_uuid
	make_ext4 "$w/root" "$w/fs.img" 512 $uuid
	python3 "$lib/mklvm.py" "$w/root.img" rocky "root=$w/fs.img"
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:::$w/boot.img" "3:8e00:::$w/root.img"
}

# RHEL's image for clouds: the ESP and one xfs with /boot in it.
layout_rhel_cloud() {
	new_root rhel "Red Hat Enterprise Linux 9.4 (Plow)"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initramfs-$version.img"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub2" "$w/esp/EFI/redhat"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initramfs-$version.img" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub2/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/redhat
	leads_to $uuid /boot/grub2 >"$w/esp/EFI/redhat/grub.cfg"
	mounts "UUID=$uuid" / xfs
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp
	make_xfs "$w/root" "$w/root.img" 600 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# openSUSE: a btrfs with /boot in it, GRUB's folder grub2, the loader in EFI/opensuse as well.
layout_opensuse() {
	new_root opensuse-leap "openSUSE Leap 15.6"
	kernel_to "$w/root/boot" "Image-$version" "initrd-$version"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub2" "$w/esp/EFI/opensuse" "$w/root/etc/sysconfig"
	echo 'UPDATE_NVRAM="no"' >"$w/root/etc/sysconfig/bootloader"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/Image-$version" "/boot/initrd-$version" \
		"root=UUID=$uuid $consoles" >"$w/root/boot/grub2/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/opensuse
	cp "$w/esp/EFI/BOOT/BOOTAA64.EFI" "$w/esp/EFI/opensuse/grubaa64.efi"
	leads_to $uuid /boot/grub2 >"$w/esp/EFI/opensuse/grub.cfg"
	mounts "UUID=$uuid" / btrfs
	mounts "UUID=$esp_uuid" /boot/efi vfat
	make_esp
	make_btrfs "$w/root" "$w/root.img" 600 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# The Boot Loader Specification with a small ESP: entries and kernels on the extended boot loader partition.
layout_xbootldr() {
	new_root fedora "Fedora Linux 40"
	kernel_to "$w/bootfs/abc/$version" linux initrd
	systemd_boot
	entry "$w/bootfs/loader/entries/abc-$version.conf" "Fedora Linux 40" "/abc/$version/linux" "/abc/$version/initrd" \
		"root=UUID=$uuid ro $consoles"
	mkdir -p "$w/root/etc/kernel"
	echo "root=UUID=$uuid ro $consoles" >"$w/root/etc/kernel/cmdline"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /efi vfat
	make_esp 64
	rm -f "$w/boot.img"
	truncate -s 256M "$w/boot.img"
	mkfs.fat -F 32 -n XBOOTLDR "$w/boot.img" >/dev/null
	mcopy -s -i "$w/boot.img" "$w"/bootfs/* ::/
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:ea00:::$w/boot.img" "3:$root_type::$partuuid:$w/root.img"
}

# OSTree: kernels below /boot/ostree, the root in a deployment that ostree= names.
layout_ostree() {
	new_root fedora "Fedora IoT 40"
	deploy=ostree/deploy/fedora-iot/deploy/0a1b2c3d.0
	rm -rf "$w/sysroot"
	mkdir -p "$w/sysroot/ostree/deploy/fedora-iot/deploy" "$w/sysroot/ostree/boot.1/fedora-iot/0a1b"
	kernel_to "$w/sysroot/boot/ostree/fedora-iot-0a1b" "vmlinuz-$version" "initramfs-$version.img"
	mkdir -p "$w/sysroot/boot/grub2"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/ostree/fedora-iot-0a1b/vmlinuz-$version" \
		"/boot/ostree/fedora-iot-0a1b/initramfs-$version.img" \
		"root=UUID=$uuid ostree=/ostree/boot.1/fedora-iot/0a1b/0 $consoles" >"$w/sysroot/boot/grub2/grub.cfg"
	mv "$w/root" "$w/sysroot/$deploy"
	ln -s "../../../deploy/fedora-iot/deploy/0a1b2c3d.0" "$w/sysroot/ostree/boot.1/fedora-iot/0a1b/0"
	mkdir -p "$w/esp/EFI/fedora"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/fedora
	leads_to $uuid /boot/grub2 >"$w/esp/EFI/fedora/grub.cfg"
	make_esp
	make_ext4 "$w/sysroot" "$w/root.img" 600 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# openEuler's images for virtual machines: the ESP is /boot.
layout_openeuler() {
	new_root openEuler "openEuler 24.03 (LTS)"
	kernel_to "$w/esp" "vmlinuz-$version" "initramfs-$version.img"
	config_to "$w/esp"
	mkdir -p "$w/esp/EFI/openEuler"
	menu "search --no-floppy --fs-uuid --set=root $esp_uuid" "/vmlinuz-$version" "/initramfs-$version.img" \
		"root=UUID=$uuid ro cgroup_disable=files apparmor=0 crashkernel=1024M,high $consoles" \
		>"$w/esp/EFI/openEuler/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/openEuler
	cp "$w/esp/EFI/BOOT/BOOTAA64.EFI" "$w/esp/EFI/openEuler/grubaa64.efi"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot vfat umask=0077
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# CBL-Mariner and Photon OS: what is booted stands in environment blocks, and the init is systemd by its path.
layout_mariner() {
	new_root mariner "CBL-Mariner/Linux"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	mkdir -p "$w/root/boot/grub2" "$w/esp/boot/grub2" "$w/root/usr/lib/systemd"
	ln -s /bin/busybox "$w/root/usr/lib/systemd/systemd"
	cat >"$w/root/boot/grub2/grub.cfg" <<-END
		set timeout=0
		set bootprefix=/boot
		search -n -u $uuid -s
		load_env -f \$bootprefix/mariner.cfg
		if [ -f \$bootprefix/systemd.cfg ]; then
			load_env -f \$bootprefix/systemd.cfg
		else
			set systemd_cmdline=net.ifnames=0
		fi
		set rootdevice=PARTUUID=$partuuid
		menuentry "CBL-Mariner" {
			linux \$bootprefix/\$mariner_linux root=\$rootdevice \$mariner_cmdline \$systemd_cmdline $consoles \$kernelopts
			if [ -f \$bootprefix/\$mariner_initrd ]; then
				initrd \$bootprefix/\$mariner_initrd
			fi
		}
	END
	printf '# GRUB Environment Block\nmariner_cmdline=init=/lib/systemd/systemd ro quiet\nmariner_linux=%s\nmariner_initrd=%s\n' \
		"vmlinuz-$version" "initrd.img-$version" >"$w/root/boot/linux-$version.cfg"
	ln -s "linux-$version.cfg" "$w/root/boot/mariner.cfg"
	grub_to "$w/esp/EFI/BOOT/bootaa64.efi" /boot/grub2
	printf 'search -n -u %s -s\nset bootprefix=/boot\nconfigfile $bootprefix/grub2/grub.cfg\n' $uuid \
		>"$w/esp/boot/grub2/grub.cfg"
	mounts "PARTUUID=$partuuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat umask=0077
	make_esp 64
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# Photon OS: what starts is in an environment block, to which a link leads.
layout_photon() {
	new_root photon "VMware Photon OS/Linux"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initrd.img-$version"
	config_to "$w/root/boot"
	environment "$w/root/boot/linux-$version.cfg" "photon_cmdline=ro loglevel=3 quiet" \
		"photon_linux=vmlinuz-$version" "photon_initrd=initrd.img-$version"
	ln -s "linux-$version.cfg" "$w/root/boot/photon.cfg"
	mkdir -p "$w/root/boot/grub2"
	cat >"$w/root/boot/grub2/grub.cfg" <<-END
		set default=0
		set timeout=1
		search -n -u $uuid -s
		set rootpartition=PARTUUID=$partuuid
		load_env -f /boot/photon.cfg
		if [ -f /boot/systemd.cfg ]; then
			load_env -f /boot/systemd.cfg
		else
			set systemd_cmdline=net.ifnames=0
		fi
		menuentry "Photon" {
			linux /boot/\$photon_linux root=\$rootpartition \$photon_cmdline \$systemd_cmdline $consoles
			if [ -f /boot/\$photon_initrd ]; then
				initrd /boot/\$photon_initrd
			fi
		}
	END
	leads_to $uuid /boot/grub2 >"$w/esp/EFI/BOOT/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	mounts "PARTUUID=$partuuid" / ext4
	make_esp 64
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	truncate -s 1M "$w/bios.img"
	make_disk "1:ef02:::$w/bios.img" "2:$esp_type:::$w/esp.img" "3:8300::$partuuid:$w/root.img"
}

# dracut's module "squash": the initrd is a small one, in which the real one is packed.
layout_dracut_squash() {
	new_root fedora "Fedora Linux 41"
	kernel_to "$w/root/boot" "vmlinuz-$version" "initramfs-$version.img"
	config_to "$w/root/boot"
	mkdir -p "$w/whole" "$w/small/bin" "$w/root/boot/grub2"
	zstd -q -d -c "$base/grub/boot/initrd.img-$version" >"$w/initrd.cpio"
	(cd "$w/whole" && cpio -i --quiet --no-preserve-owner <"$w/initrd.cpio")
	cp "$w/whole/bin/busybox" "$w/small/bin/"
	mksquashfs "$w/whole" "$w/small/squash-root.img" -quiet -no-progress -all-root >/dev/null
	cat >"$w/small/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mkdir -p /squash/root
		/bin/busybox mount -t squashfs -o ro,loop /squash-root.img /squash/root
		exec /bin/busybox switch_root /squash/root /init
	END
	chmod 755 "$w/small/init"
	(cd "$w/small" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) | zstd -q >"$w/small.img"
	mv "$w/small.img" "$w/root/boot/initramfs-$version.img"
	menu "search --no-floppy --fs-uuid --set=root $uuid" "/boot/vmlinuz-$version" "/boot/initramfs-$version.img" \
		"root=UUID=$uuid ro $consoles" >"$w/root/boot/grub2/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/fedora
	mkdir -p "$w/esp/EFI/fedora"
	leads_to $uuid /boot/grub2 >"$w/esp/EFI/fedora/grub.cfg"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /boot/efi vfat
	make_esp 64
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}
