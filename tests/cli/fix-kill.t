#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Stopped by a signal at any moment, fix leaves the old image or the new one, and nothing else:
# neither a temporary file nor a process.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 qemu-img

work=$tmp
mkdir "$tmp/work"
cp --sparse=always "$(sample grub)" "$tmp/broken.raw"
img=$tmp/broken.raw
echo store | esp_write /ubootefi.var
root_edit /etc/fstab "s/^UUID=$root_uuid/\/dev\/vda2/"
qemu-img convert -f raw -O qcow2 "$tmp/broken.raw" "$tmp/broken.qcow2"
export SOURCE_DATE_EPOCH=1700000000

fix() { "$armvm" fix --no-verify -q "$@" >"$tmp/said" 2>&1; }

for kind in raw qcow2; do
	cp --sparse=always "$tmp/broken.$kind" "$tmp/work/disk.$kind"
	old=$(sha256sum <"$tmp/work/disk.$kind")
	start=$(date +%s%N)
	fix --in-place "$tmp/work/disk.$kind"
	took=$((($(date +%s%N) - start) / 1000000))
	echo "# one fix of $kind takes $took ms"
	killed=0 debris=0 neither=0 status=0
	for round in $(seq 1 12); do
		cp --sparse=always "$tmp/broken.$kind" "$tmp/work/disk.$kind"
		signal=TERM
		[ $((round % 2)) = 0 ] && signal=HUP
		"$armvm" fix --no-verify -q --in-place "$tmp/work/disk.$kind" >/dev/null 2>&1 &
		pid=$!
		sleep "$(printf '%d.%03d' $((took * round / 12 / 1000)) $((took * round / 12 % 1000)))"
		kill -$signal $pid 2>/dev/null && killed=$((killed + 1))
		wait $pid
		ended=$?
		[ $ended = 0 ] || [ $ended = 3 ] || [ $ended -gt 128 ] || status=$ended
		[ "$(ls -A "$tmp/work")" = "disk.$kind" ] || debris=$((debris + 1))
		[ "$(sha256sum <"$tmp/work/disk.$kind")" = "$old" ] ||
			"$armvm" check -q --boot none "$tmp/work/disk.$kind" >/dev/null || neither=$((neither + 1))
	done
	ok "$kind: $killed of 12 were stopped" test $killed -gt 0
	ok "$kind: each left the old image, or the new one" test $neither = 0
	ok "$kind: and nothing beside it" test $debris = 0
	ok "$kind: with an exit status that says so" test $status = 0
	rm -f "$tmp/work"/*
done

# Of several, those that are done stay done, and the others are named.
for n in 1 2 3; do cp --sparse=always "$tmp/broken.qcow2" "$tmp/work/$n.qcow2"; done
"$armvm" fix --no-verify -q --in-place -j 1 "$tmp/work"/*.qcow2 >"$tmp/out" 2>"$tmp/err" &
pid=$!
while [ ! -s "$tmp/out" ] && kill -0 $pid 2>/dev/null; do sleep 0.02; done
kill $pid
wait $pid
ok "it ends with status 3" test $? = 3
contains "what is left is said" "interrupted: 2 of 3 images not done" "$tmp/err"
ok "the first is done" "$armvm" check -q --boot none "$tmp/work/1.qcow2"
ok "the last is as it was" cmp "$tmp/broken.qcow2" "$tmp/work/3.qcow2"
ok "nothing lies beside them" test "$(cd "$tmp/work" && echo .*.armvm-*)" = '.*.armvm-*'
tap_done
