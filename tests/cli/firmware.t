#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware's options: help and manual agree, wrong usage is 2, and what
# --quirks and --bootorder do to the order in which disks are tried.
. "$(dirname "$0")/../lib/tap.sh"
requires jq qemu-img sgdisk sfdisk mkfs.fat
firmware=$top/${O:-o/release}/armvm-firmware
page=$top/man/armvm-firmware.1

"$firmware" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$tmp/in-help"
grep -oE 'Fl -[a-z][a-z-]+' "$page" | sed 's/Fl -/--/' | sort -u >"$tmp/in-manual"
if cmp -s "$tmp/in-help" "$tmp/in-manual"; then
	pass "--help and the manual name the same options"
else
	diff "$tmp/in-help" "$tmp/in-manual" >"$tmp/diff"
	fail "--help and the manual name the same options" "$tmp/diff"
fi

# disk FILE TYPE: with a FAT in a partition of this type, and no loader.
disk() {
	rm -f "$1"
	truncate -s 4M "$1"
	truncate -s 2M "$tmp/fat"
	mkfs.fat "$tmp/fat" >/dev/null
	sgdisk --new=1:2048:+2M --typecode=1:"$2" "$1" >/dev/null
	dd if="$tmp/fat" of="$1" bs=1M seek=1 conv=notrunc status=none
}
disk "$tmp/one" EF00
disk "$tmp/two" EF00
disk "$tmp/data" 8300

exits 2 "a firmware that is not known is wrong usage" \
	"$firmware" --quirks nobody --disk "$tmp/one"
exits 1 "an order that is not there cannot be read" \
	"$firmware" --bootorder "$tmp/none" --disk "$tmp/one"
: >"$tmp/empty"
exits 1 "nor one that is empty" "$firmware" --bootorder "$tmp/empty" --disk "$tmp/one"

# tried OPTION...: the PCI slots of what was tried, in their order.
tried() {
	"$firmware" "$@" | jq -r 'select(.event == "boot-try").path' |
		sed 's/.*Pci(0x\([0-9A-F]*\).*/\1/' | tr '\n' ' '
}

# tries WHAT WANT OPTION...
tries() {
	what=$1 want=$2
	shift 2
	got=$(tried "$@")
	[ "$got" = "$want" ] || echo "got $got" >"$tmp/why"
	if [ "$got" = "$want" ]; then
		pass "$what"
	else
		fail "$what" "$tmp/why"
	fi
}

printf '/pci@ffffffffffffffff/scsi@6/disk@0,0\n/pci@ffffffffffffffff/scsi@5/disk@0,0\n\0' \
	>"$tmp/qemu"
printf '/pci@i0cf8/scsi@6/disk@0,0\0' >"$tmp/nul"
echo '/pci@i0cf8/scsi@9/disk@0,0' >"$tmp/gone"
tries "disks in their order" "5 6 " --disk "$tmp/one" --disk "$tmp/two"
tries "an order as QEMU has it, then the default" "6 5 5 6 " \
	--bootorder "$tmp/qemu" --disk "$tmp/one" --disk "$tmp/two"
tries "an order whose lines are ended by NUL" "6 5 6 " \
	--bootorder "$tmp/nul" --disk "$tmp/one" --disk "$tmp/two"
tries "an order that names nothing" "5 6 " \
	--bootorder "$tmp/gone" --disk "$tmp/one" --disk "$tmp/two"
tries "a FAT in a partition of another type is left alone" "" --disk "$tmp/data"
tries "but by edk2, as an option" "5 " --quirks edk2 --disk "$tmp/data"
tries "and by U-Boot, as an option and by default" "5 5 " --quirks u-boot --disk "$tmp/data"
tries "not by rust-hypervisor-firmware" "" --quirks rust-hypervisor-firmware --disk "$tmp/data"
tries "which tries a system partition once" "5 6 " \
	--quirks rust-hypervisor-firmware --disk "$tmp/one" --removable "$tmp/two"

# flagged WHAT WANT SCHEME PARTITION...: a disk of FATs of these types, + marked for a BIOS; and the numbers of those that
# U-Boot tries behind its option, which may be any. As U-Boot 2025.01 does.
flagged() {
	what=$1 want=$2 scheme=$3 n=0
	shift 3
	rm -f "$tmp/flagged"
	truncate -s 12M "$tmp/flagged"
	echo "label: $scheme" >"$tmp/table"
	for type in "$@"; do
		start=$((2048 + n * 4096)) n=$((n + 1)) mark=
		case $scheme-$type in
		gpt-*+) mark=', attrs=LegacyBIOSBootable' ;;
		dos-*+) mark=', bootable' ;;
		esac
		echo "start=$start, size=4096, type=${type%+}$mark" >>"$tmp/table"
		dd if="$tmp/fat" of="$tmp/flagged" bs=1M seek=$((start / 2048)) conv=notrunc status=none
	done
	sfdisk -q "$tmp/flagged" <"$tmp/table" >"$tmp/why" 2>&1
	got=$("$firmware" --quirks u-boot --disk "$tmp/flagged" | jq -r 'select(.event == "boot-try").path' |
		sed -n 's/.*HD(\([0-9]*\).*/\1/p' | tr '\n' ' ')
	if [ "$got" = "$(seq -s ' ' $n) $want" ]; then
		pass "U-Boot tries $what"
	else
		echo "got $got" >>"$tmp/why"
		fail "U-Boot tries $what" "$tmp/why"
	fi
}
flagged "the ESP alone" "2 " gpt linux uefi
flagged "the ESP, and another that is marked" "1 2 " gpt uefi linux+
flagged "another that is marked, and the ESP" "1 2 " gpt linux+ uefi
flagged "the one that is marked, without an ESP" "2 " gpt linux linux+
flagged "all that are marked" "2 3 " gpt linux linux+ linux+
flagged "each ESP" "2 3 " gpt linux uefi uefi+
flagged "the first, where none is marked" "1 " gpt linux linux
flagged "an MBR's system partition alone" "2 " dos c ef
flagged "one that is active, and the system partition" "1 2 " dos c+ ef
flagged "the one that is active, without a system partition" "2 " dos c c+
flagged "the first of an MBR, where none is active" "1 " dos c c

# Its own qemu-nbd ends with it, though it has become nobody and may signal nobody.
serving() { # FILE: whether a process has it open
	for fd in /proc/[0-9]*/fd/*; do
		[ "$(readlink "$fd" 2>/dev/null)" = "$1" ] && return
	done
	return 1
}
qemu-img convert -O qcow2 "$tmp/one" "$tmp/nbd.qcow2"
"$firmware" --disk "$tmp/nbd.qcow2" >/dev/null
for _ in $(seq 20); do
	serving "$tmp/nbd.qcow2" || break
	sleep 0.1
done
exits 1 "no qemu-nbd is left" serving "$tmp/nbd.qcow2"
closed() { "$firmware" --version >&-; }
exits 1 "a version that nobody can read is said to be so" closed
tap_done
