#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fix --in-place, cut at every write, sync and rename in turn (tests/lib/failio.c): there is the
# old image or the new one, whole. With the disk full or broken at each of them the input
# is as it was, one error is said, and nothing is left behind.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires cc sgdisk mkfs.fat mcopy mke2fs debugfs python3 cpio
work=$tmp
cd "$tmp" || exit 1
. "$lib/failing.sh"

export SOURCE_DATE_EPOCH=1700000000
mkdir d
cp --sparse=always "$(sample grub)" broken.raw && img=$tmp/broken.raw
echo store | esp_write /ubootefi.var
root_edit /var/cache/debconf/config.dat 's/^Value: .*/Value: true/'
rm -f esp_write root_edit

put_old() {
	[ -e d/disk.raw ] && cmp -s d/disk.raw broken.raw || cp --sparse=always broken.raw d/disk.raw
	was=$(stat -c '%i %Z %s' d/disk.raw)
}
work() { "$armvm" fix -q --no-verify --in-place d/disk.raw; }
state() {
	if [ "$was" = "$(stat -c '%i %Z %s' d/disk.raw)" ]; then
		echo old
	elif cmp -s d/disk.raw good.raw; then
		echo new
	else
		echo torn
	fi
}

failing none 0
ok "nothing fails, fix mends" test "$status" = 0
calls=$count
mv d/disk.raw good.raw
ok "there are calls to fail" test "$calls" -gt 20
echo "# $calls calls"
cut_everywhere "$calls" 60 12
failing none 0
ok "after all that, fix mends" cmp d/disk.raw good.raw
ok "and what killed ones left is gone" test "$(ls -A d)" = disk.raw
tap_done
