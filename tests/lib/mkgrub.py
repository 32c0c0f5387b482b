#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the section "mods" of a GRUB image: what grub-mkimage puts behind the core.

    mkgrub.py OUT [--prefix PATH] [--config FILE] [--memdisk FILE] [--module NAME[:NEED,...][=COMMAND,...]]...

    mkgrub.py OUT --elf NAME[:NEED,...][=COMMAND,...]    one module by itself, as in a folder of modules
"""
import argparse
import struct
import sys


def texts(words):
    return b"".join(w.encode() + b"\0" for w in words)


def elf(spec):
    """A module with the sections that tell its name, what it needs, and its texts."""
    spec, _, commands = spec.partition("=")
    name, _, needs = spec.partition(":")
    sections = [(b"", b"", 0), (b".rodata.str1.1", texts(["a text"] + commands.split(",")), 1)]
    if needs:
        sections.append((b".moddeps", texts(needs.split(",")), 1))
    sections.append((b".modname", texts([name]), 1))
    names = b"".join(n + b"\0" for n, _, _ in sections) + b".shstrtab\0"
    sections.append((b".shstrtab", names, 3))
    body, table, name_at = b"", b"", 0
    for n, data, kind in sections:
        table += struct.pack("<IIQQQQIIQQ", name_at, kind, 0, 0, 64 + len(body), len(data), 0, 0, 1, 0)
        body += data
        name_at += len(n) + 1
    body = body.ljust((len(body) + 7) // 8 * 8, b"\0")
    head = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 1, 183, 1, 0, 0, 64 + len(body), 0, 64,
                       0, 0, 64, len(sections), len(sections) - 1)
    return head + body + table


def block(kind, data):
    data = data.ljust((len(data) + 7) // 8 * 8, b"\0")
    return struct.pack("<II", kind, 8 + len(data)) + data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--prefix")
    parser.add_argument("--config")
    parser.add_argument("--memdisk")
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--elf")
    args = parser.parse_args()
    if args.elf:
        open(args.out, "wb").write(elf(args.elf))
        return
    blocks = b"".join(block(0, elf(m)) for m in args.module)
    if args.memdisk:
        blocks += block(1, open(args.memdisk, "rb").read())
    if args.config:
        blocks += block(2, open(args.config, "rb").read() + b"\0")
    if args.prefix is not None:
        blocks += block(3, args.prefix.encode() + b"\0")
    open(args.out, "wb").write(struct.pack("<IIQQ", 0x676D696D, 0, 24, 24 + len(blocks)) + blocks)


sys.exit(main())
