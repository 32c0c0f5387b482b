#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes a btrfs that mkfs.btrfs made with CRC-32C, and mends the checksums of what it changed. btrfsedit.py FILE ...
#	sb OFFSET BYTES VALUE	a number of the superblock: is set
#	sb OFFSET BYTES +BITS	or gets these bits
#	snapshot NAME		the top is put into itself as the subvolume 256, in place of its folder NAME: a snapshot that
#				has an entry of its own place, which leads nowhere there
#	age N			N copies of the top's tree become older than what names them
#	spoil TEXT N		N places of the file that have TEXT, which no checksum hears of
#	flag NAME BITS		the inode of the top's file NAME gets these flags
import struct
import sys

SB, SB_BYTES = 65536, 4096
HEADER, ITEM = 101, 25
INODE_ITEM, DIR_ITEM, DIR_INDEX, ROOT_ITEM, BACKREF, ROOT_REF = 1, 84, 96, 132, 144, 156
TOP, NEW = 5, 256

table = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
    table.append(i)


def mend(at, size):
    crc = 0xFFFFFFFF
    for byte in data[at + 32 : at + size]:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    struct.pack_into("<I", data, at, crc ^ 0xFFFFFFFF)


def leaves(owner):
    """The copies of the newest leaf of a tree that is no larger than a leaf."""
    found = []
    for at in range(0, len(data), node):
        if data[at + 32 : at + 48] == fsid and struct.unpack_from("<QIB", data, at + 88)[::2] == (owner, 0):
            found.append((struct.unpack_from("<Q", data, at + 80)[0], at))
    return [at for generation, at in found if generation == max(found)[0]]


def items(leaf):
    n = struct.unpack_from("<I", data, leaf + 96)[0]
    for i in range(n):
        obj, kind, off, start, size = struct.unpack_from("<QBQII", data, leaf + HEADER + i * ITEM)
        yield i, (obj, kind, off), leaf + HEADER + start, size


def insert(leaf, key, content):
    """An item goes before the first one that is not less; the content of those behind moves down."""
    old = [(k, bytes(data[at : at + size])) for _, k, at, size in items(leaf)]
    new = sorted(old + [(key, content)])
    end = node - HEADER
    for i, (k, c) in enumerate(new):
        end -= len(c)
        struct.pack_into("<QBQII", data, leaf + HEADER + i * ITEM, *k, end, len(c))
        data[leaf + HEADER + end : leaf + HEADER + end + len(c)] = c
    struct.pack_into("<I", data, leaf + 96, len(new))


def entries(leaf, name):
    for _, key, at, size in items(leaf):
        if key[1] in (DIR_ITEM, DIR_INDEX) and bytes(data[at + 30 : at + size]) == name:
            yield key, at


def copy_top(leaf, away):
    """The tree of a subvolume begins with a block of its own."""
    copy = leaf + away
    data[copy : copy + node] = data[leaf : leaf + node]
    address = struct.unpack_from("<Q", data, leaf + 48)[0] + away
    struct.pack_into("<Q", data, copy + 48, address)
    struct.pack_into("<Q", data, copy + 88, NEW)
    mend(copy, node)
    return address


def snapshot(name):
    top = leaves(TOP)
    for leaf in top:
        for key, at in entries(leaf, name):
            struct.pack_into("<QBQ", data, at, NEW, ROOT_ITEM, 2**64 - 1)
            if key[1] == DIR_INDEX:
                index = key[2]
        mend(leaf, node)
    away = node
    while any(any(data[leaf + away : leaf + away + node]) for leaf in top):
        away += node
    address = [copy_top(leaf, away) for leaf in top][0]
    reference = struct.pack("<QQH", 256, index, len(name)) + name
    for leaf in leaves(1):
        tree = next(data[at : at + size] for _, k, at, size in items(leaf) if k[:2] == (TOP, ROOT_ITEM))
        struct.pack_into("<Q", tree, 176, address)
        insert(leaf, (NEW, ROOT_ITEM, 0), bytes(tree))
        insert(leaf, (NEW, BACKREF, TOP), reference)
        insert(leaf, (TOP, ROOT_REF, NEW), reference)
        mend(leaf, node)


def age(n):
    for leaf in leaves(TOP)[:n]:
        struct.pack_into("<Q", data, leaf + 80, struct.unpack_from("<Q", data, leaf + 80)[0] - 1)
        mend(leaf, node)


def spoil(text, n):
    at = -1
    for _ in range(n):
        at = data.index(text, at + 1)
        data[at] ^= 1


def flag(name, bits):
    for leaf in leaves(TOP):
        inode = next(struct.unpack_from("<Q", data, at)[0] for _, at in entries(leaf, name))
        for _, key, at, _ in items(leaf):
            if key[:2] == (inode, INODE_ITEM):
                struct.pack_into("<Q", data, at + 64, struct.unpack_from("<Q", data, at + 64)[0] | bits)
        mend(leaf, node)


path, what, words = sys.argv[1], sys.argv[2], sys.argv[3:]
with open(path, "rb") as f:
    data = bytearray(f.read())
fsid = data[SB + 32 : SB + 48]
node = struct.unpack_from("<I", data, SB + 148)[0]
if what == "sb":
    at, size = SB + int(words[0], 0), int(words[1])
    value = int(words[2], 0)
    if words[2].startswith("+"):
        value |= int.from_bytes(data[at : at + size], "little")
    data[at : at + size] = value.to_bytes(size, "little")
    mend(SB, SB_BYTES)
elif what == "snapshot":
    snapshot(words[0].encode())
elif what == "age":
    age(int(words[0]))
elif what == "spoil":
    spoil(words[0].encode(), int(words[1]))
elif what == "flag":
    flag(words[0].encode(), int(words[1], 0))
else:
    sys.exit("no such change: " + what)
with open(path, "r+b") as f:
    f.write(data)
