#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The fixtures of the boot family: see lib.sh.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link qemu-system-aarch64
try_fixtures 'boot.*'
