#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes a GPT (sectors of 512 bytes) for fixtures, and makes its checksums right.

    gptedit.py IMAGE [--keep-header-crc] [--keep-entries-crc] COPY:PLACE:OFFSET:LENGTH=VALUE...

COPY is primary, backup or both; PLACE is header or the number of an entry;
VALUE is a number (0x...) or hex:BYTES. `both:header:84:4=256` lays the entries
out anew, and a change of the entries' LBA or number moves them. It knows
nothing of the program under test.
"""
import struct
import sys
import zlib

SECTOR = 512


class Copy:
    def __init__(self, disk, lba):
        self.lba = lba
        disk.seek(lba * SECTOR)
        self.header = bytearray(disk.read(SECTOR))
        place, count, size = self.shape()
        disk.seek(place * SECTOR)
        array = disk.read(count * size)
        self.entries = [bytearray(array[i * size:(i + 1) * size]) for i in range(count)]

    def shape(self):
        return struct.unpack_from("<Q", self.header, 72) + struct.unpack_from("<II", self.header, 80)

    def change(self, place, offset, length, value):
        data = bytes.fromhex(value[4:]) if value.startswith("hex:") else int(value, 0).to_bytes(length, "little")
        target = self.header if place == "header" else self.entries[int(place) - 1]
        target[offset:offset + length] = data.ljust(length, b"\0")

    def write(self, disk, fix_header, fix_entries):
        place, count, size = self.shape()
        array = b"".join(bytes(e[:size]).ljust(size, b"\0") for e in self.entries[:count])
        if fix_entries and array:
            struct.pack_into("<I", self.header, 88, zlib.crc32(array))
        if array and 2 <= place < 1 << 40:
            disk.seek(place * SECTOR)
            disk.write(array)
        if fix_header:
            struct.pack_into("<I", self.header, 16, 0)
            length = struct.unpack_from("<I", self.header, 12)[0]
            struct.pack_into("<I", self.header, 16, zlib.crc32(self.header[:length]))
        disk.seek(self.lba * SECTOR)
        disk.write(self.header)


def main():
    options = [a for a in sys.argv[2:] if a.startswith("--")]
    with open(sys.argv[1], "r+b") as disk:
        end = disk.seek(0, 2) // SECTOR - 1
        copies = {"primary": Copy(disk, 1), "backup": Copy(disk, end)}
        for change in sys.argv[2:]:
            if change.startswith("--"):
                continue
            where, value = change.split("=", 1)
            copy, place, offset, length = where.split(":")
            for name in copies if copy == "both" else [copy]:
                copies[name].change(place, int(offset), int(length), value)
        for copy in copies.values():
            copy.write(disk, "--keep-header-crc" not in options, "--keep-entries-crc" not in options)


main()
