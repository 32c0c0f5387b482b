# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# For updates.t: a full Debian whose packages are installed again, and a newer kernel with them, by
# dpkg in the guest itself, booted in QEMU with edk2: update-grub, grub-install and bootctl need a
# real machine. The packages are put in beforehand, and the guest switches itself off.

aavmf=/usr/share/AAVMF
qemu=
trap '[ -z "$qemu" ] || kill -9 "$qemu"; rm -rf "$tmp"' EXIT

# In the guest: the loaders in \EFI\BOOT become old ones, so that what is there afterwards is what the
# update wrote. bootctl replaces an older systemd-boot alone.
in_the_guest() {
	cat <<-'EOT'
		#!/bin/sh
		mountpoint -q /boot/efi || echo "UPDATE: the ESP is not mounted"
		variables() { (cd /sys/firmware/efi/efivars && ls | grep -E '^(Boot[0-9O]|Loader)'); }
		variables >/root/variables.before
		for loader in /boot/efi/EFI/BOOT/*.[Ee][Ff][Ii]; do
			if grep -q 'LoaderInfo: systemd-boot' "$loader"; then
				sed -i 's/#### LoaderInfo: systemd-boot 2/#### LoaderInfo: systemd-boot 1/' "$loader"
			else
				echo old >"$loader"
			fi
		done
		DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i /root/update/*.deb >/root/update.log 2>&1
		echo $? >/root/update.status
		variables >/root/variables.after
		rm -f /etc/systemd/system/multi-user.target.wants/update.service
		sync
		echo "UPDATE: done"
		systemctl poweroff --no-block
	EOT
}

# What initrds of the guest shall have: those of all drivers take an emulated processor a quarter of an hour.
modules='virtio_pci virtio_mmio virtio_blk virtio_scsi sd_mod xen_blkfront nvme ext4 vfat nls_ascii nls_cp437'

# put_update ROOT DEB...: what the guest needs to update itself.
put_update() {
	into=$1
	shift
	in_the_guest >"$tmp/update.sh"
	cat >"$tmp/update.service" <<-EOT
		[Unit]
		Description=Packages are updated
		RequiresMountsFor=/boot/efi
		[Service]
		Type=oneshot
		TimeoutStartSec=infinity
		StandardOutput=journal+console
		ExecStart=/bin/sh /root/update.sh
	EOT
	# An emulated processor is slow: systemd shall wait.
	cat >"$tmp/slow.conf" <<-EOT
		[Manager]
		DefaultTimeoutStartSec=1800
		DefaultTimeoutStopSec=1800
		DefaultDeviceTimeoutSec=1800
	EOT
	echo MODULES=list >"$tmp/few"
	echo "$modules" | tr ' ' '\n' >"$tmp/modules"
	{
		echo "write $tmp/few /etc/initramfs-tools/conf.d/few"
		echo "rm /etc/initramfs-tools/modules"
		echo "write $tmp/modules /etc/initramfs-tools/modules"
		echo "mkdir /etc/systemd/system.conf.d"
		echo "write $tmp/slow.conf /etc/systemd/system.conf.d/slow.conf"
		echo "write $tmp/update.sh /root/update.sh"
		echo "write $tmp/update.service /etc/systemd/system/update.service"
		echo "symlink /etc/systemd/system/multi-user.target.wants/update.service /etc/systemd/system/update.service"
		echo "mkdir /root/update"
		for deb in "$@"; do echo "write $deb /root/update/$(basename "$deb")"; done
	} >"$tmp/debugfs.in"
	debugfs -w -f "$tmp/debugfs.in" "$into" >"$tmp/debugfs.log" 2>&1 &&
		debugfs -R 'stat /root/update.sh' "$into" 2>/dev/null | grep -q 'Type: regular'
}

# update_in_guest DISK: boots it, writable, until it switches itself off.
update_in_guest() {
	cp --sparse=always "$aavmf/AAVMF_VARS.fd" "$tmp/vars.fd"
	qemu-system-aarch64 -no-user-config -nodefaults -nic none -display none -monitor none \
		-machine virt -accel tcg,thread=multi -cpu cortex-a57 -smp 2 -m 1536 -no-reboot \
		-boot menu=on,splash-time=0 \
		-drive if=pflash,format=raw,unit=0,readonly=on,file="$aavmf/AAVMF_CODE.fd" \
		-drive if=pflash,format=raw,unit=1,file="$tmp/vars.fd" \
		-chardev file,id=console,path="$tmp/console" -serial chardev:console \
		-drive if=none,id=disk,format=raw,cache=unsafe,file="$1" -device virtio-blk-pci,drive=disk \
		</dev/null >"$tmp/qemu.log" 2>&1 &
	qemu=$!
	begun=$(date +%s)
	while kill -0 "$qemu" 2>/dev/null && [ $(($(date +%s) - begun)) -lt "${ARMVM_PATIENCE:-5400}" ]; do
		sleep 1
	done
	kill -9 "$qemu" 2>/dev/null
	wait "$qemu" 2>/dev/null
	qemu=
	echo "# the update took $(($(date +%s) - begun)) s"
	grep -q 'UPDATE: done' "$tmp/console"
}

# The partitions of an image that is raw.
part_offset() { # DISK NUMBER
	echo $(($(sgdisk -i "$2" "$1" | sed -n 's/First sector: \([0-9]*\).*/\1/p') * 512))
}
from_root() { # DISK PATH FILE
	debugfs -R "dump $2 $3" "$1?offset=$(part_offset "$1" 2)" 2>/dev/null
}
from_esp() { # DISK PATH FILE
	mcopy -n -o -i "$1@@$(part_offset "$1" 1)" "::$2" "$3"
}

# What a report has to say beside notes.
findings() { # IMAGE
	"$armvm" check --json "$1" 2>"$tmp/stderr" >"$tmp/report"
	jq -r '.images[0].checks[] | select((.outcome == "finding" and .severity != "note") or .outcome == "inconclusive")
		| "\(.id) \(.outcome) \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))"' "$tmp/report"
}
