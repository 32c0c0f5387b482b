#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who makes the next unified kernel image: loader.updates is silent where something in the guest does, and its advice
# is for the guest's own tools.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 cpio

work=$tmp
img=$(sample uki)
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/unified"

# systemd-boot and a unified image, in a fresh guest whose packages this file records.
guest() { # FILE FOLDER...
	img=$tmp/image.raw
	cp --sparse=always "$(sample systemd-boot)" "$img"
	esp_del "/loader/entries/debian-$version.conf"
	esp_mkdir /EFI/Linux
	esp_put "$tmp/unified" "/EFI/Linux/debian-$version.efi"
	printf 'timeout 1\n' | esp_write /loader/loader.conf
	records=$1
	shift
	root_mkdir "$(dirname "$(dirname "$records")")" 2>/dev/null
	root_mkdir "$(dirname "$records")" 2>/dev/null
	echo x | root_write "$records"
	for folder in "$@"; do
		root_mkdir "$folder"
	done
}
rpm=/var/lib/rpm/rpmdb.sqlite
updates() {
	"$armvm" check --json --boot none "$img" 2>/dev/null | jq -r '.images[0].checks[] | select(.id == "loader.updates") |
		.outcome, (.findings[]? | .what, .advice)' >"$tmp/said"
}
made() {
	updates
	if head -n 1 "$tmp/said" | grep -qx pass; then pass "$1"; else fail "$1" "$tmp/said"; fi
}
not_made() { # WHAT ADVICE
	updates
	if head -n 1 "$tmp/said" | grep -qx finding; then pass "$1"; else fail "$1" "$tmp/said"; fi
	contains "$1: what to do" "$2" "$tmp/said"
}

guest $rpm
not_made "nobody" "set layout=uki in /etc/kernel/install.conf"
guest $rpm /etc/kernel
echo layout=uki | root_write /etc/kernel/install.conf
made "kernel-install's layout"
guest $rpm /etc/kernel
printf '# who makes them\n layout = "uki"\n' | root_write /etc/kernel/install.conf
made "with blanks and quotes"
guest $rpm /etc/kernel
printf '#layout=uki\nlayout=bls\n' | root_write /etc/kernel/install.conf
not_made "in a comment" "set layout=uki in /etc/kernel/install.conf"
guest $rpm /etc/kernel /etc/kernel/install.conf.d
echo layout=uki | root_write /etc/kernel/install.conf.d/uki.conf
made "in a drop-in"
guest $rpm /usr/lib/kernel /usr/lib/kernel/install.d
echo x | root_write /usr/lib/kernel/install.d/90-uki-copy.install
not_made "a plugin that copies, and nothing to copy" "set layout=uki"
echo x | root_write "/usr/lib/modules/$version/vmlinuz-virt.efi"
made "a vendor's own image, as Fedora has it"
guest /var/lib/pacman/local/version
not_made "Arch" "default_uki= in the preset in /etc/mkinitcpio.d"
root_mkdir /etc/mkinitcpio.d
echo 'default_uki="/efi/EFI/Linux/arch-linux.efi"' | root_write /etc/mkinitcpio.d/linux.preset
made "Arch's preset"
guest /usr/lib/apk/db/installed
echo x | root_write /usr/sbin/apk
not_made "Alpine" secureboot-hook
root_mkdir /etc/kernel-hooks.d
echo 'output_dir="/boot/EFI/Linux"' | root_write /etc/kernel-hooks.d/secureboot.conf
made "Alpine's hook"
# GRUB, which is told one path, does not look for what kernel-install adds beside it.
cp --sparse=always "$(sample grub)" "$img"
printf 'Package: base-files\nStatus: install ok installed\nVersion: 1\n\n' | root_write /var/lib/dpkg/status
esp_mkdir /EFI/Linux
esp_put "$tmp/unified" "/EFI/Linux/debian-$version.efi"
printf 'set timeout=1\nmenuentry x {\nsearch --fs-uuid --set=root %s\nchainloader /EFI/Linux/%s\n}\n' "$esp_uuid" \
	"debian-$version.efi" | root_write /boot/grub/grub.cfg
not_made "GRUB starts it" "or have GRUB boot the kernels in /boot"
root_mkdir /etc/kernel
echo layout=uki | root_write /etc/kernel/install.conf
not_made "GRUB starts it, and kernel-install writes others" "or have GRUB boot the kernels in /boot"
root_mkdir /etc/kernel/install.d
echo "cp x /boot/efi/EFI/Linux/" | root_write /etc/kernel/install.d/99-copy.install
not_made "GRUB starts it by its version" "or have GRUB boot the kernels in /boot"
echo "cp x /boot/efi/EFI/Linux/debian-$version.efi" | root_write /etc/kernel/install.d/99-copy.install
made "a hook that writes this very file"
# An entry of systemd-boot's that names it is as fixed, in the folder or out of it.
entry() { # PATH
	guest $rpm /etc/kernel
	echo layout=uki | root_write /etc/kernel/install.conf
	esp_put "$tmp/unified" "$1"
	[ "$1" = "/EFI/Linux/debian-$version.efi" ] || esp_del "/EFI/Linux/debian-$version.efi"
	printf 'title x\nsort-key a\nefi %s\n' "$1" | esp_write /loader/entries/mine.conf
	printf 'timeout 1\ndefault mine.conf\n' | esp_write /loader/loader.conf
}
entry "/EFI/Linux/debian-$version.efi"
not_made "an entry names it" "delete the entry"
entry /EFI/mine.efi
not_made "an entry names one elsewhere" "delete the entry"
root_mkdir /etc/kernel/install.d
echo "cp x /boot/efi/EFI/mine.efi" | root_write /etc/kernel/install.d/99-copy.install
made "and a hook writes it"
entry /EFI/Linux/linux.efi
not_made "one without a version in its name" "delete the entry"
root_mkdir /etc/kernel/install.d
echo 'cp x "/boot/efi/EFI/Linux/$name.efi"' | root_write /etc/kernel/install.d/99-copy.install
made "which a hook may write"
tap_done
