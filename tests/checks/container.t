#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The fixtures of the container family: see lib.sh.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires qemu-img
try_fixtures 'container.*'
