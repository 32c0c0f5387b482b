#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every fuzz target that is built runs over its corpus and over what fuzzing
# has found before. Under ASan each input is also cut short at every byte.
. "$(dirname "$0")/../lib/tap.sh"

# shellcheck disable=SC2154 # from tap.sh
cd "$top" || exit 1
built=${O:-o/release}/tests/fuzz
truncate=
case ${O:-} in
*asan*) truncate=--truncate ;;
esac

for source in tests/fuzz/*_fuzz.c; do
	[ -e "$source" ] || continue
	name=$(basename "$source" _fuzz.c)
	set --
	for folder in "tests/fuzz/corpus/$name" "tests/fuzz/found/$name"; do
		[ -d "$folder" ] && set -- "$@" "$folder"
	done
	if [ $# -eq 0 ]; then
		fail "$name has a corpus (tests/fuzz/corpus/$name)"
		continue
	fi
	ok "$name survives its corpus" timeout 300 "$built/${name}_fuzz" ${truncate:+"$truncate"} "$@"
done
tap_done
