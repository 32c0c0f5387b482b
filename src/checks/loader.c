/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader checks.
 */
#include "checks/groups.h"

const struct check_group loader_checks = { NULL, 0 };
