#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An image that enrols Secure Boot keys of its own locks out what these have not signed: the boot finds it. What
# edk2 answers to each write, and which programs it loads, is tests/guest/keys.c's.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link jq sgdisk mkfs.fat mcopy mke2fs openssl python3 sbsign sbsiglist

firmware=$top/${O:-o/release}/armvm-firmware
. "$top/tests/lib/scenarios.sh"
work=$tmp

. "$top/tests/lib/keys.sh"

# found ID: its outcome and findings
found() {
	"$armvm" check --boot emulator --json "$img" 2>/dev/null | jq -r --arg id "$1" '.images[0].checks[] |
		select(.id == $id) | "is \(.outcome): \(.findings | map("\(.what); \(.remedy // .advice // "")") | join("; "))"' >"$tmp/found"
}

# Every scenario but those whose firmware keeps no key.
everywhere=$(echo "$names" | grep -vxE 'dropped|refused-.*|full|no-variables|tpm-dropped')

enrolling unsigned unsigned -DSEES=enrols -DTHEN=resets
alike unsigned
jq -rs '[foreach .[] as $e (null; if $e.event == "scenarios" then $e.names else . end;
	select($e.event == "verdict" and $e.verdict == "nothing-to-boot") | .[])] | sort | join(" ")' "$tmp/all" >"$tmp/failed"
ok "unsigned: it fails wherever keys are kept" \
	test "$(cat "$tmp/failed")" = "$(echo "$everywhere" | sort | paste -sd ' ')"
found boot.emulator
contains "unsigned: it is found" "enrols Secure Boot keys (PK)" "$tmp/found"
contains "unsigned: what is refused" "Secure Boot: it is not signed" "$tmp/found"
contains "unsigned: what to do" "secure-boot-enroll off" "$tmp/found"

enrolling signed db -DSEES=enrols -DTHEN=resets
alike signed
verdicts signed ""
found boot.emulator
contains "signed by the key in db: it boots" "is pass" "$tmp/found"
found boot.kept
contains "signed by the key in db: again, too" "is pass" "$tmp/found"
"$armvm" check --boot emulator --json "$img" 2>/dev/null | jq -r '.images[0].checks[] |
	select((.id | startswith("boot.")) and .severity == "error") | .id + " " + .outcome' >"$tmp/found"
ok "signed by the key in db: the boots are judged" grep -qx "boot.emulator pass" "$tmp/found"
grep -v ' \(pass\|skipped\)$' "$tmp/found" >"$tmp/wrong"
ok "signed by the key in db: no error of a boot, and none left open" test ! -s "$tmp/wrong"

enrolling other KEK -DSEES=enrols -DTHEN=resets
found boot.emulator
contains "signed by another: it is found" "signed by nobody whose certificate is in db" "$tmp/found"

# Without a reset the first boot comes to the kernel, and the next does not.
enrolling quiet unsigned -DSEES=enrols -DTHEN=goes_on
alike quiet
verdicts quiet "kept=nothing-to-boot"
found boot.emulator
contains "without a reset: the first boot" "is pass" "$tmp/found"
found boot.kept
contains "without a reset: the next" "enrols Secure Boot keys (PK)" "$tmp/found"
contains "without a reset: what to do" "secure-boot-enroll off" "$tmp/found"
tap_done
