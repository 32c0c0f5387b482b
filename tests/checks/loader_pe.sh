# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# For the recipes of src/checks/loader_pe.c: a MokManager to put beside the
# shim of the shim sample, since nothing in the chain depends on what it is,
# and a shim with more sections. Sourced by recipes.

shim_sbat() { printf 'sbat,1,SBAT Version,sbat,1,https://example.org/sbat\nshim,4,UEFI shim,shim,1,https://example.org/\n' >shim.csv; }

# mm OPTIONS...: makes mm.efi
mm() { shim_sbat && pe mm.efi --section .sbat=shim.csv "$@"; }
put_mm() { esp_put mm.efi /EFI/BOOT/mmaa64.efi; }

# poke_mm OFFSET HEX...: bytes of mm.efi. The PE header is at 0x80, the
# optional header at 0x98, the section table at 0x188: .text, .sbat, .reloc
poke_mm() { (img=mm.efi && poke "$@"); }

# shim OPTIONS...: makes shim.efi with more sections
shim() {
	shim_sbat
	printf '\\grubaa64.efi' | iconv -t UTF-16LE >second
	printf 'UEFI SHIM\n$Version: 15.8 $\n$BuildMachine: test $\n\0\0' | cat - second >data
	pe shim.efi --section .data=data --section .sbat=shim.csv "$@"
}
# Both copies at once, so that neither is older than the other.
put_shim() { esp_put shim.efi /EFI/debian/shimaa64.efi && esp_put shim.efi /EFI/BOOT/BOOTAA64.EFI; }
get_shim() { esp_get /EFI/BOOT/BOOTAA64.EFI shim.efi; }
put_grub() { esp_put grub.efi /EFI/debian/grubaa64.efi && esp_put grub.efi /EFI/BOOT/grubaa64.efi; }
get_grub() { esp_get /EFI/BOOT/grubaa64.efi grub.efi; }

# levels AUTOMATIC LATEST: the option for a .sbatlevel that allows these generations of GRUB
levels() { printf '%s' ".sbatlevel=@\\0\\0\\0\\0\\x08\\0\\0\\0\\x22\\0\\0\\0sbat,1,2025021800\\ngrub,$1\\n\\0sbat,1,2025051000\\ngrub,$2\\n\\0"; }

# key NAME: NAME.key, NAME.crt and NAME.der, for today
key() {
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$1/" -days 30 -keyout "$1.key" -out "$1.crt" 2>/dev/null
	openssl x509 -in "$1.crt" -outform der -out "$1.der"
}
# sign KEY FILE: in place
sign() { sbsign --key "$1.key" --cert "$1.crt" --output "$2" "$2" >/dev/null 2>&1; }

# vendor_cert KEY: makes the content of a .vendor_cert section, vendor.bin
vendor_cert() {
	python3 -c 'import struct, sys
der = open(sys.argv[1], "rb").read()
open("vendor.bin", "wb").write(struct.pack("<IIII", len(der), 0, 16, 16 + len(der)) + der)' "$1.der"
}

# sign_kernel KEY: the guest's
sign_kernel() {
	root_get "/boot/vmlinuz-$version" kernel && sign "$1" kernel && root_put kernel "/boot/vmlinuz-$version"
}
