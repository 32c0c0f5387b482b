# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2154 # tmp and top come from tap.sh
# Root file systems to build from: the second partition of tests/lib/sample,
# with the loaders of its ESP put where Debian's packages have them.

# The packages' places, by the sample's kind and the file on its ESP.
loader_places() {
	case $1 in
	grub) echo "BOOTAA64.EFI /usr/lib/grub/arm64-efi/monolithic/grubaa64.efi" ;;
	shim) echo "BOOTAA64.EFI /usr/lib/shim/shimaa64.efi.signed
		grubaa64.efi /usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed" ;;
	systemd-boot) echo "BOOTAA64.EFI /usr/lib/systemd/boot/efi/systemd-bootaa64.efi" ;;
	esac
}

# debugfs_do IMAGE COMMAND...
debugfs_do() {
	image=$1
	shift
	for command in "$@"; do echo "$command"; done | debugfs -w -f - "$image" >"$tmp/debugfs.log" 2>&1
}

debugfs_mkdirs() {
	path=
	for part in $(echo "${2%/*}" | tr / ' '); do
		path=$path/$part
		debugfs_do "$1" "mkdir $path"
	done
}

# make_rootfs OUT [grub|shim|systemd-boot|none]: 32 MiB of ext4
make_rootfs() {
	kind=${2:-grub}
	"$top/tests/lib/sample" "$tmp/whole" "$([ "$kind" = none ] && echo grub || echo "$kind")"
	dd if="$tmp/whole" of="$1" bs=1M skip=301 count=32 conv=sparse status=none
	dd if="$tmp/whole" of="$tmp/esp" bs=1M skip=1 count=300 conv=sparse status=none
	loader_places "$kind" | while read -r name place; do
		MTOOLS_SKIP_CHECK=1 mcopy -o -i "$tmp/esp" "::/EFI/BOOT/$name" "$tmp/$name"
		debugfs_mkdirs "$1" "$place"
		debugfs_do "$1" "write $tmp/$name $place"
	done
	rm -f "$tmp/whole" "$tmp/esp"
}

# cut IMAGE NUMBER OUT: one partition of a raw image, by sfdisk's reading of the table
cut_partition() {
	sfdisk -J "$1" | jq -r ".partitiontable.partitions[$2 - 1] | \"\(.start) \(.size)\"" >"$tmp/cut"
	read -r start size <"$tmp/cut"
	dd if="$1" of="$3" bs=1M skip=$((start / 2048)) count=$((size / 2048)) conv=sparse status=none
}

# leftovers DIR: temporary files of ours
leftovers() {
	find "$1" -name '.*.armvm-*'
}
