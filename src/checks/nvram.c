/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nvram checks.
 */
#include "checks/groups.h"

const struct check_group nvram_checks = { NULL, 0 };
