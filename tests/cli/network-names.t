#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: every network card that the guest's configuration calls by its slot is told, whichever tool's file it is in, and
# what is no name of a card is not.
# shellcheck disable=SC2034
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs

img=$tmp/image.raw work=$tmp
judged() { # FOLDER NAME TEXT WANTED: the guest's file, and what is said of it
	cp --sparse=always "$(sample grub)" "$img"
	folder=
	for part in $(echo "$1" | tr / ' '); do
		folder=$folder/$part
		root_mkdir "$folder" 2>/dev/null
	done
	printf "$3" | root_write "$1/$2"
	"$armvm" check --boot none --json --select guest.network-names "$img" 2>/dev/null |
		jq -r '.images[0].checks[] | .findings[] | "\(.where): \(.what)"' | sed 's/:.*:/:/' >"$tmp/found"
	if [ -n "$4" ]; then
		ok "$1/$2: $4" [ "$(cat "$tmp/found")" = "$1/$2: $4" ]
	else
		ok "$1/$2: nothing is said" [ ! -s "$tmp/found" ]
	fi
	[ ! -s "$tmp/found" ] || sed 's/^/# found: /' "$tmp/found"
}

judged /etc/network interfaces 'auto lo enp0s1 ens3\niface enp0s1 inet dhcp\niface ens3 inet dhcp\n' 'enp0s1, ens3'
judged /etc/network interfaces 'auto eth0\n# enp0s1\niface eth0 inet dhcp\n' ''
judged /etc/network/interfaces.d lan 'allow-hotplug enP2p1s0\niface enP2p1s0 inet dhcp\niface enp1s0.7 inet manual\n' 'enP2p1s0, enp1s0'
judged /etc/netplan 50.yaml 'network:\n  ethernets:\n    enp1s0: {dhcp4: true}\n    enp2s0: {dhcp4: true}\n' 'enp1s0, enp2s0'
judged /etc/netplan 50.yaml 'network:\n  ethernets:\n    all: {match: {name: "en*"}, dhcp4: true}\n' ''
judged /etc/systemd/network lan.network '[Match]\nName=enp1s0 eno1\n[Network]\nDHCP=yes\n' 'enp1s0, eno1'
judged /etc/systemd/network lan.network '[Match]\nName=en* eth*\n[Network]\nDescription=enp1s0\nDHCP=yes\n' ''
judged /etc/NetworkManager/system-connections lan.nmconnection '[connection]\nid=lan\ninterface-name=enp1s0\n' enp1s0
judged /etc/NetworkManager/system-connections enp1s0.nmconnection '[connection]\nid=enp1s0\ntype=ethernet\n' ''
judged /etc/sysconfig/network-scripts ifcfg-lan 'DEVICE=ens3\nNAME=ens3\nBOOTPROTO=dhcp\n' ens3
judged /etc/sysconfig/network-scripts ifcfg-eth0 'DEVICE=eth0\nNAME=ens3\nBOOTPROTO=dhcp\n' ''
tap_done
