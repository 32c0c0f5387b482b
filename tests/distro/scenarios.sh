# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# For the tests that hold armvm-firmware's scenarios to edk2: QEMU with a variable store that is kept, emptied or
# prepared, with a TPM, and with disks in any place. What is booted lies below $tmp/vm and lasts until new_machine.

aavmf=/usr/share/AAVMF
vm=$tmp/vm
# Of real seconds, for a machine that comes to no end by itself.
patience=${ARMVM_PATIENCE:-150}

qemu=
end_scenario() {
	[ -z "$qemu" ] || kill -9 "$qemu" 2>/dev/null
	# The emulated TPM ends when QEMU does, unless QEMU never came.
	[ ! -S "$vm/tpm.sock" ] || [ "$(cat "/proc/$(cat "$vm/tpm.pid")/comm" 2>/dev/null)" != swtpm ] ||
		kill "$(cat "$vm/tpm.pid")"
}
trap 'end_scenario; rm -rf "$tmp"' EXIT

# new_machine IMAGE: an empty variable store, and a disk that keeps what is written, with the image below it.
new_machine() {
	rm -rf "$vm"
	mkdir "$vm"
	empty_store
	qemu-img create -q -f qcow2 -b "$1" -F raw "$vm/disk.qcow2"
}

# Debian's template is empty flash, which edk2 formats when it is first switched on.
empty_store() {
	cp --sparse=always "$aavmf/AAVMF_VARS.fd" "$vm/vars.fd"
}

# console: what a machine said, without escape sequences and the kernel's time stamps.
console() {
	LC_ALL=C sed -e 's/\x1b\[[0-9;=?]*[A-Za-z]/\n/g' -e 's/\x1b[()][A-Z0-9]//g' -e 's/\r/\n/g' "$vm/console" |
		LC_ALL=C sed -e 's/^\[ *[0-9.]*\] //' -e '/^ *$/d'
}

# power_on [QEMU-OPTION]...: one boot, until the kernel speaks or nothing more can come; $got is then
# "kernel", "no kernel" or "no verdict". The machine is switched off hard. machine_options are QEMU's for -machine,
# flash_readonly=on keeps variables from being written.
power_on() {
	: >"$vm/console"
	qemu-system-aarch64 -no-user-config -nodefaults -nic none -display none -monitor none \
		-machine "virt${machine_options:+,$machine_options}" -accel tcg -cpu cortex-a57 -m 1024 \
		-boot menu=on,splash-time=0 \
		-drive if=pflash,format=raw,unit=0,readonly=on,file="$aavmf/AAVMF_CODE.fd" \
		-drive "if=pflash,format=raw,unit=1,readonly=${flash_readonly:-off},file=$vm/vars.fd" \
		-chardev file,id=console,path="$vm/console" -serial chardev:console \
		-drive if=none,id=disk,format=qcow2,file="$vm/disk.qcow2" "$@" \
		</dev/null >"$vm/qemu.log" 2>&1 &
	qemu=$!
	got=
	begun=$(date +%s)
	while [ -z "$got" ]; do
		alive=true
		kill -0 "$qemu" 2>/dev/null || alive=false
		console >"$vm/lines"
		if grep -qE '^(Booting Linux on physical CPU|Linux version )' "$vm/lines"; then
			got=kernel
		elif grep -qE '^(UEFI Interactive Shell|BdsDxe: No bootable option|Synchronous Exception at)' \
			"$vm/lines" || [ "$(tail -n 1 "$vm/lines" | tr -d ' ')" = 'grub>' ]; then
			got="no kernel"
		elif [ $alive = false ]; then
			got="no kernel"
			[ -s "$vm/lines" ] || got="no verdict"
		elif [ $(($(date +%s) - begun)) -gt "$patience" ]; then
			got="no verdict"
		else
			sleep 0.3
		fi
	done
	kill -9 "$qemu" 2>/dev/null
	wait "$qemu" 2>/dev/null
	qemu=
	tail -n 20 "$vm/lines" >"$vm/said"
	cat "$vm/qemu.log" >>"$vm/said"
}

# The image on a fixed disk, and in a USB stick.
plain="-device virtio-blk-pci,drive=disk"
stick="-device qemu-xhci -device usb-storage,drive=disk,removable=on"

# disks_beside: $tmp/beside.LETTER, none of which boots: with data (D) and with an ESP (E) that has a text where a
# loader should be, for fixed disks; a bare file system (c) and nothing at all (u) for sticks. $beside is the GUID of E's
# partition.
beside=0d15c000-0000-4000-8000-0000000000b1
disks_beside() {
	truncate -s 40M "$tmp/beside.D" "$tmp/beside.E" "$tmp/beside.c" "$tmp/beside.u"
	sgdisk -n 1:2048:+36M -t 1:8300 "$tmp/beside.D" >/dev/null
	sgdisk -n 1:2048:+36M -t 1:ef00 -u 1:$beside "$tmp/beside.E" >/dev/null
	mkfs.fat -F 32 -s 1 --offset 2048 "$tmp/beside.E" 36864 >/dev/null 2>&1
	echo 'no program' >"$tmp/text"
	mmd -i "$tmp/beside.E@@1M" ::/EFI ::/EFI/other
	mcopy -i "$tmp/beside.E@@1M" "$tmp/text" ::/EFI/other/loader.efi
	mkfs.fat "$tmp/beside.c" >/dev/null
	mcopy -i "$tmp/beside.c" "$tmp/text" ::/readme.txt
}

# disks ORDER: QEMU's options for the image (I) and disks beside it, on the bus in this order, are $disks.
disks() {
	disks="-device qemu-xhci"
	for letter in $(echo "$1" | sed 's/./& /g'); do
		[ "$letter" = I ] || disks="$disks -drive if=none,id=$letter,format=raw,snapshot=on"
		case $letter in
		I) disks="$disks $plain" ;;
		D | E) disks="$disks,file=$tmp/beside.$letter -device virtio-blk-pci,drive=$letter" ;;
		*) disks="$disks,file=$tmp/beside.$letter -device usb-storage,drive=$letter,removable=on" ;;
		esac
	done
}

# tpm_on: a TPM 2.0 in software beside the next power_on, whose options for it are $tpm. It keeps its state.
tpm_on() {
	mkdir -p "$vm/tpm"
	swtpm socket --tpm2 --tpmstate dir="$vm/tpm" --ctrl type=unixio,path="$vm/tpm.sock" --terminate \
		--daemon --pid file="$vm/tpm.pid" >"$vm/tpm.log" 2>&1
	tpm="-chardev socket,id=tpm,path=$vm/tpm.sock -tpmdev emulator,id=tpm0,chardev=tpm
		-device tpm-tis-device,tpmdev=tpm0"
}
