/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container checks.
 */
#include "checks/groups.h"

const struct check_group container_checks = { NULL, 0 };
