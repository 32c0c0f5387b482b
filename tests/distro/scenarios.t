#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every kind of image in every scenario: each emits among the others what it
# emits alone, and comes to what armvm-image-scenarios(7) says.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
. "$top/tests/lib/scenarios.sh"
requires jq sgdisk mcopy qemu-img

# The same disk in another format is read by qemu-nbd, by every process through a connection of its own.
formats() {
	qemu-img convert -O qcow2 "$tmp/$1.raw" "$tmp/$1.qcow2"
	"$firmware" --scenario $every --disk "$tmp/$1.qcow2" >"$tmp/all.qcow2"
	ok "$1: qcow2 tells what raw tells" cmp "$tmp/all" "$tmp/all.qcow2"
	rm -f "$tmp/$1.qcow2"
}

# The report has the matrix, and the checks say the same as it.
reported() { # NAME WANT-FAILED
	"$armvm" check --verify-reuse --json --select 'boot.*' "$tmp/$1.raw" >"$tmp/report" 2>"$tmp/stderr"
	got=$(jq -r '.images[0].scenarios | map(select(.result != "ok").scenario) | join(" ")' "$tmp/report")
	want=$(echo "$2" | sed 's/=[^ ]*//g')
	[ "$got" = "$want" ] && pass "$1: check's report: ${want:-all fine}" ||
		fail "$1: check's report: ${want:-all fine} (not: $got)" "$tmp/stderr"
	# tpm-dropped is for loaders that reset the machine in tpm.
	played=$(echo "$names" | wc -l)
	case " $want " in *" tpm-dropped "*) ;; *) played=$((played - 1)) ;; esac
	ok "$1: with every scenario" test \
		"$(jq '.images[0].scenarios | length' "$tmp/report")" -eq "$played"
}

everywhere() { # NAME [WANT-FAILED]
	alike "$1"
	verdicts "$1" "${2:-}"
	reported "$1" "${2:-}"
}

image grub --loader grub -- --loader grub && {
	everywhere grub
	formats grub
	ok "rEFInd with GRUB is made" with_refind grub refind
	everywhere refind
	# Names a disk by its number: fine until there is another.
	grub_cfg 'set root=(hd0,gpt2)
linux /boot/vmlinuz root=LABEL=root'
	rm -f "$tmp"/*.raw
}
image shim -- --loader shim && {
	# Where nothing can be written, not even for this boot, shim shuts the machine down.
	alike shim --trace=all
	everywhere shim no-variables=shut-down
	formats shim
	ok "shim with fallback is made" shim_fallback
	everywhere fallback "no-variables=shut-down tpm-dropped=reset-loop"
	"$armvm" check "$tmp/fallback.raw" >"$tmp/report" 2>&1
	contains "fallback: the report tells who asked for the reset" "fbaa64.efi was read" "$tmp/report"
	contains "fallback: what was written" "Boot0000 was written" "$tmp/report"
	contains "fallback: and what to do" "remove \EFI\BOOT\fbaa64.efi" "$tmp/report"
	rm -f "$tmp"/*.raw
}
for loader in systemd-boot uki; do
	image $loader --loader $loader -- --loader $loader && everywhere $loader
	rm -f "$tmp"/*.raw
done
for fs in xfs btrfs; do
	image $fs -- --fs $fs && everywhere $fs no-variables=shut-down
	rm -f "$tmp"/*.raw
done
for suite in bullseye trixie sid; do
	image $suite -- --suite $suite --loader shim && everywhere $suite no-variables=shut-down
	rm -f "$tmp"/*.raw
done
tap_done
