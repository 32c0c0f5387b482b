#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that enrol Secure Boot keys of their own, in QEMU with edk2: what tests/cli/keys.t says of them is so.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link qemu-system-aarch64 jq sgdisk mkfs.fat mcopy mke2fs openssl python3 sbsign sbsiglist

work=$tmp
. "$top/tests/lib/keys.sh"
bios=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
# Debian 13 builds that without Secure Boot.
secure=/usr/share/AAVMF/AAVMF_CODE.secboot.fd
[ ! -e "$secure" ] || bios=$secure

# edk2 NAME HOW-OFTEN TEXT: what it says of its boots, into $tmp/NAME.log, until it said that. It does not end by itself:
# fakekernel.c waits for ever.
edk2() {
	mkfifo "$tmp/$1.console"
	timeout 600 qemu-system-aarch64 -no-user-config -nodefaults -display none -monitor none \
		-machine virt,accel=tcg -cpu cortex-a57 -m 512 -nic none -bios "$bios" -boot menu=on,splash-time=0 \
		-serial stdio -device virtio-rng-pci -device virtio-blk-pci,drive=disk,bootindex=0 \
		-drive if=none,id=disk,format=raw,snapshot=on,file="$tmp/$1.raw" </dev/null >"$tmp/$1.console" 2>/dev/null &
	LC_ALL=C sed -u -e 's/\x1b\[[0-9;=?]*[A-Za-z]//g' -e 's/\r//g' <"$tmp/$1.console" |
		grep --line-buffered -a '^BdsDxe: [a-z]*ing\|^BdsDxe: failed' | said "$2" "$3" $! >"$tmp/$1.log"
	wait
}

# said HOW-OFTEN TEXT PID: passes lines on until so many have it, then ends the process.
said() {
	while [ "$1" -gt 0 ] && IFS= read -r line; do
		echo "$line"
		expr "$line" : ".*$2" >/dev/null && set -- $(($1 - 1)) "$2" "$3"
	done
	kill "$3" 2>/dev/null
}

# says NAME HOW-OFTEN TEXT
says() {
	[ "$(grep -c "$3" "$tmp/$1.log")" = "$2" ] && pass "$1: \"$3\" $2 times" || fail "$1: \"$3\" $2 times" "$tmp/$1.log"
}

enrolling unsigned unsigned -DSEES=enrols -DTHEN=resets
edk2 unsigned 1 "failed to load Boot0001 .*: Access Denied"
says unsigned 1 "starting Boot0001"
says unsigned 1 "failed to load Boot0001 .*: Access Denied"

enrolling signed db -DSEES=enrols -DTHEN=resets
edk2 signed 2 "starting Boot0001"
says signed 2 "starting Boot0001"
says signed 0 "Access Denied"

enrolling other KEK -DSEES=enrols -DTHEN=resets
edk2 other 1 "failed to load Boot0001 .*: Access Denied"
says other 1 "failed to load Boot0001 .*: Access Denied"
tap_done
