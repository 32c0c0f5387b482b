#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check --select: the conclusion is about what was selected, and says so; what has nothing to judge because of a fault
# that was not selected can't tell. That holds for every fixture, too: selections_hold in tests/checks/lib.sh.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample "${1:-grub}")" "$img"; }
check() { "$armvm" check --boot none -q "$@" "$img"; }

for kind in grub shim systemd-boot uki; do
	sampled $kind
	for family in container gpt esp loader nvram guest boot; do
		exits 0 "$kind is whole: $family alone" check --select $family
		contains "and says that this is about it" ": portable as far as selected (" "$tmp/exits.log"
	done
done
exits 0 "all checks" check
lacks "no selection, no word of it" selected "$tmp/exits.log"
exits 0 "warnings and notes left out" check --ignore gpt.grow,nvram
lacks "they make no image unfit" selected "$tmp/exits.log"
exits 0 "an error's check left out" check --ignore esp.fat32
contains "is told" "as far as selected" "$tmp/exits.log"
"$armvm" check --boot none --json --select gpt "$img" >"$tmp/json" 2>/dev/null
ok "JSON: a part" jq -e '.images[0] | .partial and .conclusion == "portable"' "$tmp/json"
"$armvm" check --boot none --json "$img" >"$tmp/json" 2>/dev/null
ok "JSON: the whole" jq -e '.images[0].partial | not' "$tmp/json"
cp "$img" "$tmp/other.raw"
exits 0 "two images" "$armvm" check --boot none -q --select gpt "$img" "$tmp/other.raw"
contains "the summary is about the selection" "0 could not be determined, as far as selected" "$tmp/exits.log"
exits 0 "a page" "$armvm" check --boot none -q --select gpt --report "$tmp/page.html" "$img"
contains "says so" "Portable as far as selected" "$tmp/page.html"

sampled
root_del "/boot/vmlinuz-$version"
exits 3 "a kernel that is missing: the guest alone" "$armvm" check --boot none --select guest "$img"
contains "names who reports it" "see loader.kernel, which was not selected" "$tmp/exits.log"
exits 3 "and with that check left out" check --ignore loader.kernel
exits 0 "the partitions alone are fine" check --select gpt
exits 1 "both" check --select guest,loader.kernel
sampled
dd if=/dev/zero of="$img" bs=1M seek=$((root_offset >> 20)) count=32 conv=notrunc status=none
exits 3 "no root file system: the guest alone" check --select guest
exits 3 "one check of it" check --select guest.fs-errors
exits 1 "and the loader" check --select guest,loader
sampled
exits 3 "no boot comes to a kernel: a later one alone" "$armvm" check -q --select boot.kept "$img"
exits 1 "and the first" "$armvm" check -q --select boot.kept,boot.emulator "$img"
tap_done
