#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every repair mends what its check's fixture has: see fix.sh.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/checks/fix.sh"
requires jq sgdisk mkfs.fat fsck.fat mcopy mke2fs e2fsck debugfs python3 cpio qemu-img
pattern=${FIX_ONLY:-.}
"$armvm" explain | awk -F'\t' '$5 == "fixable" { print $1 }' | grep -e "$pattern" >"$tmp/ids"
while read -r id; do
	if (fix_fixture "$id") >"$tmp/why" 2>&1 </dev/null; then
		pass "$id"
	else
		fail "$id" "$tmp/why"
	fi
	rm -rf "${tmp:?}/$id.fix"
done <"$tmp/ids"
tap_done
