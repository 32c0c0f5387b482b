# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For tests that ask what one check says of $img. After tap.sh.

# Writes what the check says to $tmp/found: all in a line, then from its first word, and from the first finding's place.
ask_check() { # ID OPTION...
	(shift && "$armvm" check "$@" --json "$img" 2>/dev/null) | jq -r --arg id "$1" '.images[0].checks[] | select(.id == $id)
		| (.findings | map("\(.where): \(.what)") | join("; ")) as $placed
		| "is \(.outcome): \(.reason // "") \($placed)",
		"begins \(.outcome): \(.reason // "")\(.findings | map(.what) | join("; "))",
		"begins \(.outcome): \($placed)"' >"$tmp/found"
}

# found WHAT ID OUTCOME TEXT [OPTION...]: the check ends so, and says TEXT in a finding ("WHERE: WHAT") or as its reason;
# "" is any. Options stand in place of --boot none.
found() {
	[ $# -gt 4 ] || set -- "$1" "$2" "$3" "$4" --boot none
	(id=$2 && shift 4 && ask_check "$id" "$@")
	contains "$1: $3" "is $3: " "$tmp/found"
	[ -z "$4" ] || contains "$1: why" "$4" "$tmp/found"
}

# found_first WHAT ID OUTCOME TEXT: the check ends so, and TEXT is what its reason, or else its first finding, begins with.
found_first() {
	ask_check "$2" --boot none
	contains "$1" "begins $3: $4" "$tmp/found"
}
