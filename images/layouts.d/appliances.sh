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
	environment "$w/esp/EFI/BOOT/grubenv" "ORDER=A B" A_OK=1 B_OK=1
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_ext4 "$w/root" "$w/other.img" 512 $boot_uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:rootfs.0:$partuuid:$w/root.img" \
		"3:8300:rootfs.1:$usr_partuuid:$w/other.img"
}

# OpenWrt for virtual machines: names in small letters, the way to the menu in GRUB's binary, a squashfs without fstab.
layout_openwrt() {
	new_root openwrt "OpenWrt 23.05.5"
	rm -rf "$w/esp/EFI" "$w/root/etc/fstab"
	kernel_to "$w/esp/efi/openwrt" Image initrd.cpio.xz
	menu 'search --set=root --label kernel' /efi/openwrt/Image /efi/openwrt/initrd.cpio.xz \
		"root=PARTUUID=$partuuid rootwait $consoles" >"$w/esp/efi/openwrt/grub.cfg"
	printf 'search -l kernel -s root\nset prefix=($root)/efi/openwrt\n' >"$w/early.cfg"
	grub_to "$w/esp/efi/boot/bootaa64.efi" /efi/openwrt -c "$w/early.cfg"
	rm -f "$w/root.img"
	mksquashfs "$w/root" "$w/root.img" -quiet -no-progress -all-root -comp xz >/dev/null
	make_esp 128
	fatlabel "$w/esp.img" kernel 2>/dev/null
	make_disk "1:$esp_type:::$w/esp.img" "2:8300::$partuuid:$w/root.img"
}

# Yocto's wic: the kernel and its entry on the ESP, and fstab's /dev/root.
layout_yocto_wic() {
	new_root poky "Poky (Yocto Project Reference Distro) 5.0"
	kernel_to "$w/esp" Image initrd
	systemd_boot
	entry "$w/esp/loader/entries/boot.conf" boot /Image /initrd \
		"LABEL=Boot root=PARTUUID=$partuuid rootwait rootfstype=ext4 $consoles"
	printf 'default boot\ntimeout 1\n' >"$w/esp/loader/loader.conf"
	mounts /dev/root / auto
	mounts "UUID=$esp_uuid" /boot vfat
	make_esp 128
	make_ext4 "$w/root" "$w/root.img" 512 $uuid platform
	make_disk "1:$esp_type:boot::$w/esp.img" "2:8300:platform:$partuuid:$w/root.img"
}

# Bottlerocket: the kernel makes its root by dm-mod.create=, of partitions that are counted from the one with the kernel.
layout_bottlerocket() {
	new_root bottlerocket "Bottlerocket OS 1.30.0"
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_verity "$w/root.img" "$w/hash.img"
	kernel_to "$w/bootfs" vmlinuz initrd
	mkdir -p "$w/bootfs/grub"
	cat >"$w/bootfs/grub/grub.cfg" <<-END
		set timeout=0
		set default=0
		search --no-floppy --fs-uuid --set=root $uuid
		search --no-floppy --fs-uuid --set=root $boot_uuid
		set boot_uuid=$usr_partuuid
		menuentry "Bottlerocket" {
			linux (\$root)/vmlinuz root=/dev/dm-0 rootwait ro $consoles \\
				dm-mod.create="root,,,ro,0 $((512 * 2048)) verity 1 PARTUUID=\$boot_uuid/PARTNROFF=1 \\
				PARTUUID=\$boot_uuid/PARTNROFF=2 4096 4096 $((512 * 256)) 1 sha256 $root_hash $salt 1 restart_on_corruption"
			initrd (\$root)/initrd
		}
	END
	grub_to "$w/esp/EFI/BOOT/bootaa64.efi" '(,gpt2)/grub'
	make_esp 64
	make_ext4 "$w/bootfs" "$w/boot.img" 100 $boot_uuid
	make_disk "1:$esp_type:EFI-SYSTEM::$w/esp.img" "2:8300:BOTTLEROCKET-BOOT-A:$usr_partuuid:$w/boot.img" \
		"3:8300:BOTTLEROCKET-ROOT-A::$w/root.img" "4:8300:BOTTLEROCKET-HASH-A::$w/hash.img"
}

# ParticleOS and others of mkosi's: the root is the one that roothash= makes, by halves of the hash.
layout_verity_root() {
	new_root arch "ParticleOS"
	systemd_boot
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_verity "$w/root.img" "$w/hash.img"
	unified "$w/esp/EFI/Linux/particle_43.efi" "$base/grub/boot/initrd.img-$version" "roothash=$root_hash ro $consoles"
	make_esp 256
	make_disk "1:$esp_type:esp::$w/esp.img" "2:8319:particle_43_verity:$(guid_of "$root_hash" 33):$w/hash.img" \
		"3:$root_type:particle_43:$(guid_of "$root_hash" 1):$w/root.img"
}

# Container-Optimized OS: kernels in the ESP's syslinux folder, partitions in another order than their numbers.
layout_container_optimized() {
	new_root cos "Container-Optimized OS"
	rm -rf "$w/esp/EFI"
	mkdir -p "$w/esp/efi/boot" "$w/data" "$w/root/usr/lib/systemd"
	ln -s /bin/busybox "$w/root/usr/lib/systemd/systemd"
	kernel_to "$w/esp/syslinux" vmlinuz.A initrd.A
	cat >"$w/esp/efi/boot/grub.cfg" <<-END
		defaultA=0
		set default=\$defaultA
		set timeout=0
		menuentry "local image A" {
			linux /syslinux/vmlinuz.A init=/usr/lib/systemd/systemd boot=local rootwait ro noresume cros_efi $consoles root=PARTUUID=$partuuid
			initrd /syslinux/initrd.A
		}
	END
	grub_to "$w/esp/efi/boot/bootaa64.efi" /efi/boot
	make_esp 128
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_ext4 "$w/data" "$w/data.img" 32 $boot_uuid STATE
	truncate -s 1M "$w/empty.img"
	make_disk "12:$esp_type:EFI-SYSTEM::$w/esp.img" "2:7f00:KERN-A::$w/empty.img" \
		"3:7f01:ROOT-A:$partuuid:$w/root.img" "1:8300:STATE::$w/data.img"
}

# Kairos and Elemental: the root is an image file, in which GRUB finds the kernel, and the command line, too.
layout_kairos() {
	new_root kairos "kairos-standard-debian-12"
	kernel_to "$w/root/boot" vmlinuz initrd
	config_to "$w/root/boot"
	mkdir -p "$w/root/etc/cos" "$w/state/cOS" "$w/state/grub2" "$w/data"
	cat >"$w/root/etc/cos/bootargs.cfg" <<-END
		set kernel=/boot/vmlinuz
		set kernelcmd="root=LABEL=\$label cos-img/filename=\$img panic=0 rd.cos.oemlabel=COS_OEM $consoles"
		set initramfs=/boot/initrd
	END
	make_ext4 "$w/root" "$w/state/cOS/active.img" 400 $uuid COS_ACTIVE
	cat >"$w/state/grub2/grub.cfg" <<-'END'
		set timeout=1
		set default=cos
		search --no-floppy --label --set=oem_blk COS_OEM
		if [ -n "${oem_blk}" ]; then
			load_env -f (${oem_blk})/grub_oem_env
		fi
		menuentry "Kairos" --id cos {
			search --no-floppy --label --set=root COS_STATE
			set img=/cOS/active.img
			set label=COS_ACTIVE
			loopback loop0 /$img
			set root=($root)
			source (loop0)/etc/cos/bootargs.cfg
			linux (loop0)$kernel $kernelcmd ${extra_cmdline}
			initrd (loop0)$initramfs
		}
	END
	printf 'search --no-floppy --file --set=root /grub2/grub.cfg\nset prefix=($root)/grub2\nconfigfile $prefix/grub.cfg\n' \
		>"$w/esp/EFI/BOOT/grub.cfg"
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	make_esp 64
	make_ext4 "$w/data" "$w/oem.img" 32 77777777-3b4a-4c5d-8e6f-70a1b2c3d4b0 COS_OEM
	make_ext4 "$w/state" "$w/state.img" 500 $boot_uuid COS_STATE
	make_disk "1:$esp_type:efi::$w/esp.img" "2:8300:oem::$w/oem.img" "3:8300:state::$w/state.img"
}

# Mender: no menu, the configuration loads and starts the kernel of the slot that its own environment blocks name.
layout_mender() {
	new_root debian "Debian GNU/Linux 12 (bookworm)"
	kernel_to "$w/root/boot" vmlinuz initrd
	environment "$w/esp/grub-mender-grubenv/mender_grubenv1/env" bootcount=0 mender_boot_part=2 upgrade_available=0
	environment "$w/esp/grub-mender-grubenv/mender_grubenv1/lock" editing=0
	cat >"$w/esp/EFI/BOOT/grub.cfg" <<-END
		mender_rootfsa_part=2
		mender_rootfsb_part=3
		mender_rootfsa_uuid=$partuuid
		mender_rootfsb_uuid=$usr_partuuid
		bootargs="rootwait $consoles"
	END
	cat >>"$w/esp/EFI/BOOT/grub.cfg" <<-'END'
		set blocks=/grub-mender-grubenv/mender_grubenv1
		function keep_state {
			editing=1
			save_env --file ${blocks}/lock editing
			save_env --file ${blocks}/env mender_boot_part upgrade_available bootcount
			editing=0
			save_env --file ${blocks}/lock editing
		}
		load_env --file ${blocks}/lock --skip-sig editing
		if [ "${editing}" != 0 ]; then
			echo "the environment is incomplete"
		fi
		load_env --skip-sig --file ${blocks}/env mender_boot_part upgrade_available bootcount
		if [ "${upgrade_available}" = "1" ]; then
			if [ "${bootcount}" != "0" ]; then
				if [ "${mender_boot_part}" = "${mender_rootfsa_part}" ]; then
					mender_boot_part="${mender_rootfsb_part}"
				else
					mender_boot_part="${mender_rootfsa_part}"
				fi
				upgrade_available=0
				bootcount=0
			else
				bootcount=1
			fi
			keep_state
		fi
		regexp (.*),(.*) $root -s storage_device
		if [ "${mender_boot_part}" = "${mender_rootfsa_part}" ]; then
			mender_root=PARTUUID=${mender_rootfsa_uuid}
		else
			mender_root=PARTUUID=${mender_rootfsb_uuid}
		fi
		root=${storage_device},gpt${mender_boot_part}
		if linux (${root})/boot/vmlinuz root=${mender_root} ${bootargs}; then
			initrd (${root})/boot/initrd
			boot
		fi
	END
	grub_to "$w/esp/EFI/BOOT/BOOTAA64.EFI" /EFI/BOOT
	mounts /dev/root / auto
	mounts "UUID=$esp_uuid" /boot/efi vfat
	make_esp
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	make_ext4 "$w/root" "$w/other.img" 512 $boot_uuid
	make_disk "1:$esp_type:::$w/esp.img" "2:8300:rootfs.0:$partuuid:$w/root.img" \
		"3:8300:rootfs.1:$usr_partuuid:$w/other.img"
}

# systemd-sysupdate: a kernel whose name counts its starts, which the loader changes, and room for the next system.
layout_sysupdate() {
	new_root particle "ParticleOS"
	systemd_boot
	unified "$w/esp/EFI/Linux/particle_1.2.3+3-0.efi" "$base/grub/boot/initrd.img-$version" \
		"root=PARTUUID=$partuuid rw $consoles"
	mkdir -p "$w/root/usr/lib/sysupdate.d"
	cat >"$w/root/usr/lib/sysupdate.d/70-kernel.conf" <<-'END'
		[Source]
		Type=url-file
		Path=https://download.example.com/
		MatchPattern=particle_@v.efi
		[Target]
		Type=regular-file
		Path=/EFI/Linux
		PathRelativeTo=boot
		MatchPattern=particle_@v+@l-@d.efi particle_@v.efi
		TriesLeft=3
		TriesDone=0
		InstancesMax=2
	END
	mounts "PARTUUID=$partuuid" / ext4
	make_esp 256
	make_ext4 "$w/root" "$w/root.img" 512 $uuid
	rm -f "$w/empty.img"
	truncate -s 64M "$w/empty.img"
	make_disk "1:$esp_type:::$w/esp.img" "2:$root_type:particle_1.2.3:$partuuid:$w/root.img" \
		"3:$root_type:_empty::$w/empty.img"
}
