#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: a root in a logical volume, a RAID array or a squashfs is judged as one in a partition; what
# is not read, and may be whole, leaves doubt, and says so once. An ESP is read as firmware reads it.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires sgdisk mkfs.fat mcopy mke2fs debugfs jq mksquashfs python3

good=$(sample grub)
dd if="$good" of="$tmp/root" bs=1M skip=301 count=32 status=none

# A sample whose second partition holds a file.
with_second() { # FILE TYPE
	img=$tmp/image.raw
	rm -f "$img"
	cp --sparse=always "$good" "$img"
	truncate -s $((($(stat -c %s "$1") / 1048576 + 303) * 1048576)) "$img"
	sgdisk -e -d 2 -n 2:616448:0 -t "2:$2" "$img" >/dev/null
	dd if="$1" of="$img" bs=1M seek=301 conv=notrunc status=none
}
check() { "$armvm" check --boot none "$img" >"$tmp/report" 2>&1; }

for level in 1 linear; do
	for version in 1.0 1.2; do
		"$lib/mkmd.py" $level $version root "$tmp/root" "$tmp/m0"
		with_second "$tmp/m0" fd00
		exits 0 "a root on RAID $level of version $version" "$armvm" check --boot none "$img"
	done
done
"$lib/mkmd.py" 1 1.2 root "$tmp/root" "$tmp/m0" missing
with_second "$tmp/m0" fd00
exits 0 "a mirror of which one half is in the image" "$armvm" check --boot none "$img"
"$lib/mkmd.py" linear 1.2 root "$tmp/root" "$tmp/m0" missing
with_second "$tmp/m0" fd00
exits 1 "half of a linear array" "$armvm" check --boot none "$img"
contains "and the reason is told" "a member is not in" "$tmp/exits.log"
"$lib/mklvm.py" "$tmp/pv" vg "root=$tmp/root"
with_second "$tmp/pv" 8e00
exits 0 "a root in a logical volume" "$armvm" check --boot none "$img"
"$armvm" check --json --boot none "$img" 2>/dev/null | jq -r '.images[0].checks[] | select(.id == "loader.updates").outcome' >"$tmp/updates"
contains "GRUB's configuration in it is the one that updates write" pass "$tmp/updates"
"$lib/mkmd.py" 1 1.2 pv "$tmp/pv" "$tmp/m0"
with_second "$tmp/m0" fd00
exits 0 "a logical volume on a mirror" "$armvm" check --boot none "$img"

# The same root packed: its errors are found like those of any.
mkdir "$tmp/tree"
debugfs -R "rdump / $tmp/tree" "$tmp/root" >/dev/null 2>&1
sed -i '/ \/ /d; s/^UUID=5a3ab1e0-0000-4000-8000-000000000002/# &/' "$tmp/tree/etc/fstab"
squash() {
	rm -f "$tmp/squash"
	mksquashfs "$tmp/tree" "$tmp/squash" -quiet -no-progress -all-root >/dev/null 2>&1
	truncate -s 33M "$tmp/squash"
	with_second "$tmp/squash" 8305
	sgdisk -u "2:$root_partuuid" "$img" >/dev/null
	printf 'search --file --set=root /etc/os-release\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n' >"$tmp/cfg"
	esp_put "$tmp/cfg" /EFI/BOOT/grub.cfg
	esp_put "$tmp/cfg" /EFI/debian/grub.cfg
}
sed -i "s/root=UUID=[^ ]*/root=PARTUUID=$root_partuuid/; s,search.*,search --file --set=root /etc/os-release," "$tmp/tree/boot/grub/grub.cfg"
squash
check
contains "a squashfs is read" "Debian GNU/Linux 12" "$tmp/report"
contains "by GRUB, too" "GRUB 2.06 -> Linux" "$tmp/report"
lacks "and nothing in it is left open" "could not answer" "$tmp/report"
contains "its drivers are judged" "guest.root-driver" "$tmp/report"
echo 'UUID=00000000-0000-4000-8000-00000000dead /data ext4 defaults 0 0' >>"$tmp/tree/etc/fstab"
squash
check
contains "and its fstab" "guest.fstab-missing" "$tmp/report"

# An encrypted root: one reason, said once.
head -c 33554432 /dev/zero >"$tmp/luks"
printf 'LUKS\272\276\000\001aes' | dd of="$tmp/luks" conv=notrunc status=none
printf '5a3ab1e0-0000-4000-8000-0000000000aa' | dd of="$tmp/luks" bs=1 seek=168 conv=notrunc status=none
with_second "$tmp/luks" 8309
exits 3 "an encrypted root leaves doubt" "$armvm" check --boot none "$img"
ok "for one reason, told once" test "$(grep -c "it is encrypted" "$tmp/exits.log")" -eq 1
ok "in a few lines" test "$(wc -l <"$tmp/exits.log")" -lt 20

# An ESP that is half of a mirror: firmware reads the FAT, libblkid sees a RAID's member.
img=$tmp/image.raw
rm -f "$img"
cp --sparse=always "$good" "$img"
head -c 4096 /dev/zero >"$tmp/nothing"
"$lib/mkmd.py" 1 1.0 esp "$tmp/nothing" "$tmp/m0"
# Its superblock, as it would lie at the end of this partition.
python3 - "$tmp/m0" "$img" "$esp_offset" "$esp_size" <<'END'
import struct, sys
member, image, start, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
data = open(member, "rb").read()
at = data.index(struct.pack("<I", 0xa92b4efc))
sb = bytearray(data[at:at + 512])
place = (size // 512 - 16) // 8 * 8
struct.pack_into("<Q", sb, 80, place - 128)
struct.pack_into("<Q", sb, 136, place - 128)
struct.pack_into("<Q", sb, 144, place)
struct.pack_into("<I", sb, 216, 0)
total = sum(struct.unpack("<64I", sb[:256])) + struct.unpack_from("<H", sb, 256)[0]
struct.pack_into("<I", sb, 216, ((total & 0xffffffff) + (total >> 32)) & 0xffffffff)
with open(image, "r+b") as f:
    f.seek(start + place * 512)
    f.write(sb)
END
ok "libblkid sees a member of a RAID" sh -c "blkid -p -O $esp_offset -S $esp_size '$img' | grep -q linux_raid_member"
check
contains "the ESP of a mirror is read" "GRUB 2.06 -> Linux" "$tmp/report"
lacks "and nothing is left open" "could not answer" "$tmp/report"
tap_done
