#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Recipes of images/ that run side by side, as tests do, do not get each other's packages.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
requires flock dpkg-deb

mkdir "$tmp/bin"
# What of apt the recipes call: a mirror that is slow, and files that grow.
cat >"$tmp/bin/apt-get" <<'END'
#!/bin/sh
while :; do
	case $1 in
	-q | -qq) shift ;;
	*) break ;;
	esac
done
case "$1 ${2:-}" in
"indextargets "*) echo "http://mirror.example/debian bookworm" ;;
"update "*)
	echo update >>"$UPDATES"
	sleep 0.3
	;;
"download --print-uris")
	shift 2
	for name; do
		echo "'http://mirror.example/${name}_1_arm64.deb' ${name}_1_arm64.deb 5 SHA256:0"
		sleep 0.1
	done
	;;
"download "*)
	shift
	for name; do
		printf '%s' "${name%?}" >"${name}_1_arm64.deb"
		sleep 0.2
		printf '%s' "$name" >"${name}_1_arm64.deb"
	done
	;;
esac
END
printf '#!/bin/sh\n' >"$tmp/bin/apt-config"
chmod 755 "$tmp/bin/apt-get" "$tmp/bin/apt-config"
export UPDATES="$tmp/updates" ARMVM_CACHE="$tmp/cache"

# recipe NAME PACKAGE...: what it is told, and what it then reads.
recipe() {
	name=$1
	shift
	# shellcheck disable=SC2016 # for the shell that is started
	PATH="$tmp/bin:$PATH" sh -c '. "$0/images/lib.sh"
		apt_prepare bookworm
		for deb in $(debs_of "$@"); do
			echo "${deb##*/} $(cat "$deb")"
		done' "$top" "$@" >"$tmp/$name" 2>"$tmp/$name.err"
}

recipe one shim grub both &
recipe two both systemd-boot &
recipe three base-files &
wait
got() { ok "$1" test "$(tr '\n' ' ' <"$tmp/$2")" = "$3"; }
got "the first has its packages, whole" one "shim_1_arm64.deb shim grub_1_arm64.deb grub both_1_arm64.deb both "
got "the second" two "both_1_arm64.deb both systemd-boot_1_arm64.deb systemd-boot "
got "and the third" three "base-files_1_arm64.deb base-files "
ok "the lists are fetched once" test "$(grep -c . "$tmp/updates")" = 1
ok "and nothing half-made is left" test -z \
	"$(find "$tmp/cache" -name 'download.*' -o -name '*.conf.*' -o -name '*.list.*')"
tap_done
