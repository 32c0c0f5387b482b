#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reference is held to the reference: every guest program runs in
# armvm-firmware and in QEMU with edk2. What it asserts must hold in both, and
# what it merely tells must be the same but for what `differences` explains.
. "$(dirname "$0")/../lib/tap.sh"
requires clang lld-link qemu-system-aarch64 sgdisk mkfs.fat mcopy jq

guest=$top/tests/guest
built=$top/${O:-o/release}/guest
total=0

# Without the values of a subject that differ for a listed reason.
same_lines() {
	awk -F ' [|] ' -v subject="$1" '
		FNR == NR { if ($1 == subject) skip["value " $2 " = "] = 1; next }
		{ for (s in skip) if (index($0, s) == 1) next; print }
	' "$guest/differences" "$2"
}

# The listed differences that there are none of any more.
stale() {
	sed -n "s/^$1 | \(.*\) | .*/\1/p" "$guest/differences" | while read -r name; do
		a=$(grep -F "value $name = " "$2") b=$(grep -F "value $name = " "$3")
		[ -n "$a" ] && [ "$a" != "$b" ] || echo "$name"
	done
}

[ -f "$built/memory.efi" ] || fail "the guest programs are built (make tools)"
for program in "$built"/*.efi; do
	subject=$(basename "$program" .efi)
	[ "$subject" != child ] || continue
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
		same_lines "$subject" "$out" >"$out.same"
	done
	if diff -u "$tmp/$subject.edk2.same" "$tmp/$subject.emulator.same" >"$tmp/diff"; then
		pass "$subject: the same answers"
	else
		fail "$subject: the same answers" "$tmp/diff"
	fi
	stale "$subject" "$tmp/$subject.edk2" "$tmp/$subject.emulator" >"$tmp/stale"
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
