#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check --cache: what is unchanged is not read again, what has changed in any way is; and whatever
# lies in the folder, the verdicts are the image's.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
# Nothing is booted here, and another report is another way to ask.
armvm=$built
requires jq strace sgdisk mkfs.fat mcopy mke2fs python3 setpriv
cd "$tmp" || exit 1

mkdir set
cp --sparse=always "$(sample grub)" set/good.raw
cp --sparse=always set/good.raw set/bad.raw
img=$tmp/set/bad.raw work=$tmp
head -c 64 /dev/zero | esp_write /ubootefi.var
img=$tmp/set/good.raw

judged_too set/good.raw set/bad.raw
check() { "$armvm" check --boot none --cache c "$@"; }
known() { sed -n 's/.*; \([0-9]*\) known from before$/\1/p' err; }
# judges WANT WHAT ARGUMENT...: so many of the images are known from before
judges() {
	want=$1 what=$2
	shift 2
	check -q "$@" >out 2>err
	if [ "$(known)" = "${want#0}" ]; then pass "$what"; else fail "$what" err; fi
}

judges 0 "nothing is known at first" set
cp out first
judges 2 "then everything is" set
ok "and told the same" cmp first out
check --json set >one.json 2>err
check --json set >two.json 2>err
ok "in every detail" cmp one.json two.json
"$armvm" check --boot none --json set >plain.json 2>err
ok "which is what is told without a cache" cmp one.json plain.json
strace -f -qq -e trace=fork,clone,clone3,vfork,pread64 -o trace "$armvm" check --boot none --cache c -q set >out 2>err
ok "what is known is told the same" cmp first out
lacks "no process is started for what is known" "fork(" trace
lacks "nor cloned" "clone" trace

# An image that has changed, in whatever way.
touch set/good.raw
judges 1 "another date" set
mtime=$(stat -c %y set/good.raw)
printf x | dd of=set/good.raw bs=1 seek=3000000 conv=notrunc status=none
touch -d "$mtime" set/good.raw
judges 1 "a change whose date was put back" set
cp --sparse=always set/good.raw new && mv new set/good.raw
judges 1 "another file under the name" set
ln set/good.raw set/other.raw
check -q set >out 2>err
judges 3 "a file under another name is the same" set
contains "which is told by its new name" "set/other.raw: portable" out
rm set/other.raw

# Another task.
check -q set >out 2>err
judges 2 "(known again)" set
judges 0 "other checks" --select esp set
judges 0 "without one" --ignore gpt.grow set
judges 0 "another limit" --max-memory 900 set
judges 2 "(these are known beside it)" --select esp set
printf 'ignore esp.variable-store: for the test\n' >conf
check -q --config conf set >out 2>err
contains "a waiver counts for what is known" "set/bad.raw: portable" out
ok "which it is" test "$(known)" = 2
check -q set >out 2>err
contains "and no longer than it is there" "set/bad.raw: not portable (1 error)" out

# By content.
judges 0 "by content" --cache=digest set
cp --sparse=always set/good.raw set/copy.raw
touch set/good.raw
judges 3 "a copy, and another date, are the same image" --cache=digest set
printf y | dd of=set/copy.raw bs=1 seek=3000000 conv=notrunc status=none
judges 2 "another byte is not" --cache=digest set
rm set/copy.raw
exits 2 "content without a folder is wrong usage" "$armvm" check --cache=digest set
exits 2 "a file is no folder" "$armvm" check --cache conf set/good.raw

# What could not be determined is judged again.
"$armvm" check --boot none -q --max-memory 16 --cache c2 set/good.raw >out 2>err
"$armvm" check --boot none -q --max-memory 16 --cache c2 set/good.raw >out 2>err
ok "what could not be determined is not kept" test -z "$(ls -A c2)"

# Entries that are none: each image is judged, and the entry is good again.
entries() { find c -type f -name '[0-9a-f]*'; }
rm -rf c
judges 0 "(an empty cache)" set
cp -a c good.c
spoil() { # WHAT HOW: changes every entry and looks that nothing of it is believed
	rm -rf c
	cp -a good.c c
	# shellcheck disable=SC2034 # for eval
	entries | while read -r entry; do eval "$2"; done
	judges 0 "$1 is no entry" set
	ok "and changes no verdict" cmp first out
	judges 2 "which is written again" set
}
check -q set >first 2>err
# shellcheck disable=SC2016 # for eval
{
	spoil "a torn one" 'truncate -s -100 "$entry"'
	spoil "an empty one" ': >"$entry"'
	spoil "one with a flipped bit" 'python3 "$lib/flip.py" "$entry" 700 2>/dev/null || printf Z | dd of="$entry" bs=1 seek=700 conv=notrunc status=none'
	spoil "another image's" 'other=$(entries | grep -v "$entry" | head -n 1); cp "good.$other" "$entry"'
	spoil "one that anybody may write" 'chmod 666 "$entry"'
	spoil "a link" 'mv "$entry" elsewhere; ln -s "$PWD/elsewhere" "$entry"'
	spoil "noise" 'head -c 3000 /dev/urandom >"$entry"'
	spoil "a pipe" 'rm "$entry"; mkfifo "$entry"'
}
# With a checksum that is right and frames that are not: what a worker may not send, an entry may not.
cat >forge.py <<'EOF2'
import hashlib, struct, sys
path, how = sys.argv[1:]
b = open(path, "rb").read()
magic = b"armvm-image verdict 1\n"
body, at = b[:-32], len(magic)
n = struct.unpack_from("<Q", body, at)[0]
head, frames = body[:at + 8 + n], body[at + 8 + n:]
if how == "cut":
    n = struct.unpack_from("<Q", frames, 0)[0]
    frames = frames[:8 + n]
elif how == "twice":
    frames += frames
elif how == "kind":
    frames += struct.pack("<QQ", 8, 77)
elif how == "huge":
    frames += struct.pack("<Q", 2**64 - 1)
elif how == "about":
    head = magic + struct.pack("<Q", 2**63)
body = head + frames
open(path, "wb").write(body + hashlib.sha256(body).digest())
EOF2
for how in cut twice kind huge about; do
	# shellcheck disable=SC2016
	spoil "a forged one ($how)" "python3 forge.py \"\$entry\" $how"
done
if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2016
	spoil "another user's" 'chown 12345 "$entry"'
else
	skip "another user's is no entry" "only root makes one"
fi

# Many at a time, and a killed one.
rm -rf c
for i in 1 2 3 4; do "$armvm" check --boot none -q --cache c -j 2 set >"out.$i" 2>"err.$i" & done
wait
ok "four at a time tell the same" sh -c 'for i in 1 2 3 4; do cmp first out.$i || exit 1; done'
judges 2 "and leave entries" set
ok "without anything beside them" sh -c '! ls -A c | grep -q "^\."'
: >c/.armvm-abcdef
judges 2 "what a killed one left does no harm" set
ok "and is removed" test ! -e c/.armvm-abcdef
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$tmp" && mkdir -m 755 readonly
	exits 0 "a folder that cannot be written is a warning" setpriv --reuid 65534 --clear-groups \
		"$armvm" check --boot none -q --cache readonly set/good.raw
	contains "that says so" "warning: verdicts are not kept" exits.log
else
	skip "a folder that cannot be written is a warning" "only root makes one"
fi
tap_done
