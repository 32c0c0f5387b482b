# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# For the fixtures of the container family.

# convert FORMAT [OPTION|-c]: $img becomes an image in that format, made by qemu-img
convert() {
	case ${2:-} in
	-c) set -- "$1" -c ;;
	?*) set -- "$1" -o "$2" ;;
	esac
	format=$1
	shift
	qemu-img convert -q -f raw -O "$format" "$@" "$img" "$work/image.$format" || return 1
	img=$work/image.$format
}
