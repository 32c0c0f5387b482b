#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/lib/agree: contradictions between what was read of an image and what its boots showed are seen in reports,
# and a report of each kind that has them is none.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires python3 clang lld-link sgdisk mkfs.fat mcopy mke2fs

mkdir "$tmp/made"
# report CASE...: ID[=CHILD[=TEXT]]
report() {
	{
		echo '<testsuites><testsuite name="made.raw">'
		for case in "$@"; do
			IFS='=' read -r id child text <<-END
				$case
			END
			echo "<testcase classname=\"x\" name=\"$id: a title\">"
			[ -z "$child" ] || echo "<$child>$text</$child>"
			echo "</testcase>"
		done
		echo '</testsuite></testsuites>'
	} >"$tmp/made/1.xml"
}
agree() { "$top/tests/lib/agree" "$tmp/made"; }

report boot.emulator boot.agrees loader.kernel loader.config
exits 0 "both are fine" agree
report boot.emulator boot.agrees loader.kernel=failure=missing
exits 1 "the boot reaches a kernel that is said to be missing" agree
contains "the check is named" loader.kernel "$tmp/exits.log"
report boot.emulator boot.agrees=system-out=told loader.kernel=failure=missing
exits 0 "and that is told of" agree
report boot.emulator boot.agrees loader.root=failure=missing
exits 0 "a root that is missing is beyond what the boot shows" agree
report boot.emulator=failure=waits boot.agrees=skipped loader.kernel loader.config
exits 1 "the boot fails, and reading finds nothing" agree
report "boot.emulator=failure=waits; reading its configuration finds nothing wrong, which is then mistaken" loader.kernel
exits 0 "and that is told of" agree
report boot.emulator=failure=waits loader.kernel=failure=missing
exits 0 "the boot fails, and reading finds why" agree
report boot.emulator=failure=waits loader.fallback-boots=error=unknown
exits 0 "the boot fails where reading left it open" agree
report boot.emulator=skipped loader.kernel=failure=missing
exits 0 "nothing was booted" agree
report boot.emulator=failure=waits boot.wiped=skipped
exits 0 "boots alone are judged" agree
echo '<testsuites>' >"$tmp/made/1.xml"
exits 2 "half a report is none" agree

# It looks like GRUB, whose entry has a command line and no initrd, and enters a kernel without either: what was booted
# is what the image is judged by, and that it is another line is told.
img=$tmp/other.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
python3 "$lib/mkgrub.py" "$tmp/mods" --prefix /EFI/debian
{
	echo '__attribute__((section("mods"), used)) static const unsigned char modules[] = {'
	od -An -v -tx1 "$tmp/mods" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '};'
} >"$tmp/mods.h"
esp_kernel -include "$tmp/mods.h"
root_edit /boot/grub/grub.cfg '/initrd/d'
"$built" check --boot emulator --select boot.agrees "$img" >"$tmp/other" 2>&1
contains "a command line that the boot takes over is told of" "handed another command line" "$tmp/other"
root_edit /boot/grub/grub.cfg '1i if shim_lock; then set default=1; fi'
exits 0 "which entry is meant depends on the machine" "$built" check --boot emulator --select boot.agrees "$img"
lacks "then another command line is no contradiction" "handed another command line" "$tmp/exits.log"

# What kernels are handed: a unified image's stub adds to its initrd what variables keep, as that of systemd 262 does;
# whoever else hands another initrd, and whoever enters another kernel, is told of.
handed() { # SEES THEN: the program is $tmp/loader, the image $img
	img=$tmp/handed.raw work=$tmp
	cp --sparse=always "$(sample uki)" "$img"
	esp_kernel "-DHANDS=\"root=UUID=$root_uuid ro\"" "-DSEES=$1" "-DTHEN=$2"
}
unify() {
	printf 'root=UUID=%s ro' "$root_uuid" >"$tmp/cmdline"
	printf '%s' "$version" >"$tmp/uname"
	printf '#### LoaderInfo: systemd-stub 262 ####' >"$tmp/sdmagic"
	root_get "/boot/vmlinuz-$version" "$tmp/linux"
	root_get "/boot/initrd.img-$version" "$tmp/initrd"
	root_get /usr/lib/os-release "$tmp/osrel"
	python3 "$lib/mkuki.py" "$tmp/uki" "$tmp/loader" ".sdmagic=$tmp/sdmagic" ".osrel=$tmp/osrel" ".cmdline=$tmp/cmdline" \
		".uname=$tmp/uname" ".initrd=$tmp/initrd" ".linux=$tmp/linux" && esp_put "$tmp/uki" /EFI/BOOT/BOOTAA64.EFI
}
agrees() { "$built" check --boot emulator --select boot --verbose "$img"; }
other="handed something else than on the first boot"

handed keeps_secret adds_to_initrd
ok "a unified image that adds a secret: made" unify
exits 0 "a unified image adds a secret to its initrd where variables keep it" agrees
contains "an initrd is handed over" "initrd     4096 bytes" "$tmp/exits.log"
lacks "that is no contradiction" "$other" "$tmp/exits.log"
handed keeps_secret adds_to_initrd
agrees >"$tmp/handed.log" 2>&1
contains "no unified image, and another initrd: is told of" "$other" "$tmp/handed.log"
handed keeps_secret loses_initrd
unify
agrees >"$tmp/handed.log" 2>&1
contains "a unified image that loses its initrd: is told of" "$other" "$tmp/handed.log"
handed keeps_secret is_another
agrees >"$tmp/handed.log" 2>&1
contains "a kernel of another version: is told of" "$other" "$tmp/handed.log"
handed nothing is_another
agrees >"$tmp/handed.log" 2>&1
lacks "the same version: is no contradiction" "$other" "$tmp/handed.log"

# What tests run writes such reports, whatever else it is asked for.
img=$tmp/good.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
esp_kernel
"$armvm" check "$img" >/dev/null 2>&1
ok "a check of a test leaves a report" grep -q 'name="boot.emulator: ' "$seen"/reports/*.xml
ok "of one image" test "$(cat "$seen"/reports/*.xml | grep -c '<testsuite ')" -eq 1
rm "$seen"/reports/*.xml
(cd "$tmp" && "$armvm" check --junit own.xml good.raw; "$armvm" check --junit=./other.xml good.raw) >/dev/null 2>&1
agrees_unseen
is_seen=$(cat "$seen"/reports/*.xml | grep -c 'name="boot.emulator: ')
ok "and one that it asked for itself is read" test "$is_seen" -ge 1
ok "by either way to ask" test "$(wc -l <"$seen/asked")" -eq 2
tap_done
