#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# glance --upload with a real Glance: what passes the gate arrives whole and
# with its properties, what does not is never sent, and whatever goes wrong on
# the way leaves nothing behind.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/glance.sh"
requires qemu-img sgdisk mkfs.fat mcopy mke2fs xz curl
glance_requires

proxy_pid=
# through MODE: the client talks to Glance by a proxy that damages uploads
through() {
	rm -f "$tmp/proxy"
	$glance_python "$top/tests/lib/flip.py" "$glance_port" "$1" >"$tmp/proxy" &
	proxy_pid=$!
	until [ -s "$tmp/proxy" ]; do sleep 0.05; done
	glance_client "$(cat "$tmp/proxy")"
}
direct() {
	[ -z "$proxy_pid" ] || kill "$proxy_pid"
	proxy_pid=
	glance_client "$glance_port"
}
trap 'direct; glance_stop; rm -rf "$tmp"' EXIT

cd "$tmp" || exit 1
img=$tmp/good.raw work=$tmp
cp --sparse=always "$(sample grub)" "$img"
cp --sparse=always "$img" "$tmp/bad.raw"
img=$tmp/bad.raw
head -c 64 /dev/zero | esp_write /ubootefi.var
qemu-img convert -f raw -O qcow2 good.raw good.qcow2
glance() { "$armvm" glance --boot none "$@"; }
# The client takes a second for what the API does at once.
show() { glance_image "$(uploaded)" >shown; }
remove() { glance_delete "$(uploaded)"; }
uploaded() { sed -n 's/.*uploaded as \([0-9a-f-]*\),.*/\1/p' "$tmp/exits.log"; }
nothing() { ok "$1" test -z "$(glance_ids)"; }
# By the file store itself: Glance keeps data in files of the images' ids.
stored() { find "$glance_dir/store" -type f | wc -l; }

glance_start || { cat "$glance_dir"/*.log; echo "Bail out! Glance does not start"; exit 1; }
trap 'direct; glance_stop; rm -rf "$tmp"' EXIT

exits 0 "a good image passes" glance --upload "a good one" good.qcow2
id=$(uploaded)
os image show -f json "$id" >shown
ok "it is active" jq -e '.status == "active"' shown
ok "by its name" jq -e '.name == "a good one"' shown
ok "what is stored is the file" cmp "$glance_dir/store/$id" good.qcow2
ok "and so says its hash" test "$(jq -r .properties.os_hash_value shown)" = "$(sha512sum <good.qcow2 | cut -d' ' -f1)"
glance --format json good.qcow2 >told
for name in disk_format container_format min_disk min_ram; do
	ok "$name went there and back" test "$(jq -r ".$name" shown)" = \
		"$(jq -r --arg n $name '.images[0].glance[] | select(.name == $n).value' told)"
done
jq -r '.images[0].glance[] | select(.value and (.option | not)) | "\(.name)=\(.value)"' told | sort >properties
jq -r '.properties | to_entries[] | "\(.key)=\(.value)"' shown | grep -xFf properties | sort >kept
ok "and all properties" cmp properties kept
ok "of which there are some" test "$(wc -l <properties)" -gt 8
remove

exits 0 "a name that begins as an option does" glance --upload "--public" good.qcow2
show
ok "is a name" jq -e '.name == "--public"' shown
ok "and no option" jq -e '.visibility != "public"' shown
remove

exits 1 "an image with an error does not pass" glance --upload bad bad.raw
contains "which is said" "nothing is uploaded" exits.log
nothing "and nothing is sent"
exits 0 "unless it is allowed" glance --allow esp.variable-store --upload bad bad.raw
show
ok "which is recorded" jq -e '.armvm_waived == "esp.variable-store"' shown
remove

xz -0 -T2 -c good.raw >good.raw.xz
exits 0 "a packed image" glance --unpack --convert qcow2 --upload packed good.raw.xz
show
ok "is uploaded as what it was made" jq -e '.disk_format == "qcow2" and .status == "active"' shown
ok "whose size the guest sees" jq -e '.virtual_size == 350224384' shown
remove
ok "no temporary file stays" test -z "$(find . -name '*.armvm-*')"

# ---- on the way ----
through flip
exits 1 "a byte that changes on the way" glance --upload flipped good.qcow2
contains "is noticed" "other bytes" exits.log
direct
nothing "and the image is deleted"
ok "with its data" test "$(stored)" = 0

through cut
exits 1 "a connection that is cut" glance --upload cut good.qcow2
direct
nothing "leaves no image"
ok "and no data" test "$(stored)" = 0

# What Glance, or what stands before it, may answer.
for status in 409 413 500 503; do
	through $status
	exits 1 "an upload that is answered with $status" glance --upload refused good.qcow2
	direct
	nothing "$status leaves no image"
done
for lie in "size:Glance stored" "status:is queued, not active" "hash:stored other bytes" "algorithm:not known here"; do
	through "${lie%%:*}"
	exits 1 "another ${lie%%:*} than was sent" glance --upload lied good.qcow2
	contains "is said" "${lie#*:}" exits.log
	direct
	nothing "${lie%%:*}: and the image is deleted"
done
through keep
exits 1 "a damaged image that cannot be deleted" glance --upload kept good.qcow2
contains "is said, too" "could not be deleted" exits.log
direct
remaining=$(glance_ids)
ok "by its id" grep -q "${remaining:-none}" exits.log
glance_delete "$remaining"
ok "all data is gone" test "$(stored)" = 0

# Names that mean something to options, shells and the client.
# shellcheck disable=SC2016 # for nobody to expand
odd='--upload -x; $(touch stray) =a b'
cp -- good.qcow2 "$odd"
exits 0 "an odd name of a file and in Glance" glance --upload "$odd" -- "$odd"
show
ok "is a name as any other" test "$(jq -r .name shown)" = "$odd"
ok "and nothing is run" test ! -e stray
remove
rm -f -- "$odd"

# Ended in the middle of an upload: by a signal that can be caught, and by one that cannot.
for signal in TERM INT KILL; do
	through stall
	timeout 120 "$armvm" glance --boot none --unpack --upload "ended" good.raw.xz >out 2>&1 &
	waiter=$!
	tries=0
	while [ -z "$(glance_ids)" ] && [ $tries -lt 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	ok "$signal: the upload has begun" test -n "$(glance_ids)"
	pid=$(pgrep -P $waiter -f 'glance --boot none')
	kill -"$signal" "$pid"
	wait $waiter
	tries=0
	while [ -n "$(glance_ids)" ] && [ $tries -lt 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	nothing "$signal: leaves no image"
	direct
	ok "$signal: and no temporary file" test -z "$(find . -name '*.armvm-*')"
done

# ---- a Glance that computes another hash ----
glance_stop
glance_start '[DEFAULT]' 'hashing_algorithm = sha256' || echo "# Glance does not start"
trap 'direct; glance_stop; rm -rf "$tmp"' EXIT
exits 0 "a Glance with SHA-256" glance --upload sha256 good.qcow2
show
ok "which it was" jq -e '.os_hash_algo == "sha256"' shown
remove

# ---- without a cloud, without a client ----
glance_client 1
exits 1 "a Glance that does not answer" glance --upload none good.qcow2
direct
mkdir bin
ln -s "$(command -v qemu-nbd)" bin/
exits 1 "no client" env PATH="$tmp/bin" "$armvm" glance --boot none --upload none good.qcow2
contains "the package is named" python3-openstackclient exits.log
tap_done
