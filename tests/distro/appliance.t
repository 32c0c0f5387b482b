#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fix of a root that only libguestfs's appliance can write to: xfs in a logical volume, and that in LUKS.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs mkfs.xfs xfs_repair python3 qemu-img cryptsetup
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg

cd "$tmp" || exit 1
work=$tmp
boot_uuid=5a3ab1e0-0000-4000-8000-0000000000b0
printf 'some secret' >key

# The sample's root as xfs in a logical volume, with a separate /boot; its fstab names the ESP by a device's name.
dd if="$(sample grub)" of=plain bs=1M skip=301 count=32 status=none
mkdir tree
debugfs -R "rdump / tree" plain >/dev/null 2>&1
printf '/dev/mapper/vg-root / xfs defaults 0 0\nUUID=%s /boot ext4 defaults 0 2\n/dev/vda1 /boot/efi vfat umask=0077 0 1\n' \
	$boot_uuid >tree/etc/fstab
sed -i "s/root=UUID=[^ ]*/root=\/dev\/mapper\/vg-root rootfstype=xfs/; s/$root_uuid/$boot_uuid/; s/ \/boot\// \//" \
	tree/boot/grub/grub.cfg
echo CONFIG_XFS_FS=y >>"tree/boot/config-$version"
mke2fs -q -t ext4 -U $boot_uuid -d tree/boot boot 16M
rm -rf tree/boot/*
truncate -s 320M xfs
python3 "$lib/xfsproto.py" tree >proto
mkfs.xfs -q -m "uuid=$root_uuid" -p proto xfs || exit 1
"$lib/mklvm.py" pv vg root=xfs
truncate -s "%1M" pv

image() { # FILE
	img=$tmp/image.raw
	rm -f "$img"
	cp --sparse=always "$(sample grub)" "$img"
	truncate -s $((($(stat -c %s "$1") / 1048576 + 321) * 1048576)) "$img"
	sgdisk -e -d 2 -n 2:616448:649215 -t 2:8300 -n 3:649216:0 -t 3:8e00 "$img" >/dev/null
	dd if=boot of="$img" bs=1M seek=301 conv=notrunc status=none
	dd if="$1" of="$img" bs=1M seek=317 conv=notrunc,sparse status=none
	printf "search.fs_uuid %s root\nset prefix=(\$root)'/grub'\nconfigfile \$prefix/grub.cfg\n" $boot_uuid >cfg
	esp_put cfg /EFI/BOOT/grub.cfg
	esp_put cfg /EFI/debian/grub.cfg
}
mended() { # NAME [OPTION...]
	name=$1
	shift
	"$armvm" check --boot none --select guest.fstab-devices "$@" "$img" >found 2>&1
	contains "$name: what is wrong in it is found" "/dev/vda1" found
	exits 0 "$name: fix mends it" "$armvm" fix --no-verify --only guest.fstab-devices "$@" --force -o fixed.raw "$img"
	"$armvm" check --boot none --select 'guest.fstab-*' "$@" fixed.raw >found 2>&1
	lacks "$name: check agrees" "/dev/vda1" found
	lacks "$name: and has looked" "could not be determined" found
}

image pv
mended "xfs in a logical volume"
dd if=fixed.raw of=there bs=1M skip=317 status=none
ok "its volume is where it was" python3 -c "
import sys
d = open('there', 'rb').read()
at = d.find(b'XFSB')
open('opened', 'wb').write(d[at:at + (320 << 20)])"
ok "and whole" xfs_repair -n -f opened

# It measures the machine first, which a busy one does not always allow.
for _ in 1 2 3 4 5 6; do
	rm -f locked
	qemu-img convert --object secret,id=key,file=key -O luks -o key-secret=key,iter-time=10 pv locked 2>luks.log && break
done
truncate -s "%1M" locked
image locked
mended "that in LUKS" --key all:file:key
tap_done
