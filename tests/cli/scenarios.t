#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware --scenario: its usage, the order of what is told, and that a
# scenario tells among others what it tells alone.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link jq sgdisk mkfs.fat mcopy mke2fs

firmware=$top/${O:-o/release}/armvm-firmware
names=$(sed -n 's/.*{ \.name = "\([^"]*\)".*/\1/p' "$top/src/firmware/scenario/scenario.c")
work=$tmp img=$tmp/plain.raw

# image NAME FLAG...: $tmp/NAME.raw with a kernel made with these flags (fakekernel.c)
image() {
	img=$tmp/$1.raw
	shift
	cp --sparse=always "$(sample grub)" "$img" && esp_kernel "$@"
}

# group NAME <events: what is told of one scenario, without the event that names it
group() {
	jq --unbuffered -Rr --arg name "$1" -n '
		reduce inputs as $line ({mine: false, out: []};
			($line | fromjson) as $e |
			if $e.event == "scenarios" then .mine = ($e.names | index($name) != null) | .out += (if .mine then [""] else [] end)
			elif .mine then .out += [$line] else . end)
		| .out | join("\n")'
}

# ---- usage

usage() { # WHAT WORDS ARG...: status 2, nothing on stdout, one line that has these words
	what=$1 words=$2
	shift 2
	"$firmware" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ "$status" -eq 2 ] && [ ! -s "$tmp/out" ] && head -n 1 "$tmp/err" | grep -qF -- "$words"; then
		pass "$what"
	else
		echo "status $status" >>"$tmp/err"
		fail "$what" "$tmp/err"
	fi
}

image plain
usage "an unknown name" "--scenario first-bot: no such scenario" --scenario first-bot --disk "$img"
ok "is one line" test "$(wc -l <"$tmp/err")" -eq 1
usage "an unknown name in a list" "--scenario x: no such scenario" --scenario first-boot,x,kept --disk "$img"
usage "the beginning of a name is none" "--scenario moved-: no such" --scenario moved- --disk "$img"
usage "a list that ends in a comma" "no such scenario" --scenario first-boot, --disk "$img"
usage "no name" "no such scenario" --scenario '' --disk "$img"
usage "an unknown policy" "--set-variable x: no such policy" --set-variable x --disk "$img"
usage "no jobs" "--jobs 0: not a number" --jobs 0 --disk "$img"
usage "--screenshot with several" "go with a single scenario" \
	--scenario all --screenshot "$tmp/screen.png" --disk "$img"
usage "--run with several" "go with a single scenario" \
	--scenario first-boot,kept --run "$work/loader" --disk "$img"
exits 0 "--run with one" "$firmware" --scenario acpi --run "$work/loader" --disk "$img"

# ---- order

"$firmware" --scenario kept,stale,first-boot,fdt --disk "$img" >"$tmp/list"
head -n 1 "$tmp/list" >"$tmp/first"
contains "a list begins with all its names" \
	'{"event":"scenarios","t":0,"names":["kept","stale","first-boot","fdt"]}' "$tmp/first"
jq -c 'select(.event == "scenarios").names' "$tmp/list" | tail -n +2 | tr -d '\n' >"$tmp/groups"
contains "groups are in its order, those that are alike together" \
	'["kept"]["stale"]["first-boot","fdt"]' "$tmp/groups"
jq -s '[foreach .[] as $e ({}; {was: .is, is: $e.event}; .)][1:]
	| map(select((.was == "verdict" or .was == "scenarios") != (.is == "scenarios" or .is == "power-on" and .was == "scenarios")))
	| length' "$tmp/list" >"$tmp/odd"
ok "each group is from a power-on to a verdict" test "$(cat "$tmp/odd")" -eq 0
"$firmware" --scenario first-boot,first-boot --disk "$img" >"$tmp/twice"
"$firmware" --disk "$img" >"$tmp/once"
ok "a name that is given twice counts once, and the default is first-boot" cmp "$tmp/once" "$tmp/twice"
lacks "one scenario has no such event" '"scenarios"' "$tmp/once"

# ---- alone and among others

# alike NAME: $tmp/NAME.raw tells the same whatever is played beside it, and however many at a time
alike() {
	image=$tmp/$1.raw
	"$firmware" --scenario all --jobs 2 --disk "$image" >"$tmp/all"
	"$firmware" --scenario all --jobs 1 --disk "$image" >"$tmp/all.1"
	ok "$1: one job tells what two tell" cmp "$tmp/all" "$tmp/all.1"
	head -n 1 "$tmp/all" | jq -r '.names[]' >"$tmp/names"
	ok "$1: all of them are played" test "$(cat "$tmp/names")" = "$names"
	: >"$tmp/differ"
	for name in $names; do
		"$firmware" --scenario "$name" --disk "$image" >"$tmp/solo"
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

alike plain
verdicts plain ''
image writer -DSEES=kept -DTHEN=gives_up
alike writer
verdicts writer 'kept=returned'
image files -DSEES=wiped -DTHEN=gives_up
alike files
verdicts files 'wiped=returned'
image reset -DSEES=tpm -DTHEN=resets
alike reset
verdicts reset 'tpm-dropped=reset-loop'

# ---- resets

"$firmware" --scenario tpm --disk "$tmp/reset.raw" >"$tmp/tpm"
exits 0 "a reset that led to something is none" "$firmware" --scenario tpm --disk "$tmp/reset.raw"
ok "it is a boot of its own" jq -es 'map(select(.event == "power-on"))
	| map(.boot) == [1, 2] and .[1].because == "reset"' "$tmp/tpm"
ok "whose time begins anew" jq -es 'map(select(.event == "power-on").t) | all(. == 0)' "$tmp/tpm"
ok "the one before is told to have ended" jq -es 'map(select(.event == "boot-ended"))
	| length == 1 and .[0].verdict == "reset" and .[0].written == "FixtureKept (EFI_SUCCESS)"' "$tmp/tpm"

exits 12 "a reset loop" "$firmware" --scenario tpm-dropped --disk "$tmp/reset.raw"
"$firmware" --scenario tpm-dropped --disk "$tmp/reset.raw" >"$tmp/loop"
ok "ends with the third reset" jq -es 'map(select(.event == "reset")) | length == 3' "$tmp/loop"
tail -n 1 "$tmp/loop" | jq -r '.reason, .written' >"$tmp/words"
contains "says so" "3 times in a row" "$tmp/words"
contains "and which variables were written" "FixtureKept (EFI_SUCCESS)" "$tmp/words"
exits 12 "--set-variable takes the place of the scenario's policy" \
	"$firmware" --scenario tpm --set-variable unsupported --disk "$tmp/reset.raw"
contains "which the verdict shows" "FixtureKept (EFI_UNSUPPORTED)" "$tmp/exits.log"
exits 12 "several: the status of the first that fails" \
	"$firmware" --scenario first-boot,tpm-dropped,kept --disk "$tmp/reset.raw"
exits 12 "whatever follows" \
	"$firmware" --scenario tpm-dropped,first-boot --disk "$tmp/reset.raw"
tap_done
