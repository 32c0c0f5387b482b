#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Members of a software RAID that hold a file, from the documented superblock
# (include/uapi/linux/raid/md_p.h, version 1):
#   mkmd.py LEVEL VERSION NAME FILE OUT...
# LEVEL is linear, 0 (chunks of 64 KiB), 1, 4, 5, 6 or 10 (laid out as 0), VERSION 0.90, 1.0, 1.1 or 1.2; an OUT that
# is "missing" is none. Of 0.90 there are the words that name the array, in order of the processor ("0.90b": the other).
import struct
import sys

level, version, name, source, *outs = sys.argv[1:]
CHUNK, DATA = 65536, 1 << 20
number = {"linear": -1}.get(level) or int(level if level != "linear" else -1)
content = open(source, "rb").read()
content += b"\0" * (-len(content) % 4096)
n = len(outs)
if number == 1:
    shares = [content] * n
else:
    unit = CHUNK * n
    content += b"\0" * (-len(content) % unit)
    share = len(content) // n
    shares = [content[i * share:(i + 1) * share] for i in range(n)] if number == -1 else \
        [b"".join(content[at + i * CHUNK:at + (i + 1) * CHUNK] for at in range(0, len(content), unit)) for i in range(n)]

for role, out in enumerate(outs):
    if out == "missing":
        continue
    data = shares[role]
    if version.startswith("0.90"):
        words = [0] * 32
        words[:3], words[5], words[7], words[13:16] = (0xa92b4efc, 0, 90), 0xa0a1a2a3, number & 0xffffffff, (1, 2, 3)
        data += b"\0" * (-len(data) % 65536)
        with open(out, "wb") as f:
            f.write(data + struct.pack((">" if version.endswith("b") else "<") + "32I", *words).ljust(65536, b"\0"))
        continue
    off = 0 if version == "1.0" else DATA
    size = off + len(data) + (65536 if version == "1.0" else 0)
    at = {"1.0": (size // 512 - 16 & ~7) * 512, "1.1": 0, "1.2": 4096}[version]
    sb = bytearray(4096)
    struct.pack_into("<III", sb, 0, 0xa92b4efc, 1, 0)
    sb[16:32] = bytes(range(0xa0, 0xb0))
    sb[32:64] = ("host:" + name).encode().ljust(32, b"\0")
    struct.pack_into("<QiIQII", sb, 64, 1700000000, number, 0x102 if number == 10 else 0, len(data) // 512,
                     0 if number == 1 else CHUNK // 512, n)
    struct.pack_into("<QQQQ", sb, 128, off // 512, len(data) // 512, at // 512, 0)
    struct.pack_into("<I", sb, 160, role)
    sb[168:184] = bytes([role + 1] * 16)
    struct.pack_into("<QQQ", sb, 192, 1700000000, 5, (1 << 64) - 1)
    struct.pack_into("<I", sb, 220, n)
    struct.pack_into("<%dH" % n, sb, 256, *[0xfffe if o == "missing" else i for i, o in enumerate(outs)])
    total = sum(struct.unpack("<%dI" % (64 + n // 2), sb[:256 + n // 2 * 4]))
    if n % 2:
        total += struct.unpack_from("<H", sb, 256 + 2 * (n - 1))[0]
    struct.pack_into("<I", sb, 216, ((total & 0xffffffff) + (total >> 32)) & 0xffffffff)
    with open(out, "wb") as f:
        f.truncate(size)
        f.seek(off)
        f.write(data)
        f.seek(at)
        f.write(sb)
