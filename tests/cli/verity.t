#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of a root or a /usr that dm-verity checks: the hash on the command line is that of the partitions.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs cpio

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp
cd "$tmp" || exit 1

# verity WHAT OUTCOME TEXT
verity() { found_first "$1" guest.verity "$2" "$3"; }
hashed() { cp --sparse=always "$(sample systemd-boot)" "$img" && root_verity "$@"; }
patch() { printf "$2" | dd of="$img" bs=1 seek=$((hashes * 512 + $1)) conv=notrunc status=none; } # OFFSET BYTES

for how in "" "--type=0" "--hash=sha512 --salt=" "--hash=sha1" "--data-block=1024 --hash-block=512"; do
	# shellcheck disable=SC2086 # options
	hashed $how
	esp_options "roothash=$root_hash ro"
	exits 0 "hashes made with '$how'" "$armvm" check --boot none "$img"
	verity "hashes made with '$how'" pass ""
done
hashed
data=PARTUUID=$(uuid_of "$root_hash") trees=PARTUUID=$(sgdisk -i 3 "$img" | sed -n 's/^Partition unique GUID: //p' | tr A-F a-f)
esp_options "root=/dev/mapper/root roothash=$root_hash systemd.verity_root_data=$data systemd.verity_root_hash=$trees"
verity "partitions that arguments name" pass ""
esp_options "roothash=$(echo "$root_hash" | tr a-f A-F)"
verity "a hash in large letters" pass ""
other=$(echo "$root_hash" | cut -c-31)0$(echo "$root_hash" | cut -c33-)
[ "$other" != "$root_hash" ] || other=$(echo "$root_hash" | cut -c-31)1$(echo "$root_hash" | cut -c33-)
esp_options "roothash=$other systemd.verity_root_data=$data"
verity "another hash" finding "roothash=$other is not the root hash of partition 3, which is $root_hash"
esp_options "roothash=$other systemd.verity_root_data=$data systemd.verity_root_options=panic-on-corruption,ignore-corruption"
verity "corruption that is ignored" pass ""
esp_options "roothash=$other systemd.verity_root_data=$data systemd.verity_root_options=superblock=no,format=1"
verity "no superblock" pass ""
esp_options "root=UUID=$root_uuid roothash=$other systemd.verity_root_data=$data"
verity "a root that is another device" skipped ""
esp_options "roothash=0123 systemd.verity_root_data=$data"
verity "a hash that is too short to name the hashes" finding "roothash=0123: so short a hash names no partitions"
esp_options "roothash=$root_hash systemd.verity_root_hash=PARTUUID=00000000-0000-4000-8000-00000000dead"
verity "no hashes" finding "roothash=$root_hash: nothing in the image has the partition GUID of the hashes"
esp_options "roothash=$root_hash systemd.verity_root_hash=/dev/vda3"
verity "hashes by a disk's place" finding "roothash=$root_hash: /dev/vda3, which has the hashes, is called otherwise"

hashed
esp_options "roothash=$root_hash"
patch 4096 x
verity "hashes that were changed" finding "roothash=$root_hash is not the root hash of partition 3"
for what in '0 X no_superblock' '8 \002 version_2' '64 \003 block_size' '81 \002 salt' '74 \001 blocks_of_data'; do
	hashed
	esp_options "roothash=$root_hash"
	# shellcheck disable=SC2086 # three words
	set -- $what
	patch "$1" "$2"
	verity "a superblock: $3" finding "roothash= makes no device of it: it"
	contains "a superblock: $3: what is wrong" "$(echo "$3" | tr _ ' ')" "$tmp/found"
done
hashed
esp_options "roothash=$root_hash"
patch 32 whirl
verity "an algorithm that is not known" inconclusive "partition 3: its root hash (whirl6"

# A program of systemd's makes it.
hashed
esp_options "roothash=$root_hash"
esp_initrd_of usr/lib/dracut/hooks/emergency/x.sh usr/lib/dracut-lib.sh usr/lib/initrd-release
verity "an initrd of dracut's without veritysetup" finding "the initrd has no systemd-veritysetup"
esp_initrd_of usr/lib/systemd/systemd-veritysetup
verity "one with it" pass ""

# /usr, of hashes that stand behind it.
cp --sparse=always "$(sample grub)" "$img" && root_offset=315621376
root_tree && mv tree/usr usr && mkdir tree/usr && root_remake
truncate -s +35M "$img" && sgdisk -e "$img" >/dev/null
mke2fs -q -t ext4 -b 4096 -d usr usr.img 32M >/dev/null
hash=$("$lib/mkverity.py" usr.img usr.img --offset=33554432)
sgdisk -n 3:0:+33M -t 3:8300 -u "3:$(uuid_of "$hash")" "$img" >/dev/null
dd if=usr.img of="$img" bs=512 seek="$(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')" conv=notrunc,sparse status=none
words="systemd.verity_usr_hash=PARTUUID=$(uuid_of "$hash") systemd.verity_usr_options=hash-offset=33554432"
root_words "usrhash=$hash $words"
exits 0 "a /usr with its hashes behind it" "$armvm" check --boot none "$img"
verity "a /usr with its hashes behind it" pass ""
root_edit /boot/grub/grub.cfg "s,hash-offset=33554432,hash-offset=33558528,"
verity "and elsewhere" finding "usrhash= makes no device of it: it has no superblock"
root_edit /boot/grub/grub.cfg "s,usrhash=[^ ]*,usrhash=00000000000000000000000000000000ff,"
verity "a hash of no /usr" finding "usrhash=00000000000000000000000000000000ff: nothing in the image has"
tap_done
