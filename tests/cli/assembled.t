#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of guests whose root is put together from parts: the deployment of OSTree's that the entry names, and a /usr
# of its own. What is in there is judged as in any other guest; fix leaves it alone.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs cpio

# shellcheck disable=SC2034 # for root_put
img=$tmp/image.raw work=$tmp
cd "$tmp" || exit 1

sampled() { cp --sparse=always "$(sample grub)" "$img"; }

# A deployment, as a tree in $tmp/tree that a command changes before the image is made of it.
deployed() { # COMMAND...: in the deployment's folder
	sampled
	root_ostree
	[ $# = 0 ] || { root_tree && (cd "$work/tree$deployment" && "$@") && root_remake; }
}
deployed
exits 0 "a deployment" "$armvm" check --boot none "$img"
lacks "a deployment: nothing is found" note "$tmp/exits.log"
contains "a deployment: its system is named" "Debian GNU/Linux 12 (bookworm), aarch64" "$tmp/exits.log"
found_first "a deployment: its init is found" guest.init pass ""
found_first "a deployment: its modules are" guest.modules pass ""
deployed rm usr/sbin/init
found_first "a deployment without an init" guest.init finding "root= names this file system, which has no init"
deployed rm -r usr/lib/modules
found_first "a deployment without modules" guest.modules finding "there is no folder for $version"
deployed sh -c 'echo "UUID=1234-0000 /data ext4 defaults 0 0" >>etc/fstab'
found_first "a deployment's fstab" guest.fstab-missing finding ""
deployed sh -c 'rm -r etc && echo "UUID=1234-0000 /data ext4 defaults 0 0" >>usr/etc/fstab'
found_first "a deployment whose /etc is not made yet" guest.fstab-missing finding ""
deployed sh -c 'echo 12345678901234567890123456789012 >etc/machine-id'
found_first "a deployment's machine-id" guest.machine-id finding ""
deployed sed -i 's/^Value: .*/Value: true/' ../../var/cache/debconf/config.dat
found_first "a deployment's /var" nvram.debian-update finding ""
exits 0 "fix leaves a deployment alone" "$armvm" fix --no-verify -o out.raw "$img"
contains "fix says why" "put together from parts" "$tmp/exits.log"
deployed rm -r usr
found_first "no deployment any more" loader.deployment finding \
	"ostree=/ostree/boot.1/debian/89ef/0: there is no deployment with a /usr"
deployed
root_edit /boot/grub/grub.cfg 's,boot.1/debian/89ef/0,deploy/debian/deploy/0123abcd.0,'
found_first "a deployment without links" loader.deployment pass ""
root_edit /boot/grub/grub.cfg 's,0123abcd.0,0123abcd.1,'
found_first "another that is not there" loader.deployment finding "ostree=/ostree/deploy/debian/deploy/0123abcd.1:"
# One that leads out, or in a circle, is none.
deployed
root_tree && ln -sfn ../../../../../../../../../.. tree/ostree/boot.1.1/debian/89ef/0 && root_remake
found_first "a link out of the file system" loader.deployment finding \
	"ostree=/ostree/boot.1/debian/89ef/0: there is no deployment"
root_tree && ln -sfn 0 tree/ostree/boot.1.1/debian/89ef/0 && root_remake
found_first "a link to itself" loader.deployment finding \
	"ostree=/ostree/boot.1/debian/89ef/0: there is no deployment"

# A /usr of its own, on a third partition.
usr_type=b0e01050-ee5f-4390-949a-9101b17104e9 usr_uuid=5a3ab1e0-0000-4000-8000-000000000003
usr_partuuid=5a3ab1e0-0000-4000-8000-0000000000b3
separated() { # TYPE [COMMAND...]: in the folder of /usr
	type=$1
	shift
	sampled
	root_tree && mv tree/usr usr && mkdir tree/usr && { [ $# = 0 ] || (cd usr && "$@"); } && root_remake &&
		truncate -s +33M "$img" && sgdisk -e "$img" >/dev/null &&
		sgdisk -n 3:0:+32M -t "3:$type" -u "3:$usr_partuuid" -c 3:usr "$img" >/dev/null &&
		mke2fs -q -t ext4 -b 4096 -U "$usr_uuid" -d usr usr.img 32M >/dev/null &&
		dd if=usr.img of="$img" bs=512 seek="$(sgdisk -i 3 "$img" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')" \
			conv=notrunc,sparse status=none
	rm -rf usr usr.img tree
}
append() { root_edit /boot/grub/grub.cfg "s,\(linux .* ro\)\$,\1 $1,"; }
separated "$usr_type"
exits 0 "a /usr by its type" "$armvm" check --boot none "$img"
contains "a /usr by its type: its system is named" "Debian GNU/Linux 12" "$tmp/exits.log"
found_first "a /usr by its type: its init is found" guest.init pass ""
separated 8300
exits 1 "a /usr that nothing names is not mounted" "$armvm" check --boot none "$img"
for name in "mount.usr=PARTUUID=$usr_partuuid" "mount.usr=UUID=$usr_uuid" \
	"mount.usr=/dev/mapper/usr verity.usr=PARTUUID=$usr_partuuid" \
	"usrhash=$(echo "$usr_partuuid" | tr -d -)00000000000000000000000000000000"; do
	separated 8300
	append "$name"
	found_first "$name" guest.init pass ""
	found_first "$name: its modules" guest.modules pass ""
done
separated 8300
append "mount.usr=UUID=5a3ab1e0-0000-4000-8000-00000000dead"
found_first "one that is not there" guest.init finding "mount.usr=UUID=5a3ab1e0-0000-4000-8000-00000000dead: nothing in the image has"
separated 8300
root_get /etc/fstab fstab && echo "UUID=$usr_uuid /usr ext4 ro 0 1" >>fstab && root_put fstab /etc/fstab
found_first "a /usr by fstab" guest.init pass ""
separated "$usr_type" rm -r lib/modules
found_first "a /usr without modules" guest.modules finding "there is no folder for $version"
separated "$usr_type" rm sbin/init
found_first "a /usr without an init" guest.init finding "root= names this file system, which has no init"

# dm-verity's device of the root is made from a partition that its hash names, or an argument; verity.t has the hashes.
half=$(echo "$root_partuuid" | tr -d -)
for root in "root=/dev/mapper/root roothash=${half}00000000000000000000000000000000" \
	"roothash=${half}00000000000000000000000000000000" \
	"root=/dev/mapper/root systemd.verity_root_data=PARTUUID=$root_partuuid roothash=0123"; do
	sampled
	root_edit /boot/grub/grub.cfg "s,root=UUID=[^ ]*,$root,"
	found_first "$root" loader.root pass ""
	found_first "$root: its init" guest.init pass ""
done
sampled
root_edit /boot/grub/grub.cfg "s,root=UUID=[^ ]*,root=/dev/mapper/root roothash=00000000000000000000000000000000ff,"
found_first "a hash that names no partition" loader.root finding "root=/dev/mapper/root: nothing in the image has the partition GUID"
sampled
root_edit /boot/grub/grub.cfg "s,root=UUID=[^ ]*,root=/dev/mapper/root,"
exits 1 "a device that nothing makes" "$armvm" check --boot none "$img"
separated 8300
append "mount.usr=/dev/mapper/usr usrhash=00000000000000000000000000000000ff"
found_first "a hash of no /usr" guest.init finding "mount.usr=/dev/mapper/usr: nothing in the image has"
tap_done
