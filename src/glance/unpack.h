/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk image in a file that is compressed as a whole (.xz, .gz, .zst) or in
 * an archive with one disk in it (an OVA, a tar file, compressed or not).
 */
#ifndef ARMVM_GLANCE_UNPACK_H
#define ARMVM_GLANCE_UNPACK_H

#include "base/err.h"

/*
 * Gives up, in the process that unpacks, what it has no need of; it keeps these n descriptors.
 * worker/ knows how, which stands above.
 */
typedef int unpack_confine(const int *fds, size_t n, struct err *err);

/*
 * Reads the file `from` and writes the disk image to `to`, zeroes as holes.
 * -EFBIG beyond max bytes; -EINVAL when an archive has no disk or several;
 * -EUCLEAN when it is damaged or cut off.
 */
int unpack_disk(int from, int to, uint64_t max, unpack_confine *confine, struct err *err);

#endif
