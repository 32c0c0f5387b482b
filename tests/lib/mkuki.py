#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# A unified kernel image: sections appended to a stub, as ukify does.
#   mkuki.py OUT STUB .NAME=FILE...
import struct
import sys

out, stub, *sections = sys.argv[1:]
pe = bytearray(open(stub, "rb").read())
header = struct.unpack_from("<I", pe, 0x3c)[0]
count, optional = struct.unpack_from("<H", pe, header + 6)[0], struct.unpack_from("<H", pe, header + 20)[0]
fields = header + 24
section_align, file_align = struct.unpack_from("<II", pe, fields + 32)
table = header + 24 + optional
headers = struct.unpack_from("<I", pe, fields + 60)[0]
last = 0
for i in range(count):
    size, address = struct.unpack_from("<II", pe, table + 40 * i + 8)
    last = max(last, address + size)
if table + 40 * (count + len(sections)) > headers:
    sys.exit("the stub has no room for section headers")
pe += b"\0" * (-len(pe) % file_align)
for i, section in enumerate(sections):
    name, path = section.split("=", 1)
    data = open(path, "rb").read()
    address = last + (-last % section_align)
    struct.pack_into("<8sIIIIIIHHI", pe, table + 40 * (count + i), name.encode(), len(data), address,
                     len(data) + (-len(data) % file_align), len(pe), 0, 0, 0, 0, 0x40000040)
    pe += data + b"\0" * (-len(data) % file_align)
    last = address + len(data)
struct.pack_into("<H", pe, header + 6, count + len(sections))
struct.pack_into("<I", pe, fields + 56, last + (-last % section_align))
open(out, "wb").write(pe)
