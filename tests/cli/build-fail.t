#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build, cut at every write, sync and rename in turn (tests/lib/failio.c), and ended by
# signals: there is the old OUT or the new one, ROOTFS is as it was, one error is
# said, and nothing is left behind.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/cli/build.sh"
requires cc sgdisk mkfs.fat mcopy mke2fs debugfs python3 cpio cmp
cd "$tmp" || exit 1
. "$lib/failing.sh"

mkdir d
make_rootfs root.img
sum=$(sha256sum root.img)
echo "an older image" >old
build() { "$armvm" build --no-verify --seed s --esp-size 34M --force --format raw -o d/out.raw root.img; }
put_old() { cmp -s d/out.raw old || cp old d/out.raw; }
work() { build; }
state() {
	if cmp -s d/out.raw old; then
		echo old
	elif cmp -s d/out.raw good.raw; then
		echo new
	else
		echo torn
	fi
}

failing none 0
ok "nothing fails, build builds" test "$status" = 0
calls=$count
mv d/out.raw good.raw
ok "there are calls to fail" test "$calls" -gt 20
echo "# $calls calls"
cut_everywhere "$calls" 30 8
failing none 0
ok "after all that, build builds the same" cmp d/out.raw good.raw
ok "and what killed ones left is gone" test "$(ls -A d)" = out.raw
ok "the input was not touched" test "$sum" = "$(sha256sum root.img)"

# A disk that is full before the ESP is made, and one that becomes so.
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=4M tmpfs small 2>/dev/null; then
	trap 'umount "$tmp/small"; rm -rf "$tmp"' EXIT
	for free in 0 8 64; do
		head -c $((4096 * 1024 - free * 1024)) /dev/zero >small/filler 2>/dev/null
		"$armvm" build --no-verify --seed s --esp-size 34M --format raw -o small/out.raw root.img >said 2>&1
		contains "with $free KiB left it says that the disk is full" "No space left on device" said
		ok "in one error, and without a crash" sh -c '[ "$(grep -c ^armvm-image: said)" = 1 ] && ! grep -q signal said'
		ok "and leaves nothing" test "$(ls -A small)" = filler
		rm small/filler
	done
else
	skip "a disk that is full" "only root mounts one"
fi

# Signals that can be caught leave nothing, not even until the next run.
for signal in INT TERM HUP PIPE; do
	rm -f d/out.raw
	# A shell in the background has its children ignore INT.
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$armvm" build --seed s --esp-size 34M --format raw \
		-o d/out.raw root.img >said 2>&1 &
	builder=$!
	for _ in $(seq 100); do
		[ -n "$(ls -A d)" ] && break
		sleep 0.01
	done
	kill -$signal $builder
	wait $builder 2>/dev/null
	ok "SIG$signal leaves nothing behind" test -z "$(ls -A d)"
done
rm -f d/out.raw
(ulimit -f 1000 && build) >said 2>&1
ok "a limit of files' sizes is an error" grep -q 'armvm-image: .*File too large' said
ok "that leaves nothing" test -z "$(ls -A d)"
tap_done
