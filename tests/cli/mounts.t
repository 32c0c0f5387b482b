#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: where the guest mounts /boot and the ESP, whatever says so: fstab, a unit, or the partition's type; what updates
# write goes there.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs

img=$tmp/image.raw work=$tmp
boot_uuid=5a3ab1e0-0000-4000-8000-0000000000c3
menu() { # a menu of the kernel and the initrd in FOLDER of the file system UUID
	cat <<-END
		set timeout=1
		menuentry x {
		search --no-floppy --fs-uuid --set=root $2
		linux $1/vmlinuz-$version root=UUID=$root_uuid ro
		initrd $1/initrd.img-$version
		}
	END
}

# The guest's /boot moves to a partition of its own, of this type; nothing mounts it yet.
cp --sparse=always "$(sample grub)" "$tmp/moved.raw"
img=$tmp/moved.raw
mkdir -p "$tmp/boot/grub"
root_get "/boot/vmlinuz-$version" "$tmp/boot/vmlinuz-$version"
root_get "/boot/initrd.img-$version" "$tmp/boot/initrd.img-$version"
root_get "/boot/config-$version" "$tmp/boot/config-$version"
menu "" $boot_uuid >"$tmp/boot/grub/grub.cfg"
add_ext4 -U $boot_uuid -d "$tmp/boot"
for file in "/boot/vmlinuz-$version" "/boot/initrd.img-$version" /boot/grub/grub.cfg "/boot/config-$version"; do
	root_del "$file"
done
root_run "rmdir /boot/grub"
printf 'search --fs-uuid --set=root %s\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n' $boot_uuid >"$tmp/stub.cfg"
esp_put "$tmp/stub.cfg" /EFI/debian/grub.cfg
esp_put "$tmp/stub.cfg" /EFI/BOOT/grub.cfg
printf '#!/bin/sh\n' | root_write /usr/sbin/update-grub
img=$tmp/image.raw

folders() {
	for folder in "$@"; do root_mkdir "$folder" 2>/dev/null; done
}
# moved FSTAB-LINE: a fresh one
moved() {
	cp --sparse=always "$tmp/moved.raw" "$img"
	[ -z "$1" ] || root_edit /etc/fstab "\$a $1"
}
unit() { # FOLDER UUID
	folders /etc/systemd "$1" "$1/local-fs.target.wants"
	printf '[Mount]\nWhat=/dev/disk/by-uuid/%s\nWhere=/boot\nType=ext4\n' "$2" | root_write "$1/boot.mount"
	root_run "symlink $1/local-fs.target.wants/boot.mount ../boot.mount"
}
finds() { # WHAT IDS
	"$armvm" check --boot none --json "$img" 2>/dev/null |
		jq -r '[.images[0].checks[] | select(.outcome == "inconclusive" or (.outcome == "finding" and .severity != "note")).id] | join(" ")' >"$tmp/ids"
	ok "$1: $2" [ "$(cat "$tmp/ids")" = "$2" ]
	[ "$(cat "$tmp/ids")" = "$2" ] || sed 's/^/# found: /' "$tmp/ids"
}

moved "UUID=$boot_uuid /boot ext4 defaults 0 2"
finds "fstab's line" ""
moved ""
unit /etc/systemd/system $boot_uuid
finds "an administrator's unit" ""
moved ""
folders /usr/lib/systemd
unit /usr/lib/systemd/system $boot_uuid
finds "a vendor's unit" ""
moved ""
found_first "nothing mounts it" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"
moved ""
unit /etc/systemd/system "$root_uuid"
found_first "a unit that mounts another" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"
moved ""
folders /etc/systemd /etc/systemd/system
printf '[Mount]\nWhat=/dev/disk/by-uuid/%s\nWhere=/boot\n' $boot_uuid | root_write /etc/systemd/system/boot.mount
found_first "a unit that nothing pulls in" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"

# A mask, in /etc or on the command line; what is mounted nowhere is not waited for, either.
moved "UUID=$boot_uuid /boot ext4 defaults 0 2"
folders /etc/systemd /etc/systemd/system
root_run "symlink /etc/systemd/system/boot.mount /dev/null"
found_first "fstab's line, and its unit is masked" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"
moved "UUID=$boot_uuid /boot ext4 defaults 0 2"
folders /etc/systemd /etc/systemd/system
root_run "symlink /etc/systemd/system/srv.mount /dev/null"
finds "another one's is" ""
root_edit /etc/fstab '$a UUID=11111111-2222-4333-8444-555555555555 /srv ext4 defaults 0 2'
finds "nothing waits for what is masked, but the rest is left to chance" guest.masked-mounts
root_run "rm /etc/systemd/system/srv.mount"
finds "and does for what is not" guest.fstab-missing
moved "UUID=$boot_uuid /boot ext4 defaults 0 2"
sed 's/ ro$/ ro systemd.mask=boot.mount/' "$tmp/boot/grub/grub.cfg" >"$tmp/masking.cfg"
offset=$(($(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512))
debugfs -w -R "rm /grub/grub.cfg" "$img?offset=$offset" >/dev/null 2>&1
debugfs -w -R "write $tmp/masking.cfg /grub/grub.cfg" "$img?offset=$offset" >/dev/null 2>&1
found_first "the command line masks it" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"

# By its type.
by_type() {
	moved ""
	sgdisk -t 3:bc13c2ff-59e6-4262-a352-b275fd6f7172 "$img" >/dev/null
	root_edit /etc/fstab '/boot.efi/d'
	root_run "rmdir /boot/efi"
	folders /usr/lib/systemd /usr/lib/systemd/system-generators
	printf x | root_write /usr/lib/systemd/system-generators/systemd-gpt-auto-generator
}
by_type
finds "a partition of the type xbootldr" nvram.fallback-refresh
by_type
echo x | root_write /boot/placeholder
found_first "something is in /boot already" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"
by_type
sgdisk -A 3:set:63 "$img" >/dev/null
found_first "it is not to be mounted by itself" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"
by_type
debugfs -w -R "rm /usr/lib/systemd/system-generators/systemd-gpt-auto-generator" "$img?offset=$root_offset" >/dev/null 2>&1
found_first "no generator" loader.updates finding "this is what is booted, and the guest mounts the file system that it lies on nowhere"

# A unit names what is not there.
moved "UUID=$boot_uuid /boot ext4 defaults 0 2"
folders /etc/systemd /etc/systemd/system /etc/systemd/system/local-fs.target.requires
printf '[Mount]\nWhat=/dev/disk/by-uuid/%s\nWhere=/srv\n' 11111111-2222-4333-8444-555555555555 |
	root_write /etc/systemd/system/srv.mount
finds "a unit for what is not there, which nothing pulls in" ""
root_run "symlink /etc/systemd/system/local-fs.target.requires/srv.mount ../srv.mount"
finds "the same, and the boot requires it" guest.fstab-missing
tap_done
