#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of images whose command line leaves the root to the initrd: what that has in its own files is judged as root= is.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 mksquashfs

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp
dead=5a3ab1e0-0000-4000-8000-00000000dead
store=nix/store/01a2b3c4d5

# The arguments that the kernel gets; the initrd has what is in $tmp/more besides. No partition is of the root type.
left_open() {
	cp --sparse=always "$(sample grub)" "$img"
	sgdisk -t 2:8300 "$img" >/dev/null
	root_get "/boot/initrd.img-$version" "$tmp/initrd"
	[ ! -d "$tmp/more" ] || SOURCE_DATE_EPOCH=0 "$top/tests/lib/mkcpio.py" "$tmp/more" | gzip -n >>"$tmp/initrd"
	root_put "$tmp/initrd" "/boot/initrd.img-$version"
	root_edit /boot/grub/grub.cfg "s,root=UUID=.* ro\$,$1,"
	rm -rf "$tmp/more"
}

# has PATH: the initrd has this file, with the text of standard input
has() { mkdir -p "$tmp/more/$(dirname "$1")" && cat >"$tmp/more/$1"; }

# judged STATUS WHAT [WORDS]: the image as it is
judged() {
	exits "$1" "$2" "$armvm" check --boot none "$img"
	[ -z "${3:-}" ] || contains "  is said" "$3" "$tmp/exits.log"
}

# Each file, with the root's name and with one that nothing has: what stands before and behind it.
while IFS='|' read -r what path before after; do
	for uuid in "$root_uuid" "$dead"; do
		printf '%b%s%b' "$before" "$uuid" "$after" | has "$path"
		left_open ro
		case $uuid in
		"$dead") judged 1 "$what, with a name that nothing has" "$dead" ;;
		*) judged 0 "$what" ;;
		esac
	done
done <<X
the initrd's fstab|etc/fstab|proc /proc proc\nUUID=|\t/sysroot ext4 defaults 0 1\n
dracut's command line|etc/cmdline.d/95root-dev.conf| root=UUID=| rootfstype=ext4 rootflags=rw\n
another of its files|etc/cmdline|# of a person\nroot=UUID=|\n
a unit|etc/systemd/system/sysroot.mount|[Mount]\nWhere=/sysroot\nWhat=/dev/disk/by-uuid/|\nType=ext4\n
a unit of the vendor|usr/lib/systemd/system/sysroot.mount|[Mount]\nWhat=UUID=|\n
initramfs-tools' ROOT|conf/conf.d/root|ROOT="UUID=|"\n
NixOS' table|$store-initrd-fsinfo|/\n/dev/disk/by-uuid/|\next4\nx-initrd.mount\n/run/keys\nnone\ntmpfs\nnosuid
NixOS' table, for systemd|$store-initrd-fstab|UUID=| / ext4 x-initrd.mount 0 1\n
X

printf 'UUID=%s / ext4 x-initrd.mount 0 1\n' "$root_uuid" | has "$store-initrd-fstab"
left_open 'root=fstab ro'
judged 0 "root=fstab"
left_open 'root=fstab ro'
judged 3 "and nothing in the initrd" "root=fstab"
printf '/\n/dev/vda2\next4\ndefaults\n' | has "$store-initrd-fsinfo"
left_open ro
judged 1 "a device's name" /dev/vda2
printf 'root=UUID=%s\n' "$dead" | has etc/cmdline.d/root.conf
left_open "root=UUID=$root_uuid ro"
judged 0 "what the loader hands over comes later"
printf 'UUID=%s /mnt ext4\n' "$dead" | has etc/fstab
left_open ro
judged 3 "a table without the root" "names it"

# A root in memory, and what is mounted in it.
for uuid in "$root_uuid" "$dead"; do
	printf '/\ntmpfs\ntmpfs\nmode=0755\n/nix\n/dev/disk/by-uuid/%s\next4\ndefaults\n' "$uuid" | has "$store-initrd-fsinfo"
	left_open ro
	case $uuid in
	"$dead") judged 1 "a root in memory, and nothing that has /nix" "on /nix" ;;
	*) judged 0 "a root in memory" ;;
	esac
done
printf '/\ntmpfs\ntmpfs\nmode=0755\n/nix\n/dev/disk/by-uuid/%s\next4\nnofail\n' "$dead" | has "$store-initrd-fsinfo"
left_open ro
judged 0 "and what may be absent"

# More of them than are read: the last one counts, and it may not be among those.
many() { # COUNT LINES: so many tables with that many lines each, and one that names the root
	python3 -c 'import os, sys
top = sys.argv[1] + "/etc/cmdline.d"
os.makedirs(top)
for i in range(int(sys.argv[2])):
    open("%s/%06d.conf" % (top, i), "w").write("# nothing\n" * int(sys.argv[3]))
open(top + "/zz.conf", "w").write("root=UUID=" + sys.argv[4] + "\n")' "$tmp/more" "$1" "$2" "$root_uuid"
}
while read -r status count lines what; do
	many "$count" "$lines"
	left_open ro
	judged "$status" "$what" "$([ "$status" = 0 ] || echo 'than is read')"
done <<X
0 255 1 256 tables
3 256 1 one more
0 1 6553 a table of 64 KiB
3 1 6560 one that is longer
3 40 700 280 KiB in all
3 20000 1 very many
X
many 300 1
left_open ro
sgdisk -t 2:8305 "$img" >/dev/null
judged 3 "a partition of the root type comes after them" "than is read"
yes 'a b c' | head -c 65530 | has etc/fstab
printf 'root=UUID=%s\n' "$root_uuid" | has etc/cmdline.d/root.conf
left_open ro
judged 0 "a long table that names something else"

# An initrd that is the root.
system() {
	echo ID=own | has etc/os-release
	printf '#!/bin/sh\nmount -t devtmpfs devtmpfs /dev\nexec /sbin/init "$@"\n' | has init
}
system
left_open quiet
judged 0 "an initrd that is the system"
system
ln -sf sbin/init "$tmp/more/init"
left_open quiet
judged 0 "whose init is a link"
system
echo 'ID=own' | has etc/initrd-release
left_open quiet
judged 3 "one that says it is an initrd"
system
printf '#!/bin/sh\nmount /dev/disk /new && exec switch_root /new /sbin/init\n' | has init
left_open quiet
judged 3 "one that goes on to another root"
mkdir "$tmp/tree" && echo ID=own >"$tmp/tree/os-release" && mkdir "$tmp/more"
mksquashfs "$tmp/tree" "$tmp/more/rootfs.sqsh" -quiet -no-progress >/dev/null
left_open quiet
judged 0 "one with a root file system in it"
echo 'no file system' | has rootfs.sqsh
left_open quiet
judged 3 "a file of that name"
echo . | has scripts/functions
left_open quiet
judged 3 "initramfs-tools without a root" "initramfs-tools"
tap_done
