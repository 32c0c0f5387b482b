#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fix of images that were made to lead it astray: links out of the guest, devices and pipes where files are
# expected, loops, folders with too much in them, a FAT and a table that contradict themselves. Nothing but
# the output is touched, nothing is left behind, and it ends with one of its statuses.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs e2fsck python3
work=$tmp/work
mkdir "$tmp/work" "$tmp/cage" "$tmp/bait"
cd "$tmp/cage" || exit 1
export SOURCE_DATE_EPOCH=1700000000
good=$(sample grub)

# What a link out of the guest would reach; GRUB's and the fstab's own words, so that an edit would show.
printf 'GRUB_CMDLINE_LINUX="root=/dev/vda2"\n' >"$tmp/bait/grub"
printf '/dev/vda2 / ext4 defaults 0 1\n' >"$tmp/bait/fstab"
printf 'Name: grub2/update_nvram\nTemplate: grub2/update_nvram\nValue: true\nOwners: grub-efi-arm64\n\n' >"$tmp/bait/config.dat"
bait() { (cd "$tmp/bait" && find . -type f -exec cksum {} + -exec stat -c '%n %Y %Z %i' {} + | sort); }
before=$(bait)

# A good sample with something to mend: a stray store, a device's name, an NVRAM switch.
broken() {
	img=$tmp/cage/disk.raw
	rm -f "$img"
	cp --sparse=always "$good" "$img"
	echo store | esp_write /ubootefi.var
	root_edit /etc/fstab 's/^UUID=[^ ]* \/ /\/dev\/vda2 \/ /'
	root_edit /var/cache/debconf/config.dat 's/^Value: .*/Value: true/'
}
link_to() { # PATH TARGET
	root_del "$1"
	root_run "symlink $1 $2"
}
node() { # NAME TYPE...: in /etc
	printf 'cd /etc\nmknod %s\n' "$*" >"$work/node"
	debugfs -w -f "$work/node" "$img?offset=$root_offset" >/dev/null 2>&1
}
# survives NAME STATUSES [damaged]: fix ends with one of them, and nothing but its output changed.
survives() {
	was=$(cksum <"$img")
	timeout 120 "$armvm" fix --no-verify -o fixed.raw "$img" >said 2>&1
	status=$?
	case " $2 " in
	*" $status "*) pass "$1: status $status" ;;
	*) fail "$1: status $status, not one of $2" said ;;
	esac
	ok "$1: the input is as it was" [ "$(cksum <"$img")" = "$was" ]
	ok "$1: nothing outside was touched" [ "$(bait)" = "$before" ]
	rm -f said
	ok "$1: nothing is left behind" [ -z "$(find . -mindepth 1 ! -name disk.raw ! -name fixed.raw)" ]
	if [ -e fixed.raw ] && [ -z "${3:-}" ]; then
		dd if=fixed.raw of="$tmp/fixed.root" bs=1M skip=301 count=32 status=none
		ok "$1: the guest's file system is whole" e2fsck -fn "$tmp/fixed.root"
	fi
	rm -f fixed.raw
}

broken
survives "an image without tricks" 0

for target in ../../../../../../../../../../../../../..$tmp/bait $tmp/bait; do
	broken
	link_to /etc/fstab "$target/fstab"
	root_run "mkdir /etc/default"
	link_to /etc/default/grub "$target/grub"
	link_to /var/cache/debconf/config.dat "$target/config.dat"
	survives "files that are links out of the guest ($target)" "0 1 3"
done
broken
root_run "mkdir /etc/default"
link_to /etc/default/grub /dev/zero
root_del /etc/fstab
node fstab c 1 5
survives "devices where files are expected" "0 1 3"
broken
root_del /etc/fstab
node fstab p
link_to /boot/grub/grub.cfg /boot/grub/grub.cfg
survives "a pipe, and a link to itself" "0 1 3"
broken
link_to /etc/fstab loop1
root_run "symlink /etc/loop1 loop2"
root_run "symlink /etc/loop2 fstab"
survives "links in a ring" "0 1 3"
broken
echo "root:secret:1:0:99999:7:::" | root_write /etc/shadow
root_run "ln /etc/shadow /etc/crypttab"
root_del /etc/fstab
root_run "ln /etc/shadow /etc/fstab"
root_run "set_inode_field /etc/shadow links_count 3"
survives "hard links to what is secret" "0 1 3"
broken
root_run "set_inode_field /etc/fstab flags 0x80010"
survives "a file that must not change" "0 1"
broken
root_run "mkdir /etc/default"
echo x | root_write /etc/default/grub
root_run "set_inode_field /etc/default/grub size 0xffffffffff"
survives "a file that claims a terabyte" "0 1 3"
broken
root_run "set_inode_field /etc mode 0100644"
survives "a folder that says it is a file" "0 1 3" damaged

# The ESP.
broken
# shellcheck disable=SC2016 # not for this shell
for name in '$(touch cage)' 'a;b' '-i' 'UBOOTEFI.VAR'; do echo x | esp_write "/EFI/$name"; done
survives "names that a shell would take for more" "0 1 3"
# A folder of twenty thousand files; and a FAT that contradicts itself: two files with the same cluster, a ring, a folder that holds itself.
esp_damage() { # HOW
	python3 - "$img" "$esp_offset" "$1" <<-'EOT'
		import struct, sys
		path, at, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		f = open(path, "r+b")
		f.seek(at)
		b = f.read(512)
		sector, per, reserved, fats = struct.unpack_from("<HBHB", b, 11)
		size, root = struct.unpack_from("<I", b, 36)[0], struct.unpack_from("<I", b, 44)[0]
		fat = at + reserved * sector
		data = fat + fats * size * sector
		def cluster(n): return data + (n - 2) * per * sector
		def entries(n):
		    f.seek(cluster(n))
		    raw = f.read(per * sector)
		    return [(i, raw[i:i + 32]) for i in range(0, len(raw), 32) if raw[i] not in (0, 0xe5) and raw[i + 11] != 15]
		def first(e): return struct.unpack_from("<H", e, 20)[0] << 16 | struct.unpack_from("<H", e, 26)[0]
		def point(n, i, to):
		    f.seek(cluster(n) + i + 20); f.write(struct.pack("<H", to >> 16))
		    f.seek(cluster(n) + i + 26); f.write(struct.pack("<H", to & 0xffff))
		efi = next(first(e) for i, e in entries(root) if e[:11] == b"EFI        ")
		boot = next(first(e) for i, e in entries(efi) if e[:11] == b"BOOT       ")
		files = [(i, e) for i, e in entries(boot) if not e[11] & 16 and first(e)]
		if how == "cross":
		    point(boot, files[0][0], first(files[1][1]))
		elif how == "ring":
		    for k in range(fats):
		        f.seek(fat + k * size * sector + 4 * first(files[0][1]))
		        f.write(struct.pack("<I", first(files[0][1])))
		elif how == "self":
		    point(efi, next(i for i, e in entries(efi) if e[:11] == b"BOOT       "), efi)
		elif how == "same":
		    i, e = files[0]
		    f.seek(cluster(boot) + files[1][0]); f.write(e[:11])
		elif how == "beyond":
		    point(boot, files[0][0], 0x0ffffff0)
		elif how == "many":
		    names = b"".join(b"F%07dEFI" % i + b"\x20" + bytes(20) for i in range(20000))
		    n = -(-len(names) // (per * sector))
		    f.seek(fat)
		    table = list(struct.unpack("<%dI" % (size * sector // 4), f.read(size * sector)))
		    free = [c for c in range(2, len(table)) if not table[c]][:n]
		    for c, after in zip(free, free[1:] + [0x0fffffff]):
		        table[c] = after
		    for k in range(fats):
		        f.seek(fat + k * size * sector); f.write(struct.pack("<%dI" % len(table), *table))
		    for k, c in enumerate(free):
		        f.seek(cluster(c)); f.write(names[k * per * sector:(k + 1) * per * sector])
		    last = max(i for i, e in entries(efi)) + 32
		    f.seek(cluster(efi) + last)
		    f.write(b"MANY       \x10" + bytes(8) + struct.pack("<HIHI", free[0] >> 16, 0, free[0] & 0xffff, 0))
	EOT
}
for how in many cross ring self same beyond; do
	broken
	esp_damage $how
	survives "an ESP with a fault: $how" "0 1 3"
done

# The table.
entry() { # NUMBER FIRST LAST: where a partition lies
	python3 - "$img" "$@" <<-'EOT'
		import struct, sys, zlib
		f = open(sys.argv[1], "r+b")
		n, first, last = (int(a) for a in sys.argv[2:])
		size = f.seek(0, 2)
		for lba in (1, size // 512 - 1):
		    f.seek(lba * 512)
		    h = bytearray(f.read(512))
		    at, count, each = struct.unpack_from("<QII", h, 72)
		    f.seek(at * 512)
		    e = bytearray(f.read(count * each))
		    struct.pack_into("<QQ", e, (n - 1) * each + 32, first, last)
		    f.seek(at * 512); f.write(e)
		    struct.pack_into("<I", h, 88, zlib.crc32(e))
		    struct.pack_into("<I", h, 16, 0)
		    struct.pack_into("<I", h, 16, zlib.crc32(h[:92]))
		    f.seek(lba * 512); f.write(h)
	EOT
}
for range in "600000 681983" "2048 681983" "34 40" "681983 616448" "616448 18446744073709551615"; do
	broken
	# shellcheck disable=SC2086 # words
	entry 2 $range
	survives "a table whose second partition is at $range" "0 1 3"
done
broken
truncate -s 6T "$img"
was=$(stat -c %b "$img")
ok "a disk of terabytes, nearly empty, is mended" timeout 120 "$armvm" fix --no-verify -o fixed.raw "$img"
ok "and stays as empty" [ "$(stat -c %b fixed.raw)" -lt $((was + 4096)) ]
tap_done
