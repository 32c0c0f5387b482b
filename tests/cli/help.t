#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# -h, the manual's synopsis and the options' descriptions agree; wrong usage is 2.
. "$(dirname "$0")/../lib/tap.sh"
page=$top/man/armvm-image.1

# The long options that a piece of the manual names.
manual_options() { grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/' | sort -u; }
help_options() { grep -oE -- '--[a-z][a-z-]+' | grep -vx -- --help | sort -u; }

for verb in build check fix boot info glance explain; do
	exits 0 "$verb -h exits with 0" "$armvm" "$verb" -h
	"$armvm" "$verb" -h >"$tmp/help"
	help_options <"$tmp/help" >"$tmp/in-help"
	sed -n "/^\\.Ss $verb\$/,/^\\.S[sh] /p" "$page" | manual_options >"$tmp/in-manual"
	if cmp -s "$tmp/in-help" "$tmp/in-manual"; then
		pass "$verb -h and the manual name the same options"
	else
		diff "$tmp/in-help" "$tmp/in-manual" >"$tmp/diff"
		fail "$verb -h and the manual name the same options" "$tmp/diff"
	fi
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$page" | sed -n "/^\\.Cm $verb\$/,/^\\.Nm/p" |
		manual_options >"$tmp/in-synopsis"
	"$armvm" "$verb" --bogus 2>&1 | sed 1d | help_options >"$tmp/in-usage"
	grep -vxF -f "$tmp/in-synopsis" "$tmp/in-usage" >"$tmp/diff"
	if [ -s "$tmp/diff" ]; then
		fail "the manual's synopsis of $verb has what the usage has" "$tmp/diff"
	else
		pass "the manual's synopsis of $verb has what the usage has"
	fi
	exits 2 "$verb with an unknown option is wrong usage" "$armvm" "$verb" --bogus
done
exits 2 "no verb is wrong usage" "$armvm"
exits 2 "an unknown verb is wrong usage" "$armvm" frobnicate
exits 2 "check without an image is wrong usage" "$armvm" check
exits 2 "an unknown check is wrong usage" "$armvm" check --select no.such "$tmp/x"
exits 0 "--version" "$armvm" --version
for call in --version --help "check -h"; do
	# shellcheck disable=SC2086 # words
	closed() { "$armvm" $call >&-; }
	# shellcheck disable=SC2086
	full() { "$armvm" $call >/dev/full; }
	exits 1 "$call that nobody can read is said to be so" closed
	exits 1 "and one that finds no room" full
done
exits 3 "an image that is not there cannot be determined" "$armvm" check "$tmp/none"
tap_done
