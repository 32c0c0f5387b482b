#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A folder of the guest that is damaged: what is looked for in it is not missing, and the check that asks is open.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs jq

img=$tmp/good.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
for folder in /usr/sbin /var/lib/shim-signed; do root_mkdir $folder; done
cp --sparse=always "$img" "$tmp/good.copy"
at=$(($(sgdisk -i 2 "$img" | awk '/First sector/ {print $3}') * 512))

# damage FOLDER: its first block lies behind the end
damage() {
	cp --sparse=always "$tmp/good.copy" "$img"
	debugfs -w -R "set_inode_field $1 block[5] 99999999" "$img?offset=$at" >"$tmp/debugfs" 2>&1
}

# outcome CHECK: how it ends for the image
outcome() {
	"$armvm" check --boot none --json "$img" >"$tmp/json"
	jq -r --arg id "$1" '.images[0].checks[] | select(.id == $id) | .outcome' "$tmp/json"
}

# open CHECK FOLDER: nobody knows, where the folder is damaged, and the reason names it
open() {
	cp --sparse=always "$tmp/good.copy" "$img"
	ok "$1: passes where $2 can be read" test "$(outcome "$1")" = pass
	damage "$2"
	ok "$1: is open where it cannot" test "$(outcome "$1")" = inconclusive
	ok "$1: and says why" jq -e --arg id "$1" --arg folder "$2" '.images[0].checks[] | select(.id == $id)
		| .reason | contains("whether there is " + $folder)' "$tmp/json"
}

open loader.updates /usr/sbin
open guest.next-command-line /usr/sbin
open nvram.mok /var/lib/shim-signed
tap_done
