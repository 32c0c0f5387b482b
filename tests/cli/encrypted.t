#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A root in LUKS: with its key it is judged, drawn and mended as any other, without it nothing is said of
# it. What is encrypted was made by QEMU (version 1) and cryptsetup (version 2), and is read by cryptsetup's
# and QEMU's code again after fix has written to it.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs e2fsck jq python3 qemu-img cryptsetup cpio

cd "$tmp" || exit 1
work=$tmp
good=$(sample grub)
boot_uuid=5a3ab1e0-0000-4000-8000-0000000000b0
printf 'some secret' >key
printf 'some secret\nnot part of it\n' >lines
printf 'another secret' >wrong

# A separate /boot, which GRUB reads, and the root, which it does not.
root_of() { # NAME-BELOW-DEV-MAPPER
	debugfs -R "rdump / tree" plain >/dev/null 2>&1
	printf '/dev/mapper/%s / ext4 errors=remount-ro 0 1\nUUID=%s /boot ext4 defaults 0 2\n' "$1" $boot_uuid >tree/etc/fstab
	echo "UUID=$esp_uuid /boot/efi vfat umask=0077 0 1" >>tree/etc/fstab
	sed -i "s/root=UUID=[^ ]*/root=\/dev\/mapper\/$1/; s/$root_uuid/$boot_uuid/; s/ \/boot\// \//" tree/boot/grub/grub.cfg
	rm -f boot
	mke2fs -q -t ext4 -U $boot_uuid -d tree/boot boot 16M
}
crypttab() { echo "$1 UUID=$2 none luks,discard" >tree/etc/crypttab; } # NAME UUID
inner() {
	rm -f inner
	rm -rf tree/boot/*
	mke2fs -q -t ext4 -b 4096 -U $root_uuid -d tree inner 32M
}

# An image with the ESP, /boot and a partition that holds a file.
image() { # FILE
	img=$tmp/image.raw
	rm -f "$img"
	cp --sparse=always "$good" "$img"
	truncate -s $((($(stat -c %s "$1") / 1048576 + 321) * 1048576)) "$img"
	sgdisk -e -d 2 -n 2:616448:649215 -t 2:8300 -n 3:649216:0 -t 3:8309 "$img" >/dev/null
	dd if=boot of="$img" bs=1M seek=301 conv=notrunc status=none
	dd if="$1" of="$img" bs=1M seek=317 conv=notrunc status=none
	printf "search.fs_uuid %s root\nset prefix=(\$root)'/grub'\nconfigfile \$prefix/grub.cfg\n" $boot_uuid >cfg
	esp_put cfg /EFI/BOOT/grub.cfg
	esp_put cfg /EFI/debian/grub.cfg
}
taken() { dd if="$1" of=taken bs=1M skip=317 status=none; } # IMAGE

luks1() { # FILE [OPTION]
	# It measures the machine first, which a busy one does not always allow.
	for _ in 1 2 3 4 5 6; do
		rm -f locked
		qemu-img convert --object secret,id=key,file=key -O luks -o "key-secret=key,iter-time=10${2:-}" "$1" locked 2>luks.log && break
	done
	# Whole MiB, as partitions have.
	truncate -s "%1M" locked
}
luks_uuid() { cryptsetup luksUUID "$1"; }
# The same bytes, in LUKS2: QEMU has encrypted them, and first keeps what they were in.
luks2() { # FILE OPTION...
	file=$1
	shift
	luks1 "$file"
	mv locked first
	rm -f volume-key locked
	cryptsetup luksDump -q --dump-volume-key --key-file key --volume-key-file volume-key first >/dev/null &&
		truncate -s 17M locked &&
		cryptsetup luksFormat -q --type luks2 --key-file key --volume-key-file volume-key --key-size 512 \
			--sector-size 512 "$@" locked &&
		truncate -s 16M locked && tail -c +$((4040 * 512 + 1)) first >>locked && truncate -s "%1M" locked
}
light='--pbkdf-memory 8192 --pbkdf-force-iterations 4'
# In place, by cryptsetup's own code.
reencrypted() { # FILE OPTION...
	rm -f locked
	cp "$1" locked
	shift
	truncate -s +32M locked
	cryptsetup reencrypt -q --encrypt --type luks2 --reduce-device-size 32M --key-file key "$@" locked
}

judged() { # WHAT KEY
	exits 0 "$1: with the key it is judged" "$armvm" check --boot none --key "$2" "$img"
	exits 3 "$1: without it, it is not" "$armvm" check --boot none "$img"
	exits 3 "$1: nor with another" "$armvm" check --boot none --key all:file:wrong "$img"
	contains "$1: which is said" "opens none of its" exits.log
}
# A finding in the encrypted root, mended and seen by others.
mended() { # NAME READER
	exits 1 "$1: what is wrong in it is found" "$armvm" check --boot none --key all:file:key "$img"
	contains "$1: for what it is" guest.fstab-devices exits.log
	cp "$img" before
	exits 1 "$1: fix refuses a wrong key" "$armvm" fix --no-verify --key all:file:wrong -o fixed.raw "$img"
	contains "$1: with the reason" "opens none of its" exits.log
	ok "$1: and writes nothing" [ ! -e fixed.raw ]
	"$armvm" check --boot none --key all:file:key "$img" >said
	command=$(sed -n 's/^mend it: armvm-image //p' said)
	exits 0 "$1: fix, as check says, mends it" sh -c "'$armvm' $command --no-verify -o fixed.raw"
	ok "$1: the input is as it was" cmp before "$img"
	exits 0 "$1: check agrees" "$armvm" check --boot none --key all:file:key fixed.raw
	dd if=fixed.raw of=taken bs=1M skip=317 status=none
	ok "$1: another program decrypts it" "$2"
	ok "$1: its file system is whole" e2fsck -fn opened
	debugfs -R "cat /etc/fstab" opened >fstab 2>/dev/null
	contains "$1: and has the change" "UUID=$esp_uuid /boot/efi" fstab
	rm -f fixed.raw opened
}
by_qemu() { qemu-img convert --object secret,id=key,file=key --image-opts driver=luks,key-secret=key,file.filename=taken -O raw opened; }
# The volume key is that of first, whose header QEMU reads.
by_qemu_as_first() {
	tail -c +$((16777216 + 1)) taken >payload &&
		dd if=payload of=first bs=512 seek=4040 conv=notrunc status=none && mv first taken && by_qemu
}

dd if="$good" of=plain bs=1M skip=301 count=32 status=none
rm -rf tree && mkdir tree
root_of root_crypt
crypttab root_crypt 0
inner
luks1 inner
uuid=$(luks_uuid locked)
crypttab root_crypt "$uuid"
inner
# QEMU makes another UUID each time; the guest's is put in afterwards.
again() {
	luks1 inner "${1:-}"
	cryptsetup luksUUID -q --uuid "$uuid" locked
}
again
image locked
judged "version 1" "$uuid:file:key"
for id in all /dev/sda3 /dev/vda3; do
	exits 0 "version 1: $id names it" "$armvm" check --boot none --key $id:file:key "$img"
done
exits 0 "version 1: a key's first line will do" "$armvm" check --boot none --key all:file:lines "$img"
exits 0 "version 1: a key on the command line" "$armvm" check --boot none --key "all:key:some secret" "$img"
exits 3 "version 1: a key for another volume" "$armvm" check --boot none --key /dev/sda2:file:key "$img"

# Asked at a terminal.
typed() { "$lib/typed.py" "Key of " "$@" >said; }
exits 0 "a key that is typed" typed "some secret" -- "$armvm" check --boot none --key all "$img"
contains "is asked for" "Key of all: " said
lacks "is not shown" "some secret" said
contains "and the terminal echoes again" "[ended, echo on]" said
exits 0 "one key after the other" typed wrong "some secret" -- "$armvm" check --boot none --key "$uuid" --key all "$img"
exits 3 "a wrong key" typed wrong -- "$armvm" check --boot none --key all "$img"
exits 2 "an empty line is no key" typed "" -- "$armvm" check --boot none --key all "$img"
long=$(printf '%0513d' 0)
exits 2 "nor is one of 513 characters" typed "$long" -- sh -c "'$armvm' check --boot none --key all '$img'; s=\$?; sleep 1; exit \$s"
exits 3 "512 may be one" typed "${long#0}" -- "$armvm" check --boot none --key all "$img"
exits 130 "who asks can be interrupted" typed ^C -- "$armvm" check --boot none --key all "$img"
contains "and the terminal echoes again" "[ended, echo on]" said
exits 0 "and stopped" typed ^Z "some secret" -- "$armvm" check --boot none --key all "$img"
contains "while the terminal echoes" "[stopped, echo on]" said
exits 0 "fix asks, too" typed "some secret" -- "$armvm" fix --no-verify --key all "$img"

exits 0 "version 1: info" "$armvm" info --key all:file:key --diff "$img" "$img"
for option in cipher-mode=cbc,ivgen-alg=plain64 cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256 \
	cipher-alg=aes-128 hash-alg=sha512 hash-alg=sha1; do
	again ",$option"
	image locked
	exits 0 "version 1: $option" "$armvm" check --boot none --key all:file:key "$img"
done
again ,cipher-alg=serpent-256
image locked
exits 3 "version 1: another cipher leaves doubt" "$armvm" check --boot none --key all:file:key "$img"
contains "version 1: which is named" serpent exits.log

# What dracut's initrd opens is left to the command line.
mkdir -p d/usr/lib/dracut d/usr/sbin "d/usr/lib/modules/$version"
for file in init usr/lib/dracut/dracut-059 usr/sbin/cryptsetup; do echo "$file" >"d/$file"; done
for module in virtio_pci virtio_blk virtio_mmio virtio_scsi xen-blkfront ext4; do
	echo module >"d/usr/lib/modules/$version/$module.ko"
done
(cd d && find . | LC_ALL=C sort | cpio --quiet -o -H newc) | gzip -n >dracut.img
cp boot boot.plain
by_dracut() { # STATUS WHAT WORDS
	cp boot.plain boot
	debugfs -R "dump /grub/grub.cfg grub.cfg" boot 2>debugfs.log
	sed -i "s/\(linux .* ro\)\$/\1 $3/" grub.cfg
	for command in "rm /grub/grub.cfg" "write grub.cfg /grub/grub.cfg" "rm /initrd.img-$version" \
		"write dracut.img /initrd.img-$version"; do
		debugfs -w -R "$command" boot >debugfs.log 2>&1
	done
	image locked
	exits "$1" "dracut's initrd: $2" "$armvm" check --boot none --key all:file:key "$img"
}
again
by_dracut 0 "no word" ""
by_dracut 0 "the volume is named" "rd.luks.uuid=luks-$uuid"
by_dracut 1 "another is named" "rd.luks.uuid=luks-$boot_uuid"
contains "dracut's initrd: which is said" guest.initrd-volumes exits.log
by_dracut 1 "none is opened" "rd.luks=0 rd.luks.uuid=$uuid"
contains "dracut's initrd: which is said" rd.luks=0 exits.log
cp boot.plain boot

sed -i "s/^UUID=$esp_uuid/\/dev\/vda1/" tree/etc/fstab
inner
again
image locked
mended "version 1" by_qemu
"$armvm" check --boot none --key "all:key:some secret" "$img" >said 2>&1
contains "version 1: what mends it asks for a key that nobody else shall see" \
	"mend it: armvm-image fix --key all $img" said
lacks "version 1: which is not shown" "some secret" said
cp key "it's one"
"$armvm" check --boot none --key "all:file:it's one" "$img" >said 2>&1
contains "version 1: its name is a word to the shell" "fix --key 'all:file:it'\\''s one' $img" said

# The second version, with what its slots can have.
# shellcheck disable=SC2086 # words
luks2 inner --uuid "$uuid" --pbkdf argon2id $light
image locked
mended "version 2" by_qemu_as_first
sed -i "s/^\/dev\/vda1/UUID=$esp_uuid/" tree/etc/fstab
inner
for slot in "argon2i $light" "pbkdf2 --pbkdf-force-iterations 1000" \
	"pbkdf2 --pbkdf-force-iterations 1000 --hash sha512"; do
	# shellcheck disable=SC2086 # words
	luks2 inner --uuid "$uuid" --pbkdf $slot
	image locked
	exits 0 "version 2: $slot" "$armvm" check --boot none --key all:file:key "$img"
done
judged "version 2" all:file:key
printf x | dd of="$img" bs=1 seek=$((317 * 1048576 + 100)) conv=notrunc status=none
exits 0 "version 2: the second header counts when the first is damaged" \
	"$armvm" check --boot none --key all:file:key "$img"
printf x | dd of="$img" bs=1 seek=$((317 * 1048576 + 16384 + 100)) conv=notrunc status=none
exits 3 "version 2: with both damaged there is doubt" "$armvm" check --boot none --key all:file:key "$img"
contains "version 2: which says why" "LUKS headers" exits.log
reencrypted inner --uuid "$uuid" --sector-size 4096 --pbkdf pbkdf2 --pbkdf-force-iterations 1000
image locked
exits 0 "version 2: sectors of 4096 bytes" "$armvm" check --boot none --key all:file:key "$img"

# A logical volume in LUKS, and LUKS in a logical volume.
rm -rf tree && mkdir tree
root_of vg-root
crypttab root_crypt "$uuid"
inner
"$lib/mklvm.py" pv vg root=inner
truncate -s "%1M" pv
luks1 pv
cryptsetup luksUUID -q --uuid "$uuid" locked
image locked
judged "a logical volume in it" all:file:key
sed -i "s/^UUID=$esp_uuid/\/dev\/vda1/" tree/etc/fstab
inner
"$lib/mklvm.py" pv vg root=inner
truncate -s "%1M" pv
luks1 pv
cryptsetup luksUUID -q --uuid "$uuid" locked
image locked
exits 0 "a logical volume in it is mended" "$armvm" fix --no-verify --key all:file:key --in-place "$img"
exits 0 "and check agrees" "$armvm" check --boot none --key all:file:key "$img"
rm -rf tree && mkdir tree
root_of root_crypt
crypttab root_crypt "$uuid"
inner
again
"$lib/mklvm.py" pv vg root=locked
truncate -s "%1M" pv
image pv
exits 0 "it in a logical volume" "$armvm" check --boot none --key /dev/vg/root:file:key "$img"

# Where GRUB would have to ask for the passphrase, nobody says that it finds its menu.
sed -i "s/$boot_uuid/$root_uuid/" cfg
esp_put cfg /EFI/BOOT/grub.cfg
esp_put cfg /EFI/debian/grub.cfg
exits 3 "a loader that has to ask leaves doubt" "$armvm" check --boot none --key all:file:key "$img"

# What --key is not.
for key in "" ":file:key" all: all:clevis all:key: all:file: all:file:missing; do
	exits 2 "--key '$key'" "$armvm" check --boot none --key "$key" "$img"
done
printf '' >empty
exits 2 "an empty file is no key" "$armvm" check --boot none --key all:file:empty "$img"
exits 2 "without a terminal nothing is asked" setsid "$armvm" check --boot none --key all "$img"
exits 2 "what a key opens is not kept in a cache" "$armvm" check --boot none --cache c --key all:file:key "$img"
"$armvm" check --key "all:ky:hush hush" "$img" >said 2>&1
lacks "what may be a key is not repeated" "hush hush" said
tap_done
