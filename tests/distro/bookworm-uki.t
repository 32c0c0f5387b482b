#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian 12 and a unified kernel image put together from systemd's stub.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires mmdebstrap qemu-system-aarch64 jq
needs_root
build_args='--loader uki'
# Debian has nothing that makes the fallback's unified kernel image anew.
true_warning=loader.updates
built_and_boots bookworm-uki distro-rootfs --variant systemd-boot
tap_done
