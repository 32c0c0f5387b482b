#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: each row of the tables of what writes a guest's next command line, and of package managers, as they stand in
# the sources: a guest with that one alone, with a root that is there and with one that is not.
# shellcheck disable=SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3

img=$tmp/image.raw work=$tmp
gone=UUID=11111111-2222-4333-8444-555555555555

# In one call of debugfs: a file, and the folders above it. The sample's /lib and its like are links.
put() { # PATH TEXT
	printf '%s\n' "$2" >"$tmp/put"
	case $1 in
	/lib/* | /bin/* | /sbin/*) to=/usr$1 ;;
	*) to=$1 ;;
	esac
	{
		folder=
		for part in $(dirname "$to" | tr / ' '); do
			folder=$folder/$part
			echo "mkdir $folder"
		done
		echo "rm $to"
		echo "write $tmp/put $to"
	} >"$tmp/commands"
	debugfs -w -f "$tmp/commands" "$img?offset=$root_offset" >/dev/null 2>&1
}
# is WHAT ID OUTCOME [WHERE]
is() {
	"$armvm" check --boot none --select "$2" --json "$img" 2>/dev/null | jq -r --arg id "$2" '.images[0].checks[] |
		select(.id == $id) | "\(.outcome) \(.findings | map(.where) | unique | join(" "))"' >"$tmp/is"
	ok "$1: $3" grep -qxF "$3 ${4-}" "$tmp/is"
	grep -qxF "$3 ${4-}" "$tmp/is" || sed 's/^/# /' "$tmp/is"
}

# Rows as "PATH FORM KEY TOOL WHEN", "-" where there is none, the path with a file's name in a folder.
python3 - "$top/src/checks/guest_update.c" >"$tmp/rows" <<'END'
import re, sys
text = open(sys.argv[1]).read()
tools = {name: place or "-" for name, place in
	re.findall(r'(\w+)\s*=\s*\{\s*"[^"]*",\s*\{\s*(?:"([^"]*)"|NULL)', text)}
table = text[text.index("} sources[] = {"):]
table = table[:table.index("\n};")]
rows = re.findall(r'\{\s*"([^"]+)",\s*(NULL|"[^"]*"),\s*(\w+),\s*(NULL|"[^"]*"),\s*&(\w+),\s*(NULL|"[^"]*")\s*\}', table)
assert len(rows) == table.count("{ \""), "a row is not read"
for path, ending, form, key, tool, when in rows:
	print(path if ending == "NULL" else path + "/any" + ending.strip('"'), form,
		*("-" if field == "NULL" else field.strip('"') for field in (key,)), tools[tool],
		"-" if when == "NULL" else when.strip('"'))
END
ok "there are rows" [ "$(wc -l <"$tmp/rows")" -gt 30 ]

# How each form holds a command line.
content() { # FORM KEY WHEN ROOT
	[ "$3" = - ] || echo "$3=1"
	case $1 in
	WHOLE) echo "root=$4 ro" ;;
	VALUE) echo "$2=\"root=$4 ro\"" ;;
	DEVICE) echo "$2=\"$4\"" ;;
	APPEND) printf 'label linux\n\tkernel /vmlinuz\n\tappend root=%s ro\n' "$4" ;;
	QUOTED) echo "\"Boot\" \"root=$4 ro\"" ;;
	LIST) echo "kargs = [\"root=$4\", \"ro\"]" ;;
	esac
}
while read -r path form key tool when; do
	cp --sparse=always "$(sample grub)" "$img"
	put "$path" "$(content "$form" "$key" "$when" "$gone")"
	case $tool:$path in
	-:*) ;;
	*:/usr/lib/dracut/*) ;; # the folder is dracut's own
	*) is "$path, $key, without $tool" guest.next-command-line pass ;;
	esac
	[ "$tool" = - ] || put "$tool" x
	is "$path, $key" guest.next-command-line finding "$path"
	"$armvm" fix --no-verify -q --only guest.next-command-line -o "$tmp/mended.raw" "$img" >"$tmp/said" 2>&1
	mv "$tmp/mended.raw" "$img" 2>/dev/null
	is "$path, $key, mended" guest.next-command-line pass
	put "$path" "$(content "$form" "$key" "$when" "UUID=$root_uuid")"
	is "$path, $key, a root that is there" guest.next-command-line pass
done <"$tmp/rows"

# Two in one file are mended at once.
cp --sparse=always "$(sample grub)" "$img"
put /usr/sbin/grub-mkconfig x
put /etc/default/grub "$(printf 'GRUB_CMDLINE_LINUX="root=%s"\nGRUB_CMDLINE_LINUX_DEFAULT="root=%s"\n' $gone $gone)"
"$armvm" fix --no-verify --only guest.next-command-line -o "$tmp/mended.raw" "$img" >"$tmp/said" 2>&1
lacks "and nothing is left" "stays as it is" "$tmp/said"
mv "$tmp/mended.raw" "$img"
is "two in a file, mended" guest.next-command-line pass

# Package managers, by what they keep: with each the menu that stands on the ESP is one that updates do not reach.
python3 - "$top/src/checks/update_tools.c" >"$tmp/records" <<'END'
import re, sys
text = open(sys.argv[1]).read()
table = text[text.index("records[] = {"):]
print("\n".join(re.findall(r'"(/[^"]+)"', table[:table.index("};")])))
END
ok "there are records" [ "$(wc -l <"$tmp/records")" -gt 10 ]
cp --sparse=always "$(sample grub)" "$img"
put /usr/sbin/update-grub x
root_get /boot/grub/grub.cfg "$tmp/menu"
esp_put "$tmp/menu" /EFI/debian/grub.cfg
esp_put "$tmp/menu" /EFI/BOOT/grub.cfg
root_del /var/lib/dpkg/status
is "no package manager" loader.updates skipped
mv "$img" "$tmp/without.raw"
while read -r record; do
	cp --sparse=always "$tmp/without.raw" "$img"
	put "$record" x
	is "$record" loader.updates finding ESP:/EFI/debian/grub.cfg
done <"$tmp/records"

# What is mounted on demand keeps no boot waiting; the root is mounted in any case.
for options in defaults:finding nofail:pass noauto:pass x-systemd.automount:pass noauto,x-systemd.automount:pass; do
	cp --sparse=always "$(sample grub)" "$img"
	root_edit /etc/fstab "\$a $gone /srv ext4 ${options%:*} 0 2"
	"$armvm" check --boot none --select guest.fstab-missing --json "$img" 2>/dev/null |
		jq -r '.images[0].checks[] | select(.id == "guest.fstab-missing") | .outcome' >"$tmp/is"
	contains "a line with ${options%:*}" "${options#*:}" "$tmp/is"
done
tap_done
