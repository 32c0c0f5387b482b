#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# armvm-firmware --scenario: its usage, the order of what is emitted, and that a
# scenario emits among others what it emits alone.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link jq sgdisk mkfs.fat mcopy mke2fs

firmware=$top/${O:-o/release}/armvm-firmware
. "$top/tests/lib/scenarios.sh"
work=$tmp img=$tmp/plain.raw

# image NAME FLAG...: $tmp/NAME.raw with a kernel made with these flags (fakekernel.c)
image() {
	img=$tmp/$1.raw
	shift
	cp --sparse=always "$(sample grub)" "$img" && esp_kernel "$@"
}

# plays NAME WANT FLAG...: such an image emits the same alone and among others, and fails in WANT
plays() {
	fixture=$1 fails_in=$2
	shift 2
	image "$fixture" "$@"
	alike "$fixture"
	verdicts "$fixture" "$fails_in"
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

alike plain
verdicts plain ''
plays writer 'kept=returned' -DSEES=kept -DTHEN=gives_up
plays files 'wiped=returned' -DSEES=wiped -DTHEN=gives_up
plays brought 'acpi=fault' -DSEES=acpi -DTHEN=brings_tree
plays reset 'tpm-dropped=reset-loop' -DSEES=tpm -DTHEN=resets

# Other disks: looked at, gone on with, or all that is left.
plays disks 'moved-1=returned moved-2=returned moved-3=returned moved-4=returned' -DSEES=moved -DTHEN=gives_up
plays medium 'removable=returned' -DSEES=removable -DTHEN=gives_up
every() { # NAME VERDICT [EXCEPT]: so ends each scenario but one
	jq -rs --arg verdict "$2" '[foreach .[] as $e (null; if $e.event == "scenarios" then $e.names else . end;
			select($e.event == "verdict" and $e.verdict != $verdict) | .[])] | join(" ")' "$tmp/all" >"$tmp/verdicts"
	ok "$1: $2 in all${3:+ but $3}" test "$(cat "$tmp/verdicts")" = "${3:-}"
}
image never -DSEES=everything -DTHEN=gives_up
alike never
every never returned
# A kernel that cannot find the hardware: with a board's device tree nowhere, without any where there is ACPI alone.
image board -DSEES=everything -DTHEN=brings_tree
alike board
every board fault
ok "it says whose the tree is" jq -es 'any(.event == "verdict" and (.reason | contains("acme,board-1")))' "$tmp/all"
image lost -DSEES=fdt -DTHEN=loses_tree
alike lost
every lost fault acpi
echo "no program" >"$tmp/text"
cp --sparse=always "$(sample grub)" "$tmp/broken.raw" && img=$tmp/broken.raw && esp_put "$tmp/text" /EFI/BOOT/BOOTAA64.EFI
alike broken
every broken nothing-to-boot
cp --sparse=always "$(sample grub)" "$tmp/empty.raw" && img=$tmp/empty.raw && esp_del /EFI/BOOT/BOOTAA64.EFI
alike empty
every empty nothing-to-boot
truncate -s 4M "$tmp/nothing.raw"
alike nothing
every nothing nothing-to-boot
# Without partitions it is a place for loaders on a removable medium alone.
truncate -s 4M "$tmp/whole.raw"
mkfs.fat "$tmp/whole.raw" >/dev/null
mmd -i "$tmp/whole.raw" ::/EFI ::/EFI/BOOT
image plain
mcopy -i "$tmp/whole.raw" "$work/loader" ::/EFI/BOOT/BOOTAA64.EFI
alike whole
every whole nothing-to-boot removable
for name in first-boot moved-2 moved-4; do
	"$firmware" --scenario $name --disk "$tmp/plain.raw" |
		jq -r 'select(.event == "disk").path | capture("Pci.0x(?<slot>.)").slot' | tr -d '\n'
	echo
done >"$tmp/slots"
printf '5\n15678\n12345\n' >"$tmp/slots.want"
ok "the image's slot on the bus stays, and the others' tell their order" cmp "$tmp/slots" "$tmp/slots.want"

# ---- boots that become the same again

spared() { # WHAT N: so many boots were spared
	"$firmware" --stats --jobs 1 --scenario $every --disk "$image" 2>"$tmp/stats" >"$tmp/out"
	contains "$1" "boots spared: $2" "$tmp/stats"
}

# Both refusals, full, and the second boot of kept; a write that is dropped succeeds.
image notes -DSEES=notes
alike notes --trace=all
alike notes
verdicts notes ''
spared "a status that nobody looks at costs no boot" 4
plays looks 'full=returned' -DSEES=notes_and_looks -DTHEN=gives_up
spared "one that is looked at does" 1
plays asks 'dropped=returned tpm-dropped=returned refused-write-protected=returned refused-unsupported=returned no-variables=returned full=returned' -DSEES=notes_and_asks -DTHEN=gives_up
spared "so does one who asks for the variable" 1
# A name that a service is given is looked at as well, be it before the disk is read or after.
refused='refused-write-protected=returned refused-unsupported=returned no-variables=returned full=returned'
echo a >"$tmp/a" && echo b >"$tmp/b"
names_image() { # NAME FLAG...
	image "$@"
	esp_put "$tmp/a" /fixture-a && { [ "$1" = opens ] || esp_put "$tmp/b" /fixture-b; }
	alike "$1"
	verdicts "$1" "$refused"
}
names_image opens -DSEES=opens_by_name -DTHEN=gives_up
names_image opened -DSEES=opened_before -DTHEN=gives_up

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
