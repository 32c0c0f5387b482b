#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: the same names in each place that they stand in, as whoever reads that place takes them: the kernel, libblkid,
# udev's links (encode.c of libblkid), systemd. Each that leads nowhere stands beside one that leads somewhere.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs jq python3 mkswap

work=$tmp img=$tmp/image.raw
# Partition 3: ext4 "my data", called "my part"; 4: swap; 5: ext3, without a name; 6: ext4 "a/b"; 7: LVM's, empty.
cp --sparse=always "$(sample grub)" "$tmp/base.raw"
truncate -s 400M "$tmp/base.raw"
sgdisk -e -n 3:0:+8M -c 3:"my part" -u 3:5a3ab1e0-0000-4000-8000-0000000000b3 -n 4:0:+8M -t 4:8200 -c 4:swap \
	-n 5:0:+8M -c 5: -n 6:0:+8M -c 6:six "$tmp/base.raw" >/dev/null
# put NUMBER COMMAND...: makes a file system in $tmp/fs
put() {
	start=$(sgdisk -i "$1" "$tmp/base.raw" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
	shift
	rm -f "$tmp/fs"
	truncate -s 8M "$tmp/fs"
	"$@" >/dev/null 2>&1
	dd if="$tmp/fs" of="$tmp/base.raw" bs=512 seek="$start" conv=notrunc status=none
}
data=5a3ab1e0-0000-4000-8000-0000000000d3 swap=5a3ab1e0-0000-4000-8000-0000000000d4
old=5a3ab1e0-0000-4000-8000-0000000000d5 slash=5a3ab1e0-0000-4000-8000-0000000000d6
put 3 mke2fs -q -F -t ext4 -U $data -L "my data" "$tmp/fs"
put 4 mkswap -U $swap -L swap "$tmp/fs"
put 5 mke2fs -q -F -t ext3 -U $old -L old "$tmp/fs"
put 6 mke2fs -q -F -t ext4 -U $slash -L a/b "$tmp/fs"
# The kernel has what any of these names may need.
img=$tmp/base.raw
root_edit "/boot/config-$version" '$aCONFIG_MSDOS_FS=y\nCONFIG_SQUASHFS=y\nCONFIG_BLK_DEV_LOOP=y'
img=$tmp/image.raw

# found IDS: the errors and warnings of these checks, and who can't tell
found() {
	"$armvm" check --boot none --select "$1" --json "$img" 2>/dev/null | jq -r '.images[0].checks[] |
		select(.outcome == "finding" or .outcome == "inconclusive") | .id' >"$tmp/ids"
}
# fstab WANTED LINE...: each line alone
fstab() {
	wanted=$1
	shift
	for line in "$@"; do
		cp --sparse=always "$tmp/base.raw" "$img"
		printf '%s\n' "$line" | root_write /etc/fstab
		found 'guest.fstab-[dmtu]*'
		ok "fstab, $(echo "$line" | tr '\n' ';'): ${wanted:-good}" test "$(tr '\n' ' ' <"$tmp/ids")" = "${wanted:+$wanted }"
	done
}
# root WANTED NAME...: with the initrd that looks for it
root() {
	wanted=$1
	shift
	for name in "$@"; do
		cp --sparse=always "$tmp/base.raw" "$img"
		printf '%s' "$name" >"$tmp/name"
		root_get /boot/grub/grub.cfg "$tmp/cfg"
		python3 -c 'import re, sys
t = open(sys.argv[1]).read(); n = open(sys.argv[2]).read()
t = re.sub(r"root=UUID=\S+", lambda m: "root=" + n, t)
if len(sys.argv) > 3: t = re.sub(r"(?m)^\s*initrd.*\n", "", t)
open(sys.argv[1], "w").write(t)' "$tmp/cfg" "$tmp/name" ${alone:+alone}
		root_put "$tmp/cfg" /boot/grub/grub.cfg
		found 'loader.root*,guest.root-*'
		ok "root=$name${alone:+, no initrd}: ${wanted:-good}" test "$(tr '\n' ' ' <"$tmp/ids")" = "${wanted:+$wanted }"
	done
}

fstab "" "UUID=$data /data ext4 defaults 0 2" 'LABEL=my\040data /data ext4 defaults 0 2' \
	'PARTLABEL=my\040part /data auto defaults 0 2' '/dev/disk/by-label/my\x20data /data ext4 defaults 0 2' \
	'/dev/disk/by-partlabel/my\x20part /data ext4 defaults 0 2' '/dev/disk/by-label/a\x2fb /b ext4 defaults 0 2' \
	"LABEL=a/b /b ext4 defaults 0 2" "UUID=$swap none swap sw 0 0" "LABEL=old /old ext2 defaults 0 2" \
	"LABEL=old /old ext3,ext4 defaults 0 2" "UUID=$esp_uuid /boot/efi msdos defaults 0 2" \
	"/dev/disk/by-label/none /none ext4 nofail 0 2" "/dev/disk/by-designator/usr /u auto defaults 0 2" "server:/export /net nfs defaults 0 0" "tmpfs /tmp tmpfs defaults 0 0" \
	"/srv/from /srv/to none bind 0 0" "/etc/machine-id /h ext4 loop 0 0" "/none.img /n ext4 loop,nofail 0 0" \
	"$(printf '%s\n' "UUID=$data /data ext4 defaults 0 2" "/data/none.img /n squashfs loop 0 0")" "/dev/disk/cloud/azure_resource-part1 /mnt auto nofail,_netdev 0 2" \
	"PARTUUID=5a3ab1e0-0000-4000-8000-0000000000b3 /data auto defaults 0 2"
fstab guest.fstab-missing '/dev/disk/by-label/my\040data /data ext4 defaults 0 2' \
	'/dev/disk/by-partlabel/my\040part /data ext4 defaults 0 2' "/dev/disk/by-label/a/b /b ext4 defaults 0 2" \
	"uuid=$data /data ext4 defaults 0 2" "Label=old /old ext3 defaults 0 2" "UUID= /data ext4 defaults 0 2" \
	"PARTLABEL= /data auto defaults 0 2" "LABEL= /data auto defaults 0 2" "LABEL=OLD /old ext3 defaults 0 2" \
	"/none.img /n ext4 loop 0 0" "/etc/none.img /n squashfs ro,loop 0 0" \
	"UUID=$(echo $esp_uuid | tr A-F a-f) /boot/efi vfat defaults 0 2" \
	"PARTUUID=5a3ab1e0-0000-4000-8000-0000000000b3/PARTNROFF=1 none swap sw 0 0"
fstab guest.fstab-type "UUID=$data none swap sw 0 0" "UUID=$swap /data ext4 defaults 0 2" "UUID=$swap /data auto defaults 0 2" \
	"UUID=$data /data ext3 defaults 0 2" "UUID=$data /data ext2,ext3 defaults 0 2" "UUID=$esp_uuid /boot/efi ext4 defaults 0 2" \
	"UUID=$data /data xfs defaults 0 2"
fstab guest.fstab-devices "/dev/disk/azure/resource-part1 /mnt auto defaults 0 2" "/dev/vda3 /data ext4 defaults 0 2" \
	"/dev/disk/by-path/platform-4010000000.pcie-pci-0000:00:02.0-part3 /data ext4 defaults 0 2" \
	"/dev/disk/by-id/virtio-1234-part3 /data ext4 defaults 0 2"

alone=
root "" "UUID=$root_uuid" "LABEL=root" "PARTUUID=$root_partuuid" "/dev/disk/by-uuid/$root_uuid" "/dev/disk/by-label/root"
root loader.root "LABEL=Root" "UUID=" "PARTLABEL=" "uuid=$root_uuid" "partuuid=$root_partuuid" "/dev/disk/by-label/" \
	"PARTUUID=$root_partuuid/PARTNROFF=0" "PARTUUID=$root_partuuid/PARTNROFF=x" "/dev/disk/by-uuid/$data-1"
root guest.root-name 8:2 fe02 /dev/vda2 /dev/disk/by-path/x
alone=1
root "" "PARTUUID=$root_partuuid" "PARTUUID=5a3ab1e0-0000-4000-8000-0000000000b3/PARTNROFF=-1"
root loader.root "PARTUUID=$root_partuuid/PARTNROFF=70" "PARTUUID=$root_partuuid/PARTNROFF=1x" "UUID=$root_uuid" "partuuid=$root_partuuid"
root guest.root-name 254:2 /dev/vda2
alone=

# crypttab: what is no encrypted volume
for line in "data UUID=$data none luks" "data LABEL=old none"; do
	cp --sparse=always "$tmp/base.raw" "$img"
	echo "$line" | root_write /etc/crypttab
	found guest.crypttab
	contains "crypttab, $line" guest.crypttab "$tmp/ids"
done
for line in "swap UUID=$swap /dev/urandom swap" "t UUID=$data /dev/urandom tmp=ext4" "p UUID=$data none plain" "n UUID=$data none luks,noauto" \
	"h UUID=$data none luks,header=/boot/header"; do
	cp --sparse=always "$tmp/base.raw" "$img"
	echo "$line" | root_write /etc/crypttab
	found guest.crypttab
	ok "crypttab, $line: good" test ! -s "$tmp/ids"
done
tap_done
