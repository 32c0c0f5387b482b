#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes small PE files for tests, with the structs written out here by hand.

    mkpe.py OUT [--machine HEX] [--subsystem N] [--kernel VERSION]
                [--dll-characteristics HEX] [--section NAME=FILE|NAME=@TEXT]...

A section's content is a file, or text after '@' (with \\n, \\0 and \\xNN).
--kernel makes the header of an arm64 Linux image with an EFI stub.
"""
import argparse
import struct

ALIGN = 0x1000
FILE_ALIGN = 0x200
FLAGS = {".text": 0x60000020, ".reloc": 0x42000040, ".data": 0xC0000040}


def round_up(n, a):
    return (n + a - 1) // a * a


def content(spec):
    if spec.startswith("@"):
        return spec[1:].encode().decode("unicode_escape").encode("latin-1")
    with open(spec, "rb") as f:
        return f.read()


def build(sections, machine=0xAA64, subsystem=10, kernel=None, dll=0x160):
    """sections: [(name, bytes)]; the first is the one with the entry point."""
    pe_off = 0x80
    count = len(sections)
    headers = round_up(pe_off + 24 + 240 + 40 * count, FILE_ALIGN)
    va, raw, table, body = ALIGN, headers, b"", b""
    reloc = (0, 0)
    strings = b""
    for name, data in sections:
        size = round_up(len(data), FILE_ALIGN)
        short = name
        if len(name) > 8:  # "/N": at byte N of the string table, whose first four are its size
            short = "/%d" % (4 + len(strings))
            strings += name.encode() + b"\0"
        table += struct.pack("<8sIIIIIIHHI", short.encode(), len(data), va, size, raw,
                             0, 0, 0, 0, FLAGS.get(name, 0x40000040))
        if name == ".reloc":
            reloc = (va, len(data))
        body += data.ljust(size, b"\0")
        va += round_up(max(len(data), 1), ALIGN)
        raw += size
    dos = bytearray(pe_off)
    dos[0:2] = b"MZ"
    struct.pack_into("<I", dos, 0x3C, pe_off)
    if kernel:
        struct.pack_into("<QQQ", dos, 8, 0, va, 0xA)
        dos[0x38:0x3C] = b"ARM\x64"
    symbols = 0
    if strings:
        symbols = raw
        body += struct.pack("<I", 4 + len(strings)) + strings
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", machine, count, 0, symbols, 0, 240, 0x0206)
    optional = struct.pack("<HBBIIIII", 0x20B, 2, 20, FILE_ALIGN, 0, 0, ALIGN, ALIGN)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0, ALIGN, FILE_ALIGN, 0, 0, 0, 0, 1, 0, 0,
                            va, headers, 0, subsystem, dll, 0, 0, 0, 0, 0, 16)
    directories = bytearray(16 * 8)
    struct.pack_into("<II", directories, 5 * 8, *reloc)
    return (bytes(dos) + coff + optional + bytes(directories) + table).ljust(headers, b"\0") + body


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out")
    p.add_argument("--machine", type=lambda s: int(s, 16), default=0xAA64)
    p.add_argument("--subsystem", type=int, default=10)
    p.add_argument("--dll-characteristics", type=lambda s: int(s, 16), default=0x160)
    p.add_argument("--kernel")
    p.add_argument("--section", action="append", default=[])
    a = p.parse_args()
    sections = [(".text", b"\xc0\x03\x5f\xd6" * 64)]  # ret
    if a.kernel:
        sections.append((".data", b"\0" * 64 + b"Linux version " + a.kernel.encode() + b" (test)\n\0"))
    sections += [(name, content(spec)) for name, spec in (s.split("=", 1) for s in a.section)]
    sections.append((".reloc", struct.pack("<IIHH", ALIGN, 12, 0, 0)))
    with open(a.out, "wb") as f:
        f.write(build(sections, a.machine, a.subsystem, a.kernel, a.dll_characteristics))


if __name__ == "__main__":
    main()
