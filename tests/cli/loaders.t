#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check, of loaders and the ESPs that they are on: the ESP that is booted is the one that is judged; what boots settle and
# what they leave open; what the guest's updates reach. With real loaders: tests/distro/loaders.t.
# shellcheck disable=SC2034,SC2154,SC1091
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/findings.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs clang lld-link cpio

img=$tmp/image.raw work=$tmp
sampled() { cp --sparse=always "$(sample "${1:-grub}")" "$img"; }

# One that is known by name is called by it.
sampled
pe "$tmp/limine.efi" --section '.data=@/limine/limine.conf\0Limine 8.2.0 (aarch64, UEFI)\0'
esp_put "$tmp/limine.efi" /EFI/BOOT/BOOTAA64.EFI
found "a loader that is not followed" loader.fallback-boots inconclusive "Limine finds systems by rules of its own"
"$armvm" info "$img" >"$tmp/info"
contains "info names it, too" "Limine 8.2.0 (not followed further)" "$tmp/info"

# The loader is on the second ESP, a small FAT behind the root; the first keeps a folder without it.
sampled
sgdisk --new=3:333M:0 --typecode=3:ef00 "$img" >/dev/null
truncate -s 900K "$tmp/volume"
mkfs.fat -F 12 -i 5a3a0003 "$tmp/volume" >/dev/null
for file in /EFI/BOOT/BOOTAA64.EFI /EFI/BOOT/grub.cfg /EFI/debian/grub.cfg; do
	esp_get "$file" "$tmp/$(basename "$file")"
	mmd -D s -i "$tmp/volume" ::/EFI "::$(dirname "$file")" 2>/dev/null
	mcopy -o -i "$tmp/volume" "$tmp/$(basename "$file")" "::$file"
	esp_del "$file"
done
dd if="$tmp/volume" of="$img" bs=1M seek=333 conv=notrunc status=none
found "the loader is on the second ESP" esp.fallback-loader pass ""
found "and followed from there" loader.kernel pass ""
found "the first is told of" esp.single finding "partition 1: it is an ESP without a loader"
echo "no program" >"$tmp/text"
esp_put "$tmp/text" /EFI/BOOT/BOOTAA64.EFI
found "the first has a file that firmware passes over" loader.kernel pass ""
found "which is told of" esp.single finding "partition 1: it is an ESP whose loader is no program"
found "and nothing else is to judge" loader.other-esps pass ""
dd if=/dev/zero of="$img" bs=1k seek=$((333 * 1024)) count=900 conv=notrunc status=none
found "no ESP has one: the first counts" esp.fallback-loader pass ""
found "and its file is no program" loader.pe-format finding ""
esp_del /EFI/BOOT/BOOTAA64.EFI
found "no ESP has one: the first counts" esp.fallback-loader finding "partition 1"

# Two have one, alike: the first is started. Then the other's leads elsewhere, as does that of a FAT which is no ESP and
# which edk2 looks at first, when its number is the lower one.
another() { # TYPECODE UUID: its menu boots this root
	sampled
	truncate -s 900K "$tmp/volume"
	mkfs.fat -F 12 -i 5a3a0003 "$tmp/volume" >/dev/null
	mmd -D s -i "$tmp/volume" ::/EFI ::/EFI/BOOT
	esp_get /EFI/BOOT/BOOTAA64.EFI "$tmp/loader.efi"
	cat >"$tmp/menu" <<-EOF
		set timeout=1
		search --no-floppy --fs-uuid --set=root $root_uuid
		menuentry 'Linux' {
			linux /boot/vmlinuz-$version root=UUID=$2 ro
			initrd /boot/initrd.img-$version
		}
	EOF
	mcopy -i "$tmp/volume" "$tmp/loader.efi" ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -i "$tmp/volume" "$tmp/menu" ::/EFI/BOOT/grub.cfg
	mmd -i "$tmp/volume" ::/EFI/debian
	mcopy -i "$tmp/volume" "$tmp/menu" ::/EFI/debian/grub.cfg
	sgdisk --new=3:333M:0 --typecode=3:"$1" "$img" >/dev/null
	dd if="$tmp/volume" of="$img" bs=1M seek=333 conv=notrunc status=none
}
dead=5a3ab1e0-0000-4000-8000-00000000dead
another ef00 "$root_uuid"
found "a second ESP that boots" loader.other-esps pass ""
found "that there are two is told of" esp.single finding "partition 3: it is an ESP with a loader, too"
exits 0 "and the image is portable" "$armvm" check --boot none "$img"
another ef00 "$dead"
found "the second ESP's root is nowhere" loader.other-esps finding "with the loader on partition 3: root=UUID=$dead"
found "the place is told" loader.other-esps finding "partition 3:/EFI/"
found "the first ESP's is there" loader.root pass ""
found "it is no earlier partition" loader.earlier-partition pass ""
another 0700 "$dead"
found "a FAT behind the ESP, which no firmware starts before it" loader.earlier-partition pass ""
found "and no ESP" loader.other-esps pass ""
sgdisk --transpose=1:3 "$img" >/dev/null
found "the same before it" loader.earlier-partition finding "with the loader on partition 1: root=UUID=$dead"
exits 1 "is not portable" "$armvm" check --boot none "$img"
found "by an ESP alone it boots" loader.root pass ""
found "what is ignored is so of every start" loader.earlier-partition pass "" --boot none --ignore loader.root
exits 0 "and then no error" "$armvm" check --boot none --ignore loader.root "$img"
"$armvm" info "$img" >"$tmp/info"
contains "info shows what is started from there" "partition 1: GRUB 2.06 -> Linux" "$tmp/info"
cp --sparse=always "$img" "$tmp/other.raw"
mcopy -o -i "$tmp/other.raw@@$((333 << 20))" "$tmp/loader.efi" ::/EFI/BOOT/GRUBAA64.EFI
printf 'set timeout=1\nmenuentry None {\n\ttrue\n}\n' >"$tmp/menu"
mcopy -o -i "$tmp/other.raw@@$((333 << 20))" "$tmp/menu" ::/EFI/debian/grub.cfg
mcopy -o -i "$tmp/other.raw@@$((333 << 20))" "$tmp/menu" ::/EFI/BOOT/grub.cfg
"$armvm" info --diff "$img" "$tmp/other.raw" >"$tmp/info"
contains "and what differs in it" "+boots from partition 1: GRUB 2.06, and no further" "$tmp/info"
rm "$tmp/other.raw"
another ea00 "$dead"
sgdisk --transpose=1:3 "$img" >/dev/null
found "an extended boot loader partition is no better" loader.earlier-partition finding "root=UUID=$dead"
another 0700 "$root_uuid"
sgdisk --transpose=1:3 "$img" >/dev/null
found "one before it that boots" loader.earlier-partition pass ""
exits 0 "is a warning" "$armvm" check --boot none "$img"
# Which of two the guest's updates write.
another ef00 "$root_uuid"
found "fstab mounts the ESP that is started" guest.fstab-esp pass ""
root_edit /etc/fstab "s/^UUID=$esp_uuid.*/UUID=5A3A-0003 \/boot\/efi vfat nofail 0 1/"
found "fstab mounts the other one" guest.fstab-esp finding \
	"UUID=5A3A-0003 is partition 3, and firmware starts the loader on partition 1"
exits 0 "which is mended" "$armvm" fix --quiet --no-verify --only guest.fstab-esp -o "$tmp/mended.raw" "$img"
"$armvm" check --boot none --json --select guest.fstab-esp "$tmp/mended.raw" >"$tmp/mended.json"
ok "and then is no more" test "$(jq -r '.images[0].checks[0].outcome' "$tmp/mended.json")" = pass
rm "$tmp/mended.raw"
root_edit /etc/fstab 's,/boot/efi,/boot,'
found "the other one is /boot" guest.fstab-esp finding "UUID=5A3A-0003 is partition 3"
another 0700 "$root_uuid"
root_edit /etc/fstab "s/^UUID=$esp_uuid.*/UUID=5A3A-0003 \/boot vfat nofail 0 1/"
found "a /boot that is FAT, and no ESP" guest.fstab-esp skipped ""

another ef00 "$root_uuid"
head -c 700 "$tmp/loader.efi" >"$tmp/cut.efi"
esp_put "$tmp/cut.efi" /EFI/BOOT/BOOTAA64.EFI
found "a first loader that is cut short, at which edk2 ends" loader.pe-truncated finding "ESP:/EFI/BOOT/BOOTAA64.EFI"
kernel "$tmp/kernel.efi"
mcopy -o -i "$img@@333M" "$tmp/kernel.efi" ::/EFI/BOOT/BOOTAA64.EFI
found "as does the emulator, though another ESP would boot" boot.emulator finding "BOOTAA64.EFI cannot be run" --boot emulator
esp_put "$tmp/text" /EFI/BOOT/BOOTAA64.EFI
found "a text in its place is passed over" boot.emulator pass "" --boot emulator

# A loader that nobody knows: the boots settle what the reading leaves open.
sampled
esp_kernel
found "an unknown loader, not booted" loader.fallback-boots inconclusive "no loader that is known here"
found "the same, booted in every scenario" loader.fallback-boots pass "" --boot emulator
found "what remains is a note" loader.followed finding "not followed here" --boot emulator
found "what the kernel was handed is judged" loader.root inconclusive "neither root= nor an initrd" --boot emulator
# What has a kernel's mark is known by its digest.
kernel "$tmp/loader" "-DHANDS=\"root=UUID=$root_uuid ro\""
printf 'ARM\144' | dd of="$tmp/loader" bs=1 seek=56 conv=notrunc status=none
esp_put "$tmp/loader" /EFI/BOOT/BOOTAA64.EFI
found "an initrd that is in no file" guest.initrd-intact inconclusive "none of the files that were looked at" --boot emulator
root_get "/boot/initrd.img-$version" "$tmp/initrd.img"
inside() { # PATH INITRD: an image with that kernel
	pe "$tmp/inside" --section '.sdmagic=@#### LoaderInfo: systemd-stub 257 ####\0' \
		--section ".osrel=@ID=debian" --section ".initrd=$2" --section ".linux=$tmp/loader"
	esp_put "$tmp/inside" "$1"
}
esp_mkdir /EFI/Linux
inside /EFI/Linux/a.efi "$tmp/initrd.img"
found "but in the unified image that the kernel is in" guest.initrd-intact pass "" --boot emulator
printf x >"$tmp/x"
inside /EFI/Linux/b.efi "$tmp/x"
found "one of two that differ" guest.initrd-intact inconclusive "none of the files that were looked at" --boot emulator
esp_del /EFI/Linux/a.efi
esp_del /EFI/Linux/b.efi
esp_kernel -DSEES=tpm -DTHEN=gives_up
found "it fails in one scenario" loader.fallback-boots inconclusive "no loader that is known here" --boot emulator
esp_kernel -DSEES=no_variables -DTHEN=gives_up
found "it fails in one that is a note" loader.fallback-boots pass "" --boot emulator
sampled
esp_grub_text() { esp_write /EFI/debian/grub.cfg && esp_get /EFI/debian/grub.cfg "$tmp/x" && esp_put "$tmp/x" /EFI/BOOT/grub.cfg; }

# Updates: who writes what is booted.
sampled
root_get /boot/grub/grub.cfg "$tmp/menu"
esp_grub_text <"$tmp/menu"
found "a menu on the ESP that no tool writes" loader.updates finding "no tool of the guest writes it"
printf '#!/bin/sh\n' | root_write /usr/sbin/grub-mkconfig
found "one beside the one that grub-mkconfig writes" loader.updates finding "writes /boot/grub/grub.cfg"
sed "s/-$version//" "$tmp/menu" >"$tmp/links"
root_get "/boot/vmlinuz-$version" "$tmp/kernel"
root_put "$tmp/kernel" /boot/vmlinuz
root_get "/boot/initrd.img-$version" "$tmp/initrd.img"
root_put "$tmp/initrd.img" /boot/initrd.img
esp_grub_text <"$tmp/links"
found "a kernel that updates replace" loader.updates skipped ""
esp_grub_text <"$tmp/menu"
root_del /var/lib/dpkg/status
found "no package manager" loader.updates skipped ""

sampled systemd-boot
printf 'Package: base-files\nStatus: install ok installed\nVersion: 1\n\n' | root_write /var/lib/dpkg/status
printf '#!/bin/sh\n' | root_write /usr/bin/kernel-install
found "systemd-boot, and Debian's hook is missing" loader.updates finding "no tool of the guest writes such entries"
root_mkdir /etc/kernel
root_mkdir /etc/kernel/postinst.d
printf '#!/bin/sh\n' | root_write /etc/kernel/postinst.d/zz-systemd-boot
found "and with it" loader.updates pass ""
sampled uki
printf 'Package: base-files\nStatus: install ok installed\nVersion: 1\n\n' | root_write /var/lib/dpkg/status
found "a UKI that nothing makes" loader.updates finding "nothing in the guest makes it anew"
root_mkdir /etc/kernel
root_mkdir /etc/kernel/install.d
printf '#!/bin/sh\ncp uki /boot/efi/EFI/BOOT/BOOTAA64.EFI\n' | root_write /etc/kernel/install.d/95-fallback.install
found "and one that a hook copies" loader.updates pass ""
printf '#!/bin/sh\ncp uki /boot/efi/efi/boot/bootaa64.efi\n' | root_write /etc/kernel/install.d/95-fallback.install
found "in whatever letters" loader.updates pass ""
printf '#!/bin/sh\ncp uki /boot/efi/EFI/Linux/a.efi\n' | root_write /etc/kernel/install.d/95-fallback.install
found "but not elsewhere" loader.updates finding "nothing in the guest makes it anew"

# A kernel on the ESP under one name: where the ESP is no /boot, a hook has to write it.
chained() { # FSTAB-MOUNT-POINT
	sampled
	root_get "/boot/vmlinuz-$version" "$tmp/kernel"
	esp_put "$tmp/kernel" /vmlinuz.efi
	root_get "/boot/initrd.img-$version" "$tmp/initrd.img"
	esp_put "$tmp/initrd.img" /initrd.img
	root_edit /etc/fstab "s,/boot/efi,$1,"
	printf 'set timeout=1\nmenuentry x {\nsearch --fs-uuid --set=root %s\nchainloader /vmlinuz.efi %s\n}\n' "$esp_uuid" \
		"root=UUID=$root_uuid initrd=/initrd.img" | root_write /boot/grub/grub.cfg
}
chained /boot/efi
found "a kernel that is chained to, on the ESP" loader.updates finding "nothing in the guest writes it to /boot/efi"
root_mkdir /etc/kernel
root_mkdir /etc/kernel/postinst.d
printf '#!/bin/sh\ncp "$2" /boot/efi/vmlinuz.efi\n' | root_write /etc/kernel/postinst.d/zz-copy
found "and one that a hook writes" loader.updates skipped ""
chained /boot
found "or the packages themselves" loader.updates skipped ""
# openSUSE's sdbootutil: the version is in the folder, a digest in the name.
by_folder() {
	sampled systemd-boot
	root_get "/boot/vmlinuz-$version" "$tmp/kernel"
	esp_put "$tmp/kernel" "/debian/$version/linux-6a6b6c6d"
	esp_get "/loader/entries/debian-$version.conf" "$tmp/entry"
	sed -i "s,/linux\$,/linux-6a6b6c6d," "$tmp/entry"
	esp_put "$tmp/entry" "/loader/entries/debian-$version.conf"
	root_mkdir /var/lib/rpm
	echo x | root_write /var/lib/rpm/rpmdb.sqlite
}
by_folder
found "a kernel in a folder of its version" loader.updates finding "no tool of the guest writes such"
printf '#!/bin/sh\n' | root_write /usr/bin/sdbootutil
found "and one that the guest's tool writes" loader.updates pass ""

# No root=: systemd's generator in the initrd finds the root by its type, where the loader says which disk it is.
gpt_auto() { # GENERATOR [COMMAND-LINE]
	sampled uki
	root_get "/boot/initrd.img-$version" "$tmp/initrd.gz"
	rm -rf "$tmp/rd"
	mkdir -p "$tmp/rd/usr/lib/systemd/system-generators"
	: >"$tmp/rd/usr/lib/systemd/system-generators/$1"
	(cd "$tmp/rd" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$tmp/more"
	cat "$tmp/initrd.gz" >>"$tmp/more"
	root_get "/boot/vmlinuz-$version" "$tmp/linux"
	root_get /usr/lib/os-release "$tmp/osrel"
	pe "$tmp/uki.efi" --section '.sdmagic=@#### LoaderInfo: systemd-stub 252 ####\0' \
		--section ".osrel=$tmp/osrel" --section ".cmdline=@${2:-ro}" --section ".uname=@$version" \
		--section ".initrd=$tmp/more" --section ".linux=$tmp/linux"
	esp_put "$tmp/uki.efi" /EFI/BOOT/BOOTAA64.EFI
}
gpt_auto systemd-gpt-auto-generator
found "a UKI without root=, a generator in its initrd" loader.root pass ""
gpt_auto systemd-other-generator
found "and without the generator" loader.root finding "has no systemd-gpt-auto-generator"
gpt_auto systemd-gpt-auto-generator "root=gpt-auto ro"
found "by root=gpt-auto, a generator in its initrd" loader.root pass ""
gpt_auto systemd-other-generator "root=gpt-auto ro"
found "and without the generator" loader.root finding "has no systemd-gpt-auto-generator"
gpt_auto systemd-gpt-auto-generator "ro systemd.gpt_auto=1"
found "a generator that is told to look" loader.root pass ""
for switch in systemd.gpt_auto=0 rd.systemd.gpt_auto=no; do
	gpt_auto systemd-gpt-auto-generator "ro $switch"
	found "a generator that is told not to: $switch" loader.root finding "keeps systemd from looking"
done
gpt_auto systemd-gpt-auto-generator "root=UUID=$root_uuid ro systemd.gpt_auto=0"
found "and need not" loader.root pass ""

# systemd-boot passes over an entry whose kernel is not there, and starts the next.
sampled systemd-boot
printf 'title Newer\nversion 9\nlinux /debian/9/linux\noptions root=UUID=%s ro\n' "$root_uuid" |
	esp_write /loader/entries/debian-9.conf
found "an entry without its kernel is not the default" loader.kernel pass ""
found "and is told of" loader.entries finding "names this kernel, which is not in the image"
esp_del "/loader/entries/debian-$version.conf"
found "where there is no other, it is the default" loader.kernel finding "names this kernel"

# What `default` is matched against is the version's: until 257's updates a counter is part of the name.
counted() { # VERSION-TEXTS
	sampled systemd-boot
	esp_get "/loader/entries/debian-$version.conf" "$work/entry"
	esp_del "/loader/entries/debian-$version.conf"
	esp_put "$work/entry" /loader/entries/arch+3.conf
	sed 's/^options.*/options root=UUID=00000000-1111-4222-8333-444444444444 ro/' "$work/entry" |
		esp_write /loader/entries/zeta.conf
	echo "default arch.conf" | esp_write /loader/loader.conf
	pe "$work/sdb" --section ".sdmagic=@#### LoaderInfo: systemd-boot $1 ####\\0" --section ".rodata=@$2\\0" &&
		esp_put "$work/sdb" /EFI/BOOT/BOOTAA64.EFI && esp_put "$work/sdb" /EFI/systemd/systemd-bootaa64.efi
}
counted 252 ""
found "252 does not match a counted entry by its name" loader.default-entry finding "an entry whose boots are counted"
found "and takes another" loader.root finding "nothing in the image has the UUID"
counted 257.13 "%.*ls%ls"
found "an updated 257 does" loader.default-entry pass ""
found "and takes that" loader.root pass ""
counted 262 ""
found "so does each newer one" loader.default-entry pass ""

# What has no end, and what goes beyond the limits.
sampled
root_get /boot/grub/grub.cfg "$tmp/menu"
{ cat "$tmp/menu"; echo 'menuentry Back { configfile $prefix/grub.cfg }'; } | root_write /boot/grub/grub.cfg
exits 0 "an entry that leads back to the menu" "$armvm" check --boot none "$img"
sed 's/default=0/default=1/' "$tmp/menu" | { cat; echo 'menuentry Back { configfile $prefix/grub.cfg }'; } | root_write /boot/grub/grub.cfg
found "it is the default" loader.entry finding 'the default entry "Back" leads back to the menu'
{ echo 'source $prefix/grub.cfg'; cat "$tmp/menu"; } | root_write /boot/grub/grub.cfg
found "a configuration that runs itself" loader.entry finding "runs itself again and again"
{ cat "$tmp/menu"; for i in $(seq 600); do echo "menuentry $i { linux /x }"; done; } | root_write /boot/grub/grub.cfg
exits 3 "more entries than are followed" "$armvm" check --boot none "$img"
found "more entries than are followed" loader.fallback-boots inconclusive "larger, longer or deeper"

sampled
{ echo 'set check_signatures=enforce'; cat "$tmp/menu"; } | root_write /boot/grub/grub.cfg
found "a GRUB that may want signatures" loader.fallback-boots inconclusive "signatures are not looked at"
{ echo 'set check_signatures=no'; cat "$tmp/menu"; } | root_write /boot/grub/grub.cfg
exits 0 "and one that does not" "$armvm" check --boot none "$img"

# A unified image's addons are part of its command line where its stub is 254 or newer.
with_addon() { # VERSION
	sampled uki
	esp_get /EFI/BOOT/BOOTAA64.EFI "$work/uki"
	sed -i "s/systemd-stub 252/systemd-stub $1/" "$work/uki"
	esp_put "$work/uki" /EFI/BOOT/BOOTAA64.EFI
	pe "$work/addon" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' \
		--section '.cmdline=@root=UUID=00000000-1111-4222-8333-444444444444'
	esp_mkdir /EFI/BOOT/BOOTAA64.EFI.extra.d
	esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/root.addon.efi
}
with_addon 252
found "252 reads no addon" loader.root pass ""
with_addon 257
found "257 does" loader.root finding "root=UUID=00000000-1111-4222-8333-444444444444: nothing in the image has the UUID"
esp_mkdir /loader
esp_mkdir /loader/addons
pe "$work/for-all" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' --section ".cmdline=@root=UUID=$root_uuid"
esp_put "$work/for-all" /loader/addons/z.addon.efi
found "one for all comes before the image's own" loader.root finding "root=UUID=00000000-1111-4222-8333-444444444444"
esp_put "$work/for-all" /EFI/BOOT/BOOTAA64.EFI.extra.d/root.addon.efi
esp_put "$work/addon" /loader/addons/z.addon.efi
found "which has the last word" loader.root pass ""
with_addon 257
pe "$work/addon" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' --section '.uname=@6.1.0-1-other' \
	--section ".cmdline=@root=UUID=$dead"
esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/root.addon.efi
found "one for another kernel is passed over" loader.root pass ""
pe "$work/addon" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' --section ".uname=@$version" \
	--section ".cmdline=@root=UUID=$dead"
esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/root.addon.efi
found "one for this kernel counts" loader.root finding "root=UUID=$dead"
esp_del /EFI/BOOT/BOOTAA64.EFI.extra.d/root.addon.efi
esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/.root.addon.efi
found "a hidden one does not" loader.root pass ""

# An initrd may come from an addon alone.
initrd_in_addon() { # VERSION
	sampled uki
	root_get "/boot/initrd.img-$version" "$tmp/initrd.img"
	root_get "/boot/vmlinuz-$version" "$tmp/kernel"
	pe "$work/uki" --section ".sdmagic=@#### LoaderInfo: systemd-stub $1 ####\\0" --section ".osrel=@ID=debian" \
		--section ".cmdline=@root=UUID=$root_uuid ro" --section ".uname=@$version" --section ".linux=$tmp/kernel"
	esp_put "$work/uki" /EFI/BOOT/BOOTAA64.EFI
	pe "$work/addon" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' --section ".initrd=$tmp/initrd.img"
	esp_mkdir /EFI/BOOT/BOOTAA64.EFI.extra.d
	esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/initrd.addon.efi
}
initrd_in_addon 257
found "an initrd in an addon" guest.initrd-virtio pass ""
flip "$tmp/initrd.img"
pe "$work/addon" --section '.sdmagic=@#### LoaderInfo: systemd-addon 257 ####\0' --section ".initrd=$tmp/initrd.img"
esp_put "$work/addon" /EFI/BOOT/BOOTAA64.EFI.extra.d/initrd.addon.efi
found "which is damaged" guest.initrd-intact finding ""
initrd_in_addon 256
found "256 takes none of an addon" guest.initrd-virtio skipped "has no initrd in it"
tap_done
