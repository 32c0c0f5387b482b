/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot checks.
 */
#include "checks/groups.h"

const struct check_group boot_checks = { NULL, 0 };
