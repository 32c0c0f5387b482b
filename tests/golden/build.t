#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `build --seed` writes, byte for byte: each line of build.digests is a
# loader, the digest of the root file system that a recipe makes, and those of
# the raw and the qcow2 image made of it, the same on every host. A change of a
# digest is a change of what users get: say so in the commit that changes the
# line. Outside checkers judge the rest.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires python3 mke2fs debugfs sgdisk fsck.fat e2fsck qemu-img
export SOURCE_DATE_EPOCH=1700000000
umask 022

digest() { sha256sum "$1" | cut -d ' ' -f 1; }

# make_input OUT LOADER: the files of the sample, in a file system whose bytes are no version's of mke2fs.
make_input() {
	make_rootfs "$tmp/sample.img" "$2"
	rm -rf "$tmp/tree" && mkdir "$tmp/tree"
	debugfs -R "rdump / $tmp/tree" "$tmp/sample.img" >"$tmp/debugfs.log" 2>&1
	rmdir "$tmp/tree/lost+found"
	chmod 755 "$tmp/tree"
	"$top/tests/lib/mkext4.py" "$tmp/tree" "$1" 32 5a3ab1e0-0000-4000-8000-000000000002
	ok "$2: e2fsck of the input" e2fsck -fn "$1"
}

# What the recipe and the outside checkers say of one loader's image.
golden() { # LOADER INPUT RAW QCOW2
	make_input "$tmp/rootfs.img" "$1"
	input=$(digest "$tmp/rootfs.img")
	for format in raw qcow2; do
		ok "$1, $format" "$armvm" build --no-verify --seed golden --format $format --force \
			--loader "$1" -o "$tmp/disk.$format" "$tmp/rootfs.img"
	done
	got="$1 $input $(digest "$tmp/disk.raw") $(digest "$tmp/disk.qcow2")"
	if [ "$got" = "$*" ]; then
		pass "$1: the digests"
	else
		echo "$got" >"$tmp/got"
		fail "$1: the digests" "$tmp/got"
	fi
	ok "$1: sgdisk" sh -c "sgdisk -v '$tmp/disk.raw' | grep -q 'No problems found'"
	cut_partition "$tmp/disk.raw" 1 "$tmp/esp.img"
	cut_partition "$tmp/disk.raw" 2 "$tmp/root.img"
	ok "$1: fsck.fat" fsck.fat -n "$tmp/esp.img"
	ok "$1: e2fsck" e2fsck -fn "$tmp/root.img"
	ok "$1: qemu-img check" qemu-img check -q "$tmp/disk.qcow2"
	ok "$1: the same content" qemu-img compare -q "$tmp/disk.raw" "$tmp/disk.qcow2"
	rm -f "$tmp"/*.img "$tmp"/disk.*
}

while read -r line; do
	# shellcheck disable=SC2086 # words
	golden $line
done <"$top/tests/golden/build.digests"
tap_done
