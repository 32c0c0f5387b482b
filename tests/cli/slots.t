#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of images with two slots for a root: the one that boots is judged, and the other is not. systemd takes the one
# with the newest label where the command line names none, and neither an empty slot nor one that nothing mounts.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs cpio

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp
cd "$tmp" || exit 1
other_uuid=5a3ab1e0-0000-4000-8000-000000000003
type=b921b045-1df0-41c3-af44-4c6f280d3fae

# The second slot has this system; the first is the sample's. Labels are theirs.
slots() { # LABEL LABEL [COMMAND...]: in the folder of the second
	cp --sparse=always "$(sample systemd-boot)" "$img"
	root_tree
	first=$1 second=$2
	shift 2
	[ $# = 0 ] || (cd tree && "$@")
	truncate -s +33M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk -n 3:0:+32M -t "3:$type" -t "2:$type" -u 3:5a3ab1e0-0000-4000-8000-0000000000b3 -c "2:$first" -c "3:$second" "$img" >/dev/null
	rm -rf tree/lost+found
	[ "$second" = _empty ] || {
		mke2fs -q -t ext4 -b 4096 -U "$other_uuid" -E root_owner=0:0 -d tree other.img 32M >/dev/null &&
			dd if=other.img of="$img" bs=512 seek="$(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')" \
				conv=notrunc,sparse status=none
	}
}
# The entry's arguments, and an initrd that finds a root by its type.
boots() {
	entry=$(mdir -b -i "$img@@$esp_offset" ::/loader/entries | sed 's/^:://' | head -n 1)
	esp_get "$entry" entry && sed "s,^options.*,options $1," entry >entry.new && esp_put entry.new "$entry"
	file=$(sed -n 's/^initrd *//p' entry)
	esp_get "$file" initrd
	mkdir -p more/usr/lib/systemd/system-generators
	echo x >more/usr/lib/systemd/system-generators/systemd-gpt-auto-generator
	SOURCE_DATE_EPOCH=0 "$top/tests/lib/mkcpio.py" more | gzip -n >>initrd
	esp_put initrd "$file"
}
broken() { echo "UUID=5a3ab1e0-0000-4000-8000-00000000dead /data ext4 defaults 0 0" >>etc/fstab; }
no_init() { rm -f sbin/init usr/sbin/init usr/lib/systemd/systemd lib/systemd/systemd; }
judged() { # STATUS WHAT [WORDS]
	exits "$1" "$2" "$armvm" check --boot none "$img"
	tr -s ' \n' '  ' <exits.log >said && echo >>said
	[ -z "${3:-}" ] || contains "  is said" "$3" said
}

slots rootA rootB broken
boots "root=PARTLABEL=rootA ro"
judged 0 "the slot that boots is whole"
boots "root=PARTLABEL=rootB ro"
judged 1 "and so is judged the other" 00000000dead
slots system_1 system_2 broken
boots ro
judged 1 "by its type, the newer" 00000000dead
slots system_2 system_1 broken
boots ro
judged 0 "which is the first here"
slots system_9 system_10 no_init
boots ro
judged 1 "versions are numbers" "its partition's type makes the root this file system, which has no init"
slots system_1 _empty
boots ro
judged 0 "an empty slot is none"
slots system_1 system_2 no_init
boots ro
sgdisk --attributes=3:set:63 "$img" >/dev/null
judged 0 "nor is one that nothing mounts by its type"
tap_done
