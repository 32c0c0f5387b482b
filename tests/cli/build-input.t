#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is no root file system to build from gets an error that says what it is
# and what to do, and no output.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires python3 sfdisk mcopy mke2fs mkfs.fat mkswap debugfs qemu-img gzip jq

mkdir "$tmp/out"
# refused WHAT FILE TEXT HINT
refused() {
	"$armvm" build --no-verify -o "$tmp/out/x.qcow2" "$2" >"$tmp/log" 2>&1
	ok "$1 is refused" test $? -eq 1
	contains "  saying why" "$3" "$tmp/log"
	contains "  and what to do" "$4" "$tmp/log"
}

: >"$tmp/empty"
refused "an empty file" "$tmp/empty" "empty" "one file system"
printf 'x' >"$tmp/tiny"
refused "a file of one byte" "$tmp/tiny" "" "one file system"
head -c 1048576 /dev/urandom >"$tmp/noise"
refused "noise" "$tmp/noise" "no file system" "one file system"
refused "a folder" "$tmp" "a folder" "mke2fs -t ext4 -d"
"$armvm" build --no-verify -o "$tmp/out/x.qcow2" "$tmp/nothing" >"$tmp/log" 2>&1
contains "a missing file is named" "$tmp/nothing: No such file" "$tmp/log"

make_rootfs "$tmp/rootfs.img" grub
"$top/tests/lib/sample" "$tmp/whole" grub
refused "a whole disk" "$tmp/whole" "a whole disk with a partition table (gpt)" "armvm-image check"
contains "  and how to cut out its root" "dd if=$tmp/whole of=rootfs.img bs=1M skip=301 count=32" "$tmp/log"
qemu-img convert -O qcow2 "$tmp/rootfs.img" "$tmp/rootfs.qcow2"
refused "a file system inside qcow2" "$tmp/rootfs.qcow2" "qcow2, not a bare file system" "qemu-img convert"
gzip -kn "$tmp/rootfs.img"
refused "a compressed one" "$tmp/rootfs.img.gz" "gzip, not a bare file system" "uncompress"
tar -C "$tmp" -cf "$tmp/rootfs.tar" noise
refused "a tar archive" "$tmp/rootfs.tar" "tar, not a bare file system" "mke2fs"
truncate -s 64M "$tmp/vfat"
mkfs.fat -F 32 "$tmp/vfat" >/dev/null
refused "a FAT volume" "$tmp/vfat" "vfat" "use ext4, xfs or btrfs"
truncate -s 16M "$tmp/swap"
mkswap -q "$tmp/swap" 2>/dev/null
refused "swap space" "$tmp/swap" "swap" ""
cp "$tmp/rootfs.img" "$tmp/two"
# The first 1024 bytes of ext4 are free for the header of a squashfs 4.0.
python3 -c 'import struct, sys
sys.stdout.buffer.write(struct.pack("<4s24xHH", b"hsqs", 4, 0))' | dd of="$tmp/two" conv=notrunc status=none
"$armvm" build --no-verify -o "$tmp/out/x.qcow2" "$tmp/two" >"$tmp/log" 2>&1
ok "two file systems at once are refused" test $? -eq 1

change() {
	cp "$tmp/rootfs.img" "$tmp/changed"
	debugfs_do "$tmp/changed" "$@"
}
change "feature needs_recovery"
refused "a journal that needs recovery" "$tmp/changed" "journal" "e2fsck"
change "ssv state 2"
refused "a file system with errors" "$tmp/changed" "errors" "e2fsck"
change "rm /boot/vmlinuz-6.1.0-99-cloud-arm64"
refused "a system without a kernel" "$tmp/changed" "no kernel" "linux-image"
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\003\000\076\000\001\000\000\000' >"$tmp/elf"
head -c 40 /dev/zero >>"$tmp/elf"
change "rm /usr/bin/sh" "write $tmp/elf /usr/bin/sh"
refused "a system for another architecture" "$tmp/changed" "x86_64" "arm64"
head -c 20000000 "$tmp/rootfs.img" >"$tmp/cut"
"$armvm" build --no-verify -o "$tmp/out/x.qcow2" "$tmp/cut" >"$tmp/log" 2>&1
ok "a truncated file system is refused" test $? -eq 1

make_rootfs "$tmp/noloader.img" none
refused "a system without a loader" "$tmp/noloader.img" "" "grub-efi-arm64"
for kind in shim systemd-boot uki; do
	exits 1 "--loader $kind without it" "$armvm" build --no-verify --loader $kind \
		-o "$tmp/out/x.qcow2" "$tmp/rootfs.img"
done

exits 1 "an ESP too small" "$armvm" build --no-verify --esp-size 1M -o "$tmp/out/x.qcow2" "$tmp/rootfs.img"
contains "  says how large it must be" "--esp-size" "$tmp/exits.log"
exits 1 "a disk too small" "$armvm" build --no-verify --size 20M -o "$tmp/out/x.qcow2" "$tmp/rootfs.img"
contains "  says how large it must be" "--size" "$tmp/exits.log"
exits 1 "the input as its own output" "$armvm" build --no-verify --force -o "$tmp/rootfs.img" "$tmp/rootfs.img"
exits 1 "a raw image cannot be compressed" "$armvm" build --no-verify --format raw --compress \
	-o "$tmp/out/x.raw" "$tmp/rootfs.img"
exits 2 "no root file system" "$armvm" build
exits 2 "two of them" "$armvm" build "$tmp/rootfs.img" "$tmp/rootfs.img"
exits 2 "a format that is not made" "$armvm" build --format vmdk "$tmp/rootfs.img"
exits 2 "a size that is none" "$armvm" build --size big "$tmp/rootfs.img"

ok "no output of any" test -z "$(ls -A "$tmp/out")"
echo old >"$tmp/out/x.qcow2"
exits 1 "an existing output" "$armvm" build --no-verify -o "$tmp/out/x.qcow2" "$tmp/rootfs.img"
contains "  needs --force" "--force" "$tmp/exits.log"
ok "  and is kept" test "$(cat "$tmp/out/x.qcow2")" = old
ok "with --force it is replaced" "$armvm" build --no-verify --force -o "$tmp/out/x.qcow2" "$tmp/rootfs.img"
tap_done
