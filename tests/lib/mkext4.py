#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes an ext4 of a folder, the same bytes everywhere: mke2fs lays its file
systems out anew in each version, and what is golden must not hang on that.

    tests/lib/mkext4.py FOLDER OUT MIB UUID

One block group, so at most 128 MiB; no journal, extents, folders of any size,
owner 0:0, every time SOURCE_DATE_EPOCH. e2fsck judges the outcome."""
import os
import stat
import struct
import sys
import uuid

BLOCK = 4096
INODES = 2048
INODE = 256
TABLE = 4
FIRST_DATA = TABLE + INODES * INODE // BLOCK
NOW = int(os.environ["SOURCE_DATE_EPOCH"])


class Ext4:
    def __init__(self, mib):
        self.blocks = mib * 1024 * 1024 // BLOCK
        self.disk = bytearray(self.blocks * BLOCK)
        self.next_block = FIRST_DATA
        self.next_inode = 12
        self.folders = 0

    def put(self, data):
        """The extent (first block, number of blocks) that holds the bytes."""
        n = -(-len(data) // BLOCK)
        start = self.next_block
        self.next_block += n
        if self.next_block > self.blocks or n > 32768:
            sys.exit("mkext4: no room")
        self.disk[start * BLOCK:start * BLOCK + len(data)] = data
        return start, n

    def inode(self, number, mode, size, links, extent=None, inline=b""):
        i = bytearray(INODE)
        blocks = extent[1] * BLOCK // 512 if extent else 0
        struct.pack_into("<HHIIIIIHHII", i, 0, mode, 0, size, NOW, NOW, NOW, 0, 0, links, blocks,
                         0 if inline else 0x80000)
        if inline:
            i[40:40 + len(inline)] = inline
        else:
            struct.pack_into("<HHHHI", i, 40, 0xF30A, 1 if extent else 0, 4, 0, 0)
            if extent:
                struct.pack_into("<IHHI", i, 52, 0, extent[1], 0, extent[0])
        struct.pack_into("<H", i, 128, 32)
        struct.pack_into("<I", i, 144, NOW)
        at = TABLE * BLOCK + (number - 1) * INODE
        self.disk[at:at + INODE] = i

    def folder(self, number, parent, mode, entries):
        """entries: (name, inode, type), in order."""
        rows = [(b".", number, 2), (b"..", parent, 2)] + entries
        data, block, last = b"", b"", None
        for name, inode, kind in rows:
            need = 8 + (len(name) + 3) // 4 * 4
            if len(block) + need > BLOCK:
                block = block[:last] + self.longer(block[last:], BLOCK - last)
                data, block = data + block, b""
            last = len(block)
            block += struct.pack("<IHBB", inode, need, len(name), kind) + name.ljust(need - 8, b"\0")
        data += block[:last] + self.longer(block[last:], BLOCK - last)
        links = 2 + sum(1 for _, _, kind in entries if kind == 2)
        self.inode(number, mode, len(data), links, self.put(data))
        self.folders += 1

    @staticmethod
    def longer(entry, length):
        return (entry[:4] + struct.pack("<H", length) + entry[6:]).ljust(length, b"\0")

    def add(self, path, number, parent):
        st = os.lstat(path)
        if stat.S_ISDIR(st.st_mode):
            rows = []
            for name in sorted(os.listdir(os.fsencode(path))):
                child = os.path.join(os.fsencode(path), name)
                mode = os.lstat(child).st_mode
                inode = self.next_inode
                self.next_inode += 1
                rows.append((name, inode, 2 if stat.S_ISDIR(mode) else 7 if stat.S_ISLNK(mode) else 1))
                self.add(child, inode, number)
            if number == 2:
                self.folder(11, 2, 0o40700, [])
                rows.append((b"lost+found", 11, 2))
            self.folder(number, parent, st.st_mode, rows)
        elif stat.S_ISLNK(st.st_mode):
            target = os.fsencode(os.readlink(path))
            if len(target) < 60:
                self.inode(number, 0o120777, len(target), 1, inline=target)
            else:
                self.inode(number, 0o120777, len(target), 1, self.put(target))
        elif stat.S_ISREG(st.st_mode):
            with open(path, "rb") as f:
                data = f.read()
            self.inode(number, st.st_mode, len(data), 1, self.put(data) if data else None)
        else:
            sys.exit(f"mkext4: {path}: what is that?")

    def bitmap(self, block, used, total):
        bits = (1 << used) - 1 | (1 << BLOCK * 8) - (1 << total)
        self.disk[block * BLOCK:(block + 1) * BLOCK] = bits.to_bytes(BLOCK, "little")

    def finish(self, fsid):
        free_blocks, free_inodes = self.blocks - self.next_block, INODES - self.next_inode + 1
        self.bitmap(2, self.next_block, self.blocks)
        self.bitmap(3, self.next_inode - 1, INODES)
        struct.pack_into("<IIIHHH", self.disk, BLOCK, 2, 3, TABLE, free_blocks, free_inodes, self.folders)
        sb = 1024
        struct.pack_into("<13I", self.disk, sb, INODES, self.blocks, 0, free_blocks, free_inodes, 0, 2, 2,
                         32768, 32768, INODES, 0, NOW)
        # magic, clean, errors: continue; checked now; Linux, revision 1
        struct.pack_into("<HHHHHHIIII", self.disk, sb + 52, 0, 0xFFFF, 0xEF53, 1, 1, 0, NOW, 0, 0, 1)
        # first inode, inode size, group; compat: none; incompat: file types, extents; ro: sparse, large files
        struct.pack_into("<IHHIII", self.disk, sb + 84, 11, INODE, 0, 0, 0x42, 0x3)
        self.disk[sb + 104:sb + 120] = fsid.bytes
        # creation time; size of the extra fields that inodes have, and should
        struct.pack_into("<I", self.disk, sb + 264, NOW)
        struct.pack_into("<HH", self.disk, sb + 348, 32, 32)


def main():
    folder, out, mib, fsid = sys.argv[1:]
    fs = Ext4(int(mib))
    fs.add(folder, 2, 2)
    fs.finish(uuid.UUID(fsid))
    with open(out, "wb") as f:
        f.write(fs.disk)


main()
