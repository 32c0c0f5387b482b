#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a boot manager makes of a disk whose first loader is no good, with another on a partition behind it: armvm-firmware
# does as QEMU with edk2 does, with its quirks and without.
# Each case is a disk of its own, and each loader gives up, so that one machine goes through them all.
. "$(dirname "$0")/../lib/tap.sh"
requires jq sgdisk mkfs.fat mcopy python3 qemu-system-aarch64
firmware=$top/${O:-o/release}/armvm-firmware
marker=$top/${O:-o/release}/guest/marker.efi

# What the first partition has, and whether the second one's loader is started then.
cases='good:no cut:no x86-64:no PE32:no
missing:yes empty:yes folder:yes zeroes:yes text:yes headers-cut:yes no-header:yes not-MZ:yes driver:yes console:yes'
[ -f "$marker" ] || fail "the guest programs are built (make tools)"

python3 - "$marker" "$tmp" $cases <<'END'
import struct, sys
base, folder = open(sys.argv[1], 'rb').read(), sys.argv[2]
asterisks = ('*' * 16).encode('utf-16-le')
assert base.count(asterisks) == 1
pe = struct.unpack_from('<I', base, 0x3c)[0]

def named(name):
    return bytearray(base.replace(asterisks, name.ljust(16).encode('utf-16-le')))

def put(program, form, at, value):
    struct.pack_into(form, program, at, value)
    return program

def first(case):
    p = named(case + ' 1')
    return {
        'good': p,
        'cut': p[:-400],
        'x86-64': put(p[:], '<H', pe + 4, 0x8664),
        'PE32': put(p[:], '<H', pe + 24, 0x10b),
        'empty': b'',
        'zeroes': bytes(100000),
        'text': b'hello\n',
        'headers-cut': p[:pe + 60],
        'no-header': put(p[:], '<I', 0x3c, len(p) + 100),
        'not-MZ': put(p[:], '<H', 0, 0x5858),
        'driver': put(p[:], '<H', pe + 24 + 68, 11),
        'console': put(p[:], '<H', pe + 24 + 68, 3),
    }.get(case)

for case in (c.split(':')[0] for c in sys.argv[3:]):
    program = first(case)
    if program is not None:
        open(f'{folder}/{case}.1', 'wb').write(program)
    open(f'{folder}/{case}.2', 'wb').write(named(case + ' 2'))
END

# partition DISK CASE NUMBER MIB: a FAT with the loader of this number, from this MiB on.
partition() {
	rm -f "$tmp/fat"
	truncate -s 4M "$tmp/fat"
	mkfs.fat -i "5a3a000$3" "$tmp/fat" >/dev/null
	mmd -i "$tmp/fat" ::/EFI ::/EFI/BOOT
	if [ -e "$tmp/$2.$3" ]; then
		mcopy -i "$tmp/fat" "$tmp/$2.$3" ::/EFI/BOOT/BOOTAA64.EFI
	elif [ "$2" = folder ]; then
		mmd -i "$tmp/fat" ::/EFI/BOOT/BOOTAA64.EFI
	fi
	dd if="$tmp/fat" of="$1" bs=1M seek="$4" conv=notrunc status=none
}

disks='' drives='' n=0
for case in $cases; do
	want=${case#*:} case=${case%:*} n=$((n + 1))
	disk=$tmp/$case.raw
	truncate -s 12M "$disk"
	sgdisk -n 1:2048:+4M -t 1:ef00 -n 2:0:+4M -t 2:ef00 "$disk" >/dev/null
	partition "$disk" "$case" 1 1
	partition "$disk" "$case" 2 5
	disks="$disks --disk $disk"
	drives="$drives -device virtio-blk-pci,drive=d$n -drive if=none,id=d$n,format=raw,snapshot=on,file=$disk"
	[ "$case" != good ] || echo "good 1"
	[ "$want" = no ] || echo "$case 2"
done >"$tmp/unsorted"
sort "$tmp/unsorted" >"$tmp/want"

# marks WHAT: of the output on standard input, the names that loaders gave; they are those that are wanted.
marks() {
	tr -d '\r' | sed -n 's/.*mark \([^ ]* [12]\).*/\1/p' | sort >"$tmp/got"
	if diff -u "$tmp/want" "$tmp/got" >"$tmp/diff"; then
		pass "$1"
	else
		fail "$1" "$tmp/diff"
	fi
}

# Of edk2 the Shell is the last.
# shellcheck disable=SC2086 # words
qemu-system-aarch64 -no-user-config -nodefaults -display none -monitor none \
	-machine virt,accel=tcg -cpu cortex-a57 -m 512 -nic none -boot menu=on,splash-time=0 \
	-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -serial "file:$tmp/serial" $drives 2>/dev/null &
qemu=$!
for _ in $(seq 240); do
	! grep -aqs 'Shell>' "$tmp/serial" || break
	sleep 0.5
done
kill $qemu
wait $qemu 2>/dev/null || true
marks "edk2 starts one program of a disk, the first that is one" <"$tmp/serial"

for quirks in edk2 none; do
	# shellcheck disable=SC2086 # words
	"$firmware" --quirks $quirks --console $disks >"$tmp/events"
	jq -j 'select(.event == "console") | .text' "$tmp/events" >"$tmp/said"
	marks "armvm-firmware does, with the quirks \"$quirks\"" <"$tmp/said"
done
exits 0 "it says of a disk why the others are passed over" grep -q 'another partition of its disk had a program' "$tmp/events"
tap_done
