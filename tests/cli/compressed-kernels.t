#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of kernels that are compressed as a whole: GRUB unpacks what its modules know, and what is in there is
# judged; firmware, and loaders that leave it to the firmware, do not. (tests/distro/loaders.t boots them.)
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs gzip xz lzop zstd

# shellcheck disable=SC2034 # for root_put, esp_put
img=$tmp/image.raw work=$tmp
pe "$tmp/kernel" --kernel "$version"
pe "$tmp/other" --kernel "$version" --machine 0x8664

# sampled KIND: a fresh sample
sampled() { cp --sparse=always "$(sample "$1")" "$img"; }

for format in gzip:-n xz:--check=crc32 lzop:-q; do
	program=${format%:*} option=${format#*:}
	sampled grub
	"$program" "$option" -c "$tmp/kernel" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	exits 0 "GRUB unpacks $program" "$armvm" check --boot none "$img"
	"$program" "$option" -c "$tmp/other" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	found_first "what is in it is for another architecture" loader.kernel-program finding "this is a program for x86-64"
	"$program" "$option" -c /etc/passwd >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	found_first "it is no kernel" loader.kernel-program finding "this is no kernel that can be started: it is a text"
done
gzip -n -c "$tmp/kernel" | head -c 100 >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found_first "it is cut off" loader.kernel-program finding "this is no kernel that can be started"
zstd -q -c "$tmp/kernel" >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found_first "GRUB does not unpack zstd" loader.modules finding "this kernel is compressed by zstd, which no module of GRUB's"

# What GRUB's modules read is less than what the programs of these formats write: one stream with nothing behind it,
# fewer fields and filters; and of what is compressed more than once gzip, in that xz, in that lzop.
# packed WHAT PROGRAM...: the kernel, put through these, is a portable image's
packed() {
	what=$1
	shift
	"$@" <"$tmp/kernel" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	exits 0 "$what" "$armvm" check --boot none "$img"
}
# refused WHAT ID TEXT PROGRAM...: it is not, and this is found
refused() {
	what=$1 id=$2 text=$3
	shift 3
	"$@" <"$tmp/kernel" >"$tmp/packed" 2>/dev/null
	root_put "$tmp/packed" "/boot/vmlinuz-$version"
	found "$what" "$id" finding "$text"
	exits 1 "$what: an error" "$armvm" check --boot none "$img"
}
with_behind() { "$@" && echo behind; }
in_two() { head -c 100 | "$@" && "$@" <"$tmp/kernel"; }
in_it() { "$1" -c | "$2" -c; }
# gzip_with FLAGS HEX: gzip with these flags, and this behind its header
gzip_with() { python3 -c 'import sys, zlib
data = sys.stdin.buffer.read(); c = zlib.compressobj(6, zlib.DEFLATED, -15)
sys.stdout.buffer.write(b"\x1f\x8b\x08" + bytes([int(sys.argv[1])]) + bytes(5) + b"\x03" + bytes.fromhex(sys.argv[2]) + c.compress(data) +
	c.flush() + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little"))' "$@"; }
sampled grub
header=$(python3 -c 'import zlib; print((zlib.crc32(b"\x1f\x8b\x08\x02" + bytes(5) + b"\x03") & 0xffff).to_bytes(2, "little").hex())')
packed "gzip with a name and a comment" gzip_with 24 6100626200
packed "gzip with a field of its own" gzip_with 4 0300616263
refused "gzip with a checksum of its header" loader.kernel-program "GRUB does not open gzip with a checksum" gzip_with 2 "$header"
for format in gzip:-n xz:--check=crc32 lzop:-q; do
	IFS=: read -r program option <<-END
		$format
	END
	refused "$program with something behind it" guest.kernel-intact "something stands behind its stream" \
		with_behind "$program" "$option" -c
	refused "$program in two streams" loader.kernel-program "ends inside of its headers" in_two "$program" "$option" -c
done
refused "gzip of what was cut off" guest.kernel-intact "ends at byte" sh -c 'head -c -600 | gzip -n'
packed "xz in gzip" in_it xz gzip
packed "lzop in gzip" in_it lzop gzip
packed "lzop in xz" in_it lzop xz
refused "gzip in xz" loader.kernel-program "it is a gzip-compressed file" in_it gzip xz
refused "gzip in gzip" loader.kernel-program "it is a gzip-compressed file" in_it gzip gzip
packed "xz with a filter for arm" xz -c --check=crc32 --arm --lzma2=preset=1
refused "xz with a filter for arm that starts elsewhere" loader.kernel-program "none of this xz file's filters" \
	xz -c --check=crc32 --arm=start=4096 --lzma2=preset=1
refused "xz with a filter of differences" loader.kernel-program "none of this xz file's filters" \
	xz -c --check=crc32 --delta=dist=4 --lzma2=preset=1
refused "lzop with a filter" loader.kernel-program "GRUB does not open lzop's files with filters" lzop -q -c --filter=3
# shellcheck disable=SC2086 # words
esp_grub $grub_way --module linux --module gzio
in_it xz gzip <"$tmp/kernel" >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found_first "xz in gzip, without xzio" loader.modules finding "this kernel is compressed by xz, and this GRUB has no module that"

sampled systemd-boot
gzip -n -c "$tmp/kernel" >"$tmp/packed"
esp_put "$tmp/packed" "/debian/$version/linux"
found_first "systemd-boot does not unpack" loader.kernel-program finding "this is no kernel that can be started: it is a gzip-compressed file"

# Kernels that unpack themselves: by each compression, and cut off, changed, or holding another thing.
# zboot_of FILE TYPE PROGRAM...: $tmp/zboot of that file
zboot_of() {
	from=$1 type=$2
	shift 2
	"$@" <"$from" >"$tmp/payload" 2>/dev/null &&
		python3 "$lib/mkzboot.py" "$tmp/zboot" "$tmp/payload" "$type"
}
zboot() { zboot_of "$tmp/kernel" "$@"; }
# flip N: the byte at N in the middle of the payload is another
flip() { python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2 + int(sys.argv[2])] ^= 0x55; open(sys.argv[1], "wb").write(b)' "$tmp/payload" "$1"; }
again() { python3 "$lib/mkzboot.py" "$tmp/zboot" "$tmp/payload" "$1"; }

# What can be compressed and what cannot, so that cuts and flips meet data.
python3 -c 'import random
random.seed(1)
print("".join(random.choice("0123456789abcdef") for _ in range(300000)))' >"$tmp/filling"
pe "$tmp/kernel" --kernel "$version" --section ".more=$tmp/filling"
sampled grub
for made in gzip:gzip:-9n zstd22:zstd:-q:-19:--check zstd:zstd:-q:--ultra:-22:--check xzkern:xz:--check=crc32 lzma:lzma:-9 lz4:lz4:-l:-q lzo:lzop:-q; do
	type=${made%%:*}
	# shellcheck disable=SC2046 # words
	zboot "$type" $(echo "${made#*:}" | tr : ' ')
	root_put "$tmp/zboot" "/boot/vmlinuz-$version"
	exits 0 "zboot, $type" "$armvm" check --boot none "$img"
	found_first "zboot, $type: it is whole" guest.kernel-intact pass ""
	head -c -30000 "$tmp/payload" >"$tmp/cut"
	mv "$tmp/cut" "$tmp/payload"
	again "$type"
	root_put "$tmp/zboot" "/boot/vmlinuz-$version"
	exits 1 "zboot, $type, cut off" "$armvm" check --boot none "$img"
	found_first "zboot, $type, cut off: it is damaged" guest.kernel-intact finding "it is damaged (zboot, "
done
for made in gzip:gzip:-9n zstd:zstd:-q:--check xzkern:xz:--check=crc32 lzo:lzop:-q; do
	# shellcheck disable=SC2046 # words
	zboot "${made%%:*}" $(echo "${made#*:}" | tr : ' ')
	flip 0
	again "${made%%:*}"
	root_put "$tmp/zboot" "/boot/vmlinuz-$version"
	found_first "zboot, ${made%%:*}, changed in its middle" guest.kernel-intact finding "it is damaged (zboot, "
done
zboot gzip zstd -q
root_put "$tmp/zboot" "/boot/vmlinuz-$version"
found_first "its header names another compression" guest.kernel-intact finding \
	"it is damaged (zboot, gzip): its payload should be gzip, and does not begin so"
zboot_of "$tmp/filling" gzip gzip -n
root_put "$tmp/zboot" "/boot/vmlinuz-$version"
found_first "what it unpacks is none" guest.kernel-intact finding \
	"it is damaged (zboot, gzip): what it unpacks is no kernel for AArch64"
zboot gzip gzip -n
head -c -100000 "$tmp/zboot" >"$tmp/short"
root_put "$tmp/short" "/boot/vmlinuz-$version"
found_first "the file is cut off" guest.kernel-intact finding "it is damaged (zboot, gzip): its payload ends behind the file"
truncate -s 300M "$tmp/large"
zboot_of "$tmp/large" zstd zstd -q
root_put "$tmp/zboot" "/boot/vmlinuz-$version"
exits 3 "it unpacks to more than is read" "$armvm" check --boot none "$img"
contains "  which is said" "more than 256 MiB are in it" "$tmp/exits.log"
# As large as kernels with everything built in are.
truncate -s 150M "$tmp/large"
pe "$tmp/huge" --kernel "$version" --section ".more=$tmp/large"
for type in gzip zstd; do
	zboot_of "$tmp/huge" "$type" "$type" -q
	root_put "$tmp/zboot" "/boot/vmlinuz-$version"
	exits 0 "$type: one of 150 MiB" "$armvm" check --boot none "$img"
done
rm "$tmp/large" "$tmp/huge"

# GRUB unpacks the file; what is cut off in its middle begins as a kernel.
gzip -n -c "$tmp/kernel" | head -c -30000 >"$tmp/packed"
root_put "$tmp/packed" "/boot/vmlinuz-$version"
found_first "what GRUB unpacks is cut off" guest.kernel-intact finding "it is damaged (gzip): cut off"
found_first "  and that is one fault" loader.kernel-program pass ""

# In a unified kernel image, and by systemd-boot.
pe "$tmp/kernel" --kernel "$version" --section ".more=$tmp/filling"
uki() { # a UKI with $tmp/zboot in it
	root_get "/boot/initrd.img-$version" "$tmp/initrd.img"
	printf 'sbat,1,SBAT Version,sbat,1,u\nsystemd-stub,1,systemd,systemd,252,https://systemd.io/\n' >"$tmp/sbat.csv"
	pe "$tmp/uki" --section ".sbat=$tmp/sbat.csv" --section '.sdmagic=@#### LoaderInfo: systemd-stub 252 ####\0' \
		--section ".cmdline=@root=UUID=$root_uuid ro" --section ".uname=@$version" \
		--section ".initrd=$tmp/initrd.img" --section ".linux=$tmp/zboot"
	esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
}
sampled uki
zboot zstd zstd -q --check
uki
exits 0 "a unified kernel image with zboot" "$armvm" check --boot none "$img"
found_first "a unified kernel image with zboot: it is whole" guest.kernel-intact pass ""
flip 0
again zstd
uki
found_first "a unified kernel image with a damaged zboot" guest.kernel-intact finding "it is damaged (zboot, zstd)"
sampled systemd-boot
esp_put "$tmp/zboot" "/debian/$version/linux"
found_first "systemd-boot and a damaged zboot" guest.kernel-intact finding "it is damaged (zboot, zstd)"

# The version is what the kernel says, and modules are judged by it.
other=6.12.9-cloud-arm64
pe "$tmp/kernel" --kernel "$other" --section ".more=$tmp/filling"
zboot zstd zstd -q
sampled grub
root_put "$tmp/zboot" "/boot/vmlinuz-$version"
found_first "zboot of another version: its name" guest.kernel-version finding "its name says $version, and it is Linux $other"
found_first "zboot of another version: its modules" guest.initrd-kernel finding "its modules are for $version, the kernel is $other" 
root_initrd "$other" virtio_blk virtio_pci virtio_mmio virtio_scsi xen-blkfront ext4
found_first "zboot of another version: an initrd of its own" guest.initrd-kernel pass ""
found_first "zboot of another version: no folder of modules" guest.modules finding "there is no folder for $other"
"$armvm" check --boot none "$img" >"$tmp/said" 2>/dev/null
contains "zboot of another version: the way names it" "Linux $other" "$tmp/said"
tap_done
