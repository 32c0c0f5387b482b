#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks into a FAT32 volume and damages it, for fixtures.

    fat.py IMAGE OFFSET COMMAND ARGUMENTS...

    first|backup|fsinfo AT HEX   bytes in one of these sectors
    boot AT HEX                  in the boot sector and in its backup
    total SECTORS                the volume's size, in both; a number or +N or -N
    link CLUSTER VALUE           an entry of both FATs
    link2 CLUSTER VALUE          of the second FAT only
    sectors, clusters            prints those of one FAT, and how many clusters there are
    cluster PATH N               prints the number of a file's Nth cluster (from 0)
    entry PATH AT HEX            bytes in a folder entry; PATH of short names
    free +N|-N                   FSInfo's count of free clusters

Written after Microsoft's specification, apart from the code under test.
"""
import struct
import sys


class Volume:
    def __init__(self, path, offset):
        self.file = open(path, "r+b")
        self.offset = offset
        boot = self.read(0, 512)
        self.sector = struct.unpack_from("<H", boot, 11)[0]
        self.cluster_size = self.sector * boot[13]
        self.fat = self.sector * struct.unpack_from("<H", boot, 14)[0]
        self.copies = boot[16]
        self.fat_size = self.sector * struct.unpack_from("<I", boot, 36)[0]
        self.root = struct.unpack_from("<I", boot, 44)[0]
        self.data = self.fat + self.copies * self.fat_size
        self.fsinfo = self.sector * struct.unpack_from("<H", boot, 48)[0]
        self.backup = self.sector * struct.unpack_from("<H", boot, 50)[0]

    def read(self, at, length):
        self.file.seek(self.offset + at)
        return self.file.read(length)

    def write(self, at, data):
        self.file.seek(self.offset + at)
        self.file.write(data)

    def number(self, at):
        return struct.unpack("<I", self.read(at, 4))[0]

    def put_number(self, at, value):
        self.write(at, struct.pack("<I", value))

    def next(self, cluster):
        return self.number(self.fat + 4 * cluster) & 0x0FFFFFFF

    def place(self, cluster):
        return self.data + (cluster - 2) * self.cluster_size

    def find(self, path):
        """Where the entry of a path stands."""
        cluster, at = self.root, 0
        for name in path.strip("/").split("/"):
            if name in (".", ".."):
                short = name.ljust(11)
            else:
                base, _, extension = name.partition(".")
                short = base.ljust(8) + extension.ljust(3)
            at = self.find_in(cluster, short.upper().encode())
            entry = self.read(at, 32)
            low, high = struct.unpack_from("<H", entry, 26)[0], struct.unpack_from("<H", entry, 20)[0]
            cluster = low | high << 16
        return at

    def find_in(self, cluster, short):
        while cluster < 0x0FFFFFF8:
            for at in range(self.place(cluster), self.place(cluster) + self.cluster_size, 32):
                entry = self.read(at, 32)
                if entry[:11] == short and entry[11] & 0x3F != 0x0F:
                    return at
            cluster = self.next(cluster)
        sys.exit(f"no entry {short.decode()}")

    def cluster(self, path, index):
        entry = self.read(self.find(path), 32)
        cluster = struct.unpack_from("<H", entry, 26)[0] | struct.unpack_from("<H", entry, 20)[0] << 16
        for _ in range(index):
            cluster = self.next(cluster)
        return cluster


def relative(old, text):
    return old + int(text, 0) if text[0] in "+-" else int(text, 0)


def main():
    volume = Volume(sys.argv[1], int(sys.argv[2], 0))
    command, arguments = sys.argv[3], sys.argv[4:]
    if command in ("first", "backup", "fsinfo", "boot"):
        data = bytes.fromhex(arguments[1])
        sectors = {"first": [0], "boot": [0, volume.backup]}
        for sector in sectors.get(command) or [getattr(volume, command)]:
            volume.write(sector + int(arguments[0], 0), data)
    elif command == "total":
        total = relative(volume.number(32), arguments[0])
        volume.put_number(32, total)
        volume.put_number(volume.backup + 32, total)
    elif command in ("link", "link2"):
        for copy in range(volume.copies) if command == "link" else [1]:
            at = volume.fat + copy * volume.fat_size + 4 * int(arguments[0], 0)
            volume.put_number(at, int(arguments[1], 0))
    elif command == "sectors":
        print(volume.fat_size // volume.sector)
    elif command == "clusters":
        print((volume.number(32) * volume.sector - volume.data) // volume.cluster_size)
    elif command == "cluster":
        print(volume.cluster(arguments[0], int(arguments[1])))
    elif command == "entry":
        volume.write(volume.find(arguments[0]) + int(arguments[1], 0), bytes.fromhex(arguments[2]))
    elif command == "free":
        volume.put_number(volume.fsinfo + 488, relative(volume.number(volume.fsinfo + 488), arguments[0]))
    else:
        sys.exit(__doc__)


main()
