/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names by which a guest's configuration calls the image's file systems.
 * Private to checks/.
 */
#ifndef ARMVM_CHECKS_NAMES_H
#define ARMVM_CHECKS_NAMES_H

#include "loader/volume.h"

/*
 * The volume that a name means which says a partition's number alone:
 * /dev/vda2, /dev/nvme0n1p2, and PARTUUID= of an MBR. NULL: none.
 */
const struct volume *name_partition(const struct chain_view *view, const char *spec);

#endif
