#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a folder as a cpio archive (newc), the same bytes everywhere: GNU cpio
2.15 counts the links of folders otherwise than 2.13.

    tests/lib/mkcpio.py FOLDER >OUT

Owner 0:0, every time SOURCE_DATE_EPOCH; folders, files and symbolic links."""
import os
import stat
import sys

BLOCK = 512
NOW = int(os.environ["SOURCE_DATE_EPOCH"])
written = 0


def put(data, align):
    global written
    sys.stdout.buffer.write(data)
    written += len(data)
    sys.stdout.buffer.write(bytes(-written % align))
    written += -written % align


def entry(name, inode=0, mode=0, links=1, when=0, data=b""):
    fields = (inode, mode, 0, 0, links, when, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    put(b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0", 4)
    put(data, 4)


def content(path, st):
    if stat.S_ISDIR(st.st_mode):
        return b""
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path).encode()
    with open(path, "rb") as f:
        return f.read()


def links(path, st):
    return 2 + sum(d.is_dir(follow_symlinks=False) for d in os.scandir(path)) if stat.S_ISDIR(st.st_mode) else 1


os.chdir(sys.argv[1])
paths = ["."]
for folder, folders, files in os.walk("."):
    paths += [os.path.join(folder, name)[2:] for name in folders + files]
for inode, path in enumerate(sorted(paths, key=os.fsencode)):
    st = os.lstat(path)
    entry(path, inode, st.st_mode, links(path, st), NOW, content(path, st))
entry("TRAILER!!!")
put(b"", BLOCK)
