#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real loaders, read and booted: GRUB as grub-mkimage and grub-mkstandalone make it of Debian's modules, rEFInd and the
# UEFI Shell. What reading alone says and what every scenario shows must come to the same, or the report must say
# that they do not.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy debugfs gzip xz lzop grub-mkimage grub-mkstandalone

uuid=5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d4e5
options="root=UUID=$uuid ro console=tty0 console=hvc0 console=ttyS0 console=ttyAMA0"

# report FILE [OPTION...]: the findings of changed.raw, and how it ends.
report() {
	out=$1
	shift
	"$armvm" check --json "$@" "$tmp/changed.raw" 2>/dev/null | jq -r '.images[0] | .conclusion, (.checks[] |
		select(.outcome == "finding" or .outcome == "inconclusive") |
		"\(.id) \(.severity) \(.outcome) \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))")' >"$out"
}

# agrees WHAT CONCLUSION [TEXT-IN-THE-REPORT]: read alone, and booted; they may not contradict each other unseen.
agrees() {
	report "$tmp/read" --boot none
	report "$tmp/booted"
	if [ "$(head -n 1 "$tmp/booted")" = "$2" ]; then pass "$1: $2"; else fail "$1: $2" "$tmp/booted"; fi
	[ -z "${3:-}" ] || contains "$1: why" "$3" "$tmp/booted"
	read=$(grep -c '^loader[.].* error finding' "$tmp/read")
	failed=$(grep -c '^boot[.]emulator error finding' "$tmp/booted")
	if [ "$read" -gt 0 ] && [ "$failed" -eq 0 ] && ! grep -q '^boot[.]agrees' "$tmp/booted" &&
		! grep -q '^loader[.].* error finding' "$tmp/booted"; then
		fail "$1: reading finds an error, the boot does not, and nothing says so" "$tmp/read"
	elif [ "$read" -eq 0 ] && [ "$failed" -gt 0 ] && [ "$(head -n 1 "$tmp/read")" = portable ] &&
		! grep -q 'which is then mistaken' "$tmp/booted"; then
		fail "$1: the boot fails, reading finds nothing, and nothing says so" "$tmp/booted"
	else
		pass "$1: reading and boot do not contradict each other unseen"
	fi
}

in_root() { # FILE PATH
	printf 'rm %s\nwrite %s %s\n' "$2" "$1" "$2" >"$tmp/commands"
	debugfs -w -f "$tmp/commands" "$tmp/changed.raw?offset=$(sgdisk -i 2 "$tmp/changed.raw" |
		awk '/^First sector/ { print $3 * 512 }')" >"$tmp/debugfs.log" 2>&1
}

standalone() { # CONFIGURATION [OPTION...]
	printf '%s\n' "$1" >"$tmp/menu.cfg"
	shift
	grub-mkstandalone -d "$modules" -O arm64-efi -o "$tmp/standalone.efi" --locales= --fonts= --themes= "$@" \
		"boot/grub/grub.cfg=$tmp/menu.cfg" >"$tmp/mk.log" 2>&1
	loader "$tmp/standalone.efi"
}

core() { # PREFIX MODULE...
	prefix=$1
	shift
	grub-mkimage -d "$modules" -O arm64-efi -p "$prefix" -o "$tmp/core.efi" "$@" >"$tmp/mk.log" 2>&1
	loader "$tmp/core.efi"
}

image grub --loader grub -- --loader grub --dir "$tmp/tree" || tap_done
modules=$tmp/tree/usr/lib/grub/arm64-efi
kernel=$(cd "$tmp/tree" && echo boot/vmlinuz-*)
initrd=$(cd "$tmp/tree" && echo boot/initrd.img-*)
menu="set timeout=1
set default=0
search --no-floppy --fs-uuid --set=root $uuid
menuentry x {
	linux /$kernel $options
	initrd /$initrd
}"

for packer in 'gzip -n' 'xz --check=crc32' 'lzop -q'; do
	variant grub changed
	$packer -c "$tmp/tree/$kernel" >"$tmp/packed" 2>/dev/null
	in_root "$tmp/packed" "/$kernel"
	agrees "a kernel by $packer" portable
done

standalone "$menu"
agrees "grub-mkstandalone without part_gpt" not-portable "this GRUB lacks a module: part_gpt"
standalone "insmod part_gpt
$menu"
agrees "grub-mkstandalone with a menu" portable
standalone "$menu" --modules=part_gpt
agrees "with part_gpt in the image" portable
standalone "insmod part_gpt
search --no-floppy --fs-uuid --set=root $uuid
configfile /boot/grub/grub.cfg"
agrees "one that leads to the root's" portable
standalone "insmod part_gpt
$(echo "$menu" | sed 's/linux /linuxefi /; s/initrd /initrdefi /')"
agrees "linuxefi, which this GRUB has not" not-portable 'uses the command linuxefi'
contains "the loader's own words are told" "can't find command \`linuxefi'" "$tmp/booted"
contains "and their cause" "this GRUB has linux alone" "$tmp/booted"
standalone "insmod part_gpt
$(echo "$menu" | sed 's/vmlinuz-/missing-/')"
agrees "a kernel that is not there" not-portable "names this kernel"
# shellcheck disable=SC2086 # words
core /EFI/debian part_gpt fat ext2 normal configfile search search_fs_uuid test echo
agrees "a core without linux" not-portable "uses the command linux"
core '(,gpt2)/boot/grub' part_gpt fat normal configfile search search_fs_uuid test echo linux
agrees "a core without ext2" not-portable "ext2, for the ext4"
core /boot/grub part_gpt fat ext2 search search_fs_uuid
agrees "a core without normal" not-portable "lacks a module: normal"

# Loaders that are not followed.
not_followed() {
	report "$tmp/read" --boot none
	contains "$1: reading leaves it open" undetermined "$tmp/read"
	agrees "$1, booted" portable "not followed here"
}
put_kernel() {
	mmd -D s -i "$esp" ::/EFI/l
	mcopy -o -i "$esp" "$tmp/tree/$kernel" ::/EFI/l/vmlinuz.efi
	mcopy -o -i "$esp" "$tmp/tree/$initrd" ::/EFI/l/initrd.img
}
if package bookworm refind; then
	folder=$tmp/refind/usr/share/refind/refind
	loader "$folder/refind_aa64.efi"
	put_kernel
	for root in "$uuid" 00000000-1111-4222-8333-444444444444; do
		printf 'timeout 1\ntextonly\nscanfor manual\nmenuentry L {\nloader /EFI/l/vmlinuz.efi\ninitrd /EFI/l/initrd.img\noptions "%s"\n}\n' \
			"$(echo "$options" | sed "s/$uuid/$root/")" >"$tmp/refind.conf"
		mcopy -o -i "$esp" "$tmp/refind.conf" ::/EFI/BOOT/refind.conf
		if [ "$root" = "$uuid" ]; then
			not_followed rEFInd
		else
			agrees "rEFInd with another root" not-portable "nothing in the image has"
		fi
	done
fi
if package trixie efi-shell-aa64; then
	loader "$tmp/efi-shell-aa64/usr/share/efi-shell-aa64/shellaa64.efi"
	put_kernel
	printf '\\EFI\\l\\vmlinuz.efi initrd=\\EFI\\l\\initrd.img %s\r\n' "$options" >"$tmp/startup.nsh"
	mcopy -o -i "$esp" "$tmp/startup.nsh" ::/startup.nsh
	not_followed "the UEFI Shell"
fi
loader "$tmp/tree/$kernel"
agrees "a kernel alone" not-portable "it boots without an initrd"
tap_done
