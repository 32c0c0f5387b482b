#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An image in each of the formats that are accepted plays the whole matrix and
# is judged as the raw image that QEMU makes of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires python3 clang lld-link jq sgdisk mkfs.fat mcopy mke2fs qemu-img qemu-nbd

firmware=$top/${O:-o/release}/armvm-firmware
work=$tmp

cp --sparse=always "$(sample grub)" "$tmp/disk.raw" && img=$tmp/disk.raw
python3 -c 'import sys; sys.stdout.buffer.write(bytes((n ^ n >> 8 ^ n >> 16) & 255 for n in range(4 << 20)))' >"$tmp/large"
esp_put "$tmp/large" /large
esp_kernel -DSEES=large_is_wrong -DTHEN=gives_up
# Without partitions and with 4 KiB sectors it is a removable medium.
truncate -s 64M "$tmp/large.raw"
mkfs.fat -S 4096 "$tmp/large.raw" >/dev/null
mmd -i "$tmp/large.raw" ::/EFI ::/EFI/BOOT && mcopy -i "$tmp/large.raw" "$work/loader" ::/EFI/BOOT/BOOTAA64.EFI &&
	mcopy -i "$tmp/large.raw" "$tmp/large" ::/large

# judged FILE: what check makes of it, but for the file it is in
judged() {
	"$armvm" check --json "$1" | jq -c '.images[0].checks[] | select(.id | startswith("container.") | not)
		| [.id, .outcome, .reason, (.findings | map(.what))]'
}

# plays_like_raw NAME OPTION...: several at a time, also more than can read at a time, and one alone
plays_like_raw() {
	name=$1
	shift
	for which in '--jobs 1 --scenario all' '--jobs 2 --scenario all' '--jobs 8 --scenario all' '--scenario first-boot'; do
		# shellcheck disable=SC2086 # words
		"$firmware" $which "$@" "$tmp/same.raw" >"$tmp/want" 2>&1
		# shellcheck disable=SC2086
		"$firmware" $which "$@" "$tmp/image" >"$tmp/got" 2>&1
		diff "$tmp/want" "$tmp/got" >"$tmp/diff" && pass "$name: $which" || fail "$name: $which" "$tmp/diff"
		contains "$name: a kernel is entered" '"verdict":"kernel-entered"' "$tmp/got"
	done
}

# convert FORMAT FILE OPTION...: $tmp/image, and $tmp/same.raw: the format may have rounded the size
convert() {
	format=$1 from=$2
	shift 2
	ok "$format $* is made" qemu-img convert -f raw -O "$format" "$@" "$from" "$tmp/image"
	ok "and read by QEMU" qemu-img convert -f "$format" -O raw "$tmp/image" "$tmp/same.raw"
}

# like_raw NAME FORMAT OPTION...
like_raw() {
	called=$1 format=$2
	shift 2
	convert "$format" "$tmp/large.raw" "$@"
	plays_like_raw "$called, 4 KiB" --sector-size 4096 --removable
	convert "$format" "$tmp/disk.raw" "$@"
	plays_like_raw "$called" --disk
	judged "$tmp/same.raw" >"$tmp/want"
	judged "$tmp/image" >"$tmp/got"
	diff "$tmp/want" "$tmp/got" >"$tmp/diff" && pass "$called is judged alike" || fail "$called is judged alike" "$tmp/diff"
	contains "$called is booted" '["boot.full","pass"' "$tmp/got"
}

like_raw qcow2-v2 qcow2 -o compat=0.10
like_raw qcow2-v3 qcow2 -o compat=1.1
like_raw qcow2-zlib qcow2 -c -o compression_type=zlib
like_raw qcow2-zstd qcow2 -c -o compression_type=zstd
like_raw qcow2-extended qcow2 -o extended_l2=on
like_raw vmdk-sparse vmdk -o subformat=monolithicSparse
like_raw vmdk-stream vmdk -o subformat=streamOptimized
like_raw vdi vdi
like_raw vhdx vhdx
like_raw vhdx-fixed vhdx -o subformat=fixed
like_raw vpc-dynamic vpc
like_raw vpc-exact vpc -o force_size=on
like_raw vpc-fixed vpc -o subformat=fixed
tap_done
