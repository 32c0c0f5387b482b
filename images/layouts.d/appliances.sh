# SPDX-License-Identifier: GPL-2.0-or-later
# Images that are replaced as a whole: A/B slots, read-only systems, unified kernel images. See images/layouts.
# shellcheck shell=sh disable=SC2154

# Home Assistant OS: slots of a kernel and a system, both in squashfs, chosen by GRUB on the ESP.
layout_home_assistant() {
	new_root hassos "Home Assistant OS 12.3"
	kernel_to "$w/kernel0" Image initrd
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	menu 'search --no-floppy --set=root --file /Image' /Image /initrd \
		"root=PARTUUID=$partuuid rootfstype=squashfs ro $consoles" >"$w/esp/EFI/BOOT/grub.cfg"
	rm -f "$w/kernel.img" "$w/root.img"
	# GRUB reads gzip, and Linux whatever it has.
	mksquashfs "$w/kernel0" "$w/kernel.img" -quiet -no-progress -all-root -noI >/dev/null
	mksquashfs "$w/root" "$w/root.img" -quiet -no-progress -all-root -comp lz4 >/dev/null
	mkdir -p "$w/data"
	make_ext4 "$w/data" "$w/data.img" 64 $boot_uuid hassos-data
	make_esp 64
	make_disk "1:$esp_type:hassos-boot::$w/esp.img" "2:8300:hassos-kernel0::$w/kernel.img" \
		"3:8300:hassos-system0:$partuuid:$w/root.img" "8:8300:hassos-data::$w/data.img"
}

# Flatcar: /usr on a partition of its own, read-only, by PARTUUID; kernels on the EFI-SYSTEM partition.
layout_flatcar() {
	new_root flatcar "Flatcar Container Linux"
	kernel_to "$w/esp/flatcar" vmlinuz-a initrd-a
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /flatcar/grub
	mkdir -p "$w/esp/flatcar/grub"
	menu 'search --no-floppy --set=root --label EFI-SYSTEM' /flatcar/vmlinuz-a /flatcar/initrd-a \
		"mount.usr=PARTUUID=$usr_partuuid mount.usrflags=ro root=LABEL=ROOT $consoles" >"$w/esp/flatcar/grub/grub.cfg"
	rm -rf "${w:?}/usr"
	mv "$w/root/usr" "$w/usr"
	mkdir "$w/root/usr"
	make_ext4 "$w/usr" "$w/usr.img" 512 $boot_uuid USR-A
	make_ext4 "$w/root" "$w/root.img" 64 $uuid ROOT
	make_esp
	fatlabel "$w/esp.img" EFI-SYSTEM 2>/dev/null
	make_disk "1:$esp_type:EFI-SYSTEM::$w/esp.img" "3:8300:USR-A:$usr_partuuid:$w/usr.img" \
		"9:8300:ROOT:$partuuid:$w/root.img"
}

# mkosi: a unified kernel image without root=, the root by its partition's type.
layout_mkosi() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	systemd_boot
	rm -rf "$w/initrd"
	mkdir -p "$w/initrd/usr/lib/systemd/system-generators"
	cp "$w/root/bin/busybox" "$w/initrd/usr/lib/systemd/system-generators/systemd-gpt-auto-generator"
	(cd "$w/initrd" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$w/more.cpio"
	zstd -q -d -c "$base/grub/boot/initrd.img-$version" >"$w/initrd.cpio"
	cat "$w/more.cpio" "$w/initrd.cpio" >"$w/both.cpio"
	unified "$w/esp/EFI/Linux/debian-$version.efi" "$w/both.cpio" "rw $consoles"
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type:root-arm64:$partuuid:$w/root.img"
}

# A unified kernel image is the fallback itself.
layout_unified() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	unified "$w/esp/EFI/BOOT/BOOTAA64.EFI" "$base/grub/boot/initrd.img-$version" "root=UUID=$uuid ro $consoles"
	mounts "UUID=$uuid" / ext4
	mounts "UUID=$esp_uuid" /efi vfat
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type::$partuuid:$w/root.img"
}

# RAUC: two root slots of which GRUB takes one, by its environment block on the ESP.
layout_rauc() {
	new_root poky "Poky (Yocto Project) 5.0"
	kernel_to "$w/root/boot" Image initrd
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	cat >"$w/esp/EFI/BOOT/grub.cfg" <<-END
		set timeout=1
		set default=0
		load_env
		menuentry "Slot A (OK=\$A_OK)" {
			search --no-floppy --fs-uuid --set=root $uuid
			linux /boot/Image root=PARTUUID=$partuuid rauc.slot=A $consoles
			initrd /boot/initrd
		}
		menuentry "Slot B (OK=\$B_OK)" {
			search --no-floppy --fs-uuid --set=root $boot_uuid
			linux /boot/Image root=PARTUUID=$usr_partuuid rauc.slot=B $consoles
			initrd /boot/initrd
		}
	END
	printf '# GRUB Environment Block\nORDER=A B\nA_OK=1\nB_OK=1\n' >"$w/env"
	head -c $((1024 - $(stat -c %s "$w/env"))) /dev/zero | tr '\0' '#' >>"$w/env"
	cp "$w/env" "$w/esp/EFI/BOOT/grubenv"
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_ext4 "$w/root" "$w/other.img" 512 $boot_uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:rootfs.0:$partuuid:$w/root.img" \
		"3:8300:rootfs.1:$usr_partuuid:$w/other.img"
}
