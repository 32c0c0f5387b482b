#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian 12 with signed shim and signed GRUB, on ext4.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires mmdebstrap qemu-system-aarch64 jq
needs_root
built_and_boots bookworm-shim distro-rootfs --variant shim
tap_done
