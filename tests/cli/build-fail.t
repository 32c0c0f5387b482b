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
# shellcheck disable=SC2154 # from lib.sh
cc -shared -fPIC -O1 -o failio.so "$lib/failio.c" -D_GNU_SOURCE -ldl || exit 1

mkdir d
make_rootfs root.img
sum=$(sha256sum root.img)
echo "an older image" >old
build() { "$armvm" build --no-verify --seed s --esp-size 34M --force --format raw -o d/out.raw root.img; }

# failing HOW AT: runs build over an older OUT, sets status and count
failing() {
	cmp -s d/out.raw old || cp old d/out.raw
	head -c 16 /dev/zero >counter
	FAILIO_FILE=$tmp/counter FAILIO_HOW=$1 FAILIO_AT=$2 LD_PRELOAD=$tmp/failio.so build >said 2>&1
	status=$?
	[ "$1" = kill ] && sleep 0.02
	count=$(python3 -c 'import struct; print(struct.unpack("<Q", open("counter", "rb").read(8))[0])')
}
failing none 0
ok "nothing fails, build builds" test "$status" = 0
calls=$count
mv d/out.raw good.raw
ok "there are calls to fail" test "$calls" -gt 20
echo "# $calls calls"
step=$(((calls + 29) / 30))

# same FILE FILE: but for the ESP's FSInfo sectors, hints that mtools does not mind losing.
same() {
	python3 - "$1" "$2" <<'EOF'
import sys
def load(path):
    b = bytearray(open(path, "rb").read())
    for sector in (1, 7):
        at = (1 << 20) + sector * 512
        b[at:at + 512] = bytes(len(b[at:at + 512]))
    return b
sys.exit(load(sys.argv[1]) != load(sys.argv[2]))
EOF
}

for how in kill ENOSPC EIO; do
	torn=0 debris=0 silent=0 n=1 cut=0
	while [ "$n" -le "$calls" ]; do
		failing $how "$n"
		cut=$((cut + 1))
		if cmp -s d/out.raw old; then
			[ "$how" != kill ] && [ "$status" = 0 ] && silent=$((silent + 1))
		elif ! same d/out.raw good.raw; then
			torn=$((torn + 1))
			echo "# call $n leaves neither"
		elif [ "$how" != kill ] && [ "$status" != 0 ]; then
			torn=$((torn + 1))
			echo "# call $n fails with the new one in place"
		fi
		if [ "$how" != kill ]; then
			[ "$(find d -type f | wc -l)" = 1 ] || debris=$((debris + 1))
			if [ "$status" != 0 ] && [ "$(grep -c '^armvm-image: ' said)" != 1 ]; then
				silent=$((silent + 1))
				sed "s/^/# call $n: /" said
			fi
		fi
		if [ "$n" -lt $((calls - 8)) ]; then n=$((n + step)); else n=$((n + 1)); fi
	done
	ok "$how at $cut calls: the old one or the new one" test $torn = 0
	[ "$how" = kill ] && continue
	ok "$how: nothing is left behind" test $debris = 0
	ok "$how: one error is said" test $silent = 0
done
failing none 0
ok "after all that, build builds the same" cmp d/out.raw good.raw
ok "and what killed ones left is gone" test "$(ls -A d)" = out.raw
ok "the input was not touched" test "$sum" = "$(sha256sum root.img)"

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
