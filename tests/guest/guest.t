#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reference is held to the reference: every guest program runs in
# armvm-firmware and in QEMU with edk2. What it asserts must hold in both, and
# what it merely prints must be the same but for what `differences` explains.
. "$(dirname "$0")/../lib/tap.sh"
requires clang lld-link qemu-system-aarch64 sgdisk mkfs.fat mcopy jq openssl python3 sbsign sbsiglist sbattach

guest=$top/tests/guest
built=$top/${O:-o/release}/guest
total=0

# listed SUBJECT EDK2: names of values that differ for a listed reason. One with a value, "NAME = VALUE",
# is of builds of edk2 that answer so.
listed() {
	awk -F ' [|] ' -v subject="$1" '
		FILENAME == ARGV[1] { is[$0] = 1; next }
		$1 != subject || $2 ~ / = / && !("value " $2 in is) { next }
		{ sub(/ = .*/, "", $2); print $2 }
	' "$2" "$guest/differences"
}

# Without the values that are listed.
same_lines() {
	awk 'FILENAME == ARGV[1] { skip["value " $0 " = "] = 1; next }
		{ for (s in skip) if (index($0, s) == 1) next; print }
	' "$1" "$2"
}

# The listed differences that there are none of any more.
stale() {
	while read -r name; do
		a=$(grep -F "value $name = " "$2") b=$(grep -F "value $name = " "$3")
		[ -n "$a" ] && [ "$a" != "$b" ] || echo "$name"
	done <"$1"
}

[ -f "$built/memory.efi" ] || fail "the guest programs are built (make tools)"
for program in "$built"/*.efi; do
	subject=$(basename "$program" .efi)
	case $subject in child | marker) continue ;; esac
	image=$tmp/$subject.img
	ok "$subject: made" "$guest/image" "$program" "$built/child.efi" "$image"
	for firmware in edk2 emulator; do
		out=$tmp/$subject.$firmware
		"$guest/run" "$firmware" "$image" >"$out" 2>"$out.err"
		bad=$(grep -A1 '^not ok' "$out")
		if [ -n "$bad" ] || [ "$(tail -n 1 "$out")" != end ]; then
			{ echo "$bad"; tail -n 3 "$out" "$out.err"; } >"$tmp/why"
			fail "$subject: holds in $firmware" "$tmp/why"
		else
			pass "$subject: $(grep -c '^ok' "$out") assertions hold in $firmware"
		fi
	done
	listed "$subject" "$tmp/$subject.edk2" >"$tmp/listed"
	for firmware in edk2 emulator; do
		same_lines "$tmp/listed" "$tmp/$subject.$firmware" >"$tmp/$subject.$firmware.same"
	done
	if diff -u "$tmp/$subject.edk2.same" "$tmp/$subject.emulator.same" >"$tmp/diff"; then
		pass "$subject: the same answers"
	else
		fail "$subject: the same answers" "$tmp/diff"
	fi
	stale "$tmp/listed" "$tmp/$subject.edk2" "$tmp/$subject.emulator" >"$tmp/stale"
	if [ -s "$tmp/stale" ]; then
		fail "$subject: the listed differences exist" "$tmp/stale"
	else
		pass "$subject: the listed differences exist"
	fi
	total=$((total + $(grep -c '^ok' "$tmp/$subject.emulator")))
	rm -f "$image"
done
ok "at least 150 assertions in all ($total)" test "$total" -ge 150
tap_done
