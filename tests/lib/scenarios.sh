# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# What armvm-firmware emits of several scenarios, taken apart and held against
# what it emits of each alone. Wants $firmware.

names=$("$firmware" --scenario list)

# All of them: "all" leaves out what follows up another one.
every=all,tpm-dropped

# group NAME <events: what is emitted of one scenario, without the event that names it
group() {
	jq --unbuffered -Rr --arg name "$1" -n '
		reduce inputs as $line ({mine: false, out: []};
			($line | fromjson) as $e |
			if $e.event == "scenarios" then .mine = ($e.names | index($name) != null) | .out += (if .mine then [""] else [] end)
			elif .mine then .out += [$line] else . end)
		| .out | join("\n")'
}

# alike NAME [OPTION]: $tmp/NAME.raw emits the same whatever is played beside it, and however many at a time
alike() {
	image=$tmp/$1.raw
	set -- "$1${2:+ $2}" "${2-}"
	"$firmware" --scenario $every --jobs 2 $2 --disk "$image" >"$tmp/all"
	"$firmware" --scenario $every --jobs 1 $2 --disk "$image" >"$tmp/all.1"
	ok "$1: one job tells what two tell" cmp "$tmp/all" "$tmp/all.1"
	"$firmware" --scenario $every --jobs 2 $2 --verify-reuse --disk "$image" >"$tmp/all.verified" 2>"$tmp/stderr"
	cmp -s "$tmp/all" "$tmp/all.verified" && pass "$1: what is reused is what is played" ||
		fail "$1: what is reused is what is played" "$tmp/stderr"
	head -n 1 "$tmp/all" | jq -r '.names[]' >"$tmp/names"
	ok "$1: all of them are played" test "$(sort "$tmp/names")" = "$(echo "$names" | sort)"
	: >"$tmp/differ"
	for name in $names; do
		"$firmware" --scenario "$name" $2 --disk "$image" >"$tmp/solo"
		group "$name" <"$tmp/all" >"$tmp/among"
		# It is named twice: among all, and before its own events.
		{ echo && echo && cat "$tmp/solo"; } | cmp -s - "$tmp/among" || {
			echo "$name:"
			sed '/^$/d' "$tmp/among" | diff "$tmp/solo" - | head -n 10
		} >>"$tmp/differ"
	done
	[ -s "$tmp/differ" ] && fail "$1: each tells what it tells alone" "$tmp/differ" ||
		pass "$1: each tells what it tells alone"
}

# verdicts NAME WANT: NAME=VERDICT of those in which no kernel was entered
verdicts() {
	jq -rs '[foreach .[] as $e (null; if $e.event == "scenarios" then $e.names else . end;
			select($e.event == "verdict" and $e.verdict != "kernel-entered")
			| .[] + "=" + $e.verdict)] | join(" ")' "$tmp/all" >"$tmp/verdicts"
	[ "$(cat "$tmp/verdicts")" = "$2" ] && pass "$1: fails in ${2:-none}" || fail "$1: fails in ${2:-none}" "$tmp/verdicts"
}
