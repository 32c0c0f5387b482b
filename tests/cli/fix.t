#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fix: what it writes, when it writes nothing, and what it refuses. Single repairs
# are tests/checks/fix.t's; here several are made at once.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk sfdisk tune2fs mkfs.fat fsck.fat mcopy mke2fs debugfs python3 cpio qemu-img
work=$tmp
cd "$tmp" || exit 1

fresh() { cp --sparse=always "$(sample "${1:-grub}")" disk.raw && img=$tmp/disk.raw; }
state() { stat -c '%i %Z %s' "$1"; }
portable() { "$armvm" check -q --boot none "$1"; }

# An image with a stray variable store and NVRAM switches that are on.
break_some() {
	fresh "${1:-grub}"
	echo store | esp_write /ubootefi.var
	root_edit /var/cache/debconf/config.dat 's/^Value: .*/Value: true/'
	root_edit /etc/fstab "s/^UUID=$root_uuid/\/dev\/vda2/"
}

# Nothing to do.
fresh
was=$(state disk.raw)
exits 0 "a portable image needs nothing" "$armvm" fix disk.raw
contains "and that is said" "nothing to do" "$tmp/exits.log"
ok "it is left alone" test "$was" = "$(state disk.raw)"
ok "and nothing is written" test ! -e disk.portable.raw

# A dry run.
break_some
was=$(state disk.raw)
ls -A >"$tmp.before"
exits 0 "a dry run" "$armvm" fix --dry-run disk.raw
contains "it shows lines that go" "-/dev/vda2 / ext4" "$tmp/exits.log"
contains "and lines that come" "+UUID=$root_uuid / ext4" "$tmp/exits.log"
ls -A >"$tmp.after"
ok "it writes nothing" cmp "$tmp.before" "$tmp.after"
rm -f "$tmp.before" "$tmp.after"
ok "and changes nothing" test "$was" = "$(state disk.raw)"
"$armvm" fix --dry-run --json disk.raw >json
ok "as JSON it tells the same" jq -e '.images[0] | .outcome == "planned" and .output == "disk.portable.raw"
	and ([.changes[] | select(.path == "/etc/fstab") | .diff] | length == 1)
	and ([.mended[].id] | index("esp.variable-store") != null)' json

# Written beside.
exits 0 "fix writes a new image" "$armvm" fix --no-verify disk.raw
ok "the input is left alone" test "$was" = "$(state disk.raw)"
ok "the new one is portable" portable disk.portable.raw
ok "it is as sparse" test "$(stat -c %b disk.portable.raw)" -le "$(($(stat -c %b disk.raw) + 256))"
exits 1 "an existing file is not replaced" "$armvm" fix --no-verify disk.raw
exits 0 "but by force" "$armvm" fix --no-verify --force disk.raw
exits 0 "what is mended needs nothing" "$armvm" fix --no-verify disk.portable.raw
contains "fix twice changes nothing" "nothing to do" "$tmp/exits.log"
"$armvm" fix --no-verify --only esp.variable-store --force -o only.raw disk.raw >/dev/null
"$armvm" check --boot none --json only.raw | jq -r '.images[0].checks[] | select(.outcome == "finding") | .id' >left
lacks "what was asked for is mended" esp.variable-store left
contains "what was not stays" guest.fstab-devices left
rm -f only.raw disk.portable.raw

# In place.
chmod 0640 disk.raw
inode=$(stat -c %i disk.raw)
exits 0 "--in-place" "$armvm" fix --no-verify --in-place disk.raw
ok "replaces the image" test "$inode" != "$(stat -c %i disk.raw)"
ok "with its permissions" test "$(stat -c %a disk.raw)" = 640
ok "by one that is portable" portable disk.raw
ok "and leaves nothing behind" test -z "$(find . -name '.disk*')"

break_some
chmod 0444 disk.raw
was=$(state disk.raw)
exits 1 "a read-only image is not replaced" "$armvm" fix --no-verify --in-place disk.raw
ok "it is left alone" test "$was" = "$(state disk.raw)"
exits 0 "another is written beside it" "$armvm" fix --no-verify -o beside.raw disk.raw
rm -f disk.raw beside.raw

# Snapshots inside a qcow2 are not in what is put in place.
break_some
qemu-img convert -f raw -O qcow2 disk.raw disk.qcow2
qemu-img snapshot -c before disk.qcow2
was=$(cksum <disk.qcow2)
exits 1 "an image with snapshots is not replaced" "$armvm" fix --no-verify --in-place disk.qcow2
contains "and that is said" "holds internal snapshots" "$tmp/exits.log"
ok "it is left alone, too" test "$was" = "$(cksum <disk.qcow2)"
exits 0 "beside it another is written" "$armvm" fix --no-verify -o beside.qcow2 disk.qcow2
contains "and that it has none is said" "container: rewritten, without the 1 internal snapshot of the input" "$tmp/exits.log"
exits 0 "--force gives them up" "$armvm" fix --no-verify --in-place --force disk.qcow2
exits 0 "an image with snapshots that is fine stays" qemu-img snapshot -c after disk.qcow2
was=$(cksum <disk.qcow2)
exits 0 "there is nothing to do" "$armvm" fix --no-verify --in-place disk.qcow2
ok "and its snapshot stays" test "$was" = "$(cksum <disk.qcow2)"
rm -f disk.raw disk.qcow2 beside.qcow2

# An ESP without room: what does not fit, and what can be done.
# fill N: all but N bytes of the ESP are in use
fill() {
	free=$(mdir -i "$img@@$esp_offset" ::/ | sed -n 's/ *\(.*\) bytes free/\1/p' | tr -d ' ')
	truncate -s $((free - $1)) "$tmp/filling" && esp_put "$tmp/filling" /filling
}
for room in 0 4096; do
	img=$tmp/disk.raw
	cp --sparse=always "$(sample grub)" disk.raw
	mdeltree -i "$img@@$esp_offset" ::/EFI/BOOT
	fill $room
	exits 1 "an ESP with $room bytes left" "$armvm" fix --no-verify --in-place disk.raw
	contains "  what does not fit is said" "does not fit" "$tmp/exits.log"
	contains "  and what to do" "delete there what is not needed" "$tmp/exits.log"
	rm -f disk.raw filling
done

# Formats.
for format in qcow2 vmdk:subformat=streamOptimized vmdk:subformat=monolithicSparse vdi vhdx vpc; do
	option=${format#*:}
	kind=${format%%:*}
	break_some
	rm -f disk."$kind" fixed."$kind"
	[ "$option" = "$format" ] && option=
	qemu-img convert -f raw -O "$kind" ${option:+-o "$option"} disk.raw "disk.$kind"
	exits 0 "a $format image" "$armvm" fix --no-verify -o "fixed.$kind" "disk.$kind"
	ok "$format: portable" portable "fixed.$kind"
	qemu-img info --output=json "disk.$kind" | jq -c '[.format, ."format-specific".data."create-type"]' >a
	qemu-img info --output=json "fixed.$kind" | jq -c '[.format, ."format-specific".data."create-type"]' >b
	ok "$format: of the same kind" cmp a b
done
rm -f disk.* fixed.*

# Another format, by the ending of the name; what is taken for a CD becomes qcow2.
break_some
for kind in qcow2 vmdk vdi vhdx vhd; do
	exits 0 "a raw image as $kind" "$armvm" fix --no-verify -o "fixed.$kind" disk.raw
	ok "$kind: portable" portable "fixed.$kind"
	ok "$kind: and of that format" test "$(qemu-img info --output=json "fixed.$kind" | jq -r .format)" = \
		"$(echo "$kind" | sed 's/^vhd$/vpc/')"
done
qemu-img convert -f raw -O qcow2 disk.raw disk.qcow2
exits 0 "a qcow2 as raw" "$armvm" fix --no-verify -o fixed.raw disk.qcow2
ok "it is" test "$(qemu-img info --output=json fixed.raw | jq -r .format)" = raw
rm -f fixed.* disk.*
fresh
poke 0x8001 4344303031
exits 0 "a disk with a CD's descriptor" "$armvm" fix --no-verify disk.raw
ok "becomes qcow2" test "$(qemu-img info --output=json disk.portable.qcow2 | jq -r .format)" = qcow2
ok "which nobody takes for a CD" "$armvm" check -q --boot none --select container disk.portable.qcow2
rm -f disk.portable.*
exits 0 "in place it cannot" "$armvm" fix --no-verify --in-place --json disk.raw
contains "and that is said" "it would have to become qcow2" "$tmp/exits.log"
poke $((17 * 2048)) 004344303031 01 454c20544f5249544f2053504543494649434154494f4e
exits 0 "an installer's CD" "$armvm" fix --no-verify --json disk.raw
contains "is left alone" "it is a CD to boot from" "$tmp/exits.log"

# The next kernel's command line, in every file that has one.
fresh
for folder in kernel cmdline.d default default/grub.d dracut.conf.d; do root_mkdir "/etc/$folder"; done
root_mkdir /usr/sbin
for tool in bin/kernel-install bin/mkinitcpio sbin/update-grub bin/dracut sbin/flash-kernel sbin/u-boot-update; do
	: | root_write "/usr/$tool"
done
root_mkdir /boot/extlinux
echo 'root=/dev/loop0p2 quiet' | root_write /etc/kernel/cmdline
echo 'root=/dev/nbd0p1' | root_write /etc/cmdline.d/root.conf
printf 'GRUB_CMDLINE_LINUX=root=/dev/vda1\nGRUB_CMDLINE_LINUX_DEFAULT="quiet root=/dev/sda2 splash"\n' |
	root_write /etc/default/grub
echo 'GRUB_DEVICE=/dev/loop0p2' | root_write /etc/default/grub.d/device.cfg
echo "kernel_cmdline+=' root=/dev/vda1 '" | root_write /etc/dracut.conf.d/root.conf
echo 'LINUX_KERNEL_CMDLINE="quiet root=/dev/vda3"' | root_write /etc/default/flash-kernel
echo 'U_BOOT_ROOT="root=/dev/mmcblk0p2"' | root_write /etc/default/u-boot
printf 'label x\n\tappend root=/dev/vda9 root=/dev/vda8 ro\n' | root_write /boot/extlinux/extlinux.conf
exits 0 "each file is found" "$armvm" check --boot none --select guest.next-command-line -v disk.raw
ok "nine of them" test "$(grep -c 'next kernel that' "$tmp/exits.log")" -ge 8
exits 0 "the next command lines" "$armvm" fix --no-verify --force -o fixed.raw disk.raw
"$armvm" check --boot none --select guest.next-command-line fixed.raw >left
lacks "nothing is left" "next kernel that" left
img=$tmp/fixed.raw
root_get /boot/extlinux/extlinux.conf got
contains "twice in a line" "append root=UUID=$root_uuid root=UUID=$root_uuid ro" got
root_get /etc/default/grub.d/device.cfg got
contains "a device is for GRUB to find" "#GRUB_DEVICE=/dev/loop0p2" got
rm -f fixed.raw

# A root in a logical volume, whose bytes lie in two pieces.
fresh
root_edit /etc/fstab "s/^UUID=$root_uuid/\/dev\/vda2/"
root_edit /var/cache/debconf/config.dat 's/^Value: .*/Value: true/'
dd if=disk.raw of=root.img bs=1M skip=301 count=32 status=none
cp root.img var.img
tune2fs -U random var.img >/dev/null 2>&1
"$lib/mklvm.py" pv my-vg --split root=root.img var=var.img
truncate -s +80M disk.raw
sgdisk -e disk.raw >/dev/null
sgdisk -d 2 -n 2:616448:0 -t 2:8e00 disk.raw >/dev/null
dd if=pv of=disk.raw bs=1M seek=301 conv=notrunc status=none
echo store | esp_write /ubootefi.var
"$armvm" check --boot none --json disk.raw | jq -r '.images[0].checks[] | select(.outcome == "finding") | .id' >before
contains "a logical volume's fstab is looked at" guest.fstab-devices before
exits 0 "it is mended" "$armvm" fix --no-verify --force -o fixed.raw disk.raw
"$armvm" check --boot none --json fixed.raw | jq -r '.images[0].checks[] | select(.outcome == "finding") | .id' >after
lacks "its fstab is mended" guest.fstab-devices after
lacks "its NVRAM switches are off" nvram.debian after
lacks "the ESP's store is gone" esp.variable-store after
rm -f fixed.raw disk.raw pv root.img var.img

# An ESP that nobody takes for a disk with partitions.
esp_alone() { # IMAGE
	start=$(sgdisk -p "$1" | awk '$6 == "EF00" {print $2}')
	dd if="$1" of=volume bs=512 skip="$start" count=16 status=none
	! sfdisk -d volume 2>&1 | grep start=
}

# No ESP, but room for one: it is made, and the guest's packages have the loader.
fresh
esp_get /EFI/BOOT/BOOTAA64.EFI grub.efi
for folder in /usr/lib/grub /usr/lib/grub/arm64-efi /usr/lib/grub/arm64-efi/monolithic; do root_mkdir $folder; done
root_put grub.efi /usr/lib/grub/arm64-efi/monolithic/grubaa64.efi
sgdisk -d 1 disk.raw >/dev/null
dd if=/dev/zero of=disk.raw bs=1M seek=1 count=300 conv=notrunc status=none
sgdisk -i 2 disk.raw | grep -E 'First|Last|unique' >before
exits 1 "no ESP is found" "$armvm" check --boot none -q disk.raw
exits 0 "one is made" "$armvm" fix --no-verify -o fixed.raw disk.raw
ok "the partition that was there is seen" test -s before
ok "the image is portable" portable fixed.raw
sgdisk -i 2 fixed.raw | grep -E 'First|Last|unique' >after
ok "the other partition stays where it was" cmp before after
ok "nobody takes it for a disk with partitions" esp_alone fixed.raw
exits 0 "a second time there is nothing to do" "$armvm" fix --no-verify fixed.raw
contains "as is said" "nothing to do" "$tmp/exits.log"
rm -f fixed.raw
# Without room the disk grows; nothing shrinks.
sgdisk -n 1:2048:616447 -t 1:8300 disk.raw >/dev/null
exits 0 "one is made behind the last partition" "$armvm" fix --no-verify -o fixed.raw disk.raw
ok "this image is portable, too" portable fixed.raw
ok "the disk is larger" test "$(stat -c %s fixed.raw)" -gt "$(stat -c %s disk.raw)"
img=$tmp/fixed.raw
root_get /etc/fstab got
new=$(blkid -p -O "$(($(sgdisk -i 3 fixed.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p') * 512))" -o value -s UUID fixed.raw)
contains "the guest mounts the new one" "UUID=$new /boot/efi vfat" got
rm -f fixed.raw

# Labels: what is replaced keeps SELinux's, what is new is to be relabelled at the next boot.
fresh
root_edit /etc/fstab "s/^UUID=$root_uuid/\/dev\/vda2/"
printf 'system_u:object_r:etc_t:s0\0' >label
debugfs -w -R "ea_set -f label /etc/fstab security.selinux" "disk.raw?offset=$root_offset" 2>/dev/null
root_del /var/cache/debconf/config.dat
root_mkdir /etc/selinux
echo SELINUX=enforcing | root_write /etc/selinux/config
was=$(debugfs -R 'stat /etc/fstab' "disk.raw?offset=$root_offset" 2>/dev/null | sed -n 's/.*\(User:.*Group: *[0-9]*\).*/\1/p;s/.*\(Mode: *[0-7]*\).*/\1/p')
exits 0 "a labelled guest" "$armvm" fix --no-verify -o fixed.raw disk.raw
debugfs -R "ea_get -f got /etc/fstab security.selinux" "fixed.raw?offset=$root_offset" 2>/dev/null
ok "its fstab keeps its label" cmp label got
debugfs -R 'stat /.autorelabel' "fixed.raw?offset=$root_offset" >got 2>&1
contains "what is new is to be labelled at the next boot" "Type: regular" got
ok "its owner and its mode" test "$was" = "$(debugfs -R 'stat /etc/fstab' "fixed.raw?offset=$root_offset" 2>/dev/null | sed -n 's/.*\(User:.*Group: *[0-9]*\).*/\1/p;s/.*\(Mode: *[0-7]*\).*/\1/p')"
rm -f fixed.raw

# Several at once, of every layer.
several() { # WHAT
	exits 0 "$1: mended" "$armvm" fix --no-verify --force -o fixed.raw disk.raw
	ok "$1: portable" portable fixed.raw
	rm -f fixed.raw
}

break_some shim
mdeltree -i "$img@@$esp_offset" ::/EFI/BOOT
sgdisk --typecode=1:0700 "$img" >/dev/null
"$top/tests/lib/sample" whole.raw shim
mcopy -i "whole.raw@@$esp_offset" ::/EFI/BOOT/grubaa64.efi grubaa64.efi
esp_put grubaa64.efi /EFI/debian/grubaa64.efi
several "no ESP by its type, no fallback, a store, NVRAM, a device name"

break_some
dd if=/dev/zero of="$img" bs=512 seek=1 count=1 conv=notrunc status=none
several "a lost primary GPT, a store, NVRAM, a device name"

break_some
truncate -s 400M "$img"
poke $((esp_offset + 0x41)) 03
several "a disk that grew, a dirty ESP, a store, NVRAM"

break_some
dd if=/dev/zero of="$img" bs=512 count=1 conv=notrunc status=none
root_edit /boot/grub/grub.cfg "s/root=UUID=$root_uuid/root=\/dev\/vda2 console=ttyAMA0 mem=1G/"
several "no MBR, a device's name, one console, mem="

# An MBR with the same partitions, by number and place; root= by the MBR's PARTUUID.
break_some
sgdisk --zap "$img" >/dev/null 2>&1
printf 'label: dos\nlabel-id: 0x5a3ab1e0\nstart=2048, size=614400, type=ef\nstart=616448, size=65536, type=83\n' |
	sfdisk -q "$img" 2>/dev/null
root_edit /etc/fstab 's/^.dev.vda2/PARTUUID=5a3ab1e0-02/'
several "an MBR, names by its partitions"

# FAT16.
break_some
mkdir -p files
mcopy -s -i "$img@@$esp_offset" ::/ files
truncate -s "$esp_size" volume
mkfs.fat -F 16 -s 32 -h 2048 -i 5a3a0001 -n ESP volume >/dev/null
(cd files && mcopy -s -i ../volume ./* ::/)
dd if=volume of="$img" bs=1M seek=1 conv=notrunc status=none
exits 0 "an ESP with FAT16, a store, NVRAM: mended" "$armvm" fix --no-verify --force -o fixed.raw disk.raw
ok "portable" portable fixed.raw
ok "and the ESP has no partition table" esp_alone fixed.raw
rm -f fixed.raw

break_some systemd-boot
esp_get /EFI/BOOT/BOOTAA64.EFI b.efi
esp_put b.efi /EFI/systemd/systemd-bootaa64.efi
mdeltree -i "$img@@$esp_offset" ::/EFI/BOOT
head -c 512 /dev/urandom | esp_write /loader/random-seed
several "systemd-boot without a fallback, with a seed"

# Booted, by a loader that runs: the result is put in place when it boots, whatever
# firmware keeps; one that does not boot, as its input did not, is reported as such.
if command -v clang >/dev/null && command -v lld-link >/dev/null; then
	fresh
	esp_kernel
	echo store | esp_write /ubootefi.var
	"$armvm" fix --json -o booted.raw --force disk.raw >json
	ok "the result is booted" jq -e '.images[0].booted' json
	ok "and is put in place" test -e booted.raw
fi

# Many at a time.
mkdir many
for n in 1 2 3; do
	break_some
	mv disk.raw "many/$n.raw"
done
fresh
mv disk.raw many/4.raw
head -c 1M /dev/urandom >many/5.raw
exits 1 "many images" sh -c "ls many/*.raw | '$armvm' fix --no-verify --json --in-place -j 3 - >json"
contains "a summary is said" "5 images: 4 portable, 1 with errors left" "$tmp/exits.log"
ok "each is told, in order" jq -e '[.images[].path] == ["many/1.raw", "many/2.raw", "many/3.raw", "many/4.raw", "many/5.raw"]' json
ok "with what became of it" jq -e '[.images[].outcome] == ["fixed", "fixed", "fixed", "nothing-to-do", "unable"]' json
ok "the first is portable" portable many/1.raw
exits 0 "now they need nothing" "$armvm" fix --json=lines -j 2 many/1.raw many/2.raw many/4.raw
ok "a line each" test "$(grep -c '"outcome":"nothing-to-do"' "$tmp/exits.log")" = 3
rm -r many

# What a fix did, seen from outside.
break_some
"$armvm" fix -q --no-verify --force -o fixed.raw disk.raw >/dev/null
exits 1 "info --diff tells that they differ" "$armvm" info --diff disk.raw fixed.raw
cp "$tmp/exits.log" difference
contains "a file that went" "-ESP:/ubootefi.var: store" difference
contains "a line that came" "+partition 2:/etc/fstab: UUID=$root_uuid / ext4" difference
contains "a switch that is off" "+nvram.debian-update: off" difference
lacks "and nothing else" "kernel:" difference
exits 0 "no difference" "$armvm" info --diff fixed.raw fixed.raw
exits 2 "one image is wrong usage" "$armvm" info --diff fixed.raw
rm -f fixed.raw

# What cannot be mended is reported, and left alone.
break_some
root_del "/boot/vmlinuz-$version"
exits 1 "errors that are left are told" "$armvm" fix --no-verify -o left.raw disk.raw
contains "with their reason" "loader.kernel" "$tmp/exits.log"
head -c 8M /dev/urandom >noise.raw
was=$(state noise.raw)
exits 1 "noise is left alone" "$armvm" fix noise.raw
contains "and said so" "cannot be mended" "$tmp/exits.log"
ok "not a byte is changed" test "$was" = "$(state noise.raw)"
fresh
gzip -1 <disk.raw >disk.raw.gz
"$armvm" fix disk.raw.gz >gz.log
ok "a compressed file is left alone" test ! -e disk.raw.portable.gz

# In use.
break_some
cat >hold.py <<'EOT'
import fcntl, struct, sys, time
f = open(sys.argv[1], "r+b")
kind, byte = sys.argv[2], int(sys.argv[3])
if kind == "ofd":
    fcntl.fcntl(f, 37, struct.pack("hhqqi", fcntl.F_RDLCK, 0, byte, 1, 0))
else:
    fcntl.flock(f, fcntl.LOCK_EX)
open(sys.argv[4], "w").close()
time.sleep(60)
EOT
held() { # WHAT KIND BYTE
	rm -f ready
	python3 hold.py disk.raw "$2" "$3" ready &
	holder=$!
	while [ ! -e ready ]; do sleep 0.1; done
	exits 1 "$1 is refused" "$armvm" fix --no-verify --in-place disk.raw
	kill "$holder"
	wait "$holder" 2>/dev/null
}
held "an image that QEMU may write to" ofd 101
held "a second fix" flock 0
exits 0 "afterwards it is mended" "$armvm" fix --no-verify --in-place disk.raw
exits 2 "-o and --in-place are wrong usage" "$armvm" fix -o x --in-place disk.raw
exits 2 "no image is wrong usage" "$armvm" fix
exits 1 "an image that is not there" "$armvm" fix nothing.raw
tap_done
