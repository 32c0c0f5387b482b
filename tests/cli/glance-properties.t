#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each property that glance has, and each value of it: an image that has what it says beside a
# copy that has not. Every value is one that Glance and Nova know.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/checks/loader_pe.sh"
requires jq qemu-img sgdisk mkfs.fat mcopy mke2fs debugfs cpio python3 openssl sbsign

work=$tmp
cd "$tmp" || exit 1

# What Nova (nova/objects/fields.py, nova/objects/image_meta.py) and Glance take; the rest are free words.
known() {
	case $1=$2 in
	disk_format=raw | disk_format=qcow2 | disk_format=vmdk | disk_format=vdi | disk_format=vhdx | \
		disk_format=vhd | container_format=bare) ;;
	hw_architecture=aarch64 | hw_architecture=armv7l | architecture=aarch64 | architecture=armv7l) ;;
	hw_firmware_type=uefi | hw_machine_type=virt | hw_disk_bus=virtio | hw_disk_bus=scsi) ;;
	hw_scsi_model=virtio-scsi | hw_vif_model=virtio | hw_vif_model=e1000e | hw_vif_model=e1000 | \
		hw_vif_model=rtl8139 | hw_rng_model=virtio | hw_qemu_guest_agent=yes) ;;
	os_type=linux | os_type=windows) ;;
	os_secure_boot=required | os_secure_boot=optional | os_secure_boot=disabled) ;;
	min_disk=*[!0-9]* | min_ram=*[!0-9]*) return 1 ;;
	min_disk=[1-9]* | min_ram=[1-9]* | os_distro=[a-z]* | os_version=[a-z0-9]*) ;;
	*) return 1 ;;
	esac
}

# value NAME: of $img; - where it is left out
value() {
	"$armvm" glance --boot none --format json "$img" 2>/dev/null | tee "$tmp/json" | jq -r --arg n "$1" \
		'[.images[0].glance[] | select(.name == $n)][0] | if . == null then "-" else .value // "-" end'
}

# made SAMPLE SET-UP: $img is the sample, changed
made() {
	rm -rf "${work:?}/initrd"
	img=$tmp/image.raw
	rm -f "$tmp"/image.*
	cp --sparse=always "$(sample "$1")" "$img"
	eval "$2" >"$tmp/made" 2>&1
}

# row NAME SAMPLE VALUE SET-UP OTHER-VALUE OTHER-SET-UP
row() {
	made "$2" "$4"
	got=$(value "$1")
	ok "$1 is $3 after: $4 ($got)" test "$got" = "$3"
	ok "$1=$3 is a value that OpenStack knows" known "$1" "$3"
	made "$2" "$6"
	got=$(value "$1")
	ok "$1 is $5 after: $6 ($got)" test "$got" = "$5"
	echo "$1" >>"$tmp/rows"
}

as() { qemu-img convert -f raw -O "$1" ${2:+-o "$2"} "$img" "$tmp/image.$1" && img=$tmp/image.$1; }
sized() { truncate -s "$1" "$img"; }
config() { root_edit "/boot/config-$version" "$1"; }
listed() { root_edit "/usr/lib/modules/$version/modules.dep" "$1"; }
initrd() { root_initrd "$version" "$@"; }
no_loader() { esp_del /EFI/BOOT/BOOTAA64.EFI; }
# programs MACHINE: the guest's are for it, an ELF machine in octal
programs() {
	printf "\\177ELF\\001\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\003\\000\\$1\\000\\001\\000\\000\\000" >elf
	head -c 40 /dev/zero >>elf
	root_put elf /usr/bin/sh && root_put elf /usr/sbin/init
}
os() { printf '%s\n' "$@" | root_write /usr/lib/os-release; }
windows() {
	pe manager.efi --section '.data=@bootmgfw.pdb\0'
	esp_put manager.efi /EFI/BOOT/BOOTAA64.EFI
}
# signed LOADER'S-KEY GRUB'S-KEY: and the shim trusts the key "vendor"
signed() {
	vendor_cert vendor
	shim --section .vendor_cert=vendor.bin && sign "$1" shim.efi && put_shim
	get_grub && sign "$2" grub.efi && put_grub && sign_kernel vendor
}
key vendor
key stranger
key 'Microsoft UEFI CA 2023'

row disk_format grub raw : qcow2 'as qcow2'
row disk_format grub vmdk 'as vmdk' - 'as qed'
row disk_format grub vdi 'as vdi' raw :
row disk_format grub vhdx 'as vhdx' raw :
row disk_format grub vhd 'as vpc subformat=dynamic' - 'as vpc subformat=fixed,force_size=on'
row container_format grub bare : bare 'as qcow2'
row min_disk grub 1 'sized 1G' 2 'sized 1073742336'
row min_disk grub 3 'sized 3G; as qcow2' 4 'sized 3073M; as qcow2'
row min_ram grub 256 : - 'root_del /boot/vmlinuz-$version'
row hw_architecture grub aarch64 : armv7l 'no_loader; programs 050'
row architecture grub aarch64 no_loader - 'no_loader; programs 076'
row hw_firmware_type grub uefi : - no_loader
row hw_machine_type grub virt : virt 'as qcow2'
row hw_disk_bus grub virtio : - 'initrd ext4'
row hw_disk_bus grub scsi 'initrd virtio_pci virtio_scsi sd_mod ext4' - 'initrd virtio_pci virtio_scsi ext4'
row hw_scsi_model grub virtio-scsi 'initrd virtio_pci virtio_scsi sd_mod ext4' - :
row hw_vif_model grub virtio : - 'listed s/virtio_net/dummy/; config s/CONFIG_VIRTIO_NET=m//'
for card in e1000e=E1000E e1000=E1000 8139cp=8139CP; do
	module=${card%=*} word=${card%=*}
	[ "$word" != 8139cp ] || word=rtl8139
	row hw_vif_model grub $word \
		"listed s/virtio_net/$module/; config s/CONFIG_VIRTIO_NET=m/CONFIG_${card#*=}=m/" \
		- "listed s/virtio_net/x$module/; config s/CONFIG_VIRTIO_NET=m//"
done
row hw_rng_model grub virtio 'config s/HW_RANDOM_VIRTIO=m/HW_RANDOM_VIRTIO=y/' - :
row hw_qemu_guest_agent grub yes 'head -c 99 /dev/zero | root_write /usr/sbin/qemu-ga' \
	- 'head -c 99 /dev/zero | root_write /usr/share/qemu-ga'
row os_type grub linux : - no_loader
row os_type grub windows windows linux :
row os_distro grub debian : ubuntu 'os ID=ubuntu VERSION_ID=24.04'
row os_distro grub rhel 'os ID=\"rhel\" VERSION_ID=\"9.4\"' - 'os ID=\"amzn\" VERSION_ID=\"2023\"'
row os_version grub 24.04 'os ID=ubuntu VERSION_ID=24.04.1' - 'os ID=arch BUILD_ID=rolling'
row os_version grub 9.4 'os ID=\"rhel\" VERSION_ID=\"9.4\"' - 'os ID=\"amzn\" VERSION_ID=\"2023\"'
row os_secure_boot shim optional 'signed "Microsoft UEFI CA 2023" vendor' disabled 'signed stranger vendor'
row os_secure_boot shim optional 'signed "Microsoft UEFI CA 2023" vendor' \
	disabled 'signed "Microsoft UEFI CA 2023" stranger'
row os_secure_boot shim disabled : - no_loader

made grub 'initrd virtio_pci virtio_scsi sd_mod ext4'
value os_type >/dev/null
jq -r '.images[0].glance[].name' "$tmp/json" | sort >told
sort -u rows >tried
ok "all that is told has a row" cmp told tried
tap_done
