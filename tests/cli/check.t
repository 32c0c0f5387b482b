#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: exit statuses, selection, the forms of the report, every format of
# QEMU, and that the image is left as it was.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq qemu-img sgdisk mkfs.fat mcopy mke2fs

good=$tmp/good.raw
bad=$tmp/bad.raw
cp --sparse=always "$(sample grub)" "$good"
cp --sparse=always "$good" "$bad"
# shellcheck disable=SC2034 # for esp_write
img=$bad work=$tmp
head -c 64 /dev/zero | esp_write /ubootefi.var

exits 0 "a portable image" "$armvm" check --boot none "$good"
exits 1 "one with an error" "$armvm" check --boot none "$bad"
exits 1 "an error in one of several" "$armvm" check --boot none "$good" "$bad" "$good"
exits 3 "one that is not there" "$armvm" check --boot none "$tmp/none"
exits 1 "an error counts for more than doubt" "$armvm" check --boot none "$tmp/none" "$bad"
mkdir "$tmp/empty"
exits 3 "a folder without images" "$armvm" check --boot none "$tmp/empty"
exits 0 "the error ignored" "$armvm" check --boot none --ignore esp.variable-store "$bad"
exits 0 "its family ignored" "$armvm" check --boot none --ignore esp "$bad"
exits 1 "only that check" "$armvm" check --boot none --select 'esp.variable-*' "$bad"
exits 0 "only another family" "$armvm" check --boot none --select gpt "$bad"
exits 2 "a word that is no check" "$armvm" check --boot none --select esp.nonsense "$bad"
exits 2 "a firmware that is none" "$armvm" check --boot bios "$bad"

"$armvm" check --boot none "$bad" >"$tmp/report"
contains "the report names the check" esp.variable-store "$tmp/report"
contains "and the clause" VM-8 "$tmp/report"
contains "and the place" ubootefi.var "$tmp/report"
contains "and says what to do" "To mend it" "$tmp/report"
contains "and ends in the conclusion" "bad.raw: not portable (1 error" "$tmp/report"
lacks "no escape sequences in a file" "$(printf '\033')" "$tmp/report"
"$armvm" check --boot none "$good" >"$tmp/report"
ok "a good image's report is a line a family" test "$(wc -l <"$tmp/report")" -eq 11
contains "with what is booted" "GRUB 2.06 -> Linux" "$tmp/report"
"$armvm" check --boot none -q "$good" "$bad" >"$tmp/brief"
ok "-q prints one line an image" test "$(wc -l <"$tmp/brief")" -eq 2

"$armvm" check --boot none --json "$good" "$bad" >"$tmp/json"
ok "--json is a document" jq -e '.schema == 1 and (.images | length) == 2' "$tmp/json"
ok "with the conclusions" jq -e '[.images[].conclusion] == ["portable", "not-portable"]' "$tmp/json"
ok "and the finding" jq -e '.images[1].checks[] | select(.id == "esp.variable-store")
	| .outcome == "finding" and .severity == "error" and (.findings[0].where | test("ubootefi"))' "$tmp/json"
"$armvm" check --boot none --json "$tmp/none" >"$tmp/json"
ok "--json tells of an image that cannot be opened" \
	jq -e '.images[0].conclusion == "undetermined" and (.images[0].error | length) > 0' "$tmp/json"

# vpc rounds sizes up to whole cylinders unless asked not to.
for format in qcow2 vmdk vdi vhdx vpc; do
	exact=
	[ $format != vpc ] || exact="-o force_size=on"
	qemu-img convert -f raw -O $format $exact "$good" "$tmp/image.$format"
	before=$(sha256sum "$tmp/image.$format")
	exits 0 "$format" "$armvm" check --boot none "$tmp/image.$format"
	ok "$format is left as it was" test "$before" = "$(sha256sum "$tmp/image.$format")"
	rm "$tmp/image.$format"
done
qemu-img create -q -f qcow2 -b "$good" -F raw "$tmp/overlay.qcow2"
exits 1 "an image with a backing file is not opened" "$armvm" check --boot none "$tmp/overlay.qcow2"

qemu-img convert -f raw -O qcow2 "$good" "$tmp/image.qcow2"
mkdir "$tmp/bin"
exits 3 "without qemu-nbd it cannot be determined" env PATH="$tmp/bin" "$armvm" check --boot none "$tmp/image.qcow2"
env PATH="$tmp/bin" "$armvm" check --boot none "$tmp/image.qcow2" >"$tmp/report" 2>&1
contains "and the package is named" qemu-utils "$tmp/report"

# A root file system that only libguestfs reads (the magic number of f2fs), where that cannot start.
cp --sparse=always "$good" "$tmp/f2fs.raw"
truncate -s 32M "$tmp/f2fs"
printf '\020\040\365\362' | dd of="$tmp/f2fs" bs=1 seek=1024 conv=notrunc status=none
dd if="$tmp/f2fs" of="$tmp/f2fs.raw" bs=1M seek=301 conv=notrunc status=none
exits 3 "a guest that cannot be read leaves doubt" env LIBGUESTFS_BACKEND=direct \
	LIBGUESTFS_HV=/nonexistent LIBGUESTFS_PATH=/nonexistent "$armvm" check --boot none \
	--select guest,nvram "$tmp/f2fs.raw"

# A root in a logical volume of a kind that is not read.
head -c 8M /dev/zero >"$tmp/thin"
"$top/tests/lib/mklvm.py" "$tmp/pv" vg --type thin "root=$tmp/thin"
truncate -s 32M "$tmp/pv"
cp --sparse=always "$good" "$tmp/thin.raw"
dd if="$tmp/pv" of="$tmp/thin.raw" bs=1M seek=301 conv=notrunc status=none
exits 3 "so does one in a thin volume" "$armvm" check --boot none --select guest,nvram "$tmp/thin.raw"

exits 0 "info" "$armvm" info "$good"
contains "info draws the partitions" "[1 esp" "$tmp/exits.log"
contains "info tells what boots" "GRUB" "$tmp/exits.log"
exits 3 "info on nothing" "$armvm" info "$tmp/none"
exits 0 "explain" "$armvm" explain esp.variable-store
contains "explain prints the manual's entry" "Error, fixable; VM-8" "$tmp/exits.log"
tap_done
