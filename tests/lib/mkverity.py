#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes dm-verity's hashes of a file, from cryptsetup's description of the format, and prints the root hash.
#
#	tests/lib/mkverity.py DATA HASHES [--hash=sha256] [--salt=HEX] [--type=1] [--data-block=4096] [--hash-block=4096] [--offset=0]
import argparse
import hashlib
import struct

p = argparse.ArgumentParser()
p.add_argument("data")
p.add_argument("hashes")
p.add_argument("--hash", default="sha256")
p.add_argument("--salt", default="00ff10")
p.add_argument("--type", type=int, default=1)
p.add_argument("--data-block", type=int, default=4096)
p.add_argument("--hash-block", type=int, default=4096)
p.add_argument("--offset", type=int, default=0)
a = p.parse_args()
salt = bytes.fromhex(a.salt)


def digest(block):
    return hashlib.new(a.hash, salt + block if a.type else block + salt).digest()


data = open(a.data, "rb").read()
blocks = [data[i : i + a.data_block] for i in range(0, len(data), a.data_block)]
size = len(digest(b""))
room = 1
while room < size:
    room *= 2
per_block = 1
while per_block * 2 * size <= a.hash_block:
    per_block *= 2
count = len(blocks)
levels = []
while len(blocks) > 1:
    sums = [digest(b).ljust(room if a.type else size, b"\0") for b in blocks]
    blocks = [b"".join(sums[i : i + per_block]).ljust(a.hash_block, b"\0") for i in range(0, len(sums), per_block)]
    levels.insert(0, blocks)
head = b"verity\0\0" + struct.pack("<II", 1, a.type) + bytes(range(16)) + a.hash.encode().ljust(32, b"\0")
head += struct.pack("<IIQH6x", a.data_block, a.hash_block, count, len(salt)) + salt.ljust(256, b"\0") + bytes(168)
tree = -(-(a.offset + len(head)) // a.hash_block) * a.hash_block
with open(a.hashes, "r+b" if a.offset else "wb") as out:
    out.seek(a.offset)
    out.write(head.ljust(tree - a.offset, b"\0") + b"".join(b for level in levels for b in level))
print(digest(blocks[0]).hex())
