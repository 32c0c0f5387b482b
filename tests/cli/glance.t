#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# glance: the properties follow from what is in the image, the four formats say
# the same, and nothing from an image becomes more than a word.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq qemu-img sgdisk mkfs.fat mcopy mke2fs debugfs cpio python3

work=$tmp
img=$tmp/image.raw
cd "$tmp" || exit 1

# fresh KIND: a sample to change
fresh() {
	rm -rf "$img" "$work/initrd"
	cp --sparse=always "$(sample "$1")" "$img"
}
glance() { "$armvm" glance --boot none "$@"; }
# is NAME VALUE WHAT: of the image as it is; - for one that is left out
is() {
	glance --format json "$img" >"$tmp/json" 2>"$tmp/stderr"
	got=$(jq -r --arg n "$1" '[.images[0].glance[] | select(.name == $n)][0] // {value: "no such"} | .value // "-"' "$tmp/json")
	if [ "$got" = "$2" ]; then pass "$3"; else
		echo "$got" >"$tmp/got"
		fail "$3 ($1 is not $2)" "$tmp/got"
	fi
}

fresh grub
exits 0 "a portable image" glance "$img"
is disk_format raw "the format"
is container_format bare "no container"
is min_disk 1 "the least disk, in whole GiB"
is hw_architecture aarch64 "the architecture"
is architecture aarch64 "by its older name, too"
is hw_firmware_type uefi "the firmware"
is hw_machine_type virt "the machine"
is hw_disk_bus virtio "the disk's bus, by the initrd's driver"
is hw_scsi_model "no such" "which has no SCSI model"
is hw_vif_model virtio "the network card, by the kernel's driver"
is hw_rng_model - "no entropy device without a driver"
is hw_qemu_guest_agent - "no agent where none is installed"
is os_type linux "the type of system"
is os_distro debian "the distribution"
is os_version 12 "its version"
is os_secure_boot disabled "what is not signed has no Secure Boot"
ok "every property has a reason" jq -e '[.images[0].glance[].reason | length > 0] | all' "$tmp/json"

qemu-img convert -f raw -O qcow2 "$img" "$tmp/image.qcow2"
qemu-img resize -q -f qcow2 "$tmp/image.qcow2" 1073742336
img=$tmp/image.qcow2
is disk_format qcow2 "a qcow2"
is min_disk 2 "a byte more than a GiB takes two"
img=$tmp/image.raw

# ---- memory ----
fresh grub
is min_ram 256 "the least memory"
kernel=/boot/vmlinuz-$version
root_get "$kernel" "$tmp/kernel"
# big HEADER: the kernel's first bytes say that it is large
big() {
	fresh grub
	python3 - "$1" "$tmp/kernel" <<-'END' | root_write "$kernel"
		import struct, sys
		kind, data = sys.argv[1], bytearray(open(sys.argv[2], "rb").read())
		if kind in ("image", "absurd"):
		    data[16:24] = struct.pack("<Q", 700 << 20 if kind == "image" else 1 << 60)
		    data[56:60] = b"ARMd"
		if kind == "pages":
		    data[24:32] = struct.pack("<Q", 3 << 1)
		    data[56:60] = b"ARMd"
		if kind == "zboot":
		    data[4:8] = b"zimg"
		    data[8:16] = struct.pack("<II", 64, 1000)
		    data[56:60] = bytes(4)
		    data[64 + 996:64 + 1000] = struct.pack("<I", 700 << 20)
		sys.stdout.buffer.write(data)
	END
}
big image
is min_ram 896 "a kernel whose header says that it takes 700 MiB"
contains "which the reason tells" "the kernel takes 700," "$tmp/json"
big absurd
is min_ram 256 "a header that says what no machine has"
big zboot
is min_ram 896 "a kernel that unpacks itself to 700 MiB"
big pages
is min_ram 768 "a kernel with pages of 64 KiB, which sets more apart"
fresh grub
mkdir -p "$work/large" && truncate -s 300M "$work/large/file"
(cd "$work/large" && echo file | cpio -o -H newc --quiet) | gzip -1 | root_write "/boot/initrd.img-$version"
is min_ram 512 "an initrd with 300 MiB in it"

# ---- drivers ----
fresh grub
root_initrd "$version" virtio_pci virtio_mmio virtio_scsi sd_mod xen-blkfront ext4
is hw_disk_bus scsi "an initrd without virtio_blk, but with virtio_scsi"
is hw_scsi_model virtio-scsi "has the model"
fresh grub
root_initrd "$version" ext4
is hw_disk_bus - "an initrd without drivers of disks has no bus"
fresh grub
root_edit /boot/config-$version 's/CONFIG_VIRTIO_BLK=m/CONFIG_VIRTIO_BLK=y/; s/CONFIG_VIRTIO_PCI=m/CONFIG_VIRTIO_PCI=y/'
root_edit /usr/lib/modules/$version/modules.dep 's/virtio_blk/dummy/; s/virtio_pci/dummy2/'
root_initrd "$version" ext4
is hw_disk_bus virtio "drivers that are built in need not be in the initrd"
root_edit /boot/config-$version 's/CONFIG_VIRTIO_NET=m/# CONFIG_VIRTIO_NET is not set/; $aCONFIG_E1000E=m'
root_edit /usr/lib/modules/$version/modules.dep 's/virtio_net/e1000e/'
is hw_vif_model e1000e "another card's driver"
root_edit /boot/config-$version 's/.*E1000E.*//'
root_edit /usr/lib/modules/$version/modules.dep 's/e1000e/dummy/'
is hw_vif_model - "no card's driver"
root_edit /boot/config-$version 's/HW_RANDOM_VIRTIO=m/HW_RANDOM_VIRTIO=y/'
is hw_rng_model virtio "a driver for the entropy device"

# ---- the agent, by its file alone ----
fresh grub
head -c 100 /dev/zero | root_write /usr/bin/qemu-ga
is hw_qemu_guest_agent yes "the agent is installed"
fresh grub
root_mkdir /usr/bin/qemu-ga
is hw_qemu_guest_agent - "a folder of that name is none"

# ---- strangers' os-release ----
os_release() {
	fresh grub
	root_write /usr/lib/os-release
}
os_release <<-'END'
	ID="debian; touch /tmp/x"
	VERSION_ID="12"
END
is os_distro - "an ID that is no word is left out"
os_release <<-'END'
	ID=debian
	VERSION_ID="12 --public"
END
is os_version - "a version with a space is left out"
ok "and no option comes of it" sh -c "! '$armvm' glance --boot none --format args '$img' | grep -e --public"
os_release <<-'END'
	ID=debian
	VERSION_ID="--public"
END
is os_version - "a version that begins as an option does is left out"
os_release <<-'END'
	ID=debian
	VERSION_ID="$(touch x)"
	PRETTY_NAME="a\033[31mred"
END
is os_version - "a version for a shell is left out"
printf 'ID=debian\nVERSION_ID="1\0332"\nPRETTY_NAME="\033[31mred"\n' | os_release
glance "$img" >"$tmp/text"
lacks "no escape sequence reaches the terminal" "$(printf '\033')" "$tmp/text"
os_release <<-'END'
	ID=opensuse-leap
	VERSION_ID="15.6"
END
is os_distro opensuse "libosinfo's word for the distribution"
is os_version 15.6 "and its version"
os_release <<-'END'
	ID=homegrown
	VERSION_ID="1"
END
is os_distro - "a distribution that libosinfo does not know is left out"
is os_version - "and so is its version"

# ---- every word of libosinfo's is in its database ----
if [ -d /usr/share/osinfo/os ]; then
	{ echo sle; sed '/^} named/,$d' "$top/src/glance/osinfo.c" | grep -o '{ "[^"]*", "[^"]*" }' |
		sed 's/.*, "//; s/".*//'; } | sort -u >"$tmp/words"
	# The database of Debian 12 has Guix by its former word.
	grep -rhoE '<distro>[^<]*' /usr/share/osinfo/os | sed 's/.*>//; s/^guix$/guix-system/' | sort -u >"$tmp/known"
	ok "there are words" test "$(wc -l <"$tmp/words")" -gt 20
	ok "libosinfo has them all" test -z "$(comm -23 "$tmp/words" "$tmp/known")"
elif [ -n "${CI:-}" ]; then
	fail "osinfo-db is missing, which CI must have"
else
	echo "# osinfo-db is missing: its words are not compared"
fi

# ---- formats ----
fresh grub
glance --format env "$img" >"$tmp/env"
glance --format args "$img" >"$tmp/args"
glance --format json "$img" >"$tmp/json"
jq -r '.images[0].glance[] | select(.value) | "\(.name)=\(.value)"' "$tmp/json" >"$tmp/expected"
ok "env has what JSON has" cmp "$tmp/env" "$tmp/expected"
jq -r '[.images[0].glance[] | select(.value) | if .option then "\(.option) \(.value)"
	else "--property \(.name)=\(.value)" end] | join(" ")' "$tmp/json" >"$tmp/expected"
ok "and so has args" cmp "$tmp/args" "$tmp/expected"
ok "a shell reads env" sh -eu -c '. "$1"; test "$hw_disk_bus" = virtio' - "$tmp/env"

# ---- refusals ----
fresh grub
head -c 64 /dev/zero | esp_write /ubootefi.var
exits 1 "an image with an error" glance "$img"
glance --format args "$img" >"$tmp/args" 2>"$tmp/stderr"
ok "no arguments for it" test ! -s "$tmp/args"
contains "but the reason" esp.variable-store "$tmp/stderr"
exits 0 "unless it is allowed" glance --allow esp.variable-store "$img"
contains "which is said" "1 waived" "$tmp/exits.log"
glance --allow esp.variable-store --format env "$img" >"$tmp/env"
contains "and recorded" armvm_waived=esp.variable-store "$tmp/env"
fresh grub
root_edit "/boot/config-$version" '/CONFIG_[A-DF-Z]/s/=.*/=n/'
root_edit "/usr/lib/modules/$version/modules.dep" '/virtio\|xen/d'
root_initrd "$version" ext4
root_edit /etc/fstab '/efi/d'
head -c 64 /dev/zero | esp_write /ubootefi.var
poke 462 01
ids=$("$armvm" check --boot none --json "$img" | jq -r '[.images[0].checks[] | select(.outcome == "finding").id] | join(",")')
ok "many findings" test "${#ids}" -gt 255
exits 0 "can be allowed" glance --allow "$ids" --format env "$img"
contains "and are recorded, all of them" "armvm_waived=$ids" "$tmp/exits.log"
fresh grub
head -c 64 /dev/zero | esp_write /ubootefi.var
exits 2 "what is no check cannot be allowed" glance --allow esp.nonsense "$img"
exits 2 "a whole family cannot be allowed" glance --allow esp "$img"

# What is but a warning elsewhere, and refused by OpenStack.
fresh grub
qemu-img convert -f raw -O qcow2 -o extended_l2=on,cluster_size=128k "$img" "$tmp/l2.qcow2"
exits 0 "extended L2 entries do not make an image unfit" "$armvm" check --boot none "$tmp/l2.qcow2"
exits 1 "but Glance refuses them" glance "$tmp/l2.qcow2"
contains "which is said" container.extended-l2 "$tmp/exits.log"
qemu-img convert -f raw -O qed "$img" "$tmp/image.qed"
exits 1 "QED" glance "$tmp/image.qed"
qemu-img create -q -f qcow2 -b "$img" -F raw "$tmp/overlay.qcow2"
exits 1 "a backing file" glance "$tmp/overlay.qcow2"

# What only OpenStack's own look into an image minds, each beside one that it takes.
put_bytes() { # FILE OFFSET BYTES, as printf's octal
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
refused() { # WHAT ID FILE
	exits 1 "$1" glance --format args "$3"
	contains "by $2" "$2" "$tmp/exits.log"
	lacks "without arguments" --disk-format "$tmp/exits.log"
}
cp --sparse=always "$img" "$tmp/flag.raw"
put_bytes "$tmp/flag.raw" 462 '\001'
refused "a boot flag of an empty record" gpt.mbr-boot-flag "$tmp/flag.raw"
cp --sparse=always "$img" "$tmp/udf.raw"
put_bytes "$tmp/udf.raw" 32769 NSR02
refused "a volume descriptor of UDF" container.iso "$tmp/udf.raw"
put_bytes "$tmp/udf.raw" 32769 NSR99
exits 0 "other bytes there" glance "$tmp/udf.raw"
for subformat in monolithicSparse streamOptimized; do
	qemu-img convert -f raw -O vmdk -o subformat=$subformat "$img" "$tmp/$subformat.vmdk"
	exits 0 "a VMDK that is $subformat" glance "$tmp/$subformat.vmdk"
done
for change in 's|SPARSE "mono|SPARSE "/ono|' 's|^# The Disk Data Base|  The Disk Data Base|' \
	's|^ddb.adapterType|dbb adapterType|' 's|^createType="|createType ="|' 's|^RW |XW |'; do
	LC_ALL=C sed "$change" "$tmp/monolithicSparse.vmdk" >"$tmp/strange.vmdk"
	refused "a descriptor after $change" container.vmdk-descriptor "$tmp/strange.vmdk"
done
cp "$tmp/monolithicSparse.vmdk" "$tmp/version.vmdk"
put_bytes "$tmp/version.vmdk" 4 '\004'
refused "a VMDK of version 4" container.version "$tmp/version.vmdk"
head -c 512 "$tmp/monolithicSparse.vmdk" >"$tmp/part.vmdk"
put_bytes "$tmp/part.vmdk" 0 COWD
refused "an extent of an ESX disk" container.external-data "$tmp/part.vmdk"
qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on "$img" "$tmp/fixed.vhd"
exits 0 "a VHD of fixed size is fit for others" "$armvm" check --boot none "$tmp/fixed.vhd"
refused "but Glance does not know it" disk_format "$tmp/fixed.vhd"
exits 0 "unless it is converted" glance --convert qcow2 "$tmp/fixed.vhd"
exits 1 "QED is not uploaded even when it is allowed" glance --allow container.old-format --format args "$tmp/image.qed"
contains "for want of a word" disk_format "$tmp/exits.log"

exits 3 "an image that is not there" glance "$tmp/none"
exits 2 "two images" glance "$img" "$img"
exits 2 "a format that is none" glance --format yaml "$img"

# ---- packed and converted ----
fresh grub
xz -1 -T2 -c "$img" >"$tmp/image.raw.xz"
gzip -1 -c "$img" >"$tmp/image.raw.gz"
zstd -q -c "$img" >"$tmp/image.raw.zst"
exits 1 "a packed image is refused" glance "$tmp/image.raw.xz"
for ending in xz gz zst; do
	before=$(find . -maxdepth 1 | wc -l)
	exits 0 "unpacked from .$ending" glance --unpack "$tmp/image.raw.$ending"
	contains "it is named as it was given" "image.raw.$ending: portable" "$tmp/exits.log"
	ok "nothing stays of it" test "$(find . -maxdepth 1 | wc -l)" = "$before"
done
mkdir ova
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$img" ova/disk.vmdk
echo '<Envelope/>' >ova/machine.ovf
(cd ova && tar --format=ustar -cf ../machine.ova machine.ovf disk.vmdk)
exits 0 "the disk of an OVA" glance --unpack --format env "$tmp/machine.ova"
contains "is what it is" disk_format=vmdk "$tmp/exits.log"
exits 0 "and can be converted" glance --unpack --convert qcow2 --format env "$tmp/machine.ova"
contains "which is what is judged" disk_format=qcow2 "$tmp/exits.log"
cp ova/disk.vmdk ova/second.vmdk
(cd ova && tar -cf ../two.ova machine.ovf disk.vmdk second.vmdk && tar -cf ../none.ova machine.ovf)
exits 3 "an OVA with two disks" glance --unpack "$tmp/two.ova"
exits 3 "an OVA without one" glance --unpack "$tmp/none.ova"
python3 - <<'END'
import io, tarfile
disk = open("image.raw", "rb").read()
archive = tarfile.open("named.tar", "w", format=tarfile.PAX_FORMAT)
entry = tarfile.TarInfo("d\u00efsk \u78c1\u76d8.raw")
entry.size = len(disk)
archive.addfile(entry, io.BytesIO(disk))
archive.close()
links = tarfile.open("links.tar", "w")
entry = tarfile.TarInfo("a.raw")
entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/shadow"
links.addfile(entry)
links.close()
many = tarfile.open("many.tar", "w")
for number in range(10001):
    many.addfile(tarfile.TarInfo(str(number)))
many.close()
END
exits 0 "a disk with a name of another alphabet" glance --unpack named.tar
exits 3 "a link is no disk" glance --unpack links.tar
exits 3 "an archive of too many files" glance --unpack many.tar
rights() { strace -f -qq -e trace=seccomp -o rights "$@" >"$tmp/rights.log" 2>&1; grep -c SECCOMP_SET_MODE_FILTER rights; }
if command -v strace >/dev/null; then
	ok "what unpacks has given up its rights, as what judges has" test \
		"$(rights "$armvm" glance --boot none --unpack "$tmp/image.raw.gz")" -gt "$(rights "$armvm" glance --boot none "$img")"
else
	skip "what unpacks has given up its rights" "strace is missing"
fi
exits 3 "more than is allowed" glance --unpack --max-size 100M "$tmp/image.raw.gz"
contains "which is said" --max-size "$tmp/exits.log"
exits 3 "more than is allowed to convert to" glance --convert raw --max-size 100M "$tmp/image.qcow2"
for ending in xz gz zst; do
	head -c $(($(wc -c <"$tmp/image.raw.$ending") / 2)) "$tmp/image.raw.$ending" >"$tmp/cut.raw.$ending"
	exits 3 "a .$ending that is cut off" glance --unpack "$tmp/cut.raw.$ending"
done
head -c $(($(wc -c <machine.ova) / 2)) machine.ova >cut.ova
exits 3 "an OVA that is cut off" glance --unpack cut.ova
exits 0 "a raw image of a qcow2" glance --convert raw --format env "$tmp/image.qcow2"
contains "is what is judged" disk_format=raw "$tmp/exits.log"
exits 1 "what refers to other files is not converted" glance --convert raw "$tmp/overlay.qcow2"
ok "no temporary file stays" test -z "$(find "$tmp" -name '*.armvm-*')"
tap_done
