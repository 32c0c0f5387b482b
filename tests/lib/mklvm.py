#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# A physical volume of LVM2 with linear logical volumes that hold the given
# files, from the documented layout (lvm2 lib/format_text/layout.h):
#   mklvm.py OUT VG [--split] [--lack | --partial] [--type TYPE] [--flag FLAG] [--group FLAG] [--id DIGIT] LV=FILE...
# --split puts the halves of each volume in two segments, the second half first
# on the disk; --lack has the group have a second physical volume that is not here, --partial the second half of each
# volume on that; --type names the segments' type, --flag and --group words of each volume's flags and the group's
# status, --id tells the group and its disk from others.
import os
import struct
import sys
import zlib

EXTENT = 4 << 20
MDA, MDA_SIZE, PE_START = 4096, 1 << 20, 2 << 20


def crc(data):
    return zlib.crc32(data, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff


def dashed(text):
    return "-".join([text[:6]] + [text[i:i + 4] for i in range(6, 26, 4)] + [text[26:]])


given = {"--type": "striped", "--flag": "", "--group": "", "--id": "0"}
args, words = [], iter(sys.argv[1:])
for word in words:
    if word in given:
        given[word] = next(words)
    else:
        args.append(word)
split, partial = "--split" in args or "--partial" in args, "--partial" in args
lack = partial or "--lack" in args
kind = given["--type"]
args = [a for a in args if not a.startswith("--")]
out, vg, volumes = args[0], args[1], [a.split("=", 1) for a in args[2:]]

pv_id = "pv" + given["--id"] * 30
text = '%s {\nid = "%s"\nseqno = 3\nformat = "lvm2"\nstatus = ["RESIZEABLE", "READ", "WRITE"%s]\nflags = []\n' % (
    vg, dashed("vg" + given["--id"] * 30), given["--group"] and ', "%s"' % given["--group"])
text += "extent_size = %d\nmax_lv = 0\nmax_pv = 0\nmetadata_copies = 0\n" % (EXTENT // 512)
total = sum(max(2, -(-os.path.getsize(path) // EXTENT)) for _, path in volumes) + 1
text += ('physical_volumes {\npv0 {\nid = "%s"\ndevice = "/dev/vda3" # a hint\nstatus = ["ALLOCATABLE"]\nflags = []\n'
         'dev_size = %d\npe_start = %d\npe_count = %d\n}\n') % (
    dashed(pv_id), (PE_START + total * EXTENT) // 512, PE_START // 512, total)
if lack:
    text += ('pv1 {\nid = "%s"\ndevice = "/dev/vdb"\nstatus = ["ALLOCATABLE"]\nflags = ["MISSING"]\n'
             'dev_size = %d\npe_start = %d\npe_count = %d\n}\n') % (
        dashed("pw" + given["--id"] * 30), (PE_START + total * EXTENT) // 512, PE_START // 512, total)
text += "}\n"
text += "logical_volumes {\n"
used, pieces = 0, []
for name, path in volumes:
    count = max(2, -(-os.path.getsize(path) // EXTENT))
    parts = [(0, count // 2, used + count - count // 2), (count // 2, count - count // 2, used)] if split \
        else [(0, count, used)]
    text += '%s {\nid = "%s"\nstatus = ["READ", "WRITE", "VISIBLE"]\nflags = [%s]\nsegment_count = %d\n' % (
        name, dashed((name + "x" * 32)[:32]), given["--flag"] and '"%s"' % given["--flag"], len(parts))
    for i, (start, n, at) in enumerate(parts):
        text += ('segment%d {\nstart_extent = %d\nextent_count = %d\ntype = "%s"\n'
                 'stripe_count = 1\nstripes = [\n"%s", %d\n]\n}\n') % (
            i + 1, start, n, kind, "pv1" if partial and i else "pv0", at)
        pieces.append((path, start * EXTENT, n * EXTENT, PE_START + at * EXTENT))
    text += "}\n"
    used += count
text = (text + '}\n}\n# written by a test\ncontents = "Text Format Volume Group"\nversion = 1\n\0').encode()

size = PE_START + total * EXTENT
header = pv_id.encode() + struct.pack("<Q", size)
header += struct.pack("<QQ", PE_START, 0) + bytes(16) + struct.pack("<QQ", MDA, MDA_SIZE) + bytes(16)
label = b"LVM2 001" + header
label = struct.pack("<I", 32) + label + bytes(512 - 20 - 4 - len(label))
label = b"LABELONE" + struct.pack("<QI", 1, crc(label)) + label
mda = b" LVM2 x[5A%r0N*>" + struct.pack("<IQQ", 1, MDA, MDA_SIZE)
mda += struct.pack("<QQII", 512, len(text), crc(text), 0)
mda += bytes(508 - len(mda))
mda = struct.pack("<I", crc(mda)) + mda

with open(out, "wb") as f:
    f.truncate(size)
    f.seek(512)
    f.write(label)
    f.seek(MDA)
    f.write(mda + text)
    for path, off, length, at in pieces:
        with open(path, "rb") as source:
            source.seek(off)
            f.seek(at)
            f.write(source.read(length))
