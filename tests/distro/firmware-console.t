#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that talk with people, from Debian's packages, in armvm-firmware:
# MokManager draws its screen and answers keys, the UEFI shell reaches its
# prompt and looks at a disk, and a run of it is the same twice.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/images/lib.sh"
requires jq mkfs.fat mcopy
firmware=$top/${O:-o/release}/armvm-firmware

unpacked() { # SUITE PACKAGE: into $tmp/PACKAGE
	apt_prepare "$1" >/dev/null 2>&1
	unpack "$tmp/$2" "$(debs_of "$2")" >/dev/null 2>&1
}

verdict_of() { # NAME OPTIONS...: the last event to $tmp/NAME, the screen's text to $tmp/NAME.txt
	name=$1
	shift
	"$firmware" "$@" >"$tmp/$name.events"
	tail -n 1 "$tmp/$name.events" >"$tmp/$name"
	jq -r '.screen // ""' "$tmp/$name" >"$tmp/$name.txt"
}

truncate -s 64M "$tmp/esp.img"
mkfs.fat -F 32 "$tmp/esp.img" >/dev/null
echo "a file" >"$tmp/readme.txt"
mcopy -i "$tmp/esp.img" "$tmp/readme.txt" ::/

unpacked bookworm shim-helpers-arm64-signed
mm=$tmp/shim-helpers-arm64-signed/usr/lib/shim/mmaa64.efi.signed
verdict_of mok --run "$mm" --keys enter --screenshot "$tmp/mok.png"
contains "MokManager waits for a key" '"verdict":"waiting-for-key"' "$tmp/mok"
contains "its screen is told" "Enroll hash from disk" "$tmp/mok.txt"
ok "and saved as a PNG" sh -c "head -c 8 '$tmp/mok.png' | od -An -tx1 | grep -q '89 50 4e 47 0d 0a 1a 0a'"
verdict_of mok-disk --run "$mm" --gop --disk "$tmp/esp.img" --keys enter,wait:100,down,enter
contains "keys move in its menu" "Select Key" "$tmp/mok-disk.txt"
verdict_of mok-idle --run "$mm"
contains "without a key it gives up by itself" '"verdict":"returned"' "$tmp/mok-idle"

unpacked trixie efi-shell-aa64
shell=$tmp/efi-shell-aa64/usr/share/efi-shell-aa64/shellaa64.efi
verdict_of prompt --run "$shell" --disk "$tmp/esp.img" \
	--keys 'esc,map,enter,ls fs0:,enter,type fs0:\readme.txt,enter'
contains "the shell waits at its prompt" '"verdict":"waiting-for-key"' "$tmp/prompt"
contains "map shows the disk" "FS0: Alias" "$tmp/prompt.txt"
contains "ls shows a file" "readme.txt" "$tmp/prompt.txt"
contains "type shows its text" "a file" "$tmp/prompt.txt"
lacks "nothing was missing" '"event":"unimplemented"' "$tmp/prompt.events"

printf 'echo by script > fs0:\\out.txt\r\ntype fs0:\\out.txt\r\nreset -s\r\n' >"$tmp/startup.nsh"
mcopy -i "$tmp/esp.img" "$tmp/startup.nsh" ::/
for n in 1 2; do
	verdict_of "script$n" --run "$shell" --disk "$tmp/esp.img" --console --trace=all
done
contains "startup.nsh runs and shuts down" '"verdict":"shut-down"' "$tmp/script1"
contains "what it wrote can be read back" "by script" "$tmp/script1.txt"
ok "the disk is as it was" sh -c "! mdir -b -i '$tmp/esp.img' ::/ | grep -qi out.txt"
ok "two runs are the same" cmp "$tmp/script1.events" "$tmp/script2.events"
tap_done
