#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes what SetVariable() takes for authenticated variables (UEFI 2.10 8.2.2): an
EFI_VARIABLE_AUTHENTICATION_2 with SignedData by OpenSSL, and the new content behind it.

usage: signvar.py [--wrapped] [--certs FILE] [--second NAME] [--tail] NAME VENDOR ATTRIBUTES TIME KEY CERT CONTENT OUT [DIGEST]

VENDOR is global, security or a GUID; TIME is 2024-12-31T23:59:59. --wrapped: with the ContentInfo
around SignedData, as OpenSSL makes it. --certs: certificates to enclose as well. --second: NAME.key signs, too.
--tail: with bytes behind it.
"""
import datetime
import struct
import subprocess
import sys
import uuid

VENDORS = {
    "global": "8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "security": "d719b2cb-3d3a-4596-a3bc-dad00e67656f",
}
PKCS7 = uuid.UUID("4aafd29d-68df-49ee-8aa9-347d375665a7")


def body(der):
    """The content of the DER element that this begins with."""
    n = der[1]
    head = 2 if n < 0x80 else 2 + (n & 0x7f)
    length = n if n < 0x80 else int.from_bytes(der[2:head], "big")
    return der[head:head + length]


def signed_data(content_info):
    """ContentInfo: SEQUENCE { OID, [0] SignedData }."""
    inner = body(content_info)
    return body(inner[2 + inner[1]:])


def main(args):
    wrapped, tail, more = False, b"", []
    while args[0].startswith("--"):
        option = args.pop(0)
        if option == "--wrapped":
            wrapped = True
        elif option == "--tail":
            tail = bytes(4)
        elif option == "--certs":
            more += ["-certfile", args.pop(0)]
        else:
            more += ["-signer", args[0] + ".crt", "-inkey", args.pop(0) + ".key"]
    name, vendor, attributes, time, key, cert, content, out = args[:8]
    digest = (args[8:] or ["sha256"])[0]
    t = datetime.datetime.fromisoformat(time)
    efi_time = struct.pack("<H5B9x", t.year, t.month, t.day, t.hour, t.minute, t.second)
    with open(content, "rb") as f:
        new = f.read()
    message = (name.encode("utf-16-le") + uuid.UUID(VENDORS.get(vendor, vendor)).bytes_le +
               struct.pack("<I", int(attributes, 0)) + efi_time + new)
    p7 = subprocess.run(["openssl", "smime", "-sign", "-binary", "-noattr", "-outform", "DER", "-md", digest,
                         "-signer", cert, "-inkey", key] + more, input=message, stdout=subprocess.PIPE, check=True).stdout
    if not wrapped:
        p7 = signed_data(p7)
    p7 += tail
    with open(out, "wb") as f:
        f.write(efi_time + struct.pack("<IHH", 24 + len(p7), 0x200, 0xef1) + PKCS7.bytes_le + p7 + new)


main(sys.argv[1:])
