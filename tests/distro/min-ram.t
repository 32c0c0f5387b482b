#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Images come up with the memory that glance has as min_ram: one with a small initrd and a
# small system, one whose initrd is large, and a full Debian.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires qemu-system-aarch64 mmdebstrap
needs_root
firmware=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
[ -e "$firmware" ] || skip_all "qemu-efi-aarch64 is missing"
patience=1800 # seconds; it takes half a minute to two on an idle machine

# login MIB IMAGE: boots it with so much memory until it asks for a login. The guest's time
# goes by its instructions, so that its own patience does not depend on what else runs here.
login() {
	: >"$tmp/serial"
	timeout $patience qemu-system-aarch64 -no-user-config -nodefaults -nic none -display none -monitor none \
		-no-reboot -M virt -accel tcg -icount shift=2,sleep=off -cpu cortex-a57 -m "$1" -bios "$firmware" -serial "file:$tmp/serial" \
		-drive "if=none,id=disk,format=qcow2,snapshot=on,file=$2" -device virtio-blk-pci,drive=disk \
		>"$tmp/qemu" 2>&1 &
	machine=$!
	while kill -0 $machine 2>/dev/null; do
		! grep -aq 'login:' "$tmp/serial" || break
		sleep 1
	done
	kill $machine 2>/dev/null
	wait $machine 2>/dev/null
	grep -aq 'login:' "$tmp/serial"
}

# comes_up NAME LEAST MOST RECIPE ARGS...
comes_up() {
	name=$1 least=$2 most=$3
	shift 3
	image=$tmp/$name.qcow2
	recipe=$1
	shift
	ok "$name: the root file system is made" "$top/images/$recipe" "$tmp/rootfs.img" "$@"
	exits 0 "$name: build" "$armvm" build --no-verify -o "$image" "$tmp/rootfs.img"
	min_ram=$("$armvm" glance --boot none --format env "$image" | sed -n 's/^min_ram=//p')
	echo "# $name: ${min_ram:-nothing} MiB"
	ok "$name: at least what it was seen to need" test "${min_ram:-0}" -ge "$least"
	ok "$name: not far more" test "${min_ram:-0}" -le "$most"
	if login "${min_ram:-0}" "$image"; then
		pass "$name: comes up with it"
	else
		fail "$name: comes up with it" "$tmp/serial"
	fi
	rm -f "$image" "$tmp/rootfs.img"
}

comes_up small 136 256 small-rootfs
head -c 150M /dev/urandom >"$tmp/weight"
comes_up large-initrd 512 640 small-rootfs --initrd-file "$tmp/weight" --size 768
comes_up debian 192 384 distro-rootfs --variant shim
tap_done
