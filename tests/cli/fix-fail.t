#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fix --in-place, cut at every write, sync and rename in turn (tests/lib/failio.c): there is the
# old image or the new one, whole. With the disk full or broken at each of them the input
# is as it was, one error is said, and nothing is left behind.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires cc sgdisk mkfs.fat mcopy mke2fs debugfs python3 cpio
# A sanitizer wants to be the first that is preloaded.
preload=$(ldd "$armvm" | awk '/lib(a|ub)san/ { printf "%s:", $3 }')$tmp/failio.so
work=$tmp
cd "$tmp" || exit 1
cc -shared -fPIC -O1 -o failio.so "$lib/failio.c" -D_GNU_SOURCE -ldl || exit 1

export SOURCE_DATE_EPOCH=1700000000
mkdir d
cp --sparse=always "$(sample grub)" broken.raw && img=$tmp/broken.raw
echo store | esp_write /ubootefi.var
root_edit /var/cache/debconf/config.dat 's/^Value: .*/Value: true/'
rm -f esp_write root_edit

# failing HOW AT: runs fix, sets status, state and count
failing() {
	[ -e d/disk.raw ] && cmp -s d/disk.raw broken.raw || cp --sparse=always broken.raw d/disk.raw
	head -c 16 /dev/zero >counter
	was=$(stat -c '%i %Z %s' d/disk.raw)
	FAILIO_FILE=$tmp/counter FAILIO_HOW=$1 FAILIO_AT=$2 LD_PRELOAD=$preload \
		"$armvm" fix -q --no-verify --in-place d/disk.raw >said 2>&1
	status=$?
	[ "$1" = kill ] && sleep 0.02
	count=$(python3 -c 'import struct; print(struct.unpack("<Q", open("counter", "rb").read(8))[0])')
}

failing none 0
ok "nothing fails, fix mends" test "$status" = 0
calls=$count
mv d/disk.raw good.raw
ok "there are calls to fail" test "$calls" -gt 20
echo "# $calls calls"
# Each of the last forty, where things are put in place, and of the others as many as are quick.
step=$(((calls + 59) / 60))

for how in kill ENOSPC EIO; do
	torn=0 debris=0 silent=0 n=1 cut=0
	while [ "$n" -le "$calls" ]; do
		failing $how "$n"
		cut=$((cut + 1))
		if [ "$was" = "$(stat -c '%i %Z %s' d/disk.raw)" ]; then
			[ "$how" != kill ] && [ "$status" = 0 ] && silent=$((silent + 1))
		elif ! cmp -s d/disk.raw good.raw; then
			torn=$((torn + 1))
			echo "# call $n leaves neither"
		fi
		if [ "$how" != kill ]; then
			[ "$(find d -type f | wc -l)" = 1 ] || debris=$((debris + 1))
			[ "$status" = 0 ] || [ "$(grep -c '^armvm-image: ' said)" = 1 ] || silent=$((silent + 1))
		fi
		if [ "$n" -lt $((calls - 12)) ]; then n=$((n + step)); else n=$((n + 1)); fi
	done
	ok "$how at $cut calls: the old image or the new one, whole" test $torn = 0
	[ "$how" = kill ] && continue
	ok "$how: nothing is left behind" test $debris = 0
	ok "$how: one error is said" test $silent = 0
done
failing none 0
ok "after all that, fix mends" cmp d/disk.raw good.raw
ok "and what killed ones left is gone" test "$(ls -A d)" = disk.raw
tap_done
