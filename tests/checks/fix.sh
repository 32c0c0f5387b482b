# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# For fix.t: each check that has a repair has its `fail` fixture mended, and
# must have nothing to report afterwards. A fixture that cannot be mended has a line
# `# stays: REASON`; then the image must be left as it was.

# The findings of a report, a line each: id and outcome of what is no pass.
findings() { # JSON
	jq -r '.images[0].checks[] | select(.outcome == "finding") | .id' "$1" | sort -u
}

fix_fixture() { # ID
	id=$1
	recipe=$top/tests/checks/$id/fail
	work=$tmp/$id.fix
	mkdir -p "$work"
	from=$(header_value sample "$recipe")
	img=$work/image.raw
	cp --sparse=always "$(sample "${from:-grub}")" "$img" || return 1
	# shellcheck disable=SC1090
	(cd "$work" && . "$recipe" && echo "$img" >"$work/img") || {
		echo "the recipe failed"
		return 1
	}
	img=$(cat "$work/img")
	before=$(stat -c '%Z %s' "$img")
	"$armvm" fix --no-verify --json --only "$id" --force -o "$work/fixed" "$img" >"$work/json" 2>"$work/stderr"
	status=$?
	if [ "$before" != "$(stat -c '%Z %s' "$img")" ]; then
		echo "the input was changed"
		return 1
	fi
	if grep -q '^# stays:' "$recipe"; then
		[ -e "$work/fixed" ] && echo "it was not to be mended" && return 1
		outcome=$(jq -r '.images[0].outcome' "$work/json")
		[ "$status" -ne 0 ] && [ "$outcome" = unable ] &&
			[ -n "$(jq -r --arg id "$id" '.images[0].left[] | select(.id == $id) | .why' "$work/json")" ] &&
			return 0
		echo "exit status $status, outcome $outcome"
		cat "$work/stderr" "$work/json"
		return 1
	fi
	if [ ! -e "$work/fixed" ]; then
		echo "exit status $status, nothing written"
		cat "$work/stderr" "$work/json"
		return 1
	fi
	"$armvm" check --json --boot none "$work/fixed" >"$work/after" 2>>"$work/stderr"
	findings "$work/after" >"$work/left"
	if grep -qx "$id" "$work/left"; then
		echo "it is still there"
		jq -c '.images[0].mended, .images[0].left' "$work/json"
		return 1
	fi
	"$armvm" fix --no-verify --json --only "$id" -o "$work/twice" "$work/fixed" >"$work/again" 2>>"$work/stderr"
	if [ -e "$work/twice" ]; then
		echo "a second fix found something to do"
		jq -c '.images[0].mended' "$work/again"
		return 1
	fi
}
