#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults that are planted in what decides whether the end of a boot is reused (tests/lib/planted.c): each is found by
# the programs that tests/cli/alike.t plays, and by no more of them.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link sgdisk mkfs.fat mcopy

built=$top/${O:-o/release}
work=$tmp img=$tmp/program.raw
kernel "$tmp/program.efi" -DPROGRAM -DSEES=program -DTHEN=gives_up
"$top/tests/guest/image" "$tmp/program.efi" "$built/guest/child.efi" "$img"
for letter in a b; do
	echo $letter >"$tmp/$letter"
	mcopy -i "$img@@1M" "$tmp/$letter" "::/fixture-$letter"
done

play() { # FAULT OPTION...
	fault=$1
	shift
	PLANTED=$fault "$top/tests/lib/alike" "$built/tests/planted-firmware" "$img" --keeps --verify "$@" >"$tmp/said" 2>&1
	status=$?
}

faults=$(grep -o 'planted("[a-z-]*")' "$top/tests/lib/planted.c" | cut -d'"' -f2 | sort -u)
for fault in $faults; do
	play "$fault" --programs 2000 --until-different
	ok "$fault: it is found" test "$status" -eq 1
	sed -n 's/^seed \([0-9]*\),.*/# by program \1/p' "$tmp/said" | head -n 1
done
ok "there are faults" test "$(echo "$faults" | wc -l)" -ge 9
play none --programs 200
ok "without one, programs tell the same, though a protocol's rows are wrong" test "$status" -eq 0
tap_done
