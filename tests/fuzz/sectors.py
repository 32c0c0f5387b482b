#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the sectors of an image that are not zero, in the form of sectors.h,
# but for unused xfs inodes: sectors.py IMAGE >SEED
import struct
import sys

with open(sys.argv[1], "rb") as image:
    number = 0
    while True:
        piece = image.read(1 << 20)
        if not piece:
            break
        for at in range(0, len(piece), 512):
            sector = piece[at:at + 512]
            unused = sector[:4] == b"IN\0\0"
            if sector.strip(b"\0") and not unused:
                sys.stdout.buffer.write(struct.pack("<I", number + at // 512) + sector)
        number += len(piece) // 512
