#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own updates take nothing away: of an image that build made, and of one that an
# installer left and fix mended. Afterwards check, with all scenarios, finds it portable, \EFI\BOOT has
# what the packages bring, and the newest kernel is the one that boots.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/lib.sh"
. "$top/tests/distro/updates.sh"
requires qemu-system-aarch64 jq mcopy debugfs sgdisk dpkg-deb
needs_root
export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1

# What is installed again, by suite and loader; the second kernel is newer than the first.
packages() { # SUITE LOADER
	case $2 in
	shim)
		echo grub-common grub2-common grub-efi-arm64 grub-efi-arm64-bin grub-efi-arm64-signed shim-signed \
			shim-signed-common shim-unsigned shim-helpers-arm64-signed
		[ "$1" = bookworm ] || echo grub-efi-arm64-unsigned
		;;
	systemd-boot)
		echo systemd-boot systemd-boot-efi
		[ "$1" = bookworm ] || echo systemd-boot-tools systemd-boot-efi-arm64-signed
		;;
	esac
}
first_kernel() { # SUITE
	[ "$1" = bookworm ] && echo cloud-arm64 || kernels | head -n 1 | sed 's/^linux-image-//'
}
kernels() { apt-cache pkgnames linux-image- | grep -E '^linux-image-[0-9.]+[-+].*-cloud-arm64$' | sort -V; }

# The lists of a suite, and its packages, as the recipes get them.
fetch() { # SUITE LOADER
	(
		# shellcheck source=images/lib.sh
		. "$top/images/lib.sh"
		apt_prepare "$1"
		first_kernel "$1" >"$tmp/first"
		kernels | tail -n 1 >"$tmp/second"
		# shellcheck disable=SC2046 # words
		debs_of $(packages "$1" "$2") "$(cat "$tmp/second")" >"$tmp/debs"
	) && [ -s "$tmp/debs" ]
}

# What packages bring, by its path.
brought() { # PATH FILE
	for deb in $(cat "$tmp/debs"); do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -O "./$1" 2>/dev/null >"$2"
		[ ! -s "$2" ] || return 0
	done
	return 1
}

# A disk as an installer leaves it: loaders in the vendor's folder alone, debconf not asked.
as_installed() { # LOADER ROOT DISK
	offset=$(part_offset "$3" 1)
	if [ "$1" = shim ]; then
		mcopy -n -o -i "$3@@$offset" ::/EFI/BOOT/BOOTAA64.EFI ::/EFI/debian/shimaa64.efi
		mcopy -n -o -i "$3@@$offset" ::/EFI/BOOT/grubaa64.efi ::/EFI/BOOT/mmaa64.efi ::/EFI/debian/
	fi
	mdeltree -i "$3@@$offset" ::/EFI/BOOT || return 1
	debugfs -R "dump /var/cache/debconf/config.dat $tmp/config.dat" "$2" 2>/dev/null
	offset=$(part_offset "$3" 2)
	debugfs -w -R "rm /var/cache/debconf/config.dat" "$3?offset=$offset" 2>/dev/null
	debugfs -w -R "write $tmp/config.dat /var/cache/debconf/config.dat" "$3?offset=$offset" 2>/dev/null
}

is_brought() { # WHAT DISK PATH-ON-ESP PATH-IN-PACKAGE
	ok "$1: $3 is what the package has" brought "$4" "$tmp/brought"
	from_esp "$2" "$3" "$tmp/there"
	ok "$1: and is on the ESP" cmp "$tmp/brought" "$tmp/there"
}

updated() { # WHAT LOADER DISK
	if ! update_in_guest "$3"; then
		tail -n 60 "$tmp/console" >"$tmp/log"
		fail "$1: the guest updates itself" "$tmp/log"
		return
	fi
	pass "$1: the guest updates itself"
	for file in update.log update.status variables.before variables.after; do
		from_root "$3" "/root/$file" "$tmp/$file"
	done
	if [ "$(cat "$tmp/update.status")" = 0 ]; then
		pass "$1: dpkg is content"
	else
		fail "$1: dpkg is content" "$tmp/update.log"
	fi
	# Since Debian 13 a guest with systemd-boot that was booted has a seed, of which check rightly warns: copies
	# would share it.
	if mdir -i "$3@@$(part_offset "$3" 1)" ::/loader/random-seed >/dev/null 2>&1; then
		exits 0 "$1: its random seed is taken out" "$armvm" fix --no-verify --in-place \
			--only nvram.random-seed "$3"
	fi
	findings "$3" >"$tmp/findings"
	if [ -s "$tmp/report" ] && [ ! -s "$tmp/findings" ]; then
		pass "$1: check finds nothing wrong, in no scenario"
	else
		fail "$1: check finds nothing wrong, in no scenario" "$tmp/findings"
	fi
	"$armvm" info "$3" >"$tmp/info" 2>&1
	contains "$1: the newest kernel boots" "$(sed 's/^linux-image-//' "$tmp/second")" "$tmp/info"
	case $2 in
	shim)
		is_brought "$1" "$3" /EFI/BOOT/BOOTAA64.EFI usr/lib/shim/shimaa64.efi.signed
		is_brought "$1" "$3" /EFI/BOOT/grubaa64.efi usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed
		is_brought "$1" "$3" /EFI/BOOT/mmaa64.efi usr/lib/shim/mmaa64.efi.signed
		ok "$1: and NVRAM is left alone" cmp "$tmp/variables.before" "$tmp/variables.after"
		;;
	systemd-boot)
		program=usr/lib/systemd/boot/efi/systemd-bootaa64.efi
		! brought $program.signed "$tmp/brought" || program=$program.signed
		is_brought "$1" "$3" /EFI/BOOT/BOOTAA64.EFI $program
		;;
	esac
	exits 0 "$1: a login under edk2" "$armvm" check --select boot.edk2 --boot edk2 --until login \
		--boot-timeout 400 "$3"
}

mkdir -p "$out"
for suite in ${UPDATES_SUITES:-bookworm trixie}; do
	for loader in ${UPDATES_LOADERS:-shim systemd-boot}; do
		guest=$suite-$loader root=$out/updates-$suite-$loader.rootfs disk=$out/updates-$suite-$loader.raw
		ok "$guest: its packages are fetched" fetch "$suite" "$loader" || continue
		ok "$guest: the root file system is made" "$top/images/distro-rootfs" "$root" --suite "$suite" \
			--variant "$loader" --kernel "$(cat "$tmp/first")" --size 2000
		# shellcheck disable=SC2046 # words
		ok "$guest: the packages are put in" put_update "$root" $(cat "$tmp/debs")
		exits 0 "$guest: build" "$armvm" build --force --no-verify --format raw -o "$disk" "$root"
		cp --sparse=always "$disk" "$disk.installed"
		updated "$guest, built" "$loader" "$disk"
		ok "$guest: it is as an installer leaves it" as_installed "$loader" "$root" "$disk.installed"
		exits 1 "$guest: check finds that" "$armvm" check --boot none "$disk.installed"
		exits 0 "$guest: fix mends it" "$armvm" fix --force -o "$disk" "$disk.installed"
		updated "$guest, mended" "$loader" "$disk"
		rm -f "$root" "$disk" "$disk.installed"
	done
done
tap_done
