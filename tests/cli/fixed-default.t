#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check: a default that names one kernel for ever (loader.fixed-default), in each place that it may stand in, and what moves it.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq mcopy debugfs

img=$tmp/image.raw work=$tmp

# says WHAT OUTCOME TEXT
says() { found_first "$1" loader.fixed-default "$2" "$3"; }
packaged() { printf 'Package: base-files\nStatus: install ok installed\nVersion: 1\n\n' | root_write /var/lib/dpkg/status; }

# systemd-boot, with a tool that writes an entry for each kernel.
with_systemd() { # LOADER.CONF-LINE [ENTRY-NAME]
	cp --sparse=always "$(sample systemd-boot)" "$img"
	packaged
	root_mkdir /etc/kernel
	root_mkdir /etc/kernel/postinst.d
	printf '#!/bin/sh\n' | root_write /etc/kernel/postinst.d/zz-systemd-boot
	if [ $# = 2 ]; then
		esp_get "/loader/entries/debian-$version.conf" "$tmp/entry"
		esp_del "/loader/entries/debian-$version.conf"
		esp_put "$tmp/entry" "/loader/entries/$2"
	fi
	printf 'timeout 1\n%s\n' "$1" | esp_write /loader/loader.conf
}
with_systemd "default debian-$version*"
says "a pattern with the version" finding 'ESP:/loader/loader.conf: the default is "debian-6.1.0-99-cloud-arm64*"'
printf '#!/bin/sh\n' | root_write /usr/bin/sdbootutil
says "which a tool moves" pass ""
with_systemd "default debian-$version.conf"
root_mkdir /etc/kernel/install.d
printf '#!/bin/sh\necho "default x" >/boot/efi/loader/loader.conf\n' | root_write /etc/kernel/install.d/99-default.install
says "or a hook" pass ""
with_systemd "default mine.conf" mine.conf
says "an entry by hand, for one kernel" finding 'ESP:/loader/loader.conf: the default is "mine.conf"'
printf '#!/bin/sh\necho >/boot/efi/loader/entries/mine.conf\n' | root_write /etc/kernel/postinst.d/zz-mine
says "which a hook writes anew" pass ""
with_systemd "default m*" mine.conf
says "and by a pattern" pass ""
with_systemd "default @saved"
says "what a variable has" pass ""
with_systemd "default nothing-$version.conf"
says "a name of nothing" skipped ""
with_systemd ""
says "no default" pass ""
with_systemd "default debian-$version.conf"
root_del /etc/kernel/postinst.d/zz-systemd-boot
says "entries that nothing writes" pass ""

# GRUB, with what makes its menu.
id=gnulinux-$version-advanced-$root_uuid
with_grub() { # DEFAULT-IN-THE-MENU GRUB_DEFAULT
	cp --sparse=always "$(sample grub)" "$img"
	printf '#!/bin/sh\n' | root_write /usr/sbin/update-grub
	root_mkdir /etc/default
	root_mkdir /etc/default/grub.d
	echo "GRUB_DEFAULT='$2'" | root_write /etc/default/grub
	root_edit /boot/grub/grub.cfg "s/^set default=0/if [ -s \$prefix\/grubenv ]; then load_env; fi\nset default=\"$1\"/
		s/^menuentry .Debian GNU.Linux./& --id '$id'/; s/^menuentry/submenu Advanced --id advanced {\n&/; s/^}/&\n}/"
}
saved() { printf '# GRUB Environment Block\n%s\n' "$1" | root_write /boot/grub/grubenv; }
with_grub "advanced>$id" "advanced>$id"
says "GRUB_DEFAULT" finding "/etc/default/grub: the default is \"advanced>$id\""
printf 'GRUB_DEFAULT=0\n' | root_write /etc/default/grub.d/50-first.cfg
says "which a later file sets" pass ""
with_grub 0 "advanced>$id"
says "that the menu does not have yet" finding "/etc/default/grub: "
with_grub 0 "Debian GNU/Linux, with Linux $version"
says "without the submenu, which names nothing" pass ""
with_grub "advanced>$id" 0
says "that the next menu does not have" pass ""
with_grub "other>$id" "other>$id"
says "of a submenu that is not there" skipped ""
with_grub "0>0" "0>0"
says "numbers" pass ""
with_grub '${saved_entry}' saved
saved "saved_entry=advanced>$id"
says "what is saved" finding "partition 2:/boot/grub/grubenv: the default is \"advanced>$id\""
root_mkdir /var/lib/rpm
printf x | root_write /var/lib/rpm/rpmdb.sqlite
says "which rpm's kernels move" pass ""
with_grub '${saved_entry}' saved
saved "saved_entry=advanced>0"
says "a number that is saved" pass ""
with_grub '${next_entry}' saved
saved "next_entry=advanced>$id"
says "for the next start alone" pass ""

tap_done
