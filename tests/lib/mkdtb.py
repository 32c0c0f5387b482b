#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A flattened device tree: a root with this compatible, and empty nodes below it.

    mkdtb.py OUT COMPATIBLE[+...] [NODE...]      COMPATIBLE "-": none
"""
import struct
import sys

out, names, *nodes = sys.argv[1:]


def text(s):
    b = s.encode() + b"\0"
    return b + b"\0" * (-len(b) % 4)


structure = struct.pack(">I", 1) + text("")
if names != "-":
    value = b"".join(n.encode() + b"\0" for n in names.split("+"))
    structure += struct.pack(">III", 3, len(value), 0) + value + b"\0" * (-len(value) % 4)
for node in nodes:
    structure += struct.pack(">I", 1) + text(node) + struct.pack(">I", 2)
structure += struct.pack(">II", 2, 9)
strings = b"compatible\0"
total = 56 + len(structure) + len(strings)
header = struct.pack(">10I", 0xd00dfeed, total, 56, 56 + len(structure), 40, 17, 16, 0, len(strings), len(structure))
open(out, "wb").write(header + b"\0" * 16 + structure + strings)
