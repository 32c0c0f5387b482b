#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes an AArch64 EFI application that says what a kernel says first, if its machine's time
goes by instructions, 8 ns each.

    mkclock.py OUT

It counts how far the virtual counter (62.5 MHz, as QEMU has it) comes during 2^25 instructions:
2^24, and a little more for the firmware's own timer.
"""
import struct
import sys

import mkpe

TEXT = "Booting Linux on physical CPU 0x0"
CODE = [
    0xD53BE049,  # mrs x9, cntvct_el0
    0xD2A0200A,  # mov x10, #1 << 24
    0xF100054A,  # subs x10, x10, #1
    0x54FFFFE1,  # b.ne the line above
    0xD5033FDF,  # isb
    0xD53BE04B,  # mrs x11, cntvct_el0
    0xCB09016B,  # sub x11, x11, x9
    0xD354FD6B,  # lsr x11, x11, #20
    0xF100417F,  # cmp x11, #16
    0x540000A1,  # b.ne the end
    0xF9402020,  # ldr x0, [x1, #64]   SystemTable->ConOut
    0x10000081,  # adr x1, text
    0xF9400402,  # ldr x2, [x0, #8]    OutputString
    0xD63F0040,  # blr x2
    0x14000000,  # b .
]


def main():
    code = b"".join(struct.pack("<I", word) for word in CODE)
    code += (TEXT + "\r\n\0").encode("utf-16-le")
    reloc = struct.pack("<II", mkpe.ALIGN, 8)
    with open(sys.argv[1], "wb") as f:
        f.write(mkpe.build([(".text", code), (".reloc", reloc)]))


if __name__ == "__main__":
    main()
