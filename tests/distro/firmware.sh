# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# For the tests of armvm-firmware with real loaders: raw images made by
# `armvm-image build` and changed with mtools, and what a run of them emitted.

firmware=$top/${O:-o/release}/armvm-firmware

# image NAME [BUILD-OPTIONS] -- [SMALL-ROOTFS-OPTIONS]: makes $tmp/NAME.raw.
image() {
	name=$1 build=
	shift
	while [ "$1" != -- ]; do
		build="$build $1"
		shift
	done
	shift
	status=1
	# shellcheck disable=SC2086 # words
	if "$top/images/small-rootfs" "$tmp/rootfs.img" "$@" >"$tmp/image.log" 2>&1; then
		"$armvm" build --force --no-verify --format raw $build -o "$tmp/$name.raw" \
			"$tmp/rootfs.img" >>"$tmp/image.log" 2>&1 && status=0
	fi
	rm -f "$tmp/rootfs.img"
	[ $status -eq 0 ] || fail "$name: the image is made" "$tmp/image.log"
	return $status
}

# variant FROM TO: a copy to be changed; its ESP is $esp for mtools.
variant() {
	cp --sparse=always "$tmp/$1.raw" "$tmp/$2.raw"
	esp=$tmp/$2.raw@@$(esp_offset "$tmp/$2.raw")
}

# grub_cfg TEXT: $tmp/changed.raw, a copy of grub.raw: what GRUB does instead of looking for its menu.
grub_cfg() {
	variant grub changed
	printf '%s\n' "$1" >"$tmp/grub.cfg"
	mcopy -o -i "$esp" "$tmp/grub.cfg" ::/EFI/BOOT/grub.cfg
	mcopy -o -i "$esp" "$tmp/grub.cfg" ::/EFI/debian/grub.cfg
}

# loader FILE: $tmp/changed.raw with another loader at the fallback path.
loader() {
	variant grub changed
	mcopy -o -i "$esp" "$1" ::/EFI/BOOT/BOOTAA64.EFI
}

esp_offset() {
	sgdisk -i 1 "$1" | awk '/^First sector/ { print $3 * 512 }'
}

# verdict_is WHAT VERDICT [OPTION]... IMAGE: runs it; its events are left in $tmp/events.
verdict_is() {
	what=$1 want=$2
	shift 2
	"$firmware" "$@" >"$tmp/events" 2>"$tmp/stderr"
	got=$(tail -n 1 "$tmp/events" | jq -r 'select(.event == "verdict").verdict')
	if [ "$got" = "$want" ]; then
		pass "$what: $want"
	else
		tail -n 5 "$tmp/events" | cut -c 1-1000 >>"$tmp/stderr"
		fail "$what: $want (not: $got)" "$tmp/stderr"
	fi
}

# event WHAT FILTER: jq says true of one of the events.
event() {
	if jq -es "any(.[]; $2)" "$tmp/events" >/dev/null 2>&1; then
		pass "$1"
	else
		jq -c 'select(.event | IN("variable-get", "call") | not)' "$tmp/events" |
			cut -c 1-300 >"$tmp/event.log"
		fail "$1" "$tmp/event.log"
	fi
}

# reason WHAT TEXT: the verdict's words have it.
reason() {
	event "$1" ".event == \"verdict\" and (.reason | contains(\"$2\"))"
}

# screen WHAT TEXT
screen() {
	event "$1" ".event == \"verdict\" and (.screen // \"\" | contains(\"$2\"))"
}

# package SUITE NAME: unpacks Debian's package into $tmp/NAME.
package() (
	here=$top/images
	. "$here/lib.sh"
	apt_prepare "$1" >&2
	dpkg -x "$(debs_of "$2")" "$tmp/$2"
)

# shim_fallback: $tmp/fallback.raw of $tmp/shim.raw: shim starts fallback, which
# writes Boot0000 for the shim beside GRUB.
shim_fallback() {
	variant shim fallback &&
		package bookworm shim-helpers-arm64-signed &&
		mcopy -n -i "$esp" ::/EFI/BOOT/grubaa64.efi "$tmp/beside.efi" &&
		mcopy -n -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/shim.efi" &&
		mdel -i "$esp" ::/EFI/BOOT/grubaa64.efi &&
		mcopy -o -i "$esp" "$tmp/beside.efi" ::/EFI/debian/grubaa64.efi &&
		mcopy -o -i "$esp" "$tmp/shim.efi" ::/EFI/debian/shimaa64.efi &&
		{
			printf '\377\376'
			printf 'shimaa64.efi,debian,,\n' | iconv -t UTF-16LE
		} >"$tmp/csv" &&
		mcopy -o -i "$esp" "$tmp/csv" ::/EFI/debian/BOOTAA64.CSV &&
		mcopy -o -i "$esp" \
			"$tmp/shim-helpers-arm64-signed/usr/lib/shim/fbaa64.efi.signed" \
			::/EFI/BOOT/fbaa64.efi
}

# reached FIRMWARE IMAGE: "kernel" or "no kernel"; the words for it go to $tmp/FIRMWARE.said. QEMU gets
# a second and longer chance where the machine was too busy to answer.
reached() {
	if [ "$1" = armvm-firmware ]; then
		"$firmware" --disk "$2" >"$tmp/events" 2>"$tmp/stderr"
		tail -n 1 "$tmp/events" >"$tmp/$1.said"
		jq -r 'if .event != "verdict" then "no verdict"
			elif .verdict == "kernel-entered" then "kernel" else "no kernel" end' "$tmp/$1.said"
		return
	fi
	for seconds in 90 400; do
		"$armvm" check --select "boot.$1" --boot "$1" --until kernel --boot-timeout $seconds \
			--json "$2" >"$tmp/check.json" 2>"$tmp/stderr"
		jq -c ".images[0].checks[] | select(.id == \"boot.$1\")" "$tmp/check.json" >"$tmp/$1.said"
		said=$(jq -r '{ pass: "kernel", finding: "no kernel" }[.outcome] // "no verdict"' "$tmp/$1.said")
		[ "$said" = "no verdict" ] || break
	done
	echo "$said"
}

# reaches WHAT FIRMWARE EXPECTED IMAGE
reaches() {
	got=$(reached "$2" "$4")
	if [ "$got" = "$3" ]; then
		pass "$1: $2: $3"
	else
		cut -c 1-1000 "$tmp/$2.said" >>"$tmp/stderr"
		fail "$1: $2: $3 (not: $got)" "$tmp/stderr"
	fi
}

# alike WHAT EXPECTED IMAGE: what all three come to.
alike() {
	for f in armvm-firmware edk2 u-boot; do
		reaches "$1" "$f" "$2" "$3"
	done
}

# boot_of NAME: what is in /boot of the ext4 in the second partition goes to $tmp/boot.
boot_of() {
	rm -rf "${tmp:?}/boot"
	debugfs -R "rdump /boot $tmp" "$tmp/$1.raw?offset=$(sgdisk -i 2 "$tmp/$1.raw" |
		awk '/^First sector/ { print $3 * 512 }')" >"$tmp/debugfs.log" 2>&1
}

# kernel_alone FROM TO: the kernel itself at the fallback path, for which nobody writes a command line.
kernel_alone() {
	boot_of "$1"
	variant "$1" "$2"
	mdel -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -i "$esp" "$tmp"/boot/vmlinuz-* ::/EFI/BOOT/BOOTAA64.EFI
}

# separate_boot FROM TO: /boot of an image with GRUB as a partition of its own: the same files, behind
# the root partition. They are left in $tmp/boot, see fill_boot.
boot_uuid=b0070000-0000-4000-8000-000000000001
separate_boot() {
	boot_of "$1"
	variant "$1" "$2"
	sed 's# /boot/# /#g; s#--set=root [0-9a-f-]*#--set=root '$boot_uuid'#' "$tmp/boot/grub/grub.cfg" >"$tmp/cfg"
	mv "$tmp/cfg" "$tmp/boot/grub/grub.cfg"
	truncate -s +130M "$tmp/$2.raw"
	sgdisk -e "$tmp/$2.raw" >/dev/null
	sgdisk -n 3:0:+128M -t 3:ea00 "$tmp/$2.raw" >/dev/null
	fill_boot "$tmp/$2.raw"
	# shellcheck disable=SC2016 # GRUB's own variables
	printf 'search --fs-uuid --set=root %s\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n' \
		$boot_uuid >"$tmp/cfg"
	mcopy -o -i "$esp" "$tmp/cfg" ::/EFI/BOOT/grub.cfg
	mcopy -o -i "$esp" "$tmp/cfg" ::/EFI/debian/grub.cfg
}

# fill_boot IMAGE: $tmp/boot becomes the file system in its third partition.
fill_boot() {
	mke2fs -q -t ext4 -U $boot_uuid -d "$tmp/boot" "$tmp/boot.img" 128M >"$tmp/mke2fs.log" 2>&1
	dd if="$tmp/boot.img" of="$1" bs=512 conv=notrunc status=none \
		seek="$(sgdisk -i 3 "$1" | awk '/^First sector/ { print $3 }')"
	rm -f "$tmp/boot.img"
}

# with_refind FROM TO: rEFInd at the fallback path, which finds GRUB in a folder of its own.
with_refind() {
	package bookworm refind || return 1
	refind=$tmp/refind/usr/share/refind/refind
	variant "$1" "$2"
	mcopy -n -i "$esp" ::/EFI/BOOT/BOOTAA64.EFI "$tmp/grub.efi"
	mcopy -o -i "$esp" "$refind/refind_aa64.efi" ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -o -i "$esp" "$tmp/grub.efi" ::/EFI/debian/grubaa64.efi
	printf 'timeout 5\ntextonly\nscanfor internal,external\n' >"$tmp/refind.conf"
	mcopy -o -i "$esp" "$tmp/refind.conf" ::/EFI/BOOT/refind.conf
}
