# SPDX-License-Identifier: GPL-2.0-or-later
# What layouts are made of: trees, configurations, file systems, disks. See images/layouts.
# shellcheck shell=sh disable=SC2034,SC2154

lib=$here/../tests/lib

uuid=5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d4e5
boot_uuid=5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d4b0
partuuid=5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d402
usr_partuuid=5f0c1d2e-3b4a-4c5d-8e6f-70a1b2c3d403
esp_uuid=A1B2-C3D4
consoles="console=ttyAMA0 console=hvc0"

# The guest's files, without what only Debian's loaders' packages brought; /boot is empty.
new_root() { # ID NAME
	rm -rf "$w/root"
	# Files are shared with the tree: whatever is changed is deleted first.
	cp -al "$base/grub" "$w/root" 2>/dev/null || { rm -rf "$w/root" && cp -a "$base/grub" "$w/root"; }
	rm -rf "$w/root/var/lib/dpkg" "$w/root/var/cache/debconf" "$w/root/usr/lib/grub" "$w/root/usr/lib/shim" \
		"$w/root/usr/share" "$w/root/boot"
	mkdir -p "$w/root/boot" "$w/root/etc/default"
	rm -f "$w/root/etc/os-release" "$w/root/usr/lib/os-release" "$w/root/etc/fstab"
	printf 'ID=%s\nNAME="%s"\nPRETTY_NAME="%s"\n' "$1" "$2" "$2" >"$w/root/usr/lib/os-release"
	ln -s ../usr/lib/os-release "$w/root/etc/os-release"
	: >"$w/root/etc/fstab"
	rm -rf "$w/esp" "$w/bootfs"
	mkdir -p "$w/esp/EFI/BOOT" "$w/bootfs"
}
mounts() { # SPEC FILE TYPE [OPTIONS]
	echo "$1 $2 $3 ${4:-defaults} 0 0" >>"$w/root/etc/fstab"
}
kernel_to() { # FOLDER KERNEL INITRD
	mkdir -p "$1"
	cp "$base/grub/boot/vmlinuz-$version" "$1/$2"
	cp "$base/grub/boot/initrd.img-$version" "$1/$3"
}

# with_modules INITRD MODULE...: modules of LVM or RAID, which the initrd has not got, in front of what it has.
with_modules() {
	initrd=$1
	shift
	folder=lib/modules/$version/kernel/drivers/md
	mkdir -p "$w/modules/$folder"
	for module; do
		cp "$base/grub/$folder/$module.ko" "$w/modules/$folder/"
	done
	(cd "$w/modules" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$w/modules.cpio"
	cat "$w/modules.cpio" "$initrd" >"$w/initrd.both"
	mv "$w/initrd.both" "$initrd"
}
config_to() { cp "$base/grub/boot/config-$version" "$1/config-$version"; }

modules='part_gpt part_msdos fat ext2 xfs btrfs squash4 lvm mdraid1x search search_fs_uuid search_label search_fs_file
	normal configfile linux echo test sleep all_video loadenv gzio zstd minicmd serial terminal regexp loopback'
grub_to() { # FILE PREFIX [OPTION...]
	grub_file=$1 grub_prefix=$2
	shift 2
	mkdir -p "$(dirname "$grub_file")"
	# shellcheck disable=SC2086 # words
	grub-mkimage -d "$base/grub/usr/lib/grub/arm64-efi" -O arm64-efi -p "$grub_prefix" -o "$grub_file" "$@" $modules
}
# A menu of one entry, as grub-mkconfig's: what finds the kernel's file system, the folder there, options.
menu() { # SEARCH KERNEL INITRD OPTIONS
	printf 'set timeout=1\nset default=0\nmenuentry "Linux" {\n\tinsmod part_gpt\n\t%s\n\tlinux %s %s\n\tinitrd %s\n}\n' \
		"$1" "$2" "$4" "$3"
}
leads_to() { # UUID PATH
	printf 'search --no-floppy --fs-uuid --set=dev %s\nset prefix=($dev)%s\nexport prefix\nconfigfile $prefix/grub.cfg\n' \
		"$1" "$2"
}
# GRUB's environment block of these lines.
environment() { # FILE LINE...
	file=$1
	shift
	mkdir -p "$(dirname "$file")"
	{
		echo '# GRUB Environment Block'
		printf '%s\n' "$@"
	} >"$w/env"
	head -c $((1024 - $(stat -c %s "$w/env"))) /dev/zero | tr '\0' '#' >>"$w/env"
	cp "$w/env" "$file"
}

systemd_boot() {
	mkdir -p "$w/esp/EFI/systemd" "$w/esp/loader/entries"
	cp "$base/systemd/usr/lib/systemd/boot/efi/systemd-bootaa64.efi" "$w/esp/EFI/systemd/"
	cp "$base/systemd/usr/lib/systemd/boot/efi/systemd-bootaa64.efi" "$w/esp/EFI/BOOT/BOOTAA64.EFI"
	printf 'timeout 1\n' >"$w/esp/loader/loader.conf"
}
entry() { # FILE TITLE KERNEL INITRD OPTIONS
	mkdir -p "$(dirname "$1")"
	printf 'title %s\nlinux %s\ninitrd %s\noptions %s\n' "$2" "$3" "$4" "$5" >"$1"
}
# A unified kernel image of the stub, the kernel, the initrd and a command line.
unified() { # OUT INITRD CMDLINE
	mkdir -p "$(dirname "$1")"
	printf '%s' "$3" >"$w/cmdline"
	stub=$base/systemd/usr/lib/systemd/boot/efi/linuxaa64.efi.stub
	python3 "$lib/mkuki.py" "$1" "$stub" ".osrel=$w/root/usr/lib/os-release" ".cmdline=$w/cmdline" \
		".initrd=$2" ".linux=$base/grub/boot/vmlinuz-$version"
}

# ---- file systems and disks ----

make_esp() { # MIB
	rm -f "$w/esp.img"
	truncate -s "${1:-160}M" "$w/esp.img"
	mkfs.fat -F 32 -n ESP -i "$(echo $esp_uuid | tr -d -)" "$w/esp.img" >/dev/null
	mcopy -s -i "$w/esp.img" "$w"/esp/* ::/
}
make_ext4() { # TREE OUT MIB UUID [LABEL]
	rm -f "$2"
	mke2fs -q -F -t ext4 -O ^metadata_csum_seed,^orphan_file -U "$4" -L "${5:-}" -E root_owner=0:0 -d "$1" "$2" "$3M" >/dev/null 2>&1
}
make_xfs() { # TREE OUT MIB UUID
	rm -f "$2"
	truncate -s "$3M" "$2"
	python3 "$lib/xfsproto.py" "$1" >"$w/proto"
	mkfs.xfs -q -f -m "uuid=$4" -p "$w/proto" "$2"
}
make_btrfs() { # TREE OUT MIB UUID
	rm -f "$2"
	truncate -s "$3M" "$2"
	mkfs.btrfs -q -U "$4" -r "$1" "$2" >/dev/null
}
# The hashes of a file system's blocks; root_hash and salt are set.
make_verity() { # IMAGE OUT
	rm -f "$2"
	salt=$(printf '%064d' 7)
	veritysetup format --salt "$salt" --uuid 00000000-0000-4000-8000-000000000007 "$1" "$2" >"$w/verity"
	root_hash=$(sed -n 's/^Root hash:[^0-9a-f]*//p' "$w/verity")
}
# 32 digits of a hash from one on, as a GUID.
guid_of() { # HASH FROM
	echo "$1" | cut -c "$2-$(($2 + 31))" | sed 's/^\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/'
}
# Partitions in the order of the disk: NUMBER:TYPE:NAME:PARTUUID:FILE each.
make_disk() {
	rm -f "$out.part"
	total=4
	for part in "$@"; do
		file=${part##*:}
		total=$((total + ($(stat -c %s "$file") + 1048575) / 1048576))
	done
	truncate -s "${total}M" "$out.part"
	at=2048
	for part in "$@"; do
		IFS=: read -r number type name guid file <<-END
			$part
		END
		size=$((($(stat -c %s "$file") + 1048575) / 1048576 * 2048))
		sgdisk -n "$number:$at:$((at + size - 1))" -t "$number:$type" -c "$number:$name" "$out.part" >/dev/null
		[ -z "$guid" ] || sgdisk -u "$number:$guid" "$out.part" >/dev/null
		dd if="$file" of="$out.part" bs=1M seek=$((at / 2048)) conv=notrunc,sparse status=none
		at=$((at + size))
	done
	mv "$out.part" "$out"
}

esp_type=ef00 root_type=8305
