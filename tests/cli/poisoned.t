#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware with the address sanitizer: guest memory is poisoned but for what a service was given
# (src/firmware/mem/grant.h). It emits what the one without emits, of every guest program, of
# every fixture that sees something in the machine (tests/lib/fakekernel.c), and of the samples.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link sgdisk mkfs.fat mcopy mke2fs openssl python3 sbsign sbsiglist sbattach

firmware=$top/${O:-o/release}/armvm-firmware
poisoned=$top/o/asan/armvm-firmware
guest=$top/${O:-o/release}/guest
work=$tmp
requires "$poisoned"

same() { # NAME OPTION...: it emits the same of $img, and is not stopped
	what=$1
	shift
	"$firmware" --trace=answers --console "$@" --disk "$img" >"$tmp/want" 2>/dev/null
	"$poisoned" --trace=answers --console "$@" --disk "$img" >"$tmp/got" 2>"$tmp/err"
	if grep -m 1 'ERROR: AddressSanitizer' "$tmp/err" >"$tmp/why" || ! cmp "$tmp/want" "$tmp/got" >"$tmp/why"; then
		fail "$what" "$tmp/why"
	else
		pass "$what"
	fi
}

for program in "$guest"/*.efi; do
	name=$(basename "$program" .efi)
	[ "$name" != child ] || continue
	img=$tmp/guest.img
	"$top/tests/guest/image" "$program" "$guest/child.efi" "$img"
	same "program $name"
	[ "$name" != fonts ] || same "program $name, with a display" --gop
done

img=$tmp/fixture.raw
cp --sparse=always "$(sample grub)" "$img"
echo a >"$tmp/a" && echo b >"$tmp/b"
esp_put "$tmp/a" /fixture-a
esp_put "$tmp/b" /fixture-b
fixtures=$(sed -n '/^\/\* ---- SEES/,/^\/\* ---- THEN/s/^static bool \([a-z_]*\)(void)$/\1/p' "$top/tests/lib/fakekernel.c")
for sees in $fixtures; do
	esp_kernel -DSEES="$sees" -DTHEN=gives_up
	same "fixture $sees" --jobs 2 --scenario all,tpm-dropped
done
ok "there are fixtures" test "$(echo "$fixtures" | wc -l)" -ge 15

for kind in grub shim systemd-boot uki; do
	img=$(sample $kind)
	same "sample $kind" --jobs 2 --scenario all,tpm-dropped
done
tap_done
