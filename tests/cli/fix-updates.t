#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the next update of the boot loader does to \EFI\BOOT and to NVRAM, in guests as each family of
# distributions makes them: check reports, fix turns it off, and then there is nothing to report.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3
work=$tmp
cd "$tmp" || exit 1

guest() { # ID [ID_LIKE]
	cp --sparse=always "$(sample "${kind:-grub}")" disk.raw
	img=$tmp/disk.raw
	root_edit /usr/lib/os-release "s/^ID=.*/ID=$1\\nID_LIKE=\"${2:-}\"/"
}
folders() { for folder in "$@"; do root_mkdir "$folder"; done; }

# mended WHAT ID: the check finds it, and nothing after fix, which is content a second time.
mended() {
	"$armvm" check --boot none --json --select "$2" disk.raw >before
	ok "$1: it is found" jq -e --arg id "$2" '.images[0].checks[] | select(.id == $id) | .outcome == "finding"' before
	"$armvm" fix --no-verify -q --force --only "$2" -o fixed.raw disk.raw >said 2>&1
	"$armvm" check --boot none --json --select "$2,nvram.boot-entry-hook" fixed.raw >after
	ok "$1: it is mended" jq -e '[.images[0].checks[] | select(.outcome != "pass")] == []' after
	"$armvm" fix --no-verify --only "$2" -o twice.raw fixed.raw >said 2>&1
	contains "$1: for good" "nothing to do" said
	img=$tmp/fixed.raw
}
outcome_is() { # WHAT ID OUTCOME
	"$armvm" check --boot none --json --select "$2" disk.raw >before
	ok "$1" jq -e --arg id "$2" --arg want "$3" '.images[0].checks[] | select(.id == $id) | .outcome == $want' before
}

refresh=nvram.fallback-refresh

# Debian: the vendor's folder, and the mount point.
guest debian
outcome_is "Debian as build makes it" $refresh pass
mdeltree -i "$img@@$esp_offset" ::/EFI/debian
mended "Debian without \\EFI\\debian" $refresh
esp_get /EFI/debian/grub.cfg got
ok "its grub.cfg is that of \\EFI\\BOOT" mcopy -n -i "$img@@$esp_offset" ::/EFI/BOOT/grub.cfg want
ok "byte for byte" cmp want got
guest debian
root_edit /etc/fstab '/boot.efi/d'
mended "Debian without the ESP mounted" $refresh
root_get /etc/fstab got
contains "the line names the ESP" "UUID=$esp_uuid /boot/efi vfat" got
guest debian
root_edit /etc/fstab '/boot.efi/d'
folders /etc/systemd /etc/systemd/system /etc/systemd/system/local-fs.target.wants
printf '[Mount]\nWhat=/dev/disk/by-uuid/%s\nWhere=/boot/efi\n' $esp_uuid | root_write /etc/systemd/system/boot-efi.mount
outcome_is "a unit that nothing pulls in mounts nothing" $refresh finding
root_run "symlink /etc/systemd/system/local-fs.target.wants/boot-efi.mount ../boot-efi.mount"
outcome_is "one that is pulled in does" $refresh pass

# A name that is none leaves a doubt, and nothing is written.
guest '..\/..\/x' debian
folders /etc/default
"$armvm" check --boot none --json --select $refresh disk.raw >before
ok "a name with slashes is no folder's" jq -e --arg id $refresh '.images[0].checks[] | select(.id == $id) | .outcome == "inconclusive"' before
"$armvm" fix --no-verify -q --only $refresh -o odd.raw disk.raw >said 2>&1
ok "and nothing is made of it" test ! -e odd.raw

# Debian 13 with signed systemd-boot and shim.
signed() {
	kind=systemd-boot
	guest debian
	folders /usr/lib/systemd /usr/lib/systemd/boot /usr/lib/systemd/boot/efi /usr/lib/shim
	echo signed | root_write /usr/lib/systemd/boot/efi/systemd-bootaa64.efi.signed
	echo signed | root_write /usr/lib/shim/shimaa64.efi.signed
}
signed
mended "signed systemd-boot" $refresh
root_get /etc/systemd/system/efi-fallback.service got
contains "a unit copies it to where shim looks" "/EFI/systemd/systemd-bootaa64.efi /boot/efi/EFI/BOOT/grubaa64.efi" got
signed
folders /usr/lib/grub /usr/lib/grub/arm64-efi-signed
echo signed | root_write /usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed
outcome_is "beside signed GRUB its package leaves the ESP alone" $refresh skipped
signed
root_edit /etc/fstab '/boot.efi/d'
"$armvm" fix --no-verify -q --force --only $refresh -o odd.raw disk.raw >said 2>&1
ok "where nobody says where the ESP is, no unit is made" test ! -e odd.raw
kind=grub

# Alpine.
alpine() {
	guest alpine
	folders /usr/lib/apk /usr/lib/apk/db
	printf 'P:grub\nV:2.12-r5\n\nP:grub-efi\nV:2.12-r5\n' | root_write /usr/lib/apk/db/installed
}
alpine
mended "Alpine" $refresh
root_get /etc/grub-autoinstall got
contains "upgrades run grub-install" "grub-install --target=arm64-efi --efi-directory=/boot/efi --removable --no-nvram" got
# Its prefix leads to the root file system, and the ESP has no grub.cfg.
bare_esp() { mdeltree -i "$img@@$esp_offset" ::/EFI/debian && esp_del /EFI/BOOT/grub.cfg; }
alpine
bare_esp
outcome_is "Alpine with GRUB alone on the ESP: it is found" $refresh finding
alpine
bare_esp
esp_kernel
outcome_is "a kernel without a loader is no GRUB's to refresh" $refresh skipped
alpine
echo 'grub-install --target=arm64-efi --efi-directory=/boot/efi --bootloader-id=alpine' | root_write /etc/grub-autoinstall
mended "Alpine that writes a boot entry" nvram.boot-entry-hook
root_get /etc/grub-autoinstall got
contains "is told not to" "grub-install --no-nvram --target=arm64-efi" got

# Arch.
arch() {
	guest archarm arch
	folders /var/lib/pacman /var/lib/pacman/local /var/lib/pacman/local/grub-2:2.12-1 /etc/pacman.d /etc/pacman.d/hooks
}
arch
mended "Arch" $refresh
root_get /etc/pacman.d/hooks/95-grub-fallback.hook got
contains "a hook runs grub-install" "Exec = /usr/bin/grub-install --target=arm64-efi" got
arch
bare_esp
outcome_is "Arch with GRUB alone on the ESP: it is found" $refresh finding
arch
bare_esp
esp_kernel
outcome_is "nor one that Arch boots by itself" $refresh skipped
arch
printf '[Action]\nExec = /usr/bin/grub-install --target=arm64-efi --efi-directory=/boot/efi --removable\n' |
	root_write /etc/pacman.d/hooks/grub.hook
outcome_is "a hook of one's own is good" $refresh pass
arch
printf '[Trigger]\nTarget = systemd\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/bootctl update\n' |
	root_write /etc/pacman.d/hooks/95-systemd-boot.hook
mended "a hook that runs bootctl" nvram.boot-entry-hook
root_get /etc/pacman.d/hooks/95-systemd-boot.hook got
contains "is told to leave NVRAM alone" "bootctl --no-variables update" got

# Fedora, RHEL and what is made of it.
for id in fedora rhel almalinux; do
	kind=shim
	guest $id "rhel fedora"
	vendor=$id
	[ $id = rhel ] && vendor=redhat
	for program in shimaa64.efi grubaa64.efi; do
		esp_get /EFI/debian/$program $program
		[ -e made.$id ] || { esp_mkdir /EFI/$vendor && : >made.$id; }
		esp_put $program /EFI/$vendor/$program
	done
	folders /usr/bin
	echo rpm | root_write /usr/bin/rpm
	mended "$id" $refresh
	root_get /etc/systemd/system/efi-fallback.service got
	contains "$id: a unit copies the vendor's GRUB" "/EFI/$vendor/grubaa64.efi /boot/efi/EFI/BOOT/grubaa64.efi" got
	debugfs -R 'stat /etc/systemd/system/multi-user.target.wants/efi-fallback.path' "$img?offset=$root_offset" 2>/dev/null >got
	contains "$id: and is enabled" "symlink" got
done
kind=grub
guest fedora
outcome_is "a Fedora without shim in its folder has nothing to refresh" $refresh skipped

# A whole menu on the ESP, which update-grub never writes.
kind=grub
guest debian
printf '#!/bin/sh\n' | root_write /usr/sbin/update-grub
root_get /boot/grub/grub.cfg menu
esp_put menu /EFI/debian/grub.cfg
esp_put menu /EFI/BOOT/grub.cfg
mended "a menu that updates never reach" loader.updates
esp_get /EFI/BOOT/grub.cfg got
contains "it leads to the guest's" "configfile \$prefix/grub.cfg" got
esp_get /EFI/BOOT/grub.cfg.old got
ok "and is kept beside" cmp menu got
ok "check finds nothing else" "$armvm" check -q --boot none "$img"

# NixOS.
nixos() {
	guest nixos
	folders /etc/nixos
}
nixos
printf '{\n  boot.loader.efi.canTouchEfiVariables = true;\n  boot.loader.grub.efiSupport = true;\n}\n' | root_write /etc/nixos/configuration.nix
mended "NixOS with GRUB" nvram.nixos-variables
root_get /etc/nixos/configuration.nix got
contains "it goes to the removable path" "  boot.loader.grub.efiInstallAsRemovable = true;" got
nixos
printf '{\n  boot.loader = {\n    systemd-boot.enable = true;\n    efi.canTouchEfiVariables = true; # yes\n  };\n}\n' | root_write /etc/nixos/boot.nix
mended "NixOS with systemd-boot" nvram.nixos-variables
root_get /etc/nixos/boot.nix got
contains "the rest of the line stays" "    efi.canTouchEfiVariables = false; # yes" got
nixos
printf '{\n  # boot.loader.efi.canTouchEfiVariables = true;\n}\n' | root_write /etc/nixos/configuration.nix
outcome_is "a comment is none" nvram.nixos-variables pass
tap_done
