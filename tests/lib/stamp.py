#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time stamps (RFC 3161) of Authenticode signatures, and certificates that dbx revokes from a time on.

usage: stamp.py value P7 OUT		what the signer signed, for `openssl ts -query -data`
       stamp.py add P7 TOKEN OUT	the signature with a time stamp as an attribute that is not signed
       stamp.py revoke CERT TIME OUT	a signature list; TIME is 2024-12-31T23:59:59, or 0
"""
import datetime
import hashlib
import struct
import sys
import uuid

X509_SHA256 = uuid.UUID("3bd2a492-96c0-4079-b420-fcf98ef103ed")
OWNER = uuid.UUID("5a3ab1e0-0000-4000-8000-0000000000cc")
RFC3161 = bytes.fromhex("060a2b060104018237030301")  # 1.3.6.1.4.1.311.3.3.1


def split(der):
    """The elements that these bytes are made of: (tag, content, whole)."""
    while der:
        n, head = der[1], 2
        if n & 0x80:
            head += n & 0x7f
            n = int.from_bytes(der[2:head], "big")
        yield der[0], der[head:head + n], der[:head + n]
        der = der[head + n:]


def element(tag, content):
    n = len(content)
    size = bytes([n]) if n < 0x80 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + content


def signer(p7):
    """ContentInfo's type, SignedData's elements, and those of its only signer."""
    (_, info, _), = split(p7)
    kind, (_, explicit, _) = split(info)
    (_, signed, _), = split(explicit)
    parts = list(split(signed))
    (_, fields, _), = split(parts[-1][1])
    return kind[2], parts, list(split(fields))


def main(args):
    with open(args[1], "rb") as f:
        given = f.read()
    if args[0] == "value":
        out = signer(given)[2][5][1]
    elif args[0] == "add":
        with open(args[2], "rb") as f:
            attribute = element(0x30, RFC3161 + element(0x31, f.read()))
        kind, parts, fields = signer(given)
        fields = b"".join(whole for _, _, whole in fields) + element(0xa1, attribute)
        signed = b"".join(whole for _, _, whole in parts[:-1]) + element(0x31, element(0x30, fields))
        out = element(0x30, kind + element(0xa0, element(0x30, signed)))
    else:
        (_, cert, _), = split(given)
        time = bytes(16)
        if args[2] != "0":
            t = datetime.datetime.fromisoformat(args[2])
            time = struct.pack("<H5B9x", t.year, t.month, t.day, t.hour, t.minute, t.second)
        entry = OWNER.bytes_le + hashlib.sha256(next(split(cert))[2]).digest() + time
        out = X509_SHA256.bytes_le + struct.pack("<III", 28 + len(entry), 0, len(entry)) + entry
    with open(args[-1], "wb") as f:
        f.write(out)


main(sys.argv[1:])
