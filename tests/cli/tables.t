#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tables whose size a header claims: a sparse file of some kilobytes must not make
# qemu-nbd read gigabytes of nothing. Each format has a good one beside it.
. "$(dirname "$0")/../lib/tap.sh"
requires qemu-img python3 jq

# patch FILE ENDIAN(<|>) [OFFSET FORMAT VALUE]...; LENGTH in $grow makes the file sparse that long
patch() {
	python3 - "$@" <<'EOF'
import os, struct, sys
path, endian = sys.argv[1:3]
with open(path, "r+b") as f:
    for offset, form, value in zip(*[iter(sys.argv[3:])] * 3):
        offset = int(offset, 0)
        f.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
        f.write(struct.pack(endian + form, int(value, 0)))
    if os.environ.get("grow"):
        f.truncate(int(os.environ["grow"]))
EOF
}

for format in vdi vpc vmdk vhdx qed qcow; do
	qemu-img create -q -f $format "$tmp/good.$format" 1G
	exits 0 "$format: tables as they are" "$armvm" info "$tmp/good.$format"
	cp --sparse=always "$tmp/good.$format" "$tmp/bad.$format"
done
grow=$((1 << 31)) patch "$tmp/bad.vdi" '<' 0x170 Q $((0x0fffffff << 20)) 0x180 I 0x0fffffff
header=$((0x200))
patch "$tmp/bad.vpc" '>' $((header + 28)) I 0x0fffffff
patch "$tmp/bad.vmdk" '<' 12 Q $((1 << 40)) 20 Q 8 44 I 1
# The region table's second or first entry is that of the allocation table: both are made long.
python3 - "$tmp/bad.vhdx" <<'EOF'
import sys, uuid
bat = uuid.UUID("2dc27766-f623-4200-9d64-115e9bfd4a08").bytes_le
with open(sys.argv[1], "r+b") as f:
    for table in (192 << 10, 256 << 10):
        f.seek(table)
        bytes_ = f.read(65536)
        at = bytes_.find(bat)
        f.seek(table + at + 24)
        f.write((1 << 30).to_bytes(4, "little"))
EOF
patch "$tmp/bad.qed" '<' 4 I $((64 << 20)) 8 I 16
patch "$tmp/bad.qcow" '>' 24 Q $((1 << 62)) 32 B 9 33 B 6
for format in vdi vpc vmdk vhdx qed qcow; do
	exits 3 "$format: tables of a gigabyte" "$armvm" info "$tmp/bad.$format"
	contains "which say how large" "more than the 64 that are read here" "$tmp/exits.log"
	exits 1 "and an error for check" "$armvm" check --boot none --select container "$tmp/bad.$format"
done
tap_done
