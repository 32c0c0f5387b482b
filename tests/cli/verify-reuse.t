#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware --verify-reuse: it emits what is emitted without it, and finds a fault that was
# planted in what decides whether the end of a boot is reused (tests/lib/planted.c).
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link jq sgdisk mkfs.fat mcopy mke2fs

firmware=$top/${O:-o/release}/armvm-firmware
planted=$top/${O:-o/release}/tests/planted-firmware
work=$tmp
every=all,tpm-dropped

# image NAME FLAG...: $tmp/NAME.raw with a kernel made with these flags (fakekernel.c)
image() {
	img=$tmp/$1.raw
	shift
	cp --sparse=always "$(sample grub)" "$img" && esp_kernel "$@"
}

# verified NAME N: the same is emitted, and so many boots were compared
verified() {
	"$firmware" --scenario $every --jobs 1 --trace=all --disk "$img" >"$tmp/reused"
	"$firmware" --scenario $every --jobs 1 --trace=all --disk "$img" --stats --verify-reuse \
		>"$tmp/verified" 2>"$tmp/stats"
	ok "$1: what is verified tells what is reused" cmp "$tmp/reused" "$tmp/verified"
	contains "$1: $2 boots were compared" "boots spared: 0, verified: $2" "$tmp/stats"
}

image notes -DSEES=notes
verified "boots that become the same" 5
image reset -DSEES=tpm -DTHEN=resets
verified "boots that begin as the one before" 3
image asks -DSEES=notes_and_asks -DTHEN=gives_up
verified "some that differ" 2

# The program looks at what it noted, and gives up in one scenario.
image looks -DSEES=notes_and_looks -DTHEN=gives_up
verified "one that differs" 2
export PLANTED=access-log
"$planted" --scenario $every --jobs 1 --disk "$img" >"$tmp/wrong"
ok "the fault that was planted makes a verdict wrong" jq -es '[.[] | select(.event == "verdict" and .verdict == "returned")] == []' "$tmp/wrong"
"$planted" --scenario $every --jobs 1 --verify-reuse --disk "$img" >"$tmp/out" 2>"$tmp/err"
status=$?
ok "it is found: status 1" test "$status" -eq 1
ok "without any event" test ! -s "$tmp/out"
contains "as a fault of the program" "internal error: a boot is not what was to be reused" "$tmp/err"
contains "with what is told wrongly" 'reused: {"event":' "$tmp/err"
# armvm-image finds armvm-firmware beside itself.
mkdir "$tmp/bin"
cp "$built" "$tmp/bin/armvm-image" && cp "$planted" "$tmp/bin/armvm-firmware"
"$tmp/bin/armvm-image" check --select 'boot.*' --verify-reuse "$img" >"$tmp/report" 2>&1
status=$?
judged_too "$img"
contains "check says so" "a boot is not what was to be reused" "$tmp/report"
ok "and determines nothing: status 3" test "$status" -eq 3
exits 0 "one scenario reuses nothing" "$firmware" --verify-reuse --disk "$img"
tap_done
