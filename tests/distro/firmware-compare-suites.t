#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# As firmware-compare.t, with the loaders and kernels of other Debian releases.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy debugfs qemu-system-aarch64

for suite in bullseye trixie sid; do
	for loader in shim grub systemd-boot uki; do
		want=kernel
		# systemd's stub starts kernels of AArch64 since its release 250; that of Debian 11 is 247.
		[ $suite-$loader != bullseye-uki ] || want="no kernel"
		image $suite --loader $loader -- --suite $suite --loader $loader || continue
		alike "$suite, $loader" "$want" "$tmp/$suite.raw"
		if [ $suite-$loader = sid-grub ]; then
			kernel_alone $suite stub
			alike "$suite, a kernel alone" kernel "$tmp/stub.raw"
		fi
		rm -f "$tmp"/*.raw
	done
done
tap_done
