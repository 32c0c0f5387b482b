#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check on many images: which, in which order, one that ends badly among them, ^C,
# and that a worker opens nothing once it has read a byte of the image.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires cc jq pgrep qemu-img sgdisk mkfs.fat mcopy mke2fs strace

mkdir -p "$tmp/set/more" "$tmp/bin"
good=$tmp/set/a.raw
cp --sparse=always "$(sample grub)" "$good"
cp --sparse=always "$good" "$tmp/set/b bad.raw"
# shellcheck disable=SC2034 # for esp_write
img="$tmp/set/b bad.raw" work=$tmp
head -c 64 /dev/zero | esp_write /ubootefi.var
cp --sparse=always "$good" "$tmp/set/more/c.raw"
: >"$tmp/set/.hidden"
qemu-img convert -O qcow2 "$good" "$tmp/d.qcow2"

check() { "$armvm" check --boot none "$@"; }
verdicts() { sed "s,$tmp/,," "$1" | tr '\n' '|'; }
want='set/a.raw: portable|set/b bad.raw: not portable (1 error)|set/more/c.raw: portable|'
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		printf 'got:  %s\nwant: %s\n' "$2" "$3" >"$tmp/why"
		fail "$1" "$tmp/why"
	fi
}

check -q -j 3 "$tmp/set" >"$tmp/out" 2>"$tmp/err"
is "a folder, by name, without hidden files" "$(verdicts "$tmp/out")" "$want"
contains "a summary comes last" "3 images: 2 portable, 1 not portable, 0 could not" "$tmp/err"
find "$tmp/set" -name '*.raw' | sort | check -q -j 2 - >"$tmp/out" 2>/dev/null
is "names on standard input" "$(verdicts "$tmp/out")" "$want"
find "$tmp/set" -name '*.raw' -print0 | sort -z | check -q -0 - >"$tmp/out" 2>/dev/null
is "names that end with NUL" "$(verdicts "$tmp/out")" "$want"
none() { check -q - </dev/null; }
exits 3 "no names at all are no images that are portable" none
blank() { printf '\n\n' | check -q -; }
exits 3 "nor are empty ones" blank
closed() { check -q "$good" >&-; }
exits 1 "a closed standard output does not become the image" closed
check -q -j 2 "$tmp/d.qcow2" "$good" >"$tmp/out" 2>/dev/null
is "the order of the arguments, though another is done first" "$(verdicts "$tmp/out")" \
	'd.qcow2: portable|set/a.raw: portable|'

check --json "$tmp/set" >"$tmp/one.json" 2>/dev/null
check --json=lines -j 2 "$tmp/set" >"$tmp/lines.json" 2>/dev/null
is "--json=lines has a line for each image" "$(wc -l <"$tmp/lines.json")" 3
jq -c '.images[]' "$tmp/one.json" >"$tmp/one"
jq -c 'select(.schema == 1) | del(.schema, .version)' "$tmp/lines.json" >"$tmp/lines"
ok "which say what --json says" cmp "$tmp/one" "$tmp/lines"
exits 2 "another form of JSON is wrong usage" check --json=tree "$good"
exits 2 "no job at all is wrong usage" check -j 0 "$good"
exits 3 "with too little memory it cannot be determined" check --max-memory 16 "$good"

# A qemu-nbd that never says a word: the worker waits for it.
printf '#include <unistd.h>\nint main(void) { return (int)sleep(120); }\n' |
	cc -x c -o "$tmp/bin/qemu-nbd" -

mkdir "$tmp/scratch"
# begin ARGUMENT...: a check with that qemu-nbd, in the background; waits for its worker.
begin() {
	TMPDIR="$tmp/scratch" PATH="$tmp/bin:$PATH" "$armvm" check --boot none "$@" >"$tmp/out" 2>"$tmp/err" &
	supervisor=$!
	for _ in $(seq 100); do
		sleeper=$(pgrep -P "$supervisor" -x qemu-nbd) && break
		sleep 0.1
	done
	worker=$(pgrep -P "$supervisor" -x armvm-image)
}
# A process that only waits to be collected is gone.
gone() { ! ps -o stat= -p "$1" | grep -qv Z; }
ended() {
	wait "$supervisor"
	status=$?
	for _ in $(seq 50); do
		gone "$worker" && gone "$sleeper" && return
		sleep 0.1
	done
	return 1
}

begin -q "$good" "$tmp/d.qcow2" "$tmp/set/b bad.raw"
kill -SEGV "$worker"
ok "nothing of a crashed worker is left" ended
is "a crash is that image's result, and no other's" "$(verdicts "$tmp/out" | sed 's/ ([0-9]* inc[^)]*)//')" \
	'set/a.raw: portable|d.qcow2: could not be determined|set/b bad.raw: not portable (1 error)|'
is "an error counts for more than doubt" "$status" 1
begin --json "$tmp/d.qcow2"
kill -SEGV "$worker"
ended
is "alone it is 3" "$status" 3
ok "the report says what it was doing" jq -e '.images[0].conclusion == "undetermined" and
	(.images[0].incomplete | test("crashed .signal 11., at (gpt|container|loader|esp)"))' "$tmp/out"
ok "and leaves what it did not come to inconclusive" jq -e '[.images[0].checks[] |
	select(.id == "esp.fat32")][0].outcome == "inconclusive"' "$tmp/out"

begin -q "$tmp/d.qcow2" "$good"
kill -TERM "$supervisor"
ok "an interrupt ends all" ended
is "with doubt" "$status" 3
contains "and says what was not done" "interrupted: 2 of 2 images not done" "$tmp/err"
contains "by name" "d.qcow2" "$tmp/err"
begin -q "$tmp/d.qcow2"
kill -KILL "$supervisor"
ok "a killed supervisor takes its workers and their programs along" ended
is "nothing is left in TMPDIR" "$(ls -A "$tmp/scratch")" ""

name=$(printf '%s/\033[31mred\342\200\256' "$tmp")
exits 3 "a name that steers terminals" check "$name"
lacks "is shown without that" "$(printf '\033')" "$tmp/exits.log"
lacks "and without what turns text around" "$(printf '\342\200\256')" "$tmp/exits.log"

# What each process of a run does once it filters its calls, which comes before the first byte.
strace -f -qq -o "$tmp/trace" "$built" check -q --boot emulator --select \
	container,gpt,esp,loader,nvram,guest,boot.emulator "$tmp/d.qcow2" >"$tmp/out" 2>&1
judged_too "$tmp/d.qcow2"
worker=$(awk '/ seccomp\(SECCOMP_SET_MODE_FILTER/ { print $1; exit }' "$tmp/trace")
awk -v worker="$worker" '$1 == worker && on { print } / seccomp\(SECCOMP_SET_MODE_FILTER/ { on = 1 }' \
	"$tmp/trace" >"$tmp/confined"
ok "a worker reads the image" grep -q ' pread64(' "$tmp/confined"
for call in open openat creat socket connect execve fork vfork kill unlink; do
	lacks "and then calls no $call()" " $call(" "$tmp/confined"
done
awk -v worker="$worker" '$1 == worker && / seccomp\(/ { exit } $1 == worker { print }' "$tmp/trace" |
	grep ' pread64(' | grep -v 'ELF' >"$tmp/before"
ok "nothing was read before" test ! -s "$tmp/before"
tap_done
