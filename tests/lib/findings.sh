# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For tests that ask what one check says of $img. After tap.sh.

# found WHAT ID OUTCOME TEXT [OPTION...]: the check ends so, and says TEXT in a finding ("WHERE: WHAT") or as its reason;
# "" is any. Options stand in place of --boot none.
found() {
	[ $# -gt 4 ] || set -- "$1" "$2" "$3" "$4" --boot none
	(shift 4 && "$armvm" check "$@" --json "$img" 2>/dev/null) | jq -r --arg id "$2" '.images[0].checks[] | select(.id == $id)
		| "is \(.outcome): \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))"' >"$tmp/found"
	contains "$1: $3" "is $3: " "$tmp/found"
	[ -z "$4" ] || contains "$1: why" "$4" "$tmp/found"
}
