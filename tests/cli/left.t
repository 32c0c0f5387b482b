#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boot services are left for something: a Linux kernel, which is entered, or what is not followed, of which nothing
# is said but what it is.
. "$(dirname "$0")/../lib/tap.sh"
requires clang lld-link jq python3 sgdisk mkfs.fat mcopy

built=$top/${O:-o/release}

# boot NAME SOURCE FLAG...: the last event of a boot of this program in $tmp/NAME
boot() {
	name=$1 source=$2
	shift 2
	clang --target=aarch64-unknown-windows -std=gnu11 -O1 -ffreestanding -fno-stack-protector \
		-mno-stack-arg-probe -I "$top/tests/guest" "$@" -c -o "$tmp/$name.obj" "$top/tests/lib/$source" &&
		lld-link /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /Brepro \
			"/out:$tmp/$name.efi" "$tmp/$name.obj" &&
		"$top/tests/guest/image" "$tmp/$name.efi" "$built/guest/child.efi" "$tmp/$name.img" &&
		"$built/armvm-firmware" --disk "$tmp/$name.img" >"$tmp/$name.all"
	status=$?
	tail -n 1 "$tmp/$name.all" >"$tmp/$name"
	rm -f "$tmp/$name.img"
}

# unfollowed WHAT NAME SOURCE FLAG...
unfollowed() {
	what=$1
	shift
	boot "$@"
	ok "$what: could not be determined" test "$status" -eq 3
	contains "$what: because it is not followed" 'something that is not followed' "$tmp/$name"
	lacks "$what: no kernel was entered" '"event":"kernel-entered"' "$tmp/$name.all"
}

unfollowed "waits" wait leaves-boot-services.c -DMODE=1
unfollowed "runs on" loop leaves-boot-services.c -DMODE=2
unfollowed "prints" print leaves-boot-services.c -DMODE=3
contains "prints: on the serial port of the tables" 'raw kernel on PL011' "$tmp/print"
unfollowed "powers off by HVC" off leaves-boot-services.c -DMODE=4
contains "powers off by HVC: is seen" 'it shut the machine down by PSCI' "$tmp/off"
unfollowed "returns from an exception" eret leaves-boot-services.c -DMODE=5
unfollowed "resets" reset leaves-boot-services.c -DMODE=6
for mode in 7 8; do
	unfollowed "an instruction of EL2" el2 leaves-boot-services.c -DMODE=$mode
	contains "an instruction of EL2: is called so" 'needs EL2' "$tmp/el2"
done
unfollowed "no instruction" none leaves-boot-services.c -DMODE=9
contains "no instruction: is called so" 'an instruction that does not exist' "$tmp/none"
boot low leaves-boot-services.c -DMODE=10
ok "low memory: there is none, which is a fault" test "$status" -eq 14
ok "low memory: the address is named, and the instruction" \
	grep -q 'BOOTAA64.EFI+0x10[0-9a-f]* reads 0x18, where there is no memory' "$tmp/low"
unfollowed "the registers alone" registers not-a-kernel-entry.c
unfollowed "an Image without banner" image loads-kernel.c -DKIND=2
unfollowed "an Image without banner, of two pages" pages loads-kernel.c -DKIND=10
unfollowed "behind the Image" behind loads-kernel.c -DKIND=3
unfollowed "no header" header loads-kernel.c -DKIND=4
unfollowed "no copy of the file's" other loads-kernel.c -DKIND=6
unfollowed "a page of zeroes" zeroes loads-kernel.c -DKIND=7

unfollowed "within a kernel, but not where it begins" within loads-kernel.c -DKIND=12

for words in FreeBSD:FreeBSD/arm64 OpenBSD:OpenBSD/arm64 NetBSD:NetBSD/evbarm "Xen:Xen version %d.%d"; do
	unfollowed "${words%%:*}" words loads-kernel.c -DKIND=2 "-DWORDS=\"${words#*:}\""
	contains "${words%%:*}: told by name" "not followed (${words%%:*})" "$tmp/words"
done

boot loaded loads-kernel.c -DKIND=1
ok "a kernel in memory of the loader's: entered" test "$status" -eq 0
grep '"event":"kernel-entered"' "$tmp/loaded.all" >"$tmp/entered"
contains "a kernel in memory of the loader's: its version" '"version":"6.99.0-loaded"' "$tmp/entered"
lacks "a kernel in memory of the loader's: its file is not known" '"name":' "$tmp/entered"

boot branch loads-kernel.c -DKIND=11
ok "a kernel where its header branches to: entered" test "$status" -eq 0
boot header loads-kernel.c -DKIND=13
ok "a kernel at its header, from within: entered" test "$status" -eq 0
boot lost loads-kernel.c -DKIND=14
ok "a device tree in the kernel's memory: does not boot" test "$status" -eq 14
contains "a device tree in the kernel's memory: is said" 'with a device tree in the memory that is its own' "$tmp/lost"

boot copied loads-kernel.c -DKIND=5
ok "a kernel whose header stays in its file: entered" test "$status" -eq 0
grep '"event":"kernel-entered"' "$tmp/copied.all" >"$tmp/entered"
contains "a kernel whose header stays in its file: its version" '"version":"6.99.1-copied"' "$tmp/entered"
contains "a kernel whose header stays in its file: is named" '"name":"kernel"' "$tmp/entered"
lacks "a kernel whose header stays in its file: which is no section" '"sha256":' "$tmp/entered"

# section FILE: its section .linux
section() {
	python3 -c 'import struct, sys
pe = open(sys.argv[1], "rb").read()
at = struct.unpack_from("<I", pe, 0x3c)[0]
n, optional = struct.unpack_from("<H", pe, at + 6)[0], struct.unpack_from("<H", pe, at + 20)[0]
for i in range(n):
    name, size, _, _, raw = struct.unpack_from("<8sIIII", pe, at + 24 + optional + 40 * i)
    if name == b".linux\0\0":
        sys.stdout.buffer.write(pe[raw:raw + size])' "$1"
}

# section_named WHAT KIND VERSION: a kernel whose file is a section of the loader is named, with its digest
section_named() {
	boot section loads-kernel.c "-DKIND=$2"
	ok "$1: entered" test "$status" -eq 0
	grep '"event":"kernel-entered"' "$tmp/section.all" >"$tmp/entered"
	contains "$1: its version" "\"version\":\"$3\"" "$tmp/entered"
	section "$tmp/section.efi" >"$tmp/section.linux"
	ok "$1: the section is there" test "$(wc -c <"$tmp/section.linux")" -ge 8192
	contains "$1: its file's size" "\"name\":\"kernel\",\"size\":$(wc -c <"$tmp/section.linux")," "$tmp/entered"
	contains "$1: its file's digest" "\"sha256\":\"$(sha256sum <"$tmp/section.linux" | cut -c 1-64)\"" "$tmp/entered"
}
section_named "a kernel copied out of a section" 8 6.99.1-copied
section_named "a zboot kernel copied out of a section" 9 6.99.0-loaded

for device in "0x8000000 the interrupt controller" "0x80a0000 the interrupt controller" "0x9010000 the clock's registers" \
	"0xa000600 virtio's registers" "0x4010000000 PCI's configuration space"; do
	boot touches touches-hardware.c "-DADDRESS=${device%% *}"
	ok "${device#* }, which the tables announce alone: could not be determined" test "$status" -eq 3
	contains "${device#* }: is what was asked for" "but it asked for ${device#* }, which this firmware lacks" "$tmp/touches"
done
boot touches touches-hardware.c -DADDRESS=0x4020000000
ok "where there is no device either: a fault" test "$status" -eq 14

boot own fakekernel.c
ok "a kernel in its own image: entered" test "$status" -eq 0
grep '"event":"kernel-entered"' "$tmp/own.all" >"$tmp/entered"
contains "a kernel in its own image: its version" '"version":"0.0.1-fixture"' "$tmp/entered"
contains "a kernel in its own image: its file" '"name":"BOOTAA64.EFI"' "$tmp/entered"
tap_done
