#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of images whose initrd looks for its root in its own way: what it looks for is there, which passes, or missing,
# which is an error, or cannot be told, which is one line with the reason.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs python3

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp
dead=5a3ab1e0-0000-4000-8000-00000000dead
medium=11111111-2222-4333-8444-555555555555
snapd="system-data/var/lib/snapd"

# has PATH [TEXT]: the initrd has this file
has() { mkdir -p "$tmp/more/$(dirname "$1")" && printf '%b' "${2:-x\n}" >"$tmp/more/$1"; }
# on_root PATH [TEXT]: so has the second partition
on_root() {
	path=
	printf '%b' "${2:-x\n}" >"$tmp/on_root"
	for part in $(dirname "$1" | tr / ' '); do
		path=$path/$part
		[ "$part" = . ] || root_run "mkdir $path" 2>/dev/null
	done
	root_put "$tmp/on_root" "/$1"
}
# The kernel's arguments; what is in the initrd besides comes from $tmp/more. No partition is of the root type.
begin() {
	cp --sparse=always "$(sample grub)" "$img"
	sgdisk -t 2:8300 "$img" >/dev/null
	rm -rf "$tmp/more"
	mkdir "$tmp/more"
}
boots() {
	root_get "/boot/initrd.img-$version" "$tmp/initrd"
	SOURCE_DATE_EPOCH=0 "$top/tests/lib/mkcpio.py" "$tmp/more" | gzip -n >>"$tmp/initrd"
	root_put "$tmp/initrd" "/boot/initrd.img-$version"
	root_edit /boot/grub/grub.cfg "s|root=UUID=.* ro\$|$1|"
}
judged() { # STATUS WHAT [WORDS]
	exits "$1" "$2" "$armvm" check --boot none "$img"
	tr -s ' \n' '  ' <"$tmp/exits.log" >"$tmp/said" && echo >>"$tmp/said"
	[ -z "${3:-}" ] || contains "  is said" "$3" "$tmp/said"
	[ "$1" != 3 ] || contains "  in one line" "(1 inconclusive)" "$tmp/said"
}

# More scripts than are read: the one that boot= names may be one of them. What was read counts.
many() { # SCRIPT WORDS
	begin
	has scripts/functions
	for n in $(seq 100 355); do has "scripts/a$n"; done
	has "scripts/$1"
	boots "$2"
}
many zzz boot=zzz
judged 3 "a script behind those that are read" "more scripts than are read"
many zzz boot=a200
judged 3 "one that is read, of many" "scripts/a200 does"
many a200 boot=zzz
judged 1 "as many as are read, and not that one" "the initrd has no scripts/zzz"

# live-boot and casper. INITRD and ROOT are files, apart by commas.
files() { # COMMAND LIST
	echo "$2" | tr ',' '\n' | while IFS='=' read -r name text; do
		[ -z "$name" ] || "$1" "$name" "$text"
	done
}
tools=scripts/functions,scripts/local,scripts/nfs
while IFS='|' read -r status what words initrd root said; do
	begin
	files has "$tools,$initrd"
	files on_root "$root"
	boots "$words"
	judged "$status" "$what" "$said"
done <<X
0|boot=live, and a squashfs|boot=live components|scripts/live|live/filesystem.squashfs|
1|nothing of the kind|boot=live components|scripts/live|live/vmlinuz|nothing in the image has a root file system as /live/*.squashfs
1|another folder|boot=live live-media-path=/casper|scripts/live|live/filesystem.squashfs|as //casper/*.squashfs
0|the folder that is named|boot=live live-media-path=casper|scripts/live|casper/filesystem.squashfs|
0|an ext4|boot=live|scripts/live|live/root.ext4|
1|which casper does not take|boot=casper|scripts/casper|casper/root.ext4|as /casper/*.squashfs
1|an initrd without live-boot|boot=live|scripts/x|live/filesystem.squashfs|the initrd has no scripts/live
1|root= is not asked|boot=live root=UUID=$root_uuid|scripts/live||/live/*.squashfs
0|nor its absence minded|boot=live root=UUID=$dead|scripts/live|live/filesystem.squashfs|
3|the network|boot=live fetch=http://x/y.squashfs|scripts/live||fetch= leads
3|a configuration of its own|boot=live|scripts/live,etc/live/boot.conf||etc/live leads
3|another's script|boot=overlay|scripts/overlay||scripts/overlay does
0|the medium|boot=live|scripts/live,conf/uuid.conf=$medium|live/filesystem.squashfs,.disk/live-uuid-generic=$medium\n|
1|another medium|boot=live|scripts/live,conf/uuid.conf=$medium\n|live/filesystem.squashfs,.disk/live-uuid-generic=$dead|UUID $medium
0|which is not minded|boot=live ignore_uuid|scripts/live,conf/uuid.conf=$medium\n|live/filesystem.squashfs|
0|casper|boot=casper|scripts/casper|casper/minimal.squashfs|
0|casper by its package's file|quiet|scripts/casper,conf/conf.d/default-boot-to-casper.conf=export BOOT=casper|casper/minimal.squashfs|
1|and nothing for it|quiet|scripts/casper,conf/conf.d/default-boot-to-casper.conf=export BOOT=casper||/casper/*.squashfs
1|casper's medium is another|boot=casper|scripts/casper,conf/uuid.conf=$medium|casper/a.squashfs,.disk/casper-uuid-generic=$dead|UUID $medium
0|the command line has its UUID|boot=casper uuid=$dead|scripts/casper,conf/uuid.conf=$medium|casper/a.squashfs,.disk/casper-uuid-generic=$dead|
1|an ISO that is not there|boot=casper iso-scan/filename=/u.iso|scripts/casper||the file /u.iso
3|one that is|boot=casper iso-scan/filename=/u.iso|scripts/casper|u.iso|what is in /u.iso
0|boot=local|boot=local root=UUID=$root_uuid|||
1|and a root that is not there|boot=local root=UUID=$dead|||$dead
X

# What cannot be read is not taken for another's: the inode's checksum is wrong.
unread() { debugfs -w -R "sif $1 checksum 0x1234" "$img?offset=$root_offset" >/dev/null 2>&1; }
for live in live casper; do
	begin
	files has "$tools,scripts/$live,conf/uuid.conf=$medium"
	files on_root "$live/a.squashfs,.disk/$live-uuid-generic=$medium"
	boots "boot=$live"
	judged 0 "$live: the medium's UUID can be read"
	unread "/.disk/$live-uuid-generic"
	judged 3 "$live: it cannot" "cannot be told"
done

# On the ESP, as images that installers make have it.
begin
files has "$tools,scripts/live"
esp_mkdir /live && echo x | esp_write /live/filesystem.squashfs
boots "boot=live"
judged 0 "a squashfs on the ESP"
# A part of the disk that is not read leaves it open.
begin
files has "$tools,scripts/live"
boots "boot=live"
add_ext4
printf 'LUKS\272\276\000\001aes' | dd of="$img" bs=512 seek="$start" conv=notrunc status=none
judged 3 "an encrypted partition may have it" "part of the disk is not read"

# postmarketOS.
while IFS='|' read -r status what words said; do
	begin
	has init_functions.sh 'PMOS_ROOT=$(find_partition "$root_uuid" "$root_path" pmOS_root)\n'
	boots "$words"
	judged "$status" "$what" "$said"
done <<X
0|postmarketOS|pmos_boot_uuid=$esp_uuid pmos_root_uuid=$root_uuid|
1|its root is not there|pmos_boot_uuid=$esp_uuid pmos_root_uuid=$dead|pmos_root_uuid=$dead: nothing in the image has it
1|nor its boot partition|pmos_boot_uuid=$dead pmos_root_uuid=$root_uuid|pmos_boot_uuid=$dead: nothing
0|which it needs not|pmos.stowaway pmos_root_uuid=$root_uuid|
0|the newer words|pmos.boot_uuid=$esp_uuid pmos.root_uuid=$root_uuid|
1|a label that is not there|pmos.stowaway quiet|the label pmOS_root
1|root= is not asked|pmos_boot_uuid=$esp_uuid pmos_root_uuid=$dead root=UUID=$root_uuid|pmos_root_uuid=$dead
1|the disk's place|pmos_boot_uuid=$esp_uuid pmos_root=/dev/vda2|/dev/vda2
X

# snapd: a third partition is ubuntu-boot.
snap() { # LABEL-OF-2 WORDS
	begin
	has usr/lib/snapd/snap-bootstrap
	has etc/initrd-release 'ID=ubuntu-core\n'
	add_ext4 -L ubuntu-boot
	tune2fs -L "$1" "$img?offset=$root_offset" >/dev/null 2>&1 || debugfs -w -R "ssv volume_name $1" "$img?offset=$root_offset" >/dev/null 2>&1
	python3 - "$img" "$esp_offset" "$esp_size" <<'END'
import os, subprocess, sys
image, start, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(image, "r+b") as f:
    f.seek(start + 71)
    f.write(b"ubuntu-seed")
    f.seek(start)
    sector = f.read(512)
    back = int.from_bytes(sector[50:52], "little")
    if back:
        f.seek(start + back * 512 + 71)
        f.write(b"ubuntu-seed")
END
	mlabel -i "$img@@$esp_offset" ::ubuntu-seed >/dev/null 2>&1 || :
}
snap ubuntu-data
on_root $snapd/modeenv 'mode=run\nbase=core22_864.snap\n'
on_root $snapd/snaps/core22_864.snap
boots "snapd_recovery_mode=run"
judged 0 "snapd runs"
snap ubuntu-data
on_root $snapd/modeenv 'mode=run\nbase=core22_865.snap\n'
on_root $snapd/snaps/core22_864.snap
boots "snapd_recovery_mode=run"
judged 1 "its base is another" "has no /$snapd/snaps/core22_865.snap"
snap ubuntu-data
boots "snapd_recovery_mode=run"
judged 3 "nothing says which" "does not say which base"
snap other
boots "snapd_recovery_mode=run"
judged 1 "no data" "nothing in the image has the label ubuntu-data"
snap ubuntu-data-enc
boots "snapd_recovery_mode=run"
judged 3 "they are encrypted" "ubuntu-data is encrypted"
for system in 20240101 20240102; do
	snap writable
	esp_mkdir /systems && esp_mkdir /systems/20240101 && echo x | esp_write /systems/20240101/model
	boots "snapd_recovery_mode=install snapd_recovery_system=$system"
	case $system in
	20240101) judged 0 "it installs" ;;
	*) judged 1 "a system that is not there" "ubuntu-seed has no /systems/20240102/model" ;;
	esac
done

# Alpine without root= makes its root in memory.
while IFS='|' read -r status what words root said; do
	begin
	has sbin/nlplug-findfs
	files on_root "$root"
	boots "$words"
	judged "$status" "$what" "$said"
done <<X
0|Alpine's repository|modules=loop,squashfs quiet|apks/.boot_repository|
1|none|modules=loop,squashfs quiet|apks/x|.boot_repository
1|one too deep|modules=loop,squashfs quiet|a/apks/.boot_repository|.boot_repository
3|one on the network|ip=dhcp alpine_repo=http://x/y||where ip= leads
0|a root that is named|root=UUID=$root_uuid||
1|one that is not there|root=UUID=$dead||$dead
1|one in a form that it does not know|root=PARTLABEL=system||knows UUID=, LABEL= and
X
for words in 'LABEL=\0UUID=\0|1' 'LABEL=\0PARTUUID=\0|0' 'x|0'; do
	begin
	has sbin/nlplug-findfs "${words%|*}"
	boots "root=PARTUUID=$root_partuuid"
	judged "${words#*|}" "root=PARTUUID= by an nlplug-findfs with the words $words" "$([ "${words#*|}" = 0 ] || echo 'from mkinitfs 3.9 on')"
done
begin
sgdisk -c 2:system "$img" >/dev/null
boots "root=PARTLABEL=system"
judged 0 "which others know"

# dracut's live images: the medium, and a file on it.
while IFS='|' read -r status what words root said; do
	begin
	files on_root "$root"
	boots "$words"
	judged "$status" "$what" "$said"
done <<X
0|a live image|root=live:UUID=$root_uuid rd.live.image|LiveOS/squashfs.img|
1|no file on its medium|root=live:UUID=$root_uuid rd.live.image|LiveOS/x|squashfs.img
1|no medium|root=live:CDLABEL=NOWHERE rd.live.image|LiveOS/squashfs.img|nothing in the image has the label
X

begin
has sbin/nlplug-findfs
on_root apks/.boot_repository
boots "modules=loop,squashfs quiet"
unread /apks/.boot_repository
judged 3 "a repository that cannot be read" "cannot be told"

# ZFS: pools are labels of disks.
pool() { # NAME: the third partition is a disk of it, as large as libblkid wants one
	truncate -s +80M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk -n 3:0:0 -t 3:bf00 "$img" >/dev/null
	start=$(sgdisk -i 3 "$img" | sed -n "s/^First sector: \([0-9]*\).*/\1/p")
	python3 - "$img" "$start" "$1" <<'END'
import struct, sys
image, start, name = sys.argv[1], int(sys.argv[2]) * 512, sys.argv[3].encode()
def pair(key, kind, value):
    key = struct.pack(">I", len(key)) + key + bytes(-len(key) % 4)
    body = key + struct.pack(">II", kind, 1) + value
    return struct.pack(">II", len(body) + 8, len(body) + 8) + body
string = lambda v: struct.pack(">I", len(v)) + v + bytes(-len(v) % 4)
nv = b"\1\1\0\0" + struct.pack(">II", 0, 1)
nv += pair(b"name", 9, string(name)) + pair(b"pool_guid", 8, struct.pack(">Q", 7)) + pair(b"guid", 8, struct.pack(">Q", 9)) + bytes(8)
with open(image, "r+b") as f:
    f.seek(start + (16 << 10))
    f.write(nv)
    for i in range(128):
        f.seek(start + (128 << 10) + i * 1024)
        f.write(struct.pack("<QQQQ", 0x00bab10c, 5000, i + 1, 0))
END
}
while IFS='|' read -r status what words name said; do
	begin
	[ -z "$name" ] || pool "$name"
	boots "$words"
	judged "$status" "$what" "$said"
done <<X
3|a pool|root=ZFS=rpool/ROOT/debian ro|rpool|its ZFS pool is in the image
1|no pool|root=ZFS=rpool/ROOT/debian ro||nothing in the image has a ZFS pool of that name
1|another pool|root=ZFS=rpool/ROOT/debian ro|tank|a ZFS pool of that name
3|any pool|root=zfs:AUTO|tank|its ZFS pool
1|and none|root=zfs:AUTO||a ZFS pool
X
begin
has init_functions
boots "zfs=rpool/ROOT"
judged 1 "mkinitcpio's word, and no pool" "zfs=rpool/ROOT"
begin
boots "zfs=rpool/ROOT"
sgdisk -t 2:8305 "$img" >/dev/null
judged 3 "which another initrd may know" "zfs=rpool/ROOT"

# An initrd that is the root, and never leaves itself.
while IFS='|' read -r status what script said; do
	begin
	has init "$script"
	boots quiet
	judged "$status" "$what" "$said"
done <<X
0|a shell in the initrd|#!/bin/busybox sh\nmount -t proc proc /proc\nexec >/dev/console 2>&1\nexec setsid cttyhack sh\n|
0|another way|#!/bin/sh\nif true; then exec /bin/sh -l; fi\nexec getty -n -l /bin/sh 0 console\n|
3|one that goes on|#!/bin/sh\nexec sh\nexec switch_root /new /sbin/init\n|its initrd
3|by a script of its own|#!/bin/sh\nexec sh /init2\n|its initrd
3|by another|#!/bin/sh\n. /functions\nexec sh\n|its initrd
3|by what is not known|#!/bin/sh\nexec "\$next"\n|its initrd
3|one that ends|#!/bin/sh\nmount -t proc proc /proc\n|its initrd
3|an init of an unknown kind|#!/bin/sh\nexec /sbin/init\n|its initrd
X
begin
mkdir -p "$tmp/more/bin" "$tmp/more/sbin"
ln -s bin/busybox "$tmp/more/init"
boots quiet
judged 0 "an init that is busybox"
begin
has init '#!/bin/sh\nexec /sbin/init "$@"\n'
mkdir -p "$tmp/more/sbin" && ln -s ../bin/busybox "$tmp/more/sbin/init"
boots quiet
judged 0 "a script that ends in it"
begin
has bin/rc.init
boots quiet
judged 0 "LinuxKit"
tap_done
