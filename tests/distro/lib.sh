# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# For the distribution tests: a root file system from a recipe of images/, an
# image built of it, checked, and booted to a login with each firmware.

# Fixed, and outside $tmp: what failed can be looked at afterwards.
out=$top/o/distro

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "the recipe needs root"
}

# built_and_boots NAME RECIPE ARGS...: the arguments are the recipe's;
# build_args holds further ones for `armvm-image build`;
# true_warning is the id of one that check rightly has of that image.
built_and_boots() {
	name=$1 recipe=$2
	shift 2
	mkdir -p "$out"
	root=$out/$name.rootfs image=$out/$name.qcow2
	ok "$name: the root file system is made" "$top/images/$recipe" "$root" "$@"
	before=$(cksum <"$root")
	# shellcheck disable=SC2086 # words
	exits 0 "$name: build" "$armvm" build --force --no-verify ${build_args:-} -o "$image" "$root"
	[ "$(cksum <"$root")" = "$before" ] && pass "$name: the input is as it was" ||
		fail "$name: the input is as it was"
	before=$(cksum <"$image")
	exits 0 "$name: check finds no error" "$armvm" check "$image"
	"$armvm" check --verify-reuse --json "$image" >"$tmp/report" 2>"$tmp/stderr"
	jq -r --arg true "${true_warning:-}" '.images[0].checks[] | select(.id != $true or .severity != "warning") |
		select((.outcome == "finding" and .severity != "note") or .outcome == "inconclusive")
		| "\(.id) \(.outcome) \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))"' \
		"$tmp/report" >"$tmp/findings" 2>&1
	if [ -s "$tmp/report" ] && [ ! -s "$tmp/findings" ]; then
		pass "$name: check finds nothing wrong"
	else
		fail "$name: check finds nothing wrong" "$tmp/findings"
	fi
	for firmware in edk2 u-boot; do
		exits 0 "$name: a login under $firmware" "$armvm" check --select "boot.$firmware" \
			--boot "$firmware" --until login --boot-timeout 400 "$image"
	done
	[ "$(cksum <"$image")" = "$before" ] && pass "$name: nothing wrote to the image" ||
		fail "$name: nothing wrote to the image"
	rm -f "$root"
}
