# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC3013
# For fixtures and the tests that run them.
#
# Every check ID has a folder tests/checks/ID/ with two scripts, `pass` and
# `fail`, which are sourced with $img naming a fresh copy of a sample that all
# checks pass (tests/lib/sample; the first line `# sample: KIND` chooses which,
# grub when there is none). They change it with the functions below or any
# program; `pass` to something that is near the rule and still right, or not
# at all, `fail` so that this check, and no other, has something to report.
# More of a kind have names, `pass-lzop` and `fail-lzop`. A `fail` that cannot help breaking a second rule names the other ids in a
# line `# also: ID...`, with the reason after it in a comment.
# Its loaders cannot run, so nothing is booted unless args says so.
# A fixture may set img to another file that it made (a qcow2 of it, say), and
# `args` to what else `check` is given.

esp_offset=1048576
esp_size=314572800
root_offset=315621376
root_size=33554432
version=6.1.0-99-cloud-arm64
root_uuid=5a3ab1e0-0000-4000-8000-000000000002
root_partuuid=5a3ab1e0-0000-4000-8000-0000000000b2
esp_uuid=5A3A-0001
export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1 TZ=UTC
lib=$top/tests/lib

# The ESP, by mtools. Paths are like /EFI/BOOT/grub.cfg.
esp_put() { mcopy -o -i "$img@@$esp_offset" "$1" "::$2"; } # FILE PATH
esp_get() { mcopy -o -i "$img@@$esp_offset" "::$1" "$2"; } # PATH FILE
esp_del() { mdel -i "$img@@$esp_offset" "::$1"; }
esp_mkdir() { mmd -D s -i "$img@@$esp_offset" "::$1"; }
esp_write() { cat >"$work/esp_write" && esp_put "$work/esp_write" "$1"; } # PATH <text

# The root file system, by debugfs. Paths are like /etc/fstab.
root_run() { debugfs -w -R "$1" "$img?offset=$root_offset" 2>&1 | grep -v '^debugfs' | grep . >&2 || :; }
root_del() { root_run "rm $1"; }
root_put() { # FILE PATH
	debugfs -w -R "rm $2" "$img?offset=$root_offset" >/dev/null 2>&1
	root_run "write $1 $2" 2>&1 | grep -v '^Allocated inode' >&2 || :
}
root_get() { debugfs -R "dump $1 $2" "$img?offset=$root_offset" 2>/dev/null; } # PATH FILE
root_mkdir() { root_run "mkdir $1"; }
root_write() { cat >"$work/root_write" && root_put "$work/root_write" "$1"; } # PATH <text
root_edit() { # PATH SED-SCRIPT
	root_get "$1" "$work/root_edit" && sed -i "$2" "$work/root_edit" && root_put "$work/root_edit" "$1"
}

# The root file system as a tree, and made anew from it.
root_tree() { rm -rf "$work/tree" && mkdir "$work/tree" && debugfs -R "rdump / $work/tree" "$img?offset=$root_offset" 2>/dev/null; }
root_remake() {
	rm -rf "$work/tree/lost+found"
	mke2fs -q -t ext4 -b 4096 -U "$root_uuid" -L root -E root_owner=0:0 -d "$work/tree" "$work/root.img" 32M >/dev/null &&
		dd if="$work/root.img" of="$img" bs=1M seek=301 conv=notrunc,sparse status=none
}

# All but /boot moves into a deployment of OSTree's, which the entry names.
deployment=/ostree/deploy/debian/deploy/0123abcd.0
root_ostree() {
	root_tree && (
		cd "$work/tree" && mkdir -p ".$deployment/sysroot" ".$deployment/boot" ".$deployment/var" ostree/boot.1.1/debian/89ef &&
			for name in *; do
				case $name in
				boot | ostree | lost+found) ;;
				var) mv var ostree/deploy/debian/var ;;
				*) mv "$name" ".$deployment/$name" ;;
				esac
			done &&
			cp -a ".$deployment/etc" ".$deployment/usr/etc" &&
			ln -s sysroot/ostree ".$deployment/ostree" &&
			ln -s boot.1.1 ostree/boot.1 &&
			ln -s "../../..${deployment#/ostree}" ostree/boot.1.1/debian/89ef/0
	) && root_remake && root_edit /boot/grub/grub.cfg 's,\(linux .* ro\)$,\1 ostree=/ostree/boot.1/debian/89ef/0,'
}

# The root file system in a logical volume, /dev/vg/root, with these options of mklvm.py.
root_in_volume() { # OPTION...
	dd if="$img" of="$work/volume" bs=1M skip=301 count=32 status=none
	"$lib/mklvm.py" "$work/pv" vg "$@" "root=$work/volume" || return 1
	truncate -s 341M "$img"
	sgdisk -e -d 2 -n 2:616448:0 -t 2:8e00 "$img" >/dev/null
	dd if="$work/pv" of="$img" bs=1M seek=301 conv=notrunc,sparse status=none
}

# dm-verity's hashes of the root file system, made with these options of mkverity.py, on a third partition in front of it; halves
# of $root_hash are the UUIDs of the two.
uuid_of() { printf '%s' "$1" | sed 's/^\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)\(.\{12\}\).*/\1-\2-\3-\4-\5/'; }
root_verity() { # OPTION...
	dd if="$img" of="$work/volume" bs=1M skip=301 count=32 status=none
	root_hash=$("$lib/mkverity.py" "$work/volume" "$work/hashes" "$@") || return 1
	root_offset=$((303 << 20)) hashes=$((301 << 11))
	truncate -s +2M "$img"
	sgdisk -e -d 2 -n "3:$hashes:+2M" -t 3:df3300ce-d69f-4c92-978c-9bfb0f38d820 -c 3:root-verity \
		-u "3:$(uuid_of "$(printf '%s' "$root_hash" | tail -c 32)")" -n "2:$((303 << 11)):+32M" -t 2:8305 -c 2:root \
		-u "2:$(uuid_of "$root_hash")" "$img" >/dev/null
	truncate -s 2M "$work/hashes"
	cat "$work/hashes" "$work/volume" | dd of="$img" bs=1M seek=301 conv=notrunc,sparse iflag=fullblock status=none
}

# A third partition at the end, with an ext4 made with these options of mke2fs.
add_ext4() { # OPTION...
	truncate -s +16M "$img"
	sgdisk -e "$img" >/dev/null
	sgdisk -n 3:0:0 -t 3:8300 -c 3:more "$img" >/dev/null
	start=$(sgdisk -i 3 "$img" | sed -n "s/^First sector: \([0-9]*\).*/\1/p")
	mke2fs -q -F -t ext4 "$@" -E "offset=$((start * 512))" "$img" 8M >/dev/null 2>&1
}


# Puts an initrd with these modules in place, their folder named after VERSION;
# NAME:VERSION is a module for another kernel.
root_initrd() { # VERSION MODULE...
	for_kernel=$1
	shift
	for module in "$@"; do
		case $module in *:*) folder=${module#*:} ;; *) folder=$for_kernel ;; esac
		mkdir -p "$work/initrd/usr/lib/modules/$folder"
		echo module >"$work/initrd/usr/lib/modules/$folder/${module%:*}.ko"
	done
	printf '#!/bin/sh\n' >"$work/initrd/init"
	(cd "$work/initrd" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) | gzip -n >"$work/initrd.gz"
	root_put "$work/initrd.gz" "/boot/initrd.img-$version"
}

# systemd becomes the guest's init, with some of its units.
root_systemd() {
	root_del /usr/sbin/init
	root_mkdir /usr/lib/systemd
	root_mkdir /usr/lib/systemd/system
	root_get /usr/bin/sh "$work/systemd" && root_put "$work/systemd" /usr/lib/systemd/systemd
	root_run 'symlink /usr/sbin/init ../lib/systemd/systemd'
	for unit in basic multi-user graphical rescue emergency poweroff; do
		printf '[Unit]\nDescription=%s\n' "$unit" | root_write "/usr/lib/systemd/system/$unit.target"
	done
	root_run 'symlink /usr/lib/systemd/system/default.target graphical.target'
	root_run 'symlink /usr/lib/systemd/system/runlevel1.target rescue.target'
	root_mkdir /etc/systemd
	root_mkdir /etc/systemd/system
}

# Words at the end of the entry's command line, for sed.
root_words() { root_edit /boot/grub/grub.cfg "s%\(linux .* ro\)\$%\1 $1%"; } # WORDS

# An initrd with these files beside its modules, for whose maker they are.
root_initrd_of() { # PATH...
	for path in "$@"; do
		mkdir -p "$work/initrd/$(dirname "$path")" && echo "$path" >"$work/initrd/$path"
	done
	root_initrd "$version" virtio_pci virtio_blk virtio_mmio virtio_scsi xen-blkfront ext4
}

# What systemd-boot's entry of the sample hands over, byte for byte; and that initrd in its place.
esp_options() { # OPTIONS
	entry=/loader/entries/debian-$version.conf
	esp_get "$entry" "$work/entry" && sed -i /^options/d "$work/entry" && echo "options $1" >>"$work/entry" &&
		esp_put "$work/entry" "$entry"
}
esp_initrd_of() { root_initrd_of "$@" && esp_put "$work/initrd.gz" "/debian/$version/initrd.img"; } # PATH...

# Puts a bootconfig with this text behind the initrd.
root_bootconfig() { # TEXT
	root_get "/boot/initrd.img-$version" "$work/initrd" && python3 -c 'import struct, sys
text = sys.argv[2].encode() + b"\0"
open(sys.argv[1], "ab").write(text + struct.pack("<II", len(text), sum(text)) + b"#BOOTCONFIG\n")' "$work/initrd" "$1" &&
		root_put "$work/initrd" "/boot/initrd.img-$version"
}

# $work/filling, what cannot be compressed to nothing.
filling() { # [BYTES]
	python3 -c 'import random, sys
random.seed(1)
open(sys.argv[1], "w").write("".join(random.choices("0123456789abcdef", k=int(sys.argv[2]))))' "$work/filling" "${1:-300000}"
}
# Changes a byte in the middle of a file.
flip() { # FILE
	python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 0x55; open(sys.argv[1], "wb").write(b)' "$1"
}

# poke OFFSET HEX...: bytes at an offset of $img (decimal, or 0x...)
poke() { python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2], 0)); f.write(bytes.fromhex("".join(sys.argv[3:])))' "$img" "$@"; }

pe() { python3 "$lib/mkpe.py" "$@"; } # OUT OPTIONS...

# A GRUB with these modules and no others (mkgrub.py) becomes the default loader, and the vendor's.
esp_grub() { # MKGRUB-OPTION...
	python3 "$lib/mkgrub.py" "$work/mods" "$@" &&
		printf 'sbat,1,SBAT Version,sbat,1,u\ngrub,3,FSF,grub,2.06,u\n' >"$work/sbat.csv" &&
		pe "$work/grub.efi" --section '.data=@GRUB\0  GNU GRUB  version %s\0' --section "mods=$work/mods" \
			--section ".sbat=$work/sbat.csv" &&
		esp_put "$work/grub.efi" /EFI/BOOT/BOOTAA64.EFI && esp_put "$work/grub.efi" /EFI/debian/grubaa64.efi
}
# The modules that the sample's way needs, as options.
grub_way='--module part_gpt --module fat --module ext2 --module normal --module configfile
	--module search_fs_uuid --module search:search_fs_uuid'

# A program that boots as a kernel's stub does;
# -DSEES=... -DTHEN=...: what it looks for, and does (fakekernel.c).
kernel() { # OUT FLAG...
	kernel_out=$1
	shift
	clang --target=aarch64-unknown-windows -std=gnu11 -O1 -ffreestanding -fno-stack-protector \
		-mno-stack-arg-probe -I "$top/tests/guest" "$@" -c -o "$work/kernel.obj" "$lib/fakekernel.c" &&
		lld-link /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /Brepro \
			"/out:$kernel_out" "$work/kernel.obj"
}

# It becomes the default loader.
esp_kernel() { # FLAG...
	kernel "$work/loader" "$@" && esp_put "$work/loader" /EFI/BOOT/BOOTAA64.EFI
}

# sample KIND: the path of the sample, made once per run
sample() {
	dir=$top/${O:-o/release}/tests/samples
	if [ ! -e "$dir/$1.img" ] || [ "$lib/sample" -nt "$dir/$1.img" ] || [ "$lib/mkpe.py" -nt "$dir/$1.img" ]; then
		mkdir -p "$dir"
		"$lib/sample" "$dir/$1.img.$$" "$1" || return 1
		mv "$dir/$1.img.$$" "$dir/$1.img"
	fi
	echo "$dir/$1.img"
}

header_value() { sed -n "s/^# $1: *\([^#]*\).*/\1/p" "$2"; } # KEY FILE

# Of a broken image, a family that has nothing to judge because of a fault that another reports can't tell, when it is
# selected without that one. Which they are: what passes of the sample, and is skipped of what was made of it.
selections_hold() { # SAMPLE
	[ -e "$tmp/$1.json" ] || "$armvm" check --json --boot none "$(sample "$1")" >"$tmp/$1.json" 2>/dev/null
	for family in $(jq -rn --slurpfile good "$tmp/$1.json" --slurpfile bad "$work/json" '
		($good[0].images[0].checks | map({key: .id, value: .outcome}) | from_entries) as $was |
		[$bad[0].images[0].checks[] | select(.severity == "error")] as $checks |
		([$checks[] | select(.outcome == "finding") | .family] | unique) as $faulty |
		if $faulty == [] then empty else
			[$checks[] | select(.outcome == "skipped" and $was[.id] == "pass") | .family] | unique - $faulty | .[]
		end'); do
		# shellcheck disable=SC2046 # words
		"$armvm" check --boot none $(cat "$work/args") --select "$family" "$(cat "$work/img")" >"$work/selected" 2>&1
		[ $? = 3 ] && continue
		echo "$family alone says of it:"
		cat "$work/selected"
		return 1
	done
}

# Runs one fixture; prints nothing when it does what it should.
try_fixture() { # ID pass|fail[-NAME]
	id=$1 kind=$2
	recipe=$top/tests/checks/$id/$kind
	work=$tmp/$id.$kind
	mkdir -p "$work"
	from=$(header_value sample "$recipe")
	img=$work/image.raw args=
	cp --sparse=always "$(sample "${from:-grub}")" "$img" || return 1
	# shellcheck disable=SC1090
	(cd "$work" && . "$recipe" && echo "$img" >"$work/img" && echo "$args" >"$work/args") || {
		echo "the recipe failed"
		return 1
	}
	# shellcheck disable=SC2046 # words
	"$armvm" check --json --boot none $(cat "$work/args") "$(cat "$work/img")" >"$work/json" 2>"$work/stderr"
	jq -e . "$work/json" >/dev/null 2>&1 || {
		echo "no report"
		cat "$work/stderr"
		return 1
	}
	jq -r '.images[0].checks[] | select(.outcome != "pass" and .outcome != "skipped")
		| "\(.id) \(.outcome) \(.reason // "") \(.findings | map("\(.where): \(.what)") | join("; "))"' \
		"$work/json" >"$work/found"
	outcome=$(jq -r --arg id "$id" '.images[0].checks[] | select(.id == $id) | .outcome' "$work/json")
	case $kind in fail*) selections_hold "${from:-grub}" || return 1 ;; esac
	rm -f "$work"/*.raw "$work"/*.qcow2 "$work"/image*
	if [ "${kind%%-*}" = pass ]; then
		[ "$outcome" = pass ] && [ ! -s "$work/found" ] && return 0
		echo "$id is: $outcome"
	else
		also=$(header_value also "$recipe" | tr ' ' '\n' | grep . | sed 's/\./\\./; s/^/^/; s/$/ /')
		others=$(grep -v "^$id " "$work/found" | { [ -n "$also" ] && grep -v -e "$also" || cat; })
		[ "$outcome" = finding ] && [ -z "$others" ] && return 0
		echo "$id is: $outcome"
	fi
	cat "$work/found"
	return 1
}

# Runs every fixture of the ids that match a shell pattern, as a TAP test.
try_fixtures() { # PATTERN ["KIND..."]
	requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 cpio
	for dir in "$top"/tests/checks/*/; do
		id=$(basename "$dir")
		# shellcheck disable=SC2254 # a pattern
		case $id in $1) ;; *) continue ;; esac
		for recipe in $(for kind in ${2:-pass fail}; do ls "$dir$kind" "$dir$kind"-* 2>/dev/null; done); do
			kind=$(basename "$recipe")
			if (try_fixture "$id" "$kind") >"$tmp/why" 2>&1; then
				pass "$id $kind"
			else
				fail "$id $kind" "$tmp/why"
			fi
			rm -rf "${tmp:?}/$id.$kind"
		done
	done
	[ "$tap_count" -gt 0 ] || fail "there is a fixture of $1"
	tap_done
}
