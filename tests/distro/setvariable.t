#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What each loader makes of each answer to SetVariable, when all variables are treated alike. shim hands on the
# kernel's keys in volatile ones and goes no further without; hardly a firmware refuses those (see the scenarios).
# shellcheck disable=SC2086,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy dpkg

# answers IMAGE VERDICT-PER-ANSWER [OPTION]...
answers() {
	name=$1 verdicts=$2
	shift 2
	for pair in $verdicts; do
		answer=${pair%=*}
		verdict_is "$name${1:+ $1}, SetVariable: $answer" "${pair#*=}" --set-variable "$answer" "$@" \
			--disk "$tmp/$name.raw"
		case ${pair#*=} in
		shut-down) reason "it says why" EFI_SECURITY_VIOLATION ;;
		esac
	done
}

any='stored=kernel-entered all-dropped=kernel-entered all-unsupported=kernel-entered
	all-write-protected=kernel-entered all-full=kernel-entered'
shim='stored=kernel-entered all-dropped=kernel-entered all-unsupported=shut-down
	all-write-protected=shut-down all-full=kernel-entered'

image grub --loader grub -- --loader grub && {
	answers grub "$any"
	ok "rEFInd with GRUB is made" with_refind grub refind
	answers refind "$any"
}
for loader in systemd-boot uki; do
	image $loader --loader $loader -- --loader $loader && answers $loader "$any"
done
image shim -- --loader shim && {
	answers shim "$shim"
	ok "shim with fallback is made" shim_fallback
	answers fallback "$shim"
	# With a TPM it resets the machine once it has written its boot option, and starts from that. Where it
	# cannot be written every boot is the first.
	answers fallback "stored=kernel-entered" --tpm
	event "it was reset" '.event == "reset" and .kind == "cold"'
	answers fallback "all-dropped=reset-loop" --tpm
	ok "it was reset three times" test "$(jq -s 'map(select(.event == "reset")) | length' "$tmp/events")" -eq 3
	answers fallback "all-unsupported=shut-down all-write-protected=shut-down all-full=reset-loop" --tpm
}
tap_done
