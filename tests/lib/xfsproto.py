#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# The prototype by which mkfs.xfs -p fills a file system from a folder: xfsproto.py FOLDER >PROTO
import os
import stat
import sys


def mode(st, kind):
    bits = stat.S_IMODE(st.st_mode)
    return "%s%s%s%03o" % (kind, "u" if bits & 0o4000 else "-", "g" if bits & 0o2000 else "-", bits & 0o777)


def walk(folder):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        st = os.lstat(path)
        if stat.S_ISLNK(st.st_mode):
            print(name, "l--777 0 0", os.readlink(path))
        elif stat.S_ISDIR(st.st_mode):
            print(name, mode(st, "d"), "0 0")
            walk(path)
            print("$")
        elif stat.S_ISREG(st.st_mode):
            print(name, mode(st, "-"), "0 0", path)


print("/dev/null\n0 0\nd--755 0 0")
walk(sys.argv[1])
print("$")
