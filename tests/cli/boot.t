#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# boot: the console, the trace, the screenshot, how it ends; with the emulator
# and a program that stands for a kernel.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link sgdisk mkfs.fat mcopy mke2fs qemu-img python3 qemu-system-aarch64

img=$tmp/good.raw work=$tmp
cp --sparse=always "$(sample grub)" "$tmp/bad.raw"
cp --sparse=always "$tmp/bad.raw" "$img"
. "$top/tests/checks/boot.emulator/pass"

before=$(sha256sum "$img")
exits 0 "an image that boots" "$armvm" boot "$img"
contains "says so" "the kernel was entered" "$tmp/exits.log"
exits 1 "one whose loader gives up" "$armvm" boot "$tmp/bad.raw"
contains "says who" 'BOOTAA64.EFI' "$tmp/exits.log"
"$armvm" boot --trace "$img" >"$tmp/trace" 2>/dev/null
ok "--trace shows calls of services" grep -q '"event":"call".*ExitBootServices' "$tmp/trace"
"$armvm" boot --trace "$img" >"$tmp/again" 2>/dev/null
ok "two traces are the same" cmp "$tmp/trace" "$tmp/again"
exits 0 "--screenshot" "$armvm" boot --screenshot "$tmp/screen.png" "$img"
ok "writes a PNG" sh -c "head -c 8 '$tmp/screen.png' | od -An -c | grep -q 'P   N   G'"
ok "the image is left as it was" test "$before" = "$(sha256sum "$img")"
qemu-img convert -O qcow2 "$img" "$tmp/good.qcow2"
exits 0 "a qcow2 image" "$armvm" boot "$tmp/good.qcow2"
qemu-img create -q -f qcow2 -b "$img" -F raw "$tmp/overlay.qcow2"
exits 3 "one with a backing file is not opened" "$armvm" boot "$tmp/overlay.qcow2"
exits 3 "no image" "$armvm" boot "$tmp/none"
exits 2 "the emulator knows no login" "$armvm" boot --until login "$img"
exits 2 "QEMU knows no trace" "$armvm" boot --firmware edk2 --trace "$img"
exits 0 "--scenario" "$armvm" boot --scenario tpm-dropped "$img"
exits 2 "of which one is wanted" "$armvm" boot --scenario all "$img"
exits 2 "which QEMU doesn't know either" "$armvm" boot --firmware edk2 --scenario kept "$img"
cp --sparse=always "$img" "$tmp/reset.raw"
img=$tmp/reset.raw
esp_kernel -DSEES=tpm -DTHEN=resets
img=$tmp/good.raw
exits 1 "a reset loop" "$armvm" boot --scenario tpm-dropped "$tmp/reset.raw"
contains "is called one" "3 times in a row" "$tmp/exits.log"

"$armvm" check --json --select boot "$img" >"$tmp/json"
ok "check boots by default" jq -e '.images[0].checks[] | select(.id == "boot.emulator") | .outcome == "pass"' "$tmp/json"
ok "and tells what it saw" jq -e '[.images[0].checks[].facts[].key] | contains(["kernel", "timeline"])' "$tmp/json"
"${armvm%-image}-firmware" --scenario list >"$tmp/names"
ok "in all scenarios, in the order of their table; there was no reset in tpm to follow up" \
	test "$(jq -r '.images[0].scenarios[].scenario' "$tmp/json")" = "$(grep -v tpm-dropped "$tmp/names")"
"$armvm" check --json --select boot "$tmp/reset.raw" >"$tmp/json"
ok "that of a reset loop has failed" jq -e '[.images[0].scenarios[] | select(.result != "ok")]
	| length == 1 and (.[0] | .scenario == "tpm-dropped" and .result == "failed"
		and .verdict == "reset-loop" and .boots == 3 and .written == "FixtureKept")' "$tmp/json"
ok "all of them are played then" \
	test "$(jq -r '.images[0].scenarios[].scenario' "$tmp/json")" = "$(cat "$tmp/names")"
"$armvm" check --select boot "$tmp/reset.raw" >"$tmp/report"
ok "in the table for people, too" grep -q '^ *tpm-dropped  *reset-loop .* FixtureKept$' "$tmp/report"
"$armvm" check --json --select boot.emulator "$tmp/good.raw" >"$tmp/json"
ok "boot.emulator alone plays one" jq -e '[.images[0].scenarios[].scenario] == ["first-boot"]' "$tmp/json"

# What the loader said before it stopped is reported of every scenario.
cp --sparse=always "$tmp/good.raw" "$tmp/words.raw"
what() { # ID
	"$armvm" check --json --select boot "$img" 2>/dev/null | jq -r --arg id "$1" '.images[0].checks[] |
		select(.id == $id) | "\(.severity) \(.outcome)", (.findings[] | .what, .advice)' >"$tmp/what"
}
img=$tmp/words.raw
esp_kernel -DSEES=foreign_order -DTHEN=complains
what boot.foreign-order
contains "a scenario that fails" "error finding" "$tmp/what"
contains "has the loader's words" 'the loader says "error: no such device: 5a3ab1e0-dead."' "$tmp/what"
contains "and what to do" "make the configuration anew" "$tmp/what"
esp_kernel -DSEES=foreign_order
what boot.foreign-order
contains "one that does not has none" "error pass" "$tmp/what"
# The cause stands above the question for a key, also where a loader puts the cursor before each character.
esp_kernel -DSEES=everything -DTHEN=panics
what boot.emulator
contains "a loader that waits for a key" "waits for a key" "$tmp/what"
contains "does not hide why" 'the loader says "PANIC: Unsupported protocol specified for kernel.": ' "$tmp/what"
contains "and has its remedy" "limine.conf" "$tmp/what"
esp_kernel -DSEES=foreign_order -DTHEN=asks
what boot.foreign-order
contains "words that nobody knows are the last on the screen" \
	'last on the screen: "Insert disk 2", "and press a key"' "$tmp/what"
# A file that the first boot leaves fails the second, with and without variables.
esp_kernel -DSEES=marked -DTHEN=complains
for id in boot.wiped boot.kept; do
	what $id
	contains "$id: the disk is the cause" "what that wrote to the disk is the cause" "$tmp/what"
	lacks "and not the variables" "its variables are gone" "$tmp/what"
done
esp_kernel -DSEES=marked
for id in boot.wiped boot.kept; do
	what $id
	contains "$id: a file that does no harm" "error pass" "$tmp/what"
done
esp_kernel -DSEES=wiped -DTHEN=complains
what boot.wiped
contains "where the variables are the cause, they are named" "its variables are gone" "$tmp/what"
img=$tmp/good.raw

# The loader on a FAT that is no ESP: whoever tries it goes beyond the specification.
cp --sparse=always "$tmp/good.raw" "$tmp/data.raw"
sgdisk -t 1:0700 "$tmp/data.raw" >"$tmp/sgdisk.log"
exits 1 "no ESP" "$armvm" check --select boot.emulator "$tmp/data.raw"
"$armvm" check --json --select boot.emulator "$tmp/data.raw" | jq -r '.images[0].checks[].findings[].what' >"$tmp/what"
contains "the finding names a firmware that boots it all the same" "edk2 boots it" "$tmp/what"
contains "and another" "u-boot boots it" "$tmp/what"
lacks "but not one that does not" "rust-hypervisor-firmware" "$tmp/what"
exits 0 "--quirks" "$armvm" boot --quirks edk2 "$tmp/data.raw"
exits 2 "of a firmware that is not known" "$armvm" boot --quirks bios "$tmp/data.raw"
exits 2 "a scenario that is not known" "$armvm" boot --scenario first-bot "$tmp/data.raw"

# A guest's patience does not end because the host is slow: where QEMU translates, time goes by instructions.
if [ "$(uname -m)" != aarch64 ]; then
	cp --sparse=always "$tmp/bad.raw" "$tmp/clock.raw"
	img=$tmp/clock.raw
	python3 "$lib/mkclock.py" "$tmp/loader"
	esp_put "$tmp/loader" /EFI/BOOT/BOOTAA64.EFI
	exits 0 "in QEMU instructions take their time whatever the host does" "$armvm" boot --firmware edk2 "$img"
fi

exits 3 "a boot that cannot take place leaves doubt" \
	env PATH=/nowhere "$armvm" check --select boot "$tmp/good.qcow2"
tap_done
