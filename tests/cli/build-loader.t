#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each loader that a root file system ships gets the files that it needs on the
# ESP, where it looks for them.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires sfdisk mcopy mdir mke2fs debugfs jq

# build KIND [option]...: $tmp/esp.list names the files on the ESP of the result
build() {
	make_rootfs "$tmp/$1.img" "$1"
	kind=$1
	shift
	ok "$kind $*" "$armvm" build --no-verify --force --format raw "$@" -o "$tmp/a.raw" "$tmp/$kind.img"
	cut_partition "$tmp/a.raw" 1 "$tmp/esp"
	mdir -/ -b -i "$tmp/esp" ::/ >"$tmp/esp.list"
}
has() { contains "  $1" "::$1" "$tmp/esp.list"; }

build shim
for file in /EFI/BOOT/BOOTAA64.EFI /EFI/BOOT/grubaa64.efi /EFI/BOOT/grub.cfg /EFI/debian/grub.cfg; do
	has $file
done
lacks "  no fbaa64.efi, which writes variables" "fbaa64" "$tmp/esp.list"
mcopy -n -i "$tmp/esp" ::/EFI/debian/grub.cfg "$tmp/stub.cfg"
contains "  the stub finds the root by UUID" 5a3ab1e0-0000-4000-8000-000000000002 "$tmp/stub.cfg"

build shim --loader shim
has /EFI/BOOT/grubaa64.efi
build grub
has /EFI/BOOT/BOOTAA64.EFI
has /EFI/debian/grub.cfg
build systemd-boot
has /EFI/BOOT/BOOTAA64.EFI
has /loader/loader.conf
ok "  an entry" grep -q '::/loader/entries/.*\.conf' "$tmp/esp.list"
ok "  the ESP has room for updates of kernels" test "$(stat -c %s "$tmp/esp")" -ge 536870912

exits 2 "a word that is no loader" "$armvm" build --loader lilo "$tmp/grub.img"
exits 1 "a file that is not there" "$armvm" build --no-verify --loader ./lilo.efi -o "$tmp/b" "$tmp/grub.img"
printf 'not an EFI application\n' >"$tmp/text.efi"
exits 1 "a file that is no EFI application" "$armvm" build --no-verify --loader "$tmp/text.efi" \
	-o "$tmp/b.qcow2" "$tmp/grub.img"
ok "  leaves no output" test ! -e "$tmp/b.qcow2"
tap_done
