# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The Test Anything Protocol for shell tests. Source it first:
#
#	. "$(dirname "$0")/../lib/tap.sh"
#	requires sgdisk fsck.fat	# skips the whole file, or fails it in CI
#	skip "what" "why"		# one that cannot be tried here; fails in CI
#	ok "what" command args...	# passes when the command exits 0
#	exits 3 "what" command args...
#	contains "what" "text" file
#	schema=$(oracle FILE) && ok ...	# a file of tests/oracles
#	tap_done
#
# $armvm is the program under test, $tmp a folder that is removed at the end. Every `check` that $armvm runs writes a
# report beside what it does, by which tap_done sees whether reading and boots of an image contradict each other
# unseen (tests/lib/agree); one that a test asks for itself is read there as well. $built is the program itself, for
# who copies or traces it: what that judges is given to judged_too, so that no image stays outside (tests/lint/agree).

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
tap_count=0
tap_failures=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/armvm-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
built=$top/${O:-o/release}/armvm-image
seen=$tmp/.seen
mkdir "$seen" "$seen/reports"
armvm=$seen/armvm-image
# It needs no variable and no other program, so that tests can take these away.
cat >"$armvm" <<-END
	#!/bin/sh
	case "\$* " in
	*" -h "* | *" --help "*) ;;
	"check "*"--junit"*)
		before=
		for word in "\$@"; do
			case \$word in --junit=*) echo "\$PWD/\${word#--junit=}" >>"$seen/asked" ;; esac
			[ "\$before" != --junit ] || echo "\$PWD/\$word" >>"$seen/asked"
			before=\$word
		done
		;;
	"check "*)
		shift
		exec "$built" check --junit "$seen/reports/\$\$.xml" "\$@"
		;;
	esac
	exec "$built" "\$@"
END
chmod +x "$armvm"
ln -s "${built%-image}-firmware" "${armvm%-image}-firmware"
trap 'exit 130' INT TERM HUP

# package_of PROGRAM: what packages.txt says brings it.
package_of() {
	awk -v program="$1" '
		{ sub(/#.*/, "") }
		split($0, half, / : /) == 2 && index(" " half[2] " ", " " program " ") {
			print $1
			found = 1
			exit
		}
		END { if (!found) print program }' "$top/packages.txt"
}

requires() {
	for program in "$@"; do
		command -v "$program" >/dev/null ||
			skip_all "$program is missing (apt-get install $(package_of "$program"))"
	done
}

skip_all() { # WHY
	if [ -n "${CI:-}" ]; then
		echo "Bail out! $1, which CI must have"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

# oracle FILE: prints the path of a file that tests/oracles/install fetched.
oracle() {
	[ -s "$top/o/oracles/$1" ] && echo "$top/o/oracles/$1"
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# fail WHAT [FILE]: the file's end goes below as a diagnostic
fail() {
	tap_count=$((tap_count + 1))
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_count - $1"
	if [ -n "${2:-}" ]; then
		tail -n 30 "$2" | sed 's/^/# /'
	fi
}

skip() { # WHAT WHY
	if [ -n "${CI:-}" ]; then
		fail "$1: $2, which CI must have"
	else
		tap_count=$((tap_count + 1))
		echo "ok $tap_count - $1 # SKIP $2"
	fi
}

ok() {
	what=$1
	shift
	if "$@" >"$tmp/ok.log" 2>&1; then
		pass "$what"
	else
		fail "$what" "$tmp/ok.log"
	fi
}

exits() {
	want=$1 what=$2
	shift 2
	"$@" >"$tmp/exits.log" 2>&1
	got=$?
	if [ "$got" -eq "$want" ]; then
		pass "$what"
	else
		fail "$what (exit status $got, not $want)" "$tmp/exits.log"
	fi
}

contains() {
	if grep -qF -- "$2" "$3"; then
		pass "$1"
	else
		fail "$1" "$3"
	fi
}

lacks() {
	if [ -e "$3" ] && ! grep -qF -- "$2" "$3"; then
		pass "$1"
	else
		fail "$1" "$3"
	fi
}

# jq, which in a pipe nobody asks how it ended: what it could not read is no empty answer. With -e, 1 and 4 are answers.
jq() {
	command jq "$@"
	jq_ended=$?
	case $jq_ended in 0 | 1 | 4) ;; *) echo "jq $*: exit status $jq_ended" >>"$seen/unread" ;; esac
	return "$jq_ended"
}

# judged_too IMAGE...: boots and reads images that no report was left of
judged_too() {
	"$seen/armvm-image" check "$@" >/dev/null 2>&1
}

# Whether what was read of images and what boots of them showed contradict each other unseen.
agrees_unseen() {
	[ ! -e "$seen/asked" ] || while read -r file; do
		[ -f "$file" ] && cp "$file" "$seen/reports/asked-$(cksum <"$file" | tr ' ' -).xml"
	done <"$seen/asked"
	ls "$seen"/reports/*.xml >"$seen/list" 2>/dev/null || return 0
	command -v python3 >/dev/null || return 0
	"$top/tests/lib/agree" "$seen/reports" >"$seen/agree.log" 2>&1 ||
		fail "reading and boots contradict each other nowhere unseen" "$seen/agree.log"
}

tap_done() {
	agrees_unseen
	[ ! -s "$seen/unread" ] || fail "jq can read all that it is given" "$seen/unread"
	echo "1..$tap_count"
	[ "$tap_failures" -eq 0 ] || exit 1
	exit 0
}
