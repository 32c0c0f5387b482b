#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: whatever writes the next kernel's command line is read, and whatever an initrd waits for by
# name is looked for; each dead name beside one that leads somewhere.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs jq python3

work=$tmp
img=$tmp/image.raw
fresh() { rm -f "$img" && cp --sparse=always "${1:-$(sample grub)}" "$img"; }
found() { # CHECK
	"$armvm" check --boot none --select "$1" --json "$img" 2>/dev/null |
		jq -r '.images[0].checks[].findings[] | "\(.where): \(.what)"' >"$tmp/found"
}

# PATH PREFIX SUFFIX: what stands around the arguments of a command line in that file.
generator() {
	for word in root=/dev/vda2 root=UUID=00000000-0000-4000-8000-00000000dead; do
		fresh
		make_folders "$1"
		printf '%s%s%s\n' "$2" "$word quiet" "$3" | root_write "$1"
		found guest.next-command-line
		contains "$1: $word" "$1" "$tmp/found"
	done
	fresh
	make_folders "$1"
	printf '%s%s%s\n' "$2" "root=UUID=$root_uuid quiet" "$3" | root_write "$1"
	found guest.next-command-line
	ok "$1: a root that is there" test ! -s "$tmp/found"
}
make_folders() { # PATH
	folder=
	for part in $(dirname "$1" | tr / ' '); do
		folder=$folder/$part
		[ -n "$(debugfs -R "stat $folder" "$img?offset=$root_offset" 2>/dev/null)" ] || root_mkdir "$folder"
	done
}
generator /etc/kernel/cmdline '' ''
generator /usr/lib/kernel/cmdline '' ''
generator /etc/kernel/uki.conf "[UKI]
Cmdline=" ''
generator /etc/cmdline.d/root.conf '' ''
generator /etc/default/grub 'GRUB_CMDLINE_LINUX="' '"'
generator /etc/default/grub.d/50-cloud.cfg 'GRUB_CMDLINE_LINUX_DEFAULT="' '"'
generator /etc/dracut.conf.d/cmdline.conf 'kernel_cmdline+=" ' ' "'
generator /etc/default/flash-kernel 'LINUX_KERNEL_CMDLINE="' '"'
generator /etc/default/u-boot 'U_BOOT_PARAMETERS="' '"'
generator /etc/u-boot-menu/conf.d/root.conf 'U_BOOT_PARAMETERS="' '"'
generator /boot/extlinux/extlinux.conf "label l0
	append " ''
generator /etc/update-extlinux.conf 'default_kernel_opts="' '"'
generator /boot/refind_linux.conf '"Boot normally" "' '"'
generator /etc/default/limine 'KERNEL_CMDLINE[default]="' '"'
generator /etc/sdboot-manage.conf 'LINUX_OPTIONS="' '"'

# What an initrd waits for, in a guest with dracut, on an image with a logical volume and an array.
fresh
root_mkdir /usr/lib/dracut
dd if="$img" of="$tmp/root" bs=1M skip=301 count=32 status=none
cp --sparse=always "$img" "$tmp/base.raw"
"$lib/mklvm.py" "$tmp/pv" vg "data=$tmp/root"
"$lib/mkmd.py" 1 1.2 0 "$tmp/pv" "$tmp/md"
truncate -s 400M "$tmp/base.raw"
sgdisk -e -n 3:0:0 -t 3:fd00 "$tmp/base.raw" >/dev/null
start=$(sgdisk -i 3 "$tmp/base.raw" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
dd if="$tmp/md" of="$tmp/base.raw" bs=512 seek="$start" conv=notrunc status=none
argument() { # GOOD BAD
	for word in "$1" "$2"; do
		fresh "$tmp/base.raw"
		root_edit /boot/grub/grub.cfg "s,root=UUID=$root_uuid,& $word,"
		found guest.boot-devices
		if [ "$word" = "$1" ]; then
			ok "$word is there" test ! -s "$tmp/found"
		else
			contains "$word is not" "$word" "$tmp/found"
		fi
		fresh "$tmp/base.raw"
		root_mkdir /etc/kernel
		echo "root=UUID=$root_uuid $word" | root_write /etc/kernel/cmdline
		found guest.next-boot-devices
		if [ "$word" = "$1" ]; then
			ok "nor is it missing from the next command line" test ! -s "$tmp/found"
		else
			contains "nor for the next kernel" "$word" "$tmp/found"
		fi
	done
}
argument rd.lvm.lv=vg/data rd.lvm.lv=vg/root
argument rd.lvm.vg=vg rd.lvm.vg=fedora
argument rd.md.uuid=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf rd.md.uuid=b0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf
argument "mount.usr=UUID=$esp_uuid" mount.usr=UUID=00000000-0000-4000-8000-00000000dead
argument "mount.usr=PARTUUID=$root_partuuid" mount.usr=/dev/vda3
argument quiet rd.luks.uuid=luks-11111111-2222-4333-8444-555555555555

# mdadm.conf of the array that is there.
fresh "$tmp/base.raw"
root_mkdir /etc/mdadm
echo 'ARRAY /dev/md/0 metadata=1.2 UUID=a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf name=host:0' | root_write /etc/mdadm/mdadm.conf
found guest.raid
ok "an array that is there" test ! -s "$tmp/found"
echo 'ARRAY /dev/md/0 UUID=b0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf' | root_write /etc/mdadm/mdadm.conf
found guest.raid
contains "one that is not" "/etc/mdadm/mdadm.conf line 1" "$tmp/found"

# Names of arrays and logical volumes in fstab.
for spec in /dev/md/0 /dev/md0 /dev/disk/by-id/md-uuid-a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf /dev/vg/data; do
	fresh "$tmp/base.raw"
	echo "$spec /data auto defaults 0 0" | root_write /etc/fstab
	"$armvm" check --boot none --select 'guest.fstab-[dmu]*' "$img" >"$tmp/report" 2>&1
	lacks "fstab: $spec" "$spec" "$tmp/report"
done
for spec in /dev/md/other /dev/md127 /dev/disk/by-id/md-uuid-b0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf /dev/vg/other; do
	fresh "$tmp/base.raw"
	echo "$spec /data auto defaults 0 0" | root_write /etc/fstab
	"$armvm" check --boot none --select 'guest.fstab-[dmu]*' "$img" >"$tmp/report" 2>&1
	contains "fstab: $spec" "$spec" "$tmp/report"
done

# mount, blkid, udev and systemd compare UUIDs as text, in the letters that libblkid writes; GRUB and the kernel alone
# do without case.
upper() { echo "$1" | tr abcdef ABCDEF; }
for link in "by-uuid/$root_uuid" "by-partuuid/$root_partuuid"; do
	name=${link#*/}
	for written in "$name" "$(upper "$name")"; do
		fresh
		root_edit /boot/grub/grub.cfg "s|root=UUID=[^ ]*|root=/dev/disk/${link%/*}/$written|"
		found loader.root
		if [ "$written" = "$name" ]; then
			ok "root=/dev/disk/${link%/*} as it is" test ! -s "$tmp/found"
		else
			contains "root=/dev/disk/${link%/*} in capitals" "nothing in the image has" "$tmp/found"
		fi
	done
done
for tag in "UUID=$(upper $root_uuid)" "PARTUUID=$(upper $root_partuuid)"; do
	fresh
	root_edit /boot/grub/grub.cfg "s|root=UUID=[^ ]*|root=$tag|"
	found loader.root
	contains "root=${tag%=*} in capitals, looked for by an initrd" "in these letters" "$tmp/found"
	fresh "$tmp/base.raw"
	echo "$tag /data ext4 defaults 0 0" | root_write /etc/fstab
	found guest.fstab-missing
	contains "fstab: ${tag%=*} in capitals" "is not in the image" "$tmp/found"
done
fresh
root_edit /boot/grub/grub.cfg "s|--set=root .*|--set=root $(upper $root_uuid)|"
found loader.search
ok "GRUB finds a UUID in capitals" test ! -s "$tmp/found"
root_edit /boot/grub/grub.cfg "s|root=UUID=[^ ]*|root=PARTUUID=$(upper $root_partuuid)|; /^initrd/d"
found loader.root
ok "the kernel alone takes PARTUUID= in capitals" test ! -s "$tmp/found"
tap_done
