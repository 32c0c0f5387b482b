#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes an AArch64 EFI application that prints one line and stands still.

    mkhello.py OUT TEXT

With what a kernel says first as TEXT, a boot of it counts as one that reached
a kernel, without one.
"""
import struct
import sys

import mkpe

CODE = [
    0xF9402020,  # ldr x0, [x1, #64]   SystemTable->ConOut
    0x10000081,  # adr x1, text
    0xF9400402,  # ldr x2, [x0, #8]    OutputString
    0xD63F0040,  # blr x2
    0x14000000,  # b .
]


def main():
    out, text = sys.argv[1:]
    code = b"".join(struct.pack("<I", word) for word in CODE)
    code += (text + "\r\n\0").encode("utf-16-le")
    reloc = struct.pack("<II", mkpe.ALIGN, 8)
    with open(out, "wb") as f:
        f.write(mkpe.build([(".text", code), (".reloc", reloc)]))


if __name__ == "__main__":
    main()
