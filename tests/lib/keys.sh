# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# Images that enrol Secure Boot keys of their own. Wants tests/checks/lib.sh and its $work.

# Keys PK, KEK and db, a list with the certificate of each, signed by whom the specification wants.
for name in PK KEK db; do
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$name" -days 3650 \
		-keyout "$tmp/$name.key" -out "$tmp/$name.crt" 2>/dev/null
	openssl x509 -in "$tmp/$name.crt" -outform DER -out "$tmp/$name.der"
	sbsiglist --owner 5a3ab1e0-0000-4000-8000-0000000000cc --type x509 --output "$tmp/$name.esl" "$tmp/$name.der"
done
authenticated() { # NAME VENDOR KEY
	python3 "$top/tests/lib/signvar.py" "$1" "$2" 0x27 2024-02-29T12:00:00 "$tmp/$3.key" "$tmp/$3.crt" \
		"$tmp/$1.esl" "$tmp/$1.auth"
}
authenticated PK global PK
authenticated KEK global PK
authenticated db security KEK

# enrolling NAME KEY|unsigned FLAG...: $tmp/NAME.raw, which has these keys in \loader\keys\auto, and for a loader such a
# kernel (fakekernel.c), signed by this key
enrolling() {
	img=$tmp/$1.raw
	cp --sparse=always "$(sample grub)" "$img"
	sign=$2
	shift 2
	kernel "$tmp/loader" "$@"
	[ "$sign" = unsigned ] || sbsign --key "$tmp/$sign.key" --cert "$tmp/$sign.crt" --output "$tmp/loader" "$tmp/loader" 2>/dev/null
	esp_put "$tmp/loader" /EFI/BOOT/BOOTAA64.EFI
	for folder in /loader /loader/keys /loader/keys/auto; do
		esp_mkdir $folder
	done
	for name in PK KEK db; do
		esp_put "$tmp/$name.auth" /loader/keys/auto/$name.auth
	done
}
