#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at any moment, build leaves the old output or none, and after the next
# run no temporary file.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires mcopy mke2fs debugfs jq sfdisk

make_rootfs "$tmp/rootfs.img" grub
mkdir "$tmp/out"
export SOURCE_DATE_EPOCH=1700000000
build() { "$armvm" build --no-verify --force -o "$tmp/out/x.qcow2" "$tmp/rootfs.img"; }

start=$(date +%s%N)
build >/dev/null 2>&1
took=$((($(date +%s%N) - start) / 1000000))
good=$(sha256sum <"$tmp/out/x.qcow2")
echo "# one build takes $took ms"

bad=0 killed=0
for round in $(seq 1 40); do
	if [ $((round % 2)) = 0 ]; then echo old >"$tmp/out/x.qcow2"; else rm -f "$tmp/out/x.qcow2"; fi
	"$armvm" build --no-verify --force -o "$tmp/out/x.qcow2" "$tmp/rootfs.img" >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%03d' $((took * round / 40 % 1000)))"
	kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	wait $pid 2>/dev/null
	if [ -e "$tmp/out/x.qcow2" ] && [ "$(head -c 3 "$tmp/out/x.qcow2")" != old ] &&
		[ "$(sha256sum <"$tmp/out/x.qcow2")" != "$good" ]; then
		bad=$((bad + 1))
	fi
	if [ $((round % 2)) = 0 ] && [ ! -e "$tmp/out/x.qcow2" ]; then bad=$((bad + 1)); fi
done
ok "$killed of 40 builds were killed" test $killed -gt 0
ok "each left the old output, the whole new one, or none" test $bad = 0
ok "the next run" build
ok "builds as ever" test "$(sha256sum <"$tmp/out/x.qcow2")" = "$good"
ok "and leaves no temporary file" test "$(ls -A "$tmp/out")" = x.qcow2
tap_done
