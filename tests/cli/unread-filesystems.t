#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check of an image with a file system that libguestfs alone reads: its appliance is started for a root, and for nothing that
# nobody asks for. In place of QEMU a script says that it was.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs mkfs.btrfs python3

img=$tmp/image.raw work=$tmp
mkdir "$tmp/appliance"
for file in kernel initrd root README.fixed; do : >"$tmp/appliance/$file"; done
printf '#!/bin/sh\n: >"%s/started"\nexit 1\n' "$tmp" >"$tmp/hv"
chmod +x "$tmp/hv"
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_HV="$tmp/hv" LIBGUESTFS_PATH="$tmp/appliance"

# The magic number of f2fs; a btrfs of which a half is elsewhere.
truncate -s 32M "$tmp/f2fs"
printf '\020\040\365\362' | dd of="$tmp/f2fs" bs=1 seek=1024 conv=notrunc status=none
truncate -s 110M "$tmp/btrfs" "$tmp/half"
mkfs.btrfs -q -m single -d single "$tmp/btrfs" "$tmp/half" >"$tmp/why" 2>&1 || cat "$tmp/why"
# data FILE: a third partition
data() {
	cp --sparse=always "$(sample grub)" "$img"
	truncate -s +112M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk -n 3:0:+111M -t 3:8300 -c 3:more "$img" >/dev/null
	dd if="$1" of="$img" bs=512 seek="$(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')" conv=notrunc,sparse status=none
}
for kind in f2fs btrfs; do
	data "$tmp/$kind"
	rm -f "$tmp/started"
	exits 0 "$kind that nothing names: portable" "$armvm" check --boot none "$img"
	ok "and no appliance is started" test ! -e "$tmp/started"
done

# Its UUID is the root's.
python3 -c 'import sys, uuid; sys.stdout.buffer.write(uuid.UUID(sys.argv[1]).bytes)' $root_uuid |
	dd of="$tmp/f2fs" bs=1 seek=$((1024 + 108)) conv=notrunc status=none
dd if="$tmp/f2fs" of="$img" bs=512 seek=$((root_offset / 512)) conv=notrunc status=none
exits 3 "a root on f2fs, and the appliance does not start" "$armvm" check --boot none "$img"
ok "it was tried" test -e "$tmp/started"
"$armvm" check --boot none --json "$img" 2>/dev/null | jq -r '.images[0].checks[] | select(.id == "guest.architecture").reason' >"$tmp/said"
contains "that is said" "starting the libguestfs appliance" "$tmp/said"
ok "in one line" test "$(grep -c . "$tmp/said")" = 1
lacks "of which nothing is broken" "?" "$tmp/said"
lacks "and no advice that is for others" "LIBGUESTFS_DEBUG" "$tmp/said"
tap_done
