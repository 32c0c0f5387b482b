#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a kernel that unpacks itself, as CONFIG_EFI_ZBOOT does, from one that is compressed already; it cannot run.

    mkzboot.py OUT PAYLOAD TYPE

TYPE is the compression that its header names: gzip, zstd, zstd22, xzkern, lz4, lzma, lzo.
"""
import struct
import sys

from mkpe import build

out, payload, kind = sys.argv[1:]
content = open(payload, "rb").read()
program = bytearray(build([(".text", b"\xc0\x03\x5f\xd6" * 64), (".gzdata", content)]))
at = program.index(content)
program[4:8] = b"zimg"
struct.pack_into("<II", program, 8, at, len(content))
program[24:56] = kind.encode().ljust(32, b"\0")
with open(out, "wb") as f:
    f.write(program)
