#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: what is beyond the most that is looked at is never taken for none: then it could not be determined. Beside
# each one with as many as are looked at.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample "${1:-grub}")" "$img"; }

# files N FORMAT FOLDER [TEXT]: N files whose names printf makes of their numbers
files() {
	rm -rf "$tmp/files"
	mkdir "$tmp/files"
	python3 -c 'import sys
for i in range(int(sys.argv[1])):
    open(sys.argv[2] + "/" + sys.argv[3] % i, "w").write(sys.argv[4])' "$1" "$tmp/files" "$2" "${4:-}"
	mcopy -s -o -i "$img@@$esp_offset" "$tmp/files/"* "::$3/"
}
# answers WHAT IDS: the checks that could not answer, in the order of the report
answers() {
	"$armvm" check --boot none --json "$img" 2>/dev/null |
		jq -r '[.images[0].checks[] | select(.outcome == "inconclusive").id] | join(" ")' >"$tmp/ids"
	ok "$1: ${2:-all answer}" [ "$(cat "$tmp/ids")" = "$2" ]
	[ "$(cat "$tmp/ids")" = "$2" ] || sed 's/^/# found: /' "$tmp/ids"
}
some() { # WHAT ID: among those that could not answer
	"$armvm" check --boot none --json "$img" >"$tmp/json" 2>/dev/null
	status=$?
	ok "$1: $2 could not answer" jq -e --arg id "$2" '[.images[0].checks[] | select(.outcome == "inconclusive").id] | index($id)' "$tmp/json"
	ok "which leaves the image undetermined" test $status = 3
}

# What a unified image takes to its command line
sampled uki
esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/uki"
sed -i 's/systemd-stub 252/systemd-stub 257/' "$tmp/uki"
esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
esp_mkdir /loader
esp_mkdir /loader/addons
files 40 '%d.addon.efi' /loader/addons
answers "some addons, which are none" ""
files 4097 '%d.txt' /loader/addons
some "too many to know which add to the command line" loader.fallback-boots

# Drivers, by which the firmware may read an extended boot loader partition
xbootldr() {
	sampled systemd-boot
	truncate -s 400M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk --new=3:350M:+40M --typecode=3:bc13c2ff-59e6-4262-a352-b275fd6f7172 "$img" >/dev/null
	truncate -s 40M "$tmp/volume"
	rm -rf "$tmp/tree"
	mkdir -p "$tmp/tree/loader/entries" "$tmp/tree/EFI"
	mcopy -n -i "$img@@$esp_offset" "::/loader/entries/debian-$version.conf" "$tmp/tree/loader/entries/"
	mcopy -s -n -i "$img@@$esp_offset" ::/debian "$tmp/tree/"
	mke2fs -q -F -t ext4 -d "$tmp/tree" "$tmp/volume"
	dd if="$tmp/volume" of="$img" bs=1M seek=350 conv=notrunc,sparse status=none
	esp_del "/loader/entries/debian-$version.conf"
	esp_mkdir /EFI/systemd >/dev/null 2>&1
	esp_mkdir /EFI/systemd/drivers
}
xbootldr
exits 1 "no driver: the entries on an ext4 are not read" "$armvm" check --boot none -q "$img"
files 4097 'd%d.txt' /EFI/systemd/drivers
exits 3 "too many to know whether one is a driver" "$armvm" check --boot none "$img"

# The ESP
sampled
esp_mkdir /EFI/more
files 900 'l%d.efi' /EFI/more
answers "many programs" ""
files 1100 'l%d.efi' /EFI/more
some "more than are looked at" esp.fallback-loader
sampled
esp_mkdir /more
files 4200 'f%d' /more
answers "more files than are looked into" "esp.variable-store esp.firmware"

# The guest
root_many() { # N COMMAND: of debugfs, % is the number
	python3 -c 'import sys
for i in range(int(sys.argv[1])): print(sys.argv[2].replace("%", str(i)))' "$1" "$2" >"$tmp/commands"
	debugfs -w -f "$tmp/commands" "$img?offset=$root_offset" >/dev/null 2>&1
}
sampled
root_many 40 "symlink /boot/vmlinuz-5.0.% vmlinuz-$version"
answers "links to a kernel" ""
printf 'no kernel' >"$tmp/none"
root_many 70 "write $tmp/none /boot/vmlinuz-4.0.%"
some "more kernels than are looked at" guest.kernel-format
sampled
{
	root_get /etc/fstab /dev/stdout
	i=0
	while [ $i -lt 1500 ]; do
		echo "tmpfs /t$i tmpfs defaults 0 0"
		i=$((i + 1))
	done
	echo "UUID=00000000-1111-4222-8333-444444444444 /data ext4 defaults 0 2"
} >"$tmp/fstab"
root_put "$tmp/fstab" /etc/fstab
"$armvm" check --boot none "$img" >"$tmp/out" 2>&1
contains "the last of 1,500 lines of fstab is read" "guest.fstab-missing" "$tmp/out"
sampled
root_mkdir /etc/udev
root_mkdir /etc/udev/rules.d
printf '# nothing\n' >"$tmp/none"
root_many 150 "write $tmp/none /etc/udev/rules.d/r%.rules"
printf 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n' | root_write /etc/udev/rules.d/z.rules
"$armvm" check --boot none "$img" >"$tmp/out" 2>&1
contains "the last of 150 rules is read" "guest.network-address" "$tmp/out"
tap_done
