#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The small root file system with each loader, and on each file system.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires qemu-system-aarch64 jq
for loader in shim grub systemd-boot uki; do
	build_args='' true_warning=''
	# Nothing in the small root file system makes the unified image anew.
	[ $loader != uki ] || build_args='--loader uki' true_warning=loader.updates
	built_and_boots "small-$loader" small-rootfs --loader $loader
done
build_args='' true_warning=''
built_and_boots small-btrfs small-rootfs --fs btrfs
tap_done
