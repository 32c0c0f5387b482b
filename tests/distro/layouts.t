#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Layouts of other distributions, made of Debian's binaries (images/layouts): each is portable, or has the one
# error that is true of it, and each that is boots with edk2. ARMVM_LAYOUTS names the ones that are tried.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
requires qemu-system-aarch64 jq sgdisk mkfs.fat mcopy mke2fs mkfs.xfs mkfs.btrfs mksquashfs grub-mkimage \
	grub-mkstandalone python3 cpio sfdisk veritysetup mkswap fatlabel

base=$out/layouts
mkdir -p "$base"
ok "the trees are made" "$top/images/layouts" prepare "$base"

# The checks with errors, and those that could not answer.
wrong() {
	jq -r '.images[0].checks[] | select((.outcome == "finding" and .severity == "error") or .outcome == "inconclusive")
		| .id' "$tmp/json" | sort | tr '\n' ' '
}
true_of() { # LAYOUT
	case $1 in
	gentoo) echo "boot.emulator esp.fallback-loader " ;;
	u-boot-menu) echo "boot.emulator gpt.esp " ;;
	raspberry-pi-os) echo "boot.emulator gpt.present " ;;
	esac
}

for name in ${ARMVM_LAYOUTS:-$("$top/images/layouts" list)}; do
	image=$tmp/$name.raw
	ok "$name: is made" "$top/images/layouts" "$name" "$image" "$base"
	"$armvm" check --json "$image" >"$tmp/json" 2>/dev/null
	if [ "$(wrong)" = "$(true_of "$name")" ]; then
		pass "$name: what is true of it is found, and nothing else"
	else
		jq -r '.images[0].checks[] | select(.outcome == "finding" or .outcome == "inconclusive")
			| "\(.id) \(.outcome) \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))"' \
			"$tmp/json" >"$tmp/findings"
		fail "$name: what is true of it is found, and nothing else" "$tmp/findings"
	fi
	if [ -z "$(true_of "$name")" ]; then
		exits 0 "$name: the kernel is entered with edk2" "$armvm" check --select boot.edk2 --boot edk2 \
			--until kernel --boot-timeout 400 "$image"
	else
		exits 1 "$name: edk2 does not boot it without variables" "$armvm" check --select boot.edk2 \
			--boot edk2 --until kernel --boot-timeout 120 "$image"
	fi
	rm -f "$image"
done
tap_done
