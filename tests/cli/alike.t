#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs made by chance (tests/lib/alike, program.h): each scenario emits the same alone and among others, byte for
# byte. The same 2,000 each time; with ALIKE_SECONDS others, for so long, as `make fuzz` does.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link sgdisk mkfs.fat mcopy

built=$top/${O:-o/release}
work=$tmp img=$tmp/program.raw
if [ -n "${ALIKE_SECONDS:-}" ]; then
	set -- --seconds "$ALIKE_SECONDS" --first "$(date +%s)000"
else
	set -- --programs 2000
fi

kernel "$tmp/program.efi" -DPROGRAM -DSEES=program -DTHEN=gives_up
"$top/tests/guest/image" "$tmp/program.efi" "$built/guest/child.efi" "$img"
for letter in a b; do
	echo $letter >"$tmp/$letter"
	mcopy -i "$img@@1M" "$tmp/$letter" "::/fixture-$letter"
done
"$top/tests/lib/alike" "$built/armvm-firmware" "$img" "$@" >"$tmp/said" 2>&1
status=$?
tail -n 1 "$tmp/said" | sed 's/^/# /'
ok "each tells the same alone and among others" test "$status" -eq 0
[ "$status" -eq 0 ] || sed 's/^/# /' "$tmp/said"
spared=$(sed -n 's/^programs .*, boots spared \([0-9]*\), .*/\1/p' "$tmp/said")
ok "boots were spared" test "${spared:-0}" -gt 100
for verdict in kernel-entered returned reset-loop; do
	ok "some end with $verdict" grep -q "^programs .* $verdict [0-9][0-9]" "$tmp/said"
done
tap_done
