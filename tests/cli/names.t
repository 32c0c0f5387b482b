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
# A line for each finding of CHECK, and one when it could not be determined.
found() { # CHECK
	"$armvm" check --boot none --select "$1" --json "$img" 2>/dev/null |
		jq -r '.images[0].checks[] | (.findings[] | "\(.where): \(.what)"),
			(select(.outcome == "inconclusive") | "\(.id): inconclusive")' >"$tmp/found"
}

# PATH PREFIX SUFFIX [TOOL]: what stands around the arguments of a command line in that file, and what reads it.
generator() {
	fresh
	if [ -n "${4:-}" ]; then
		make_folders "$1"
		printf '%s%s%s\n' "$2" "root=/dev/vda2 quiet" "$3" | root_write "$1"
		found guest.next-command-line
		ok "$1: of a tool that is not there" test ! -s "$tmp/found"
		make_folders "$4"
		: | root_write "$4"
	fi
	cp --sparse=always "$img" "$tmp/tool.raw"
	for word in root=/dev/vda2 root=UUID=00000000-0000-4000-8000-00000000dead; do
		fresh "$tmp/tool.raw"
		make_folders "$1"
		printf '%s%s%s\n' "$2" "$word quiet" "$3" | root_write "$1"
		found guest.next-command-line
		contains "$1: $word" "$1" "$tmp/found"
	done
	fresh "$tmp/tool.raw"
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
# What makes an entry of /etc/kernel/cmdline, where the guest has these tools.
tool_is() { # NAME TOOL...
	named=$1
	shift
	fresh
	make_folders /etc/kernel/cmdline
	echo root=/dev/vda2 | root_write /etc/kernel/cmdline
	for tool in "$@"; do
		make_folders "$tool"
		: | root_write "$tool"
	done
	found guest.next-command-line
	contains "$named is who reads /etc/kernel/cmdline" "that $named makes" "$tmp/found"
	ok "  and that alone" test "$(wc -l <"$tmp/found")" = 1
}
tool_is mkinitcpio /usr/bin/mkinitcpio /usr/bin/kernel-install
tool_is secureboot-hook /etc/kernel-hooks.d/50-secureboot.hook
tool_is kernel-install /usr/bin/kernel-install /usr/bin/ukify
tool_is clr-boot-manager /usr/bin/clr-boot-manager
generator /etc/kernel/cmdline '' '' /usr/bin/kernel-install
generator /etc/kernel/cmdline.d/root.conf '' '' /usr/bin/clr-boot-manager
generator /usr/lib/kernel/cmdline '' '' /usr/bin/kernel-install
generator /etc/kernel/uki.conf "[UKI]
Cmdline=" '' /usr/lib/systemd/ukify
generator /etc/cmdline.d/root.conf '' '' /usr/bin/mkinitcpio
generator /etc/default/grub 'GRUB_CMDLINE_LINUX="' '"' /usr/sbin/update-grub
generator /etc/default/grub.d/50-cloud.cfg 'GRUB_CMDLINE_LINUX_DEFAULT="' '"' /usr/bin/grub2-mkconfig
generator /etc/dracut.conf.d/cmdline.conf 'kernel_cmdline+=" ' ' "' /usr/bin/dracut
generator /etc/default/flash-kernel 'LINUX_KERNEL_CMDLINE="' '"' /usr/sbin/flash-kernel
generator /etc/default/u-boot 'U_BOOT_PARAMETERS="' '"' /usr/sbin/u-boot-update
generator /etc/u-boot-menu/conf.d/root.conf 'U_BOOT_PARAMETERS="' '"' /usr/sbin/u-boot-update
generator /boot/extlinux/extlinux.conf "label l0
	append " ''
generator /etc/update-extlinux.conf 'default_kernel_opts="' '"' /usr/sbin/update-extlinux
generator /boot/refind_linux.conf '"Boot normally" "' '"'
generator /etc/default/limine 'KERNEL_CMDLINE[default]="' '"' /usr/bin/limine-entry-tool
generator /etc/sdboot-manage.conf 'LINUX_OPTIONS="' '"' /usr/bin/sdboot-manage
generator /etc/kernel-hooks.d/secureboot.conf 'cmdline="' '"' /etc/kernel-hooks.d/50-secureboot.hook
generator /etc/default/efibootmgr-kernel-hook 'MODIFY_EFI_ENTRIES=1
OPTIONS="' '"' /etc/kernel.d/post-install/50-efibootmgr
generator /etc/kernelstub/configuration '{ "user": { "kernel_options": [ "quiet", "' '" ] } }' /usr/bin/kernelstub
generator /usr/lib/bootc/kargs.d/10-root.toml '# "root=/dev/sda9"
kargs = ["quiet", "' '"]' /usr/bin/bootc
fresh
make_folders /etc/default/x
make_folders /etc/kernel.d/post-install/50-efibootmgr
: | root_write /etc/kernel.d/post-install/50-efibootmgr
printf 'MODIFY_EFI_ENTRIES=0\nOPTIONS="root=/dev/sda3"\n' | root_write /etc/default/efibootmgr-kernel-hook
found guest.next-command-line
ok "a hook that is off makes none" test ! -s "$tmp/found"

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
		: | root_write /usr/bin/kernel-install
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
