#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Waivers: what is waived is reported and does not count, what is raised does;
# for images by name; and what is written wrong is said.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs

mkdir "$tmp/in" && cd "$tmp/in" || exit 1
img=$tmp/legacy-1.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
cp --sparse=always "$img" "$tmp/good.raw"
head -c 64 /dev/zero | esp_write /ubootefi.var
cp --sparse=always "$img" "$tmp/other.raw"
check() { "$armvm" check --boot none "$@"; }

exits 1 "without waivers it has an error" check "$img"
cat >.armvm-image.conf <<-'END'
	# what we know of

	[legacy-*.raw]
	ignore esp.variable-store: wiped by the pipeline
END
exits 0 "waived by .armvm-image.conf" check "$img"
contains "the finding is told" esp.variable-store "$tmp/exits.log"
contains "and why it does not count" "Waived: wiped by the pipeline (.armvm-image.conf:4)" "$tmp/exits.log"
contains "and how many" "portable (1 waived)" "$tmp/exits.log"
exits 1 "not for other names" check "$tmp/other.raw"
check --json "$img" >"$tmp/json"
ok "JSON has the finding and the reason" jq -e '.images[0] | .waived == 1 and .errors == 0 and
	(.checks[] | select(.id == "esp.variable-store") | .outcome == "finding" and (.waived | test("pipeline")))' "$tmp/json"

exits 1 "--config reads another file instead" check --config /dev/null "$img"
echo 'ignore esp: all of it' >"$tmp/family.conf"
exits 0 "a family" check --config "$tmp/family.conf" "$img"
echo 'ignore esp.vari*: a pattern' >"$tmp/pattern.conf"
exits 0 "a pattern" check --config "$tmp/pattern.conf" "$img"
printf '[*]\nraise esp.variable-store: first\nignore esp: second\n' >"$tmp/order.conf"
exits 1 "the first line decides" check --config "$tmp/order.conf" "$img"

# A warning becomes an error.
img=$tmp/good.raw
root_edit /boot/config-$version 's/CONFIG_VIRTIO_BALLOON=y//'
exits 0 "a warning" check "$img"
printf 'raise *: all is grave\n' >"$tmp/raise.conf"
exits 1 "is raised" check --config "$tmp/raise.conf" "$img"

printf 'ignore *: whatever\n' >"$tmp/all.conf"
head -c 4096 /dev/zero >"$tmp/empty.raw"
"$armvm" check --boot none --config /dev/null "$tmp/empty.raw" >/dev/null 2>&1
status=$?
ok "an empty file is not portable" test $status -ne 0
mkdir "$tmp/bin"
qemu-img convert -O qcow2 "$img" "$tmp/image.qcow2"
exits 3 "that an image could not be read is not waived" env PATH="$tmp/bin" "$armvm" check --boot none \
	--config "$tmp/all.conf" "$tmp/image.qcow2"

# What a waived check has against another start of the image is waived with it.
cp --sparse=always "$(sample grub)" "$img"
(
	. "$top/tests/checks/loader.earlier-partition/fail"
) >/dev/null 2>&1
exits 1 "a loader before the ESP's is wrong" check --config /dev/null "$img"
contains "by one check" "(loader.pe-machine)" "$tmp/exits.log"
printf 'ignore loader.pe-machine: another machine starts it\n' >"$tmp/start.conf"
exits 0 "that check is waived" check --config "$tmp/start.conf" "$img"
contains "which is said" "Waived: another machine starts it" "$tmp/exits.log"
printf 'ignore loader.sbat: other\n' >"$tmp/start.conf"
exits 1 "another one is" check --config "$tmp/start.conf" "$img"
printf 'raise loader.earlier-partition: grave\nignore loader.pe-machine: x\n' >"$tmp/start.conf"
exits 1 "its own rule decides first" check --config "$tmp/start.conf" "$img"

for wrong in 'ignore esp.nonsense: none' 'ignore esp.fat32' 'ignore esp.fat32:' 'drop esp.fat32: x' '[x' 'ignore'; do
	printf '# one\n%s\n' "$wrong" >"$tmp/wrong.conf"
	exits 2 "wrong: $wrong" check --config "$tmp/wrong.conf" "$img"
	contains "the line is named" "wrong.conf:2" "$tmp/exits.log"
done
printf 'ignore esp.variable-store: wiped\0\nignore guest: all\n' >"$tmp/nul.conf"
exits 2 "a NUL byte" check --config "$tmp/nul.conf" "$img"
contains "is said" "NUL byte" "$tmp/exits.log"
yes '# a comment' | head -c 1100000 >"$tmp/large.conf"
exits 2 "more than a megabyte" check --config "$tmp/large.conf" "$img"
exits 2 "a file without an end" check --config /dev/zero "$img"
printf 'ignore esp.variable-store: wiped\r\n[none]\r\nraise guest: x' >"$tmp/crlf.conf"
exits 0 "lines that end as Windows' do, the last not at all" check --config "$tmp/crlf.conf" "$tmp/other.raw"
exits 2 "a file that is not there" check --config "$tmp/none.conf" "$img"
tap_done
